//! Sums with one number as the factor of every slot, many at a time.

use super::{Circuit, same_scale};
use crate::{
    CircuitError, Level, PackingError, Result,
    backend::{Bound, Evaluate, Operation, circuit::plain::LEAST_PLAIN_SCALE},
};

impl<E: Evaluate> Circuit<E> {
    /// `sum_i w_ij x_i` for every `j`, where a term is `x_i` with its weights `w_i1, w_i2, ...`: the product of a matrix and of
    /// values that lie in one ciphertext each. Weights are integers at a scale and the same in every slot, so nothing is
    /// encoded, transformed or rotated.
    ///
    /// The sums are one level above `at`. They may be added to their like, as parts of longer sums, and
    /// [`rescale`](Circuit::rescale) brings them to `at`.
    ///
    /// ```
    /// use seal_nn::prelude::*;
    /// let chain = Chain::nominal(16, 1, 40)?;
    /// let client = ClearKeyHolder::new(chain.clone(), None);
    /// let server = Circuit::new(ClearEvaluator::new(chain, None));
    /// let x = server.backend().receive(&client.encrypt(&[1.0, 2.0], Level(1))?)?;
    /// let y = server.backend().receive(&client.encrypt(&[5.0, 7.0], Level(1))?)?;
    /// // x - y and 2 y.
    /// let mut sums = server.weighted_sums(&[(&x, &[1.0, 0.0]), (&y, &[-1.0, 2.0])], Level(0))?;
    /// let twice = server.rescale(sums.remove(1))?;
    /// let slots = client.decrypt(&twice)?.open_as_key_owner();
    /// assert!((slots[0] - 10.0).abs() < 1e-9 && (slots[1] - 14.0).abs() < 1e-9);
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Empty` without terms or weights; `WrongCount` unless every term has one weight for each sum; `NotFinite` for weights;
    /// `NoLevelLeft` unless every value is above `at`; `ScaleMismatch` for values of different scales; `Transparent` for a sum
    /// whose weights are all zero or too small.
    pub fn weighted_sums(&self, terms: &[(&E::Ciphertext, &[f64])], at: Level) -> Result<Vec<E::Ciphertext>> {
        let op = "weighted sum";
        let (_, first) = terms.first().filter(|(_, weights)| !weights.is_empty()).ok_or(CircuitError::Empty { op })?;
        let (level, sums) = (Level(at.0.saturating_add(1)), first.len());
        let mut met = Vec::with_capacity(terms.len());
        for &(x, weights) in terms {
            if weights.len() != sums {
                let what = "weights of a term, one for each sum".into();
                return Err(PackingError::WrongCount { what, expected: sums, actual: weights.len() }.into());
            }
            if let Some((index, &value)) = weights.iter().enumerate().find(|(_, weight)| !weight.is_finite()) {
                return Err(CircuitError::NotFinite { index, value }.into());
            }
            met.push((self.drop_primes(op, x, level)?, weights));
        }
        let scales = || met.iter().map(|(x, _)| self.backend.scale(x));
        let scale = scales().next().ok_or(CircuitError::Empty { op })?;
        if let Some(actual) = scales().find(|&actual| !same_scale(actual, scale)) {
            return self.mismatch(op, scale, actual);
        }
        let target = self.before_rescale(level, at);
        let factor_scale = target / scale;
        let vanishes = |j: usize| terms.iter().all(|(_, weights)| (weights[j] * factor_scale).abs() < 1.0);
        if factor_scale < LEAST_PLAIN_SCALE || (0..sums).any(vanishes) {
            return Err(CircuitError::Transparent { op, scale: factor_scale }.into());
        }
        let met: Vec<_> = met.iter().map(|(x, weights)| (&**x, *weights)).collect();
        self.meter.count(Operation::MultiplyConstant, level, met.len() * sums - 1);
        let weighted =
            self.measure(Operation::MultiplyConstant, level, || self.backend.weighted_sums(&met, factor_scale))?;
        let finish = |(j, mut sum): (usize, E::Ciphertext)| {
            self.settle(op, &mut sum, target)?;
            let bound = terms.iter().map(|(x, weights)| Some(self.bound(x)? * weights[j].abs())).sum::<Option<Bound>>();
            self.bounded(op, sum, bound)
        };
        weighted.into_iter().enumerate().map(finish).collect()
    }

    /// [Weighted sums](Circuit::weighted_sums) at the canonical scale of the level below.
    ///
    /// # Errors
    /// `NoLevelLeft` at level 0; `ScaleMismatch` for what is no such sum.
    pub fn rescale(&self, mut x: E::Ciphertext) -> Result<E::Ciphertext> {
        let op = "rescale";
        self.own(op, &x)?;
        let (level, bound) = (self.level(&x), self.bound(&x));
        let below = self.below(op, level)?;
        let (expected, actual) = (self.before_rescale(level, below), self.backend.scale(&x));
        if !same_scale(actual, expected) {
            return self.mismatch(op, expected, actual);
        }
        self.measure(Operation::Rescale, level, || self.backend.rescale_inplace(&mut x))?;
        self.settle(op, &mut x, self.chain().scale(below))?;
        self.bounded(op, x, bound)
    }

    /// The scale from which a division by the top prime leads to the canonical one.
    fn before_rescale(&self, level: Level, below: Level) -> f64 {
        self.chain().scale(below) * self.chain().prime(level)
    }
}
