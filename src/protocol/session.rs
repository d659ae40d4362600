//! Both parties in one process.

use std::time::{Duration, Instant};

use ndarray::{Array2, ArrayView2};

use super::{Client, Server, StepRequest, Traffic};
use crate::{
    Result,
    backend::{Evaluate, KeyHolder, Tallies},
    nn::{Batch, State, TrainingLayout, Weights},
};

/// A client and a server that train together, one step at a time.
pub struct TrainingSession<K, E, L>
where
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    E: Evaluate,
    L: TrainingLayout,
{
    client: Client<K, L>,
    server: Server<E, L>,
    weights: Weights,
    velocity: Weights,
    batches: usize,
    step: usize,
    rate_factor: f64,
    traffic: Traffic,
}

/// What the steps from one refresh to the next took.
#[derive(Clone, Debug)]
pub struct StepOutcome {
    /// The last step, counted from 1.
    pub step: usize,
    /// The server's time.
    pub server_time: Duration,
    /// The client's time to encrypt, decrypt and check.
    pub client_time: Duration,
    /// The server's operations.
    pub operations: Tallies,
}

impl<K, E, L> TrainingSession<K, E, L>
where
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    E: Evaluate,
    L: TrainingLayout,
{
    /// A session that starts from the client's weights and at rest.
    pub fn new(client: Client<K, L>, server: Server<E, L>, weights: Weights) -> Self {
        let velocity = Weights(weights.0.iter().map(|w| Array2::zeros(w.dim())).collect());
        let traffic = Traffic::default();
        TrainingSession { client, server, weights, velocity, batches: 0, step: 0, rate_factor: 1.0, traffic }
    }

    /// Sends one more batch; steps take the batches in turn.
    ///
    /// # Errors
    /// What client or server refuse.
    pub fn add_batch(&mut self, x: ArrayView2<f64>, t: ArrayView2<f64>) -> Result<()> {
        let batch = self.client.encrypt_batch(x, t)?;
        let Batch { inputs, targets } = &batch.packed;
        self.traffic.client_to_server += self.sent(inputs.iter().chain(targets));
        self.server.add_batch(&batch)?;
        self.batches += 1;
        Ok(())
    }

    /// One step and a refresh, as [`advance`](TrainingSession::advance).
    ///
    /// # Errors
    /// As there.
    pub fn step(&mut self) -> Result<StepOutcome> {
        self.advance(1)
    }

    /// So many steps and a refresh: the client encrypts weights and velocity, the server computes, the client reads and
    /// checks. The plan must have levels for them ([`TrainingPlan::refresh_every`](crate::nn::TrainingPlan)).
    ///
    /// # Errors
    /// `Diverged` or `OutOfRangeAtStep` when weights left their range; what client or server refuse.
    pub fn advance(&mut self, steps: usize) -> Result<StepOutcome> {
        let started = Instant::now();
        let batch = self.step % self.batches.max(1);
        let request = self.client.step_request(&self.weights, &self.velocity, self.step, batch)?;
        let request = StepRequest { steps, rate_factor: self.rate_factor, ..request };
        self.traffic.client_to_server += self.sent(request.state.weights.iter().chain(&request.state.velocity));
        let asked = Instant::now();
        self.server.circuit().meter().take();
        let reply = self.server.step(&request)?;
        let answered = Instant::now();
        let State { weights, velocity } = &reply.state;
        self.traffic.server_to_client += self.answered(weights.iter().chain(velocity))?;
        (self.weights, self.velocity) = self.client.read_state(&reply, self.step + steps - 1)?;
        self.step += steps;
        Ok(StepOutcome {
            step: self.step,
            server_time: answered - asked,
            client_time: (asked - started) + answered.elapsed(),
            operations: self.server.circuit().meter().take(),
        })
    }

    /// The outputs (`samples x outputs`) of the encrypted network for encrypted samples.
    ///
    /// # Errors
    /// What client or server refuse.
    pub fn infer(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let request = self.client.inference_request(&self.weights, x)?;
        self.traffic.client_to_server += self.sent(request.weights.iter().chain(&request.inputs));
        let reply = self.server.infer(&request)?;
        self.traffic.server_to_client += self.answered(&reply.outputs)?;
        self.client.read_outputs(&reply, x.nrows())
    }

    /// Goes on from other weights, at rest: those of an earlier step, say. The steps are counted on.
    pub fn restart_from(&mut self, weights: Weights) {
        self.velocity = Weights(weights.0.iter().map(|w| Array2::zeros(w.dim())).collect());
        self.weights = weights;
    }

    /// Multiplies all learning rates of the steps to come, beside their schedule. The plan must have room for it:
    /// [`Bounds::least_rate`](crate::nn::Bounds).
    pub fn set_rate_factor(&mut self, factor: f64) {
        self.rate_factor = factor;
    }

    /// The weights, as the client knows them.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Their velocity.
    pub fn velocity(&self) -> &Weights {
        &self.velocity
    }

    /// Bytes sent so far, evaluation keys excluded.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    fn sent<'a>(&self, fresh: impl IntoIterator<Item = &'a E::Fresh>) -> usize
    where
        E::Fresh: 'a,
    {
        fresh.into_iter().map(|f| self.server.circuit().backend().fresh_bytes(f)).sum()
    }

    fn answered<'a>(&self, ciphertexts: impl IntoIterator<Item = &'a E::Ciphertext>) -> Result<usize>
    where
        E::Ciphertext: 'a,
    {
        ciphertexts.into_iter().map(|c| self.server.circuit().backend().ciphertext_bytes(c)).sum()
    }
}
