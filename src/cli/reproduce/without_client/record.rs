//! What a comparison leaves behind: the names of these fields are those of without-client.json.

use serde::{Deserialize, Serialize};

use crate::cli::reproduce::run_info::RunInfo;

/// Trainings with and without a client in the loop, and the precision of one bootstrap.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WithoutClientReport {
    /// Version, machine, security.
    pub run: RunInfo,
    /// What computed: `seal`, or the stand-in.
    pub backend: String,
    /// One for each data set and seed.
    pub comparisons: Vec<Comparison>,
    /// By the noise model.
    pub precisions: Vec<Precision>,
}

/// The same training, refreshed in two ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    pub dataset: String,
    pub seed: u64,
    /// Refreshed by its server.
    pub alone: Run,
    /// Refreshed by its client after every step.
    pub with_client: Run,
}

/// A training.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Run {
    pub steps: usize,
    /// Shares of held-out samples, 0 to 1.
    pub encrypted_accuracy: f64,
    pub clear_accuracy: f64,
    /// The largest difference from a weight of the run in the clear, at the end.
    pub weights_apart: f64,
    pub seconds_per_step: f64,
    /// Both ways, keys not included.
    pub bytes: u64,
    pub key_bytes: u64,
    /// Of both parties together.
    pub peak_memory: Option<u64>,
    /// Of one bootstrap; `None` with a client.
    pub bootstrap_seconds: Option<f64>,
    /// After each step; without a client, decrypted for this report alone.
    pub encrypted: Vec<CurvePoint>,
    /// The same in the clear, at the steps that a client sees.
    pub clear: Vec<CurvePoint>,
}

/// What the weights came to after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    pub step: usize,
    pub loss: f64,
    /// On training samples.
    pub train_accuracy: f64,
}

/// How exact one bootstrap is at N = 32768, relative to the bound of its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Precision {
    /// Bits of the sine's primes.
    pub sine_bits: u32,
    pub ratio_bits: u32,
    /// Values that repeat in the slots.
    pub period: usize,
    /// 2 where what a bootstrap has changed is bootstrapped too.
    pub passes: u32,
    /// `odd`, or `even`.
    pub parity: &'static str,
    /// The standard deviation of the noise of a value.
    pub deviation: f64,
    /// By how much a value at the bound is bent.
    pub bend: f64,
}
