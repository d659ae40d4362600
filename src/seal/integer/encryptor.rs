//! Encryption with the public key and with the secret key.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, IntegerScheme, Plaintext, PublicKey, SecretKey, Seeded, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::{ciphertext, encryptor as ffi};

const ENCRYPT: &str = "encrypt";
const ENCRYPT_ZERO: &str = "encrypt_zero";

/// Encrypts under the public key.
///
/// Source: `Encryptor` in encryptor.h.
pub struct Encryptor<S> {
    raw: UniquePtr<ffi::Encryptor>,
    context: Context<S>,
}

impl<S: IntegerScheme> Encryptor<S> {
    /// For a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn with_public_key(context: &Context<S>, key: &PublicKey<S>) -> Result<Encryptor<S>, SealError> {
        check::same_context("Encryptor", context, &key.context)?;
        let raw = ffi::public_encryptor(context.raw(), &key.raw);
        Ok(Encryptor { raw: raw.map_err(|e| SealError::from_exception(ENCRYPT, &e))?, context: context.clone() })
    }

    /// Encrypts at the top level.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn encrypt(&self, plaintext: &Plaintext<S>) -> Result<Ciphertext<S>, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        made(ENCRYPT, &self.context, ffi::encrypt(&self.raw, &plaintext.raw))
    }

    /// Encrypts zero at any level: added to a ciphertext, it makes it another one of the same values.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh) or [`LevelTooLow`](SealError::LevelTooLow) for a level that does not
    /// exist.
    pub fn encrypt_zero(&self, level: Level) -> Result<Ciphertext<S>, SealError> {
        check::level_exists(ENCRYPT_ZERO, &self.context, level)?;
        made(ENCRYPT_ZERO, &self.context, ffi::encrypt_zero(&self.raw, self.context.raw(), level.0))
    }
}

impl<S: IntegerScheme> fmt::Debug for Encryptor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encryptor").field(&self.context).finish()
    }
}

/// Encrypts under the secret key: less noise than under the public key, and half the size when seeded. It holds the
/// secret key: no `Debug`, and SEAL clears its copy.
///
/// Source: `Encryptor` in encryptor.h.
pub struct SymmetricEncryptor<S> {
    raw: UniquePtr<ffi::Encryptor>,
    context: Context<S>,
}

impl<S: IntegerScheme> SymmetricEncryptor<S> {
    /// For a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn new(context: &Context<S>, key: &SecretKey<S>) -> Result<SymmetricEncryptor<S>, SealError> {
        check::same_context("SymmetricEncryptor", context, &key.context)?;
        let raw = ffi::symmetric_encryptor(context.raw(), &key.raw);
        let raw = raw.map_err(|e| SealError::from_exception(ENCRYPT, &e))?;
        Ok(SymmetricEncryptor { raw, context: context.clone() })
    }

    /// Encrypts at the top level.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn encrypt(&self, plaintext: &Plaintext<S>) -> Result<Ciphertext<S>, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        made(ENCRYPT, &self.context, ffi::encrypt_symmetric(&self.raw, &plaintext.raw))
    }

    /// Encrypts to half the bytes.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn encrypt_seeded(&self, plaintext: &Plaintext<S>) -> Result<Seeded<Ciphertext<S>>, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        let bytes = ffi::encrypt_seeded(&self.raw, &plaintext.raw);
        Ok(Seeded::new(&self.context, &bytes.map_err(|e| SealError::from_exception(ENCRYPT, &e))?))
    }

    /// Encrypts zero at any level.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh) or [`LevelTooLow`](SealError::LevelTooLow) for a level that does not
    /// exist.
    pub fn encrypt_zero(&self, level: Level) -> Result<Ciphertext<S>, SealError> {
        check::level_exists(ENCRYPT_ZERO, &self.context, level)?;
        made(ENCRYPT_ZERO, &self.context, ffi::encrypt_zero_symmetric(&self.raw, self.context.raw(), level.0))
    }
}

fn made<S: IntegerScheme>(
    op: &'static str,
    context: &Context<S>,
    encrypted: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
) -> Result<Ciphertext<S>, SealError> {
    let raw = encrypted.map_err(|e| SealError::from_exception(op, &e))?;
    Ok(Ciphertext { raw, context: context.clone() })
}
