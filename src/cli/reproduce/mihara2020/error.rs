//! Errors of a reproduction.

use std::path::PathBuf;

/// A failed piece, or results that do not belong together.
#[derive(Debug, thiserror::Error)]
pub enum ReproduceError {
    #[error(
        "a step of network {network} in layout {layout} differs from plain training by {actual:.2e}, but noise \
         explains at most {allowed:.0e}: this is a bug, please report it"
    )]
    WrongWeights { network: String, layout: String, actual: f64, allowed: f64 },

    #[error(
        "a step of network {network} in layout {layout} did not perform the planned operations: this is a bug, please \
         report it"
    )]
    WrongCounts { network: String, layout: String },

    #[error(
        "{} belongs to a run with another {what} ({there}, here {here}): use the same, another --out, or --fresh to \
         start over", path.display()
    )]
    OtherRun { path: PathBuf, what: &'static str, there: String, here: String },

    #[error("{} cannot be read: {reason}; use another --out, or --fresh to start over", path.display())]
    UnreadableState { path: PathBuf, reason: String },

    #[error("the process that timed a step of network {network} in layout {layout} failed: {reason}")]
    ChildFailed { network: String, layout: String, reason: String },

    #[error("the process that trained on {dataset} with seed {seed} failed: {reason}")]
    TrainingFailed { dataset: String, seed: u64, reason: String },

    #[error("cannot start another process of this program: {reason}")]
    NoChild { reason: String },
}
