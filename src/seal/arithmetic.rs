//! Additions and subtractions.

use super::common::done;
use super::{Ciphertext, Evaluator, Plaintext, check};
use crate::error::SealError;
use crate::ffi::evaluator as ffi;

/// Additions and subtractions. Operands are at the same level and have the same scale, which are also those of the
/// result. Noise adds up. A sum with a product that has not been relinearised has three components.
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext), [`LevelMismatch`](SealError::LevelMismatch),
/// [`ScaleMismatch`](SealError::ScaleMismatch) (SEAL's tolerance is the last bit), and
/// [`Transparent`](SealError::Transparent) for a result such as `x - x`.
impl Evaluator {
    /// `x + y`
    pub fn add(&self, x: &Ciphertext, y: &Ciphertext) -> Result<Ciphertext, SealError> {
        let mut sum = x.clone();
        self.add_inplace(&mut sum, y)?;
        Ok(sum)
    }

    /// `x += y`
    pub fn add_inplace(&self, x: &mut Ciphertext, y: &Ciphertext) -> Result<(), SealError> {
        const OP: &str = "add";
        self.summands(OP, x, y)?;
        done(OP, ffi::add_inplace(&self.raw, x.raw.pin_mut(), &y.raw))
    }

    /// `x - y`
    pub fn sub(&self, x: &Ciphertext, y: &Ciphertext) -> Result<Ciphertext, SealError> {
        let mut difference = x.clone();
        self.sub_inplace(&mut difference, y)?;
        Ok(difference)
    }

    /// `x -= y`
    pub fn sub_inplace(&self, x: &mut Ciphertext, y: &Ciphertext) -> Result<(), SealError> {
        const OP: &str = "sub";
        self.summands(OP, x, y)?;
        done(OP, ffi::sub_inplace(&self.raw, x.raw.pin_mut(), &y.raw))
    }

    /// `-x`
    pub fn negate(&self, x: &Ciphertext) -> Result<Ciphertext, SealError> {
        let mut negative = x.clone();
        self.negate_inplace(&mut negative)?;
        Ok(negative)
    }

    /// `x = -x`
    pub fn negate_inplace(&self, x: &mut Ciphertext) -> Result<(), SealError> {
        const OP: &str = "negate";
        self.own(OP, x)?;
        done(OP, ffi::negate_inplace(&self.raw, x.raw.pin_mut()))
    }

    /// The sum of all terms, as a new ciphertext.
    ///
    /// # Errors
    /// Also [`EmptySum`](SealError::EmptySum), and [`Transparent`](SealError::Transparent) if a partial sum is
    /// transparent.
    pub fn add_many(&self, terms: &[&Ciphertext]) -> Result<Ciphertext, SealError> {
        const OP: &str = "add_many";
        let (first, rest) = terms.split_first().ok_or(SealError::EmptySum { op: OP })?;
        self.own(OP, first)?;
        for term in rest {
            self.summands(OP, first, term)?;
        }
        let mut sum = Ciphertext::clone(first);
        for term in rest {
            done(OP, ffi::add_inplace(&self.raw, sum.raw.pin_mut(), &term.raw))?;
        }
        Ok(sum)
    }

    /// `x + y` with a plaintext.
    pub fn add_plain(&self, x: &Ciphertext, y: &Plaintext) -> Result<Ciphertext, SealError> {
        let mut sum = x.clone();
        self.add_plain_inplace(&mut sum, y)?;
        Ok(sum)
    }

    /// `x += y` with a plaintext.
    pub fn add_plain_inplace(&self, x: &mut Ciphertext, y: &Plaintext) -> Result<(), SealError> {
        const OP: &str = "add_plain";
        self.plain_summand(OP, x, y)?;
        done(OP, ffi::add_plain_inplace(&self.raw, x.raw.pin_mut(), &y.raw))
    }

    /// `x - y` with a plaintext.
    pub fn sub_plain(&self, x: &Ciphertext, y: &Plaintext) -> Result<Ciphertext, SealError> {
        let mut difference = x.clone();
        self.sub_plain_inplace(&mut difference, y)?;
        Ok(difference)
    }

    /// `x -= y` with a plaintext.
    pub fn sub_plain_inplace(&self, x: &mut Ciphertext, y: &Plaintext) -> Result<(), SealError> {
        const OP: &str = "sub_plain";
        self.plain_summand(OP, x, y)?;
        done(OP, ffi::sub_plain_inplace(&self.raw, x.raw.pin_mut(), &y.raw))
    }

    fn summands(&self, op: &'static str, x: &Ciphertext, y: &Ciphertext) -> Result<(), SealError> {
        self.pair(op, x, y)?;
        check::same_scale(op, x.scale(), y.scale())
    }

    fn plain_summand(&self, op: &'static str, x: &Ciphertext, y: &Plaintext) -> Result<(), SealError> {
        self.pair_plain(op, x, y)?;
        check::same_scale(op, x.scale(), y.scale())
    }
}
