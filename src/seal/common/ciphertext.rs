//! Encrypted values.

use std::fmt;

use cxx::UniquePtr;

use super::{Context, SchemeType};
use crate::Level;
use crate::error::SealError;
use crate::ffi::ciphertext as ffi;

/// An encrypted [`Plaintext`](super::Plaintext): polynomials `(c_0, c_1)` modulo `q_0 ... q_l`. A product has a third
/// component until it is relinearised.
///
/// Level and size are public, and so is the scale in CKKS; the noise is not. A ciphertext is never transparent: without
/// the secret key it reveals nothing about its values.
///
/// Source: `Ciphertext` in ciphertext.h.
pub struct Ciphertext<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::Ciphertext>,
    pub(in crate::seal) context: Context<S>,
}

impl<S: SchemeType> Ciphertext<S> {
    /// The level: it has the primes `q_0 ... q_l`. In CKKS this is the number of remaining rescales.
    pub fn level(&self) -> Level {
        Level(self.raw.coeff_modulus_size() - 1)
    }

    /// The number of components: 2, or 3 for a product that has not been relinearised.
    pub fn size(&self) -> usize {
        self.raw.size()
    }

    /// The exact size in SEAL's format without compression, in bytes.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::ciphertext_byte_count(&self.raw).map_err(|e| SealError::from_exception("size of a ciphertext", &e))
    }
}

impl<S: SchemeType> Clone for Ciphertext<S> {
    fn clone(&self) -> Self {
        Ciphertext { raw: ffi::copy_ciphertext(&self.raw), context: self.context.clone() }
    }
}

impl<S: SchemeType> fmt::Debug for Ciphertext<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ciphertext")
            .field("scheme", &S::NAME)
            .field("level", &self.level())
            .field("scale", self.raw.scale())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}
