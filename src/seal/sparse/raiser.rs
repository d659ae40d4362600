//! The raise itself.

use std::fmt;

use super::super::{Ciphertext, Context, check};
use super::keys::check_ring;
use super::{RaisingKeys, SparseParameters};
use crate::Level;
use crate::error::SealError;
use crate::ffi::kernels;

/// Raises ciphertexts from level 0 to the top of a tall chain.
///
/// A ciphertext at level 0 has the phase `m` modulo `q_0`. It is brought to `q'` (coefficients times `q'/q_0`, rounded) and
/// to the sparse secret, read as integers, and switched back to the secret of the tall chain. The result has the phase
/// `m' + q' I` modulo all primes, as integers: `m' = round(m q'/q_0)` with a noise of some tens in each coefficient, and
/// the overflow `I` that EvalMod removes, a sum of about `weight + 1` numbers uniform in `(-1/2, 1/2)`: at a weight of 32,
/// `|I| >= 15` has a probability below `2^-85` in a coefficient. With keys for rotations `r_1, r_2, ...` it is the sum
/// `(1 + rotate by r_1) (1 + rotate by r_2) ...` of that.
///
/// **Scale.** What matters are the coefficients, so a caller declares the scale that it reads them at
/// ([`Ciphertext::set_scale`]). The result carries `scale q'/q_0`, at which the part `m'` decodes to the values of `x`
/// (times the number of summands for periodic ones).
pub struct Raiser {
    context: Context,
    sparse: SparseParameters,
}

const OP: &str = "raise";

impl Raiser {
    /// A raiser to the top of the context's chain.
    ///
    /// # Errors
    /// [`OtherRing`](SealError::OtherRing) if the degrees differ, [`KernelPrime`](SealError::KernelPrime) or
    /// [`Degree`](SealError::Degree) for parameters that our own kernels do not support.
    pub fn new(tall: &Context, sparse: &SparseParameters) -> Result<Raiser, SealError> {
        check_ring(tall, sparse)?;
        tall.hybrid()?;
        sparse.context.hybrid()?;
        Ok(Raiser { context: tall.clone(), sparse: sparse.clone() })
    }

    /// Raises a ciphertext of the tall context at level 0 ([`Context::adopt`] brings it there). No level is used up; the
    /// result is at the top.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a ciphertext or keys of other parameters, tall or sparse,
    /// [`Components`](SealError::Components), [`LevelMismatch`](SealError::LevelMismatch) for a ciphertext above level 0,
    /// [`Transparent`](SealError::Transparent), [`InvalidScale`](SealError::InvalidScale).
    pub fn raise(&self, x: &Ciphertext, keys: &RaisingKeys) -> Result<Ciphertext, SealError> {
        check::same_context(OP, &self.context, &x.context)?;
        check::same_context(OP, &self.context, &keys.context)?;
        if self.sparse != keys.sparse {
            return Err(SealError::ForeignContext { op: OP });
        }
        check::two_components(OP, x)?;
        check::same_level(OP, x.level(), Level(0))?;
        let (tall, small) = (self.context.hybrid()?, self.sparse.context.hybrid()?);
        let raised = kernels::raise(tall, small, &x.raw, &keys.raw);
        let raw = raised.map_err(|e| SealError::from_exception(OP, &e))?;
        let raised = Ciphertext { raw, context: self.context.clone() };
        check::scale_fits(OP, &self.context, raised.level(), raised.scale())?;
        Ok(raised)
    }
}

impl fmt::Debug for Raiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raiser").field("context", &self.context).field("sparse", &self.sparse).finish()
    }
}
