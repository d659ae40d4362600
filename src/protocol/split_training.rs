//! The two parties of a training whose loss the client computes.

use std::{sync::Arc, time::Duration};

use ndarray::{Array2, ArrayView2, Axis, s};

use super::{
    Client, Deployment, ParameterRequest, Peer, Server, Session, Traffic,
    batch_learner::{BatchLearner, BatchOutcome},
    layerwise_client::LayerwiseClient,
    split_client::SplitClient,
};
use crate::{
    Error, Result, SetupError,
    backend::{Circuit, CostModel, Evaluate, KeyHolder, Tallies},
    nn::{
        head::Dense,
        layerwise::LayerwiseTraining,
        shapes::check_shape,
        split::{Samples, SplitSamples, SplitSetup, SplitTraining},
        training::{EarlyStopping, Losses, Lowering, OnDivergence},
    },
    program::Program,
};

/// A program whose client computes the loss, and that keeps groups of samples.
pub trait LossProgram: Program<Part = (), Kept = SplitSamples<()>> + Sized {
    /// Its client.
    type Client: LossAtClient<Self>;

    /// What both parties agree on.
    fn setup(&self) -> &SplitSetup;
}

impl LossProgram for SplitTraining {
    type Client = SplitClient;

    fn setup(&self) -> &SplitSetup {
        self.setup()
    }
}

impl LossProgram for LayerwiseTraining {
    type Client = LayerwiseClient;

    fn setup(&self) -> &SplitSetup {
        self.setup()
    }
}

/// A client that computes its own loss.
pub trait LossAtClient<P: Program>: Client<P> + Sized {
    /// What is trained.
    type Task;

    /// The client of a program, with its task.
    ///
    /// # Errors
    /// An error for what does not belong together.
    fn new(program: Arc<P>, task: Self::Task) -> Result<Self>;

    /// Samples, targets and weights.
    fn batch(&self) -> &BatchLearner;

    /// The same to change.
    fn batch_mut(&mut self) -> &mut BatchLearner;

    /// Forgets a step that was not completed.
    fn begin_step(&mut self);

    /// Divides weights by a larger power of two, because the products of the first ones were out of range.
    fn make_room(&mut self);

    /// The slot vectors of a group of samples (`samples x features`).
    ///
    /// # Errors
    /// `WrongShape` for samples of another width; `WrongBatch` for none, or for more than a tile has.
    fn pack_samples(&self, x: ArrayView2<f64>) -> Result<Vec<Vec<f64>>>;

    /// The logits of no more samples than a batch has, with the present weights.
    ///
    /// # Errors
    /// `WrongShape` for samples of another width; `WrongBlocks` for none, or for more than a batch has; any error of the
    /// peer.
    fn infer<K, S>(&self, session: &mut Session<K, S, P>, x: ArrayView2<f64>) -> Result<Array2<f64>>
    where
        S: Peer<P>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>;
}

impl Deployment<SplitTraining> {
    /// The tiles in which a step takes the least time by a cost model, at the cheapest sufficient parameters of 128-bit
    /// security. Bytes count with `seconds_per_byte`, 0 where both parties share a machine.
    ///
    /// # Errors
    /// `NoParameters` if none fit; the errors of [`SplitSetup::check`].
    pub fn of_split_training(
        setup: &SplitSetup,
        request: &ParameterRequest,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<Self> {
        Deployment::choose(request, |slots| SplitTraining::fastest(setup, slots, costs, seconds_per_byte))
    }
}

/// A ring in which one level suffices, and that is too small for all else.
const SMALLEST_DEGREE: usize = 4096;

impl Deployment<LayerwiseTraining> {
    /// The tiles in which a step layer by layer takes the least time by a cost model, at the cheapest sufficient
    /// parameters of 128-bit security: a ring of 4096 if none is requested.
    ///
    /// # Errors
    /// `NoParameters` if none fit; the errors of [`SplitSetup::check`].
    pub fn of_layerwise_training(
        setup: &SplitSetup,
        request: &ParameterRequest,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<Self> {
        let choose = |request: &ParameterRequest| {
            Deployment::choose(request, |slots| LayerwiseTraining::fastest(setup, slots, costs, seconds_per_byte))
        };
        if request.poly_modulus_degree.is_none() && request.coeff_modulus_bits.is_none() {
            let smallest = ParameterRequest { poly_modulus_degree: Some(SMALLEST_DEGREE), ..request.clone() };
            if let Ok(found) = choose(&smallest) {
                return Ok(found);
            }
        }
        choose(request)
    }
}

/// A split training with a peer: the server multiplies, the client computes losses and learns.
///
/// ```
/// use seal_nn::{
///     backend::CostModel,
///     data::DataSet,
///     nn::{learning::{LearningSettings, Loss, Targets, random_layers}, split::SplitSetup},
///     protocol::{Deployment, SplitTask, SplitTrainingSession},
/// };
///
/// let data = DataSet::load("iris")?;
/// let samples = data.scaler()?.apply(&data.features)?;
/// let setup = SplitSetup::new(&[4, 8, 3], 50);
/// let deployment = Deployment::of_split_training(&setup, &Default::default(), &CostModel::default(), 0.0)?;
/// assert_eq!((deployment.parameters.poly_modulus_degree(), deployment.plan.depth), (8192, 3));
///
/// let task = SplitTask {
///     activation: "poly:0,1,0.5".parse()?,
///     settings: LearningSettings::for_steps(3),
///     layers: random_layers(&setup.widths, 0)?,
///     targets: Targets::classes(&data.labels, 3, Loss::CrossEntropy)?,
///     samples,
///     seed: 0,
/// };
/// // Without encryption, and with the same levels, scales and errors.
/// let (holder, circuit) = deployment.in_the_clear(None);
/// let mut session = SplitTrainingSession::in_process(&deployment, holder, circuit, task)?;
/// let first = session.step()?;
/// assert!(first.outcome.loss > 0.0 && first.outcome.accuracy.is_some());
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub struct SplitTrainingSession<K, S, P: LossProgram = SplitTraining> {
    client: P::Client,
    session: Session<K, S, P>,
    policy: OnDivergence,
    lowered: Vec<Lowering>,
}

/// What is trained by a program.
type TaskOf<P> = <<P as LossProgram>::Client as LossAtClient<P>>::Task;

/// A step, and its cost.
#[derive(Clone, Debug)]
pub struct SplitStep {
    /// The number of the step, counted from 1.
    pub step: usize,
    /// What it told about its batch.
    pub outcome: BatchOutcome,
    /// The server's time in both rounds.
    pub server_time: Duration,
    /// The client's time to encrypt, decrypt and learn.
    pub client_time: Duration,
    /// The server's operations.
    pub operations: Tallies,
}

impl<K, E, P> SplitTrainingSession<K, Server<E, P>, P>
where
    E: Evaluate,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
    P: LossProgram,
{
    /// Both parties in this process.
    ///
    /// # Errors
    /// As [`SplitTrainingSession::new`].
    pub fn in_process(deployment: &Deployment<P>, holder: K, circuit: Circuit<E>, task: TaskOf<P>) -> Result<Self> {
        let Deployment { program, plan, .. } = deployment.clone();
        SplitTrainingSession::new(Session::in_process(holder, circuit, program, plan), task)
    }
}

impl<K, S, P> SplitTrainingSession<K, S, P>
where
    P: LossProgram,
    S: Peer<P>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// A session with a peer, which trains what `task` says: a [`SplitTask`](super::SplitTask). Groups of samples that the
    /// peer keeps are encrypted and sent here, one at a time.
    ///
    /// # Errors
    /// The errors of the client's [`new`](LossAtClient::new); an error for samples that cannot be encrypted; any error of
    /// the peer.
    pub fn new(mut session: Session<K, S, P>, task: TaskOf<P>) -> Result<Self> {
        let client = P::Client::new(session.program().clone(), task)?;
        if session.program().setup().samples == Samples::Kept {
            for group in client.batch().groups() {
                session.keep(&(), &SplitSamples { inputs: client.pack_samples(group.view())? })?;
            }
        }
        Ok(SplitTrainingSession { client, session, policy: OnDivergence::LowerRate, lowered: Vec::new() })
    }

    /// The same session with another policy if training diverges; the usual one lowers the rates.
    pub fn with_policy(self, policy: OnDivergence) -> Self {
        SplitTrainingSession { policy, ..self }
    }

    /// One step, in two rounds. What leaves its range is never used: with weights whose products do, the client goes back
    /// before the step that led there and makes it again at half the rate, up to 4 times in a training.
    ///
    /// # Errors
    /// `Diverged` or `OutOfRangeAtStep` if the policy is to stop; `DivergedAgain` if rates cannot be lowered again; any
    /// error of the client or the peer.
    pub fn step(&mut self) -> Result<SplitStep> {
        loop {
            let step = self.client.batch().learner().steps() + 1;
            self.client.begin_step();
            match self.session.exchange(&mut self.client).map_err(|error| SetupError::at_step(error, step)) {
                Ok(exchange) => {
                    let nothing = SetupError::WrongBatch { expected: 1, actual: 0 };
                    return Ok(SplitStep {
                        step,
                        outcome: self.client.batch().outcome().ok_or(nothing)?,
                        server_time: exchange.server_time,
                        client_time: exchange.client_time,
                        operations: exchange.operations,
                    });
                }
                Err(Error::Setup(diverged)) if diverged.is_divergence() => self.lower_rate(diverged)?,
                Err(other) => return Err(other),
            }
        }
    }

    /// Follows the policy because of a divergence.
    fn lower_rate(&mut self, diverged: SetupError) -> Result<()> {
        let rate_factor = self.lowered.last().map_or(1.0, |lowering| lowering.rate_factor) / 2.0;
        if rate_factor < self.policy.least_rate() {
            return Err(match self.lowered.len() {
                0 => diverged,
                times => SetupError::DivergedAgain { times, source: Box::new(diverged) },
            }
            .into());
        }
        // Weights that would exceed their bound were not taken; products out of range are those of weights that were.
        if !matches!(diverged, SetupError::Diverged { .. }) && !self.client.batch_mut().go_back() {
            self.client.make_room();
        }
        self.client.batch_mut().set_rate_factor(rate_factor)?;
        self.lowered.push(Lowering { step: self.client.batch().learner().steps() + 1, rate_factor });
        Ok(())
    }

    /// Steps until `stopping` ends the training, which judges the weights after every step by the loss of the batch and by
    /// `validation`. Returns the weights with the lowest validation loss, or the last ones without one.
    ///
    /// # Errors
    /// As [`SplitTrainingSession::step`].
    pub fn train(
        &mut self,
        stopping: &mut EarlyStopping<Vec<Dense>>,
        validation: impl Fn(&[Dense]) -> Option<f64>,
        mut progress: impl FnMut(&SplitStep),
    ) -> Result<Vec<Dense>> {
        while !stopping.is_over() {
            let step = self.step()?;
            let layers = self.layers().to_vec();
            let losses = Losses { training: step.outcome.loss, validation: validation(&layers) };
            stopping.judge(step.step, &layers, losses);
            progress(&step);
        }
        Ok(stopping.best().weights.clone())
    }

    /// The logits (`samples x outputs`) of other samples (`samples x features`), computed by the server with the present
    /// weights.
    ///
    /// # Errors
    /// `WrongShape` for samples of another width; any error of the peer.
    pub fn infer(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let SplitSetup { widths, batch, .. } = self.session.program().setup().clone();
        check_shape("samples", (x.nrows(), widths[0]), x.dim())?;
        let (mut logits, mut start) = (Array2::zeros((x.nrows(), widths[widths.len() - 1])), 0);
        for rows in x.axis_chunks_iter(Axis(0), batch) {
            let part = self.client.infer(&mut self.session, rows)?;
            logits.slice_mut(s![start..start + rows.nrows(), ..]).assign(&part);
            start += rows.nrows();
        }
        Ok(logits)
    }

    /// The weights.
    pub fn layers(&self) -> &[Dense] {
        self.client.batch().learner().layers()
    }

    /// The client's learner.
    pub fn batch(&self) -> &BatchLearner {
        self.client.batch()
    }

    /// The steps that were made again at lower rates, with the factors since then.
    pub fn lowered(&self) -> &[Lowering] {
        &self.lowered
    }

    /// Bytes sent so far, without evaluation keys.
    pub fn traffic(&self) -> Traffic {
        self.session.traffic()
    }

    /// The exchange with the peer.
    pub fn session(&self) -> &Session<K, S, P> {
        &self.session
    }
}
