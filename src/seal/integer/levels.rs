//! Modulus switching.

use super::{Ciphertext, Evaluator, IntegerScheme, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::integerevaluator as ffi;

/// Modulus switching: the same values modulo fewer primes.
///
/// With [`Bfv`](super::Bfv), modulus and noise are divided together: the noise budget does not change, up to the
/// maximum of the smaller modulus, and ciphertexts become smaller and faster. With [`Bgv`](super::Bgv), the budget
/// decreases by the bits of the prime if the noise is already small; the benefit is that the next product squares a
/// smaller noise.
impl<S: IntegerScheme> Evaluator<S> {
    /// One level down.
    ///
    /// # Errors
    /// [`OutOfLevels`](SealError::OutOfLevels) at the lowest level, [`ForeignContext`](SealError::ForeignContext).
    pub fn mod_switch_to_next(&self, x: &Ciphertext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "mod_switch_to_next";
        self.own(OP, x)?;
        match x.level().down(1).filter(|&next| next >= self.context.lowest_level()) {
            Some(next) => self.switched(OP, x, next),
            None => Err(SealError::OutOfLevels { op: OP }),
        }
    }

    /// Switches to a lower level; a copy if the ciphertext is already there.
    ///
    /// # Errors
    /// [`LevelRaise`](SealError::LevelRaise) for a higher level, [`LevelTooLow`](SealError::LevelTooLow) below the
    /// lowest, and [`ForeignContext`](SealError::ForeignContext).
    pub fn mod_switch_to(&self, x: &Ciphertext<S>, level: Level) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "mod_switch_to";
        self.own(OP, x)?;
        check::leads_down(OP, &self.context, x.level(), level)?;
        self.switched(OP, x, level)
    }

    fn switched(&self, op: &'static str, x: &Ciphertext<S>, level: Level) -> Result<Ciphertext<S>, SealError> {
        self.made(op, ffi::switch_modulus(&self.raw, self.context.raw(), &x.raw, level.0))
    }
}
