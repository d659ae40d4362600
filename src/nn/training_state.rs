//! What a training has come to.

use serde::{Deserialize, Serialize};

use super::{Network, Weights};
use crate::Result;

/// The weights of a training and their velocity after a number of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingState {
    /// The number of steps so far.
    pub step: usize,
    /// The weights.
    pub weights: Weights,
    /// Their velocity; zeros without momentum.
    pub velocity: Weights,
}

impl TrainingState {
    /// Before the first step: velocity is zero.
    pub fn new(weights: Weights) -> TrainingState {
        let velocity = Weights(weights.0.iter().map(|layer| layer.map(|_| 0.0)).collect());
        TrainingState { step: 0, weights, velocity }
    }

    /// Returns an error for the state of another network.
    ///
    /// # Errors
    /// `WrongShape`.
    pub fn check(&self, network: &Network) -> Result<()> {
        self.weights.check_shape(network)?;
        self.velocity.check_shape(network)
    }
}
