//! Noise on the way through a head.

use serde::Serialize;

/// A value of the circuit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stage {
    /// What it is.
    pub name: String,
    /// Its level.
    pub level: usize,
    /// Bits of the modulus there: the budget that is left.
    pub modulus_bits: f64,
    /// Its largest slot.
    pub largest: f64,
    /// The largest difference of a slot from the circuit without noise.
    pub error: f64,
}
