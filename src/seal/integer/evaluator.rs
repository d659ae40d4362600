//! What the operations of BFV and BGV share.

use super::{Ciphertext, Evaluator, GaloisKeys, IntegerScheme, Plaintext, check};
use crate::error::SealError;
use crate::ffi::ciphertext;

impl<S: IntegerScheme> Evaluator<S> {
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
