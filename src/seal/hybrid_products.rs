//! Products with our own kernels, relinearised and rescaled with one division.

use super::hybrid::serves;
use super::{Ciphertext, HybridEvaluator, HybridKeys, Plaintext, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::kernels as ffi;

/// Products, relinearisation and rescale. Intermediate results of a product are computed one prime at a time. The noise
/// of the keys is divided by `P q_l`, so only the noise of the factors and of one rescale remains.
///
/// # Errors
/// Common to all: those of the other operations, [`OutOfLevels`](SealError::OutOfLevels) at level 0,
/// [`ScaleTooLarge`](SealError::ScaleTooLarge), and [`ScaleTooSmall`](SealError::ScaleTooSmall) if a rescale leaves less of
/// the values than its rounding adds.
impl HybridEvaluator {
    /// `x_1 y_1 + x_2 y_2 + ...`, relinearised and rescaled: one level below its factors, at the scale of a product
    /// divided by `q_l`.
    ///
    /// # Errors
    /// Also [`EmptySum`](SealError::EmptySum), [`LevelMismatch`](SealError::LevelMismatch),
    /// [`ScaleMismatch`](SealError::ScaleMismatch) between products, [`Transparent`](SealError::Transparent).
    pub fn multiply_sum_rescale(
        &self,
        terms: &[(&Ciphertext, &Ciphertext)],
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        const OP: &str = "multiply_sum";
        let &(first, second) = terms.first().ok_or(SealError::EmptySum { op: OP })?;
        let (level, scale) = (first.level(), first.scale() * second.scale());
        for &(x, y) in terms {
            self.check(OP, x, 2, keys)?;
            self.check(OP, y, 2, keys)?;
            check::same_level(OP, level, x.level())?;
            check::same_level(OP, level, y.level())?;
            check::same_scale(OP, scale, x.scale() * y.scale())?;
        }
        check::scale_fits(OP, &self.context, level, scale)?;
        self.rescaled(OP, level, scale)?;
        relin_key_serves(OP, level, keys)?;
        let products: Vec<_> = terms.iter().map(|&(x, y)| ffi::SwitchedProduct { x: &x.raw, y: &y.raw }).collect();
        self.made(OP, ffi::switch_multiply(self.raw()?, &products, &keys.raw))
    }

    /// `x_1 p_1 + x_2 p_2 + ...` with plaintexts, rescaled. Needs no key.
    ///
    /// # Errors
    /// The same as for [`multiply_sum_rescale`](HybridEvaluator::multiply_sum_rescale), except for keys.
    pub fn multiply_plain_sum_rescale(&self, terms: &[(&Ciphertext, &Plaintext)]) -> Result<Ciphertext, SealError> {
        const OP: &str = "multiply_plain_sum";
        let &(first, plain) = terms.first().ok_or(SealError::EmptySum { op: OP })?;
        let (level, scale) = (first.level(), first.scale() * plain.scale());
        for &(x, y) in terms {
            check::same_context(OP, &self.context, &x.context)?;
            check::same_context(OP, &self.context, &y.context)?;
            check::two_components(OP, x)?;
            check::same_level(OP, level, x.level())?;
            check::same_level(OP, level, y.level())?;
            check::same_scale(OP, scale, x.scale() * y.scale())?;
        }
        check::scale_fits(OP, &self.context, level, scale)?;
        self.rescaled(OP, level, scale)?;
        let products: Vec<_> = terms.iter().map(|&(x, y)| ffi::PlainProduct { x: &x.raw, y: &y.raw }).collect();
        self.made(OP, ffi::multiply_plain_rescale(self.raw()?, &products))
    }

    /// `sum_i w_ij x_i` for every `j`, where a term is `x_i` with its weights `w_i1, w_i2, ...`, one for each sum. Weights are
    /// rounded to integers at `scale`, by which the scale of the sums is larger. No level, no key, no transform and no
    /// encoding: each residue of an `x_i` is loaded once for several sums.
    ///
    /// # Errors
    /// Also [`EmptySum`](SealError::EmptySum), [`LevelMismatch`](SealError::LevelMismatch),
    /// [`ScaleMismatch`](SealError::ScaleMismatch) between the terms, [`WeightCount`](SealError::WeightCount),
    /// [`NotFinite`](SealError::NotFinite), [`ValuesTooLarge`](SealError::ValuesTooLarge) for weights, and
    /// [`Transparent`](SealError::Transparent) for a sum whose weights are all zero at this scale.
    pub fn weighted_sums(&self, terms: &[(&Ciphertext, &[f64])], scale: f64) -> Result<Vec<Ciphertext>, SealError> {
        const OP: &str = "weighted_sums";
        let &(first, weights) = terms.first().ok_or(SealError::EmptySum { op: OP })?;
        let (level, sums) = (first.level(), weights.len());
        if sums == 0 {
            return Err(SealError::EmptySum { op: OP });
        }
        let largest = (f64::from(self.context.modulus_bits(level)) - 2.0).min(INTEGER_BITS).exp2();
        for &(x, weights) in terms {
            check::same_context(OP, &self.context, &x.context)?;
            check::two_components(OP, x)?;
            check::same_level(OP, level, x.level())?;
            check::same_scale(OP, first.scale(), x.scale())?;
            if weights.len() != sums {
                return Err(SealError::WeightCount { op: OP, expected: sums, actual: weights.len() });
            }
            check::finite(OP, weights)?;
            if weights.iter().any(|weight| (weight * scale).abs() >= largest) {
                return Err(SealError::ValuesTooLarge { op: OP, scale, level });
            }
        }
        let result = first.scale() * scale;
        check::scale_fits(OP, &self.context, level, result)?;
        let primes = self.context.parameters().data_primes().iter().take(level.0 + 1);
        let integers: Vec<i128> =
            terms.iter().flat_map(|(_, weights)| weights.iter().map(|w| (w * scale).round() as i128)).collect();
        let scalars: Vec<f64> = primes.flat_map(|&prime| integers.iter().map(move |&k| centred(k, prime))).collect();
        let raw: Vec<_> = terms.iter().map(|(x, _)| ffi::WeightedTerm { x: &x.raw }).collect();
        let weighted = ffi::weigh(self.raw()?, &raw, &scalars, sums, result);
        let mut weighted = weighted.map_err(|e| SealError::from_exception(OP, &e))?;
        (0..sums).map(|_| self.made(OP, ffi::next_sum(weighted.pin_mut()))).collect()
    }

    /// `x` divided by `q_l`, with the same residues as
    /// [`Evaluator::rescale_inplace`](super::Evaluator::rescale_inplace).
    pub fn rescale_inplace(&self, x: &mut Ciphertext) -> Result<(), SealError> {
        const OP: &str = "rescale";
        check::same_context(OP, &self.context, &x.context)?;
        check::two_components(OP, x)?;
        self.rescaled(OP, x.level(), x.scale())?;
        *x = self.made(OP, ffi::divide_by_top(self.raw()?, &x.raw))?;
        Ok(())
    }

    /// Reduces a product from three components to two; two components are left unchanged.
    pub fn relinearize_inplace(&self, x: &mut Ciphertext, keys: &HybridKeys) -> Result<(), SealError> {
        self.relinearize(x, keys, false)
    }

    /// Relinearises and rescales with one division, by the special primes and `q_l` together.
    pub fn relinearize_rescale_inplace(&self, x: &mut Ciphertext, keys: &HybridKeys) -> Result<(), SealError> {
        self.relinearize(x, keys, true)
    }

    fn relinearize(&self, x: &mut Ciphertext, keys: &HybridKeys, rescale: bool) -> Result<(), SealError> {
        const OP: &str = "relinearize";
        check::same_context(OP, &self.context, &x.context)?;
        check::same_context(OP, &self.context, &keys.context)?;
        if x.size() == 2 && !rescale {
            return Ok(());
        }
        if x.size() != 3 {
            return Err(SealError::Components { op: OP, expected: 3, actual: x.size() });
        }
        if rescale {
            self.rescaled("relinearize and rescale", x.level(), x.scale())?;
        }
        relin_key_serves(OP, x.level(), keys)?;
        *x = self.made(OP, ffi::switch_relinearize(self.raw()?, &x.raw, &keys.raw, rescale))?;
        Ok(())
    }

    /// Checks that a level remains and that the divided scale fits there.
    pub(super) fn rescaled(&self, op: &'static str, level: Level, scale: f64) -> Result<(), SealError> {
        check::rescales(op, &self.context, level, scale)
    }
}

/// Integers that a weight may become: `i128` holds them exactly.
const INTEGER_BITS: f64 = 120.0;

/// The representative modulo a prime that is smallest in magnitude: exact, because primes of the kernels are below 2^50.
pub(super) fn centred(integer: i128, prime: u64) -> f64 {
    let prime = i128::from(prime);
    let residue = integer.rem_euclid(prime);
    (if 2 * residue > prime { residue - prime } else { residue }) as f64
}

pub(super) fn relin_key_serves(op: &'static str, level: Level, keys: &HybridKeys) -> Result<(), SealError> {
    let highest = keys.relin_level().ok_or(SealError::MissingRelinKey { op })?;
    serves(op, level, highest)
}
