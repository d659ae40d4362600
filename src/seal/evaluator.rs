//! The evaluator of CKKS.

use super::{Ciphertext, Ckks, Plaintext, check, common};
use crate::error::SealError;

/// Computes on ciphertexts of CKKS, slot by slot.
pub type Evaluator = common::Evaluator<Ckks>;

impl Evaluator {
    /// Checks that a ciphertext and a plaintext belong to this context and are at the same level.
    pub(super) fn pair_plain(&self, op: &'static str, x: &Ciphertext, y: &Plaintext) -> Result<(), SealError> {
        self.own(op, x)?;
        check::same_context(op, &self.context, &y.context)?;
        check::same_level(op, x.level(), y.level())
    }
}
