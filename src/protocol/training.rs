//! The two parties of a training.

use std::{ops::Bound, sync::Arc, time::Duration};

use ndarray::{Array2, ArrayView2};

use super::{
    BatchOutcome, Client, Deployment, InferenceSession, ParameterRequest, Peer, Server, Session, Traffic, Train,
    batches::{Batches, KEPT_BYTES},
};
use crate::{
    Argument, Result, SetupError,
    backend::{Circuit, Evaluate, KeyHolder, Tallies},
    nn::{
        Weights,
        inference::Inference,
        layout::{Batch, State, TrainingLayout},
        reference,
        shapes::check_shape,
        training::{EarlyStopping, Steps, Training, TrainingSetup, TrainingSpec, TrainingState},
    },
    program::{NoRefresh, Plan, Refresh},
};

/// A training and the inference of its network, on the same parameters and keys.
#[derive(Clone)]
pub struct TrainingDeployment<L: TrainingLayout> {
    /// The steps between two refreshes, with the keys for both.
    pub training: Deployment<Training<L>>,
    /// The inference.
    pub inference: Deployment<Inference<L>>,
}

impl<L: TrainingLayout> TrainingDeployment<L> {
    /// Chooses the cheapest parameters of 128-bit security in which the training fits. `layout` makes the layout for a
    /// number of slots.
    ///
    /// # Errors
    /// `TooFewLevels`, `LayoutDoesNotFit` or an error of SEAL if requested parameters do not suffice; `NoParameters` if
    /// none fit; `NeedsRefresh` if the layout does not support so many steps between refreshes; the errors of
    /// [`TrainingSetup::check`].
    pub fn choose(
        setup: &TrainingSetup,
        request: &ParameterRequest,
        layout: impl Fn(usize) -> Result<L>,
    ) -> Result<Self> {
        TrainingDeployment::with_inference(Deployment::choose(request, |slots| setup.on(layout(slots)?))?)
    }

    /// A training with its inference beside it.
    pub(super) fn with_inference(mut training: Deployment<Training<L>>) -> Result<Self> {
        let inference = training.beside(training.program.inference()?)?;
        Ok(TrainingDeployment { training, inference })
    }

    /// The largest number of batches that a session with so many has its peer keep at a time: all if they fit, otherwise
    /// those of a request.
    pub fn kept_batches(&self, batches: usize) -> usize {
        let setup = self.training.program.setup();
        match batches <= batches_in(&self.training.plan, setup, KEPT_BYTES) {
            true => batches,
            false => setup.most_steps().saturating_mul(setup.batches_per_step).min(batches),
        }
    }

    /// The layout of both.
    pub fn layout(&self) -> &L {
        self.training.program.layout()
    }
}

/// The client of a training: packs and unpacks weights and velocity, and checks their range.
pub struct TrainingClient<L: TrainingLayout> {
    training: Arc<Training<L>>,
    state: TrainingState,
    /// The place of the first batch of the next request among those that the server keeps.
    batch: usize,
    /// Steps of the next request.
    steps: usize,
    rate_factor: f64,
}

impl<L: TrainingLayout> TrainingClient<L> {
    /// A client that starts from the given weights with zero velocity; [centred](Weights::centred), if the loss takes
    /// centred logits.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network.
    pub fn new(training: Arc<Training<L>>, weights: Weights) -> Result<Self> {
        weights.check_shape(&training.spec().network)?;
        let weights = if training.spec().loss.takes_centred_logits() { weights.centred() } else { weights };
        let state = TrainingState::new(weights);
        Ok(TrainingClient { training, state, batch: 0, steps: 1, rate_factor: 1.0 })
    }

    /// Sets the first batch of the next request, counted from 0 among those that the server keeps.
    pub fn start_at_batch(&mut self, batch: usize) {
        self.batch = batch;
    }

    /// The weights.
    pub fn weights(&self) -> &Weights {
        &self.state.weights
    }

    /// Their velocity.
    pub fn velocity(&self) -> &Weights {
        &self.state.velocity
    }

    fn last_step(&self) -> usize {
        self.state.step.saturating_add(self.steps)
    }

    /// This is also true for NaN.
    fn check_range(&self, what: &'static str, values: &Weights) -> Result<()> {
        let (actual, allowed) = (values.max_abs(), self.training.spec().bounds.max_weight);
        match actual.partial_cmp(&allowed) {
            Some(std::cmp::Ordering::Less) => Ok(()),
            _ => Err(SetupError::Diverged { step: self.last_step(), what, actual, allowed }.into()),
        }
    }
}

impl<L: TrainingLayout> Client<Training<L>> for TrainingClient<L> {
    /// Resets padding to zero, removing the noise that has accumulated there.
    fn ask(&self) -> Result<(Steps, State<Vec<f64>>)> {
        let (layout, optimizer) = (self.training.layout(), &self.training.spec().optimizer);
        let share = |step| optimizer.share(step) * self.rate_factor;
        let call = Steps { batch: self.batch, shares: (self.state.step..self.last_step()).map(share).collect() };
        let velocity = if optimizer.momentum() > 0.0 { layout.pack_weights(&self.state.velocity)? } else { Vec::new() };
        Ok((call, State { weights: layout.pack_weights(&self.state.weights)?, velocity }))
    }

    /// # Errors
    /// `Diverged` if a weight or velocity is too large; `WrongCount` for an answer of another layout.
    fn absorb(&mut self, answer: State<Vec<f64>>) -> Result<()> {
        let layout = self.training.layout();
        let weights = layout.unpack_weights(&answer.weights)?;
        let velocity = match answer.velocity.is_empty() {
            true => Weights::zeros(&self.training.spec().network),
            false => layout.unpack_weights(&answer.velocity)?,
        };
        self.check_range("the largest weight", &weights)?;
        self.check_range("the largest velocity", &velocity)?;
        self.state = TrainingState { step: self.last_step(), weights, velocity };
        Ok(())
    }
}

/// A client that trains with a peer, one request at a time.
pub struct TrainingSession<K, S, I, L: TrainingLayout> {
    client: TrainingClient<L>,
    batches: Batches<Samples>,
    session: Session<K, S, Training<L>>,
    inference: InferenceSession<K, I, L>,
}

/// A batch: `samples x inputs` and `samples x outputs`.
struct Samples {
    inputs: Array2<f64>,
    targets: Array2<f64>,
}

impl Samples {
    fn pack<L: TrainingLayout>(&self, training: &Training<L>) -> Result<(usize, Batch<Vec<f64>>)> {
        let inputs = training.pack_inputs(self.inputs.view())?;
        Ok((self.inputs.nrows(), Batch { inputs, targets: training.layout().pack_targets(self.targets.view())? }))
    }
}

/// The cost of the steps between two refreshes.
#[derive(Clone, Debug, Default)]
pub struct StepOutcome {
    /// The last step, counted from 1.
    pub step: usize,
    /// The server's time.
    pub server_time: Duration,
    /// The client's time to encrypt, decrypt and check.
    pub client_time: Duration,
    /// The server's operations.
    pub operations: Tallies,
    /// What the client learned about the batch, if it computes the loss.
    pub batch: Option<BatchOutcome>,
}

impl<K, E, L> TrainingSession<K, Server<E, Training<L>>, Server<E, Inference<L>>, L>
where
    E: Evaluate,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
    L: TrainingLayout,
{
    /// Both parties in this process, from the client's first weights.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network.
    pub fn in_process(
        deployment: &TrainingDeployment<L>,
        holder: K,
        circuit: Circuit<E>,
        weights: Weights,
    ) -> Result<Self> {
        TrainingSession::in_process_with(deployment, holder, circuit, weights, NoRefresh)
    }

    /// The same with a server that refreshes by itself between the steps of a request.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network.
    pub fn in_process_with(
        deployment: &TrainingDeployment<L>,
        holder: K,
        circuit: Circuit<E>,
        weights: Weights,
        refresh: impl Refresh<E> + Send + 'static,
    ) -> Result<Self> {
        let Deployment { program, plan, .. } = &deployment.training;
        let trainer = Server::new(Arc::new(circuit), program.clone(), plan.clone()).with_refresh(refresh);
        TrainingSession::in_process_by(deployment, holder, trainer, weights)
    }

    /// The same by a server in this process, on whose circuit the inference runs too.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network.
    pub fn in_process_by(
        deployment: &TrainingDeployment<L>,
        holder: K,
        trainer: Server<E, Training<L>>,
        weights: Weights,
    ) -> Result<Self> {
        let Deployment { program, plan, .. } = &deployment.inference;
        let inferrer = Server::new(trainer.circuit().clone(), program.clone(), plan.clone());
        TrainingSession::new(deployment, Arc::new(holder), trainer, inferrer, weights)
    }
}

impl<K, S, I, L> TrainingSession<K, S, I, L>
where
    L: TrainingLayout,
    S: Peer<Training<L>>,
    I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// A session with the peers that train and infer, from the client's first weights.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network; `OtherTerms` for peers that run another program.
    pub fn new(
        deployment: &TrainingDeployment<L>,
        holder: Arc<K>,
        trainer: S,
        inferrer: I,
        weights: Weights,
    ) -> Result<Self> {
        let TrainingDeployment { training, inference } = deployment;
        let client = TrainingClient::new(training.program.clone(), weights)?;
        let inferring = Session::new(holder.clone(), inferrer, inference.program.clone(), inference.plan.clone())?;
        Ok(TrainingSession {
            inference: InferenceSession::of(inferring, client.weights())?,
            batches: Batches::new(batches_in(&training.plan, training.program.setup(), KEPT_BYTES)),
            session: Session::new(holder, trainer, training.program.clone(), training.plan.clone())?,
            client,
        })
    }

    /// Limits the memory of the batches that the peer keeps, in bytes of ciphertexts; it is 256 MiB otherwise. If not all
    /// batches fit, each travels with the steps that use it, every time.
    pub fn keep_at_most(&mut self, bytes: usize) {
        self.batches.keep_at_most(batches_in(self.session.plan(), self.setup(), bytes));
    }

    /// Adds a batch of samples (`samples x inputs`, including the bias input) with their targets (`samples x outputs`).
    /// Steps use the batches in turn; each is encrypted and sent before the first step that uses it.
    ///
    /// # Errors
    /// `WrongBatch` or `WrongShape`; an error for values that cannot be encoded.
    pub fn add_batch(&mut self, x: ArrayView2<f64>, t: ArrayView2<f64>) -> Result<()> {
        let network = &self.client.training.spec().network;
        check_samples(x, self.client.training.setup().batch, network.dimensions()[0])?;
        check_shape("targets", (x.nrows(), network.outputs()), t.dim())?;
        let samples = Samples { inputs: x.to_owned(), targets: t.to_owned() };
        let (part, packed) = samples.pack(&self.client.training)?;
        self.session.check(&part, &packed)?;
        self.batches.push(samples);
        Ok(())
    }

    /// One step and a refresh.
    ///
    /// # Errors
    /// The same as for [`advance`](TrainingSession::advance).
    pub fn step(&mut self) -> Result<StepOutcome> {
        self.advance(1)
    }

    /// Several steps and a refresh: the client encrypts weights and velocity, the server computes, and the client
    /// decrypts and checks the result. The plan must provide the levels ([`TrainingSetup::with_refresh_every`]).
    ///
    /// # Errors
    /// `OutOfBounds` for no step, or more than were planned; `Diverged` or `OutOfRangeAtStep` if weights leave their
    /// range; `LeftRange` if logits of its samples leave the range of the loss, for which the state is that of before;
    /// `UnknownBatch` before the first batch; any error of the client or the peer.
    pub fn advance(&mut self, steps: usize) -> Result<StepOutcome> {
        Argument::TrainingSteps.check_count(steps, 1, Some(self.setup().most_steps()))?;
        // Those of the steps before were checked after them.
        if self.steps_made() == 0 {
            self.check_logits()?;
        }
        let before = self.client.state.clone();
        self.client.steps = steps;
        let last = self.client.last_step();
        let (per_step, training) = (self.setup().batches_per_step, self.client.training.clone());
        let (from, count) = (self.steps_made().saturating_mul(per_step), steps.saturating_mul(per_step));
        let first = self.batches.send(&mut self.session, from, count, |samples| samples.pack(&training))?;
        self.client.start_at_batch(first);
        let exchange = self.session.exchange(&mut self.client).map_err(|error| SetupError::at_step(error, last))?;
        if let Err(error) = self.check_logits() {
            self.client.state = before;
            return Err(error);
        }
        Ok(StepOutcome {
            step: self.steps_made(),
            server_time: exchange.server_time,
            client_time: exchange.client_time,
            operations: exchange.operations,
            batch: None,
        })
    }

    /// Returns an error if the logits of a sample, which the client computes from its weights, are outside the range of the
    /// loss.
    fn check_logits(&self) -> Result<()> {
        let TrainingSpec { network, loss, .. } = &self.setup().spec;
        if loss.range().is_none() {
            return Ok(());
        }
        self.batches.iter().try_for_each(|samples| {
            let logits = reference::outputs(network, self.weights(), samples.inputs.view())?;
            loss.check_logits(self.steps_made(), logits.view())
        })
    }

    /// The outputs (`samples x outputs`) of the encrypted network for encrypted samples.
    ///
    /// # Errors
    /// The same as for [`InferenceSession::outputs`].
    pub fn infer(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        self.inference.set_weights(self.client.weights())?;
        self.inference.outputs(x)
    }

    /// Continues from a state, such as that of an earlier step.
    ///
    /// # Errors
    /// `WrongShape` for the state of another network.
    pub fn resume(&mut self, state: TrainingState) -> Result<()> {
        state.check(&self.setup().spec.network)?;
        self.client.state = state;
        Ok(())
    }

    /// Multiplies all learning rates of later steps, in addition to their schedule. The plan must have room for it:
    /// [`Bounds::least_rate`](crate::nn::training::Bounds).
    ///
    /// # Errors
    /// `OutOfBounds` unless the factor is above 0 and at most 1.
    pub fn set_rate_factor(&mut self, factor: f64) -> Result<()> {
        Argument::RateFactor.check(factor, (Bound::Excluded(0.0), Bound::Included(1.0)))?;
        self.client.rate_factor = factor;
        Ok(())
    }

    /// What is trained.
    pub fn setup(&self) -> &TrainingSetup {
        self.client.training.setup()
    }

    /// What the training has come to, as the client knows it.
    pub fn state(&self) -> &TrainingState {
        &self.client.state
    }

    /// The number of steps so far.
    pub fn steps_made(&self) -> usize {
        self.client.state.step
    }

    /// The weights, as the client knows them.
    pub fn weights(&self) -> &Weights {
        self.client.weights()
    }

    /// Their velocity.
    pub fn velocity(&self) -> &Weights {
        self.client.velocity()
    }

    /// Bytes sent so far, without evaluation keys.
    pub fn traffic(&self) -> Traffic {
        self.session.traffic() + self.inference.traffic()
    }
}

impl<K, S, I, L> Train for TrainingSession<K, S, I, L>
where
    L: TrainingLayout,
    S: Peer<Training<L>>,
    I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    type Weights = Weights;
    type State = TrainingState;

    fn state(&self) -> TrainingState {
        self.state().clone()
    }

    fn resume(&mut self, state: TrainingState) -> Result<()> {
        self.resume(state)
    }

    fn steps_made(&self) -> usize {
        self.steps_made()
    }

    fn weights(&self) -> &Weights {
        self.weights()
    }

    fn set_weights(&mut self, weights: &Weights) -> Result<()> {
        self.resume(TrainingState { step: self.steps_made(), ..TrainingState::new(weights.clone()) })
    }

    fn check_weights(&self, weights: &Weights) -> Result<()> {
        weights.check_shape(&self.setup().spec.network)
    }

    fn check_rates(&self, stopping: &EarlyStopping) -> Result<()> {
        let spec = &self.setup().spec;
        let least = spec.optimizer.share(stopping.steps().saturating_sub(1)) * stopping.policy().least_rate();
        Ok(Argument::LeastRate.check(spec.bounds.least_rate, ..=least * (1.0 + ROUNDING))?)
    }

    fn most_steps(&self) -> usize {
        self.setup().most_steps()
    }

    fn set_rate_factor(&mut self, factor: f64) -> Result<()> {
        self.set_rate_factor(factor)
    }

    fn advance(&mut self, steps: usize) -> Result<StepOutcome> {
        self.advance(steps)
    }

    /// Returns to the weights with the lowest training loss, with zero velocity.
    fn retreat(&mut self, good: &Weights, _diverged: &SetupError) -> Result<()> {
        self.set_weights(good)
    }
}

/// A rounding error of factors of learning rates.
const ROUNDING: f64 = 1e-9;

/// The number of batches that fit into memory.
fn batches_in(plan: &Plan, setup: &TrainingSetup, bytes: usize) -> usize {
    bytes / (plan.kept_memory() / setup.batches_per_step.max(1)).max(1)
}

/// Returns an error for samples that exceed the plan, or that have another width than the inputs of the network.
pub(super) fn check_samples(x: ArrayView2<f64>, batch: usize, inputs: usize) -> Result<()> {
    if x.nrows() == 0 || x.nrows() > batch {
        return Err(SetupError::WrongBatch { expected: batch, actual: x.nrows() }.into());
    }
    check_shape("samples", (x.nrows(), inputs), x.dim())
}
