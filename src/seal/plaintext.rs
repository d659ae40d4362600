//! Encoded values.

use std::fmt;

use cxx::UniquePtr;

use super::Context;
use crate::Level;
use crate::error::SealError;
use crate::ffi::plaintext as ffi;

/// A vector of S = N/2 numbers, multiplied by a scale and rounded to a polynomial with integer coefficients, modulo the
/// primes of a level. It can be encrypted, or added to and multiplied with a ciphertext of that level.
///
/// Source: `Plaintext` in plaintext.h.
pub struct Plaintext {
    pub(super) raw: UniquePtr<ffi::Plaintext>,
    pub(super) context: Context,
}

impl Plaintext {
    /// The level at which it was encoded.
    pub fn level(&self) -> Level {
        Level(self.raw.coeff_count() / self.context.parameters().poly_modulus_degree() - 1)
    }

    /// The factor by which its values were multiplied.
    pub fn scale(&self) -> f64 {
        *self.raw.scale()
    }

    /// Whether it encodes zeros. Products with zero plaintexts are an error ([`Transparent`](SealError::Transparent)),
    /// so leave out such terms.
    pub fn is_zero(&self) -> bool {
        self.raw.is_zero()
    }

    /// The exact size in SEAL's format without compression, in bytes.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::plaintext_byte_count(&self.raw).map_err(|e| SealError::from_exception("size of a plaintext", &e))
    }
}

impl Clone for Plaintext {
    fn clone(&self) -> Self {
        Plaintext { raw: ffi::copy_plaintext(&self.raw), context: self.context.clone() }
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are never printed, because a decrypted plaintext is private to the key owner.
        f.debug_struct("Plaintext").field("level", &self.level()).field("scale", &self.scale()).finish_non_exhaustive()
    }
}
