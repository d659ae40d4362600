//! Products with plaintexts, which choose the scale of their result.

use std::sync::Arc;

use super::Circuit;
use crate::{
    CircuitError, Level, Result, Rotation,
    backend::{Bound, Evaluate, Operation, Slots},
};

/// The level and scale of the product of a ciphertext and a plaintext. The plaintext is encoded at the scale that leads
/// there, so a level drop or a change of scale costs nothing in addition to the product.
#[derive(Debug)]
pub enum TargetScale<'a, C> {
    /// A level, at its canonical scale.
    At(Level),
    /// The level and scale of another value, to which the product will be added.
    Like(&'a C),
    /// A level, and the scale at which the product with `partner`, only dropped to that level, is canonical.
    For {
        /// The value with which it will be multiplied.
        partner: &'a C,
        /// The level of the operands of that product.
        at: Level,
    },
}

/// At a smaller scale, plaintexts would have a relative error of more than 2^-21.
pub(super) const LEAST_PLAIN_SCALE: f64 = (1u64 << 20) as f64;

impl<E: Evaluate> Circuit<E> {
    /// `x values`, slot by slot, rescaled to the target: one level, without a key.
    ///
    /// # Errors
    /// `NoLevelLeft` unless `x` is above the target's level; `Transparent` if all values are zero or too small.
    pub fn multiply_plain(
        &self,
        x: &E::Ciphertext,
        values: &Slots,
        target: TargetScale<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        self.plain_sum("plaintext product", &[(x, values)], target)
    }

    /// `sum_i x_i values_i`, with one rescale in total. The target must be below every operand.
    ///
    /// # Errors
    /// `NoLevelLeft` unless every operand is above the target's level; `Transparent` if all values are zero or too
    /// small; `Empty` without terms.
    pub fn plain_product_sum(
        &self,
        terms: &[(&E::Ciphertext, &Slots)],
        target: TargetScale<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        self.plain_sum("sum of plaintext products", terms, target)
    }

    pub(super) fn plain_sum(
        &self,
        op: &'static str,
        terms: &[(&E::Ciphertext, &Slots)],
        target: TargetScale<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        let (at, target) = self.target(&target);
        let level = Level(at.0 + 1);
        let mut met = Vec::with_capacity(terms.len());
        for &(x, values) in terms {
            let x = self.drop_primes(op, x, level)?;
            let factor_scale = target * self.chain().prime(level) / self.backend.scale(&x);
            let plain = self.encode_factor(op, values, level, factor_scale)?;
            met.push((x, plain));
        }
        if met.is_empty() {
            return Err(CircuitError::Empty { op }.into());
        }
        let met: Vec<_> = met.iter().map(|(x, plain)| (&**x, &**plain)).collect();
        self.meter.count(Operation::MultiplyPlain, level, met.len());
        self.meter.count(Operation::Add, level, met.len() - 1);
        let mut sum = self.measure(Operation::Rescale, level, || self.backend.plain_product_sum(&met))?;
        self.settle(op, &mut sum, target)?;
        let bounds = terms.iter().map(|&(x, values)| Some((self.bound(x)?, Rotation(0), values)));
        let bound = bounds.collect::<Option<Vec<_>>>().map(|bounds| Bound::weighted(bounds, self.slots()));
        self.bounded(op, sum, bound)
    }

    pub(super) fn target(&self, target: &TargetScale<'_, E::Ciphertext>) -> (Level, f64) {
        match target {
            TargetScale::At(level) => (*level, self.chain().scale(*level)),
            TargetScale::Like(other) => (self.level(other), self.backend.scale(other)),
            TargetScale::For { partner, at } => (*at, self.chain().scale(*at).powi(2) / self.backend.scale(partner)),
        }
    }

    pub(super) fn encode_factor(
        &self,
        op: &'static str,
        values: &Slots,
        level: Level,
        scale: f64,
    ) -> Result<Arc<E::Plaintext>> {
        // No coefficient is larger than the mean |slot| times the scale, so none may be left of a few small values.
        let (largest, slots) = (values.max_abs() * scale, self.slots());
        let vanishes = || largest < slots as f64 && Bound::of(values, slots).mean(slots) * scale < 0.5;
        if scale < LEAST_PLAIN_SCALE || largest < 1.0 || vanishes() {
            return Err(CircuitError::Transparent { op, scale }.into());
        }
        self.encode(values, level, scale)
    }
}
