//! `seal-nn reproduce mihara2020 --quick`: what it leaves behind, and that it goes on where it stopped.
#![cfg(feature = "cli")]

use std::{fs, path::Path, time::Duration};

use assert_cmd::{assert::Assert, cargo::cargo_bin_cmd};
use serde_json::Value;
use tempfile::tempdir;

const STATE: &str = "out/mihara2020.state.json";

fn reproduce(folder: &Path, args: &[&str]) -> Assert {
    // A quarter of what it takes by default, with our key switching, which leaves more of it to timed steps than SEAL's.
    let short = ["reproduce", "mihara2020", "--quick", "--seconds", "15", "--key-switching", "hybrid", "--out", "out"];
    let args = [&short, args].concat();
    cargo_bin_cmd!("seal-nn").current_dir(folder).args(args).timeout(Duration::from_secs(300)).assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn list<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report[name].as_array().unwrap_or_else(|| panic!("{name} is no list"))
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or_else(|| panic!("{name} is no number in {value}"))
}

fn number_or_null(value: &Value, name: &str) -> Option<f64> {
    assert!(value[name].is_null() || number(value, name) > 0.0, "{name} in {value}");
    value[name].as_f64()
}

#[test]
fn the_short_form_reports_and_goes_on_where_it_stopped() {
    let folder = tempdir().unwrap();
    let run = reproduce(folder.path(), &[]).success();
    let output = text(&run.get_output().stdout);
    for words in ["estimate    about", "key switch at N = 16384", "Published layouts over ours", "wrote"] {
        assert!(output.contains(words), "{words} is not in\n{output}");
    }

    let written = fs::read_to_string(folder.path().join("out/mihara2020.json")).unwrap();
    let report: Value = serde_json::from_str(&written).unwrap();
    check_steps(&report);
    check_ratios(&report);
    check_iris(&report);
    check_scaling(&report);
    assert!(list(&report, "claims").len() > 2 && list(&report, "guesses").len() > 2);

    let readable = fs::read_to_string(folder.path().join("out/mihara2020.md")).unwrap();
    for plot in ["ratios", "iris", "scaling"] {
        let file = format!("mihara2020-{plot}.svg");
        assert!(readable.contains(&file), "{file} is not shown");
        assert!(fs::read_to_string(folder.path().join("out").join(file)).unwrap().contains("</svg>"));
    }

    goes_on(folder.path(), &report);
}

fn check_steps(report: &Value) {
    let steps = list(report, "steps");
    for step in steps {
        for count in ["rotations", "hoisted_rotations", "relinearizations", "ciphertext_products", "plaintext_products"]
        {
            assert!(step[count].is_u64(), "{count} in {step}");
        }
        for count in ["rescales", "depth", "galois_keys", "modelled_cost"] {
            assert!(number(step, count) > 0.0, "{count} in {step}");
        }
        assert!(step["network"].is_string() && step["layout"].is_string());
        // What was not run has its reason, and what was run is right.
        match number_or_null(step, "seconds") {
            Some(_) => assert!(number(step, "max_weight_difference") < 1e-4 && step["not_run"].is_null()),
            None => assert!(step["not_run"].is_string(), "{step}"),
        }
    }
    let of = |network: &str, layout: &str, batch: u64| {
        let is_it = |step: &&Value| {
            (&step["network"], &step["layout"], &step["batch"]) == (&network.into(), &layout.into(), &batch.into())
        };
        steps.iter().find(is_it).unwrap_or_else(|| panic!("no step of {network} in {layout}"))
    };
    // Counts of the specification (packing, 3).
    assert_eq!(
        (&of("4-8-3", "merged", 120)["rotations"], &of("4-8-3", "diagonal", 120)["rotations"]),
        (&20.into(), &125.into())
    );
    assert_eq!(of("62-32-10", "diagonal", 256)["rotations"], 846);
    assert!(of("4-8-3", "merged", 120)["seconds"].is_number(), "our step is always run");
}

fn check_ratios(report: &Value) {
    let ratios = list(report, "ratios");
    for network in ["4-8-3", "4-16-3", "31-16-2", "62-32-10"] {
        let of_network: Vec<&Value> = ratios.iter().filter(|ratio| ratio["network"] == network).collect();
        assert!(of_network.iter().any(|ratio| ratio["batch"] == 1), "{network} has no single sample");
        assert!(of_network.iter().any(|ratio| ratio["batch"] != 1), "{network} has no batch");
    }
    for ratio in ratios {
        assert!(
            number(ratio, "by_count") > 0.0 && number(ratio, "by_key_switches") > 0.0 && ratio["against"].is_string()
        );
        number_or_null(ratio, "by_clock");
    }
}

fn check_iris(report: &Value) {
    let runs = list(report, "iris");
    assert!(!runs.is_empty());
    for run in runs {
        assert!(run["seed"].is_u64());
        let (encrypted, clear) = (number(run, "encrypted_test_accuracy"), number(run, "clear_test_accuracy"));
        let samples = number(run, "test_samples");
        assert!((encrypted - clear).abs() * samples < 1.5, "{encrypted} encrypted, {clear} clear");
        assert!(clear > 0.85 && list(run, "steps").len() == 30);
    }
}

fn check_scaling(report: &Value) {
    let rows = list(report, "scaling");
    let widths: Vec<u64> = rows.iter().filter_map(|row| row["d"].as_u64()).collect();
    assert_eq!(widths, [4, 8, 16, 32, 64, 128, 256, 512]);
    for row in rows {
        assert!(number(row, "rotations") > 0.0);
        let timed = number_or_null(row, "seconds").is_some();
        if timed && cfg!(target_os = "linux") {
            // Keys and ciphertexts have to be somewhere.
            assert!(number(row, "peak_rss_bytes") > number(row, "modelled_bytes") / 4.0, "{row}");
        }
    }
}

/// A second run makes the piece that is gone and keeps all others; other settings are refused.
fn goes_on(folder: &Path, before: &Value) {
    let mut state: Value = serde_json::from_str(&fs::read_to_string(folder.join(STATE)).unwrap()).unwrap();
    state["iris"].as_object_mut().unwrap().remove("1").unwrap();
    fs::write(folder.join(STATE), state.to_string()).unwrap();
    let rest = reproduce(folder, &[]).success();
    assert!(text(&rest.get_output().stdout).contains("pieces      1 to run"));
    let after = fs::read_to_string(folder.join("out/mihara2020.json")).unwrap();
    let after: Value = serde_json::from_str(&after).unwrap();
    assert_eq!(after["iris"][0], before["iris"][0]);
    assert_eq!(after["iris"][1]["clear_test_accuracy"], before["iris"][1]["clear_test_accuracy"]);
    for measured in ["steps", "ratios", "scaling"] {
        assert_eq!(after[measured], before[measured], "all that was measured is kept");
    }

    for (args, words) in [(&["--seed", "5"], "another seed (0, here 5)"), (&["--threads", "7"], "7 thread(s)")] {
        let refused = reproduce(folder, args).code(2);
        let message = text(&refused.get_output().stderr);
        assert!(message.contains(words) && message.contains("--fresh"), "{message}");
    }
    fs::write(folder.join(STATE), "{}").unwrap();
    let refused = reproduce(folder, &[]).code(2);
    assert!(text(&refused.get_output().stderr).contains("cannot be read"));
}

/// The hidden command that times a step takes nothing but a job.
#[test]
fn a_step_is_not_timed_without_a_job() {
    let run = cargo_bin_cmd!("seal-nn").args(["reproduce", "time-step"]).write_stdin("{}").assert().code(2);
    let message = text(&run.get_output().stderr);
    assert!(message.starts_with("error: ") && message.contains("workload"), "{message}");
}

/// The short form on a small part of SST-2: what it claims of itself must be so.
#[cfg(feature = "embeddings")]
#[test]
fn lima2025_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sst2");
    let mut command = cargo_bin_cmd!("seal-nn");
    command.args(["reproduce", "lima2025", "--quick", "--data", data, "--out"]).arg(folder.path());
    let printed = command.assert().success();
    let text = String::from_utf8_lossy(&printed.get_output().stdout).into_owned();
    for words in ["82.5%", "Noise through the network", "What is different here", "real CKKS"] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("lima2025.json")).unwrap()).unwrap();
    let number = |path: &str| report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}"));
    assert_eq!(number("/sst2/decisions_equal"), number("/sst2/samples"));
    assert!(number("/sst2/ratio") >= 0.99);
    assert!(number("/noise_bits_left") > 10.0);
    // An overconfident head's entropy rises, its decisions stay, and the encrypted temperature is that of the clear run,
    // but for the error of the polynomials.
    for head in ["calibration", "calibration_well_trained"] {
        let figure = |name: &str, when: &str| number(&format!("/{head}/{name}/{when}"));
        assert_eq!(figure("accuracy", "before"), figure("accuracy", "after"), "{head}");
        assert!((figure("temperature", "after") / figure("temperature", "clear_after") - 1.0).abs() < 0.02, "{head}");
        assert!((figure("entropy", "after") - figure("entropy", "clear_after")).abs() < 0.02, "{head}");
        assert!(number(&format!("/{head}/difference")) < 1e-5, "{head}");
    }
    assert!(number("/calibration/entropy/after") > 5.0 * number("/calibration/entropy/before"));
    assert!(number("/calibration/nll/after") < 0.3 * number("/calibration/nll/before"));
    assert!(number("/calibration/ece/after") < number("/calibration/ece/before"));
    assert!(number("/seconds_per_sentence/batched") < number("/seconds_per_sentence/single"));
    for plot in ["calibration", "error"] {
        let svg = fs::read_to_string(folder.path().join(format!("lima2025-{plot}.svg"))).unwrap();
        assert!(svg.starts_with("<svg"), "{plot}");
    }
}
