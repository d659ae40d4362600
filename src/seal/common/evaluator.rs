//! The evaluator: operations without the secret key.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, SchemeType, check};
use crate::error::SealError;
use crate::ffi::{ciphertext, evaluator as ffi};

/// Computes on ciphertexts. It can be shared by threads. Every operation checks its operands before it computes.
///
/// In CKKS it computes slot by slot, and has in-place operations. If one returns an error, its operands are unchanged.
/// (Only if SEAL itself fails half-way with [`SealError::Library`], for example because memory runs out, is the operand
/// of an in-place operation undefined.) The caller is responsible for scales: products multiply them, rescales divide
/// them by the removed prime, and sums require equal ones.
///
/// In BFV and BGV it computes exactly modulo t. Every operation returns a new ciphertext and does not change its
/// operands, even if SEAL fails half-way. (SEAL's in-place operations corrupt their operand when they throw, and BGV's
/// sums cannot be undone, so there are none here.)
///
/// Source: `Evaluator` in evaluator.h.
pub struct Evaluator<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::Evaluator>,
    pub(in crate::seal) context: Context<S>,
}

impl<S: SchemeType> Evaluator<S> {
    /// An evaluator for ciphertexts and keys of the context's parameters.
    pub fn new(context: &Context<S>) -> Result<Evaluator<S>, SealError> {
        let raw = ffi::new_evaluator(context.raw()).map_err(|e| SealError::from_exception("Evaluator", &e))?;
        Ok(Evaluator { raw, context: context.clone() })
    }

    /// Checks that a ciphertext belongs to this context.
    pub(in crate::seal) fn own(&self, op: &'static str, x: &Ciphertext<S>) -> Result<(), SealError> {
        check::same_context(op, &self.context, &x.context)
    }

    /// Checks that two ciphertexts belong to this context and are at the same level.
    pub(in crate::seal) fn pair(
        &self,
        op: &'static str,
        x: &Ciphertext<S>,
        y: &Ciphertext<S>,
    ) -> Result<(), SealError> {
        self.own(op, x)?;
        self.own(op, y)?;
        check::same_level(op, x.level(), y.level())
    }

    /// The ciphertext created by a call to SEAL.
    pub(in crate::seal) fn made(
        &self,
        op: &'static str,
        result: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
    ) -> Result<Ciphertext<S>, SealError> {
        let raw = result.map_err(|e| SealError::from_exception(op, &e))?;
        Ok(Ciphertext { raw, context: self.context.clone() })
    }
}

/// Adds the operation to an error of a call to SEAL.
pub(in crate::seal) fn done(op: &'static str, result: Result<(), cxx::Exception>) -> Result<(), SealError> {
    result.map_err(|e| SealError::from_exception(op, &e))
}

impl<S: SchemeType> fmt::Debug for Evaluator<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Evaluator").field(&self.context).finish()
    }
}
