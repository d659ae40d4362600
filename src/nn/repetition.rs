//! How packed weights repeat in the slots.

use ndarray::Array2;

use super::{TrainingLayout, Weights};
use crate::Result;

/// The period with which the packed weights of a layout repeat in all slots, and where weights are among padding. A
/// bootstrap restores one period of each ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// The period of all ciphertexts, a power of two.
    pub period: usize,
    /// For each ciphertext, which slots of a period hold weights.
    pub live: Vec<Vec<bool>>,
}

/// The fraction of the golden ratio, whose multiples differ from each other.
const GOLDEN: f64 = 0.618_033_988_749_894_8;

impl Repetition {
    /// That of a layout.
    ///
    /// # Errors
    /// Any error of the layout.
    pub fn of(layout: &impl TrainingLayout) -> Result<Repetition> {
        let mut count = 0;
        let mut next = |_| {
            count += 1;
            1.0 + (f64::from(count) * GOLDEN).fract()
        };
        let shapes = layout.weights().into_iter().map(|placed| placed.layout.shape());
        let all_different = Weights(shapes.map(|shape| Array2::from_shape_fn(shape, &mut next)).collect());
        let packed = layout.pack_weights(&all_different)?;
        let slots = packed.iter().map(Vec::len).max().unwrap_or(1);
        let repeats = |period: &usize| packed.iter().all(|slots| slots.iter().eq(cycle(slots, *period)));
        let powers = std::iter::successors(Some(1), |period| Some(2 * period)).take_while(|&period| period < slots);
        let period = powers.into_iter().find(repeats).unwrap_or(slots);
        let live = packed.iter().map(|slots| slots.iter().take(period).map(|v| *v != 0.0).collect()).collect();
        Ok(Repetition { period, live })
    }
}

fn cycle(slots: &[f64], period: usize) -> impl Iterator<Item = &f64> {
    slots.iter().take(period).cycle().take(slots.len())
}
