//! Steps in several round trips: the server multiplies encrypted matrices, and the client computes loss and update.

use clap::ValueEnum;
use ndarray::{Array2, ArrayView2};
use seal_nn::{
    Result,
    backend::{
        Circuit, ClearEvaluator, ClearKeyHolder, CostModel, EvaluationKeys, KeyHolder, KeyLevels, Noise, SealEvaluator,
        SealKeyHolder,
    },
    model::{HiddenActivation, Model},
    nn::{
        Activation, Network, ReluBaseline,
        head::{Dense, HeadActivation},
        layerwise::LayerwiseTraining,
        learning::{
            LearningSettings, Loss, Optimizer, Targets, max_difference,
            reference::{self, Differentiable},
        },
        split::{Samples, SplitSetup, SplitTraining},
        training::{Bounds, Losses, Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    program::{Line, Plan},
    protocol::{
        BatchLearner, ClearTraining, Deployment, LossAtClient, LossProgram, ParameterRequest, Peer, Server, Session,
        SplitState, SplitTask, SplitTrainingSession, StepOutcome, Traffic,
        wire::{Announcement, Channel, Described, RemotePeer},
    },
    report::format,
    seal::Parameters,
};

use super::{Encrypted, Experiment, Goal, Method, Part, parameters_in_words, report::Progress};
use crate::cli::settings::Effort;

/// A training in several round trips, before it is planned.
pub struct Rounds {
    pub experiment: Experiment,
    pub kind: StepKind,
    pub effort: Effort,
    /// Whether units and steps are those of the effort, so that others can be compared.
    pub compare_efforts: bool,
    /// Units of every layer, features first.
    pub widths: Vec<usize>,
    pub activation: HiddenActivation,
    pub settings: LearningSettings,
    /// Whether all classes count the same, however many samples they have.
    pub class_weights: Option<Vec<f64>>,
    /// The first weights.
    pub layers: Vec<Dense>,
    /// Memory of the samples that the server keeps, in bytes.
    pub server_memory: usize,
    /// The line to the server, if it was said.
    pub line: Option<Line>,
}

/// The program that makes the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    Split,
    Layerwise,
}

impl StepKind {
    /// Whether the split step supports a network: one hidden layer of quadratic units.
    pub fn can_split(widths: &[usize], activation: &HiddenActivation) -> bool {
        widths.len() == 3 && matches!(activation, HiddenActivation::Polynomial(activation) if activation.degree() == 2)
    }
}

/// A program of such steps, and what differs between them.
pub trait RoundsProgram: LossProgram + Described {
    /// What the client knows of the activation.
    type Activation: Differentiable + Clone;

    const STEP: &'static str;

    /// In the tiles in which a step takes the least time, with bytes at so many seconds each.
    fn choose(
        setup: &SplitSetup,
        request: &ParameterRequest,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<Deployment<Self>>;

    fn activation(activation: &HiddenActivation) -> Result<Self::Activation>;

    /// The tiles of its ciphertexts.
    fn tiles(&self) -> String;
}

impl RoundsProgram for SplitTraining {
    type Activation = Activation;

    const STEP: &'static str = "split";

    fn choose(
        setup: &SplitSetup,
        request: &ParameterRequest,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<Deployment<Self>> {
        Deployment::of_split_training(setup, request, costs, seconds_per_byte)
    }

    /// That it is quadratic, the client checks.
    fn activation(activation: &HiddenActivation) -> Result<Activation> {
        activation.polynomial().cloned()
    }

    fn tiles(&self) -> String {
        self.layout().shape().to_string()
    }
}

impl RoundsProgram for LayerwiseTraining {
    type Activation = HeadActivation;

    const STEP: &'static str = "layerwise";

    fn choose(
        setup: &SplitSetup,
        request: &ParameterRequest,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<Deployment<Self>> {
        Deployment::of_layerwise_training(setup, request, costs, seconds_per_byte)
    }

    fn activation(activation: &HiddenActivation) -> Result<HeadActivation> {
        activation.for_head()
    }

    fn tiles(&self) -> String {
        let sides = self.layers().iter().map(|layer| layer.sides().map(|side| side.to_string()).join(" x "));
        sides.collect::<Vec<_>>().join(", ")
    }
}

impl Rounds {
    /// What both parties agree on. Samples travel with every step if the server has no room for all of them.
    fn deploy<P: RoundsProgram>(&self, widths: &[usize], costs: &CostModel) -> Result<Deployment<P>> {
        let Experiment { batch, ranks, request, .. } = &self.experiment;
        let setup = SplitSetup::new(widths, *batch).with_shares(*ranks);
        let kept = P::choose(&setup, request, costs, self.seconds_per_byte())?;
        let memory = kept.plan.kept_memory().saturating_mul(self.experiment.batches());
        match memory <= self.server_memory {
            true => Ok(kept),
            false => P::choose(&setup.with_samples(Samples::Sent), request, costs, self.seconds_per_byte()),
        }
    }

    /// The same over a line, unless another was said.
    pub fn over(self, line: Option<Line>) -> Rounds {
        Rounds { line: self.line.or(line), ..self }
    }

    /// Seconds that a byte takes: none on one machine.
    pub fn seconds_per_byte(&self) -> f64 {
        self.line.map_or(0.0, |line| line.seconds_per_byte())
    }

    /// The training with its parameters and its plan.
    pub fn plan<P: RoundsProgram>(self, costs: &CostModel) -> Result<RoundsMethod<P>> {
        let activation = P::activation(&self.activation)?;
        let deployment = self.deploy::<P>(&self.widths, costs)?;
        let seconds = deployment.plan.seconds(costs);
        let efforts = if self.compare_efforts { Some(self.efforts::<P>(costs)?) } else { None };
        Ok(RoundsMethod { rounds: self, activation, deployment, seconds, efforts })
    }

    /// What each effort takes, in a line.
    fn efforts<P: RoundsProgram>(&self, costs: &CostModel) -> Result<String> {
        let effort = |effort: &Effort| {
            let mut widths = self.widths.clone();
            widths[1] = effort.units(&self.experiment.preparation);
            let seconds = self.deploy::<P>(&widths, costs)?.plan.seconds(costs) * effort.steps() as f64;
            let chosen = if *effort == self.effort { " (chosen)" } else { "" };
            let name = effort.to_string();
            Ok(format!("{name} {}{chosen}", format::seconds(seconds)))
        };
        let all = Effort::value_variants().iter().map(effort).collect::<Result<Vec<_>>>()?;
        Ok(format!("\neffort      {}, on one thread by the cost model", all.join(", ")))
    }

    /// An ordinary network of the same widths.
    fn network(&self, outputs: usize) -> Result<Network> {
        let mut builder = Network::builder().inputs(self.widths[0]);
        for &units in &self.widths[1..self.widths.len() - 1] {
            builder = builder.hidden(units);
        }
        builder.outputs(outputs).build()
    }

    /// The same network and batches in one round trip, for comparison.
    pub fn as_whole(&self) -> Result<TrainingSetup> {
        let network = self.network(self.widths[self.widths.len() - 1])?.with_bias();
        let network = match &self.activation {
            HiddenActivation::Polynomial(activation) => network.with_activation(activation.clone()),
            HiddenActivation::Relu => network,
        };
        let optimizer = Sgd::new(&[1.0], MOMENTUM, Schedule::Constant)?;
        let spec = TrainingSpec { network, optimizer, bounds: Bounds::default(), loss: Default::default() };
        Ok(TrainingSetup::new(&spec, self.experiment.batch))
    }

    fn targets(&self, part: &Part) -> Result<Targets> {
        let targets = part.targets(self.settings.loss)?;
        match &self.class_weights {
            Some(weights) => targets.with_class_weights(weights),
            None => Ok(targets),
        }
    }

    /// The settings of the client, in words.
    fn learning(&self) -> String {
        let LearningSettings { loss, optimizer, rate, schedule, weight_decay, clip_norm, .. } = &self.settings;
        let schedule = match schedule {
            Schedule::Constant => String::new(),
            Schedule::Linear { .. } => " falling to 0".into(),
            Schedule::InverseTime { decay } => format!(" / (1 + {decay} t)"),
        };
        let clip = clip_norm.map_or_else(String::new, |norm| format!(", gradients of norm {norm} at most"));
        let balanced = if self.class_weights.is_some() { ", classes balanced" } else { "" };
        format!(
            "{}, {}, rate {rate}{schedule}, weight decay {weight_decay}{clip}{balanced}",
            loss_in_words(*loss),
            optimizer_in_words(optimizer)
        )
    }
}

/// Steps in one round trip are planned with momentum, which most of them have.
const MOMENTUM: f64 = 0.75;

/// The spelling on the command line.
pub fn loss_in_words(loss: Loss) -> String {
    match loss {
        Loss::CrossEntropy => "cross-entropy".into(),
        Loss::Logistic => "logistic".into(),
        Loss::SquaredError => "squared".into(),
        Loss::Huber { delta } => format!("huber:{delta}"),
    }
}

fn optimizer_in_words(optimizer: &Optimizer) -> String {
    match optimizer {
        Optimizer::Adam { .. } => "Adam".into(),
        Optimizer::Sgd { momentum, nesterov: false } => format!("SGD with momentum {momentum}"),
        Optimizer::Sgd { momentum, nesterov: true } => format!("SGD with Nesterov momentum {momentum}"),
    }
}

/// A planned training in several round trips.
pub struct RoundsMethod<P: RoundsProgram> {
    pub rounds: Rounds,
    activation: P::Activation,
    pub deployment: Deployment<P>,
    /// Of a step on one thread, both parties, by the cost model.
    seconds: f64,
    /// What each effort takes, if they differ in nothing else.
    efforts: Option<String>,
}

impl<P: RoundsProgram> RoundsMethod<P>
where
    P::Client: LossAtClient<P, Task = SplitTask<P::Activation>>,
{
    fn task(&self) -> Result<SplitTask<P::Activation>> {
        let Rounds { settings, layers, experiment, .. } = &self.rounds;
        Ok(SplitTask {
            activation: self.activation.clone(),
            settings: settings.clone(),
            layers: layers.clone(),
            samples: experiment.train.features.clone(),
            targets: self.rounds.targets(&experiment.train)?,
            seed: experiment.seed,
        })
    }

    /// The loss of weights on a part, in the clear.
    fn loss(&self, layers: &[Dense], part: &Part) -> Result<f64> {
        let (loss, targets) = (self.rounds.settings.loss, self.rounds.targets(part)?);
        Ok(reference::evaluate(loss, &self.activation, layers, part.features.view(), &targets)?.value)
    }
}

impl<P: RoundsProgram> Method for RoundsMethod<P>
where
    P::Client: LossAtClient<P, Task = SplitTask<P::Activation>>,
{
    type Weights = Vec<Dense>;
    type State = SplitState;
    type Clear = ClearTraining<P::Activation>;
    type OnStandIn = SplitTrainingSession<ClearKeyHolder, Server<ClearEvaluator, P>, P>;
    type OnSeal = SplitTrainingSession<SealKeyHolder, Server<SealEvaluator, P>, P>;
    type OnChannel<C: Channel> = SplitTrainingSession<SealKeyHolder, RemotePeer<P, C>, P>;

    fn experiment(&self) -> &Experiment {
        &self.rounds.experiment
    }

    fn step(&self) -> &'static str {
        P::STEP
    }

    fn network(&self) -> String {
        self.rounds.widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
    }

    fn activation(&self) -> String {
        self.rounds.activation.to_string()
    }

    fn layout(&self) -> String {
        format!("tiles of {}", self.deployment.program.tiles())
    }

    fn headline(&self) -> String {
        let Deployment { parameters, program, plan, .. } = &self.deployment;
        let samples = match program.setup().samples {
            Samples::Kept => "kept by the server",
            Samples::Sent => "sent with every step (--server-memory is too small to keep them)",
        };
        format!(
            "network     {network}, activation {activation}, batch {batch}\n\
             step        {name}: {rounds} round trips, with loss and update at the client; samples {samples}\n\
             layout      {layout}\n\
             learning    {learning}\n\
             parameters  {parameters}\n\
             depth       {depth} level(s); {up} up and {down} down per step, about {seconds} on one thread{efforts}",
            network = self.network(),
            activation = self.rounds.activation,
            batch = self.rounds.experiment.batch,
            name = P::STEP,
            rounds = plan.rounds.len(),
            layout = self.layout(),
            learning = self.rounds.learning(),
            parameters = parameters_in_words(parameters),
            depth = plan.depth,
            up = format::bytes(plan.bytes_up() as u64),
            down = format::bytes(plan.bytes_down() as u64),
            seconds = format::seconds(self.seconds),
            efforts = self.efforts.as_deref().unwrap_or_default(),
        )
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let LearningSettings { loss, optimizer, rate, schedule, weight_decay, clip_norm, .. } = &self.rounds.settings;
        let schedule = match schedule {
            Schedule::Constant => "constant".into(),
            Schedule::Linear { steps } => format!("linear over {steps} steps"),
            Schedule::InverseTime { decay } => format!("1 / (1 + {decay} t)"),
        };
        vec![
            ("step", P::STEP.into()),
            ("network", self.network()),
            ("activation", self.rounds.activation.to_string()),
            ("loss", loss_in_words(*loss)),
            ("class weights", if self.rounds.class_weights.is_some() { "balanced" } else { "none" }.into()),
            ("optimiser", optimizer_in_words(optimizer)),
            ("learning rate", rate.to_string()),
            ("schedule", schedule),
            ("weight decay", weight_decay.to_string()),
            ("largest norm of a gradient", clip_norm.map_or_else(|| "none".into(), |norm| norm.to_string())),
            // Batches are made of groups that fill a tile, or drawn anew.
            ("samples", format!("{:?}", self.deployment.program.setup().samples).to_lowercase()),
            ("tiles", self.deployment.program.tiles()),
        ]
    }

    fn parameters(&self) -> &Parameters {
        &self.deployment.parameters
    }

    fn plan(&self) -> &Plan {
        &self.deployment.plan
    }

    fn keys(&self) -> &KeyLevels {
        &self.deployment.keys
    }

    fn make_keys(&self) -> Result<(SealKeyHolder, EvaluationKeys)> {
        self.deployment.make_keys(self.rounds.experiment.request.key_switching)
    }

    fn in_the_clear(&self) -> Result<Self::Clear> {
        let program = &self.deployment.program;
        let batch = BatchLearner::new(program.setup(), program.block(), self.task()?)?;
        Ok(ClearTraining::new(self.activation.clone(), batch))
    }

    fn on_stand_in(&self, noise: Option<Noise>) -> Result<Self::OnStandIn> {
        let (holder, circuit) = self.deployment.in_the_clear(noise);
        SplitTrainingSession::in_process(&self.deployment, holder, circuit, self.task()?)
    }

    fn on_seal(&self, holder: SealKeyHolder, circuit: Circuit<SealEvaluator>) -> Result<Self::OnSeal> {
        SplitTrainingSession::in_process(&self.deployment, holder, circuit, self.task()?)
    }

    fn announcements(&self) -> Result<Vec<Announcement>> {
        let program = &self.deployment.program;
        let groups = match program.setup().samples {
            Samples::Kept => BatchLearner::new(program.setup(), program.block(), self.task()?)?.groups_in_all(),
            Samples::Sent => 0,
        };
        Ok(vec![Announcement::of(&self.deployment, groups)?])
    }

    fn on_channel<C: Channel>(&self, holder: SealKeyHolder, channel: C) -> Result<Self::OnChannel<C>> {
        SplitTrainingSession::new(Session::on_channel(&self.deployment, holder, channel)?, self.task()?)
    }

    fn loss_name(&self) -> &'static str {
        match self.rounds.settings.loss {
            Loss::CrossEntropy => "cross-entropy",
            Loss::Logistic => "logistic loss",
            Loss::SquaredError => "half the squared error",
            Loss::Huber { .. } => "Huber loss",
        }
    }

    fn scores_are_logits(&self) -> bool {
        matches!(self.rounds.settings.loss, Loss::CrossEntropy | Loss::Logistic)
    }

    /// That of the batch, which is exact and known anyway; on all training samples before the first step.
    fn losses(&self, layers: &Vec<Dense>, outcome: Option<&StepOutcome>) -> Result<Losses> {
        let Experiment { train, validation, .. } = &self.rounds.experiment;
        let training = match outcome.and_then(|outcome| outcome.batch) {
            Some(batch) => batch.loss,
            None => self.loss(layers, train)?,
        };
        Ok(Losses { training, validation: validation.as_ref().map(|part| self.loss(layers, part)).transpose()? })
    }

    fn progress(&self, _layers: &Vec<Dense>, outcome: &StepOutcome, losses: Losses) -> Result<Progress> {
        let train_accuracy = outcome.batch.and_then(|batch| batch.accuracy);
        Ok(Progress { loss: losses.training, train_accuracy, validation_loss: losses.validation })
    }

    fn outputs(&self, layers: &Vec<Dense>, features: ArrayView2<f64>) -> Result<Array2<f64>> {
        reference::logits(&self.activation, layers, features)
    }

    fn difference(&self, a: &Vec<Dense>, b: &Vec<Dense>) -> f64 {
        max_difference(a, b)
    }

    fn rates(&self, t: usize) -> Vec<f64> {
        vec![self.rounds.settings.rate_of(t)]
    }

    fn momentum(&self) -> f64 {
        match self.rounds.settings.optimizer {
            Optimizer::Adam { .. } => 0.0,
            Optimizer::Sgd { momentum, .. } => momentum,
        }
    }

    fn ordinary_outputs(&self) -> Result<Option<Array2<f64>>> {
        let Experiment { train, test, seed, .. } = &self.rounds.experiment;
        if self.rounds.widths.len() == 2 {
            return Ok(None);
        }
        let (loss, targets) = match &train.goal {
            Goal::Classes { .. } => (Loss::CrossEntropy, train.targets(Loss::CrossEntropy)?),
            Goal::Numbers { .. } => (Loss::SquaredError, train.targets(Loss::SquaredError)?),
        };
        let network = self.rounds.network(targets.outputs())?;
        let ordinary = ReluBaseline::train_on(&network, train.features.view(), &targets, loss, *seed)?;
        Ok(Some(ordinary.outputs(test.features.view())?))
    }

    fn model(&self, layers: &Vec<Dense>) -> Result<Model> {
        let Experiment { preparation, task, .. } = &self.rounds.experiment;
        Model::of_layers(self.rounds.activation.clone(), layers.clone(), preparation.clone(), task.clone())
    }

    /// A step takes milliseconds, and a checkpoint too.
    fn seconds_between_checkpoints(&self) -> u64 {
        5
    }
}

impl<K, S, P> Encrypted for SplitTrainingSession<K, S, P>
where
    P: LossProgram,
    S: Peer<P>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    fn outputs(&mut self, features: ArrayView2<f64>) -> Result<Array2<f64>> {
        self.infer(features)
    }

    fn traffic(&self) -> Traffic {
        self.traffic()
    }
}
