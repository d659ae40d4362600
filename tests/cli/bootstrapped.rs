//! Training whose server refreshes by itself, as a user meets it.

use std::{fs, path::Path, time::Duration};

use assert_cmd::{Command, assert::Assert};
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{assert_names, command, stdout};

fn seal_nn(folder: &Path, args: &[&str]) -> Assert {
    Command::from_std(command(folder, args)).timeout(Duration::from_secs(120)).assert()
}

const BOOTSTRAP: &[&str] = &["--refresh", "bootstrap"];

#[test]
fn a_training_with_nobody_in_the_loop_reports_its_bootstraps() {
    let folder = tempdir().unwrap();
    let args = ["train", "--backend", "clear", "--steps", "5", "--momentum", "0", "--look-every", "3", "--out", "run"];
    let run = seal_nn(folder.path(), &[&args, BOOTSTRAP].concat()).success();
    assert_names(&stdout(&run), &["by bootstrapping at the server", "period 64", "every 3 steps", "868 bits"]);
    let report = fs::read_to_string(folder.path().join("run/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let bootstraps = &report["bootstraps"];
    // Between three steps and between two.
    assert_eq!((&bootstraps["count"], &bootstraps["look_every"]), (&3.into(), &3.into()));
    assert_eq!(
        report["steps"].as_array().unwrap().iter().map(|s| s["step"].as_u64().unwrap()).collect::<Vec<_>>(),
        [3, 5]
    );
    assert_eq!(report["settings"]["refresh"], "bootstrap");
    let (largest, bound) = (bootstraps["largest_weight"].as_f64().unwrap(), bootstraps["bound"].as_f64().unwrap());
    assert!(largest <= bound / 2.0 && largest > bound / 8.0, "{largest} {bound}");
    let difference = report["steps"][1]["max_weight_difference"].as_f64().unwrap();
    assert!((1e-9..1e-4).contains(&difference), "{difference:e}");
}

#[test]
fn the_plan_says_what_bootstraps_cost() {
    let folder = tempdir().unwrap();
    let run = seal_nn(folder.path(), &[&["plan"], BOOTSTRAP].concat()).success();
    let words = ["A bootstrap of one ciphertext", "estimated time of one", "memory of these keys", "every 30 steps"];
    assert_names(&stdout(&run), &words);
}

#[test]
fn layouts_are_compared_with_their_bootstraps() {
    let folder = tempdir().unwrap();
    let run = seal_nn(folder.path(), &[&["plan", "--compare"], BOOTSTRAP].concat()).success();
    assert_names(&stdout(&run), &["With --refresh bootstrap", "every 30 steps"]);
}

#[test]
fn what_no_bootstrap_does_is_refused() {
    for (args, words) in [
        (&["--look-every", "3"] as &[&str], &["--look-every", "--refresh bootstrap"] as &[&str]),
        (&["--refresh", "client", "--weight-bound", "2"], &["--weight-bound", "--refresh bootstrap"]),
        (&["--refresh", "bootstrap", "--weight-bound", "-2"], &["--weight-bound", "positive"]),
        (&["--refresh", "bootstrap", "--look-every", "0"], &["--look-every", "at least 1"]),
        (&["--refresh", "bootstrap", "--poly-modulus-degree", "16384"], &["16384", "32768"]),
        (&["--refresh", "bootstrap", "--coeff-modulus-bits", "50,40,50"], &["leave out"]),
        (
            &["--refresh", "bootstrap", "--layout", "merged", "--refresh-every", "2", "--poly-modulus-degree", "32768"],
            &["868", "fewer levels"],
        ),
        (&["--refresh", "bootstrap", "--step", "split"], &["--refresh bootstrap", "--step whole"]),
        // The run in the clear leaves this range.
        (&["--refresh", "bootstrap", "--weight-bound", "0.5"], &["5.000e-1", "step", "a larger --weight-bound"]),
    ] {
        let folder = tempdir().unwrap();
        let run = seal_nn(folder.path(), &[&["train", "--backend", "clear"], args].concat()).failure();
        let message = String::from_utf8(run.get_output().stderr.clone()).unwrap();
        assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
        assert_names(&message, words);
    }
}
