//! Errors of bootstrapping.

use crate::units::{Level, Rotation};

/// A bootstrap that cannot be made, or not of these values.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// Another number of primes above those of the step.
    #[error(
        "a bootstrap needs {expected} primes above those of the step, for its sine and its map to slots, but has {actual}"
    )]
    PrimesAbove {
        /// Levels of the sine, and one or two of the map to slots.
        expected: usize,
        /// Primes given.
        actual: usize,
    },
    /// Values that do not repeat with the period of the bootstrap.
    #[error(
        "values that do not repeat with period {period}: copies differ by {difference:.3e}, more than {allowed:.3e}; a \
         bootstrap is planned for one period and mixes up any other"
    )]
    OtherPeriod {
        /// The period that was planned.
        period: usize,
        /// The largest difference of a slot from the mean of its copies.
        difference: f64,
        /// What noise may make of it.
        allowed: f64,
    },
    /// Another number of slots than a period has.
    #[error("{actual} marks of live slots for a period of {period}: one for each slot is needed")]
    LiveSlots {
        /// The period.
        period: usize,
        /// Marks given.
        actual: usize,
    },
    /// Keys of a raise that sums over other copies.
    #[error(
        "raising keys for the rotations {actual:?}, but the bootstrap sums over {expected:?}: generate keys for its \
         parameters"
    )]
    RaisingRotations {
        /// The rotations that the bootstrap sums over.
        expected: Vec<Rotation>,
        /// Those of the keys.
        actual: Vec<Rotation>,
    },
    /// No key for the conjugation at its level.
    #[error(
        "a bootstrap conjugates at level {needed}, but the keys have {}: generate keys for its parameters",
        actual.map_or("no such key".into(), |level| format!("one up to level {level}"))
    )]
    ConjugationKey {
        /// The level of its use.
        needed: Level,
        /// The highest level of the key, if there is one.
        actual: Option<Level>,
    },
    /// Parameters that are not those of a bootstrap above the step's.
    #[error(
        "parameters of other primes than the bootstrap's: use those that it was planned for, whose lowest primes are the \
         step's"
    )]
    NotTaller,
    /// Primes of the caller's choice.
    #[error("the primes of a training with bootstraps follow from its depth: leave out the bits of the primes")]
    OwnPrimes,
    /// The modulus of the chain is too large for the ring.
    #[error(
        "a bootstrap for steps of {depth} level(s) takes {needed:.1} bits of modulus even with the smallest primes that \
         serve, but {allowed} are secure at N = {poly_modulus_degree}: use fewer levels per step, such as fewer layers"
    )]
    NoRoom {
        /// Levels of a step.
        depth: usize,
        /// Bits of the smallest chain.
        needed: f64,
        /// Bits of 128-bit security.
        allowed: u32,
        /// N.
        poly_modulus_degree: usize,
    },
}
