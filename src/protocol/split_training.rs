//! The two parties of a training whose loss the client computes.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis, s};
use serde::{Deserialize, Serialize};

use super::{
    BatchLearner, Client, Deployment, ParameterRequest, Peer, Server, Session, StepOutcome, Traffic, Train,
    kept_groups::KeptGroups, layerwise_client::LayerwiseClient, split_client::SplitClient,
};
use crate::{
    Result, SetupError,
    backend::{Circuit, CostModel, Evaluate, KeyHolder},
    nn::{
        head::Dense,
        layerwise::LayerwiseTraining,
        learning::LearnerState,
        shapes::check_shape,
        split::{Samples, SplitSamples, SplitSetup, SplitTraining},
    },
    program::Program,
};

/// A program whose client computes the loss, and that keeps groups of samples.
pub trait LossProgram: Program<Part = (), Kept = SplitSamples<()>> + Sized {
    /// Its client.
    type Client: LossAtClient<Self>;

    /// What both parties agree on.
    fn setup(&self) -> &SplitSetup;

    /// Samples in a block.
    fn block(&self) -> usize;
}

impl LossProgram for SplitTraining {
    type Client = SplitClient;

    fn setup(&self) -> &SplitSetup {
        self.setup()
    }

    fn block(&self) -> usize {
        self.layout().shape().samples
    }
}

impl LossProgram for LayerwiseTraining {
    type Client = LayerwiseClient;

    fn setup(&self) -> &SplitSetup {
        self.setup()
    }

    fn block(&self) -> usize {
        self.tiles().samples
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

    /// The groups of samples that the peer keeps.
    fn kept_mut(&mut self) -> &mut KeptGroups;

    /// Forgets a step that was not completed.
    fn begin_step(&mut self);

    /// Divides weights and errors by a larger power of two, because their products were out of range.
    fn make_room(&mut self);

    /// The powers of two by which weights and errors of the next step are divided.
    fn exponents(&self) -> Vec<i32>;

    /// Continues with powers of two of an earlier client.
    ///
    /// # Errors
    /// `WrongCount` for those of another network.
    fn set_exponents(&mut self, exponents: &[i32]) -> Result<()>;

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
/// assert!(first.batch.is_some_and(|batch| batch.loss > 0.0 && batch.accuracy.is_some()));
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub struct SplitTrainingSession<K, S, P: LossProgram = SplitTraining> {
    client: P::Client,
    session: Session<K, S, P>,
}

/// What a training with the loss at the client has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitState {
    /// Weights and optimiser.
    pub learner: LearnerState,
    /// The same before the last step, unless it was undone.
    pub before: Option<LearnerState>,
    /// The powers of two by which the client divides weights, so that their products have room.
    pub exponents: Vec<i32>,
}

/// What is trained by a program.
type TaskOf<P> = <<P as LossProgram>::Client as LossAtClient<P>>::Task;

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
    /// A session with a peer, which trains what `task` says: a [`SplitTask`](super::SplitTask). A group of samples that
    /// the peer keeps is encrypted and sent before the first step that uses it.
    ///
    /// # Errors
    /// The errors of the client's [`new`](LossAtClient::new).
    pub fn new(session: Session<K, S, P>, task: TaskOf<P>) -> Result<Self> {
        Ok(SplitTrainingSession { client: P::Client::new(session.program().clone(), task)?, session })
    }

    /// One step, in all its rounds.
    ///
    /// # Errors
    /// `Diverged` or `OutOfRangeAtStep` if weights or products leave their range, which are never used; an error for
    /// samples that cannot be encrypted; any error of the client or the peer. A [`Course`](super::Course) goes on at a
    /// lower rate.
    pub fn step(&mut self) -> Result<StepOutcome> {
        let step = self.steps_made() + 1;
        self.send_groups()?;
        self.client.begin_step();
        let exchange = self.session.exchange(&mut self.client).map_err(|error| SetupError::at_step(error, step))?;
        Ok(StepOutcome {
            step,
            server_time: exchange.server_time,
            client_time: exchange.client_time,
            operations: exchange.operations,
            batch: self.client.batch().outcome(),
        })
    }

    /// Sends the groups of this step that the peer is to keep and does not have.
    fn send_groups(&mut self) -> Result<()> {
        if self.session.program().setup().samples == Samples::Sent {
            return Ok(());
        }
        let groups = self.client.batch().groups().to_vec();
        for group in self.client.kept_mut().missing(&groups) {
            let samples = self.client.batch().samples_of(group);
            let inputs = self.client.pack_samples(samples.view())?;
            self.session.keep(&(), &SplitSamples { inputs })?;
            self.client.kept_mut().add(group);
        }
        Ok(())
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

    /// The number of steps so far.
    pub fn steps_made(&self) -> usize {
        self.client.batch().learner().steps()
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

impl<K, S, P> Train for SplitTrainingSession<K, S, P>
where
    P: LossProgram,
    S: Peer<P>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    type Weights = Vec<Dense>;
    type State = SplitState;

    fn state(&self) -> SplitState {
        self.client.batch().state(self.client.exponents())
    }

    fn resume(&mut self, state: SplitState) -> Result<()> {
        self.client.set_exponents(&state.exponents)?;
        self.client.batch_mut().resume(state.learner, state.before)
    }

    fn steps_made(&self) -> usize {
        self.steps_made()
    }

    fn weights(&self) -> &Vec<Dense> {
        self.client.batch().learner().layers()
    }

    fn set_weights(&mut self, weights: &Vec<Dense>) -> Result<()> {
        self.client.batch_mut().set_layers(weights)
    }

    fn check_weights(&self, weights: &Vec<Dense>) -> Result<()> {
        self.client.batch().learner().check_layers(weights)
    }

    fn set_rate_factor(&mut self, factor: f64) -> Result<()> {
        self.client.batch_mut().set_rate_factor(factor)
    }

    /// One step, whatever the number.
    fn advance(&mut self, _steps: usize) -> Result<StepOutcome> {
        self.step()
    }

    /// Goes back before the step that led to products out of range, if there was one, and divides weights and errors by a
    /// larger power of two. Weights that would exceed their bound were not taken.
    fn retreat(&mut self, _good: &Vec<Dense>, diverged: &SetupError) -> Result<()> {
        if !matches!(diverged, SetupError::Diverged { .. }) {
            self.client.batch_mut().go_back()?;
            self.client.make_room();
        }
        Ok(())
    }
}
