//! The data of a training, in parts, and how long it is to be.

use ndarray::{Array1, Array2, Axis};
use seal_nn::{
    Result,
    data::{Note, Preparation},
    model::Task,
    nn::{
        learning::{Loss, Targets},
        training::{EarlyStopping, Losses, OnDivergence},
    },
    protocol::ParameterRequest,
    report::format,
};

use super::report::Schedule;
use crate::cli::{backend_args::BackendName, problem::Problem};

/// Everything that a training starts from, but how its steps are made.
pub struct Experiment {
    pub dataset: String,
    /// The fingerprint of the whole data set.
    pub data: String,
    /// What is to be predicted.
    pub task: Task,
    /// Classes and columns in words.
    pub description: String,
    /// What was noticed in the data.
    pub notes: Vec<Note>,
    pub preparation: Preparation,
    pub train: Part,
    /// The validation part, known to the client only.
    pub validation: Option<Part>,
    pub test: Part,
    /// The largest number of samples per batch.
    pub batch: usize,
    /// Batches whose gradients are added before an update.
    pub batches_per_step: usize,
    /// Equal shares of every batch, for as many ranks.
    pub ranks: usize,
    pub steps: usize,
    /// Steps without a lower validation loss after which training stops.
    pub patience: Option<usize>,
    pub on_divergence: OnDivergence,
    pub seed: u64,
    pub request: ParameterRequest,
}

impl Experiment {
    /// What determines a training but its length and its steps, by name, for its checkpoints.
    pub fn settings(&self, backend: BackendName) -> Vec<(&'static str, String)> {
        let shares = (self.ranks > 1).then(|| ("ranks", self.ranks.to_string()));
        let settings = [
            ("data", self.data.clone()),
            ("backend", backend.to_string()),
            ("batch", self.batch.to_string()),
            ("batches per step", self.batches_per_step.to_string()),
            ("policy on divergence", self.on_divergence.to_string()),
            ("validation samples", self.validation.as_ref().map_or(0, Part::len).to_string()),
            ("seed", self.seed.to_string()),
        ];
        settings.into_iter().chain(shares).collect()
    }

    /// The client's decisions before the first step. The encrypted run and the one in the clear make them independently.
    pub fn stopping<W: Clone>(&self, weights: &W, losses: Losses) -> EarlyStopping<W> {
        let stopping = EarlyStopping::new(self.steps, weights.clone(), losses);
        stopping.with_patience(self.patience).with_policy(self.on_divergence)
    }

    /// The number of batches.
    pub fn batches(&self) -> usize {
        self.train.len().div_ceil(self.batch)
    }

    /// How much of the training part the steps use.
    pub fn schedule(&self) -> Schedule {
        let (samples, batches) = (self.train.len(), self.batches());
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
}

/// A part of the data, prepared.
#[derive(Clone)]
pub struct Part {
    /// `samples x features`, from -1 to 1.
    pub features: Array2<f64>,
    pub goal: Goal,
}

/// What samples have to be predicted as.
#[derive(Clone)]
pub enum Goal {
    /// Classes, counted from 0.
    Classes { labels: Vec<usize>, classes: usize },
    /// Numbers, in the unit of their column and on the scale of the training part, `samples x 1` each.
    Numbers { values: Array2<f64>, scaled: Array2<f64> },
}

impl Part {
    pub fn new(problem: &Problem, task: &Task, preparation: &Preparation) -> Result<Part> {
        let (features, _) = preparation.encode(problem.table())?;
        let column = |numbers: Vec<f64>| Array1::from(numbers).insert_axis(Axis(1));
        let goal = match (problem, task) {
            (Problem::Numbers(table), Task::Number { scale, .. }) => {
                Goal::Numbers { scaled: column(scale.apply(&table.values)), values: column(table.values.clone()) }
            }
            (Problem::Numbers(table), Task::Classes(_)) => {
                let values = column(table.values.clone());
                Goal::Numbers { scaled: values.clone(), values }
            }
            (Problem::Classes(table), _) => {
                Goal::Classes { labels: table.labels.clone(), classes: table.classes.len() }
            }
        };
        Ok(Part { features: preparation.scaler().apply(&features)?, goal })
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.features.nrows()
    }

    /// The classes; none if numbers are to be predicted.
    pub fn labels(&self) -> &[usize] {
        match &self.goal {
            Goal::Classes { labels, .. } => labels,
            Goal::Numbers { .. } => &[],
        }
    }

    /// What a network is to learn, for a loss.
    pub fn targets(&self, loss: Loss) -> Result<Targets> {
        match &self.goal {
            Goal::Classes { labels, classes } => Targets::classes(labels, *classes, loss),
            Goal::Numbers { scaled, .. } => Targets::numbers(scaled.clone()),
        }
    }
}
