//! Training in one round trip, as a user meets it: what it refuses and how, what it prints, what it leaves behind.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use assert_cmd::{Command, assert::Assert};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::program::{assert_names, command, number, stdout};

/// Runs `seal-nn` in a folder of its own, so that whatever it writes by default is seen; what was measured on this
/// machine is not.
fn seal_nn(folder: &Path, args: &[&str]) -> Assert {
    let whole = match args.split_first() {
        Some((command @ (&"train" | &"plan"), args)) => &[&[*command, "--step", "whole"], args].concat()[..],
        _ => args,
    };
    Command::from_std(command(folder, whole)).timeout(Duration::from_secs(120)).assert()
}

fn clear(folder: &Path, args: &[&str]) -> Assert {
    seal_nn(folder, &[&["train", "--backend", "clear"], args].concat())
}

fn stderr(run: &Assert) -> String {
    String::from_utf8(run.get_output().stderr.clone()).unwrap()
}

/// Names of everything below a folder, folders included.
fn names_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
        if path.is_dir() {
            names.extend(names_below(&path));
        }
    }
    names.sort();
    names
}

/// Exit code 2, a message with these words, no results, no files. Returns the message.
#[track_caller]
fn assert_refused(args: &[&str], words: &[&str]) -> String {
    println!("seal-nn {}", args.join(" "));
    let folder = tempdir().unwrap();
    let run = seal_nn(folder.path(), args).code(2);
    let message = stderr(&run);
    assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
    assert_names(&message, words);
    assert_eq!(stdout(&run), "", "results of a run that was refused");
    assert_eq!(names_below(folder.path()), [""; 0], "left behind");
    message
}

type Wrong<'a> = (&'a [&'a str], &'a [&'a str]);

/// Settings that both commands take, and words of the refusal: what was wrong, and what to do.
const WRONG_FOR_BOTH: &[Wrong] = &[
    (&["--dataset", "mnist"], &["mnist", "use one of", "iris", "digits"]),
    (&["--network", "5-8-3"], &["5-8-3", "4 features", "3 classes", "--network 4-8-3"]),
    (&["--network", "4-8-2"], &["4-8-2", "4 features", "3 classes", "--network 4-8-3"]),
    // The bias input is not counted by the user.
    (&["--network", "5-8-3", "--bias"], &["5-8-3", "4 features", "bias", "--network 4-8-3"]),
    (&["--network", "4-x-3"], &["4-x-3", "as in 4-8-3"]),
    (&["--network", "4,8,3"], &["4,8,3", "as in 4-8-3"]),
    (&["--network", ""], &["network", "as in 4-8-3"]),
    (&["--network", "4"], &["4", "inputs and outputs", "as in 4-8-3"]),
    (&["--network", "4-0-3"], &["4-0-3", "1 to 4096"]),
    (&["--network", "4-99999-3"], &["4-99999-3", "1 to 4096"]),
    (&["--network", "4-99999999999999999999-3"], &["network", "as in 4-8-3"]),
    (&["--activation", "relu"], &["relu", "square", "poly", "sigmoid"]),
    (&["--activation", "poly:1,NaN"], &["poly:1,NaN", "poly:c0,c1,c2"]),
    (&["--activation", "square:much"], &["square:much", "square[:shift]"]),
    (&["--layout", "cubic"], &["cubic", "--layout", "merged", "diagonal"]),
    (&["--layout", "merged", "--network", "4-8-8-3"], &["4-8-8-3", "one hidden layer", "--layout axis"]),
    (&["--poly-modulus-degree", "4096"], &["8192 slots", "2048", "a batch of 30", "a larger --poly-modulus-degree"]),
    (&["--poly-modulus-degree", "10000"], &["--poly-modulus-degree", "10000", "8192, 16384"]),
    (&["--poly-modulus-degree", "0"], &["--poly-modulus-degree", "is 0", "8192, 16384"]),
    (&["--poly-modulus-degree", "1048576"], &["--poly-modulus-degree", "1048576", "32768"]),
    (&["--coeff-modulus-bits", "50,42,42,60"], &["needs 6 levels", "have 2", "7 data primes", "--coeff-modulus-bits"]),
    (
        &["--poly-modulus-degree", "8192", "--coeff-modulus-bits", "60,60,60,60"],
        &["240 bits", "8192", "218", "128-bit security", "larger ring"],
    ),
    (&["--coeff-modulus-bits", "50,61,60"], &["61 bits", "2 to 60"]),
    (&["--coeff-modulus-bits", "60"], &["1 prime", "2"]),
    (&["--coeff-modulus-bits", "50,forty,60"], &["forty", "--coeff-modulus-bits"]),
    (&["--learning-rate", "0"], &["the learning rate is 0", "at least 1e-6", "--learning-rate"]),
    (&["--learning-rate", "-1"], &["the learning rate is -1", "at least 1e-6", "--learning-rate"]),
    (&["--learning-rate", "NaN"], &["the learning rate is NaN", "finite", "--learning-rate"]),
    (&["--learning-rate", "inf"], &["the learning rate is inf", "finite", "--learning-rate"]),
    (&["--learning-rate", "1.5,0"], &["the learning rate is 0", "at least 1e-6", "--learning-rate"]),
    (&["--learning-rate", "fast"], &["fast", "--learning-rate"]),
    (&["--momentum", "-0.1"], &["the momentum is -0.1", "at least 0 and below 1", "--momentum"]),
    (&["--momentum", "1"], &["the momentum is 1", "at least 0 and below 1", "--momentum"]),
    (&["--momentum", "NaN"], &["the momentum is NaN", "at least 0 and below 1", "--momentum"]),
    (&["--decay", "-1"], &["the decay of the learning rates is -1", "at least 0", "--decay"]),
    (&["--decay", "inf"], &["the decay of the learning rates is inf", "finite", "--decay"]),
    (&["--l2", "-0.1"], &["the weight decay is -0.1", "below 1 / 1.5", "--l2"]),
    (&["--l2", "0.7"], &["the weight decay is 0.7", "below 1 / 1.5", "--l2"]),
    (&["--l2", "NaN"], &["the weight decay is NaN", "at least 1e-9", "--l2"]),
    (&["--batch", "0"], &["--batch is 0", "at least 1"]),
    (&["--batch", "121"], &["--batch is 121", "at most 120, the number of training samples"]),
    (&["--steps", "0"], &["--steps is 0", "at least 1"]),
    (&["--epochs", "0"], &["--epochs is 0", "at least 1"]),
    (&["--epochs", "2", "--steps", "3"], &["--epochs", "--steps", "cannot be used with"]),
    (&["--refresh-every", "0"], &["between two refreshes is 0", "at least 1 and at most 16", "--refresh-every"]),
    (&["--refresh-every", "17"], &["between two refreshes is 17", "at least 1 and at most 16", "--refresh-every"]),
    (&["--refresh-every", "9"], &["128-bit", "fewer steps between refreshes", "--refresh-every"]),
    (
        &["--refresh-every", "2", "--learning-rate", "0.0001"],
        &["2 training steps", "bits of precision", "--refresh-every 1"],
    ),
    (
        &["--refresh-every", "2", "--coeff-modulus-bits", "50,42,42,60"],
        &["2 training steps", "needs 12 levels", "have 2"],
    ),
    (&["--on-divergence", "ignore"], &["ignore", "--on-divergence", "stop", "lower-rate"]),
    (&["--validation", "1"], &["--validation is 1", "above 0 and below 1"]),
    (&["--validation", "-0.2"], &["--validation is -0.2", "above 0 and below 1"]),
    (&["--validation", "NaN"], &["--validation is NaN", "above 0 and below 1"]),
    (&["--validation", "0.99"], &["class \"setosa\"", "40 sample(s)", "held out", "another share"]),
    (&["--validation", "0.2", "--patience", "0"], &["--patience is 0", "at least 1"]),
    (&["--patience", "5"], &["--validation"]),
    (&["--seed", "-1"], &["-1"]),
    (&["--stepz", "3"], &["--stepz", "--help"]),
];

/// Settings of `train` alone.
const WRONG_FOR_TRAIN: &[Wrong] = &[
    (&["--threads", "0"], &["--threads is 0", "at least 1"]),
    (&["--threads", "100000"], &["--threads is 100000", "at most 1024"]),
    (&["--backend", "gpu"], &["gpu", "--backend", "seal", "clear"]),
];

#[test]
fn wrong_settings_are_refused_by_both_commands() {
    for (settings, words) in WRONG_FOR_BOTH {
        assert_refused(&[&["train"], *settings].concat(), words);
        assert_refused(&[&["plan"], *settings].concat(), words);
    }
}

#[test]
fn wrong_settings_of_a_run_are_refused() {
    for (settings, words) in WRONG_FOR_TRAIN {
        assert_refused(&[&["train"], *settings].concat(), words);
    }
}

#[test]
fn no_command_and_an_unknown_one_show_the_usage() {
    for (args, words) in [(&[] as &[&str], &["Usage", "infer", "plan"]), (&["tain"], &["Usage", "tain", "train"])] {
        assert_names(&stderr(&seal_nn(Path::new("."), args).code(2)), words);
    }
}

#[test]
fn an_output_folder_that_cannot_be_written_is_refused_before_the_work() {
    for (out, words) in [("taken", ["taken", "not a folder"]), ("taken/below", ["taken/below", "choose another"])] {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("taken"), "mine").unwrap();
        let run = seal_nn(folder.path(), &["train", "--out", out]).code(2);
        assert_names(&stderr(&run), &words);
        assert_eq!(stdout(&run), "");
        assert_eq!(names_below(folder.path()), ["taken"]);
        assert_eq!(fs::read_to_string(folder.path().join("taken")).unwrap(), "mine");
    }
}

#[test]
fn training_that_diverges_stops_and_writes_nothing() {
    for backend in ["clear", "seal"] {
        let folder = tempdir().unwrap();
        let args = ["train", "--backend", backend, "--learning-rate", "5", "--out", "out"];
        let run = seal_nn(folder.path(), &args).code(2);
        assert_names(&stderr(&run), &["at step 2", "lower", "learning"]);
        let files: Vec<String> = names_below(folder.path()).into_iter().filter(|name| name != "out").collect();
        assert_eq!(files, [""; 0], "{backend}: left behind");
    }
}

#[test]
fn training_that_diverges_keeps_the_report_that_was_there() {
    let folder = tempdir().unwrap();
    clear(folder.path(), &["--steps", "2", "--out", "out"]).success();
    let before = (names_below(folder.path()), fs::read(folder.path().join("out/report.json")).unwrap());
    clear(folder.path(), &["--learning-rate", "5", "--out", "out"]).code(2);
    assert_eq!((names_below(folder.path()), fs::read(folder.path().join("out/report.json")).unwrap()), before);
}

/// Rates at which training diverges (above) are halved until it does not, in both runs alike.
#[test]
fn training_that_diverges_goes_on_at_lower_rates() {
    for (backend, steps) in [("clear", "40"), ("seal", "5")] {
        let lower = ["--learning-rate", "5", "--on-divergence", "lower-rate"];
        let (_folder, report) = report_of(&[&["--backend", backend, "--steps", steps], &lower[..]].concat());
        let lowered = report["divergence"]["encrypted"].as_array().unwrap();
        println!("{backend}: {lowered:?}");
        assert!((1..=4).contains(&lowered.len()), "{backend}: {lowered:?}");
        for (times, lowering) in (1..).zip(lowered) {
            assert_eq!(number(lowering, "/rate_factor"), 0.5f64.powi(times));
        }
        assert_eq!(report["divergence"]["clear"], report["divergence"]["encrypted"], "{backend}");
        assert_eq!(report["steps"].as_array().unwrap().len().to_string(), steps);
        let last = &report["steps"].as_array().unwrap().last().unwrap().clone();
        // As after as many steps that never diverged: some operations' noise each.
        assert!(number(last, "/max_weight_difference") < 1e-6, "{backend}: {last}");
        if backend == "clear" {
            assert!(number(&report, "/test/encrypted_accuracy") >= 0.9);
        }
    }
}

#[test]
fn training_that_diverges_at_any_rate_is_given_up() {
    let folder = tempdir().unwrap();
    let args = ["--learning-rate", "100000", "--on-divergence", "lower-rate", "--out", "out"];
    let run = clear(folder.path(), &args).code(2);
    assert_names(&stderr(&run), &["at step 1", "halved 4 times", "--seed"]);
    assert_eq!(names_below(folder.path()), [""; 0]);
}

/// Trains into a folder of its own and reads the report.
fn report_of(args: &[&str]) -> (TempDir, Value) {
    let folder = tempdir().unwrap();
    seal_nn(folder.path(), &[&["train", "--out", "."], args].concat()).success();
    let text = fs::read_to_string(folder.path().join("report.json")).unwrap();
    (folder, serde_json::from_str(&text).unwrap())
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Count,
    Number,
    Share,
    Integers,
}

impl Kind {
    fn fits(self, value: &Value) -> bool {
        match self {
            Kind::Text => value.is_string(),
            Kind::Count => value.is_u64(),
            Kind::Number => value.as_f64().is_some_and(|number| number >= 0.0),
            Kind::Share => value.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number)),
            Kind::Integers => value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_i64)),
        }
    }
}

/// What readers of report.json rely on.
const FIELDS: &[(&str, Kind)] = &[
    ("/dataset", Kind::Text),
    ("/seed", Kind::Count),
    ("/network", Kind::Text),
    ("/settings/weight decay", Kind::Text),
    ("/loss", Kind::Text),
    ("/layout", Kind::Text),
    ("/parameters/poly_modulus_degree", Kind::Count),
    ("/parameters/coeff_modulus_bits", Kind::Integers),
    ("/parameters/security_bits", Kind::Count),
    ("/test/samples", Kind::Count),
    ("/test/encrypted_accuracy", Kind::Share),
    ("/test/clear_accuracy", Kind::Share),
    ("/test/ordinary_accuracy", Kind::Share),
    ("/operations_per_step/rotations", Kind::Count),
    ("/operations_per_step/hoisted_rotations", Kind::Count),
    ("/operations_per_step/relinearizations", Kind::Count),
    ("/operations_per_step/ciphertext_products", Kind::Count),
    ("/operations_per_step/plaintext_products", Kind::Count),
    ("/operations_per_step/rescales", Kind::Count),
    ("/bytes/client_to_server", Kind::Count),
    ("/bytes/server_to_client", Kind::Count),
    #[cfg(target_os = "linux")]
    ("/memory/peak", Kind::Count),
    ("/keys/galois_steps", Kind::Integers),
    ("/keys/galois_bytes", Kind::Count),
    ("/keys/relin_bytes", Kind::Count),
];

const FIELDS_OF_A_STEP: &[(&str, Kind)] = &[
    ("/step", Kind::Count),
    ("/seconds", Kind::Number),
    ("/encrypted/loss", Kind::Number),
    ("/encrypted/train_accuracy", Kind::Share),
    ("/clear/loss", Kind::Number),
    ("/clear/train_accuracy", Kind::Share),
    ("/max_weight_difference", Kind::Number),
    #[cfg(target_os = "linux")]
    ("/resident_bytes", Kind::Count),
];

#[track_caller]
fn assert_fields(value: &Value, fields: &[(&str, Kind)]) {
    for (path, kind) in fields {
        let found = value.pointer(path).unwrap_or_else(|| panic!("{path} is missing"));
        assert!(kind.fits(found), "{path} is {found}, but should be a {kind:?}");
    }
}

#[test]
fn a_run_leaves_a_whole_report() {
    let (folder, report) = report_of(&["--backend", "clear"]);
    assert_eq!(names_below(folder.path()), ["confusion.svg", "model.json", "report.json", "report.md", "training.svg"]);
    assert_fields(&report, FIELDS);
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 30);
    for (index, step) in steps.iter().enumerate() {
        assert_fields(step, FIELDS_OF_A_STEP);
        assert_eq!(step["step"], index + 1);
    }
    for (path, expected) in [("/dataset", "iris"), ("/network", "4-8-3"), ("/layout", "merged"), ("/backend", "clear")]
    {
        assert_eq!(report.pointer(path).unwrap(), expected, "{path}");
    }
    for (name, count) in [
        ("rotations", 20),
        ("hoisted_rotations", 2),
        ("relinearizations", 6),
        ("ciphertext_products", 7),
        ("plaintext_products", 7),
        ("rescales", 13),
    ] {
        assert_eq!(report["operations_per_step"][name], count, "{name}");
    }
    assert_eq!(report["test"]["samples"], 30);

    let readable = fs::read_to_string(folder.path().join("report.md")).unwrap();
    let percent = |path: &str| format!("{:.1}%", 100.0 * number(&report, path));
    let [encrypted, clear, ordinary] =
        ["encrypted", "clear", "ordinary"].map(|n| percent(&format!("/test/{n}_accuracy")));
    let row = format!("| 30 held-out samples | {encrypted} | {clear} | {ordinary} |");
    assert_names(&readable, &[&row, "training.svg"]);
    assert!(fs::read_to_string(folder.path().join("training.svg")).unwrap().contains("</svg>"));
}

#[test]
fn the_folder_of_a_run_is_named_after_its_data() {
    let folder = tempdir().unwrap();
    let run = clear(folder.path(), &["--steps", "1"]).success();
    assert!(folder.path().join("runs/iris/report.json").is_file());
    assert_names(&stdout(&run), &["nothing is encrypted", "30 held out", "wrote"]);
}

/// Three layers need N = 32768; the layout is chosen by itself.
#[test]
fn three_layers_are_trained_as_in_the_clear() {
    // On SEAL one step, in the layout that is chosen anyway: keys of this size take longest.
    for (backend, own) in [("clear", &["--steps", "80"][..]), ("seal", &["--steps", "1", "--layout", "axis"])] {
        let args = ["--network", "4-8-8-3", "--backend", backend];
        let (_folder, report) = report_of(&[&args, own].concat());
        assert_eq!((&report["layout"], &report["network"]), (&"axis".into(), &"4-8-8-3".into()));
        assert_eq!(report["parameters"]["poly_modulus_degree"], 32768);
        assert_eq!(report["parameters"]["security_bits"], 128);
        // As with two layers: some dozen operations a step at a scale of 40 bits or more stay far below a millionth.
        for step in report["steps"].as_array().unwrap() {
            let difference = number(step, "/max_weight_difference");
            assert!(difference > 0.0 && difference < 1e-6, "{backend}: {step}");
        }
        if backend == "clear" {
            let difference = number(&report, "/test/encrypted_accuracy") - number(&report, "/test/clear_accuracy");
            assert!(difference.abs() <= 1.0 / 30.0 + 1e-12, "test accuracies differ by {difference}");
            assert!(number(&report, "/test/clear_accuracy") >= 0.9, "the training itself fails");
        }
    }
}

/// Steps in twos, the last one alone: half the messages, the same training.
#[test]
fn refreshes_may_be_rare() {
    let steps = ["--backend", "clear", "--steps", "9", "--decay", "0.05"];
    let (_folder, always) = report_of(&steps);
    let (_folder, rarely) = report_of(&[&steps[..], &["--refresh-every", "2"]].concat());
    let numbers = |report: &Value| -> Vec<u64> {
        report["steps"].as_array().unwrap().iter().map(|step| step["step"].as_u64().unwrap()).collect()
    };
    assert_eq!((numbers(&rarely), &rarely["refresh_every"]), (vec![2, 4, 6, 8, 9], &Value::from(2)));
    assert_eq!(rarely["parameters"]["poly_modulus_degree"], 32768);
    let always_losses = losses(&always);
    for step in rarely["steps"].as_array().unwrap() {
        let (number_of, loss) = (number(step, "/step") as usize, number(step, "/encrypted/loss"));
        // Samples of every second step have noise of up to 13 deviations N / 6 / 2^42 * 120 / 1.5 = 1e-7.
        let expected = always_losses[number_of - 1];
        assert!((loss - expected).abs() < 1e-4, "step {number_of}: {loss}, with a refresh every step {expected}");
    }

    let folder = tempdir().unwrap();
    let text = stdout(&seal_nn(folder.path(), &["plan", "--layout", "merged", "--refresh-every", "2"]).success());
    assert_names(
        &text,
        &["N = 32768", "6 levels per step, 2 steps between refreshes", "2 training steps, level by level"],
    );
    assert_names(&text, &["weights per refresh", "weights per step, both ways", "messages of a step at 20 Mbit/s"]);
}

/// Losses of the encrypted side, step by step.
fn losses(report: &Value) -> Vec<f64> {
    let steps = report["steps"].as_array().unwrap();
    steps.iter().map(|step| number(step, "/encrypted/loss")).collect()
}

#[test]
fn encrypted_training_ends_where_clear_training_ends() {
    let (_folder, merged) = report_of(&[]);
    assert_eq!(merged["backend"], "seal");
    assert_eq!(merged["parameters"]["security_bits"], 128);
    let difference = number(&merged, "/test/encrypted_accuracy") - number(&merged, "/test/clear_accuracy");
    assert!(difference.abs() <= 1.0 / 30.0 + 1e-12, "test accuracies differ by {difference}");
    assert!(number(&merged, "/test/clear_accuracy") >= 0.9, "the training itself fails");
    // The prototype ended at 1.7e-8; 30 steps of 13 operations at a 42-bit scale stay far below a millionth.
    let last = number(&merged, "/steps/29/max_weight_difference");
    println!("after 30 steps the weights differ by {last:.2e}, allowed 1e-6");
    assert!(last > 0.0 && last < 1e-6, "weights differ by {last:e}");

    // A loss by its name is the usual one.
    let (_folder, squared) = report_of(&["--loss", "squared", "--steps", "1"]);
    assert_eq!(squared["steps"][0]["clear"], merged["steps"][0]["clear"]);

    // The layout changes where values lie, not what is computed.
    let (_folder, diagonal) = report_of(&["--layout", "diagonal", "--steps", "3"]);
    assert_eq!((&diagonal["layout"], losses(&diagonal).len()), (&Value::from("diagonal"), 3));
    for (step, (a, b)) in losses(&merged).iter().zip(losses(&diagonal)).enumerate() {
        println!("step {}: losses {a} and {b}", step + 1);
        assert!((a - b).abs() < 1e-6, "step {}: {a} merged, {b} diagonal", step + 1);
    }
}

#[test]
fn likelihoods_are_trained_and_reported() {
    let (_folder, report) =
        report_of(&["--backend", "clear", "--loss", "softmax:4", "--layout", "axis", "--steps", "5"]);
    assert_eq!(
        (&report["settings"]["loss"], &report["loss"]),
        (&"cross-entropy, range 4".into(), &"cross-entropy".into())
    );
    assert_eq!(report["parameters"]["poly_modulus_degree"], 32768);
    let loss = |step: usize, run: &str| number(&report, &format!("/steps/{step}/{run}/loss"));
    // Both runs compute the same polynomials.
    assert!((loss(4, "encrypted") - loss(4, "clear")).abs() < 1e-3 && loss(4, "clear") < loss(0, "clear"));
    // As for weighted errors; three classes have probabilities with slopes below 1.
    let last = number(&report, "/steps/4/max_weight_difference");
    assert!(last < 1e-3, "weights differ by {last:e}");
}

/// What other networks multiply weights by is in the samples and in the rate here. On ciphertexts.
#[test]
fn networks_without_hidden_layer_are_trained() {
    // A level of weights for the errors does not fit into the smaller ring.
    for (loss, degree) in [("squared", 8192), ("weighted-squared", 16384)] {
        let (_folder, report) = report_of(&["--network", "4-3", "--loss", loss, "--steps", "3"]);
        assert_eq!(report["parameters"]["poly_modulus_degree"], degree, "{loss}");
        let loss_after = |step: usize| number(&report, &format!("/steps/{step}/encrypted/loss"));
        assert!(loss_after(2) < loss_after(0), "{loss}: nothing was learned");
        // Of 30 bits, as for two layers.
        let last = number(&report, "/steps/2/max_weight_difference");
        assert!(last < 1e-7, "{loss}: weights differ by {last:e}");
    }
}

/// Logits that left the range of a loss, and a loss that has no room, with what would help.
#[test]
fn likelihoods_that_do_not_fit_are_refused() {
    let narrow = ["train", "--backend", "clear", "--layout", "axis", "--loss", "logistic:1", "--on-divergence", "stop"];
    let folder = tempdir().unwrap();
    let run = seal_nn(folder.path(), &narrow).code(2);
    assert_names(
        &stderr(&run),
        &["range of the logits", "valid up to 1", "--learning-rate", "lower-rate", "a wider range in --loss"],
    );
    let deep = ["plan", "--layout", "axis", "--loss", "softmax:24"];
    assert_refused(
        &deep,
        &["softmax:24", "14 levels", "3 classes", "no parameters", "--loss softmax:19", "logistic:24"],
    );
    let error = assert_refused(
        &["plan", "--layout", "axis", "--loss", "softmax:100"],
        &["softmax:100", "3 classes", "range 100", "a narrower one", "--loss softmax:"],
    );
    assert!(!error.contains("temperature"), "{error}");
}

#[test]
fn weighted_errors_are_trained_and_reported() {
    let args = ["--backend", "clear", "--loss", "weighted-squared", "--refresh-every", "2", "--l2", "0.001"];
    let (_folder, report) = report_of(&args);
    assert_eq!(
        (&report["settings"]["loss"], &report["loss"]),
        (&"weighted squared error".into(), &"weighted squared error".into())
    );
    // 1.5 and 0.1, by twice the mean weight 5/3 of three classes.
    let rates = [1.5, 0.1].map(|rate| (rate / (2.0 * (2.0 - 1.0 / 3.0))).to_string());
    assert_eq!(report["settings"]["learning rates"], rates.join(", "));
    assert!(number(&report, "/test/encrypted_accuracy") >= 0.9, "{}", report["test"]);
    // Without weights and with a refresh after every step, 30 steps stay within 1e-6. Here weights of up to 3 multiply the
    // noise, and samples lose log2(120 / 0.45) = 8 bits to the scale of the fold in every second step.
    let steps = report["steps"].as_array().unwrap();
    let last = number(steps.last().unwrap(), "/max_weight_difference");
    assert!(last < 1e-3, "weights differ by {last:e}");
}

/// The client stops by what it sees at the refreshes; the run in the clear stops by what it sees itself.
#[test]
fn training_stops_when_the_validation_loss_no_longer_falls() {
    // Half a learning rate of divergence: the loss swings, so that waiting for two steps is too much.
    let settings = ["--backend", "clear", "--validation", "0.25", "--learning-rate", "2.4,0.2", "--seed", "3"];
    let (folder, all) = report_of(&settings);
    let (stopped_folder, stopped) = report_of(&[&settings[..], &["--patience", "2"]].concat());
    assert_eq!((all["steps"].as_array().unwrap().len(), &all["validation"]["patience"]), (30, &Value::Null));
    assert_eq!(stopped["validation"]["samples"], 30);
    assert_eq!(stopped["validation"]["patience"], 2);

    for (report, patience) in [(&all, None), (&stopped, Some(2))] {
        let steps = report["steps"].as_array().unwrap();
        // What is said of the choice, against the losses of the steps that are there.
        for side in ["encrypted", "clear"] {
            let losses: Vec<f64> = steps.iter().map(|s| number(s, &format!("/{side}/validation_loss"))).collect();
            let choice = &report["validation"][side];
            let (best, last) = (number(choice, "/best_step") as usize, number(choice, "/last_step") as usize);
            println!("{side}, patience {patience:?}: best in step {best}, stopped after step {last}");
            let lowest = losses[..last.min(losses.len())].iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(losses[best - 1], lowest, "{side}");
            assert_eq!(number(choice, "/best_loss"), lowest, "{side}");
            assert!(patience.map_or(last == 30, |patience| last == best + patience), "{side}: {best}, {last}");
        }
    }
    assert!(stopped["steps"].as_array().unwrap().len() < 30, "it never stopped");

    // The best weights are saved, not the last ones.
    for (folder, report) in [(folder, &all), (stopped_folder, &stopped)] {
        let model: Value =
            serde_json::from_str(&fs::read_to_string(folder.path().join("model.json")).unwrap()).unwrap();
        assert_eq!(model["training"]["steps"], report["validation"]["encrypted"]["best_step"]);
    }
}

/// A report without what clock and memory decide: the breakdown is sorted by time.
fn without_times(mut report: Value) -> Value {
    if let Some(breakdown) = report["breakdown"].as_array_mut() {
        breakdown.sort_by_key(|entry| entry["operation"].to_string());
    }
    forget_times(&mut report);
    report
}

fn forget_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| {
                !name.contains("seconds") && !["share", "memory", "resident_bytes"].contains(&&name[..])
            });
            fields.values_mut().for_each(forget_times);
        }
        Value::Array(list) => list.iter_mut().for_each(forget_times),
        _ => {}
    }
}

#[test]
fn a_seed_decides_everything_but_the_times() {
    let run = |seed| without_times(report_of(&["--backend", "clear", "--steps", "5", "--seed", seed]).1);
    let first = run("7");
    assert_eq!(run("7"), first);
    assert_ne!(run("8")["steps"], first["steps"]);
}

#[test]
fn a_plan_says_what_a_training_needs_and_makes_no_key() {
    for (layout, key_switching, words) in [
        ("merged", "hybrid", ["6 levels per step", "Rotation steps (19): -32 ", "(402 in all)", "17.3 MiB"]),
        ("diagonal", "hybrid", ["7 levels per step", "Rotation steps (21): -384 ", "(430 in all)", "22.4 MiB"]),
        ("merged", "seal", ["6 levels per step", "Rotation steps (19): -32 ", "(362 in all)", "133 MiB"]),
        ("diagonal", "seal", ["7 levels per step", "Rotation steps (21): -384 ", "in all)", "189 MiB"]),
    ] {
        let folder = tempdir().unwrap();
        let started = Instant::now();
        let run = seal_nn(folder.path(), &["plan", "--layout", layout, "--key-switching", key_switching]).success();
        // Making the keys alone takes longer on any machine.
        assert!(started.elapsed() < Duration::from_secs(5), "a plan of {:?}", started.elapsed());
        let text = stdout(&run);
        assert_names(&text, &words);
        assert_names(
            &text,
            &[layout, "4-8-3", "N = 16384", "128-bit security", "targets at", "level  rotate  hoisted"],
        );
        assert_names(&text, &["Galois keys", "relinearisation key", "one batch, once", "client to server", "MiB"]);
        assert_names(&text, &["loss at the client", "split", "layerwise", "round trips per step"]);
        assert!(!text.contains("generated in"), "{text}");
        assert_eq!(names_below(folder.path()), [""; 0]);
    }
}

/// What the steps use of the samples is said, and steps can be given in epochs.
#[test]
fn the_share_of_the_samples_that_is_used_is_said() {
    let wine = ["--dataset", "wine", "--batch", "20"];
    // 142 training samples in 8 batches.
    for (length, line, used) in [
        (["--steps", "3"], "3 steps of 18 samples, 0.38 epochs: only 53 of 142 training samples are used (37.3%)", 53),
        (["--epochs", "2"], "16 steps of 18 samples, 2 epochs\n", 142),
    ] {
        let args = [&wine[..], &length].concat();
        let folder = tempdir().unwrap();
        assert_names(&stdout(&seal_nn(folder.path(), &[&["plan"], &args[..]].concat()).success()), &[line]);
        let run = clear(folder.path(), &[&args[..], &["--out", "."]].concat()).success();
        assert_names(&stdout(&run), &[line]);
        assert_eq!(stdout(&run).contains("--epochs 1 uses all, in 8 steps"), used < 142);
        let text = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((number(&report, "/schedule/samples"), number(&report, "/schedule/used")), (142.0, f64::from(used)));
        assert_eq!(number(&report, "/schedule/steps") as usize, report["steps"].as_array().unwrap().len());
    }
    // A step of several batches is as long as they are.
    let folder = tempdir().unwrap();
    let args = [&wine[..], &["--batches-per-step", "3", "--epochs", "1"]].concat();
    let run = seal_nn(folder.path(), &[&["plan"], &args[..]].concat()).success();
    assert_names(&stdout(&run), &["3 steps of 54 samples, 1.13 epochs\n"]);
}

/// Options of both commands.
const OPTIONS: [&str; 21] = [
    "--dataset",
    "--data <FILE>",
    "--label <COLUMN>",
    "--steps",
    "--epochs",
    "--network",
    "--activation",
    "--bias",
    "--layout",
    "--batch",
    "--learning-rate",
    "--momentum",
    "--decay",
    "--l2 <LAMBDA>",
    "--validation <SHARE>",
    "--patience <STEPS>",
    "--on-divergence",
    "--refresh-every <STEPS>",
    "--seed",
    "--key-switching",
    "--poly-modulus-degree",
];

#[test]
fn help_mentions_every_option() {
    for (command, own) in [("train", &["--threads", "--out", "--backend", "--resume"][..]), ("plan", &[])] {
        let text = stdout(&seal_nn(Path::new("."), &[command, "--help"]).success());
        assert_names(&text, &OPTIONS);
        assert_names(&text, &["--coeff-modulus-bits", "iris", "wine", "4-8-3", "square", "merged", "diagonal"]);
        assert_names(&text, own);
    }
}

/// Costs are measured on SEAL once, kept, and used from then on; a file that is not whole is as good as none.
#[test]
fn costs_are_measured_once_and_kept() {
    let folder = tempdir().unwrap();
    let plan = |args: &[&str]| stdout(&seal_nn(folder.path(), &[&["plan"], args].concat()).success());
    assert!(plan(&["--compare"]).contains("modelled; run seal-nn plan --measure to measure them"));
    let measured = plan(&["--measure", "--compare"]);
    for words in ["rotate (hoisted)", "32768", "costs.json", "measured on this machine"] {
        assert!(measured.contains(words), "{words}: {measured}");
    }
    assert!(plan(&["--compare"]).contains("measured on this machine"));
    let file = folder.path().join("cache/seal-nn/costs.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    assert!(plan(&["--compare"]).contains("modelled"));
}

#[test]
fn a_comparison_ranks_all_layouts_and_says_which_cannot_be_had() {
    let folder = tempfile::tempdir().unwrap();
    let run = seal_nn(folder.path(), &["plan", "--compare", "--network", "4-8-8-3"]).success();
    let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    for words in [
        "diagonal",
        "axis",
        "merged: layout merged cannot hold network 4-8-8-3",
        "axis is",
        "cheaper than",
        "modelled",
        "early",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}
