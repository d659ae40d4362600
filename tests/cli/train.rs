//! Training with the loss at the client, as a user meets it: the default of `seal-nn train`.

use std::{fs, path::Path, time::Duration};

use assert_cmd::{Command, assert::Assert};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::program::{assert_names, command, number, stdout};

fn seal_nn(folder: &Path, args: &[&str]) -> Assert {
    Command::from_std(command(folder, args)).timeout(Duration::from_secs(120)).assert()
}

/// Trains into a folder of its own and reads the report.
fn report_of(args: &[&str]) -> (TempDir, Value) {
    let folder = tempdir().unwrap();
    seal_nn(folder.path(), &[&["train", "--out", "."], args].concat()).success();
    let report = read(folder.path(), "report.json");
    (folder, report)
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn encrypted_training_ends_where_clear_training_ends() {
    let (_folder, report) = report_of(&["--steps", "60"]);
    assert_eq!((&report["backend"], &report["settings"]["step"]), (&Value::from("seal"), &Value::from("split")));
    assert_eq!(report["parameters"]["poly_modulus_degree"], 8192);
    assert_eq!(report["parameters"]["security_bits"], 128);
    assert_eq!(report["test"]["encrypted_accuracy"], report["test"]["clear_accuracy"]);
    assert!(number(&report, "/test/clear_accuracy") >= 0.9, "{}", report["test"]);
    // Gradients are off by 2^-24 of the largest, in 60 steps of Adam at 0.05 and below.
    let last = number(&report, "/steps/59/max_weight_difference");
    println!("after 60 steps the weights differ by {last:.2e}");
    assert!(last > 0.0 && last < 1e-4, "{last:e}");
    assert!(number(&report, "/steps/59/encrypted/loss") < 0.5 * number(&report, "/steps/0/encrypted/loss"));
    assert!(number(&report, "/bytes/client_to_server") > 0.0 && number(&report, "/operations_per_step/rescales") > 0.0);
}

/// Every loss, optimiser and kind of network learns Iris.
#[test]
fn what_can_be_chosen_is_learned_with() {
    let data = ["--dataset", "iris", "--backend", "clear", "--steps", "150"];
    for (args, step, loss) in [
        (&["--loss", "squared", "--clip-norm", "0.5"][..], "split", "half the squared error"),
        (
            &["--loss", "huber:0.5", "--optimizer", "nesterov", "--learning-rate", "0.2", "--weight-decay", "0.1"],
            "split",
            "Huber loss",
        ),
        (
            &["--optimizer", "sgd", "--momentum", "0.8", "--learning-rate", "0.3", "--weight-decay", "0.1"],
            "split",
            "cross-entropy",
        ),
        (&["--class-weight", "balanced", "--schedule", "constant", "--weight-decay", "0"], "split", "cross-entropy"),
        (&["--step", "layerwise", "--hidden", "8"], "layerwise", "cross-entropy"),
        (&["--server-memory", "0", "--batch", "32"], "split", "cross-entropy"),
    ] {
        let (_folder, report) = report_of(&[&data[..], args].concat());
        assert_eq!(
            (&report["settings"]["step"], &report["loss"]),
            (&Value::from(step), &Value::from(loss)),
            "{args:?}"
        );
        let accuracy = number(&report, "/test/encrypted_accuracy");
        println!("{args:?}: {accuracy}");
        assert!(accuracy >= 0.9, "{args:?}: {accuracy}");
    }
}

#[test]
fn two_classes_take_one_output() {
    let args = ["--dataset", "breast-cancer", "--backend", "clear", "--loss", "logistic", "--steps", "100"];
    let (_folder, report) = report_of(&args);
    assert_eq!(report["network"], "30-32-1");
    assert!(number(&report, "/test/encrypted_accuracy") >= 0.93, "{}", report["test"]);
}

/// Softmax regression, and a network whose activation only the client knows; the server of an inference needs a polynomial.
#[test]
fn networks_of_any_depth_are_trained_layer_by_layer() {
    let data = ["train", "--backend", "clear", "--steps", "150", "--out", "model", "--data", "wine.csv"];
    for (hidden, network, code) in [
        (&["--hidden", "none"][..], "26-3", 0),
        (&["--hidden", "8,8", "--activation", "relu", "--hinges", "no"], "13-8-8-3", 2),
    ] {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("wine.csv"), include_str!("../../data/wine.csv")).unwrap();
        seal_nn(folder.path(), &[&data[..], hidden].concat()).success();
        let report = read(&folder.path().join("model"), "report.json");
        assert_eq!(
            (&report["network"], &report["settings"]["step"]),
            (&Value::from(network), &Value::from("layerwise"))
        );
        assert!(number(&report, "/test/encrypted_accuracy") >= 0.9, "{hidden:?}: {}", report["test"]);
        let infer = ["infer", "--backend", "clear", "--model", "model", "--input", "wine.csv"];
        let run = seal_nn(folder.path(), &infer).code(code);
        assert_eq!(String::from_utf8_lossy(&run.get_output().stderr).contains("relu"), code != 0);
    }
}

/// A table of so many features whose first ones decide, by `target`.
fn table(features: usize, samples: usize, target: impl Fn(&[f64]) -> String) -> String {
    let names = (0..features).map(|i| format!("x{i},")).collect::<String>();
    let row = |sample: usize| {
        // A sequence that looks random, and is not.
        let x: Vec<f64> =
            (0..features).map(|i| ((sample * 37 + 11) * (i * i + 3 * i + 5) % 199) as f64 / 199.0).collect();
        x.iter().map(|x| format!("{x:.4},")).collect::<String>() + &target(&x) + "\n"
    };
    names + "y\n" + &(0..samples).map(row).collect::<String>()
}

#[test]
fn numbers_are_predicted() {
    let folder = tempdir().unwrap();
    let price = |x: &[f64]| format!("{:.3}", 100.0 + 40.0 * x[0] - 30.0 * x[1] * x[2]);
    fs::write(folder.path().join("t.csv"), table(3, 199, price)).unwrap();
    // As classes there are too many of them.
    let train = ["train", "--backend", "clear", "--steps", "200", "--data", "t.csv", "--out", "model"];
    let refused = seal_nn(folder.path(), &train).code(2);
    assert_names(&refused.get_output().stderr, &["--task regression"]);
    for loss in ["squared", "huber:0.5"] {
        let args = [&train[..], &["--task", "regression", "--loss", loss, "--validation", "0.2"]].concat();
        let text = stdout(&seal_nn(folder.path(), &args).success());
        assert_names(&text, &["numbers     y (", "mean absolute error", "mean of the training samples"]);
        let report = read(&folder.path().join("model"), "report.json");
        assert!(number(&report, "/test/regression/encrypted/r2") > 0.9, "{}", report["test"]);
        assert!(number(&report, "/test/regression/encrypted/baseline/r2") < 0.1);
        assert_eq!(report["test"]["encrypted_accuracy"], Value::Null);
    }
    let infer = ["infer", "--backend", "clear", "--model", "model", "--input", "t.csv", "--label", "y"];
    assert_names(&stdout(&seal_nn(folder.path(), &infer).success()), &["fit         R2 ", "mean absolute error"]);
    for (args, words) in [
        (&["--loss", "logistic"][..], &["logistic", "numbers", "squared or huber"][..]),
        (&["--step", "whole"], &["--task regression", "--step whole"]),
    ] {
        let refused = seal_nn(folder.path(), &[&train[..], &["--task", "regression"], args].concat()).code(2);
        assert_names(&refused.get_output().stderr, words);
    }
}

#[cfg(feature = "components")]
#[test]
fn wide_tables_are_reduced_by_the_client() {
    let folder = tempdir().unwrap();
    let class = |x: &[f64]| if x[0] + x[1] > x[2] + x[3] { "a".to_owned() } else { "b".to_owned() };
    fs::write(folder.path().join("t.csv"), table(140, 199, class)).unwrap();
    let train = ["train", "--backend", "clear", "--steps", "1", "--data", "t.csv", "--out", "model"];
    // One column is constant.
    for (components, width) in [(None, 63), (Some("10"), 10), (Some("none"), 139)] {
        let more: Vec<&str> = components.iter().flat_map(|count| ["--components", count]).collect();
        seal_nn(folder.path(), &[&train[..], &more].concat()).success();
        assert_eq!(read(&folder.path().join("model"), "report.json")["network"], format!("{width}-64-2"));
    }
    let refused = seal_nn(folder.path(), &[&train[..], &["--components", "few"]].concat()).code(2);
    assert_names(&refused.get_output().stderr, &["--components is few", "auto, none or a number"]);
}

/// What is wrong, and what to do.
#[test]
fn wrong_settings_are_refused_by_both_commands() {
    for (settings, words) in [
        (&["--step", "split", "--layout", "merged"][..], &["--layout", "--step whole"][..]),
        (&["--step", "layerwise", "--refresh-every", "2"], &["--refresh-every", "--step whole"]),
        (&["--l2", "0.1", "--effort", "quick"], &["--l2", "--effort", "leave one of them out"]),
        (&["--step", "whole", "--loss", "huber"], &["--loss huber", "leave out --step whole", "weighted-squared"]),
        (&["--step", "whole", "--loss", "cross-entropy"], &["--loss cross-entropy", "squared", "weighted-cubic"]),
        (
            &["--step", "split", "--loss", "weighted-squared"],
            &["--loss weighted-squared", "--step whole", "cross-entropy", "huber"],
        ),
        (
            &["--step", "whole", "--loss", "weighted-squared", "--layout", "diagonal"],
            &["layout diagonal", "weighted-squared", "merged", "axis"],
        ),
        (&["--step", "whole", "--effort", "quick"], &["--effort", "--step whole", "leave one of them out"]),
        (&["--step", "split", "--hidden", "8,8"], &["two layers", "3", "--step layerwise"]),
        (&["--step", "split", "--activation", "relu"], &["quadratic", "relu", "--step layerwise"]),
        (&["--step", "split", "--activation", "tanh"], &["quadratic", "tanh", "--step layerwise"]),
        (&["--hidden", "many"], &["--hidden is many", "32,16", "none"]),
        (&["--hidden", "8", "--network", "4-8-3"], &["--hidden", "--network", "cannot be used with"]),
        (&["--network", "5-8-3"], &["5-8-3", "4 features", "3 classes", "--network 4-8-3"]),
        (&["--loss", "hinge"], &["hinge", "cross-entropy", "huber"]),
        (&["--loss", "huber:-1"], &["huber:-1", "positive"]),
        (&["--loss", "squared:2"], &["squared:2", "only huber", "logistic", "softmax"]),
        (&["--loss", "logistic:-2"], &["logistic:-2", "range of the logits", "positive"]),
        (&["--loss", "softmax:wide"], &["softmax:wide", "range of the logits", "positive"]),
        (&["--step", "split", "--loss", "softmax"], &["--loss softmax", "--step whole", "cross-entropy"]),
        (&["--step", "split", "--loss", "logistic:4"], &["--loss logistic:range", "--step whole", "cross-entropy"]),
        (&["--momentum", "0.5"], &["--momentum", "--optimizer sgd"]),
        (&["--optimizer", "sgd", "--momentum", "1"], &["the momentum is 1", "below 1"]),
        (&["--step", "split", "--learning-rate", "0.1,0.2"], &["--learning-rate is 2 numbers", "--step whole"]),
        (&["--learning-rate", "0"], &["the learning rate is 0", "at least 1e-6"]),
        (&["--weight-decay", "-1"], &["the weight decay is -1", "--weight-decay"]),
        (&["--clip-norm", "0"], &["norm", "--clip-norm"]),
        (&["--schedule", "linear", "--decay", "0.1"], &["--schedule", "--decay", "cannot be used with"]),
        (&["--batch", "121"], &["--batch is 121", "at most 120, the number of training samples"]),
        (&["--steps", "0"], &["--steps is 0", "at least 1"]),
        (&["--poly-modulus-degree", "4096"], &["4096", "larger ring"]),
        (&["--line", "0"], &["--line is 0", "above 0", "20 Mbit/s"]),
        (&["--line", "-3"], &["--line is -3", "above 0", "20 Mbit/s"]),
        (&["--line", "NaN"], &["--line is NaN", "above 0", "20 Mbit/s"]),
        (&["--line", "inf"], &["--line is inf", "above 0", "20 Mbit/s"]),
        (&["--line", "fast"], &["fast", "--line"]),
        (&["--step", "whole", "--line", "20"], &["--line", "--step whole", "leave one of them out"]),
    ] {
        for command in ["train", "plan"] {
            println!("seal-nn {command} {}", settings.join(" "));
            let folder = tempdir().unwrap();
            let run = seal_nn(folder.path(), &[&[command], settings].concat()).code(2);
            let message = String::from_utf8(run.get_output().stderr.clone()).unwrap();
            assert!(message.starts_with("error: "), "{message}");
            assert_names(&message, words);
            assert_eq!(stdout(&run), "", "results of a run that was refused");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "left behind");
        }
    }
}

/// Command lines from before there was a choice of steps mean what they meant.
#[test]
fn options_of_the_whole_step_ask_for_it() {
    let options: [&[&str]; 5] = [
        &["--layout", "axis"],
        &["--refresh-every", "2"],
        &["--bias", "true"],
        &["--loss", "weighted-squared"],
        &["--learning-rate", "1.5,0.1"],
    ];
    for given in options {
        let settings = [&["--backend", "clear", "--steps", "2"], given].concat();
        let (_implied, report) = report_of(&settings);
        let (_asked, same) = report_of(&[&["--step", "whole"], &settings[..]].concat());
        assert_eq!(report["settings"]["step"], "whole", "{given:?}");
        assert_eq!(report["test"], same["test"], "{given:?}");
    }
}

#[test]
fn a_plan_says_what_each_effort_takes_and_shows_the_other_steps() {
    let folder = tempdir().unwrap();
    let text = stdout(&seal_nn(folder.path(), &["plan", "--dataset", "digits"]).success());
    assert_names(
        &text,
        &["split: 2 round trips", "61-32-10", "quick", "default", "(chosen)", "thorough", "cost model"],
    );
    assert_names(&text, &["layerwise", "round trips per step", "level  rotate", "N = 8192", "128-bit security"]);
    // What a server would do to the answers of such a network.
    assert_names(&text, &["As a model of a server's own", "noise of 30.", "size 1 keep 10 bits"]);
    // 20 Mbit/s and 50 ms for each round trip: 2.5 MB a second. Figures are printed to three digits.
    let cells = |row: &str| -> Vec<&str> {
        let line = text.lines().find(|line| line.starts_with(row)).unwrap_or_else(|| panic!("no {row} in {text}"));
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).skip(1).collect()
    };
    let value = |cell: &str| cell.split(' ').next().unwrap().parse::<f64>().unwrap();
    for step in 0..2 {
        let trips = value(cells("round trips per step")[step]);
        let mebibytes: f64 = ["client to server", "server to client"]
            .map(|way| value(cells(&format!("per step, {way}"))[step]))
            .iter()
            .sum();
        let seconds = value(cells("messages of a step at 20 Mbit/s and 50 ms")[step]);
        let expected = mebibytes * 1048576.0 / 2.5e6 + trips * 0.05;
        assert!((seconds / expected - 1.0).abs() < 0.02, "{seconds} s, expected {expected}");
    }
    let compared = stdout(&seal_nn(folder.path(), &["plan", "--dataset", "iris", "--compare"]).success());
    assert_names(&compared, &["slow line", "merged", "axis", "split, 2 round trips", "layerwise, 4 round trips"]);
    // Nothing else differs if units or steps were asked for.
    let asked = stdout(&seal_nn(folder.path(), &["plan", "--hidden", "8"]).success());
    assert!(asked.contains("8-8-3") && !asked.contains("thorough"), "{asked}");
}

/// The slower the line, the fewer bytes a step sends, for more rotations; without one, bytes count nothing.
#[test]
fn a_slower_line_takes_tiles_of_fewer_bytes() {
    let folder = tempdir().unwrap();
    let plan = |line: &[&str]| {
        let text = stdout(&seal_nn(folder.path(), &[&["plan", "--dataset", "digits"], line].concat()).success());
        let of = |start: &str| {
            let line = text.lines().map(str::trim_start).find(|line| line.starts_with(start));
            line.unwrap_or_else(|| panic!("no {start} in {text}")).to_owned()
        };
        // As in `depth 3 level(s); 15.2 MiB up and 6.1 MiB down per step`.
        let depth = of("depth ");
        let mebibytes = |after: &str, before: &str| -> f64 {
            let (_, rest) = depth.split_once(after).unwrap();
            rest.split_once(before).unwrap().0.trim_end_matches(" MiB").parse().unwrap()
        };
        let rotations: usize = of("all ").split_whitespace().nth(1).unwrap().parse().unwrap();
        (of("layout "), mebibytes("; ", " up and") + mebibytes("up and ", " down"), rotations)
    };
    let [none, fast, slow] = [&[][..], &["--line", "100000000"], &["--line", "1"]].map(plan);
    println!("{none:?}, at 1 Mbit/s {slow:?}");
    assert_eq!(none, fast, "a line on which bytes take no time");
    assert_ne!(none.0, slow.0);
    assert!(slow.1 < none.1 && slow.2 > none.2, "{none:?} {slow:?}");
    // A training takes the same tiles as its plan.
    let train = ["--dataset", "digits", "--backend", "clear", "--steps", "1", "--line", "1"];
    let (_folder, report) = report_of(&train);
    let tiles = slow.0.strip_prefix("layout").unwrap().trim().to_owned();
    assert_eq!(report["layout"], tiles);
}

/// From how many rows on which packing is the fastest, whatever the step.
#[test]
fn plans_of_every_step_name_the_crossing_points() {
    let folder = tempdir().unwrap();
    for (step, hidden) in [("split", "8"), ("layerwise", "8,8"), ("layerwise", "none"), ("whole", "8")] {
        let args = ["plan", "--step", step, "--hidden", hidden];
        let text = stdout(&seal_nn(folder.path(), &args).success());
        assert_names(&text, &["Files of many rows", "fastest from row", "encrypted", "shared", "clear", "columns"]);
    }
    let relu = ["plan", "--step", "layerwise", "--hidden", "8", "--activation", "relu"];
    let text = stdout(&seal_nn(folder.path(), &relu).success());
    let (_, crossings) = text.split_once("Files of many rows").unwrap();
    assert_names(crossings.lines().nth(1).unwrap(), &["not possible", "relu"]);
}

/// Killed between two checkpoints, it goes on from the last one, and ends as if nothing had been.
#[test]
fn a_training_that_ended_early_goes_on() {
    let folder = tempdir().unwrap();
    let settings = ["train", "--dataset", "wine", "--backend", "clear", "--batch", "32", "--schedule", "constant"];
    let train = |out: &str, more: &[&str]| {
        seal_nn(folder.path(), &[&settings[..], &["--out", out], more].concat()).success();
        read(&folder.path().join(out), "model.json")
    };
    let whole = train("whole", &["--steps", "12"]);
    // Both parties in one process end with a checkpoint only if they are interrupted: made here by hand.
    let mut child = command(folder.path(), &[&settings[..], &["--out", "part", "--steps", "100000"]].concat())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let file = folder.path().join("part/checkpoint.json");
    let started = std::time::Instant::now();
    while !file.exists() && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let made = read(&folder.path().join("part"), "checkpoint.json")["course"]["training"]["learner"]["steps"].clone();
    let steps = (made.as_u64().unwrap() + 5).to_string();
    let resumed = train("part", &["--resume", "--steps", &steps]);
    let unbroken = train("unbroken", &["--steps", &steps]);
    assert_eq!(resumed, unbroken);
    assert_ne!(whole["layers"], unbroken["layers"]);
    assert!(!file.exists());
}
