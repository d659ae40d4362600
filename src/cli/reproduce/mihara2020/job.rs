//! What the process that times a step is asked, and what it answers.

use serde::{Deserialize, Serialize};

use super::workload::Workload;

/// A step to time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub workload: Workload,
    /// The layout's name; the one that a training chooses by default when there is none.
    pub layout: Option<String>,
    /// Whether steps in the default layout take turns with it.
    pub beside_ours: bool,
    /// Timed steps, after one that is not.
    pub repeats: usize,
    pub threads: usize,
    pub seed: u64,
}

/// A step that was timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Median of the server's time.
    pub seconds: f64,
    /// The same for the default layout, where the two took turns.
    pub ours_seconds: Option<f64>,
    pub repeats: usize,
    /// Largest difference of a weight or velocity from plain training, over all steps of the layout.
    pub max_weight_difference: f64,
    pub peak_rss_bytes: Option<u64>,
}
