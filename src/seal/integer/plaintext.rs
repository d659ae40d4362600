//! Plaintexts: polynomials modulo the plain modulus.

use std::fmt;

use cxx::UniquePtr;

use super::{Context, IntegerScheme, check, hex};
use crate::error::SealError;
use crate::ffi::plaintext as ffi;

/// A polynomial of a degree below N with coefficients modulo t: what can be encrypted, or added to and multiplied with a
/// ciphertext. It belongs to no level. Products are those of polynomials modulo `X^N + 1`, unless a
/// [`BatchEncoder`](super::BatchEncoder) made it: then they are those of the slots.
///
/// ```
/// use seal_nn::seal::integer::{Bfv, CoeffModulus, Context, Parameters, Plaintext, PlainModulus};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let parameters = Parameters::<Bfv>::new(4096, CoeffModulus::Default, PlainModulus::Value(1024))?;
/// let context = Context::new(&parameters)?;
/// let plaintext = Plaintext::from_hex(&context, "1Fx^3 + 1x^1 + 3")?;
/// assert_eq!(plaintext.coefficients()?, [3, 1, 0, 31]);
/// assert_eq!(plaintext.to_hex()?, "1Fx^3 + 1x^1 + 3");
/// # Ok(())
/// # }
/// ```
///
/// Source: `Plaintext` in plaintext.h.
pub struct Plaintext<S> {
    pub(super) raw: UniquePtr<ffi::Plaintext>,
    pub(super) context: Context<S>,
}

const OP: &str = "plaintext";

impl<S: IntegerScheme> Plaintext<S> {
    /// The polynomial with these coefficients, the constant one first.
    ///
    /// # Errors
    /// [`TooManyCoefficients`](SealError::TooManyCoefficients), or [`ValueOutOfRange`](SealError::ValueOutOfRange) for
    /// a coefficient that is not below t.
    pub fn from_coefficients(context: &Context<S>, coefficients: &[u64]) -> Result<Plaintext<S>, SealError> {
        let (actual, max) = (coefficients.len(), context.parameters().poly_modulus_degree());
        if actual > max {
            return Err(SealError::TooManyCoefficients { op: OP, actual, max });
        }
        check::residues(OP, context, coefficients)?;
        let raw = ffi::plaintext_of(coefficients).map_err(failed)?;
        Ok(Plaintext { raw, context: context.clone() })
    }

    /// The polynomial that a text in SEAL's form describes: terms like `7FFx^3 + 1x^1 + 3`, coefficients in hexadecimal,
    /// powers in decimal and falling.
    ///
    /// # Errors
    /// [`NotAPolynomial`](SealError::NotAPolynomial), and those of [`from_coefficients`](Plaintext::from_coefficients).
    pub fn from_hex(context: &Context<S>, text: &str) -> Result<Plaintext<S>, SealError> {
        let coefficients = hex::parse(text, context.parameters().poly_modulus_degree())?;
        Plaintext::from_coefficients(context, &coefficients)
    }

    /// The polynomial as a text in SEAL's format.
    pub fn to_hex(&self) -> Result<String, SealError> {
        Ok(hex::format(&self.coefficients()?))
    }

    /// The coefficients, the constant one first, without trailing zeros.
    pub fn coefficients(&self) -> Result<Vec<u64>, SealError> {
        let mut coefficients = vec![0; self.raw.coeff_count()];
        ffi::copy_coefficients(&self.raw, &mut coefficients).map_err(failed)?;
        let count = coefficients.iter().rposition(|&c| c != 0).map_or(0, |last| last + 1);
        coefficients.truncate(count);
        Ok(coefficients)
    }

    /// Whether it is zero, by which no ciphertext can be multiplied ([`Transparent`](SealError::Transparent)).
    pub fn is_zero(&self) -> bool {
        self.raw.is_zero()
    }

    /// Its exact size as SEAL saves it without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::plaintext_byte_count(&self.raw).map_err(|e| SealError::from_exception("size of a plaintext", &e))
    }
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception(OP, &exception)
}

impl<S: IntegerScheme> Clone for Plaintext<S> {
    fn clone(&self) -> Self {
        Plaintext { raw: ffi::copy_plaintext(&self.raw), context: self.context.clone() }
    }
}

impl<S: IntegerScheme> fmt::Debug for Plaintext<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are never printed, because a decrypted plaintext is private to the key owner.
        write!(f, "Plaintext<{}>", S::NAME)
    }
}
