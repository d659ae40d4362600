//! What a comparison leaves behind: the names of these fields are those of tables.json.

use serde::{Deserialize, Serialize};

use crate::cli::reproduce::run_info::RunInfo;

/// All tables of some folders, each with every model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TablesReport {
    /// Version, machine, security.
    pub run: RunInfo,
    /// What all tables have in common.
    pub training: Training,
    /// The version of scikit-learn, where there was one.
    pub scikit_learn: Option<String>,
    /// Why its models are missing.
    pub without_scikit_learn: Option<String>,
    /// The tables, by name.
    pub tables: Vec<TableResult>,
    /// Tables that could not be used.
    pub skipped: Vec<Skipped>,
    /// Differences between models over all tables.
    pub differences: Vec<Difference>,
}

/// What all tables of a run have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Whether on SEAL; otherwise in the clear, by the same steps.
    pub encrypted: bool,
    /// Steps that were asked for, instead of those of `seal-nn train`.
    pub steps: Option<usize>,
    /// The most iterations of scikit-learn's models that were asked for, instead of their defaults.
    pub iterations: Option<usize>,
    /// Seeds of splits, first weights and batches.
    pub seeds: Vec<u64>,
}

/// A table that could not be used.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Skipped {
    pub table: String,
    pub reason: String,
}

/// A table with every model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableResult {
    pub table: String,
    /// Of its contents.
    pub fingerprint: String,
    /// Samples, training and test together.
    pub samples: usize,
    /// Inputs of the network for the first seed.
    pub features: usize,
    /// Classes; 0 for numbers to be predicted.
    pub classes: usize,
    /// Whether it has words or gaps, or numbers to be predicted.
    pub mixed: bool,
    /// How the network is trained for the first seed.
    pub recipe: Recipe,
    /// The models: the network of `seal-nn train` first.
    pub models: Vec<ModelResult>,
}

/// How the network is trained, and what a step takes under encryption, by its plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Units of every layer, inputs first.
    pub network: String,
    /// The activation of the hidden units.
    pub activation: String,
    /// Steps.
    pub steps: usize,
    /// Samples in a step.
    pub batch: usize,
    /// By how much weights shrink in a step, times the learning rate.
    pub weight_decay: f64,
    /// Degree of the ring.
    pub poly_modulus_degree: usize,
    /// Bytes from client to server.
    pub bytes_up: u64,
    /// Bytes from server to client.
    pub bytes_down: u64,
}

/// A model on all splits of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelResult {
    pub model: String,
    /// In the order of the seeds.
    pub runs: Vec<ModelRun>,
}

/// A model on one split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRun {
    /// On the test part.
    #[serde(flatten)]
    pub scores: Scores,
    /// That training took.
    pub seconds: f64,
}

/// How good a model is on the test part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scores {
    Classification { accuracy: f64, macro_f1: f64 },
    Regression { r2: f64, mean_absolute_error: f64 },
}

/// A difference between two models in accuracy or R2, beside the least that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// What is compared.
    pub what: String,
    /// The first model less the second.
    pub difference: f64,
    /// The table, if it is that of one.
    pub table: Option<String>,
    /// The least that is asked for.
    pub least: f64,
    /// Whether it is reached.
    pub reached: bool,
}

impl Scores {
    /// Accuracy or R2.
    pub fn main(&self) -> f64 {
        match *self {
            Scores::Classification { accuracy, .. } => accuracy,
            Scores::Regression { r2, .. } => r2,
        }
    }

    /// Macro-F1 or the mean absolute error.
    pub fn other(&self) -> f64 {
        match *self {
            Scores::Classification { macro_f1, .. } => macro_f1,
            Scores::Regression { mean_absolute_error, .. } => mean_absolute_error,
        }
    }
}

impl ModelResult {
    /// The mean accuracy or R2 over the splits.
    pub fn score(&self) -> f64 {
        self.mean(|run| run.scores.main())
    }

    /// The mean of something over the splits; NaN without any.
    pub fn mean(&self, of: impl Fn(&ModelRun) -> f64) -> f64 {
        self.runs.iter().map(of).sum::<f64>() / self.runs.len() as f64
    }
}

impl TableResult {
    /// A model by its name.
    pub fn model(&self, name: &str) -> Option<&ModelResult> {
        self.models.iter().find(|model| model.model == name)
    }

    /// Whether classes are predicted.
    pub fn has_classes(&self) -> bool {
        self.classes > 0
    }
}
