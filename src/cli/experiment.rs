//! Data, network and optimiser, checked against each other.

use ndarray::{Array2, s};
use seal_nn::{
    Result,
    data::{LabelledTable, Note, Preparation, centred_one_hot},
    nn::{
        Network, Weights, accuracy, half_squared_error,
        layout::{Layout, LayoutKind},
        reference,
        training::{EarlyStopping, Losses, OnDivergence, TrainingSetup, TrainingSpec},
    },
    protocol::{ParameterRequest, TrainingDeployment, choose_layout},
    report::format,
};

use super::{
    backend_args::BackendName,
    costs::Costs,
    training_report::{Progress, Schedule},
};

/// Everything that a training starts from.
pub struct Experiment {
    pub dataset: String,
    /// The fingerprint of the whole data set.
    pub data: String,
    pub classes: Vec<String>,
    /// Classes and columns in words.
    pub description: String,
    /// What was noticed in the data.
    pub notes: Vec<Note>,
    pub preparation: Preparation,
    pub spec: TrainingSpec,
    /// The requested layout; `None` for the cheapest.
    pub layout: Option<LayoutKind>,
    /// The largest number of samples per batch.
    pub batch: usize,
    /// Batches whose gradients are added before an update.
    pub batches_per_step: usize,
    pub steps: usize,
    /// Steps between two refreshes.
    pub refresh_every: usize,
    pub train: Part,
    /// The validation part, known to the client only.
    pub validation: Option<Part>,
    /// Steps without a lower validation loss after which training stops.
    pub patience: Option<usize>,
    pub on_divergence: OnDivergence,
    pub test: Part,
    pub weights: Weights,
    pub seed: u64,
    pub request: ParameterRequest,
}

impl Experiment {
    /// Everything that determines a training but its length, by name, for its checkpoints.
    pub fn settings(&self, backend: BackendName) -> Vec<(&'static str, String)> {
        let TrainingSpec { network, optimizer, .. } = &self.spec;
        let rates: Vec<String> = (0..network.layers()).map(|l| optimizer.rate(l, 0).to_string()).collect();
        vec![
            ("data", self.data.clone()),
            ("network", network.to_string()),
            ("activation", network.activation().to_string()),
            ("bias", network.has_bias().to_string()),
            ("backend", backend.to_string()),
            ("batch", self.batch.to_string()),
            ("batches per step", self.batches_per_step.to_string()),
            ("steps between refreshes", self.refresh_every.to_string()),
            ("learning rates", rates.join(",")),
            // Of a schedule, its second step tells all.
            ("decay", (1.0 / optimizer.share(1) - 1.0).to_string()),
            ("momentum", optimizer.momentum().to_string()),
            ("weight decay", optimizer.l2().to_string()),
            ("policy on divergence", self.on_divergence.to_string()),
            ("validation samples", self.validation.as_ref().map_or(0, |part| part.labels.len()).to_string()),
            ("seed", self.seed.to_string()),
        ]
    }

    /// What is trained, for a layout to hold.
    pub fn setup(&self) -> TrainingSetup {
        let setup = TrainingSetup::new(&self.spec, self.batch).with_refresh_every(self.refresh_every);
        setup.with_batches_per_step(self.batches_per_step)
    }

    /// The client's decisions before the first step. The encrypted run and its plain run make them independently.
    pub fn stopping(&self) -> Result<EarlyStopping> {
        let stopping = EarlyStopping::new(self.steps, self.weights.clone(), self.losses(&self.weights)?);
        Ok(stopping.with_patience(self.patience).with_policy(self.on_divergence))
    }

    /// The losses of weights that the client knows, on its own data.
    pub fn losses(&self, weights: &Weights) -> Result<Losses> {
        let loss = |part: &Part| half_squared_error(&self.outputs(weights, part)?, part.targets.view());
        Ok(Losses { training: loss(&self.train)?, validation: self.validation.as_ref().map(loss).transpose()? })
    }

    /// The losses for the report, with the accuracy on the training samples.
    pub fn progress(&self, weights: &Weights, losses: Losses) -> Result<Progress> {
        let train_accuracy = self.accuracy(weights, &self.train)?;
        Ok(Progress { loss: losses.training, train_accuracy, validation_loss: losses.validation })
    }

    /// The accuracy of weights in the clear; NaN if the network diverged so far that its outputs are no numbers.
    pub fn accuracy(&self, weights: &Weights, part: &Part) -> Result<f64> {
        let outputs = self.outputs(weights, part)?;
        if outputs.iter().any(|y| y.is_nan()) { Ok(f64::NAN) } else { accuracy(&outputs, &part.labels) }
    }

    /// Outputs of the network in the clear.
    pub fn outputs(&self, weights: &Weights, part: &Part) -> Result<Array2<f64>> {
        reference::outputs(&self.spec.network, weights, part.inputs.view())
    }

    /// Steps from step `t` (counted from 0) to the next refresh.
    pub fn steps_after(&self, t: usize) -> usize {
        self.refresh_every.min(self.steps.saturating_sub(t)).max(1)
    }

    /// The number of batches.
    fn batches(&self) -> usize {
        self.train.labels.len().div_ceil(self.batch)
    }

    /// How much of the training part the steps use.
    pub fn schedule(&self) -> Schedule {
        let (samples, batches) = (self.train.labels.len(), self.batches());
        let turns = self.steps.saturating_mul(self.batches_per_step);
        Schedule {
            steps: self.steps,
            samples,
            // Batches are cut at these multiples, and used in turn.
            used: turns.min(batches) * samples / batches,
            epochs: turns as f64 / batches as f64,
        }
    }

    /// The schedule in a line, and how to use all samples.
    pub fn schedule_line(&self) -> String {
        let Schedule { steps, samples, used, epochs } = self.schedule();
        let per_step = self.batch * self.batches_per_step;
        let precision = if epochs < 0.1 { 1e4 } else { 100.0 };
        let line = format!(
            "schedule    {steps} steps of {per_step} samples, {} epochs",
            (precision * epochs).round() / precision
        );
        if used == samples {
            return line;
        }
        let all = self.batches().div_ceil(self.batches_per_step);
        let share = format::percent(used as f64 / samples as f64);
        format!(
            "{line}: only {used} of {samples} training samples are used ({share}); --epochs 1 uses all, in {all} steps"
        )
    }

    /// The requested layout or the cheapest one, with the cheapest sufficient parameters and the plan.
    pub fn choose(&self) -> Result<Chosen> {
        let (spec, batch, request, setup) = (&self.spec, self.batch, &self.request, self.setup());
        if let Some(kind) = self.layout {
            let layout = |slots| kind.layout_of_steps(&spec.network, slots, batch, self.refresh_every);
            let deployment = TrainingDeployment::choose(&setup, request, layout)?;
            return Ok(Chosen { deployment, reason: "as asked".into() });
        }
        let (deployment, choice) = choose_layout(&setup, request, &Costs::load().table)?;
        Ok(Chosen { deployment, reason: choice.reason() })
    }
}

/// A layout with parameters for it.
pub struct Chosen {
    pub deployment: TrainingDeployment<Layout>,
    /// Why this layout.
    pub reason: String,
}

/// A part of the data, ready for a network.
pub struct Part {
    pub inputs: Array2<f64>,
    pub targets: Array2<f64>,
    pub labels: Vec<usize>,
}

impl Part {
    pub fn new(data: &LabelledTable, preparation: &Preparation, network: &Network) -> Result<Part> {
        let (features, _) = preparation.encode(&data.table)?;
        Ok(Part {
            inputs: network.inputs(preparation.scaler().apply(&features)?)?,
            targets: centred_one_hot(&data.labels, data.classes.len())?,
            labels: data.labels.clone(),
        })
    }

    /// The samples in their order, in the smallest number of batches of at most `size` samples, whose lengths differ by
    /// at most one. A short batch at the end would have as much weight as the others, but be less accurate.
    pub fn batches(&self, size: usize) -> impl Iterator<Item = (Array2<f64>, Array2<f64>)> + '_ {
        let samples = self.labels.len();
        let batches = samples.div_ceil(size);
        (0..batches).map(move |batch| {
            let rows = s![batch * samples / batches..(batch + 1) * samples / batches, ..];
            (self.inputs.slice(rows).to_owned(), self.targets.slice(rows).to_owned())
        })
    }
}
