//! Rotations, the conjugation, and operations based on them.

use super::{Ciphertext, Evaluator, GaloisKeys, Plaintext, check};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::evaluator as ffi;

/// Rotations, which do not change level and scale. Each needs its own key: SEAL composes a missing rotation from others
/// at several times the cost, but here this is an error. Steps are taken modulo S, and step 0 is a copy. The noise is
/// that of a rescale if the special prime has 10 bits more than the data primes
/// ([`ParametersBuilder::special_bits`](super::ParametersBuilder::special_bits)).
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext), [`Components`](SealError::Components) for a product
/// that has not been relinearised, and [`MissingGaloisKey`](SealError::MissingGaloisKey).
impl Evaluator {
    /// Rotates the slots to the left: slot `s` of the result is slot `s + step mod S` of `x`.
    pub fn rotate(&self, x: &Ciphertext, step: Rotation, keys: &GaloisKeys) -> Result<Ciphertext, SealError> {
        const OP: &str = "rotate";
        self.check_rotations(OP, x, &[step], keys)?;
        self.rotated(OP, x, step, keys)
    }

    /// Several rotations of one ciphertext, in the order of the steps.
    pub fn rotate_many(
        &self,
        x: &Ciphertext,
        rotations: &[Rotation],
        keys: &GaloisKeys,
    ) -> Result<Vec<Ciphertext>, SealError> {
        const OP: &str = "rotate_many";
        self.check_rotations(OP, x, rotations, keys)?;
        rotations.iter().map(|&step| self.rotated(OP, x, step, keys)).collect()
    }

    /// Conjugates every slot; real values do not change.
    ///
    /// # Errors
    /// [`MissingConjugationKey`](SealError::MissingConjugationKey),
    /// [`ForeignContext`](SealError::ForeignContext), [`Components`](SealError::Components).
    pub fn conjugate(&self, x: &Ciphertext, keys: &GaloisKeys) -> Result<Ciphertext, SealError> {
        const OP: &str = "conjugate";
        self.check_rotations(OP, x, &[], keys)?;
        if !keys.has_conjugation() {
            return Err(SealError::MissingConjugationKey);
        }
        self.made(OP, ffi::conjugate(&self.raw, &x.raw, &keys.raw))
    }

    /// The sum of `plaintext * rotate(x, step)` over the terms: a matrix by its diagonals, a filter by its taps. Level
    /// unchanged, scale multiplied by that of the plaintexts; not rescaled.
    ///
    /// # Errors
    /// Also [`EmptySum`](SealError::EmptySum), [`LevelMismatch`](SealError::LevelMismatch),
    /// [`ScaleMismatch`](SealError::ScaleMismatch) between plaintexts, [`ScaleTooLarge`](SealError::ScaleTooLarge),
    /// [`Transparent`](SealError::Transparent) for a plaintext of zeros: leave that term out.
    pub fn linear_transform(
        &self,
        x: &Ciphertext,
        terms: &[(Rotation, &Plaintext)],
        keys: &GaloisKeys,
    ) -> Result<Ciphertext, SealError> {
        const OP: &str = "linear_transform";
        let &(_, first) = terms.first().ok_or(SealError::EmptySum { op: OP })?;
        for &(step, plaintext) in terms {
            self.check_rotations(OP, x, &[step], keys)?;
            self.pair_plain(OP, x, plaintext)?;
            check::same_scale(OP, first.scale(), plaintext.scale())?;
            if plaintext.is_zero() {
                return Err(SealError::Transparent { op: OP });
            }
        }
        check::scale_fits(OP, &self.context, x.level(), x.scale() * first.scale())?;
        let mut sum = self.term(OP, x, terms[0], keys)?;
        for &term in &terms[1..] {
            self.add_inplace(&mut sum, &self.term(OP, x, term, keys)?)?;
        }
        Ok(sum)
    }

    fn term(
        &self,
        op: &'static str,
        x: &Ciphertext,
        (step, plaintext): (Rotation, &Plaintext),
        keys: &GaloisKeys,
    ) -> Result<Ciphertext, SealError> {
        let mut rotated = self.rotated(op, x, step, keys)?;
        self.multiply_plain_inplace(&mut rotated, plaintext)?;
        Ok(rotated)
    }

    /// One rotation whose key is known to exist.
    fn rotated(
        &self,
        op: &'static str,
        x: &Ciphertext,
        step: Rotation,
        keys: &GaloisKeys,
    ) -> Result<Ciphertext, SealError> {
        match step.canonical(self.context.slots()) {
            Rotation(0) => Ok(x.clone()),
            Rotation(k) => self.made(op, ffi::rotate(&self.raw, &x.raw, k, &keys.raw)),
        }
    }

    fn check_rotations(
        &self,
        op: &'static str,
        x: &Ciphertext,
        rotations: &[Rotation],
        keys: &GaloisKeys,
    ) -> Result<(), SealError> {
        self.own(op, x)?;
        check::same_context(op, &self.context, &keys.context)?;
        check::two_components(op, x)?;
        let missing = |step: &Rotation| *step != Rotation(0) && keys.rotations().binary_search(step).is_err();
        match rotations.iter().map(|step| step.canonical(self.context.slots())).find(missing) {
            Some(step) => Err(SealError::MissingGaloisKey { step, available: keys.rotations().to_vec() }),
            None => Ok(()),
        }
    }
}
