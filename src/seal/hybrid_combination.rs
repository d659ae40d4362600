//! Products, multiples and a constant in one operation: the nodes of a polynomial that is evaluated at given scales.

use super::hybrid_products::{centred, relin_key_serves};
use super::{Ciphertext, HybridEvaluator, HybridKeys, check};
use crate::Level;
use crate::error::SealError;
use crate::ffi::kernels as ffi;

/// `sum_i x_i y_i + sum_j k_j z_j + c`, as [`HybridEvaluator::combine_rescale`] computes it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Combination<'a> {
    /// Pairs of factors. A product that counts twice may stand here twice.
    pub products: &'a [(&'a Ciphertext, &'a Ciphertext)],
    /// Ciphertexts with their real factors.
    pub multiples: &'a [(&'a Ciphertext, f64)],
    /// What is added to every slot.
    pub constant: f64,
}

impl HybridEvaluator {
    /// Computes a [`Combination`] at a level, relinearised and rescaled with one division: the result is one level lower, and
    /// its scale is exactly the given one. For the evaluation of polynomials at scales that are chosen, not canonical.
    ///
    /// - Factors may lie above the level. Nothing is copied for that: their residues are read where they are.
    /// - Each `k_j` is rounded to an integer at the scale `scale q_l / scale(z_j)`, which brings `z_j` to the scale of the
    ///   products; so any scale of `z_j` serves. `c` is rounded at `scale`.
    /// - Noise: that of the factors and of one rescale, which comes after all sums: `2 x y` has half the rounding error, for
    ///   its value, of a product that is doubled afterwards.
    ///
    /// The key for relinearisation is needed only if there are products.
    ///
    /// # Errors
    /// [`EmptySum`](SealError::EmptySum) without products and multiples, [`OutOfLevels`](SealError::OutOfLevels) at level 0,
    /// [`LevelMismatch`](SealError::LevelMismatch) for a factor below the level,
    /// [`ScaleMismatch`](SealError::ScaleMismatch) for a product whose scale divided by `q_l` is not within `2^-40` of the
    /// given one, [`ScaleTooLarge`](SealError::ScaleTooLarge) and [`InvalidScale`](SealError::InvalidScale) for the scale,
    /// [`NotFinite`](SealError::NotFinite), [`ValuesTooLarge`](SealError::ValuesTooLarge) for factors and constant,
    /// [`Transparent`](SealError::Transparent) if all is zero, and those of the other operations.
    pub fn combine_rescale(
        &self,
        terms: &Combination<'_>,
        level: Level,
        scale: f64,
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        const OP: &str = "combine";
        if terms.products.is_empty() && terms.multiples.is_empty() {
            return Err(SealError::EmptySum { op: OP });
        }
        check::level_exists(OP, &self.context, level)?;
        let below = level.down(1).ok_or(SealError::OutOfLevels { op: OP })?;
        check::scale_fits(OP, &self.context, below, scale)?;
        let primes = &self.context.parameters().data_primes()[..=level.0];
        let top = primes[level.0];
        let high = scale * top as f64;
        let factor = |x: &Ciphertext| {
            self.check(OP, x, 2, keys)?;
            match x.level() >= level {
                true => Ok(()),
                false => Err(SealError::LevelMismatch { op: OP, left: level, right: x.level() }),
            }
        };
        for &(x, y) in terms.products {
            factor(x)?;
            factor(y)?;
            let actual = x.scale() * y.scale();
            if (actual / high - 1.0).abs() >= SCALE_TOLERANCE {
                return Err(SealError::ScaleMismatch { op: OP, left: scale, right: actual / top as f64 });
            }
        }
        let mut scalars = Vec::with_capacity((terms.multiples.len() + 1) * primes.len());
        for &(z, k) in terms.multiples {
            factor(z)?;
            let k = self.integer(k, high / z.scale(), level)?;
            scalars.extend(primes.iter().map(|&prime| centred(k, prime)));
        }
        let constant = self.integer(terms.constant, scale, below)?;
        scalars.extend(primes[..level.0].iter().map(|&prime| centred(constant, prime)));
        if !terms.products.is_empty() {
            relin_key_serves(OP, level, keys)?;
        }
        let products: Vec<_> =
            terms.products.iter().map(|&(x, y)| ffi::SwitchedProduct { x: &x.raw, y: &y.raw }).collect();
        let multiples: Vec<_> = terms.multiples.iter().map(|(z, _)| ffi::WeightedTerm { x: &z.raw }).collect();
        let raw = self.raw()?;
        self.made(OP, ffi::combine(raw, &products, &multiples, &scalars, level.0, scale, &keys.raw))
    }

    /// A number as an integer at a scale, below a quarter of the modulus.
    fn integer(&self, number: f64, scale: f64, level: Level) -> Result<i128, SealError> {
        const OP: &str = "combine";
        check::finite(OP, &[number])?;
        let largest = (f64::from(self.context.modulus_bits(level)) - 2.0).min(INTEGER_BITS).exp2();
        match (number * scale).abs() < largest {
            true => Ok((number * scale).round() as i128),
            false => Err(SealError::ValuesTooLarge { op: OP, scale, level }),
        }
    }
}

/// Scales of products may differ by this, relative to them: it is less than any rounding, and more than what computing
/// them in doubles leaves.
const SCALE_TOLERANCE: f64 = 1.0 / (1_u64 << 40) as f64;

/// Integers that a number may become: `i128` holds them exactly.
const INTEGER_BITS: f64 = 120.0;
