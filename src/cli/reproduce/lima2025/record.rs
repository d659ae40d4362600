//! What `reproduce lima2025` leaves behind: the names of these fields are those of lima2025.json.

use seal_nn::report::Claim;
use serde::Serialize;

use super::error_plot::ErrorCurve;
use crate::cli::{hnn::Stage, reproduce::run_info::RunInfo};

/// Figures beside those of Florencio, Alencar and Lima 2025. Everything is measured in the run, except the claims.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LimaReport {
    /// What made the figures; the seed is that of the heads' first weights.
    #[serde(flatten)]
    pub run: RunInfo,
    /// The head on SST-2.
    pub sst2: Sst2,
    /// Calibration of a head that learned its samples by heart.
    pub calibration: CalibrationRun,
    /// The same for one that did not.
    pub calibration_well_trained: CalibrationRun,
    /// A head trained under encryption.
    pub encrypted_training: Option<HeadTrainingRun>,
    /// Bits of a probability that noise leaves, `-log2` of the largest difference from the circuit without noise.
    pub noise_bits_left: f64,
    /// Noise through the network.
    pub stages: Vec<Stage>,
    /// Server time.
    pub seconds_per_sentence: PerSentence,
    /// Largest memory of the process, both parties together; `None` where the system does not tell.
    pub peak_rss_bytes: Option<u64>,
    /// Bytes.
    pub bytes: Bytes,
    /// What the paper says, beside ours.
    pub claims: Vec<Claim>,
    /// What is different here.
    pub differences: Vec<String>,
    /// The soft-argmax's error over the range promised to it.
    #[serde(skip)]
    pub error_curves: Vec<ErrorCurve>,
}

/// A head on the test sentences.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sst2 {
    /// Widths and activation of the head.
    pub head: String,
    /// Test sentences.
    pub samples: usize,
    /// Of the head in the clear.
    pub plain_accuracy: f64,
    /// Of the encrypted head.
    pub encrypted_accuracy: f64,
    /// Encrypted over plain.
    pub ratio: f64,
    /// Sentences that both put into the same class.
    pub decisions_equal: usize,
    /// Of a head of the same widths with ReLU, in the clear.
    pub relu_accuracy: Option<f64>,
    /// Encrypted over that.
    pub ratio_to_relu: Option<f64>,
    /// Sentences whose logits left the promised range.
    pub outside_range: usize,
    /// N.
    pub poly_modulus_degree: usize,
    /// Levels of the circuit.
    pub levels: usize,
    /// Rotations for a ciphertext.
    pub rotations: u64,
    /// Relinearisations for a ciphertext.
    pub relinearizations: u64,
    /// Sentences in a ciphertext.
    pub batch: usize,
}

/// A figure before calibration, after it under encryption, and after the same in the clear with the exact softmax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BeforeAfter {
    /// By the client in the clear, at temperature 1.
    pub before: f64,
    /// Learned and measured under encryption.
    pub after: f64,
    /// Learned and measured in the clear.
    pub clear_after: f64,
}

/// A calibration; all figures but the temperature on test samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CalibrationRun {
    /// The head.
    pub head: String,
    /// Validation samples.
    pub samples: usize,
    /// Steps.
    pub steps: usize,
    /// N.
    pub poly_modulus_degree: usize,
    /// Seconds of a step, both parties.
    pub seconds_per_step: f64,
    /// T.
    pub temperature: BeforeAfter,
    /// Share of test samples right.
    pub accuracy: BeforeAfter,
    /// Negative log-likelihood, nats.
    pub nll: BeforeAfter,
    /// Expected calibration error, 15 bins.
    pub ece: BeforeAfter,
    /// Entropy, nats.
    pub entropy: BeforeAfter,
    /// Largest relative difference of 1/T from the same steps in the clear by the same polynomials.
    pub difference: f64,
    /// Bits of the probabilities that noise leaves at the end.
    pub noise_bits_left: f64,
    /// NLL on the validation samples after each step, encrypted.
    pub course: Vec<CalibrationStep>,
}

/// After a step of calibration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CalibrationStep {
    /// From 1.
    pub step: usize,
    /// T, learned under encryption.
    pub temperature: f64,
    /// T, learned in the clear by the exact softmax.
    pub clear_temperature: f64,
    /// On the validation samples, with the encrypted T.
    pub nll: f64,
    /// The same.
    pub entropy: f64,
}

/// A head trained with embeddings, labels and weights encrypted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HeadTrainingRun {
    /// Training samples.
    pub samples: usize,
    /// Validation samples, by which the client stops.
    pub validation_samples: usize,
    /// Steps done.
    pub steps: usize,
    /// The step whose head the client kept.
    pub best_step: usize,
    /// Seconds of a step, both parties.
    pub seconds_per_step: f64,
    /// On test samples.
    pub encrypted_accuracy: f64,
    /// The same steps in the clear, exact softmax.
    pub clear_accuracy: f64,
    /// Largest difference of a weight from the same steps in the clear by the same polynomials.
    pub max_weight_difference: f64,
}

/// Seconds of the server for a sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PerSentence {
    /// Alone in its ciphertext.
    pub single: f64,
    /// With as many as fit.
    pub batched: f64,
}

/// Bytes that travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bytes {
    /// Evaluation keys, once.
    pub keys: usize,
    /// A ciphertext of embeddings with its answer.
    pub exchange: usize,
}
