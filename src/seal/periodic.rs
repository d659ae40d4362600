//! Plaintexts of slots that repeat, and sums of rotated products with them.

use std::fmt;

use cxx::UniquePtr;

use super::hybrid::serves;
use super::{Ciphertext, Context, HybridEvaluator, HybridKeys, automorphism, check};
use crate::error::{ExceptionClass, SealError};
use crate::ffi::kernels as ffi;
use crate::units::GiantSteps;
use crate::{Level, Rotation};

/// A plaintext of complex slots that repeat with a period of n: slot k holds value `k mod n`. It is a polynomial in
/// `X^(N/2n)` with 2n coefficients, and its transform has 2n different values modulo each prime, special ones included.
/// Only these are kept: at N = 32768 and n = 64, 20 kB for 20 primes in place of 5 MB.
///
/// ```
/// use seal_nn::{Rotation, seal::*};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let context = Context::new(&Parameters::builder().degree(8192).bits(&[50, 40, 50]).build()?)?;
/// let mut keys = KeyGenerator::new(&context)?;
/// let secret = keys.secret_key()?;
/// let hybrid = HybridEvaluator::new(&context)?;
/// let switching = keys.create_seeded_hybrid_keys(&HybridKeyLevels::all(context.parameters(), &[Rotation(1)]))?;
///
/// // (2i, 3) in turn, times the slots moved by one.
/// let (level, scale) = (context.top_level(), 2f64.powi(40));
/// let factors = hybrid.encode_periodic(&[[0.0, 2.0], [3.0, 0.0]], level, scale)?;
/// let encoder = Encoder::new(&context)?;
/// let x = SymmetricEncryptor::new(&context, &secret)?.encrypt(&encoder.encode(&[0.5, 0.25, 1.0], level, scale)?)?;
/// let term = PeriodicTerm { giant: 0, baby: Rotation(1), plaintext: &factors };
/// let keys = switching.expand(&context)?;
/// let y = hybrid.transform_periodic_rescale(&x, &[term], GiantSteps::default(), &keys)?;
///
/// let plain = Decryptor::new(&context, &secret)?.decrypt(&y)?.open_as_key_owner();
/// let values = encoder.decode_complex(&plain)?;
/// assert!((values[0][1] - 0.5).abs() < 1e-6 && (values[1][0] - 3.0).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
pub struct PeriodicPlaintext {
    raw: UniquePtr<ffi::PeriodicPlaintext>,
    context: Context,
    period: usize,
    level: Level,
    scale: f64,
}

/// `plaintext * rotate(x, baby)`, a term of a group whose sum is rotated by [`GiantSteps`].
#[derive(Clone, Copy, Debug)]
pub struct PeriodicTerm<'a> {
    /// By how many steps the group is rotated: fewer than there are slots.
    pub giant: usize,
    /// The rotation of the ciphertext.
    pub baby: Rotation,
    /// The factor, at the level of the ciphertext.
    pub plaintext: &'a PeriodicPlaintext,
}

/// What becomes of a sum.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    Whole,
    Real,
    Rescaled,
    RealRescaled,
}

const ENCODE: &str = "encode periodic slots";

impl PeriodicPlaintext {
    /// The level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The factor by which its values are multiplied.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// n.
    pub fn period(&self) -> usize {
        self.period
    }
}

impl HybridEvaluator {
    /// Encodes n complex values, each given as `[real, imaginary]`, that repeat in all slots. n is a power of two, at most
    /// N / 2. Sums with them are fastest up to N / 64: a value then stands in a row as often as a vector takes it. Coefficients
    /// are `round(scale/n sum_k Re(z_k conj(zeta_k)^j))` with `zeta_k = exp(2 pi i 3^k / 4n)`: the same as of
    /// [`Encoder::encode_complex`](super::Encoder::encode_complex) up to the rounding of doubles.
    ///
    /// # Errors
    /// [`Period`](SealError::Period) for another number of values, [`NotFinite`](SealError::NotFinite),
    /// [`LevelTooHigh`](SealError::LevelTooHigh), [`InvalidScale`](SealError::InvalidScale),
    /// [`ScaleTooLarge`](SealError::ScaleTooLarge), [`ValuesTooLarge`](SealError::ValuesTooLarge) if a coefficient may reach
    /// a quarter of the modulus or `2^62`, [`RoundsToZero`](SealError::RoundsToZero).
    pub fn encode_periodic(
        &self,
        values: &[[f64; 2]],
        level: Level,
        scale: f64,
    ) -> Result<PeriodicPlaintext, SealError> {
        let (period, parts) = (values.len(), values.as_flattened());
        let most = self.context.parameters().poly_modulus_degree() / 2;
        if !period.is_power_of_two() || period > most {
            return Err(SealError::Period { op: ENCODE, actual: period, most });
        }
        check::level_exists(ENCODE, &self.context, level)?;
        check::scale_fits(ENCODE, &self.context, level, scale)?;
        let sum = check::finite(ENCODE, parts)?;
        let too_large = || SealError::ValuesTooLarge { op: ENCODE, scale, level };
        let largest = 2_f64.powi(self.context.modulus_bits(level) as i32 - 2);
        if sum / period as f64 * scale >= largest {
            return Err(too_large());
        }
        // X^(N/2) is i in one half of the slots and -i in the other: a complex constant is a polynomial in X^(N/4).
        let repeated = values.repeat(if period == 1 { 2 } else { 1 });
        let raw = ffi::encode_periodic(self.raw()?, repeated.as_flattened(), level.0, scale);
        let raw = raw.map_err(|e| match SealError::from_exception(ENCODE, &e) {
            // After the checks above, only one invalid argument remains.
            SealError::Library { class: ExceptionClass::InvalidArgument, .. } => too_large(),
            other => other,
        })?;
        let value = parts.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        match value > 0.0 && raw.is_zero() {
            true => Err(SealError::RoundsToZero { op: ENCODE, value, scale }),
            false => Ok(PeriodicPlaintext { raw, context: self.context.clone(), period, level, scale }),
        }
    }

    /// Like [`transform`](HybridEvaluator::transform) with plaintexts of periodic slots, all of one period: faster by the
    /// reading of plaintexts, which are small here, and with giant steps of equal length. The slots of `x` need not be periodic.
    ///
    /// # Errors
    /// The same as for [`transform`](HybridEvaluator::transform), and [`Period`](SealError::Period) for plaintexts of
    /// different periods, [`GiantSteps`](SealError::GiantSteps) for more of them than slots.
    pub fn transform_periodic(
        &self,
        x: &Ciphertext,
        terms: &[PeriodicTerm<'_>],
        steps: GiantSteps,
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        self.transform_periodic_to(x, terms, steps, keys, Ending::Whole)
    }

    /// Twice the real part of the sum: [`transform_periodic`](HybridEvaluator::transform_periodic) plus its conjugate.
    ///
    /// # Errors
    /// The same as for [`transform_periodic`](HybridEvaluator::transform_periodic), and
    /// [`MissingConjugationKey`](SealError::MissingConjugationKey).
    pub fn transform_periodic_real(
        &self,
        x: &Ciphertext,
        terms: &[PeriodicTerm<'_>],
        steps: GiantSteps,
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        self.transform_periodic_to(x, terms, steps, keys, Ending::Real)
    }

    /// Like [`transform_periodic`](HybridEvaluator::transform_periodic), with a rescale.
    ///
    /// # Errors
    /// The same as for [`transform_periodic`](HybridEvaluator::transform_periodic),
    /// [`OutOfLevels`](SealError::OutOfLevels) at level 0, and [`ScaleTooSmall`](SealError::ScaleTooSmall).
    pub fn transform_periodic_rescale(
        &self,
        x: &Ciphertext,
        terms: &[PeriodicTerm<'_>],
        steps: GiantSteps,
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        self.transform_periodic_to(x, terms, steps, keys, Ending::Rescaled)
    }

    /// Twice the real part of the sum: like [`transform_periodic_rescale`](HybridEvaluator::transform_periodic_rescale) of the
    /// sum plus its conjugate, with one division for both and the rescale, which takes the noise of the conjugation's key away.
    ///
    /// # Errors
    /// The same as for [`transform_periodic_rescale`](HybridEvaluator::transform_periodic_rescale), and
    /// [`MissingConjugationKey`](SealError::MissingConjugationKey).
    pub fn transform_periodic_real_rescale(
        &self,
        x: &Ciphertext,
        terms: &[PeriodicTerm<'_>],
        steps: GiantSteps,
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        self.transform_periodic_to(x, terms, steps, keys, Ending::RealRescaled)
    }

    fn transform_periodic_to(
        &self,
        x: &Ciphertext,
        terms: &[PeriodicTerm<'_>],
        steps: GiantSteps,
        keys: &HybridKeys,
        ending: Ending,
    ) -> Result<Ciphertext, SealError> {
        const OP: &str = "linear_transform";
        self.check(OP, x, 2, keys)?;
        let first = terms.first().ok_or(SealError::EmptySum { op: OP })?.plaintext;
        let [step, last] = [steps.step, steps.last].map(|step| step.canonical(self.context.slots()));
        let mut raw = Vec::with_capacity(terms.len());
        for term in terms {
            let most = self.context.slots() - 1;
            let giant = u32::try_from(term.giant).ok().filter(|&giant| giant as usize <= most);
            let giant = giant.ok_or(SealError::GiantSteps { op: OP, actual: term.giant, most })?;
            let plaintext = term.plaintext;
            check::same_context(OP, &self.context, &plaintext.context)?;
            check::same_level(OP, x.level(), plaintext.level)?;
            check::same_scale(OP, first.scale, plaintext.scale)?;
            if plaintext.period != first.period {
                return Err(SealError::Period { op: OP, actual: plaintext.period, most: first.period });
            }
            if plaintext.raw.is_zero() {
                return Err(SealError::Transparent { op: OP });
            }
            raw.push(ffi::PeriodicTransformTerm {
                giant: if step.0 == 0 { 0 } else { giant },
                baby: self.key(OP, term.baby, x.level(), keys)?.0,
                plaintext: &plaintext.raw,
            });
        }
        if raw.iter().any(|term| term.giant > 0) {
            self.key(OP, step, x.level(), keys)?;
        }
        self.key(OP, last, x.level(), keys)?;
        let scale = x.scale() * first.scale;
        check::scale_fits(OP, &self.context, x.level(), scale)?;
        let rescale = matches!(ending, Ending::Rescaled | Ending::RealRescaled);
        if rescale {
            self.rescaled(OP, x.level(), scale)?;
        }
        let also = match ending {
            Ending::Real | Ending::RealRescaled => {
                serves(OP, x.level(), keys.conjugation_level().ok_or(SealError::MissingConjugationKey)?)?;
                automorphism::conjugation(self.context.parameters().poly_modulus_degree())
            }
            _ => 1,
        };
        let steps = ffi::GiantSteps { step: step.0, last: last.0 };
        let made = ffi::switch_transform_periodic(self.raw()?, &x.raw, &raw, steps, &keys.raw, rescale, also);
        self.made(OP, made)
    }
}

impl fmt::Debug for PeriodicPlaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never its values.
        f.debug_struct("PeriodicPlaintext")
            .field("period", &self.period)
            .field("level", &self.level)
            .field("scale", &self.scale)
            .finish_non_exhaustive()
    }
}
