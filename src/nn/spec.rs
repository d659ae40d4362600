//! What is trained, and how.

use super::{HeavyBall, Network};

/// A network with its optimiser and the ranges that its weights keep.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingSpec {
    /// The network.
    pub network: Network,
    /// Its optimiser.
    pub optimizer: HeavyBall,
    /// The ranges.
    pub bounds: Bounds,
}

/// What the plan reserves room for, and what the client checks at every refresh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The largest weight, padding or not.
    pub max_weight: f64,
    /// The mean absolute slot of a packed weight vector, padding included: what must fit the lowest modulus.
    pub mean_weight: f64,
}

impl Default for Bounds {
    /// Weights below 8 with a mean below 1/2 (spec: packing, 5 and 7).
    fn default() -> Self {
        Bounds { max_weight: 8.0, mean_weight: 0.5 }
    }
}
