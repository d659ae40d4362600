//! Rescaling and switching to lower levels.

use super::common::done;
use super::{Ciphertext, Evaluator, Plaintext, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::evaluator as ffi;
use crate::ffi::integerevaluator::switch_plaintext;

/// Rescaling and switching to lower levels.
impl Evaluator {
    /// Divides by `q_l` and rounds: the level decreases from `l` to `l - 1`, the scale is divided by `q_l`, and the
    /// values do not change. Noise: `N / sqrt(18)` in a complex slot, before division by the scale.
    ///
    /// # Errors
    /// [`OutOfLevels`](SealError::OutOfLevels) at level 0, [`ScaleTooLarge`](SealError::ScaleTooLarge) if even the
    /// divided scale does not fit, [`ScaleTooSmall`](SealError::ScaleTooSmall) if it leaves less of the values than the
    /// rounding adds, as a second rescale after one product, and [`ForeignContext`](SealError::ForeignContext).
    pub fn rescale_inplace(&self, x: &mut Ciphertext) -> Result<(), SealError> {
        const OP: &str = "rescale";
        self.own(OP, x)?;
        check::rescales(OP, &self.context, x.level(), x.scale())?;
        done(OP, ffi::rescale_inplace(&self.raw, x.raw.pin_mut()))
    }

    /// The same values modulo fewer primes, with scale and noise unchanged. It costs one copy only.
    ///
    /// # Errors
    /// [`LevelRaise`](SealError::LevelRaise) for a higher level, [`ScaleTooLarge`](SealError::ScaleTooLarge) if the
    /// scale does not fit at the lower level, and [`ForeignContext`](SealError::ForeignContext).
    pub fn drop_to(&self, x: &Ciphertext, level: Level) -> Result<Ciphertext, SealError> {
        self.own(DROP, x)?;
        self.check_drop(x.level(), x.scale(), level)?;
        self.made(DROP, ffi::drop_to(self.context.raw(), &x.raw, level.0))
    }

    /// Like [`drop_to`](Evaluator::drop_to), in the memory of the ciphertext, whose size does not change.
    ///
    /// # Errors
    /// The same as for [`drop_to`](Evaluator::drop_to).
    pub fn drop_to_inplace(&self, x: &mut Ciphertext, level: Level) -> Result<(), SealError> {
        self.own(DROP, x)?;
        self.check_drop(x.level(), x.scale(), level)?;
        if level == x.level() {
            return Ok(());
        }
        done(DROP, ffi::drop_to_inplace(self.context.raw(), x.raw.pin_mut(), level.0))
    }

    /// The same plaintext for a lower level, without encoding it again.
    ///
    /// # Errors
    /// The same as for [`drop_to`](Evaluator::drop_to).
    pub fn drop_plain_to(&self, x: &Plaintext, level: Level) -> Result<Plaintext, SealError> {
        check::same_context(DROP, &self.context, &x.context)?;
        self.check_drop(x.level(), x.scale(), level)?;
        let dropped = switch_plaintext(&self.raw, self.context.raw(), &x.raw, level.0);
        let raw = dropped.map_err(|e| SealError::from_exception(DROP, &e))?;
        Ok(Plaintext { raw, context: self.context.clone() })
    }

    fn check_drop(&self, from: Level, scale: f64, to: Level) -> Result<(), SealError> {
        if to > from {
            return Err(SealError::LevelRaise { op: DROP, from, to });
        }
        check::scale_fits(DROP, &self.context, to, scale)
    }
}

const DROP: &str = "drop_to";
