//! Errors of this comparison.

/// What ends it.
#[derive(Debug, thiserror::Error)]
pub enum WithoutClientError {
    #[error("no other process of this program can be started: {reason}")]
    NoChild { reason: String },

    #[error("the training on {dataset} with seed {seed} failed: {reason}")]
    TrainingFailed { dataset: String, seed: u64, reason: String },
}
