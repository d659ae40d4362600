//! The party that computes and never sees a secret key.

use super::{InferenceReply, InferenceRequest, StepReply, StepRequest, TrainingBatch};
use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate},
    nn::{Batch, State, Trainer, TrainingLayout, TrainingProgram, TrainingSpec},
};

/// Keeps encrypted batches, and answers step by step.
///
/// It is made from an evaluating backend, which for SEAL is made from parameters and evaluation keys:
///
/// ```compile_fail
/// # use seal_nn::{backend::SealKeyHolder, nn::{Merged, TrainingSpec}, protocol::Server};
/// fn leak(holder: SealKeyHolder, layout: Merged, spec: TrainingSpec) {
///     let _ = Server::new(holder, layout, spec); // `SealKeyHolder` does not implement `Evaluate`
/// }
/// ```
pub struct Server<E: Evaluate, L: TrainingLayout> {
    circuit: Circuit<E>,
    layout: L,
    spec: TrainingSpec,
    batches: Vec<ReadyBatch<E::Ciphertext, L>>,
}

/// A batch with what trains on it.
struct ReadyBatch<C, L: TrainingLayout> {
    packed: Batch<C>,
    trainer: Trainer<L>,
}

impl<E: Evaluate, L: TrainingLayout> Server<E, L> {
    /// A server for one network, layout and optimiser.
    pub fn new(backend: E, layout: L, spec: TrainingSpec) -> Self {
        Server { circuit: Circuit::new(backend), layout, spec, batches: Vec::new() }
    }

    /// The circuit it computes with, which counts and times what is done.
    pub fn circuit(&self) -> &Circuit<E> {
        &self.circuit
    }

    /// Keeps a batch for the steps to come; they name it by its place, counted from 0.
    ///
    /// # Errors
    /// What the backend refuses about the ciphertexts.
    pub fn add_batch(&mut self, batch: &TrainingBatch<E::Fresh>) -> Result<()> {
        let packed =
            Batch { inputs: self.receive(&batch.packed.inputs)?, targets: self.receive(&batch.packed.targets)? };
        let trainer = Trainer::new(&self.layout, &self.spec, batch.live)?;
        self.batches.push(ReadyBatch { packed, trainer });
        Ok(())
    }

    /// One step of training on encrypted weights and data.
    ///
    /// # Errors
    /// `BadSetting` for a batch that was not sent, or a factor of the rates that is not above 0 and at most 1; what the
    /// circuit refuses.
    pub fn step(&self, request: &StepRequest<E::Fresh>) -> Result<StepReply<E::Ciphertext>> {
        let batch = self.batches.get(request.batch).ok_or(SetupError::BadSetting {
            setting: "the batch of a step",
            actual: request.batch.to_string(),
            expected: "one of those sent before, counted from 0",
        })?;
        if !(request.rate_factor > 0.0 && request.rate_factor <= 1.0) {
            return Err(SetupError::BadSetting {
                setting: "the rate factor of a step",
                actual: request.rate_factor.to_string(),
                expected: "above 0 and at most 1",
            }
            .into());
        }
        let state =
            State { weights: self.receive(&request.state.weights)?, velocity: self.receive(&request.state.velocity)? };
        let fold = request.rate_factor * self.spec.optimizer.rate(0, request.step) / batch.trainer.live() as f64;
        let state = batch.trainer.step(&self.circuit, &state, &batch.packed, fold)?;
        Ok(StepReply { state })
    }

    /// The outputs of encrypted weights for encrypted samples.
    ///
    /// # Errors
    /// What the circuit refuses.
    pub fn infer(&self, request: &InferenceRequest<E::Fresh>) -> Result<InferenceReply<E::Ciphertext>> {
        let weights = self.receive(&request.weights)?;
        let inputs = self.receive(&request.inputs)?;
        let program = self.layout.program(&self.spec, request.live)?;
        Ok(InferenceReply { outputs: program.forward(&self.circuit, &weights, &inputs)? })
    }

    fn receive(&self, fresh: &[E::Fresh]) -> Result<Vec<E::Ciphertext>> {
        fresh.iter().map(|f| self.circuit.backend().receive(f)).collect()
    }
}
