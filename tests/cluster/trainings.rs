//! Trainings on several ranks.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::tempdir;

use crate::job::{program, succeeded};

/// What a training came to.
pub struct Trained {
    weights: Vec<f64>,
    report: Value,
}

impl Trained {
    pub fn read(folder: &Path) -> Trained {
        let json = |name: &str| serde_json::from_slice::<Value>(&fs::read(folder.join(name)).unwrap()).unwrap();
        let (model, report) = (json("model.json"), json("report.json"));
        let mut weights = Vec::new();
        numbers(&model["layers"], &mut weights);
        assert!(weights.len() > 20, "{model}");
        Trained { weights, report }
    }

    /// The largest difference of a weight from the same training in the clear, after any step.
    fn noise(&self) -> f64 {
        let steps = self.report["steps"].as_array().unwrap();
        steps.iter().map(|step| step["max_weight_difference"].as_f64().unwrap()).fold(0.0, f64::max)
    }

    /// Both trained on the same batches: in the clear they came to the same to the bit, and encrypted to the same but for
    /// the noise of each.
    #[track_caller]
    pub fn assert_same(&self, other: &Trained) {
        let clear = |trained: &Trained| {
            let steps = trained.report["steps"].as_array().unwrap().iter();
            steps.map(|step| step["clear"]["loss"].as_f64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(clear(self), clear(other));
        assert_eq!(self.weights.len(), other.weights.len());
        let apart = self.weights.iter().zip(&other.weights).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let noise = self.noise() + other.noise();
        println!("weights {apart:.1e} apart, noise {noise:.1e}");
        // A weight is of the size of 1, and a result has five digits at least.
        assert!(apart <= noise && noise < 1e-5, "weights {apart:.1e} apart, noise {noise:.1e}");
    }
}

/// All numbers below a value.
fn numbers(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::Array(list) => list.iter().for_each(|value| numbers(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| numbers(value, found)),
        _ => {}
    }
}

/// Four shares of every batch, computed by one process, by two ranks and by four.
#[track_caller]
fn come_to_the_same(args: &[&str]) {
    come_to_the_same_on([1, 2, 4], args);
}

#[track_caller]
fn come_to_the_same_on<const JOBS: usize>(ranks: [usize; JOBS], args: &[&str]) {
    let folder = tempdir().unwrap();
    let trained = ranks.map(|ranks| {
        let out = format!("out-{ranks}");
        let args = [&["train", "--ranks", "4", "--out", &out][..], args].concat();
        let printed = succeeded(program(ranks, folder.path(), &args).output().unwrap());
        let by = if ranks == 1 { "one process".into() } else { format!("{ranks} ranks") };
        assert!(printed.contains(&format!("in 4 equal shares, computed by {by}")), "{printed}");
        let trained = Trained::read(&folder.path().join(out));
        assert_eq!(trained.report["ranks"], ranks);
        trained
    });
    trained[1..].iter().for_each(|trained_too| trained_too.assert_same(&trained[0]));
}

#[test]
fn in_split_steps() {
    come_to_the_same(&["--dataset", "iris", "--steps", "6", "--batch", "96"]);
}

/// The shares of a last, smaller batch too, which not all ranks have.
#[test]
fn in_split_steps_with_samples_in_the_request() {
    come_to_the_same(&["--dataset", "iris", "--steps", "3", "--batch", "117", "--server-memory", "0"]);
}

#[test]
fn layer_by_layer() {
    come_to_the_same(&["--dataset", "iris", "--steps", "3", "--step", "layerwise", "--hidden", "6,5"]);
}

/// With weight decay, which counts the samples of all ranks, and two steps between refreshes, which ranks make without rank 0.
#[test]
fn in_whole_steps() {
    let whole = "--dataset iris --steps 4 --step whole --layout merged --refresh-every 2 --l2 0.05 --decay 0.1";
    come_to_the_same_on([1, 4], &whole.split(' ').collect::<Vec<_>>());
}

/// More batches than a step takes, and not a multiple: some ranks have none in some steps.
#[test]
fn in_whole_steps_of_some_batches() {
    let whole = "--dataset iris --steps 3 --step whole --layout merged --batch 17 --batches-per-step 4";
    come_to_the_same(&whole.split(' ').collect::<Vec<_>>());
}

#[test]
fn what_ranks_cannot_share_is_refused_before_work() {
    let folder = tempdir().unwrap();
    for (args, words) in [
        (&["--ranks", "3"][..], "--ranks is 3, but 2 ranks need a multiple of 2"),
        (&["--step", "whole", "--batches-per-step", "3"], "--batches-per-step is 3, but 2 ranks need a multiple of 2"),
        (&["--backend", "clear"], "--backend clear does not go with several ranks"),
        (&["--batch", "1"], "the number of shares of a batch"),
    ] {
        let output = program(2, folder.path(), &[&["train"], args].concat()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains(words), "{told}");
    }
}
