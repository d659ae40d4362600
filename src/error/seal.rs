//! Errors of the SEAL layer.

mod bytes;
mod exception;
mod refusal;

pub use bytes::{BytesRefusal, ObjectKind};
pub use exception::ExceptionClass;
pub use refusal::ParameterRefusal;

use std::io;
use std::path::PathBuf;

use crate::{Level, Rotation, units::LARGEST_RING};

/// An error of the SEAL layer: what was requested, what was found, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The ring degree is not a power of two that SEAL supports.
    #[error("invalid ring degree {poly_modulus_degree}: use a power of two from {min} to {max}")]
    Degree {
        /// The degree asked for.
        poly_modulus_degree: usize,
        /// The smallest supported degree.
        min: usize,
        /// The largest supported degree.
        max: usize,
    },

    /// Too few or too many primes.
    #[error("{actual} primes: use {min} to {max}; if there are several, the last one is the special prime")]
    PrimeCount {
        /// The given number.
        actual: usize,
        /// The smallest number.
        min: usize,
        /// The largest number that SEAL supports.
        max: usize,
    },

    /// A prime of a size that SEAL does not support.
    #[error("a prime of {bits} bits: SEAL supports {min} to {max}")]
    PrimeBits {
        /// The size asked for.
        bits: u32,
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },

    /// A coefficient modulus that is not prime.
    #[error("{value} is not prime: every coefficient modulus must be prime")]
    NotPrime {
        /// The number.
        value: u64,
    },

    /// A prime without the roots of unity that the number-theoretic transform needs.
    #[error(
        "prime {prime} is not 1 modulo {modulus} (twice the ring degree), so it has no number-theoretic transform: \
         use another prime"
    )]
    NoTransform {
        /// The prime.
        prime: u64,
        /// Twice the ring degree.
        modulus: u64,
    },

    /// A prime that occurs twice in a chain.
    #[error("prime {prime} occurs twice: the primes of a chain must differ")]
    RepeatedPrime {
        /// The prime.
        prime: u64,
    },

    /// There are not enough primes of the requested size.
    #[error("too few primes of {bits} bits that are 1 modulo {modulus}: request fewer primes, or larger ones")]
    TooFewPrimes {
        /// The size asked for.
        bits: u32,
        /// Twice the ring degree.
        modulus: u64,
    },

    /// The modulus is too large for 128-bit security at this ring degree.
    #[error(
        "a modulus of {requested} bits was requested, but ring degree {poly_modulus_degree} allows {allowed} at \
         128-bit security: use {}fewer levels or smaller primes",
        if *poly_modulus_degree < LARGEST_RING { "a larger ring, " } else { "" }
    )]
    TooManyBits {
        /// Bits of the product of all primes, including the special ones.
        requested: u32,
        /// Bits that the security table allows, SEAL's or that of the guidelines of 2024.
        allowed: u32,
        /// The ring degree; the largest in the table if none was requested.
        poly_modulus_degree: usize,
    },

    /// The first prime leaves no room above the scale for decrypted values.
    #[error(
        "a first prime of {first_bits} bits is too small for scales of {scale_bits} bits: use more, usually 8 bits more"
    )]
    FirstPrime {
        /// Bits of q_0.
        first_bits: u32,
        /// Bits of the scale.
        scale_bits: u32,
    },

    /// A special prime that is smaller than a data prime, so that the noise of rotations would be too large.
    #[error(
        "a special prime of {special_bits} bits is too small for data primes of {largest_bits} bits: use as many \
         bits, or better 10 more"
    )]
    SpecialPrime {
        /// Bits of the special prime.
        special_bits: u32,
        /// Bits of the largest data prime.
        largest_bits: u32,
    },

    /// No special prime, more than key switching supports, or no data prime.
    #[error("{actual} special primes: use 1 to {max}")]
    SpecialPrimeCount {
        /// The requested number.
        actual: usize,
        /// The largest number with this total number of primes.
        max: usize,
    },

    /// A prime that our own key switching does not support.
    #[error("a prime of {bits} bits: our own key switching supports primes of at most {max} bits")]
    KernelPrime {
        /// Its size.
        bits: u32,
        /// The largest.
        max: u32,
    },

    /// A switching key that was cut to lower levels.
    #[error(
        "{op}: the key supports levels up to {highest}, but the ciphertext is at {level}; generate a key for that level"
    )]
    KeyLevel {
        /// The operation.
        op: &'static str,
        /// The ciphertext's level.
        level: Level,
        /// The highest level that the key supports.
        highest: Level,
    },

    /// The relinearisation key is missing.
    #[error("{op}: the keys contain no relinearisation key; generate one")]
    MissingRelinKey {
        /// The operation.
        op: &'static str,
    },

    /// SEAL's own context rejected the parameters.
    #[error("SEAL rejects the parameters: {message}")]
    Parameters {
        /// Its reason.
        reason: ParameterRefusal,
        /// Its message.
        message: String,
    },

    /// The transforms of this build give wrong results on this machine.
    #[error(
        "transforms modulo {prime} give wrong results on this machine; build without the feature `hexl` and report it"
    )]
    WrongTransform {
        /// The modulus of the failed test.
        prime: u64,
    },

    /// Operands with different parameters.
    #[error("{op}: an operand belongs to other parameters than this context; use objects of one context")]
    ForeignContext {
        /// The operation.
        op: &'static str,
    },

    /// More giant steps than there are rotations.
    #[error("{op}: {actual} giant steps: there are at most {most}, one less than slots")]
    GiantSteps {
        /// The operation.
        op: &'static str,
        /// The number of steps of a term.
        actual: usize,
        /// The most of them.
        most: usize,
    },

    /// A period that is no power of two, is too long, or is another than that of the other plaintexts.
    #[error("{op}: a period of {actual} slots: use a power of two up to {most}, the same for all plaintexts of a sum")]
    Period {
        /// The operation.
        op: &'static str,
        /// The period.
        actual: usize,
        /// The longest, or that of the others.
        most: usize,
    },

    /// A ring too small for a sparse secret.
    #[error(
        "no sparse secret is secure at ring degree {poly_modulus_degree}: use at least {least}, or for tests the \
         insecure constructor"
    )]
    SparseDegree {
        /// The degree.
        poly_modulus_degree: usize,
        /// The least.
        least: usize,
    },

    /// A sparse secret with too few coefficients that are not 0, or with more than there are.
    #[error(
        "a sparse secret of weight {weight} at ring degree {poly_modulus_degree}: use {least} to {poly_modulus_degree}"
    )]
    SparseWeight {
        /// The weight.
        weight: usize,
        /// The least.
        least: usize,
        /// The degree.
        poly_modulus_degree: usize,
    },

    /// More rotations than an operation combines.
    #[error("{op}: {actual} rotations, but at most {most} are combined; leave the others to add_rotations")]
    TooManyRotations {
        /// The operation.
        op: &'static str,
        /// The given number.
        actual: usize,
        /// The largest.
        most: usize,
    },

    /// Objects of another ring.
    #[error("{op}: the object has ring degree {actual}, but the context has {expected}; both contexts need the same")]
    OtherRing {
        /// The operation.
        op: &'static str,
        /// The degree of the context.
        expected: usize,
        /// That of the object.
        actual: usize,
    },

    /// A ciphertext modulo other primes than those of the context.
    #[error(
        "{op}: the primes up to {level} are not those of this context; make both contexts with the same lowest primes, \
         in the same order"
    )]
    OtherPrimes {
        /// The operation.
        op: &'static str,
        /// The level of the ciphertext.
        level: Level,
    },

    /// An extended plaintext that was made from another plaintext.
    #[error("{op}: the extended plaintext was made from another plaintext than the given one; extend the given one")]
    OtherPlaintext {
        /// The operation.
        op: &'static str,
    },

    /// A level that the chain does not have.
    #[error("{op}: {level} was requested, but the highest level of the chain is {top}")]
    LevelTooHigh {
        /// The operation.
        op: &'static str,
        /// The level asked for.
        level: Level,
        /// The top of the chain.
        top: Level,
    },

    /// Operands at different levels.
    #[error("{op}: operands are at {left} and {right}; first lower the higher one (drop_to, mod_switch_to)")]
    LevelMismatch {
        /// The operation.
        op: &'static str,
        /// Level of the first operand.
        left: Level,
        /// Level of the second operand.
        right: Level,
    },

    /// The level of a ciphertext cannot be raised.
    #[error("{op}: cannot raise a ciphertext from {from} to {to}; only a fresh encryption has a higher level")]
    LevelRaise {
        /// The operation.
        op: &'static str,
        /// The level of the ciphertext.
        from: Level,
        /// The requested level.
        to: Level,
    },

    /// No levels are left.
    #[error("{op}: no levels are left; encrypt again earlier, or use parameters with more levels")]
    OutOfLevels {
        /// The operation.
        op: &'static str,
    },

    /// Summands with different scales.
    #[error(
        "{op}: scales {left:e} and {right:e} differ; make them equal (multiply one operand by 1 encoded at the ratio, \
         or encode the plaintext at the scale of the ciphertext)"
    )]
    ScaleMismatch {
        /// The operation.
        op: &'static str,
        /// Scale of the first operand.
        left: f64,
        /// Scale of the second operand.
        right: f64,
    },

    /// An invalid scale.
    #[error("{op}: invalid scale {scale:e}; a scale is a positive, normal number")]
    InvalidScale {
        /// The operation.
        op: &'static str,
        /// The number.
        scale: f64,
    },

    /// A scale that is too large for the modulus of the level.
    #[error(
        "{op}: a scale of 2^{scale_bits:.1} is too large for the modulus of {modulus_bits} bits at {level}, which needs \
         a bit for the sign; rescale first, use a smaller scale or a higher level"
    )]
    ScaleTooLarge {
        /// The operation.
        op: &'static str,
        /// Binary logarithm of the scale.
        scale_bits: f64,
        /// Bits of q_0 ... q_l.
        modulus_bits: u32,
        /// The level.
        level: Level,
    },

    /// A rescale that divides by more than the scale.
    #[error(
        "{op}: dividing a scale of 2^{scale_bits:.1} by a prime of {prime_bits} bits leaves 2^{:.1}, but below \
         2^{least_bits:.1} the rounding is larger than 1: rescale once after each product, or encode at a larger scale",
        scale_bits - f64::from(*prime_bits)
    )]
    ScaleTooSmall {
        /// The operation.
        op: &'static str,
        /// Binary logarithm of the scale.
        scale_bits: f64,
        /// Bits of the prime.
        prime_bits: u32,
        /// Binary logarithm of the smallest scale that may be left.
        least_bits: f64,
    },

    /// NaN or an infinity.
    #[error("{op}: value {index} is {value}; values must be finite")]
    NotFinite {
        /// The operation.
        op: &'static str,
        /// Where.
        index: usize,
        /// The value.
        value: f64,
    },

    /// More values than slots.
    #[error("{op}: {actual} values for {slots} slots; use several ciphertexts or a larger degree")]
    TooManyValues {
        /// The operation.
        op: &'static str,
        /// The given number.
        actual: usize,
        /// How many fit.
        slots: usize,
    },

    /// Values that are too large for the modulus.
    #[error(
        "{op}: values times scale {scale:e} reach a quarter of the modulus at {level}; scale down the data, or use a \
         smaller scale or a higher level"
    )]
    ValuesTooLarge {
        /// The operation.
        op: &'static str,
        /// The scale.
        scale: f64,
        /// The level.
        level: Level,
    },

    /// Terms with different numbers of weights.
    #[error("{op}: a term has {actual} weights, but the first has {expected}: give one for each sum")]
    WeightCount {
        /// The operation.
        op: &'static str,
        /// Weights of the first term.
        expected: usize,
        /// Those of the other.
        actual: usize,
    },

    /// A constant that rounds to zero, or a vector whose encoding does.
    #[error("{op}: values of at most {value:e} times scale {scale:e} round to zero; use a larger scale")]
    RoundsToZero {
        /// The operation.
        op: &'static str,
        /// The constant, or the largest of the values.
        value: f64,
        /// The scale.
        scale: f64,
    },

    /// A ciphertext with a number of components that the operation does not support.
    #[error("{op}: a ciphertext has {actual} components, but {expected} are needed; relinearise first")]
    Components {
        /// The operation.
        op: &'static str,
        /// The supported number.
        expected: usize,
        /// The actual number.
        actual: usize,
    },

    /// There is no Galois key for a rotation.
    #[error("no Galois key for step {step}, only for {available:?}: generate a key for every step that is used")]
    MissingGaloisKey {
        /// The step, between -S/2 and S/2.
        step: Rotation,
        /// The steps that have keys.
        available: Vec<Rotation>,
    },

    /// There is no Galois key for the conjugation.
    #[error("no Galois key for the conjugation: generate one with create_conjugation_key")]
    MissingConjugationKey,

    /// A sum without terms.
    #[error("{op}: there are no terms; a sum needs at least one term, which determines its level and scale")]
    EmptySum {
        /// The operation.
        op: &'static str,
    },

    /// A result that could be read without the key.
    #[error(
        "{op}: the result would be transparent (readable without the key), like x - x or x times a plaintext of \
         zeros; leave out such terms"
    )]
    Transparent {
        /// The operation.
        op: &'static str,
    },

    /// A plain modulus of a size that SEAL does not support.
    #[error("plain modulus {value}: SEAL supports {min_bits} to {max_bits} bits")]
    PlainModulusSize {
        /// The requested plain modulus.
        value: u64,
        /// Bits of the smallest.
        min_bits: u32,
        /// Bits of the largest.
        max_bits: u32,
    },

    /// A plain modulus that shares a factor with a coefficient prime.
    #[error(
        "plain modulus {plain_modulus} is a multiple of the coefficient prime {prime}: use another plain modulus or \
         prime"
    )]
    PlainModulusNotCoprime {
        /// The plain modulus.
        plain_modulus: u64,
        /// The prime.
        prime: u64,
    },

    /// A plain modulus that is not smaller than the coefficient modulus.
    #[error(
        "plain modulus {plain_modulus} is too large for a coefficient modulus of {modulus_bits} bits: it must be \
         smaller, and much smaller for any computation"
    )]
    PlainModulusTooLarge {
        /// The plain modulus.
        plain_modulus: u64,
        /// Bits of the data primes together.
        modulus_bits: u32,
    },

    /// An operation on slots with a plain modulus that has no slots.
    #[error(
        "{op}: plain modulus {plain_modulus} has no slots; use a prime that is 1 modulo {modulus}, as \
         PlainModulus::Batching does"
    )]
    NoBatching {
        /// The operation.
        op: &'static str,
        /// The plain modulus.
        plain_modulus: u64,
        /// Twice the ring degree.
        modulus: u64,
    },

    /// A number outside the range of a plaintext.
    #[error("{op}: value {index} is {value}, outside {min} to {max}; reduce it, or use a larger plain modulus")]
    ValueOutOfRange {
        /// The operation.
        op: &'static str,
        /// Where.
        index: usize,
        /// The value.
        value: i128,
        /// The least.
        min: i64,
        /// The largest.
        max: u64,
    },

    /// A polynomial of a degree that is too high for the ring.
    #[error("{op}: {actual} coefficients for a ring of degree {max}")]
    TooManyCoefficients {
        /// The operation.
        op: &'static str,
        /// The actual number.
        actual: usize,
        /// How many fit.
        max: usize,
    },

    /// A text that is not a polynomial.
    #[error(
        "not a polynomial at byte {at}: write terms such as 7FFx^3 + 1x^1 + 3, in hexadecimal and with decreasing \
         powers"
    )]
    NotAPolynomial {
        /// The position where the term begins.
        at: usize,
    },

    /// A ciphertext with too much noise to be decrypted.
    #[error(
        "{op}: the noise budget is exhausted, so the result cannot be decrypted; compute less deeply, or use a \
         smaller plain modulus or a larger coefficient modulus"
    )]
    NoiseBudgetExhausted {
        /// The operation.
        op: &'static str,
    },

    /// Key switching with parameters that have no special prime.
    #[error("{op}: these parameters have a single prime, but key switching needs an additional special prime")]
    NoKeySwitching {
        /// The operation.
        op: &'static str,
    },

    /// A level that these parameters do not support.
    #[error(
        "{op}: {level} was requested, but the lowest level is {lowest}; below it the modulus does not exceed the \
         plain modulus"
    )]
    LevelTooLow {
        /// The operation.
        op: &'static str,
        /// The level asked for.
        level: Level,
        /// The lowest level.
        lowest: Level,
    },

    /// There is no Galois key for swapping the rows.
    #[error("no Galois key for rotating the columns: generate one with create_column_key")]
    MissingColumnKey,

    /// There is no Galois key for an automorphism.
    #[error(
        "no Galois key for X -> X^{element}, only for {available:?}: generate a key for every element that is used"
    )]
    MissingGaloisElement {
        /// The element.
        element: u32,
        /// The elements that have keys.
        available: Vec<u32>,
    },

    /// A number that is not a Galois element.
    #[error("{op}: {element} is not a Galois element; these are the odd numbers below {modulus}")]
    NotAGaloisElement {
        /// The operation.
        op: &'static str,
        /// The number.
        element: u32,
        /// Twice the ring degree.
        modulus: u64,
    },

    /// A product without factors, or a power with exponent 0.
    #[error("{op}: there are no factors; encrypt a 1 instead")]
    EmptyProduct {
        /// The operation.
        op: &'static str,
    },

    /// Invalid bytes, which were rejected before SEAL saw them.
    #[error("invalid {kind}: {reason}")]
    Bytes {
        /// The expected object.
        kind: ObjectKind,
        /// The reason.
        reason: BytesRefusal,
    },

    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// An invalid noise bound.
    #[error("invalid noise bound {value:e}: the largest error of a value must be from {min:e} to {max:e}")]
    NoiseBoundRange {
        /// The number.
        value: f64,
        /// The smallest allowed bound.
        min: f64,
        /// The largest allowed bound.
        max: f64,
    },

    /// Too few usable trials to estimate the noise of a circuit.
    #[error(
        "{actual} trials of the circuit are usable (with noise, and with as many values as the exact result), but \
         {needed} are needed"
    )]
    NoiseTrials {
        /// The number of usable trials.
        actual: usize,
        /// The required number.
        needed: usize,
    },

    /// An operation on values without any.
    #[error("{op}: there are no values; at least one is needed")]
    NoValues {
        /// The operation.
        op: &'static str,
    },

    /// More releases of decrypted values than planned for a key.
    #[error(
        "publish: all {limit} releases planned for this key are spent; generate a new key, with a larger budget if \
         necessary"
    )]
    ReleaseBudgetSpent {
        /// The planned number of releases.
        limit: u64,
    },

    /// A security level that noise flooding cannot provide.
    #[error(
        "publish: {bits} bits were requested, but 1 to {max} are possible for {values} values in {releases} releases; \
         request fewer bits, plan fewer releases or publish fewer values at once"
    )]
    FloodingBits {
        /// The requested bits.
        bits: u32,
        /// The most.
        max: u32,
        /// Values in the release.
        values: usize,
        /// The planned number of releases.
        releases: u64,
    },

    /// A deviation of noise on ciphertexts that there is none of.
    #[error("flooding: a deviation of {actual:e}, and it must be from 1 to {most:e}")]
    FloodDeviation {
        /// The deviation.
        actual: f64,
        /// The largest.
        most: f64,
    },

    /// SEAL failed in a way that the checks before the call do not cover, for example because memory ran out.
    #[error("{op}: SEAL failed ({class:?}): {message}")]
    Library {
        /// The operation.
        op: &'static str,
        /// The class of the C++ exception.
        class: ExceptionClass,
        /// Its message.
        message: String,
    },
}
