//! Plaintexts and ciphertexts in NTT form, for fast products.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, Evaluator, IntegerScheme, Plaintext, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::{ciphertext, evaluator as shared, integerevaluator as ffi, plaintext};

/// A [`Plaintext`] transformed modulo the primes of a level. A factor that is used several times needs to be
/// transformed only once.
pub struct NttPlaintext<S> {
    raw: UniquePtr<plaintext::Plaintext>,
    context: Context<S>,
}

/// A [`Ciphertext`] in NTT form. It has its own type because most operations of SEAL do not accept this form.
pub struct NttCiphertext<S> {
    raw: UniquePtr<ciphertext::Ciphertext>,
    context: Context<S>,
}

impl<S: IntegerScheme> NttPlaintext<S> {
    /// The level for which it was transformed.
    pub fn level(&self) -> Level {
        Level(self.raw.coeff_count() / self.context.parameters().poly_modulus_degree() - 1)
    }
}

impl<S: IntegerScheme> NttCiphertext<S> {
    /// The level of the ciphertext.
    pub fn level(&self) -> Level {
        Level(self.raw.coeff_modulus_size() - 1)
    }

    /// The number of components, 2 or 3.
    pub fn size(&self) -> usize {
        self.raw.size()
    }
}

/// Sums of products with plaintexts in NTT form: each operand is transformed once.
///
/// ```
/// use seal_nn::seal::integer::*;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// # let parameters = Parameters::<Bfv>::new(4096, CoeffModulus::Default, PlainModulus::Value(1024))?;
/// # let context = Context::new(&parameters)?;
/// # let secret = KeyGenerator::new(&context)?.secret_key()?;
/// # let (encryptor, decryptor) = (SymmetricEncryptor::new(&context, &secret)?, Decryptor::new(&context, &secret)?);
/// let plain = |value| Plaintext::from_coefficients(&context, &[value]);
/// let evaluator = Evaluator::new(&context)?;
/// let factor = evaluator.transform_plain_to_ntt(&plain(7)?, context.top_level())?;
/// let x = evaluator.transform_to_ntt(&encryptor.encrypt(&plain(6)?)?)?;
/// let y = evaluator.transform_to_ntt(&encryptor.encrypt(&plain(1)?)?)?;
///
/// let sum = evaluator.add_ntt(&evaluator.multiply_plain_ntt(&x, &factor)?, &y)?;
/// let result = decryptor.decrypt(&evaluator.transform_from_ntt(&sum)?)?;
/// assert_eq!(result.open_as_key_owner().coefficients()?, [43]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext).
impl<S: IntegerScheme> Evaluator<S> {
    /// Transforms a plaintext for a level.
    ///
    /// # Errors
    /// Also [`LevelTooHigh`](SealError::LevelTooHigh), [`LevelTooLow`](SealError::LevelTooLow).
    pub fn transform_plain_to_ntt(&self, x: &Plaintext<S>, level: Level) -> Result<NttPlaintext<S>, SealError> {
        const OP: &str = "transform_plain_to_ntt";
        check::same_context(OP, &self.context, &x.context)?;
        check::level_exists(OP, &self.context, level)?;
        self.plaintext(OP, ffi::transform_plaintext(&self.raw, self.context.raw(), &x.raw, level.0))
    }

    /// Transforms a ciphertext.
    pub fn transform_to_ntt(&self, x: &Ciphertext<S>) -> Result<NttCiphertext<S>, SealError> {
        const OP: &str = "transform_to_ntt";
        self.own(OP, x)?;
        self.transformed(OP, ffi::transform(&self.raw, self.context.raw(), &x.raw))
    }

    /// The way back.
    pub fn transform_from_ntt(&self, x: &NttCiphertext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "transform_from_ntt";
        check::same_context(OP, &self.context, &x.context)?;
        self.made(OP, ffi::transform_back(&self.raw, self.context.raw(), &x.raw))
    }

    /// `x * y` with a plaintext, both transformed and at one level.
    ///
    /// # Errors
    /// Also [`LevelMismatch`](SealError::LevelMismatch), and [`Transparent`](SealError::Transparent) for a zero
    /// plaintext.
    pub fn multiply_plain_ntt(&self, x: &NttCiphertext<S>, y: &NttPlaintext<S>) -> Result<NttCiphertext<S>, SealError> {
        const OP: &str = "multiply_plain_ntt";
        check::same_context(OP, &self.context, &x.context)?;
        check::same_context(OP, &self.context, &y.context)?;
        check::same_level(OP, x.level(), y.level())?;
        self.transformed(OP, ffi::multiply_plain(&self.raw, &x.raw, &y.raw))
    }

    /// `x + y`, both transformed and at one level.
    ///
    /// # Errors
    /// Also [`LevelMismatch`](SealError::LevelMismatch), [`Transparent`](SealError::Transparent).
    pub fn add_ntt(&self, x: &NttCiphertext<S>, y: &NttCiphertext<S>) -> Result<NttCiphertext<S>, SealError> {
        const OP: &str = "add_ntt";
        check::same_context(OP, &self.context, &x.context)?;
        check::same_context(OP, &self.context, &y.context)?;
        check::same_level(OP, x.level(), y.level())?;
        let mut sum = ciphertext::copy_ciphertext(&x.raw);
        let added = shared::add_inplace(&self.raw, sum.pin_mut(), &y.raw);
        self.transformed(OP, added.map(|()| sum))
    }

    /// The transformed plaintext for a lower level, without another transform.
    ///
    /// # Errors
    /// Also [`LevelRaise`](SealError::LevelRaise), [`LevelTooLow`](SealError::LevelTooLow).
    pub fn mod_switch_plain_to(&self, x: &NttPlaintext<S>, level: Level) -> Result<NttPlaintext<S>, SealError> {
        const OP: &str = "mod_switch_plain_to";
        check::same_context(OP, &self.context, &x.context)?;
        check::leads_down(OP, &self.context, x.level(), level)?;
        self.plaintext(OP, ffi::switch_plaintext(&self.raw, self.context.raw(), &x.raw, level.0))
    }

    fn plaintext(
        &self,
        op: &'static str,
        result: Result<UniquePtr<plaintext::Plaintext>, cxx::Exception>,
    ) -> Result<NttPlaintext<S>, SealError> {
        let raw = result.map_err(|e| SealError::from_exception(op, &e))?;
        Ok(NttPlaintext { raw, context: self.context.clone() })
    }

    fn transformed(
        &self,
        op: &'static str,
        result: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
    ) -> Result<NttCiphertext<S>, SealError> {
        let raw = result.map_err(|e| SealError::from_exception(op, &e))?;
        Ok(NttCiphertext { raw, context: self.context.clone() })
    }
}

impl<S: IntegerScheme> fmt::Debug for NttPlaintext<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NttPlaintext<{}> at {}", S::NAME, self.level())
    }
}

impl<S: IntegerScheme> fmt::Debug for NttCiphertext<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NttCiphertext<{}> at {}, {} components", S::NAME, self.level(), self.size())
    }
}
