//! Encryption with the public key and with the secret key.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, Plaintext, PublicKey, SecretKey, Seeded, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::{ciphertext, encryptor as ffi};

const ENCRYPT: &str = "encrypt";

/// Encrypts under the public key. The noise is that of a rescale: standard deviation `N / sqrt(18)` in a complex slot,
/// before it is divided by the scale.
///
/// Source: `Encryptor` in encryptor.h.
pub struct Encryptor {
    raw: UniquePtr<ffi::Encryptor>,
    context: Context,
}

impl Encryptor {
    /// For a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn with_public_key(context: &Context, key: &PublicKey) -> Result<Encryptor, SealError> {
        check::same_context("Encryptor", context, &key.context)?;
        Ok(Encryptor { raw: ffi::public_encryptor(context.raw(), &key.raw).map_err(failed)?, context: context.clone() })
    }

    /// Encrypts at the plaintext's level and scale.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn encrypt(&self, plaintext: &Plaintext) -> Result<Ciphertext, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        let raw = ffi::encrypt(&self.raw, &plaintext.raw).map_err(failed)?;
        Ok(Ciphertext { raw, context: self.context.clone() })
    }

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

impl fmt::Debug for Encryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encryptor").field(&self.context).finish()
    }
}

/// Encrypts under the secret key: three bits more precise than under the public key (noise `3.24 sqrt(N)`), and half the
/// size when seeded. It holds the secret key: no `Debug`, and SEAL clears its copy.
///
/// Source: `Encryptor` in encryptor.h.
pub struct SymmetricEncryptor {
    raw: UniquePtr<ffi::Encryptor>,
    context: Context,
}

impl SymmetricEncryptor {
    /// For a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn new(context: &Context, key: &SecretKey) -> Result<SymmetricEncryptor, SealError> {
        check::same_context("SymmetricEncryptor", context, &key.context)?;
        let raw = ffi::symmetric_encryptor(context.raw(), &key.raw).map_err(failed)?;
        Ok(SymmetricEncryptor { raw, context: context.clone() })
    }

    /// Encrypts at the plaintext's level and scale.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn encrypt(&self, plaintext: &Plaintext) -> Result<Ciphertext, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        let raw = ffi::encrypt_symmetric(&self.raw, &plaintext.raw).map_err(failed)?;
        Ok(Ciphertext { raw, context: self.context.clone() })
    }

    /// Encrypts zeros at a level, as if encoded at this scale.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh), [`InvalidScale`](SealError::InvalidScale),
    /// [`ScaleTooLarge`](SealError::ScaleTooLarge).
    pub fn encrypt_zero(&self, level: Level, scale: f64) -> Result<Ciphertext, SealError> {
        check_zero(&self.context, level, scale)?;
        zeros(&self.context, scale, ffi::encrypt_zero_symmetric(&self.raw, self.context.raw(), level.0))
    }

    /// Encrypts to half the bytes.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn encrypt_seeded(&self, plaintext: &Plaintext) -> Result<Seeded<Ciphertext>, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        Ok(Seeded::new(&self.context, &ffi::encrypt_seeded(&self.raw, &plaintext.raw).map_err(failed)?))
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
    encrypted: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
) -> Result<Ciphertext, SealError> {
    let mut raw = encrypted.map_err(failed)?;
    ciphertext::set_scale(raw.pin_mut(), scale);
    Ok(Ciphertext { raw, context: context.clone() })
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception(ENCRYPT, &exception)
}
