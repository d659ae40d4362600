//! The party that computes and never sees a secret key.

use rayon::prelude::*;

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

    /// The steps of training that a request asks for, on encrypted weights and data.
    ///
    /// # Errors
    /// `BadSetting` for a batch that was not sent, no step at all, or a factor of the rates that is not above 0 and at
    /// most 1; `OutOfRangeAtStep`; what the circuit refuses, as more steps than the ciphertexts have levels for.
    pub fn step(&self, request: &StepRequest<E::Fresh>) -> Result<StepReply<E::Ciphertext>> {
        self.check(request)?;
        let State { weights, velocity } = &request.state;
        let (weights, velocity) = rayon::join(|| self.receive(weights), || self.receive(velocity));
        let mut state = State { weights: weights?, velocity: velocity? };
        for i in 0..request.steps {
            let ReadyBatch { packed, trainer } = &self.batches[(request.batch + i) % self.batches.len()];
            let step = request.step + i;
            let fold = request.rate_factor * self.spec.optimizer.rate(0, step) / trainer.live() as f64;
            state = trainer
                .step(&self.circuit, &state, packed, fold)
                .map_err(|error| SetupError::at_step(error, step + 1))?;
        }
        // In a chain of steps some masks are encoded at the scale of the fold. Those of past rates would pile up.
        let rate = |step| self.spec.optimizer.rate(0, step);
        if request.steps > 1 && rate(request.step) != rate(request.step + request.steps) {
            self.circuit.forget_encodings();
        }
        Ok(StepReply { state })
    }

    fn check(&self, request: &StepRequest<E::Fresh>) -> Result<()> {
        let refuse = |setting, actual, expected| Err(SetupError::BadSetting { setting, actual, expected }.into());
        if request.batch >= self.batches.len() {
            let expected = "one of those sent before, counted from 0";
            return refuse("the batch of a step", request.batch.to_string(), expected);
        }
        if request.steps == 0 {
            return refuse("the number of steps", request.steps.to_string(), "at least 1");
        }
        if !(request.rate_factor > 0.0 && request.rate_factor <= 1.0) {
            return refuse("the rate factor of a step", request.rate_factor.to_string(), "above 0 and at most 1");
        }
        Ok(())
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

    /// Expanding what was drawn from a seed takes as long as a rotation.
    fn receive(&self, fresh: &[E::Fresh]) -> Result<Vec<E::Ciphertext>> {
        fresh.par_iter().map(|f| self.circuit.backend().receive(f)).collect()
    }
}
