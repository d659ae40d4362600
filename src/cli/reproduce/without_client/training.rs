//! A whole training by `seal-nn train`, in another process, so that its memory is its own.

use std::{env, fs, process::Command};

use serde::Deserialize;

use super::{
    error::WithoutClientError,
    record::{CurvePoint, Run},
};

/// Who refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    Client,
    Bootstrap,
}

/// What is read of a training's report.json.
#[derive(Deserialize)]
struct Report {
    test: Option<Test>,
    steps: Vec<Step>,
    seconds_per_step: f64,
    bytes: Bytes,
    keys: Keys,
    memory: Memory,
    bootstraps: Option<Bootstraps>,
}

#[derive(Deserialize)]
struct Test {
    encrypted_accuracy: f64,
    clear_accuracy: f64,
}

#[derive(Deserialize)]
struct Step {
    step: usize,
    max_weight_difference: f64,
    encrypted: Progress,
    clear: Progress,
}

#[derive(Deserialize)]
struct Progress {
    loss: f64,
    train_accuracy: Option<f64>,
}

#[derive(Deserialize)]
struct Bytes {
    client_to_server: u64,
    server_to_client: u64,
}

#[derive(Deserialize)]
struct Keys {
    galois_bytes: u64,
    relin_bytes: u64,
}

#[derive(Deserialize)]
struct Memory {
    peak: Option<u64>,
}

#[derive(Deserialize)]
struct Bootstraps {
    count: usize,
    seconds: Option<f64>,
    key_bytes: u64,
    curve: Vec<CurvePoint>,
}

/// The value of the option.
const BOOTSTRAP: &str = "bootstrap";

/// Trainings that take longer than those of the smaller data sets, with the options of each.
const LARGER: [(&str, &[&str]); 3] = [
    // The larger ring is faster, and takes more memory than most machines have.
    ("digits", &["--dataset", "digits", "--poly-modulus-degree", "32768"]),
    ("three-layers", &["--dataset", "iris", "--hidden", "8,6"]),
    ("head", &["--data", "data/sst2", "--loss", "softmax"]),
];

/// The options of `seal-nn train` that name what is trained.
fn options_of(training: &str) -> Vec<&str> {
    let larger = LARGER.iter().find(|(name, _)| *name == training);
    larger.map_or_else(|| vec!["--dataset", training], |(_, options)| options.to_vec())
}

/// Trains on a data set, with the defaults of `seal-nn train --step whole`, or one of the larger trainings.
///
/// # Errors
/// `NoChild` when no process can be started, `TrainingFailed` with what it said when it failed.
pub fn train(
    dataset: &str,
    seed: u64,
    steps: Option<usize>,
    refresh: Refresh,
    backend: &str,
) -> Result<Run, WithoutClientError> {
    let failed = |reason: String| WithoutClientError::TrainingFailed { dataset: dataset.into(), seed, reason };
    let no_child = |error: std::io::Error| WithoutClientError::NoChild { reason: error.to_string() };
    let folder = env::temp_dir().join(format!("seal-nn-without-client-{}", std::process::id()));
    let refresh = match refresh {
        Refresh::Client => "client",
        Refresh::Bootstrap => BOOTSTRAP,
    };
    let threads = rayon::current_num_threads().to_string();
    let steps = steps.map(|steps| ["--steps".to_owned(), steps.to_string()]);
    let output = Command::new(env::current_exe().map_err(no_child)?)
        .args(["train", "--step", "whole", "--refresh", refresh, "--backend", backend])
        .args(options_of(dataset))
        .args(["--seed", &seed.to_string(), "--threads", &threads])
        .args(steps.iter().flatten())
        .args((refresh == BOOTSTRAP).then_some("--watch"))
        .arg("--out")
        .arg(&folder)
        .output()
        .map_err(no_child)?;
    let report = fs::read(folder.join("report.json"));
    // What cannot be removed is in the way of nobody.
    drop(fs::remove_dir_all(&folder));
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("error: ").into()));
    }
    let report = report.map_err(|error| failed(error.to_string()))?;
    let report: Report = serde_json::from_slice(&report).map_err(|error| failed(error.to_string()))?;
    let test = report.test.ok_or_else(|| failed("it tested nothing".into()))?;
    let last = report.steps.last().ok_or_else(|| failed("it made no step".into()))?;
    let bootstraps = report.bootstraps.as_ref();
    let point = |step: usize, progress: &Progress| CurvePoint {
        step,
        loss: progress.loss,
        train_accuracy: progress.train_accuracy.unwrap_or(f64::NAN),
    };
    let between = bootstraps.into_iter().flat_map(|made| made.curve.iter().copied());
    let mut encrypted: Vec<_> = between.chain(report.steps.iter().map(|s| point(s.step, &s.encrypted))).collect();
    encrypted.sort_by_key(|point| point.step);
    let clear = report.steps.iter().map(|step| point(step.step, &step.clear)).collect();
    Ok(Run {
        steps: last.step,
        encrypted_accuracy: test.encrypted_accuracy,
        clear_accuracy: test.clear_accuracy,
        weights_apart: last.max_weight_difference,
        seconds_per_step: report.seconds_per_step,
        bytes: report.bytes.client_to_server + report.bytes.server_to_client,
        key_bytes: report.keys.galois_bytes + report.keys.relin_bytes + bootstraps.map_or(0, |made| made.key_bytes),
        peak_memory: report.memory.peak,
        encrypted,
        clear,
        bootstrap_seconds: bootstraps.and_then(|made| Some(made.seconds? / made.count.max(1) as f64)),
    })
}
