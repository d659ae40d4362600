//! What an encrypted program may ask of a backend and not get.

use crate::{Level, Rotation};

/// An encrypted program asked for something its values or its backend do not have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
    /// The primes and scales do not make a chain.
    #[error("not a modulus chain: {reason}")]
    BadChain {
        /// What is wrong with it.
        reason: String,
    },
    /// A value has fewer levels left than the operation needs.
    #[error(
        "{op} needs {needed}, but a value is at {actual}: refresh sooner, or take parameters with {} more level(s)",
        needed.0.saturating_sub(actual.0)
    )]
    NoLevelLeft {
        /// The operation.
        op: &'static str,
        /// The lowest level that would do.
        needed: Level,
        /// The level of the operand.
        actual: Level,
    },
    /// Two values that should be added or multiplied have scales that do not meet.
    #[error(
        "{op} meets scale 2^{:.6} where 2^{:.6} is expected: a value with a declared factor or one landed for \
         another partner was used here",
        actual.log2(), expected.log2()
    )]
    ScaleMismatch {
        /// The operation.
        op: &'static str,
        /// The scale that would fit.
        expected: f64,
        /// The scale found.
        actual: f64,
    },
    /// No Galois key for this rotation.
    #[error(
        "no Galois key for a rotation by {step}, only for {}: make the keys from the plan of this circuit",
        listed(available)
    )]
    MissingRotation {
        /// The step asked for.
        step: Rotation,
        /// The rotations that have keys.
        available: Vec<Rotation>,
    },
    /// The Galois key for a rotation was cut below the level at which it is needed.
    #[error(
        "the Galois key for a rotation by {step} serves levels up to {actual}, it is needed at {needed}: make the keys \
         from the plan of this circuit"
    )]
    RotationKeyLevel {
        /// The rotation.
        step: Rotation,
        /// The highest level at which it is used.
        needed: Level,
        /// The highest level that the key serves.
        actual: Level,
    },
    /// The relinearisation key is missing, or was cut below the level at which it is needed.
    #[error(
        "{}, it is needed at {needed}: make the keys from the plan of this circuit",
        actual.map_or("there is no relinearisation key".into(), |level| {
            format!("the relinearisation key serves levels up to {level}")
        })
    )]
    RelinKeyLevel {
        /// The highest level at which it is used.
        needed: Level,
        /// The highest level that the key serves; `None` where there is none.
        actual: Option<Level>,
    },
    /// A vector is longer than the slots.
    #[error("{actual} values for {expected} slots: take a larger degree, or split the values over ciphertexts")]
    TooManyValues {
        /// Slots of a ciphertext.
        expected: usize,
        /// Values given.
        actual: usize,
    },
    /// NaN or infinity.
    #[error("value {value} at index {index} cannot be encoded: only finite numbers can")]
    NotFinite {
        /// Where.
        index: usize,
        /// NaN or an infinity.
        value: f64,
    },
    /// A plaintext factor of zeros would give a ciphertext that anyone can read.
    #[error("{op} by a plaintext that is zero (or rounds to zero at scale 2^{:.1}) gives a transparent ciphertext: leave the product out", scale.log2())]
    Transparent {
        /// The operation.
        op: &'static str,
        /// The scale it would be encoded at.
        scale: f64,
    },
    /// A result does not fit its modulus.
    #[error(
        "{what}: a mean |slot| of {mean_abs:.3} at scale 2^{scale_bits:.1} leaves {headroom_bits:.1} bits at {level}, \
         and the result would wrap to garbage: lower the learning rate, or take a larger first prime or one more level"
    )]
    OutOfRange {
        /// The value.
        what: String,
        /// Mean of its absolute slots.
        mean_abs: f64,
        /// Log2 of its scale.
        scale_bits: f64,
        /// Its level.
        level: Level,
        /// How many bits are left; negative when it does not fit.
        headroom_bits: f64,
    },
    /// A sum by doubling over another number of slots.
    #[error("a sum of {count} slots: the number must be a power of two of at most {slots}; pad with zeros up to one")]
    BadSumLength {
        /// Slots to sum.
        count: usize,
        /// Slots of a ciphertext.
        slots: usize,
    },
    /// An operation on no operand.
    #[error("{op} of nothing: give at least one operand")]
    Empty {
        /// The operation.
        op: &'static str,
    },
}

fn listed(rotations: &[Rotation]) -> String {
    let texts: Vec<String> = rotations.iter().map(Rotation::to_string).collect();
    if texts.is_empty() { "no step".into() } else { texts.join(", ") }
}
