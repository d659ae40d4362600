//! Sums and differences.

use super::{Ciphertext, Evaluator, IntegerScheme, Plaintext};
use crate::error::SealError;
use crate::ffi::evaluator as ffi;

/// Additions and subtractions modulo t. Ciphertexts are at the same level; plaintexts can be used at any level. Noise
/// adds up: a sum of k terms consumes at most `log2(k)` bits of budget, if the terms of BGV have been through the same
/// modulus switches.
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext), [`LevelMismatch`](SealError::LevelMismatch), and
/// [`Transparent`](SealError::Transparent) for a result such as `x - x`.
impl<S: IntegerScheme> Evaluator<S> {
    /// `x + y`
    pub fn add(&self, x: &Ciphertext<S>, y: &Ciphertext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "add";
        self.pair(OP, x, y)?;
        self.changed(OP, x, |sum| ffi::add_inplace(&self.raw, sum, &y.raw))
    }

    /// `x - y`
    pub fn sub(&self, x: &Ciphertext<S>, y: &Ciphertext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "sub";
        self.pair(OP, x, y)?;
        self.changed(OP, x, |difference| ffi::sub_inplace(&self.raw, difference, &y.raw))
    }

    /// `-x`
    pub fn negate(&self, x: &Ciphertext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "negate";
        self.own(OP, x)?;
        self.changed(OP, x, |negative| ffi::negate_inplace(&self.raw, negative))
    }

    /// The sum of all terms.
    ///
    /// # Errors
    /// Also [`EmptySum`](SealError::EmptySum), and [`Transparent`](SealError::Transparent) if a partial sum is
    /// transparent.
    pub fn add_many(&self, terms: &[&Ciphertext<S>]) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "add_many";
        let (&first, rest) = terms.split_first().ok_or(SealError::EmptySum { op: OP })?;
        self.own(OP, first)?;
        for term in rest {
            self.pair(OP, first, term)?;
        }
        self.changed(OP, first, |mut sum| {
            rest.iter().try_for_each(|term| ffi::add_inplace(&self.raw, sum.as_mut(), &term.raw))
        })
    }

    /// `x + y` with a plaintext.
    pub fn add_plain(&self, x: &Ciphertext<S>, y: &Plaintext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "add_plain";
        self.pair_plain(OP, x, y)?;
        self.changed(OP, x, |sum| ffi::add_plain_inplace(&self.raw, sum, &y.raw))
    }

    /// `x - y` with a plaintext.
    pub fn sub_plain(&self, x: &Ciphertext<S>, y: &Plaintext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "sub_plain";
        self.pair_plain(OP, x, y)?;
        self.changed(OP, x, |difference| ffi::sub_plain_inplace(&self.raw, difference, &y.raw))
    }
}
