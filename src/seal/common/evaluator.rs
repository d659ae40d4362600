//! The evaluator: everything that can be computed without the secret key.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, SchemeType, check};
use crate::error::SealError;
use crate::ffi::{ciphertext, evaluator as ffi};

/// Computes on ciphertexts. Shared by threads as it is. Every operation checks before it computes.
///
/// In CKKS it computes slot by slot, with operations in place too: one that refuses its operands leaves them as they
/// were. (Only if SEAL itself fails half-way, with [`SealError::Library`], as when memory runs out, is the operand of
/// an in-place operation undefined.) Scales are the caller's: products multiply them, rescales divide them by the prime
/// that goes, sums want them equal.
///
/// In BFV and BGV it computes exactly modulo t. Every operation gives a new ciphertext and leaves its operands alone,
/// also where SEAL fails half-way. (SEAL's in-place operations damage their operand when they throw, and BGV's sums
/// cannot be taken back, so there are none here.)
///
/// Source: `Evaluator` in evaluator.h.
pub struct Evaluator<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::Evaluator>,
    pub(in crate::seal) context: Context<S>,
}

impl<S: SchemeType> Evaluator<S> {
    /// For ciphertexts and keys of the context's parameters.
    pub fn new(context: &Context<S>) -> Result<Evaluator<S>, SealError> {
        let raw = ffi::new_evaluator(context.raw()).map_err(|e| SealError::from_exception("Evaluator", &e))?;
        Ok(Evaluator { raw, context: context.clone() })
    }

    /// A ciphertext that belongs to this context.
    pub(in crate::seal) fn own(&self, op: &'static str, x: &Ciphertext<S>) -> Result<(), SealError> {
        check::same_context(op, &self.context, &x.context)
    }

    /// Two ciphertexts of this context at one level.
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

    /// The ciphertext that a call to SEAL made.
    pub(in crate::seal) fn made(
        &self,
        op: &'static str,
        result: Result<UniquePtr<ciphertext::Ciphertext>, cxx::Exception>,
    ) -> Result<Ciphertext<S>, SealError> {
        let raw = result.map_err(|e| SealError::from_exception(op, &e))?;
        Ok(Ciphertext { raw, context: self.context.clone() })
    }
}

/// Names the operation in which a call to SEAL failed.
pub(in crate::seal) fn done(op: &'static str, result: Result<(), cxx::Exception>) -> Result<(), SealError> {
    result.map_err(|e| SealError::from_exception(op, &e))
}

impl<S: SchemeType> fmt::Debug for Evaluator<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Evaluator").field(&self.context).finish()
    }
}
