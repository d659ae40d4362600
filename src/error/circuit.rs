//! Errors of encrypted programs.

use crate::{Level, Rotation};

/// An encrypted program asked for an operation that its values or its backend do not support.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
    /// The primes and scales do not form a modulus chain.
    #[error("invalid modulus chain: {reason}")]
    BadChain {
        /// What is wrong with it.
        reason: String,
    },
    /// A value has fewer levels left than the operation needs.
    #[error(
        "{op} needs {needed}, but a value is at {actual}: refresh earlier, or use parameters with {} more level(s)",
        needed.0.saturating_sub(actual.0)
    )]
    NoLevelLeft {
        /// The operation.
        op: &'static str,
        /// The lowest sufficient level.
        needed: Level,
        /// The level of the operand.
        actual: Level,
    },
    /// A value that was computed on another chain.
    #[error("{op}: a value is at {actual}, but the chain of this circuit ends at {expected}: use values of one chain")]
    ForeignValue {
        /// The operation.
        op: &'static str,
        /// The top of the chain.
        expected: Level,
        /// The level of the value.
        actual: Level,
    },
    /// Two values to be added or multiplied have scales that do not match.
    #[error(
        "{op}: the scale is 2^{:.6}, but 2^{:.6} is expected: this value has a declared factor, or was prepared for \
         another partner",
        actual.log2(), expected.log2()
    )]
    ScaleMismatch {
        /// The operation.
        op: &'static str,
        /// The expected scale.
        expected: f64,
        /// The scale found.
        actual: f64,
    },
    /// No Galois key for this rotation.
    #[error(
        "no Galois key for a rotation by {step}, only for {}: generate the keys from the plan of this circuit",
        listed(available)
    )]
    MissingRotation {
        /// The requested step.
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
    #[error("{actual} values for {expected} slots: use a larger degree, or split the values over several ciphertexts")]
    TooManyValues {
        /// Slots of a ciphertext.
        expected: usize,
        /// Values given.
        actual: usize,
    },
    /// NaN or infinity.
    #[error("value {value} at index {index} cannot be encoded: values must be finite")]
    NotFinite {
        /// The index.
        index: usize,
        /// NaN or an infinity.
        value: f64,
    },
    /// A product with a zero plaintext would be a ciphertext that anyone can read.
    #[error(
        "{op} by a plaintext that is zero (or rounds to zero at scale 2^{:.1}) would be transparent: leave out this \
         product",
        scale.log2()
    )]
    Transparent {
        /// The operation.
        op: &'static str,
        /// The scale at which it would be encoded.
        scale: f64,
    },
    /// A result does not fit into its modulus.
    #[error(
        "{}, so the result would wrap around: use one more level, a larger first prime, a smaller scale, smaller values or \
         fewer products",
        no_room(what, *mean_abs, *scale_bits, *level, *headroom_bits)
    )]
    OutOfRange {
        /// The value.
        what: String,
        /// Mean of its absolute slots, or a bound on it.
        mean_abs: f64,
        /// Binary logarithm of its scale.
        scale_bits: f64,
        /// Its level.
        level: Level,
        /// Bits left; negative if it does not fit.
        headroom_bits: f64,
    },
    /// Values larger than was declared.
    #[error(
        "{what}: {quantity} is {}, but at most {} was declared, which is all that the parameters have room for: declare a \
         larger bound and plan again, or use smaller values",
        number(*actual), number(*bound)
    )]
    BeyondBound {
        /// The value.
        what: String,
        /// What exceeds its bound: the largest `|slot|`, or the sum of all.
        quantity: &'static str,
        /// Its size.
        actual: f64,
        /// The declared bound.
        bound: f64,
    },
    /// An approximation of a function on values outside its interval.
    #[error(
        "the argument of an approximation reaches {} times the half width of its interval: fit it on a wider interval, or \
         scale the values down",
        number(*actual)
    )]
    BeyondInterval {
        /// The declared bound of the argument, mapped to `[-1, 1]`.
        actual: f64,
    },
    /// A sum by doubling over another number of slots, or over more than there are.
    #[error(
        "a sum of {count} slots that are {stride} apart: their number must be a power of two, and they must be among {slots}; \
         pad with zeros"
    )]
    BadSumLength {
        /// Slots to sum.
        count: usize,
        /// The distance from one to the next.
        stride: usize,
        /// Slots of a ciphertext.
        slots: usize,
    },
    /// An operation without operands.
    #[error("{op} without operands: at least one is needed")]
    Empty {
        /// The operation.
        op: &'static str,
    },
}

impl CircuitError {
    /// What is wrong, without advice on parameters, for where they are not the reader's to change.
    pub fn finding(&self) -> String {
        match self {
            CircuitError::OutOfRange { what, mean_abs, scale_bits, level, headroom_bits } => {
                no_room(what, *mean_abs, *scale_bits, *level, *headroom_bits)
            }
            other => other.to_string(),
        }
    }
}

fn no_room(what: &str, mean_abs: f64, scale_bits: f64, level: Level, headroom_bits: f64) -> String {
    format!(
        "{what}: a mean |slot| of up to {} does not fit at {level}, which has room for {} at scale 2^{scale_bits:.1} ({:.1} \
         bits too few)",
        number(mean_abs),
        number(mean_abs * headroom_bits.exp2()),
        -headroom_bits
    )
}

/// Four digits, with an exponent if it is tiny or huge.
fn number(x: f64) -> String {
    if x == 0.0 || (1e-3..1e6).contains(&x) { format!("{x:.3}") } else { format!("{x:.3e}") }
}

fn listed(rotations: &[Rotation]) -> String {
    let texts: Vec<String> = rotations.iter().map(Rotation::to_string).collect();
    if texts.is_empty() { "no step".into() } else { texts.join(", ") }
}
