//! The parts of a training step that are the same for every layout.

use ndarray::Array2;
use rayon::prelude::*;

use super::{Batch, State, TrainingLayout, TrainingProgram, TrainingSpec, Weights};
use crate::{
    Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
};

/// A layout's program for one batch, with weight decay, for consecutive steps without a refresh.
pub struct Trainer<L: TrainingLayout> {
    program: L::Program,
    /// For each packed vector of weights `n lambda rate_l / rate_0`; empty without weight decay.
    decay: Vec<Slots>,
    live: usize,
}

impl<L: TrainingLayout> Trainer<L> {
    /// A trainer for batches of `live` samples.
    ///
    /// # Errors
    /// Any error of [`TrainingLayout::program`].
    pub fn new(layout: &L, spec: &TrainingSpec, live: usize) -> Result<Self> {
        Ok(Trainer { program: layout.program(spec, live)?, decay: decay_factors(layout, spec, live), live })
    }

    /// The layout's program.
    pub(super) fn program(&self) -> &L::Program {
        &self.program
    }

    /// Samples per batch.
    pub fn live(&self) -> usize {
        self.live
    }

    /// One SGD step like [`TrainingProgram::step`], with `V -= rate_l lambda W` and `W -= rate_l lambda W` for the
    /// weights before the step. The decay costs one plaintext product and one rescale per ciphertext at the level of
    /// the results, and neither a level nor a rotation.
    ///
    /// The state may be the result of another step: its weights `W` are then at the scale of that step's fold,
    /// `D_e / fold`. Samples at a higher level are brought to `D_e fold`, where their product with `W` is canonical, by
    /// a product with 1 each. A sequence of steps therefore consumes the levels of its steps and none in between, while
    /// the samples lose `log2(1 / fold)` bits of precision. All other operations of a step on weights and velocity are
    /// plaintext products, which accept any scale.
    ///
    /// # Errors
    /// `NoLevelLeft` or `MissingRotation` if levels or rotation keys are missing; `WrongCount` if the number of
    /// ciphertexts is not that of the layout; `ScaleMismatch` for a layout with other operations on the weights.
    pub fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        batch: &Batch<E::Ciphertext>,
        fold: f64,
    ) -> Result<State<E::Ciphertext>> {
        let landed = land_inputs(c, state, batch)?;
        let State { mut weights, mut velocity } =
            self.program.step(c, state, landed.as_ref().unwrap_or(batch), fold)?;
        // The factors are the same in every step and encoded once; the rate is part of the scale.
        let pull = |((before, after), factors): ((&E::Ciphertext, &E::Ciphertext), &Slots)| {
            let pull = c.multiply_plain(before, factors, TargetScale::At(c.level(after)))?;
            c.divide_by_relabelling(pull, 1.0 / fold)
        };
        let pairs = state.weights.par_iter().zip(&weights).zip(&self.decay);
        let pulls = pairs.map(pull).collect::<Result<Vec<_>>>()?;
        for updated in [&mut weights, &mut velocity] {
            updated.iter_mut().zip(&pulls).try_for_each(|(x, pull)| c.sub_inplace(x, pull))?;
        }
        Ok(State { weights, velocity })
    }
}

/// The batch for weights below the level of its samples; `None` if it can be used unchanged.
fn land_inputs<E: Evaluate>(
    c: &Circuit<E>,
    state: &State<E::Ciphertext>,
    batch: &Batch<E::Ciphertext>,
) -> Result<Option<Batch<E::Ciphertext>>> {
    let Some(partner) = state.weights.first() else { return Ok(None) };
    let at = c.level(partner);
    if batch.inputs.iter().all(|x| c.level(x) <= at) {
        return Ok(None);
    }
    let land = |x| c.multiply_plain(x, &Slots::Constant(1.0), TargetScale::For { partner, at });
    let inputs = batch.inputs.par_iter().map(land).collect::<Result<_>>()?;
    Ok(Some(Batch { inputs, targets: batch.targets.clone() }))
}

fn decay_factors<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, live: usize) -> Vec<Slots> {
    let optimizer = &spec.optimizer;
    if optimizer.l2() == 0.0 {
        return Vec::new();
    }
    let factor = |(l, shape): (usize, &[usize])| {
        Array2::from_elem((shape[1], shape[0]), live as f64 * optimizer.l2() * optimizer.relative_rate(l))
    };
    let factors = Weights(spec.network.dimensions().windows(2).enumerate().map(factor).collect());
    layout.pack_weights(&factors).into_iter().map(constant_if_alike).collect()
}

/// One number if all live slots are equal: it is encoded at no cost, and in padding it only affects noise.
fn constant_if_alike(packed: Vec<f64>) -> Slots {
    let mut live = packed.iter().filter(|v| **v != 0.0);
    match live.next() {
        Some(&first) if live.all(|v| *v == first) => first.into(),
        _ => packed.into(),
    }
}
