//! Encryptions of zero in BFV and BGV.

use super::super::common::encrypted;
use super::{Ciphertext, Encryptor, IntegerScheme, SymmetricEncryptor, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::encryptor as ffi;

const ENCRYPT_ZERO: &str = "encrypt_zero";

impl<S: IntegerScheme> Encryptor<S> {
    /// Encrypts zero at any level: added to a ciphertext, it makes it another one of the same values.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh) or [`LevelTooLow`](SealError::LevelTooLow) for a level that does not
    /// exist.
    pub fn encrypt_zero(&self, level: Level) -> Result<Ciphertext<S>, SealError> {
        check::level_exists(ENCRYPT_ZERO, &self.context, level)?;
        encrypted(&self.context, ffi::encrypt_zero(&self.raw, self.context.raw(), level.0))
    }
}

impl<S: IntegerScheme> SymmetricEncryptor<S> {
    /// Encrypts zero at any level.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh) or [`LevelTooLow`](SealError::LevelTooLow) for a level that does not
    /// exist.
    pub fn encrypt_zero(&self, level: Level) -> Result<Ciphertext<S>, SealError> {
        check::level_exists(ENCRYPT_ZERO, &self.context, level)?;
        encrypted(&self.context, ffi::encrypt_zero_symmetric(&self.raw, self.context.raw(), level.0))
    }
}
