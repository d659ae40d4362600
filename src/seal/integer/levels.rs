//! Going down the levels.

use super::{Ciphertext, Evaluator, IntegerScheme, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::integerevaluator as ffi;

/// Levels: the same values modulo fewer primes.
///
/// With [`Bfv`](super::Bfv) modulus and noise are divided together: the noise budget stays, down to what the smaller
/// modulus leaves at all, and ciphertexts become smaller and faster. With [`Bgv`](super::Bgv) the budget shrinks by the
/// prime's bits where the noise is already small; its worth is that the next product squares a smaller noise.
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

    /// Down to a level; a copy where it is there already.
    ///
    /// # Errors
    /// [`LevelRaise`](SealError::LevelRaise), [`LevelTooLow`](SealError::LevelTooLow),
    /// [`ForeignContext`](SealError::ForeignContext).
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
