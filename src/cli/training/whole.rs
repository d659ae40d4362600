//! Steps in one round trip: the server computes loss and update too.

use std::sync::{Arc, Mutex};

use ndarray::{Array2, ArrayView2, Axis, s};
use seal_nn::{
    Result,
    backend::{
        Circuit, ClearEvaluator, ClearKeyHolder, Evaluate, EvaluationKeys, KeyHolder, KeyLevels, Noise, SealEvaluator,
        SealKeyHolder,
    },
    data::centred_one_hot,
    model::Model,
    nn::{
        Network, ReluBaseline, Weights, accuracy,
        inference::Inference,
        layout::{Layout, LayoutKind, TrainingLayout},
        reference,
        training::{Losses, ServerLoss, Training, TrainingSetup, TrainingSpec, TrainingState},
    },
    program::{Plan, Program, Refresh},
    protocol::{
        CheckpointFile, Deployment, Peer, Server, StepOutcome, Traffic, TrainingDeployment, TrainingSession,
        choose_layout,
        wire::{Announcement, Channel, Offer, Opening, RemotePeer},
    },
    report::available_bytes,
    seal::Parameters,
};

use super::{
    AskedBootstraps, Encrypted, Experiment, Method, Part, RunFolder,
    bootstrapped::{self, Bootstrapped},
    report::{self, Progress},
    watching::Watching,
    whole_in_the_clear::WholeInTheClear,
};
use crate::cli::{
    costs::{Costs, ordinary_seconds},
    usage::UsageError,
};

/// A training in one round trip, before it is planned.
pub struct Whole {
    pub experiment: Experiment,
    pub spec: TrainingSpec,
    /// The requested layout; `None` for the cheapest.
    pub layout: Option<LayoutKind>,
    /// Steps between two refreshes.
    pub refresh_every: usize,
    /// What is asked of the bootstraps, if the server refreshes by itself.
    pub bootstraps: Option<AskedBootstraps>,
    /// The first weights.
    pub weights: Weights,
    train: Samples,
    validation: Option<Samples>,
}

/// Samples as this network takes them.
pub struct Samples {
    /// With the constant 1 for a network with bias.
    pub inputs: Array2<f64>,
    /// One-hot, around 0.
    pub targets: Array2<f64>,
    pub labels: Vec<usize>,
}

impl Samples {
    pub fn new(network: &Network, part: &Part) -> Result<Samples> {
        let (inputs, labels) = (network.inputs(part.features.clone())?, part.labels().to_vec());
        Ok(Samples { inputs, targets: centred_one_hot(&labels, network.outputs())?, labels })
    }
}

/// The same, planned.
pub struct WholeMethod {
    pub whole: Whole,
    pub deployment: TrainingDeployment<Layout>,
    /// The bootstraps, if the server refreshes by itself.
    pub bootstrapped: Option<Bootstrapped>,
    /// Why this layout.
    pub reason: String,
}

type Session<K, E> = TrainingSession<K, Server<E, Training<Layout>>, Server<E, Inference<Layout>>, Layout>;

fn loss_in_words(loss: ServerLoss) -> &'static str {
    match loss {
        ServerLoss::Squared => "squared error",
        ServerLoss::WeightedSquared => "weighted squared error",
        ServerLoss::WeightedCubic => "weighted squared and quartic error",
        ServerLoss::Logistic { .. } => "logistic loss of every class",
        ServerLoss::Softmax { .. } => "cross-entropy",
    }
}

impl Whole {
    pub fn new(
        experiment: Experiment,
        spec: TrainingSpec,
        layout: Option<LayoutKind>,
        refresh_every: usize,
        weights: Weights,
    ) -> Result<Whole> {
        let samples = |part: &Part| Samples::new(&spec.network, part);
        let weights = if spec.loss.takes_centred_logits() { weights.centred() } else { weights };
        let train = samples(&experiment.train)?;
        let validation = experiment.validation.as_ref().map(samples).transpose()?;
        Ok(Whole { experiment, spec, layout, refresh_every, bootstraps: None, weights, train, validation })
    }

    /// What is trained, for a layout to hold.
    pub fn setup(&self) -> TrainingSetup {
        let setup = TrainingSetup::new(&self.spec, self.experiment.batch).with_refresh_every(self.refresh_every);
        let setup = setup.with_batches_per_step(self.experiment.batches_per_step);
        match self.bootstraps {
            Some(AskedBootstraps { look_every, .. }) => setup.with_look_every(look_every),
            None => setup,
        }
    }

    /// Steps in one request.
    pub fn most_steps(&self) -> usize {
        self.setup().most_steps()
    }

    /// The requested layout or the cheapest one, with the cheapest sufficient parameters and the plan.
    pub fn plan(self) -> Result<WholeMethod> {
        if let Some(asked) = self.bootstraps {
            return bootstrapped::plan(self, asked);
        }
        let setup = self.setup();
        let (deployment, reason) = self
            .deployment(&setup)
            .map_err(|error| setup.explain_loss(error, |other| self.deployment(other).is_ok()))?;
        Ok(WholeMethod { whole: self, deployment, bootstrapped: None, reason })
    }

    /// A training in the requested layout or the cheapest one, and why.
    fn deployment(&self, setup: &TrainingSetup) -> Result<(TrainingDeployment<Layout>, String)> {
        let request = &self.experiment.request;
        match self.layout {
            Some(kind) => {
                let layout = |slots| kind.layout_of_steps(&self.spec.network, slots, setup.batch, self.refresh_every);
                Ok((TrainingDeployment::choose(setup, request, layout)?, "as asked".into()))
            }
            None => {
                let (deployment, choice) = choose_layout(setup, request, &Costs::load().table)?;
                Ok((deployment, choice.reason()))
            }
        }
    }

    /// The training samples in their order, in the smallest number of batches of the requested size at most, whose lengths
    /// differ by at most one. A short batch at the end would have as much weight as the others, but be less accurate.
    pub fn batches(&self) -> impl Iterator<Item = (Array2<f64>, Array2<f64>)> + '_ {
        let Samples { inputs, targets, labels } = &self.train;
        let batches = self.experiment.batches();
        (0..batches).map(move |batch| {
            let rows = s![batch * labels.len() / batches..(batch + 1) * labels.len() / batches, ..];
            (inputs.slice(rows).to_owned(), targets.slice(rows).to_owned())
        })
    }

    /// The losses of weights that the client knows, on its own data.
    pub fn losses(&self, weights: &Weights) -> Result<Losses> {
        let loss = |samples: &Samples| {
            let outputs = reference::outputs(&self.spec.network, weights, samples.inputs.view())?;
            self.spec.loss.value(outputs.view(), samples.targets.view())
        };
        Ok(Losses { training: loss(&self.train)?, validation: self.validation.as_ref().map(loss).transpose()? })
    }

    /// The accuracy of weights on the training samples; NaN if the network diverged so far that its outputs are no numbers.
    fn train_accuracy(&self, weights: &Weights) -> Result<f64> {
        let outputs = reference::outputs(&self.spec.network, weights, self.train.inputs.view())?;
        if outputs.iter().any(|y| y.is_nan()) { Ok(f64::NAN) } else { accuracy(&outputs, &self.train.labels) }
    }
}

impl WholeMethod {
    /// The polynomials for the probabilities of the loss, if it has any.
    fn probabilities_in_words(&self) -> String {
        let TrainingSpec { network, loss, .. } = &self.whole.spec;
        match (loss.range(), loss.levels(network.outputs())) {
            (Some(range), Ok(levels)) => {
                format!("; probabilities in {levels} levels, for logits within a range of {range}")
            }
            _ => String::new(),
        }
    }

    fn loss_with_range(&self) -> String {
        let loss = self.whole.spec.loss;
        match loss.range() {
            None => loss_in_words(loss).into(),
            Some(range) => format!("{}, range {range}", loss_in_words(loss)),
        }
    }

    fn open<K, E>(
        &self,
        holder: K,
        circuit: Circuit<E>,
        refresh: Option<impl Refresh<E> + Send + 'static>,
    ) -> Result<Session<K, E>>
    where
        E: Evaluate,
        K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
    {
        let (weights, deployment) = (self.whole.weights.clone(), &self.deployment);
        self.with_batches(match refresh {
            Some(refresh) => TrainingSession::in_process_with(deployment, holder, circuit, weights, refresh)?,
            None => TrainingSession::in_process(deployment, holder, circuit, weights)?,
        })
    }

    fn with_batches<K, S, I>(
        &self,
        mut session: TrainingSession<K, S, I, Layout>,
    ) -> Result<TrainingSession<K, S, I, Layout>>
    where
        S: Peer<Training<Layout>>,
        I: Peer<Inference<Layout>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        for (x, t) in self.whole.batches() {
            session.add_batch(x.view(), t.view())?;
        }
        Ok(session)
    }
}

impl Method for WholeMethod {
    type Weights = Weights;
    type State = TrainingState;
    type Clear = WholeInTheClear;
    type OnStandIn = Session<ClearKeyHolder, ClearEvaluator>;
    type OnSeal = Session<SealKeyHolder, SealEvaluator>;
    type OnChannel<C: Channel> =
        TrainingSession<SealKeyHolder, RemotePeer<Training<Layout>, C>, RemotePeer<Inference<Layout>, C>, Layout>;

    fn experiment(&self) -> &Experiment {
        &self.whole.experiment
    }

    fn step(&self) -> &'static str {
        "whole"
    }

    fn network(&self) -> String {
        self.whole.spec.network.to_string()
    }

    fn activation(&self) -> String {
        self.whole.spec.network.activation().to_string()
    }

    fn layout(&self) -> String {
        self.deployment.layout().kind().to_string()
    }

    fn headline(&self) -> String {
        let WholeMethod { deployment, reason, whole, .. } = self;
        let Deployment { parameters, program: training, plan, .. } = &deployment.training;
        let network = &whole.spec.network;
        format!(
            "network     {network}{bias}, activation {activation}, batch {batch}\n\
             step        whole: one round trip, with {loss} and update at the server{probabilities}\n\
             layout      {layout} ({reason})\n\
             parameters  {parameters}\n\
             depth       {depth} levels per step{chain}: weights and samples enter at {entry}, targets at {targets}, weights leave at {exit}{refresh}",
            refresh = self.bootstrapped.as_ref().map_or_else(String::new, Bootstrapped::headline),
            bias = if network.has_bias() { " with bias" } else { "" },
            activation = network.activation(),
            loss = match whole.spec.loss {
                ServerLoss::Squared => "loss",
                loss => loss_in_words(loss),
            },
            probabilities = self.probabilities_in_words(),
            batch = whole.experiment.batch,
            layout = deployment.layout(),
            parameters = super::parameters_in_words(parameters),
            depth = plan.depth / training.setup().refresh_every,
            chain = match training.setup().refresh_every {
                1 => String::new(),
                steps => format!(", {steps} steps between refreshes"),
            },
            entry = plan.entry,
            targets = plan.kept.last().unwrap_or(&plan.entry),
            exit = plan.exit,
        )
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let TrainingSpec { network, optimizer, .. } = &self.whole.spec;
        let rates: Vec<String> = (0..network.layers()).map(|l| optimizer.rate(l, 0).to_string()).collect();
        vec![
            ("step", self.step().into()),
            ("network", network.to_string()),
            ("activation", network.activation().to_string()),
            ("bias", network.has_bias().to_string()),
            ("loss", self.loss_with_range()),
            ("steps between refreshes", self.whole.refresh_every.to_string()),
            ("refresh", if self.bootstrapped.is_some() { "bootstrap" } else { "client" }.into()),
            ("learning rates", rates.join(", ")),
            // Of a schedule, its second step tells all.
            ("decay", (1.0 / optimizer.share(1) - 1.0).to_string()),
            ("momentum", optimizer.momentum().to_string()),
            ("weight decay", optimizer.l2().to_string()),
        ]
    }

    fn parameters(&self) -> &Parameters {
        &self.deployment.training.parameters
    }

    fn plan(&self) -> &Plan {
        &self.deployment.training.plan
    }

    fn planned_steps(&self, _request: usize) -> usize {
        self.whole.refresh_every
    }

    fn keys(&self) -> &KeyLevels {
        &self.deployment.training.keys
    }

    fn make_keys(&self) -> Result<(SealKeyHolder, EvaluationKeys)> {
        self.deployment.training.make_keys(self.whole.experiment.request.key_switching)
    }

    fn in_the_clear(&self) -> Result<WholeInTheClear> {
        Ok(WholeInTheClear::new(&self.whole))
    }

    fn on_stand_in(&self, noise: Option<Noise>) -> Result<Self::OnStandIn> {
        let (holder, circuit) = self.deployment.training.in_the_clear(noise);
        let refresh = self.bootstrapped.as_ref().map(|bootstrapped| bootstrapped.in_the_clear(noise));
        self.open(holder, circuit, refresh)
    }

    fn on_seal(&self, holder: SealKeyHolder, circuit: Circuit<SealEvaluator>) -> Result<Self::OnSeal> {
        let made = self.bootstrapped.as_ref().map(|bootstrapped| bootstrapped.on_seal(&holder, &circuit));
        self.open(holder, circuit, made.transpose()?)
    }

    fn on_seal_in(
        &self,
        holder: SealKeyHolder,
        circuit: Circuit<SealEvaluator>,
        folder: &RunFolder,
    ) -> anyhow::Result<Self::OnSeal> {
        let (Some(bootstrapped), Some(asked)) = (&self.bootstrapped, self.whole.bootstraps) else {
            return Ok(self.on_seal(holder, circuit)?);
        };
        // One that a server on its own would not plan is not counted. The keys as they are sent are the client's.
        if let Ok(offer) = Offer::new(&self.announcements()?) {
            let needed = offer.memory_bytes() + bootstrapped.bootstrapping.plan.key_bytes();
            UsageError::check_memory(needed as u64, available_bytes())?;
        }
        let Deployment { program, plan, .. } = &self.deployment.training;
        let refresh = bootstrapped.on_seal(&holder, &circuit)?;
        let mut trainer = Server::new(Arc::new(circuit), program.clone(), plan.clone()).with_refresh(refresh);
        if let Some(every) = asked.keep_server_state {
            folder.keep_secret_key(&holder)?;
            let context = trainer.circuit().backend().context().clone();
            let file = CheckpointFile::new(folder.server_state(), &context, program.terms());
            trainer.set_checkpoints(file.written_every(every));
        } else if asked.watched {
            trainer.set_checkpoints(Watching {
                holder: SealKeyHolder::from_secret_container(&holder.secret_container()?)?,
                layout: self.deployment.layout().clone(),
                look_every: asked.look_every,
                watched: bootstrapped.watched.clone(),
            });
        }
        let weights = self.whole.weights.clone();
        Ok(self.with_batches(TrainingSession::in_process_by(&self.deployment, holder, trainer, weights)?)?)
    }

    fn leaves_server_state(&self) -> bool {
        self.whole.bootstraps.is_some_and(|asked| asked.keep_server_state.is_some())
    }

    fn announcements(&self) -> Result<Vec<Announcement>> {
        let TrainingDeployment { training, inference } = &self.deployment;
        let batches = self.deployment.kept_batches(self.whole.experiment.batches());
        let training = match &self.bootstrapped {
            Some(Bootstrapped { bootstrapping, .. }) => {
                Announcement::of_bootstrapped(&self.deployment, bootstrapping, batches)?
            }
            None => Announcement::of(training, batches)?,
        };
        Ok(vec![training, Announcement::of(inference, 0)?])
    }

    fn opening(&self, holder: &SealKeyHolder, keys: &EvaluationKeys) -> Result<Opening> {
        match &self.bootstrapped {
            Some(bootstrapped) => {
                Opening::with_bootstrap_keys(self.announcements()?, keys, &bootstrapped.make_keys(holder)?)
            }
            None => Opening::new(self.announcements()?, keys),
        }
    }

    fn seconds_of_request(&self) -> f64 {
        let seconds = ordinary_seconds(self.plan());
        match &self.bootstrapped {
            Some(bootstrapped) => {
                let requests = self.whole.most_steps().div_ceil(self.whole.refresh_every) as f64;
                requests * (seconds + bootstrapped.seconds_for(self.plan().ciphertexts_up()))
            }
            None => seconds,
        }
    }

    fn on_channel<C: Channel>(&self, holder: SealKeyHolder, channel: C) -> Result<Self::OnChannel<C>> {
        let TrainingDeployment { training, inference } = &self.deployment;
        let channel = Arc::new(Mutex::new(channel));
        let (trainer, inferrer) = (RemotePeer::new(&channel, 0, training)?, RemotePeer::new(&channel, 1, inference)?);
        let trainer = match &self.bootstrapped {
            Some(bootstrapped) => trainer.with_refresh(bootstrapped.planned()),
            None => trainer,
        };
        let weights = self.whole.weights.clone();
        self.with_batches(TrainingSession::new(&self.deployment, Arc::new(holder), trainer, inferrer, weights)?)
    }

    fn loss_name(&self) -> &'static str {
        match self.whole.spec.loss {
            ServerLoss::Squared => "mean squared error",
            loss => loss_in_words(loss),
        }
    }

    fn scores_are_logits(&self) -> bool {
        self.whole.spec.loss.takes_centred_logits()
    }

    fn losses(&self, weights: &Weights, _outcome: Option<&StepOutcome>) -> Result<Losses> {
        self.whole.losses(weights)
    }

    fn progress(&self, weights: &Weights, _outcome: &StepOutcome, losses: Losses) -> Result<Progress> {
        let train_accuracy = Some(self.whole.train_accuracy(weights)?);
        Ok(Progress { loss: losses.training, train_accuracy, validation_loss: losses.validation })
    }

    fn outputs(&self, weights: &Weights, features: ArrayView2<f64>) -> Result<Array2<f64>> {
        let network = &self.whole.spec.network;
        reference::outputs(network, weights, network.inputs(features.to_owned())?.view())
    }

    fn difference(&self, a: &Weights, b: &Weights) -> f64 {
        a.max_difference(b)
    }

    fn rates(&self, t: usize) -> Vec<f64> {
        let spec = &self.whole.spec;
        (0..spec.network.layers()).map(|l| spec.optimizer.rate(l, t)).collect()
    }

    fn momentum(&self) -> f64 {
        self.whole.spec.optimizer.momentum()
    }

    fn bootstraps(&self, weights: &Weights) -> Option<report::Bootstraps> {
        let bootstrapped = self.bootstrapped.as_ref()?;
        let point = |(step, weights): &(usize, Weights)| {
            let (loss, train_accuracy) =
                (self.whole.losses(weights).ok()?.training, self.whole.train_accuracy(weights).ok()?);
            Some(report::CurvePoint { step: *step, loss, train_accuracy })
        };
        let curve = bootstrapped.watched.weights().iter().filter_map(point).collect();
        Some(report::Bootstraps { curve, ..bootstrapped.report(weights) })
    }

    fn refreshes_at_server(&self) -> bool {
        self.bootstrapped.is_some()
    }

    fn ordinary_outputs(&self) -> Result<Option<Array2<f64>>> {
        let Whole { spec: TrainingSpec { network, .. }, train, experiment, .. } = &self.whole;
        let ordinary = ReluBaseline::train(network, train.inputs.view(), &train.labels, experiment.seed)?;
        Ok(Some(ordinary.outputs(network.inputs(experiment.test.features.clone())?.view())?))
    }

    fn model(&self, weights: &Weights) -> Result<Model> {
        let Experiment { preparation, .. } = &self.whole.experiment;
        let model = Model::new(self.whole.spec.network.clone(), weights.clone(), preparation.scaler().clone())?;
        Ok(model.with_layout(self.deployment.layout().kind()))
    }
}

impl<K, S, I, L> Encrypted for TrainingSession<K, S, I, L>
where
    L: TrainingLayout,
    S: Peer<Training<L>>,
    I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// In batches of the largest possible size.
    fn outputs(&mut self, features: ArrayView2<f64>) -> Result<Array2<f64>> {
        let setup = self.setup().clone();
        let mut outputs = Array2::zeros((features.nrows(), setup.spec.network.outputs()));
        let parts = features.axis_chunks_iter(Axis(0), setup.batch);
        for (part, mut rows) in parts.zip(outputs.axis_chunks_iter_mut(Axis(0), setup.batch)) {
            rows.assign(&self.infer(setup.spec.network.inputs(part.to_owned())?.view())?);
        }
        Ok(outputs)
    }

    fn traffic(&self) -> Traffic {
        self.traffic()
    }
}
