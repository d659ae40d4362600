//! `seal-nn hnn` on the command line.
#![cfg(feature = "cli")]

use std::{fs, path::Path};

use assert_cmd::cargo::cargo_bin_cmd;
use npyz::WriterBuilder;
use serde_json::Value;

fn hnn(args: &[&str], out: &Path) -> assert_cmd::assert::Assert {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sst2");
    let mut command = cargo_bin_cmd!("seal-nn");
    command.args(["hnn", "--out"]).arg(out);
    if !args.contains(&"--data") {
        command.args(["--data", data]);
    }
    command.args(args).assert()
}

fn results(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("hnn.json")).unwrap()).unwrap()
}

/// The head of the specification: 7 levels, N = 16384, 16 sentences in a ciphertext.
#[test]
fn sentences_are_classified_as_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let printed = hnn(&["--samples", "48"], folder.path()).success();
    let text = String::from_utf8_lossy(&printed.get_output().stdout).into_owned();
    for words in ["N = 16384", "7 levels", "16 sentences per ciphertext", "equal decisions", "48 of 48"] {
        assert!(text.contains(words), "{words} is missing in\n{text}");
    }
    let results = results(folder.path());
    assert_eq!(results["samples"], 48);
    assert_eq!(results["decisions_equal"], 48);
    assert_eq!(results["encrypted_accuracy"], results["plain_accuracy"]);
    assert!(results["encrypted_accuracy"].as_f64().unwrap() > 0.65, "48 sentences at 0.78: three deviations are 0.18");
    assert_eq!(results["outside_range"].as_array().unwrap().len(), 0);
    // tests/nn/head derives what noise allows; a scale of 36 bits or more leaves at least ten bits.
    assert!(results["largest_difference"].as_f64().unwrap() < 1e-3);
    let p = results["probabilities"][0].as_array().unwrap();
    let (p, s) = ([p[0].as_f64().unwrap(), p[1].as_f64().unwrap()], results["positions"][0].as_f64().unwrap());
    assert!((p[0] + p[1] - 1.0).abs() < 1e-9 && (s - p[1]).abs() < 1e-3, "{p:?} {s}");
}

/// A head that is trained encrypted, in one round trip a step without a hidden layer and in two with one.
#[test]
fn heads_are_trained_on_encrypted_embeddings() {
    for (head, backend, steps) in [("linear", "seal", 12), ("quadratic", "seal", 2), ("quadratic", "clear", 60)] {
        let folder = tempfile::tempdir().unwrap();
        let steps_asked = steps.to_string();
        let args = ["--training", "encrypted", "--head", head, "--backend", backend, "--steps", &steps_asked];
        hnn(&[&args[..], &["--samples", "200"]].concat(), folder.path()).success();
        let results = results(folder.path());
        let training = &results["training"];
        assert_eq!((&training["steps"], &training["batch"]), (&steps.into(), &128.into()));
        // Gradients keep seven digits, and Adam divides by their size, so that a small one may keep three.
        let difference = training["max_weight_difference"].as_f64().unwrap();
        assert!(difference > 0.0 && difference < 1e-4, "{head} {backend}: {difference}");
        let losses: Vec<f64> = training["losses"].as_array().unwrap().iter().map(|l| l.as_f64().unwrap()).collect();
        if steps > 2 {
            assert!(losses[1] < 0.9 * losses[0], "{head} {backend}: {losses:?}");
            assert!(results["encrypted_accuracy"].as_f64().unwrap() > 0.68, "{results}");
        }
        assert!(training["bytes"].as_u64().unwrap() > 0);
        assert_eq!(training["key_bytes"].as_u64().unwrap() > 0, backend == "seal");
    }
}

/// Many sentences at a time, a ciphertext for each feature: the probabilities of the other packing, and the row from which on
/// they are the faster one.
#[test]
fn many_sentences_lie_in_columns() {
    let probabilities = |args: &[&str]| -> (Vec<f64>, String) {
        let folder = tempfile::tempdir().unwrap();
        let args = [args, &["--hidden", "4", "--samples", "40", "--backend", "clear"]].concat();
        let printed = hnn(&args, folder.path()).success();
        let results = results(folder.path());
        assert_eq!(results["decisions_equal"], 40);
        let rows = results["probabilities"].as_array().unwrap();
        let second = rows.iter().map(|row| row[1].as_f64().unwrap());
        let packing = results["packing"].as_str().unwrap().to_owned();
        assert!(String::from_utf8_lossy(&printed.get_output().stdout).contains("columns from row"));
        (second.collect(), packing)
    };
    let ((packed, shared), (columns, of_columns)) =
        (probabilities(&["--packing", "shared"]), probabilities(&["--packing", "columns"]));
    assert_eq!((&*shared, &*of_columns), ("shared", "columns"));
    // As above, of both.
    assert!(packed.iter().zip(&columns).all(|(a, b)| (a - b).abs() < 2e-3));

    let folder = tempfile::tempdir().unwrap();
    let args = ["--packing", "columns", "--weights", "encrypted", "--backend", "clear"];
    let refused = hnn(&args, folder.path()).failure();
    let text = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(text.contains("--weights clear") && text.contains("the server sees the head"), "{text}");
}

#[test]
fn other_heads_weights_and_temperatures() {
    for args in [
        &["--head", "linear", "--weights", "encrypted"][..],
        &["--weights", "encrypted", "--temperature", "2"],
        &["--hidden", "8", "--first-index", "1", "--range", "20"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        hnn(&[args, &["--backend", "clear", "--samples", "40"]].concat(), folder.path()).success();
        let results = results(folder.path());
        assert_eq!(results["decisions_equal"], 40, "{args:?}");
        let position = results["positions"][0].as_f64().unwrap();
        let first = if args.contains(&"--first-index") { 1.0 } else { 0.0 };
        assert!((first - 0.01..first + 1.01).contains(&position), "{args:?}: {position}");
    }
}

/// Too narrow a promise gives garbage, which the client notices.
#[test]
fn logits_outside_the_range_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["--backend", "clear", "--samples", "200", "--range", "2"];
    let printed = hnn(&args, folder.path()).success();
    let text = String::from_utf8_lossy(&printed.get_output().stdout).into_owned();
    // The training part spreads further too, so no error is promised.
    assert!(text.contains("no bound on the error") && !text.contains("probabilities at most"), "{text}");
    assert!(text.contains("left the promised range") && text.contains("--temperature"), "{text}");
    assert!(!results(folder.path())["outside_range"].as_array().unwrap().is_empty());
}

#[test]
fn nonsense_is_refused_with_advice() {
    let refused = |args: &[&str], words: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let failed = hnn(&[args, &["--backend", "clear"]].concat(), &folder.path().join("out")).failure();
        let text = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
        assert!(words.iter().all(|word| text.contains(word)), "{args:?}: {text}");
        assert!(!folder.path().join("out").exists(), "{args:?} left a folder");
    };
    for temperature in ["0", "-1", "NaN", "inf"] {
        refused(&["--temperature", temperature], &["the temperature is", "above 0", "--temperature"]);
    }
    refused(&["--range", "500"], &["too wide", "temperature of at least", "help: try --temperature"]);
    refused(&["--range", "-3"], &["range of the logits", "another --range"]);
    refused(&["--data", "/nowhere"], &["train.safetensors", "data/sst2"]);
    refused(&["--samples", "0"], &["--samples", "at least 1"]);
    refused(&["--model", "folder"], &["--text"]);
    #[cfg(not(feature = "text"))]
    refused(&["--model", "folder", "--text", "file"], &["--model", "--features text"]);
    let folder = tempfile::tempdir().unwrap();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sst2/");
    fs::copy(format!("{data}train.safetensors"), folder.path().join("train.safetensors")).unwrap();
    let damaged = &fs::read(format!("{data}test.safetensors")).unwrap()[..5000];
    fs::write(folder.path().join("test.safetensors"), damaged).unwrap();
    refused(&["--data", folder.path().to_str().unwrap()], &["test.safetensors"]);
    let mut npy = Vec::new();
    let options = npyz::WriteOptions::<f32>::new().default_dtype().shape(&[2, 3]).writer(&mut npy);
    let mut writer = options.begin_nd().unwrap();
    writer.extend([0.5, 0.1, 0.2, 0.3, 0.4, 0.5]).unwrap();
    writer.finish().unwrap();
    fs::write(folder.path().join("test.emb.npy"), npy).unwrap();
    fs::write(folder.path().join("test.tsv"), "a\t0\nb\t1\n").unwrap();
    fs::remove_file(folder.path().join("test.safetensors")).unwrap();
    refused(&["--data", folder.path().to_str().unwrap()], &["3 features", "384"]);
}

/// The whole way from sentences to classes, with a model that the test writes: three classes.
#[cfg(feature = "text")]
#[test]
fn sentences_go_through_a_checkpoint() {
    use crate::kit::tiny_distilbert;

    let folder = tempfile::tempdir().unwrap();
    let model = tiny_distilbert::folder(&tiny_distilbert::weights());
    let text = folder.path().join("reviews.txt");
    let long = "good film ".repeat(20);
    fs::write(&text, format!("the movie is good\t0\na very slow plot\t1\n{long}\t2\nnever funny , always dull\t1\n"))
        .unwrap();
    let model = model.path().to_str().unwrap();
    let args = ["--model", model, "--text", text.to_str().unwrap(), "--backend", "clear", "--temperature", "4"];
    let printed = hnn(&args, folder.path()).success();
    let printed = String::from_utf8_lossy(&printed.get_output().stdout).into_owned();
    for words in ["4 sentences, 32 wide", "32-32-3, polynomial of degree 3", "cut to the 16 tokens", "line 3"] {
        assert!(printed.contains(words), "{words} is missing in\n{printed}");
    }
    let results = results(folder.path());
    assert_eq!((&results["decisions_equal"], &results["classes"]), (&4.into(), &3.into()));
    assert!(results["largest_difference"].as_f64().unwrap() < 1e-2);

    let refused = |text: &str, words: &[&str]| {
        let file = folder.path().join("wrong.txt");
        fs::write(&file, text).unwrap();
        let args = ["--model", model, "--text", file.to_str().unwrap(), "--backend", "clear"];
        let failed = hnn(&args, folder.path()).failure();
        let printed = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
        assert!(words.iter().all(|word| printed.contains(word)), "{printed}");
    };
    refused("", &["wrong.txt", "no sentence"]);
    refused("good\t1\nbad\n", &["1 of its 2 lines", "or none"]);
    refused("good\n \n", &["2"]);
    let args = ["--model", "/nowhere", "--text", text.to_str().unwrap()];
    let failed = hnn(&args, folder.path()).failure();
    assert!(String::from_utf8_lossy(&failed.get_output().stderr).contains("/nowhere"));
}
