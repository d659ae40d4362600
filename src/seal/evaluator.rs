//! The evaluator: operations without the secret key.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, Plaintext, check};
use crate::error::SealError;
use crate::ffi::{ciphertext, evaluator as ffi};

/// Computes on ciphertexts, slot by slot. It can be shared by threads.
///
/// Every operation checks its operands before it computes. If it returns an error, operands are unchanged, also those
/// of in-place operations. (Only if SEAL itself fails half-way with [`SealError::Library`], for example because memory
/// runs out, is the operand of an in-place operation undefined.) The caller is responsible for scales: products
/// multiply them, rescales divide them by the removed prime, and sums require equal ones.
///
/// Source: `Evaluator` in evaluator.h.
pub struct Evaluator {
    pub(super) raw: UniquePtr<ffi::Evaluator>,
    pub(super) context: Context,
}

impl Evaluator {
    /// An evaluator for ciphertexts and keys of the context's parameters.
    pub fn new(context: &Context) -> Result<Evaluator, SealError> {
        let raw = ffi::new_evaluator(context.raw()).map_err(|e| SealError::from_exception("Evaluator", &e))?;
        Ok(Evaluator { raw, context: context.clone() })
    }

    /// Checks that a ciphertext belongs to this context.
    pub(super) fn own(&self, op: &'static str, x: &Ciphertext) -> Result<(), SealError> {
        check::same_context(op, &self.context, &x.context)
    }

    /// Checks that two ciphertexts belong to this context and are at the same level.
    pub(super) fn pair(&self, op: &'static str, x: &Ciphertext, y: &Ciphertext) -> Result<(), SealError> {
        self.own(op, x)?;
        self.own(op, y)?;
        check::same_level(op, x.level(), y.level())
    }

    /// Checks that a ciphertext and a plaintext belong to this context and are at the same level.
    pub(super) fn pair_plain(&self, op: &'static str, x: &Ciphertext, y: &Plaintext) -> Result<(), SealError> {
        self.own(op, x)?;
        check::same_context(op, &self.context, &y.context)?;
        check::same_level(op, x.level(), y.level())
    }

    /// The ciphertext created by a call to SEAL.
    pub(super) fn made(
        &self,
        op: &'static str,
        result: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
    ) -> Result<Ciphertext, SealError> {
        let raw = result.map_err(|e| SealError::from_exception(op, &e))?;
        Ok(Ciphertext { raw, context: self.context.clone() })
    }
}

/// Adds the operation to an error of a call to SEAL.
pub(super) fn done(op: &'static str, result: Result<(), cxx::Exception>) -> Result<(), SealError> {
    result.map_err(|e| SealError::from_exception(op, &e))
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Evaluator").field(&self.context).finish()
    }
}
