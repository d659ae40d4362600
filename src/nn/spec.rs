//! The definition of a training.

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{Network, ServerLoss, Sgd};
use crate::{Argument, Result};

/// A network with its optimiser, the bounds of its weights and the loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    /// The network.
    pub network: Network,
    /// The optimiser.
    pub optimizer: Sgd,
    /// The bounds.
    pub bounds: Bounds,
    /// The loss.
    #[serde(default)]
    pub loss: ServerLoss,
}

/// Factors that a network without hidden layer has no plaintext for: others multiply the last layer's weights by them.
impl TrainingSpec {
    /// What the client multiplies samples with before it encrypts them, so that the outputs are the arguments of the loss's
    /// polynomials; 1 with hidden layers, and for a loss without probabilities.
    ///
    /// # Errors
    /// Those of [`ServerLoss::approximation`].
    pub fn input_factor(&self) -> Result<f64> {
        match self.network.layers() {
            1 => self.loss.input_factor(self.network.outputs()),
            _ => Ok(1.0),
        }
    }

    /// What sums of errors times samples are then multiplied with to be gradients; it is folded into a scale.
    pub(super) fn gradient_factor(&self) -> Result<f64> {
        match self.network.layers() {
            1 => Ok(self.loss.weight_factor(self.network.outputs()) / self.input_factor()?),
            _ => Ok(1.0),
        }
    }
}

/// Bounds that the weights are expected to satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The largest absolute weight or velocity. The client checks it at every refresh.
    pub max_weight: f64,
    /// The mean absolute weight, for which the plan reserves room in the lowest modulus.
    pub mean_weight: f64,
    /// The smallest fraction of the initial learning rates that any step uses, because of the schedule or because the
    /// client lowers them. Half the rate doubles the scale of the result and takes one more bit of the reserved room.
    pub least_rate: f64,
}

impl Default for Bounds {
    /// Weights below 8 with a mean below 1/2 (docs/training.md, "Bounds of the whole step"), and constant rates.
    fn default() -> Self {
        Bounds { max_weight: 8.0, mean_weight: 0.5, least_rate: 1.0 }
    }
}

impl Bounds {
    /// Returns an error for bounds that no weights satisfy.
    ///
    /// # Errors
    /// `OutOfBounds` unless both weights are positive and finite, and the rate is above 0 and at most 1.
    pub fn check(&self) -> Result<()> {
        Argument::MaxWeight.check_positive(self.max_weight)?;
        Argument::MeanWeight.check_positive(self.mean_weight)?;
        Argument::LeastRate.check(self.least_rate, (Bound::Excluded(0.0), Bound::Included(1.0)))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_no_weights_satisfy_are_refused() {
        let good = Bounds::default();
        assert!(good.check().is_ok());
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Bounds { max_weight: wrong, ..good }.check().is_err());
            assert!(Bounds { mean_weight: wrong, ..good }.check().is_err());
            assert!(Bounds { least_rate: wrong, ..good }.check().is_err());
        }
        assert!(Bounds { least_rate: 1.5, ..good }.check().is_err());
    }
}
