//! Refusals of the SEAL layer.

mod bytes;
mod exception;
mod refusal;

pub use bytes::{BytesRefusal, ObjectKind};
pub use exception::ExceptionClass;
pub use refusal::ParameterRefusal;

use std::io;
use std::path::PathBuf;

use crate::{Level, Rotation};

/// A refusal of the SEAL layer: what was asked for, what was found, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The ring degree is not a power of two that SEAL takes.
    #[error("ring degree {poly_modulus_degree}: take a power of two from {min} to {max}")]
    Degree {
        /// The degree asked for.
        poly_modulus_degree: usize,
        /// The smallest SEAL takes.
        min: usize,
        /// The largest SEAL takes.
        max: usize,
    },

    /// Too few or too many primes.
    #[error("{actual} primes: take {min} to {max}, the last of several being the special one")]
    PrimeCount {
        /// How many were given.
        actual: usize,
        /// The fewest.
        min: usize,
        /// The most SEAL takes.
        max: usize,
    },

    /// A prime of a size that SEAL does not take.
    #[error("a prime of {bits} bits: SEAL takes {min} to {max}")]
    PrimeBits {
        /// The size asked for.
        bits: u32,
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },

    /// A coefficient modulus that is not prime.
    #[error("{value} is not prime: every coefficient modulus must be")]
    NotPrime {
        /// The number.
        value: u64,
    },

    /// A prime without the roots of unity that transforms need.
    #[error("prime {prime} is not 1 modulo {modulus} (twice the ring degree), so it has no transform: take another")]
    NoTransform {
        /// The prime.
        prime: u64,
        /// Twice the ring degree.
        modulus: u64,
    },

    /// One prime twice in a chain.
    #[error("prime {prime} occurs twice: the primes of a chain must differ")]
    RepeatedPrime {
        /// The prime.
        prime: u64,
    },

    /// There are not enough primes of a size.
    #[error("too few primes of {bits} bits that are 1 modulo {modulus}: ask for fewer, or for a larger size")]
    TooFewPrimes {
        /// The size asked for.
        bits: u32,
        /// Twice the ring degree.
        modulus: u64,
    },

    /// The modulus is too large for 128-bit security at this ring degree.
    #[error(
        "{requested} bits of modulus asked for, but ring degree {poly_modulus_degree} allows {allowed} at 128-bit \
         security: take a larger ring, fewer levels or smaller primes"
    )]
    TooManyBits {
        /// Bits of the product of all primes, the special one included.
        requested: u32,
        /// What SEAL's security table allows.
        allowed: u32,
        /// The ring degree; the largest in the table where the request left it open.
        poly_modulus_degree: usize,
    },

    /// The first prime leaves no room above the scale for what a decrypted slot holds.
    #[error("first prime of {first_bits} bits under scales of {scale_bits}: take more, 8 bits more as a rule")]
    FirstPrime {
        /// Bits of q_0.
        first_bits: u32,
        /// Bits of the scale.
        scale_bits: u32,
    },

    /// A special prime smaller than a data prime, which would drown rotations in noise.
    #[error("special prime of {special_bits} bits under data primes of {largest_bits}: take as many, better 10 more")]
    SpecialPrime {
        /// Bits of the special prime.
        special_bits: u32,
        /// Bits of the largest data prime.
        largest_bits: u32,
    },

    /// No special prime, more than key switching takes, or no data prime beside them.
    #[error("{actual} special primes: take 1 to {max}")]
    SpecialPrimeCount {
        /// How many were asked for.
        actual: usize,
        /// The most, with so many primes in all.
        max: usize,
    },

    /// A prime that our own key switching cannot take.
    #[error("a prime of {bits} bits: our own key switching takes primes of at most {max} bits")]
    KernelPrime {
        /// Its size.
        bits: u32,
        /// The largest.
        max: u32,
    },

    /// A key for key switching that was cut to lower levels.
    #[error("{op}: the key serves levels up to {highest}, the ciphertext is at {level}; ask for a key up to there")]
    KeyLevel {
        /// The operation.
        op: &'static str,
        /// The ciphertext's level.
        level: Level,
        /// The highest level that the key serves.
        highest: Level,
    },

    /// No key for relinearisation among the keys.
    #[error("{op}: no relinearisation key among the keys; ask for one")]
    MissingRelinKey {
        /// The operation.
        op: &'static str,
    },

    /// SEAL's own context refused the parameters.
    #[error("SEAL refuses the parameters: {message}")]
    Parameters {
        /// Its reason.
        reason: ParameterRefusal,
        /// Its words.
        message: String,
    },

    /// The transforms of this build compute wrongly on this machine.
    #[error(
        "transforms modulo {prime} give wrong results on this machine; build without the feature `hexl` and report it"
    )]
    WrongTransform {
        /// The modulus of the failed trial.
        prime: u64,
    },

    /// Operands made under different parameters.
    #[error("{op}: an operand belongs to other parameters than this context")]
    ForeignContext {
        /// The operation.
        op: &'static str,
    },

    /// A plaintext beside what was made from another one.
    #[error("{op}: the extended plaintext was made from another plaintext than the one beside it; extend that one")]
    OtherPlaintext {
        /// The operation.
        op: &'static str,
    },

    /// A level that the chain does not have.
    #[error("{op}: {level} asked for, the chain ends at {top}")]
    LevelTooHigh {
        /// The operation.
        op: &'static str,
        /// The level asked for.
        level: Level,
        /// The top of the chain.
        top: Level,
    },

    /// Operands at different levels.
    #[error("{op}: operands at {left} and {right}; bring the higher one down first (drop_to, mod_switch_to)")]
    LevelMismatch {
        /// The operation.
        op: &'static str,
        /// Level of the first operand.
        left: Level,
        /// Level of the second operand.
        right: Level,
    },

    /// A ciphertext cannot go up.
    #[error("{op}: from {from} up to {to}; only a fresh encryption is higher")]
    LevelRaise {
        /// The operation.
        op: &'static str,
        /// Where the ciphertext is.
        from: Level,
        /// Where it was to go.
        to: Level,
    },

    /// No level is left.
    #[error(
        "{op}: the lowest level has no prime to give up; encrypt again sooner, or take parameters with more levels"
    )]
    OutOfLevels {
        /// The operation.
        op: &'static str,
    },

    /// Summands with different scales.
    #[error(
        "{op}: scales {left:e} and {right:e} differ; bring both to one scale (multiply one by 1 encoded at the ratio, \
         or encode the plaintext at the ciphertext's scale)"
    )]
    ScaleMismatch {
        /// The operation.
        op: &'static str,
        /// Scale of the first operand.
        left: f64,
        /// Scale of the second operand.
        right: f64,
    },

    /// A scale that is no scale.
    #[error("{op}: {scale:e} is no scale; a scale is a positive, normal number")]
    InvalidScale {
        /// The operation.
        op: &'static str,
        /// The number.
        scale: f64,
    },

    /// A scale that does not fit under the modulus of the level.
    #[error(
        "{op}: a scale of 2^{scale_bits:.1} does not fit under the {modulus_bits} bits of modulus at {level}; \
         rescale first, or work at a higher level"
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

    /// NaN or an infinity.
    #[error("{op}: value {index} is {value}; only finite numbers can be encoded")]
    NotFinite {
        /// The operation.
        op: &'static str,
        /// Where.
        index: usize,
        /// The value.
        value: f64,
    },

    /// More values than slots.
    #[error("{op}: {actual} values for {slots} slots")]
    TooManyValues {
        /// The operation.
        op: &'static str,
        /// How many were given.
        actual: usize,
        /// How many fit.
        slots: usize,
    },

    /// Values that do not fit under the modulus.
    #[error(
        "{op}: values times scale {scale:e} reach a quarter of the modulus at {level}; scale the data down, take a \
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

    /// A constant that the scale cannot express.
    #[error("{op}: {value:e} times scale {scale:e} rounds to zero; take a larger scale")]
    RoundsToZero {
        /// The operation.
        op: &'static str,
        /// The constant.
        value: f64,
        /// The scale.
        scale: f64,
    },

    /// A ciphertext with a number of components that the operation does not take.
    #[error("{op}: a ciphertext of {actual} components, where {expected} are needed; relinearise first")]
    Components {
        /// The operation.
        op: &'static str,
        /// How many it takes.
        expected: usize,
        /// How many there are.
        actual: usize,
    },

    /// There is no Galois key for a rotation.
    #[error("no Galois key for step {step}; there are keys for {available:?}: generate one for every step used")]
    MissingGaloisKey {
        /// The step, between -S/2 and S/2.
        step: Rotation,
        /// The steps there are.
        available: Vec<Rotation>,
    },

    /// There is no Galois key for the conjugation.
    #[error("no Galois key for the conjugation: make one with create_conjugation_key")]
    MissingConjugationKey,

    /// A sum of nothing.
    #[error("{op}: nothing to sum; a sum needs one term at least, to have a level and a scale")]
    EmptySum {
        /// The operation.
        op: &'static str,
    },

    /// A result that anyone could read.
    #[error(
        "{op}: the result would be transparent (readable without the key), as x - x is, or x times a plaintext of \
         zeros; leave such terms out"
    )]
    Transparent {
        /// The operation.
        op: &'static str,
    },

    /// A plain modulus of a size that SEAL does not take.
    #[error("plain modulus {value}: SEAL takes numbers of {min_bits} to {max_bits} bits")]
    PlainModulusSize {
        /// The plain modulus asked for.
        value: u64,
        /// Bits of the smallest.
        min_bits: u32,
        /// Bits of the largest.
        max_bits: u32,
    },

    /// A plain modulus that shares a factor with a coefficient prime.
    #[error("plain modulus {plain_modulus} is a multiple of the coefficient prime {prime}: take another of them")]
    PlainModulusNotCoprime {
        /// The plain modulus.
        plain_modulus: u64,
        /// The prime.
        prime: u64,
    },

    /// A plain modulus as large as the coefficient modulus.
    #[error(
        "plain modulus {plain_modulus} under {modulus_bits} bits of coefficient modulus: it must be smaller, by far if \
         anything is to be computed"
    )]
    PlainModulusTooLarge {
        /// The plain modulus.
        plain_modulus: u64,
        /// Bits of the data primes together.
        modulus_bits: u32,
    },

    /// Slots, or rotations of them, under a plain modulus that has none.
    #[error(
        "{op}: plain modulus {plain_modulus} gives no slots; take a prime that is 1 modulo {modulus}, as \
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

    /// A number that is not among the residues that a plaintext can hold.
    #[error("{op}: value {index} is {value}, outside {min} to {max}; reduce it, or take a larger plain modulus")]
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

    /// A polynomial of a degree that the ring does not have.
    #[error("{op}: {actual} coefficients for a ring of degree {max}")]
    TooManyCoefficients {
        /// The operation.
        op: &'static str,
        /// How many there are.
        actual: usize,
        /// How many fit.
        max: usize,
    },

    /// A text that is no polynomial.
    #[error("not a polynomial at byte {at}: write terms like 7FFx^3 + 1x^1 + 3, in hexadecimal, falling powers")]
    NotAPolynomial {
        /// Where the term begins.
        at: usize,
    },

    /// A ciphertext whose noise has reached what it encrypts.
    #[error(
        "{op}: no noise budget is left, so that nothing can be decrypted; compute less deeply, take a smaller plain \
         modulus or a larger coefficient modulus"
    )]
    NoiseBudgetExhausted {
        /// The operation.
        op: &'static str,
    },

    /// Key switching with parameters that have no special prime.
    #[error("{op}: these parameters have a single prime, and key switching takes a special one beside it")]
    NoKeySwitching {
        /// The operation.
        op: &'static str,
    },

    /// A level at which these parameters have no tables.
    #[error(
        "{op}: {level} asked for, the chain ends at {lowest}, below which the modulus does not exceed the plain modulus"
    )]
    LevelTooLow {
        /// The operation.
        op: &'static str,
        /// The level asked for.
        level: Level,
        /// The lowest of the chain.
        lowest: Level,
    },

    /// There is no Galois key for swapping the rows.
    #[error("no Galois key for the columns: make one with create_column_key")]
    MissingColumnKey,

    /// There is no Galois key for an automorphism.
    #[error(
        "no Galois key for X -> X^{element}; there are keys for {available:?}: generate one for every element used"
    )]
    MissingGaloisElement {
        /// The element.
        element: u32,
        /// The elements there are.
        available: Vec<u32>,
    },

    /// A number that is no Galois element.
    #[error("{op}: {element} is no Galois element; they are the odd numbers below {modulus}")]
    NotAGaloisElement {
        /// The operation.
        op: &'static str,
        /// The number.
        element: u32,
        /// Twice the ring degree.
        modulus: u64,
    },

    /// A product of nothing, or a power to the zero.
    #[error("{op}: nothing to multiply; the result would be 1, which takes no ciphertext: encrypt a 1 instead")]
    EmptyProduct {
        /// The operation.
        op: &'static str,
    },

    /// Bytes from outside that are not what they should be. SEAL has not seen them.
    #[error("these bytes are refused as {kind}: {reason}")]
    Bytes {
        /// What they were to hold.
        kind: ObjectKind,
        /// What is wrong with them.
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

    /// A noise bound that is none.
    #[error("noise bound {value:e}: it is the largest error of a value, a number from {min:e} to {max:e}")]
    NoiseBoundRange {
        /// The number.
        value: f64,
        /// The least that is taken.
        min: f64,
        /// The largest.
        max: f64,
    },

    /// Trials of a circuit that say nothing of its noise.
    #[error(
        "{actual} of the trials of a circuit have noise and as many values as its exact result; {needed} are needed"
    )]
    NoiseTrials {
        /// How many can be used.
        actual: usize,
        /// How many are needed.
        needed: usize,
    },

    /// More releases of decryptions than were planned for a key.
    #[error(
        "publish: all {limit} releases planned for this key are spent; make a new key and encrypt under that, with a \
         larger budget if need be"
    )]
    ReleaseBudgetSpent {
        /// The releases planned.
        limit: u64,
    },

    /// A security level of published values that flooding cannot give.
    #[error(
        "publish: {bits} bits asked for, 1 to {max} can be given to {values} values in {releases} releases; ask for \
         fewer bits, plan fewer releases or publish fewer values at once"
    )]
    FloodingBits {
        /// The bits asked for.
        bits: u32,
        /// The most.
        max: u32,
        /// Values in the release.
        values: usize,
        /// Releases planned.
        releases: u64,
    },

    /// SEAL failed in a way that the checks before the call do not foresee, as when memory runs out.
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
