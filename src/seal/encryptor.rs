//! Encryptors of CKKS.

use cxx::UniquePtr;

use super::common::encrypted;
use super::{Ciphertext, Ckks, Context, check, common};
use crate::Level;
use crate::error::SealError;
use crate::ffi::{ciphertext, encryptor as ffi};

/// Encrypts with the public key.
pub type Encryptor = common::Encryptor<Ckks>;

/// Encrypts with the secret key, with three bits more precision than with the public key, and half the size when
/// seeded.
pub type SymmetricEncryptor = common::SymmetricEncryptor<Ckks>;

impl Encryptor {
    /// Encrypts zeros at a level, as if encoded at this scale. Adding them to a ciphertext gives another ciphertext of
    /// the same values.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh), [`InvalidScale`](SealError::InvalidScale),
    /// [`ScaleTooLarge`](SealError::ScaleTooLarge).
    pub fn encrypt_zero(&self, level: Level, scale: f64) -> Result<Ciphertext, SealError> {
        check_zero(&self.context, level, scale)?;
        zeros(&self.context, scale, ffi::encrypt_zero(&self.raw, self.context.raw(), level.0))
    }
}

impl SymmetricEncryptor {
    /// Encrypts zeros at a level, as if encoded at this scale.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh), [`InvalidScale`](SealError::InvalidScale),
    /// [`ScaleTooLarge`](SealError::ScaleTooLarge).
    pub fn encrypt_zero(&self, level: Level, scale: f64) -> Result<Ciphertext, SealError> {
        check_zero(&self.context, level, scale)?;
        zeros(&self.context, scale, ffi::encrypt_zero_symmetric(&self.raw, self.context.raw(), level.0))
    }
}

fn check_zero(context: &Context, level: Level, scale: f64) -> Result<(), SealError> {
    const OP: &str = "encrypt_zero";
    check::level_exists(OP, context, level)?;
    check::scale_fits(OP, context, level, scale)
}

/// SEAL's zeros have the scale 1.
fn zeros(
    context: &Context,
    scale: f64,
    made: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
) -> Result<Ciphertext, SealError> {
    let mut zeros = encrypted(context, made)?;
    ciphertext::set_scale(zeros.raw.pin_mut(), scale);
    Ok(zeros)
}
