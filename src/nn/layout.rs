//! What a layout must know to train a network.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::{LayoutKind, Network, TrainingSpec, Weights};
use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate, Landing, Slots},
};

/// Packed weights, and the velocity of their momentum (empty without momentum).
#[derive(Clone, Debug)]
pub struct State<C> {
    /// The weights.
    pub weights: Vec<C>,
    /// As many, or none.
    pub velocity: Vec<C>,
}

/// A packed batch.
#[derive(Clone, Debug)]
pub struct Batch<C> {
    /// The samples.
    pub inputs: Vec<C>,
    /// Their targets.
    pub targets: Vec<C>,
}

/// A way to hold a network and a batch in slots, with the training step written for it.
///
/// Packing and unpacking is the client's; the [`program`](TrainingLayout::program) is the server's.
pub trait TrainingLayout: Clone + Send + Sync {
    /// Its forward pass and its training step.
    type Program: TrainingProgram;

    /// Which layout it is.
    fn kind(&self) -> LayoutKind;

    /// The program for batches of `live` samples.
    fn program(&self, spec: &TrainingSpec, live: usize) -> Self::Program;

    /// Slot vectors of a set of weights (or of its velocity).
    fn pack_weights(&self, weights: &Weights) -> Vec<Vec<f64>>;

    /// The inverse of [`pack_weights`](TrainingLayout::pack_weights).
    ///
    /// # Errors
    /// `WrongShape` when there are more or fewer vectors.
    fn unpack_weights(&self, slots: &[Vec<f64>]) -> Result<Weights>;

    /// The slot vectors of a batch (`samples x inputs`).
    fn pack_inputs(&self, x: ArrayView2<f64>) -> Vec<Vec<f64>>;

    /// The slot vectors of targets (`samples x outputs`).
    fn pack_targets(&self, t: ArrayView2<f64>) -> Vec<Vec<f64>>;

    /// Outputs (`samples x outputs`) of [`forward`](TrainingProgram::forward).
    ///
    /// # Errors
    /// `WrongShape` when there are more or fewer vectors.
    fn unpack_outputs(&self, slots: &[Vec<f64>], samples: usize) -> Result<Array2<f64>>;
}

/// What a server runs, on any backend, with its plaintexts: built once and encoded once.
pub trait TrainingProgram: Send + Sync {
    /// The network's outputs for a batch.
    ///
    /// # Errors
    /// Levels and rotation keys must suffice; `WrongShape` for another number of ciphertexts than the layout has.
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>>;

    /// Forward, backward and update: one heavy-ball step. `fold` is the first layer's rate over the number of
    /// samples; it is folded into the scale of the gradient (spec: packing, 5).
    ///
    /// # Errors
    /// As [`forward`](TrainingProgram::forward).
    fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        batch: &Batch<E::Ciphertext>,
        fold: f64,
    ) -> Result<State<E::Ciphertext>>;
}

/// The heavy-ball step on every packed vector: `V = mu V - G`, `W += V`. The learning rate over the number of samples,
/// `fold`, goes into the scale of the gradient; weights and velocity are brought to it by their products with 1 and mu,
/// one level above. The plan reserves room for a mean absolute slot of `mean_weight`.
pub(super) fn update<E: Evaluate>(
    c: &Circuit<E>,
    spec: &TrainingSpec,
    mean_weight: f64,
    state: &State<E::Ciphertext>,
    gradients: Vec<E::Ciphertext>,
    fold: f64,
) -> Result<State<E::Ciphertext>> {
    let momentum = Slots::Constant(spec.optimizer.momentum());
    let update = |(i, gradient): (usize, E::Ciphertext)| {
        let gradient = c.declare_factor(gradient, 1.0 / fold)?;
        let mut weights = c.multiply_plain(&state.weights[i], &Slots::Constant(1.0), Landing::Like(&gradient))?;
        let velocity = match state.velocity.get(i) {
            None => {
                c.sub_inplace(&mut weights, &gradient)?;
                None
            }
            Some(velocity) => {
                let mut velocity = c.multiply_plain(velocity, &momentum, Landing::Like(&gradient))?;
                c.sub_inplace(&mut velocity, &gradient)?;
                c.add_inplace(&mut weights, &velocity)?;
                Some(velocity)
            }
        };
        c.expect_mean("updated weights", &weights, mean_weight)?;
        Ok((weights, velocity))
    };
    let updated = gradients.into_par_iter().enumerate().map(update).collect::<Result<Vec<_>>>()?;
    let (weights, velocity): (Vec<_>, Vec<_>) = updated.into_iter().unzip();
    Ok(State { weights, velocity: velocity.into_iter().flatten().collect() })
}

/// The only one of what must be one ciphertext.
pub(super) fn only<'a, C>(what: &'static str, packed: &'a [C]) -> Result<&'a C> {
    match packed {
        [one] => Ok(one),
        _ => wrong_count(what, 1, packed),
    }
}

/// The refusal of another number of ciphertexts than the layout has.
pub(super) fn wrong_count<T, C>(what: &'static str, expected: usize, packed: &[C]) -> Result<T> {
    Err(SetupError::WrongShape { what, expected: (expected, 1), actual: (packed.len(), 1) }.into())
}

/// The refusal of a network and batch that need more slots than there are, with what would help.
pub(super) fn does_not_fit(
    layout: LayoutKind,
    network: &Network,
    batch: usize,
    needed: usize,
    slots: usize,
) -> crate::Error {
    let remedy = match batch * slots / needed {
        0 => "the network alone is too large for them".into(),
        fitting => format!("--batch {fitting} fits, or take a larger --poly-modulus-degree"),
    };
    SetupError::LayoutDoesNotFit { layout: layout.name(), network: network.to_string(), batch, needed, slots, remedy }
        .into()
}
