//! What is trained, and how.

use serde::{Deserialize, Serialize};

use super::{Network, Sgd};

/// A network with its optimiser and the ranges that its weights keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    /// The network.
    pub network: Network,
    /// Its optimiser.
    pub optimizer: Sgd,
    /// The ranges.
    pub bounds: Bounds,
}

/// What the weights are expected to keep.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The largest weight or velocity: the client checks it at every refresh.
    pub max_weight: f64,
    /// The mean absolute weight, for which the plan reserves room in the lowest modulus.
    pub mean_weight: f64,
    /// The least share of the first learning rates that any step takes, by the schedule or because the client lowers
    /// them. A rate of half the size comes back at twice the scale and takes one bit more of that room.
    pub least_rate: f64,
}

impl Default for Bounds {
    /// Weights below 8 with a mean below 1/2 (spec: packing, 5 and 7), at rates that stay.
    fn default() -> Self {
        Bounds { max_weight: 8.0, mean_weight: 0.5, least_rate: 1.0 }
    }
}
