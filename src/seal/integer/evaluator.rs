//! The evaluator: operations without the secret key.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, GaloisKeys, IntegerScheme, Plaintext, check};
use crate::error::SealError;
use crate::ffi::{ciphertext, evaluator as ffi};

/// Computes on ciphertexts, exactly modulo t. Shared by threads as it is.
///
/// Every operation gives a new ciphertext and leaves its operands alone, also where SEAL fails half-way. (SEAL's in-place
/// operations damage their operand when they throw, and BGV's sums cannot be taken back, so there are none here.)
///
/// Source: `Evaluator` in evaluator.h.
pub struct Evaluator<S> {
    pub(super) raw: UniquePtr<ffi::Evaluator>,
    pub(super) context: Context<S>,
}

impl<S: IntegerScheme> Evaluator<S> {
    /// For ciphertexts and keys of the context's parameters.
    pub fn new(context: &Context<S>) -> Result<Evaluator<S>, SealError> {
        let raw = ffi::new_evaluator(context.raw()).map_err(|e| SealError::from_exception("Evaluator", &e))?;
        Ok(Evaluator { raw, context: context.clone() })
    }

    /// A ciphertext that belongs to this context.
    pub(super) fn own(&self, op: &'static str, x: &Ciphertext<S>) -> Result<(), SealError> {
        check::same_context(op, &self.context, &x.context)
    }

    /// Two ciphertexts of this context at one level.
    pub(super) fn pair(&self, op: &'static str, x: &Ciphertext<S>, y: &Ciphertext<S>) -> Result<(), SealError> {
        self.own(op, x)?;
        self.own(op, y)?;
        check::same_level(op, x.level(), y.level())
    }

    /// A ciphertext and a plaintext of this context; a plaintext goes with every level.
    pub(super) fn pair_plain(&self, op: &'static str, x: &Ciphertext<S>, y: &Plaintext<S>) -> Result<(), SealError> {
        self.own(op, x)?;
        check::same_context(op, &self.context, &y.context)
    }

    /// A ciphertext that can be rotated, and keys for it.
    pub(super) fn rotatable(&self, op: &'static str, x: &Ciphertext<S>, keys: &GaloisKeys<S>) -> Result<(), SealError> {
        self.own(op, x)?;
        check::same_context(op, &self.context, &keys.context)?;
        check::two_components(op, x)
    }

    /// The ciphertext that a call to SEAL made.
    pub(super) fn made(
        &self,
        op: &'static str,
        result: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
    ) -> Result<Ciphertext<S>, SealError> {
        let raw = result.map_err(|e| SealError::from_exception(op, &e))?;
        Ok(Ciphertext { raw, context: self.context.clone() })
    }

    /// What an in-place call to SEAL makes of a copy.
    pub(super) fn changed(
        &self,
        op: &'static str,
        x: &Ciphertext<S>,
        change: impl FnOnce(std::pin::Pin<&mut ciphertext::Ciphertext>) -> Result<(), cxx::Exception>,
    ) -> Result<Ciphertext<S>, SealError> {
        let mut copy = x.clone();
        change(copy.raw.pin_mut()).map_err(|e| SealError::from_exception(op, &e))?;
        Ok(copy)
    }
}

impl<S: IntegerScheme> fmt::Debug for Evaluator<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Evaluator").field(&self.context).finish()
    }
}
