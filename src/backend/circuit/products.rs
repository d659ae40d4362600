//! Products of ciphertexts, which are summed first and then relinearised and rescaled once.

use std::borrow::Cow;

use super::{Circuit, same_scale};
use crate::{
    CircuitError, Level, Result,
    backend::{Bound, Evaluate, Operation},
};

/// Two factors at one level, borrowed if they were already there.
type Factors<'x, C> = (Cow<'x, C>, Cow<'x, C>);

impl<E: Evaluate> Circuit<E> {
    /// `x y`, relinearised and rescaled: one level.
    ///
    /// # Errors
    /// `NoLevelLeft` at level 0; `ScaleMismatch` if an operand was prepared for another partner.
    pub fn multiply(&self, x: &E::Ciphertext, y: &E::Ciphertext) -> Result<E::Ciphertext> {
        self.product_sum(&[(x, y)])
    }

    /// `x^2`, see [`Circuit::multiply`].
    pub fn square(&self, x: &E::Ciphertext) -> Result<E::Ciphertext> {
        let op = "square";
        self.own(op, x)?;
        let level = self.level(x);
        let below = self.below(op, level)?;
        if !same_scale(self.backend.scale(x), self.chain().scale(level)) {
            return self.mismatch(op, self.chain().scale(level), self.backend.scale(x));
        }
        let square = self.products_at(op, &[(x, x)], level, self.chain().scale(below))?;
        self.bounded(op, square, self.bound_of_products(&[(x, x)]))
    }

    /// `sum_i x_i y_i` with one relinearisation and one rescale, at one level below the lowest operand.
    ///
    /// # Errors
    /// `NoLevelLeft` at level 0; `ScaleMismatch` if an operand was prepared for another partner; `Empty` without terms.
    pub fn product_sum(&self, terms: &[(&E::Ciphertext, &E::Ciphertext)]) -> Result<E::Ciphertext> {
        let op = "product";
        terms.iter().try_for_each(|(x, y)| self.own(op, x).and_then(|()| self.own(op, y)))?;
        let level = self.lowest(op, terms)?;
        let below = self.below(op, level)?;
        let wanted = self.chain().scale(level).powi(2);
        let mut met = Vec::with_capacity(terms.len());
        for &(x, y) in terms {
            let product = self.backend.scale(x) * self.backend.scale(y);
            let pair = if same_scale(product, wanted) {
                (self.drop_primes(op, x, level)?, self.drop_primes(op, y, level)?)
            } else {
                (self.meet(x, level)?, self.meet(y, level)?)
            };
            let product = self.backend.scale(&pair.0) * self.backend.scale(&pair.1);
            if !same_scale(product, wanted) {
                return self.mismatch(op, wanted, product);
            }
            met.push(pair);
        }
        let product = self.finish_products(op, &met, level, self.chain().scale(below))?;
        self.bounded(op, product, self.bound_of_products(terms))
    }

    /// `x y` at a level and at the resulting scale, like [`Circuit::product_sum_loosely`] with one term.
    ///
    /// # Errors
    /// The same as for [`Circuit::product_sum_loosely`].
    pub fn multiply_loosely(&self, x: &E::Ciphertext, y: &E::Ciphertext, at: Level) -> Result<E::Ciphertext> {
        self.product_sum_loosely(&[(x, y)], at)
    }

    /// `sum_i x_i y_i` at level `at`, at whatever scale comes out, with one relinearisation and one rescale: operands
    /// are only dropped there, which is free. All products must have one scale. The result may be decrypted, rotated
    /// and added to its like; a plaintext product makes it canonical again.
    ///
    /// ```
    /// use seal_nn::{Level, backend::{Chain, Circuit, Operation, PlanEvaluator}};
    /// let c = Circuit::new(PlanEvaluator::new(Chain::nominal(8192, 3, 40)?));
    /// let [x, y] = [3, 1].map(|level| c.backend().input(Level(level)));
    /// // The products of values from levels 3 and 1 have one scale, whatever the values.
    /// let sum = c.product_sum_loosely(&[(&x, &y), (&y, &x)], Level(1))?;
    /// assert_eq!(c.level(&sum), Level(0));
    /// let counts = c.meter().take();
    /// assert_eq!((counts.count(Operation::MultiplyCiphertexts), counts.count(Operation::Relinearize)), (2, 1));
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NoLevelLeft` at level 0, or when an operand lies below `at`; `ScaleMismatch` when a product has another scale
    /// than the first; `Empty` without terms.
    pub fn product_sum_loosely(&self, terms: &[(&E::Ciphertext, &E::Ciphertext)], at: Level) -> Result<E::Ciphertext> {
        let op = "loose product";
        self.below(op, at)?;
        let scale = |&(x, y): &(&E::Ciphertext, &E::Ciphertext)| self.backend.scale(x) * self.backend.scale(y);
        let wanted = terms.first().map(scale).ok_or(CircuitError::Empty { op })?;
        if let Some(actual) = terms.iter().map(scale).find(|&actual| !same_scale(actual, wanted)) {
            return self.mismatch(op, wanted, actual);
        }
        let drop = |&(x, y): &(_, _)| Ok((self.drop_primes(op, x, at)?, self.drop_primes(op, y, at)?));
        let dropped: Vec<Factors<'_, E::Ciphertext>> = terms.iter().map(drop).collect::<Result<_>>()?;
        let product = self.finish_products(op, &dropped, at, wanted / self.chain().prime(at))?;
        self.bounded(op, product, self.bound_of_products(terms))
    }

    /// `x` at a lower level with its scale as it is: free and exact. It is a factor for
    /// [`product_sum_loosely`](Circuit::product_sum_loosely), dropped once for many products.
    ///
    /// # Errors
    /// `NoLevelLeft` when `x` lies below `level`.
    pub fn drop_loosely(&self, x: &E::Ciphertext, level: Level) -> Result<E::Ciphertext> {
        let op = "loose drop";
        let dropped = self.drop_primes(op, x, level)?.into_owned();
        self.bounded(op, dropped, self.bound(x))
    }

    /// The level a product at `level` lands on.
    pub(super) fn below(&self, op: &'static str, level: Level) -> Result<Level> {
        level.down(1).ok_or_else(|| CircuitError::NoLevelLeft { op, needed: Level(1), actual: level }.into())
    }

    fn bound_of_products(&self, terms: &[(&E::Ciphertext, &E::Ciphertext)]) -> Option<Bound> {
        terms.iter().map(|(x, y)| Some(self.bound(x)? * self.bound(y)?)).sum()
    }

    fn lowest(&self, op: &'static str, terms: &[(&E::Ciphertext, &E::Ciphertext)]) -> Result<Level> {
        let levels = terms.iter().map(|(x, y)| self.level(x).min(self.level(y)));
        levels.min().ok_or_else(|| CircuitError::Empty { op }.into())
    }

    fn finish_products(
        &self,
        op: &'static str,
        pairs: &[Factors<'_, E::Ciphertext>],
        level: Level,
        target: f64,
    ) -> Result<E::Ciphertext> {
        let pairs: Vec<(&E::Ciphertext, &E::Ciphertext)> = pairs.iter().map(|(x, y)| (&**x, &**y)).collect();
        self.products_at(op, &pairs, level, target)
    }

    /// A product, relinearisation and rescale are one operation of the backend: its time is the relinearisation's,
    /// which takes most of it.
    fn products_at(
        &self,
        op: &'static str,
        pairs: &[(&E::Ciphertext, &E::Ciphertext)],
        level: Level,
        target: f64,
    ) -> Result<E::Ciphertext> {
        self.meter.count(Operation::MultiplyCiphertexts, level, pairs.len());
        self.meter.count(Operation::Rescale, level, 1);
        let mut sum = self.measure(Operation::Relinearize, level, || self.backend.product_sum(pairs))?;
        self.settle(op, &mut sum, target)?;
        Ok(sum)
    }
}
