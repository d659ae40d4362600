//! Encrypted values.

use std::fmt;

use cxx::UniquePtr;

use super::{Context, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::ciphertext as ffi;

/// S = N/2 encrypted numbers: polynomials `(c_0, c_1)` modulo `q_0 ... q_l` with `c_0 + c_1 s` equal to scale times the
/// values plus noise, where `s` is the secret key. A product has a third component until it is relinearised.
///
/// Level, scale and size are public. A ciphertext is never transparent: without the secret key it reveals nothing about
/// its values.
///
/// Source: `Ciphertext` in ciphertext.h.
pub struct Ciphertext {
    pub(super) raw: UniquePtr<ffi::Ciphertext>,
    pub(super) context: Context,
}

impl Ciphertext {
    /// The level, which is the number of remaining rescales: it has the primes `q_0 ... q_l`.
    pub fn level(&self) -> Level {
        Level(self.raw.coeff_modulus_size() - 1)
    }

    /// The factor by which its values are multiplied.
    pub fn scale(&self) -> f64 {
        *self.raw.scale()
    }

    /// The number of components: 2, or 3 for a product that has not been relinearised.
    pub fn size(&self) -> usize {
        self.raw.size()
    }

    /// Sets the scale without changing the data: the values are multiplied by `old / new`.
    ///
    /// # Errors
    /// [`InvalidScale`](SealError::InvalidScale) or [`ScaleTooLarge`](SealError::ScaleTooLarge). The ciphertext is then
    /// unchanged.
    pub fn set_scale(&mut self, scale: f64) -> Result<(), SealError> {
        check::scale_fits("set_scale", &self.context, self.level(), scale)?;
        ffi::set_scale(self.raw.pin_mut(), scale);
        Ok(())
    }

    /// The exact size in SEAL's format without compression, in bytes.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::ciphertext_byte_count(&self.raw).map_err(|e| SealError::from_exception("size of a ciphertext", &e))
    }
}

impl Clone for Ciphertext {
    fn clone(&self) -> Self {
        Ciphertext { raw: ffi::copy_ciphertext(&self.raw), context: self.context.clone() }
    }
}

impl fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ciphertext")
            .field("level", &self.level())
            .field("scale", &self.scale())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}
