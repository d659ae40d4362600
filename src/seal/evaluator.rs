//! The evaluator: everything that can be computed without the secret key.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, Plaintext, check};
use crate::error::SealError;
use crate::ffi::{ciphertext, evaluator as ffi};

/// Computes on ciphertexts, slot by slot. Shared by threads as it is.
///
/// Every operation checks before it computes: an operation that refuses its operands leaves them as they were, the
/// in-place ones too. (Only if SEAL itself fails half-way, with [`SealError::Library`], as when memory runs out, is the
/// operand of an in-place operation undefined.) Scales are the caller's: products multiply them, rescales divide them by
/// the prime that goes, sums want them equal.
///
/// Source: `Evaluator` in evaluator.h.
pub struct Evaluator {
    pub(super) raw: UniquePtr<ffi::Evaluator>,
    pub(super) context: Context,
}

impl Evaluator {
    /// For ciphertexts and keys of the context's parameters.
    pub fn new(context: &Context) -> Result<Evaluator, SealError> {
        let raw = ffi::new_evaluator(context.raw()).map_err(|e| SealError::from_exception("Evaluator", &e))?;
        Ok(Evaluator { raw, context: context.clone() })
    }

    /// A ciphertext that belongs to this context.
    pub(super) fn own(&self, op: &'static str, x: &Ciphertext) -> Result<(), SealError> {
        check::same_context(op, &self.context, &x.context)
    }

    /// Two ciphertexts of this context at one level.
    pub(super) fn pair(&self, op: &'static str, x: &Ciphertext, y: &Ciphertext) -> Result<(), SealError> {
        self.own(op, x)?;
        self.own(op, y)?;
        check::same_level(op, x.level(), y.level())
    }

    /// A ciphertext and a plaintext of this context at one level.
    pub(super) fn pair_plain(&self, op: &'static str, x: &Ciphertext, y: &Plaintext) -> Result<(), SealError> {
        self.own(op, x)?;
        check::same_context(op, &self.context, &y.context)?;
        check::same_level(op, x.level(), y.level())
    }

    /// The ciphertext that a call to SEAL made.
    pub(super) fn made(
        &self,
        op: &'static str,
        result: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
    ) -> Result<Ciphertext, SealError> {
        let raw = result.map_err(|e| SealError::from_exception(op, &e))?;
        Ok(Ciphertext { raw, context: self.context.clone() })
    }
}

/// Names the operation in which a call to SEAL failed.
pub(super) fn done(op: &'static str, result: Result<(), cxx::Exception>) -> Result<(), SealError> {
    result.map_err(|e| SealError::from_exception(op, &e))
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Evaluator").field(&self.context).finish()
    }
}
