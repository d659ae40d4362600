//! Plaintexts of BFV and BGV: polynomials modulo the plain modulus.

use super::{Context, IntegerScheme, Plaintext, check, hex};
use crate::error::SealError;
use crate::ffi::plaintext as ffi;

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

    /// Parses a polynomial in SEAL's format: terms such as `7FFx^3 + 1x^1 + 3`, with coefficients in hexadecimal and
    /// powers in decimal, in descending order.
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
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception(OP, &exception)
}
