//! What `reproduce mihara2020` leaves behind: the names of these fields are those of mihara2020.json.

use seal_nn::report::Claim;
use serde::{Deserialize, Serialize};

use crate::cli::reproduce::run_info::RunInfo;

/// Figures beside those of Mihara et al. 2020. Everything is planned or measured in the run, except the claims.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MiharaReport {
    /// What made the figures; the seed is that of data and weights of the timed steps.
    #[serde(flatten)]
    pub run: RunInfo,
    /// Who switches keys: `seal`, or `hybrid`.
    pub key_switching: String,
    /// One training step in each layout: counts, and seconds where it was run.
    pub steps: Vec<LayoutStep>,
    /// Layouts that cannot hold a network or batch.
    pub refused: Vec<Refusal>,
    /// Baselines over our layout.
    pub ratios: Vec<Ratio>,
    /// Trainings on Iris, a seed each.
    pub iris: Vec<IrisRun>,
    /// Trainings on the other data sets, with the defaults of `seal-nn train`.
    pub trainings: Vec<TrainingRun>,
    /// Steps of networks d-d-d.
    pub scaling: Vec<Scaling>,
    /// What the paper says, beside ours.
    pub claims: Vec<Claim>,
    /// What the paper leaves open and was chosen here.
    pub guesses: Vec<String>,
}

/// One training step of a network in a layout.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LayoutStep {
    /// Inputs of every layer, a bias input counted: `4-8-3`.
    pub network: String,
    /// Samples in the step.
    pub batch: usize,
    /// Name of the layout.
    pub layout: String,
    /// The same with its shape, where a layout has several.
    pub shape: String,
    /// Whether it is the one that a training chooses by default, with which the published ones are compared.
    pub ours: bool,
    /// Degree N of the ring.
    pub poly_modulus_degree: usize,
    /// What the step takes, as planned; a step that was run took exactly that.
    #[serde(flatten)]
    pub counts: StepCounts,
    /// Median of the server's seconds; `None` when it was not run.
    pub seconds: Option<f64>,
    /// The same for ours, in turns with it; for published layouts.
    pub ours_seconds: Option<f64>,
    /// Largest memory of the process that ran it, with client and keys; `None` where the system does not tell.
    pub peak_rss_bytes: Option<u64>,
    /// Largest difference of an updated weight from the same step in plain numbers.
    pub max_weight_difference: Option<f64>,
    /// Why it was not run.
    pub not_run: Option<String>,
}

/// Operations, levels and keys of a step, with what they are modelled to cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StepCounts {
    /// Rotations, hoisted ones included.
    pub rotations: u64,
    /// Rotations asked for together with others of the same ciphertext.
    pub hoisted_rotations: u64,
    /// Relinearisations.
    pub relinearizations: u64,
    /// Products of two ciphertexts.
    pub ciphertext_products: u64,
    /// Products of a ciphertext and a plaintext.
    pub plaintext_products: u64,
    /// Divisions by the last prime.
    pub rescales: u64,
    /// Levels.
    pub depth: usize,
    /// Rotation steps that need a Galois key.
    pub galois_keys: usize,
    /// Cost in full key switches, whatever their level.
    pub modelled_cost: f64,
    /// Work in key switches at N = 16384 with 8 data primes, aware of levels.
    pub modelled_work: f64,
}

impl StepCounts {
    /// The heavy operations: rotations and relinearisations.
    pub fn key_switches(&self) -> u64 {
        self.rotations + self.relinearizations
    }
}

/// A layout that cannot hold a network with a batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Refusal {
    /// The network.
    pub network: String,
    /// Samples in the step.
    pub batch: usize,
    /// The layout.
    pub layout: String,
    /// Why.
    pub reason: String,
}

/// How much more a baseline takes than our layout for the same step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ratio {
    /// The network.
    pub network: String,
    /// Samples in the step.
    pub batch: usize,
    /// The baseline.
    pub against: String,
    /// Our layout.
    pub ours: String,
    /// By modelled cost, in full key switches.
    pub by_count: f64,
    /// By rotations and relinearisations.
    pub by_key_switches: f64,
    /// By seconds, both in turns in one process; `None` when they were not run.
    pub by_clock: Option<f64>,
}

/// An encrypted training on Iris beside the same in the clear.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IrisRun {
    /// Seed of split and weights.
    pub seed: u64,
    /// Share of held-out samples that encrypted inference with the encrypted training's weights gets right.
    pub encrypted_test_accuracy: f64,
    /// The same all in the clear.
    pub clear_test_accuracy: f64,
    /// Held-out samples.
    pub test_samples: usize,
    /// Accuracy on them after each step.
    pub steps: Vec<IrisStep>,
    /// Largest difference of a weight at the end.
    pub max_weight_difference: f64,
    /// Median of the server's seconds for a step.
    pub seconds_per_step: f64,
}

/// An encrypted training by `seal-nn train` beside the same in the clear, and beside an ordinary network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingRun {
    /// The data set.
    pub dataset: String,
    /// Seed of split and weights.
    pub seed: u64,
    /// Steps of training.
    pub steps: usize,
    /// Held-out samples.
    pub test_samples: usize,
    /// Share of them that encrypted inference with the encrypted training's weights gets right.
    pub encrypted_test_accuracy: f64,
    /// The same all in the clear.
    pub clear_test_accuracy: f64,
    /// Of an ordinary network of the same width (ReLU, softmax), trained in the clear.
    pub ordinary_test_accuracy: f64,
    /// Median of the server's seconds for a step.
    pub seconds_per_step: f64,
}

/// Held-out accuracy after a step, with the weights that the client decrypts at the refresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IrisStep {
    /// From 1.
    pub step: usize,
    /// Of the encrypted training.
    pub encrypted_accuracy: f64,
    /// Of the same in the clear.
    pub clear_accuracy: f64,
}

/// A training step of the network d-d-d.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scaling {
    /// Units of every layer.
    pub d: usize,
    /// Samples in the step.
    pub batch: usize,
    /// Name of our layout.
    pub layout: String,
    /// The same with its shape.
    pub shape: String,
    /// Degree N of the ring.
    pub poly_modulus_degree: usize,
    /// What the step takes.
    #[serde(flatten)]
    pub counts: StepCounts,
    /// Ciphertexts of the weights.
    pub weight_ciphertexts: usize,
    /// Ciphertexts of samples and targets.
    pub batch_ciphertexts: usize,
    /// Seconds of the server, modelled from the work and a key switch measured on this machine.
    pub modelled_seconds: f64,
    /// Memory of keys and ciphertexts, modelled from the plan.
    pub modelled_bytes: u64,
    /// Measured seconds of the server; `None` when it was not run.
    pub seconds: Option<f64>,
    /// Measured memory of the process, client and server together.
    pub peak_rss_bytes: Option<u64>,
    /// Why it was not run.
    pub not_run: Option<String>,
    /// The paper's diagonals for the same step, where they fit.
    pub diagonal: Option<StepCounts>,
}
