//! Rotations, requested in sets.

use std::collections::BTreeSet;

use super::{Circuit, TargetScale};
use crate::{
    CircuitError, Level, Result, Rotation,
    backend::{Bound, Evaluate, Operation, Slots, TransformTerm},
};

impl<E: Evaluate> Circuit<E> {
    /// `y[s] = x[s + step]`, cyclically over all slots; positive steps rotate to the left.
    ///
    /// # Errors
    /// `MissingRotation` without a Galois key for exactly this step.
    pub fn rotate(&self, x: &E::Ciphertext, step: Rotation) -> Result<E::Ciphertext> {
        self.own("rotation", x)?;
        match self.key_step(step)? {
            Rotation(0) => Ok(x.clone()),
            step => {
                let rotated = self.measure(Operation::Rotate, self.level(x), || self.backend.rotate(x, step))?;
                self.bounded("rotation", rotated, self.bound(x))
            }
        }
    }

    /// `x` rotated by each step, in one decomposition where the backend can.
    ///
    /// # Errors
    /// `MissingRotation` without a Galois key for each of these steps.
    pub fn rotate_many(&self, x: &E::Ciphertext, rotations: &[Rotation]) -> Result<Vec<E::Ciphertext>> {
        self.own("rotation", x)?;
        let rotations = rotations.iter().map(|&step| self.key_step(step)).collect::<Result<Vec<_>>>()?;
        let moving: Vec<Rotation> = rotations.iter().copied().filter(|s| s.0 != 0).collect();
        if let [] | [_] = moving[..] {
            return rotations.iter().map(|&step| self.rotate(x, step)).collect();
        }
        let (level, count) = (self.level(x), moving.len());
        let rotated =
            self.meter.measure(Operation::RotateHoisted, level, count, || self.backend.rotate_many(x, &moving))?;
        let mut rotated = rotated.into_iter().map(|rotated| self.bounded("rotation", rotated, self.bound(x)));
        rotations.iter().filter_map(|s| if s.0 == 0 { Some(Ok(x.clone())) } else { rotated.next() }).collect()
    }

    /// `x += rotate(x, step)` for one step after the other: a sum over slots by doubling.
    ///
    /// # Errors
    /// `MissingRotation` without a Galois key for each of these steps.
    pub fn add_rotations(&self, x: E::Ciphertext, rotations: &[Rotation]) -> Result<E::Ciphertext> {
        self.own("sum over slots", &x)?;
        let rotations = rotations.iter().map(|&step| self.key_step(step)).collect::<Result<Vec<_>>>()?;
        if rotations.is_empty() {
            return Ok(x);
        }
        if rotations.contains(&Rotation(0)) {
            return rotations.iter().try_fold(x, |x, &step| self.add(&x, &self.rotate(&x, step)?));
        }
        let level = self.level(&x);
        let bound = self.bound(&x).map(|bound| bound.with_rotations(&rotations, self.slots()));
        self.meter.count(Operation::Add, level, rotations.len());
        let add = || self.backend.add_rotations(x, &rotations);
        let sum = self.meter.measure(Operation::Rotate, level, rotations.len(), add)?;
        self.bounded("sum over slots", sum, bound)
    }

    /// `sum_i rotate(x_i, step_i)`, at the level of the lowest operand.
    ///
    /// # Errors
    /// `MissingRotation` without a Galois key for each step; `ScaleMismatch` if operands have different declared
    /// factors; `Empty` without terms.
    pub fn sum_rotations(&self, terms: &[(&E::Ciphertext, Rotation)]) -> Result<E::Ciphertext> {
        let op = "sum of rotations";
        let level = terms.iter().map(|(x, _)| self.level(x)).min().ok_or(CircuitError::Empty { op })?;
        let mut alike = Vec::with_capacity(terms.len());
        for &(x, step) in terms {
            self.own(op, x)?;
            alike.push((self.meet(x, level)?, self.key_step(step)?));
        }
        let terms: Vec<_> = alike.iter().map(|(x, step)| (&**x, *step)).collect();
        if let [(x, step)] = terms[..] {
            return self.rotate(x, step); // nothing to share
        }
        let expected = self.backend.scale(terms[0].0);
        if let Some(actual) = terms.iter().map(|(x, _)| self.backend.scale(x)).find(|&actual| actual != expected) {
            return self.mismatch(op, expected, actual);
        }
        let rotations = terms.iter().filter(|(_, step)| step.0 != 0).count();
        self.meter.count(Operation::Add, level, terms.len() - 1);
        let sum = self.meter.measure(Operation::Rotate, level, rotations, || self.backend.sum_rotations(&terms))?;
        self.bounded(op, sum, terms.iter().map(|(x, _)| self.bound(x)).sum())
    }

    /// `sum_i values_i rotate(x, step_i)`: a masked, weighted sum of rotations. One level.
    ///
    /// # Errors
    /// `MissingRotation` without a Galois key for each step; `NoLevelLeft` unless `x` is above the target's level;
    /// `Transparent` if all values of a term are zero or too small; `Empty` without terms.
    pub fn linear_transform(
        &self,
        x: &E::Ciphertext,
        terms: &[(Rotation, &Slots)],
        target: TargetScale<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        let terms: Vec<_> = terms.iter().map(|&(baby, values)| (Rotation(0), baby, values)).collect();
        self.linear_transform_in_steps(x, &terms, target)
    }

    /// `sum over giant steps of rotate(sum over their terms of values rotate(x, baby), giant)`, with terms
    /// `(giant, baby, values)` in any order. It takes fewer rotations for the same matrix: `b + g` for `b g` diagonals.
    /// One level.
    ///
    /// # Errors
    /// The same as for [`linear_transform`](Circuit::linear_transform).
    pub fn linear_transform_in_steps(
        &self,
        x: &E::Ciphertext,
        terms: &[(Rotation, Rotation, &Slots)],
        target: TargetScale<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        let op = "linear transform";
        if terms.is_empty() {
            return Err(CircuitError::Empty { op }.into());
        }
        let (at, target) = self.target(&target);
        let weighted = |bound| terms.iter().map(move |&(giant, _, values)| (bound, giant, values));
        let bound = self.bound(x).map(|bound| Bound::weighted(weighted(bound), self.slots()));
        let x = self.drop_primes(op, x, Level(at.0 + 1))?;
        let level = self.level(&x);
        let factor_scale = target * self.chain().prime(level) / self.backend.scale(&x);
        let encoded = |&(giant, baby, values): &(Rotation, Rotation, &Slots)| {
            Ok((self.key_step(giant)?, self.key_step(baby)?, self.encode_factor(op, values, level, factor_scale)?))
        };
        let plain = terms.iter().map(encoded).collect::<Result<Vec<_>>>()?;
        let plain = plain.iter().map(|(giant, baby, plain)| (*giant, *baby, &**plain));
        let terms: Vec<TransformTerm<'_, E::Plaintext>> =
            plain.map(|(giant, baby, plaintext)| TransformTerm { giant, baby, plaintext }).collect();
        let different =
            |step: fn(&TransformTerm<'_, E::Plaintext>) -> Rotation| terms.iter().map(step).collect::<BTreeSet<_>>();
        let (giants, babies) = (different(|term| term.giant), different(|term| term.baby));
        let moving = |rotations: &BTreeSet<Rotation>| rotations.iter().filter(|step| step.0 != 0).count();
        let kind = if moving(&babies) > 1 { Operation::RotateHoisted } else { Operation::Rotate };
        let mut sum = self.meter.measure(kind, level, moving(&babies), || self.backend.linear_transform(&x, &terms))?;
        self.meter.count(Operation::Rotate, at, moving(&giants));
        self.meter.count(Operation::Add, at, giants.len() - 1);
        self.meter.count(Operation::MultiplyPlain, level, terms.len());
        self.meter.count(Operation::Rescale, level, giants.len());
        self.settle(op, &mut sum, target)?;
        self.bounded(op, sum, bound)
    }

    /// The step under which its key is kept, if there is one.
    fn key_step(&self, step: Rotation) -> Result<Rotation> {
        let step = step.canonical(self.slots());
        match self.backend.rotations() {
            Some(rotations) if step.0 != 0 && !rotations.contains(&step) => {
                Err(CircuitError::MissingRotation { step, available: rotations.iter().copied().collect() }.into())
            }
            _ => Ok(step),
        }
    }
}
