//! The party that holds the secret key.

use ndarray::{Array2, ArrayView2};

use super::{InferenceReply, InferenceRequest, StepReply, StepRequest, TrainingBatch};
use crate::{
    Level, Result, SetupError,
    backend::KeyHolder,
    nn::{Batch, State, TrainingLayout, TrainingPlan, TrainingSpec, Weights},
};

/// Packs and encrypts data and weights, refreshes them between steps, and reads results.
pub struct Client<K, L> {
    holder: K,
    layout: L,
    spec: TrainingSpec,
    plan: TrainingPlan,
}

impl<K: KeyHolder, L: TrainingLayout> Client<K, L> {
    /// A client with its key, for what the plan foresees.
    pub fn new(holder: K, layout: L, spec: TrainingSpec, plan: TrainingPlan) -> Self {
        Client { holder, layout, spec, plan }
    }

    /// Encrypts a batch: samples (`samples x inputs`, the bias input included) and targets (`samples x outputs`).
    ///
    /// # Errors
    /// `WrongShape`; values that cannot be encoded.
    pub fn encrypt_batch(&self, x: ArrayView2<f64>, t: ArrayView2<f64>) -> Result<TrainingBatch<K::Fresh>> {
        self.check_inputs(x)?;
        check_shape("targets", (x.nrows(), self.spec.network.outputs()), t.dim())?;
        let packed = Batch {
            inputs: encrypt_all(&self.holder, &self.layout.pack_inputs(x), self.plan.entry.weights)?,
            targets: encrypt_all(&self.holder, &self.layout.pack_targets(t), self.plan.entry.targets)?,
        };
        Ok(TrainingBatch { packed, live: x.nrows() })
    }

    /// Encrypts weights and velocity for one step at the rates of the schedule. Padding is zero again, whatever noise it had gathered.
    ///
    /// # Errors
    /// Values that cannot be encoded.
    pub fn step_request(
        &self,
        weights: &Weights,
        velocity: &Weights,
        step: usize,
        batch: usize,
    ) -> Result<StepRequest<K::Fresh>> {
        let at = self.plan.entry.weights;
        let velocity = if self.plan.momentum { self.encrypt_weights(velocity, at)? } else { Vec::new() };
        let state = State { weights: self.encrypt_weights(weights, at)?, velocity };
        Ok(StepRequest { state, step, steps: 1, batch, rate_factor: 1.0 })
    }

    /// Reads weights and velocity after step number `step` (from 0), and checks that they kept their range.
    ///
    /// # Errors
    /// `Diverged` when a weight is too large; `OutOfRangeAtStep` when so many are that they may have wrapped to garbage.
    pub fn read_state(&self, reply: &StepReply<K::Ciphertext>, step: usize) -> Result<(Weights, Weights)> {
        let read = |packed| self.read_weights(packed).map_err(|error| SetupError::at_step(error, step + 1));
        let weights = read(&reply.state.weights)?;
        let velocity = if reply.state.velocity.is_empty() {
            Weights::zeros(&self.spec.network)
        } else {
            read(&reply.state.velocity)?
        };
        let allowed = self.spec.bounds.max_weight;
        for (what, values) in [("the largest weight", &weights), ("the largest velocity", &velocity)] {
            let actual = values.max_abs();
            // Also when it is not a number.
            if !matches!(actual.partial_cmp(&allowed), Some(std::cmp::Ordering::Less)) {
                return Err(SetupError::Diverged { step: step + 1, what, actual, allowed }.into());
            }
        }
        Ok((weights, velocity))
    }

    /// Encrypts trained weights and samples (`samples x inputs`) for inference.
    ///
    /// # Errors
    /// As [`Client::encrypt_batch`].
    pub fn inference_request(&self, weights: &Weights, x: ArrayView2<f64>) -> Result<InferenceRequest<K::Fresh>> {
        self.check_inputs(x)?;
        Ok(InferenceRequest {
            weights: self.encrypt_weights(weights, self.plan.inference.entry)?,
            inputs: encrypt_all(&self.holder, &self.layout.pack_inputs(x), self.plan.inference.entry)?,
            live: x.nrows(),
        })
    }

    /// Reads the outputs (`samples x outputs`) of an inference.
    ///
    /// # Errors
    /// What decryption refuses.
    pub fn read_outputs(&self, reply: &InferenceReply<K::Ciphertext>, samples: usize) -> Result<Array2<f64>> {
        self.layout.unpack_outputs(&decrypt_all(&self.holder, &reply.outputs)?, samples)
    }

    fn encrypt_weights(&self, weights: &Weights, at: Level) -> Result<Vec<K::Fresh>> {
        encrypt_all(&self.holder, &self.layout.pack_weights(weights), at)
    }

    fn read_weights(&self, packed: &[K::Ciphertext]) -> Result<Weights> {
        self.layout.unpack_weights(&decrypt_all(&self.holder, packed)?)
    }

    fn check_inputs(&self, x: ArrayView2<f64>) -> Result<()> {
        check_samples(x, self.plan.batch, self.spec.network.dimensions()[0])
    }
}

/// Refuses samples that the plan has no room for, or of another width than the network's inputs.
pub(super) fn check_samples(x: ArrayView2<f64>, batch: usize, inputs: usize) -> Result<()> {
    if x.nrows() == 0 || x.nrows() > batch {
        return Err(SetupError::WrongBatch { expected: batch, actual: x.nrows() }.into());
    }
    check_shape("samples", (x.nrows(), inputs), x.dim())
}

/// Encrypts packed values at a level.
pub(super) fn encrypt_all<K: KeyHolder>(holder: &K, packed: &[Vec<f64>], at: Level) -> Result<Vec<K::Fresh>> {
    packed.iter().map(|slots| holder.encrypt(slots, at)).collect()
}

/// Decrypts packed values, for the key holder.
pub(super) fn decrypt_all<K: KeyHolder>(holder: &K, packed: &[K::Ciphertext]) -> Result<Vec<Vec<f64>>> {
    packed.iter().map(|x| Ok(holder.decrypt(x)?.open_as_key_owner())).collect()
}

fn check_shape(what: &'static str, expected: (usize, usize), actual: (usize, usize)) -> Result<()> {
    if actual == expected { Ok(()) } else { Err(SetupError::WrongShape { what, expected, actual }.into()) }
}
