//! Encryption with the public key and with the secret key.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, Plaintext, PublicKey, SchemeType, SecretKey, check};
use crate::error::SealError;
use crate::ffi::{ciphertext, encryptor as ffi};
use crate::seal::Seeded;

const ENCRYPT: &str = "encrypt";

/// Encrypts with the public key. In CKKS the noise is that of a rescale: standard deviation `N / sqrt(18)` in a complex
/// slot, before division by the scale.
///
/// Source: `Encryptor` in encryptor.h.
pub struct Encryptor<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::Encryptor>,
    pub(in crate::seal) context: Context<S>,
}

impl<S: SchemeType> Encryptor<S> {
    /// An encryptor for a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn with_public_key(context: &Context<S>, key: &PublicKey<S>) -> Result<Encryptor<S>, SealError> {
        check::same_context("Encryptor", context, &key.context)?;
        Ok(Encryptor { raw: ffi::public_encryptor(context.raw(), &key.raw).map_err(failed)?, context: context.clone() })
    }

    /// Encrypts a plaintext: in CKKS at its level and scale, otherwise at the top level.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn encrypt(&self, plaintext: &Plaintext<S>) -> Result<Ciphertext<S>, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        encrypted(&self.context, ffi::encrypt(&self.raw, &plaintext.raw))
    }
}

impl<S: SchemeType> fmt::Debug for Encryptor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encryptor").field(&self.context).finish()
    }
}

/// Encrypts with the secret key, with less noise than with the public key (in CKKS `3.24 sqrt(N)`, three bits less) and
/// half the size when seeded. It holds the secret key: it has no `Debug`, and SEAL clears its copy.
///
/// Source: `Encryptor` in encryptor.h.
pub struct SymmetricEncryptor<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::Encryptor>,
    pub(in crate::seal) context: Context<S>,
}

impl<S: SchemeType> SymmetricEncryptor<S> {
    /// An encryptor for a context with the parameters of the key.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn new(context: &Context<S>, key: &SecretKey<S>) -> Result<SymmetricEncryptor<S>, SealError> {
        check::same_context("SymmetricEncryptor", context, &key.context)?;
        let raw = ffi::symmetric_encryptor(context.raw(), &key.raw).map_err(failed)?;
        Ok(SymmetricEncryptor { raw, context: context.clone() })
    }

    /// Encrypts a plaintext: in CKKS at its level and scale, otherwise at the top level.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn encrypt(&self, plaintext: &Plaintext<S>) -> Result<Ciphertext<S>, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        encrypted(&self.context, ffi::encrypt_symmetric(&self.raw, &plaintext.raw))
    }

    /// Encrypts to half the size.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn encrypt_seeded(&self, plaintext: &Plaintext<S>) -> Result<Seeded<Ciphertext<S>>, SealError> {
        check::same_context(ENCRYPT, &self.context, &plaintext.context)?;
        Ok(Seeded::new(&self.context, &ffi::encrypt_seeded(&self.raw, &plaintext.raw).map_err(failed)?))
    }
}

/// The ciphertext created by a call to SEAL.
pub(in crate::seal) fn encrypted<S: SchemeType>(
    context: &Context<S>,
    made: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
) -> Result<Ciphertext<S>, SealError> {
    Ok(Ciphertext { raw: made.map_err(failed)?, context: context.clone() })
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception(ENCRYPT, &exception)
}
