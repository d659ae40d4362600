//! How much there is to plan.

use crate::{Result, error::SessionError};

/// The size of a program as its description has it, before anything is made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Units of every layer, features first.
    pub widths: Vec<usize>,
    /// Samples in a request or in a part of the data.
    pub samples: usize,
    /// Passes over samples in a request.
    pub passes: usize,
}

/// Layers of a network.
const MOST_LAYERS: usize = 32;
/// Weights of a network: those of 784-256-10 are 203,264.
const MOST_WEIGHTS: usize = 1 << 18;
/// Passes in a request: a plan runs each of them.
const MOST_PASSES: usize = 64;

impl Size {
    /// Returns an error for what takes long to plan.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn check(&self, slots: usize) -> Result<()> {
        let weights =
            self.widths.windows(2).fold(0usize, |sum, ends| sum.saturating_add(ends[0].saturating_mul(ends[1])));
        let limits = [
            ("layers", MOST_LAYERS, self.widths.len().saturating_sub(1)),
            ("weights of a network", MOST_WEIGHTS, weights),
            ("samples at a time", slots, self.samples),
            ("passes in a request", MOST_PASSES, self.passes),
        ];
        limits.into_iter().try_for_each(|(what, most, actual)| at_most(what, most, actual))
    }
}

/// Returns an error for more than that.
pub(super) fn at_most(what: &'static str, most: usize, actual: usize) -> Result<()> {
    match actual <= most {
        true => Ok(()),
        false => Err(SessionError::TooLarge { what, most, actual }.into()),
    }
}
