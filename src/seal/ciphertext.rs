//! Encrypted values of CKKS.

use super::{Ckks, check, common};
use crate::error::SealError;
use crate::ffi::ciphertext as ffi;

/// S = N/2 encrypted numbers: `c_0 + c_1 s` is the scale times the values, plus noise; `s` is the secret key.
pub type Ciphertext = common::Ciphertext<Ckks>;

impl Ciphertext {
    /// The factor by which its values are multiplied.
    pub fn scale(&self) -> f64 {
        *self.raw.scale()
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
}
