//! The parts of a training step that are the same for every layout.

use ndarray::Array2;

use super::{
    Batch, State, TrainingLayout, TrainingProgram, TrainingSpec, Weights, layout::check_count, setup::check_samples,
    training::check_network,
};
use crate::{
    Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    parallel,
};

/// A layout's program for batches of one size, and the update of the weights by their gradients.
pub struct Trainer<L: TrainingLayout> {
    program: L::Program,
    update: Update,
    live: usize,
}

impl<L: TrainingLayout> Trainer<L> {
    /// A trainer for batches of `live` samples.
    ///
    /// # Errors
    /// `WrongShape` for a layout of another network; `OutOfBounds` without samples; `UnsupportedLoss` for a loss that the
    /// layout does not compute; any error of
    /// [`TrainingLayout::program`].
    pub fn new(layout: &L, spec: &TrainingSpec, live: usize) -> Result<Self> {
        check_network(layout, &spec.network)?;
        check_samples(live)?;
        layout.kind().check_loss(spec.loss)?;
        let program = layout.program(spec, live)?;
        let update = Update::new(layout, spec, program.concentration(), live)?;
        Ok(Trainer { program, update, live })
    }

    /// The layout's program.
    pub(super) fn program(&self) -> &L::Program {
        &self.program
    }

    /// Samples per batch.
    pub fn live(&self) -> usize {
        self.live
    }

    /// The gradients of a batch; see [`TrainingProgram::gradients`].
    ///
    /// The weights `W` may be the result of another step; they are then at the scale of that step's fold, `D_e / fold`.
    /// Samples at a higher level are brought to `D_e fold`, where their product with `W` is canonical, by a product with 1
    /// each. A sequence of steps therefore consumes the levels of its steps and none in between, while the samples lose
    /// `log2(1 / fold)` bits of precision. All other operations of a step on weights and velocity are plaintext products,
    /// which accept any scale.
    ///
    /// # Errors
    /// `NoLevelLeft` or `MissingRotation` if levels or rotation keys are missing; `WrongCount` if the number of
    /// ciphertexts is not that of the layout; `ScaleMismatch` for a layout with other operations on the weights.
    pub fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let landed = land_inputs(c, state, batch)?;
        self.program.gradients(c, &state.weights, landed.as_ref().unwrap_or(batch))
    }

    /// One SGD step on a batch: computes the gradients and updates the weights. `fold` is the first layer's rate divided by
    /// the number of samples.
    ///
    /// # Errors
    /// The errors of [`Trainer::gradients`]; `OutOfRange`, on a plan, if weights within their bounds would not fit.
    pub fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        batch: &Batch<E::Ciphertext>,
        fold: f64,
    ) -> Result<State<E::Ciphertext>> {
        self.update.apply(c, state, self.gradients(c, state, batch)?, fold)
    }
}

/// SGD with momentum and weight decay on packed weights: `V = mu V - rate (G / n + lambda W)`, `W += V`, for gradients `G`
/// summed over `n` samples.
pub(super) struct Update {
    momentum: Slots,
    /// For each packed vector of weights `n lambda rate_l / rate_0`, without what gradients lack; empty without weight decay.
    decay: Vec<Slots>,
    /// What gradients lack.
    factor: f64,
    mean_weight: f64,
}

impl Update {
    /// The update for gradients that are summed over `samples` samples.
    ///
    /// # Errors
    /// `WrongShape` for a layout of another network.
    pub fn new<L: TrainingLayout>(
        layout: &L,
        spec: &TrainingSpec,
        concentration: f64,
        samples: usize,
    ) -> Result<Update> {
        Ok(Update {
            momentum: spec.optimizer.momentum().into(),
            decay: decay_factors(layout, spec, samples)?,
            factor: spec.gradient_factor()?,
            mean_weight: concentration * spec.bounds.mean_weight,
        })
    }

    /// `fold`, the learning rate divided by the number of samples, is folded into the scale of the gradient
    /// (docs/packing.md, "Folding the learning rate into the scale"). Weights and velocity reach the same scale by their
    /// products with 1 and mu, one level above; they are returned at `1 / fold` times the canonical scale of their level.
    /// Weight decay uses the weights before the step. It costs one plaintext product and one rescale per ciphertext, and
    /// neither a level nor a rotation.
    ///
    /// # Errors
    /// `OutOfRange`, on a plan, if weights within their bounds would not fit; `NoLevelLeft` if no level is left.
    pub fn apply<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        gradients: Vec<E::Ciphertext>,
        fold: f64,
    ) -> Result<State<E::Ciphertext>> {
        let fold = fold * self.factor;
        let update = |(i, gradient): (usize, E::Ciphertext)| {
            let gradient = c.divide_by_relabelling(gradient, 1.0 / fold)?;
            let mut weights = c.multiply_plain(&state.weights[i], &1.0.into(), TargetScale::Like(&gradient))?;
            let mut velocity = match state.velocity.get(i) {
                None => {
                    c.sub_inplace(&mut weights, &gradient)?;
                    None
                }
                Some(velocity) => {
                    let mut velocity = c.multiply_plain(velocity, &self.momentum, TargetScale::Like(&gradient))?;
                    c.sub_inplace(&mut velocity, &gradient)?;
                    c.add_inplace(&mut weights, &velocity)?;
                    Some(velocity)
                }
            };
            c.expect_mean("updated weights", &weights, self.mean_weight)?;
            if let Some(factors) = self.decay.get(i) {
                // The factors are the same in every step and encoded once; the rate is part of the scale.
                let pull = c.multiply_plain(&state.weights[i], factors, TargetScale::At(c.level(&weights)))?;
                let pull = c.divide_by_relabelling(pull, 1.0 / fold)?;
                c.sub_inplace(&mut weights, &pull)?;
                if let Some(velocity) = &mut velocity {
                    c.sub_inplace(velocity, &pull)?;
                }
            }
            Ok((weights, velocity))
        };
        check_count("packed gradients", state.weights.len(), &gradients)?;
        let updated = parallel::try_map(gradients.into_iter().enumerate(), update)?;
        let (weights, velocity): (Vec<_>, Vec<_>) = updated.into_iter().unzip();
        Ok(State { weights, velocity: velocity.into_iter().flatten().collect() })
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
    let inputs = parallel::try_map(&batch.inputs, land)?;
    Ok(Some(Batch { inputs, targets: batch.targets.clone() }))
}

fn decay_factors<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, live: usize) -> Result<Vec<Slots>> {
    let optimizer = &spec.optimizer;
    if optimizer.l2() == 0.0 {
        return Ok(Vec::new());
    }
    let strength = live as f64 * optimizer.l2() / spec.gradient_factor()?;
    let factor =
        |(l, shape): (usize, &[usize])| Array2::from_elem((shape[1], shape[0]), strength * optimizer.relative_rate(l));
    let factors = Weights(spec.network.dimensions().windows(2).enumerate().map(factor).collect());
    Ok(layout.pack_weights(&factors)?.into_iter().map(constant_if_alike).collect())
}

/// One number if all live slots are equal: it is encoded at no cost, and in padding it only affects noise.
fn constant_if_alike(packed: Vec<f64>) -> Slots {
    let mut live = packed.iter().filter(|v| **v != 0.0);
    match live.next() {
        Some(&first) if live.all(|v| *v == first) => first.into(),
        _ => packed.into(),
    }
}
