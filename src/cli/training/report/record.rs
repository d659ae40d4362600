//! What a training run leaves behind: the names of these fields are those of report.json.

use std::collections::BTreeMap;

use seal_nn::{
    nn::{
        metrics::{Classification, Errors, Regression},
        training::Lowering,
    },
    report::{Machine, Memory, format::percent},
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::cli::remote::Line;

/// A training run. Numbers that are not finite (a run that diverged) become `null` in report.json.
///
/// What a caller does not know keeps its default: `TrainReport { seed: 7, ..Default::default() }`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrainReport {
    /// Version of this crate.
    pub version: String,
    /// Name of the data set.
    pub dataset: String,
    /// Seed of split, weights and batches.
    pub seed: u64,
    /// Widths of the layers: `4-8-3`.
    pub network: String,
    /// How values lie in the slots: the name of the layout.
    pub layout: String,
    /// Activation of the hidden layer.
    pub activation: String,
    /// What computed: `seal`, or a stand-in.
    pub backend: String,
    /// Samples in a step.
    pub batch: usize,
    /// How much of the training samples the steps use.
    pub schedule: Schedule,
    /// Steps between two refreshes; `steps` has an entry for each refresh.
    pub refresh_every: usize,
    /// How steps were made: loss, optimiser, rates and all else that determines a training, by name.
    pub settings: BTreeMap<String, String>,
    /// What losses measure.
    pub loss: String,
    /// Where it ran.
    pub machine: Machine,
    /// Encryption parameters.
    pub parameters: Parameters,
    /// The steps after which weights were refreshed, in order.
    pub steps: Vec<StepReport>,
    /// Median of the steps' seconds .
    pub seconds_per_step: f64,
    /// Seconds that the key holder spent on a refresh, on average.
    pub refresh_seconds: f64,
    /// Where training diverged, and what was done.
    pub divergence: Divergence,
    /// What the client chose by a validation part; `None` without one.
    pub validation: Option<Validation>,
    /// Held-out samples; `None` when the run stopped before they were classified.
    pub test: Option<TestReport>,
    /// Operations of one step; on average and rounded up where there are several between two refreshes.
    pub operations_per_step: Operations,
    /// Where the time of the steps went.
    pub breakdown: Vec<OperationTime>,
    /// The same time by kind of work; empty where SEAL's own calls switch keys, which do not tell.
    pub profile: Vec<StageTime>,
    /// Bytes exchanged.
    pub bytes: Traffic,
    /// All that crossed the line to a server of another process, since this one began; `None` in one process.
    pub line: Option<Line>,
    /// Ranks that computed: 1 for one process.
    pub ranks: usize,
    /// Evaluation keys.
    pub keys: Keys,
    /// How exact the encrypted values were.
    pub precision: Precision,
    /// Memory of the process, both parties together.
    pub memory: Memory,
    /// Refreshes by the server itself; `None` where the client refreshes.
    pub bootstraps: Option<Bootstraps>,
}

/// What bootstraps did between the steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Bootstraps {
    /// Ciphertexts that were bootstrapped.
    pub count: usize,
    /// Seconds that it took, of those of the steps; `None` where a server on another machine does not say.
    pub seconds: Option<f64>,
    /// Steps between two looks of the client.
    pub look_every: usize,
    /// The largest weight or velocity that they expected.
    pub bound: f64,
    /// The largest weight at the end.
    pub largest_weight: f64,
    /// Bits between the bound and the modulus that is removed.
    pub ratio_bits: u32,
    /// The period with which values repeat in the slots.
    pub period: usize,
    /// The standard deviation of the noise that one leaves in a weight, by the noise model.
    pub deviation: f64,
    /// By how much the sine bends a value at the bound towards zero.
    pub bend: f64,
    /// Keys, by number and by bytes as sent.
    pub keys: usize,
    pub key_bytes: u64,
    /// Bits of the largest modulus, which counts for security.
    pub modulus_bits: u32,
    /// What the weights came to between the client's looks, in experiments that decrypt them for the report.
    pub curve: Vec<CurvePoint>,
}

/// The weights after a step that no client sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CurvePoint {
    pub step: usize,
    pub loss: f64,
    /// On training samples.
    pub train_accuracy: f64,
}

/// Encryption parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Parameters {
    /// Degree N of the ring; a ciphertext has N/2 slots.
    pub poly_modulus_degree: usize,
    /// Bits of each prime of the modulus, the special prime last.
    pub coeff_modulus_bits: Vec<u32>,
    /// Security level: 128, or 0 where it was switched off for a test.
    pub security_bits: u32,
}

/// What a training was asked for: steps that use the samples in turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Schedule {
    /// Steps.
    pub steps: usize,
    /// Training samples.
    pub samples: usize,
    /// Those that a step uses.
    pub used: usize,
    /// How often each is used, on average.
    pub epochs: f64,
}

/// One training step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepReport {
    /// Number of the step, from 1.
    pub step: usize,
    /// Seconds of the encrypted step; the mean of those since the last refresh.
    pub seconds: f64,
    /// After this step, encrypted.
    pub encrypted: Progress,
    /// After the same step in the clear.
    pub clear: Progress,
    /// Largest difference between an encrypted and a clear weight.
    #[serde(deserialize_with = "number")]
    pub max_weight_difference: f64,
    /// Memory of the process after this step; `None` where the system does not tell.
    pub resident_bytes: Option<u64>,
}

/// How good a network is on training samples: those of the batch, with the weights before the step, where the client
/// computes the loss; on all of them, with the weights after it, where the server does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The mean loss.
    #[serde(deserialize_with = "number")]
    pub loss: f64,
    /// Share of samples classified correctly, 0 to 1; `None` where numbers are predicted.
    pub train_accuracy: Option<f64>,
    /// The mean loss on the validation part, where there is one.
    pub validation_loss: Option<f64>,
}

/// What the client chose by samples that it kept back from training. The run in the clear chose for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Validation {
    /// How many samples.
    pub samples: usize,
    /// Steps without a lower validation loss after which training stops; `None` where it does not.
    pub patience: Option<usize>,
    /// In the encrypted run.
    pub encrypted: Choice,
    /// In the clear.
    pub clear: Choice,
}

/// The weights that a run ended with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Choice {
    /// The step they came out of, from 1; 0 for those that training started from.
    pub best_step: usize,
    /// Their validation loss, the lowest of all.
    pub best_loss: f64,
    /// The step after which training stopped.
    pub last_step: usize,
}

/// What was done when weights left their range.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Divergence {
    /// `stop`, or `lower-rate`: back to the weights of the lowest training loss, and on with half the rates.
    pub policy: String,
    /// Each time that the encrypted run did so.
    pub encrypted: Vec<Lowering>,
    /// The same in the clear.
    pub clear: Vec<Lowering>,
}

/// Held-out samples: classes or numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TestReport {
    /// How many samples.
    pub samples: usize,
    /// Share classified correctly by the network trained under encryption, 0 to 1.
    pub encrypted_accuracy: Option<f64>,
    /// The same for the network trained in the clear.
    pub clear_accuracy: Option<f64>,
    /// The same for an ordinary network of the same widths (ReLU, softmax), trained in the clear until it settled; `None`
    /// without a hidden layer.
    pub ordinary_accuracy: Option<f64>,
    /// The classes one by one, by the network trained under encryption; `None` for numbers.
    pub classification: Option<Classification>,
    /// How exactly numbers are predicted; `None` for classes.
    pub regression: Option<RegressionTest>,
}

/// How exactly numbers are predicted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RegressionTest {
    /// By the network trained under encryption, beside the mean of the training part.
    pub encrypted: Regression,
    /// By the network trained in the clear.
    pub clear: Errors,
    /// By an ordinary network of the same widths; `None` without a hidden layer.
    pub ordinary: Option<Errors>,
}

impl TestReport {
    /// The result in a line.
    pub fn in_words(&self) -> String {
        let TestReport { samples, encrypted_accuracy, clear_accuracy, ordinary_accuracy, regression, .. } = self;
        if let Some(RegressionTest { encrypted, clear, ordinary }) = regression {
            let ordinary =
                ordinary.map_or_else(String::new, |errors| format!(", {:.3} by an ordinary network", errors.r2));
            return format!(
                "R2 {:.3} on {samples} held-out samples, {:.3} in the clear{ordinary}; mean absolute error {:.4}, of the mean {:.4}",
                encrypted.model.r2,
                clear.r2,
                encrypted.model.mean_absolute_error,
                encrypted.baseline.mean_absolute_error,
            );
        }
        let percent = |share: &Option<f64>| share.map_or_else(String::new, percent);
        let ordinary = match ordinary_accuracy {
            Some(_) => format!(", {} by an ordinary network", percent(ordinary_accuracy)),
            None => String::new(),
        };
        let (encrypted, clear) = (percent(encrypted_accuracy), percent(clear_accuracy));
        format!("{encrypted} right of {samples} held-out samples, {clear} in the clear{ordinary}")
    }
}

/// Counts of homomorphic operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Operations {
    /// Rotations with a decomposition of their own.
    pub rotations: u64,
    /// Rotations that share the decomposition of another one.
    pub hoisted_rotations: u64,
    /// Relinearisations.
    pub relinearizations: u64,
    /// Products of two ciphertexts.
    pub ciphertext_products: u64,
    /// Products of a ciphertext and a plaintext.
    pub plaintext_products: u64,
    /// Divisions by the last prime.
    pub rescales: u64,
}

/// Time that one kind of operation took over the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OperationTime {
    /// Its name.
    pub operation: String,
    /// How often it ran.
    pub count: u64,
    /// Seconds, summed over threads.
    pub seconds: f64,
    /// Its share of all `seconds` in the list, 0 to 1.
    pub share: f64,
}

/// Time that one kind of work took over the whole run, whichever operation asked for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StageTime {
    /// `ntt`, `base-conversion` (with the transform whose first pass computes it), `inner-product`, `product`,
    /// `division` (permutations and additions too), `encode`, `other`.
    pub stage: String,
    /// Seconds, summed over threads.
    pub seconds: f64,
    /// Its share of all `seconds` in the list, 0 to 1.
    pub share: f64,
}

/// Bytes exchanged during training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// From the holder of the data and the secret key.
    pub client_to_server: u64,
    /// To it.
    pub server_to_client: u64,
}

/// Evaluation keys that the server received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Keys {
    /// Rotation steps with a Galois key, positive to the left.
    pub galois_steps: Vec<i32>,
    /// Bytes of the Galois keys.
    pub galois_bytes: u64,
    /// Bytes of the relinearisation key.
    pub relin_bytes: u64,
}

/// Correct bits after the binary point, at the worst weight; `None` where nobody measured or predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Precision {
    /// What the noise model promised.
    pub predicted_bits: Option<f64>,
    /// What a comparison with the clear run showed.
    pub measured_bits: Option<f64>,
}

/// A number that JSON wrote as `null` because it is not finite.
pub fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

impl StageTime {
    /// Shares of what was measured; `other` is what `operations` (seconds, all together) took beyond them.
    pub fn profile<const N: usize>(stages: [(&str, f64); N], operations: f64) -> Vec<StageTime> {
        let known: f64 = stages.iter().map(|(_, seconds)| seconds).sum();
        let total = operations.max(known);
        let other = [("other", total - known)];
        let share = |seconds: f64| if total > 0.0 { seconds / total } else { 0.0 };
        let entry = |(stage, seconds): (&str, f64)| StageTime { stage: stage.into(), seconds, share: share(seconds) };
        stages.into_iter().chain(other).map(entry).collect()
    }
}

impl OperationTime {
    /// A breakdown from (operation, count, seconds): shares filled in, the longest first.
    pub fn breakdown<N: Into<String>>(times: impl IntoIterator<Item = (N, u64, f64)>) -> Vec<OperationTime> {
        let mut list: Vec<OperationTime> = times
            .into_iter()
            .map(|(name, count, seconds)| OperationTime { operation: name.into(), count, seconds, share: 0.0 })
            .collect();
        let total: f64 = list.iter().map(|entry| entry.seconds).sum();
        if total > 0.0 {
            list.iter_mut().for_each(|entry| entry.share = entry.seconds / total);
        }
        list.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        list
    }
}
