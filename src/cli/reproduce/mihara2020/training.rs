//! A whole training by `seal-nn train`, with its defaults for the data set: anyone can repeat it by that command.

use std::{env, fs, path::Path, process::Command};

use serde::Deserialize;

use super::{error::ReproduceError, record::TrainingRun};
use crate::cli::backend_args::KeySwitchingName;

/// What is read of a training's report.json.
#[derive(Deserialize)]
struct Report {
    test: Option<Test>,
    steps: Vec<serde::de::IgnoredAny>,
    seconds_per_step: f64,
}

#[derive(Deserialize)]
struct Test {
    samples: usize,
    encrypted_accuracy: f64,
    clear_accuracy: f64,
    ordinary_accuracy: f64,
}

/// Trains in another process of this program, which leaves its report in `out`.
///
/// # Errors
/// `NoChild` when none can be started, `TrainingFailed` with what it said when it failed.
pub fn train(
    dataset: &str,
    seed: u64,
    key_switching: KeySwitchingName,
    threads: usize,
    out: &Path,
) -> Result<TrainingRun, ReproduceError> {
    let failed = |reason: String| ReproduceError::TrainingFailed { dataset: dataset.into(), seed, reason };
    let no_child = |error: std::io::Error| ReproduceError::NoChild { reason: error.to_string() };
    let output = Command::new(env::current_exe().map_err(no_child)?)
        .args(["train", "--dataset", dataset, "--seed", &seed.to_string(), "--threads", &threads.to_string()])
        .args(["--key-switching", &key_switching.to_string(), "--out"])
        .arg(out)
        .output()
        .map_err(no_child)?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("error: ").into()));
    }
    let text = fs::read(out.join("report.json")).map_err(|error| failed(error.to_string()))?;
    let report: Report = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
    let test = report.test.ok_or_else(|| failed("it tested nothing".into()))?;
    Ok(TrainingRun {
        dataset: dataset.into(),
        seed,
        steps: report.steps.len(),
        test_samples: test.samples,
        encrypted_test_accuracy: test.encrypted_accuracy,
        clear_test_accuracy: test.clear_accuracy,
        ordinary_test_accuracy: test.ordinary_accuracy,
        seconds_per_step: report.seconds_per_step,
    })
}
