//! The optimiser of the client.

use serde::{Deserialize, Serialize};

use super::{Adam, momentum::Momentum};
use crate::{Argument, Result};

/// How a gradient becomes a direction. The weights then move by the learning rate times the direction; weight decay is
/// decoupled from both (Loshchilov and Hutter 2019).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Optimizer {
    /// Adam with the usual memories of 0.9 and 0.999.
    Adam {
        /// Added to the root of the mean square. The noise of encrypted gradients is 1e-8 and less, and where a gradient
        /// is exactly zero, as for a constant column, Adam would make steps of the full rate out of it: it must be well
        /// above.
        epsilon: f64,
    },
    /// Stochastic gradient descent.
    Sgd {
        /// Momentum, from 0 to below 1.
        momentum: f64,
        /// Whether the gradient is taken as at the place to which momentum leads.
        nesterov: bool,
    },
}

/// Adam, with an epsilon of 1e-5.
impl Default for Optimizer {
    fn default() -> Self {
        Optimizer::Adam { epsilon: 1e-5 }
    }
}

impl Optimizer {
    /// Returns an error for numbers with which nothing can be learned.
    ///
    /// # Errors
    /// `OutOfBounds` for an epsilon that is not positive and finite, or for a momentum outside 0 to below 1.
    pub fn check(&self) -> Result<()> {
        match *self {
            Optimizer::Adam { epsilon } => Argument::Epsilon.check_positive(epsilon)?,
            Optimizer::Sgd { momentum, .. } => Argument::Momentum.check(momentum, 0.0..1.0)?,
        }
        Ok(())
    }

    pub(super) fn start(&self) -> Memory {
        match *self {
            Optimizer::Adam { epsilon } => Memory::Adam(Adam::new(epsilon)),
            Optimizer::Sgd { momentum, nesterov } => Memory::Momentum(Momentum::new(momentum, nesterov)),
        }
    }
}

/// What an optimiser remembers of past gradients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Memory {
    Adam(Adam),
    Momentum(Momentum),
}

impl Memory {
    /// Whether it is that of an optimiser with these settings, for so many weights.
    pub fn belongs_to(&self, optimizer: &Optimizer, weights: usize) -> bool {
        match (self, *optimizer) {
            (Memory::Adam(adam), Optimizer::Adam { epsilon }) => adam.belongs_to(epsilon, weights),
            (Memory::Momentum(kept), Optimizer::Sgd { momentum, nesterov }) => {
                kept.belongs_to(momentum, nesterov, weights)
            }
            _ => false,
        }
    }

    pub fn directions(&mut self, gradient: &[f64]) -> Vec<f64> {
        match self {
            Memory::Adam(adam) => adam.directions(gradient),
            Memory::Momentum(momentum) => momentum.directions(gradient),
        }
    }
}
