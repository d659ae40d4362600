//! Rotations, asked for in sets.

use super::{Circuit, Landing};
use crate::{
    CircuitError, Level, Result, Step,
    backend::{Evaluate, Operation, Slots},
};

impl<E: Evaluate> Circuit<E> {
    /// `y[s] = x[s + step]`, cyclically over all slots: positive steps move to the left.
    ///
    /// # Errors
    /// `MissingRotation` without a Galois key for exactly this step.
    pub fn rotate(&self, x: &E::Ciphertext, step: Step) -> Result<E::Ciphertext> {
        match self.key_step(step)? {
            Step(0) => Ok(x.clone()),
            step => self.measure(Operation::Rotate, self.level(x), || self.backend.rotate(x, step)),
        }
    }

    /// `x` rotated by each step, in one decomposition where the backend can.
    ///
    /// # Errors
    /// As [`Circuit::rotate`].
    pub fn rotate_many(&self, x: &E::Ciphertext, steps: &[Step]) -> Result<Vec<E::Ciphertext>> {
        let steps = steps.iter().map(|&step| self.key_step(step)).collect::<Result<Vec<_>>>()?;
        let moving: Vec<Step> = steps.iter().copied().filter(|s| s.0 != 0).collect();
        if let [] | [_] = moving[..] {
            return steps.iter().map(|&step| self.rotate(x, step)).collect();
        }
        let (level, count) = (self.level(x), moving.len());
        let mut rotated = self
            .meter
            .measure(Operation::RotateHoisted, level, count, || self.backend.rotate_many(x, &moving))?
            .into_iter();
        Ok(steps.iter().filter_map(|s| if s.0 == 0 { Some(x.clone()) } else { rotated.next() }).collect())
    }

    /// `x += rotate(x, step)` for one step after the other: a sum over slots by doubling.
    ///
    /// # Errors
    /// As [`Circuit::rotate`].
    pub fn add_rotations(&self, x: E::Ciphertext, steps: &[Step]) -> Result<E::Ciphertext> {
        let steps = steps.iter().map(|&step| self.key_step(step)).collect::<Result<Vec<_>>>()?;
        if steps.is_empty() {
            return Ok(x);
        }
        if steps.contains(&Step(0)) {
            return steps.iter().try_fold(x, |x, &step| self.add(&x, &self.rotate(&x, step)?));
        }
        let level = self.level(&x);
        self.meter.count(Operation::Add, level, steps.len());
        self.meter.measure(Operation::Rotate, level, steps.len(), || self.backend.add_rotations(x, &steps))
    }

    /// `sum_i values_i rotate(x, step_i)`: a masked, weighted sum of rotations, asked for in one go. One level.
    ///
    /// # Errors
    /// As [`Circuit::multiply_plain`] and [`Circuit::rotate`].
    pub fn linear_transform(
        &self,
        x: &E::Ciphertext,
        terms: &[(Step, &Slots)],
        landing: Landing<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        let op = "linear transform";
        if terms.is_empty() {
            return Err(CircuitError::Empty { op }.into());
        }
        let (at, target) = self.target(&landing);
        let x = self.drop_primes(op, x, Level(at.0 + 1))?;
        let factor_scale = target * self.chain().prime(Level(at.0 + 1)) / self.backend.scale(&x);
        let plain = terms
            .iter()
            .map(|&(step, values)| {
                Ok((self.key_step(step)?, self.encode_factor(op, values, Level(at.0 + 1), factor_scale)?))
            })
            .collect::<Result<Vec<_>>>()?;
        let terms: Vec<_> = plain.iter().map(|(step, p)| (*step, &**p)).collect();
        let rotations = terms.iter().filter(|(step, _)| step.0 != 0).count();
        let level = self.level(&x);
        let kind = if rotations > 1 { Operation::RotateHoisted } else { Operation::Rotate };
        let mut sum = self.meter.measure(kind, level, rotations, || self.backend.linear_transform(&x, &terms))?;
        self.meter.count(Operation::MultiplyPlain, level, terms.len());
        self.meter.count(Operation::Rescale, level, 1);
        self.settle(op, &mut sum, target)?;
        Ok(sum)
    }

    /// The step under which its key is kept, if there is one.
    fn key_step(&self, step: Step) -> Result<Step> {
        let step = step.canonical(self.slots());
        match self.backend.rotation_steps() {
            Some(steps) if step.0 != 0 && !steps.contains(&step) => {
                Err(CircuitError::MissingRotation { step, available: steps.iter().copied().collect() }.into())
            }
            _ => Ok(step),
        }
    }
}
