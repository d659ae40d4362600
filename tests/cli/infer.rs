//! `seal-nn infer` as a user meets it: what it answers, and what it refuses of models and files.

use std::{fs, path::Path, process::Output, sync::LazyLock, time::Duration};

use assert_cmd::Command;
use ndarray::{Array2, array};
use seal_nn::{
    Error, SetupError,
    data::{Preparation, Scaler, TargetScale},
    model::{HiddenActivation, Model, Task},
    nn::{
        Network, Weights,
        head::Dense,
        layout::LayoutKind,
        reference,
        training::{Bounds, Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    protocol::{Deployment, InferenceSession, TrainingDeployment},
};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::program::{assert_names, command};

const WINE: &str = include_str!("../../data/wine.csv");

fn seal_nn(folder: &Path, args: &[&str], code: i32) -> Output {
    let run = Command::from_std(command(folder, args)).timeout(Duration::from_secs(60)).assert();
    run.code(code).get_output().clone()
}

/// A folder with wine.csv and a model that was trained on it.
fn trained() -> &'static Path {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = tempdir().unwrap();
        fs::write(folder.path().join("wine.csv"), WINE).unwrap();
        let train = ["train", "--step", "whole", "--backend", "clear", "--data", "wine.csv", "--out", "model"];
        seal_nn(folder.path(), &train, 0);
        folder
    });
    FOLDER.path()
}

fn infer(args: &[&str], code: i32) -> Output {
    let model = trained().join("model");
    seal_nn(trained(), &[&["infer", "--model", model.to_str().unwrap()], args].concat(), code)
}

/// Lines of a CSV file, cell by cell.
fn cells(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// A file of some columns of some lines of the wines.
fn wines(name: &str, lines: impl Iterator<Item = usize>, columns: &[usize]) -> String {
    let all = cells(WINE);
    let line = |at: usize| columns.iter().map(|&c| all[at][c].clone()).collect::<Vec<_>>().join(",") + "\n";
    let path = trained().join(name);
    fs::write(&path, lines.map(line).collect::<String>()).unwrap();
    path.to_str().unwrap().to_owned()
}

const FEATURES: [usize; 13] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

#[test]
fn classes_and_scores_are_printed_and_written() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("new/predictions.csv");
    let run = infer(&["--input", "wine.csv", "--label", "cultivar", "--out", out.to_str().unwrap()], 0);
    assert_names(
        &run.stdout,
        &["network 13-8-3 with bias", "keys  ", "178 samples", "of 178 right", "wrote", "class_2"],
    );

    let written = cells(&fs::read_to_string(&out).unwrap());
    assert_eq!(written.len(), 179);
    assert_eq!(written[0], ["sample", "class", "score class_0", "score class_1", "score class_2"]);
    let mut right = 0;
    for (sample, (answer, truth)) in written.iter().zip(cells(WINE)).enumerate().skip(1) {
        let scores: Vec<f64> = answer[2..].iter().map(|score| score.parse().unwrap()).collect();
        let best = (0..3).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        assert_eq!((&answer[0], &answer[1]), (&sample.to_string(), &format!("class_{best}")));
        right += usize::from(answer[1] == truth[13]);
    }
    assert!(right > 170, "{right} of 178");
    assert_names(&run.stdout, &[&format!("{right} of 178 right")]);

    // The clear backend answers alike, up to the noise of both.
    let clear = folder.path().join("clear.csv");
    let args = ["--input", "wine.csv", "--label", "14", "--backend", "clear", "--out", clear.to_str().unwrap()];
    assert_names(&infer(&args, 0).stdout, &["nothing is encrypted"]);
    let scores = |row: &[String]| -> Vec<f64> { row[2..].iter().map(|score| score.parse().unwrap()).collect() };
    for (a, b) in written.iter().zip(cells(&fs::read_to_string(&clear).unwrap())).skip(1) {
        for (a, b) in scores(a).iter().zip(scores(&b)) {
            // Five levels at 40 bits and more, factors below a hundred.
            assert!((a - b).abs() < 1e-6, "{a} encrypted, {b} in the clear");
        }
    }
}

/// A model of `price = 22.5 + 9 (0.25 + 1.5 rooms' - 0.5 age')`, where `'` is the scaling of the features.
#[test]
fn numbers_are_printed_and_written_in_their_unit() {
    let folder = tempdir().unwrap();
    let scaler = Scaler::new(vec![6.0, 68.0], vec![0.5, 10.0]).unwrap();
    let layers = vec![Dense { weights: array![[1.5, -0.5]], bias: array![0.25] }];
    let price = Task::Number { name: "price".into(), scale: TargetScale::new(22.5, 9.0).unwrap() };
    let preparation = Preparation::of_numbers(["rooms", "age"], scaler).unwrap();
    Model::of_layers(HiddenActivation::Relu, layers, preparation, price).unwrap().save(folder.path()).unwrap();
    fs::write(folder.path().join("houses.csv"), "age,rooms,price\n68,6,25\n68,6.5,30\n78,6,23\n").unwrap();
    let args = ["infer", "--backend", "clear", "--model", ".", "--input", "houses.csv"];
    let expected = [24.75, 24.75 + 9.0 * 1.5 / 3.0, 24.75 - 9.0 * 0.5 / 3.0];
    // Errors of 0.25, 0.75 and 0.25; squares of the deviations from the mean of 26: 26.
    let words = ["network 2-1 with bias", "24.7500", "29.2500", "R2 0.9736", "mean absolute error 0.4167"];
    let run = seal_nn(folder.path(), &[&args[..], &["--label", "price", "--out", "out.csv"]].concat(), 0);
    assert_names(&run.stdout, &words);
    let written = cells(&fs::read_to_string(folder.path().join("out.csv")).unwrap());
    assert_eq!(written[0], ["sample", "price"]);
    for (sample, (row, expected)) in written[1..].iter().zip(expected).enumerate() {
        assert_eq!(row[0], (sample + 1).to_string());
        // As for classes, times the deviation of 9.
        assert!((row[1].parse::<f64>().unwrap() - expected).abs() < 1e-5, "{row:?}");
    }
    fs::write(folder.path().join("words.csv"), "age,rooms,price\n68,6,25\n68,6.5,much\n").unwrap();
    let args = ["infer", "--model", ".", "--input", "words.csv", "--label", "price"];
    assert_names(
        &seal_nn(folder.path(), &args, 2).stderr,
        &["words.csv, line 3, column 3", "\"much\" is not a number"],
    );
}

/// One output for two classes is positive for the second.
#[test]
fn a_single_score_decides_between_two_classes() {
    let folder = tempdir().unwrap();
    let scaler = Scaler::new(vec![0.0], vec![1.0]).unwrap();
    let preparation = Preparation::of_numbers(["x"], scaler).unwrap();
    let layers = vec![Dense { weights: array![[3.0]], bias: array![0.0] }];
    let classes = Task::Classes(vec!["left".into(), "right".into()]);
    Model::of_layers(HiddenActivation::Relu, layers, preparation, classes).unwrap().save(folder.path()).unwrap();
    fs::write(folder.path().join("x.csv"), "x,side\n-1,left\n1,right\n2,left\n").unwrap();
    let args = ["infer", "--backend", "clear", "--model", ".", "--input", "x.csv", "--label", "side", "--out", "out"];
    assert_names(&seal_nn(folder.path(), &args, 0).stdout, &["accuracy    2 of 3 right"]);
    let written = cells(&fs::read_to_string(folder.path().join("out")).unwrap());
    assert_eq!(written[0], ["sample", "class", "score right"]);
    let found: Vec<&str> = written[1..].iter().map(|row| row[1].as_str()).collect();
    assert_eq!(found, ["left", "right", "right"]);
}

#[test]
fn columns_are_found_by_name_or_by_place() {
    let some = |header: usize| [header, 1, 60, 170].into_iter().filter(|&line| line < 178);
    let classes = |input: &str, args: &[&str]| -> Vec<String> {
        let out = trained().join(format!("{}.out", Path::new(input).file_name().unwrap().to_str().unwrap()));
        let args = [&["--backend", "clear", "--input", input, "--out", out.to_str().unwrap()], args].concat();
        infer(&args, 0);
        let written = cells(&fs::read_to_string(out).unwrap());
        written.into_iter().skip(1).map(|row| row[1].clone()).collect()
    };
    let expected = ["class_0", "class_1", "class_2"];
    let backwards: Vec<usize> = (0..14).rev().collect();
    let label_first: Vec<usize> = [13].into_iter().chain(FEATURES).collect();
    assert_eq!(classes(&wines("named.csv", some(0), &FEATURES), &[]), expected);
    assert_eq!(classes(&wines("backwards.csv", some(0), &backwards), &[]), expected, "the label is left out by name");
    assert_eq!(classes(&wines("nameless.csv", some(999), &FEATURES), &[]), expected);
    assert_eq!(classes(&wines("labelled.csv", some(999), &label_first), &["--label", "1"]), expected);
}

#[test]
fn more_samples_than_slots_are_split() {
    let many = wines("many.csv", (0..12_000).map(|i| 1 + i % 178), &FEATURES);
    let out = trained().join("many.out");
    let args = ["--backend", "clear", "--input", &many, "--out", out.to_str().unwrap()];
    assert_names(&infer(&args, 0).stdout, &["12000 samples"]);
    let written = cells(&fs::read_to_string(out).unwrap());
    assert_eq!(written.len(), 12_001);
    assert!(written[1..].iter().zip(&written[179..]).all(|(a, b)| a[1] == b[1]), "the wines repeat");
}

#[test]
fn wrong_files_are_refused_and_nothing_is_written() {
    let short = wines("short.csv", 1..4, &FEATURES[..12]);
    let long = wines("long.csv", 1..4, &[&FEATURES[..], &[13]].concat());
    let renamed = wines("renamed.csv", 0..4, &FEATURES[..12]);
    let hole = trained().join("hole.csv");
    fs::write(
        &hole,
        fs::read_to_string(wines("whole.csv", 1..4, &FEATURES)).unwrap() + "1,2,,4,5,6,7,8,9,10,11,12,13\n",
    )
    .unwrap();
    let stranger = trained().join("stranger.csv");
    fs::write(&stranger, WINE.replace("class_2", "class_9")).unwrap();
    let folder = tempdir().unwrap();
    let out = folder.path().join("new/predictions.csv");
    for (args, words) in [
        (&["--input", &short][..], &["short.csv: 12 columns", "takes 13 features", "proline"][..]),
        (&["--input", &long], &["14 columns", "takes 13 features", "--label"]),
        (&["--input", &renamed], &["renamed.csv: there is no column \"proline\""]),
        (
            &["--input", hole.to_str().unwrap(), "--missing", "refuse"],
            &["hole.csv, line 4, column 3: the value is missing"],
        ),
        (
            &["--input", stranger.to_str().unwrap(), "--label", "cultivar"],
            &["line 132, column 14 (\"cultivar\")", "\"class_9\" is not one of the classes class_0, class_1, class_2"],
        ),
        (&["--input", "wine.csv", "--label", "colour"], &["no column \"colour\""]),
        (&["--input", "none.csv"], &["cannot read none.csv"]),
        (&["--input", "wine.csv", "--threads", "0"], &["--threads is 0"]),
    ] {
        let run = infer(&[args, &["--out", out.to_str().unwrap()]].concat(), 2);
        assert_names(&run.stderr, words);
        assert!(run.stdout.is_empty(), "results of a run that was refused");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "left behind");
    }
    for out in [".", "wine.csv/below.csv"] {
        assert_names(&infer(&["--input", "wine.csv", "--out", out], 2).stderr, &["error: ", "wine.csv"][..1]);
    }
}

/// Puts a value into a copy of the model, runs with it, and returns the refusal.
fn refusal_of(path: &str, value: Value) -> String {
    let mut model: Value = serde_json::from_slice(&fs::read(trained().join("model/model.json")).unwrap()).unwrap();
    match model.pointer_mut(path) {
        Some(place) => *place = value,
        None => model[path.trim_start_matches('/')] = value,
    }
    refusal_of_text(&model.to_string())
}

fn refusal_of_text(text: &str) -> String {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("model.json"), text).unwrap();
    let model = folder.path().to_str().unwrap();
    let run = seal_nn(trained(), &["infer", "--model", model, "--input", "wine.csv", "--out", "never.csv"], 2);
    assert!(run.stdout.is_empty() && !trained().join("never.csv").exists());
    String::from_utf8(run.stderr).unwrap()
}

#[test]
fn a_model_is_the_owners_and_is_checked() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(trained().join("model/model.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    for (path, value, words) in [
        ("/version", json!(4), &["model.json", "version 4", "reads version 3"][..]),
        ("/version", json!(0), &["version 0"]),
        ("/version", json!("1"), &["not a complete model", "invalid type"]),
        ("/surprise", json!(1), &["unknown field `surprise`"]),
        ("/layers", json!([]), &["layers: there are none"]),
        ("/layers/0/bias", json!([0.5]), &["layers[0].weights has 8 entries", "needs 1"]),
        ("/layers/1/weights/2", json!([1.0, 2.0]), &["layers[1].weights[2] has 2 entries", "needs 8"]),
        ("/activation", json!("sigmoids"), &["activation", "square"]),
        ("/activation", json!("relu"), &["relu", "train with a polynomial, such as poly:0,1,0.5"]),
        ("/network", json!("13-8-3"), &["unknown field `network`"]),
        ("/layout", json!("cubic"), &["cubic", "merged"]),
        ("/task/classes", json!(["a", "b"]), &["task: ", "names of classes", "3", "2"]),
        ("/task", json!({"number": {"name": "x", "mean": 0, "deviation": 0}}), &["task: ", "deviation 0e0"]),
        ("/task", json!({"number": {"name": "x", "mean": 0, "deviation": 1}}), &["task: ", "outputs for a number"]),
        ("/columns/0/name", json!(7), &["invalid type"]),
        ("/columns/0/encoding", json!({"word": 1}), &["unknown variant `word`"]),
        ("/columns/0/encoding/number/fill", json!("much"), &["invalid type"]),
        (
            "/columns/0/encoding",
            json!({"words": {"words": ["b", "a"], "fill": "a"}}),
            &["scaler has 13 entries", "needs 14"],
        ),
        ("/columns/0/encoding", json!({"words": {"words": ["b"], "fill": "a"}}), &["columns: ", "words sorted"]),
        ("/columns/0/encoding", json!({"number": {"fill": 1, "hinge": "high"}}), &["invalid type"]),
        ("/features", json!(["x"]), &["unknown field `features`"]),
        ("/scaler/mean", json!([1.0]), &["scaler has 1 entries", "needs 13"]),
        ("/scaler/deviation", json!([1.0]), &["scaler: ", "restore the file"]),
        ("/scaler/deviation/2", json!(0.0), &["scaler: feature 2 has mean", "deviation 0e0"]),
        ("/layers/1/weights/2/3", json!(null), &["invalid type: null"]),
        ("/layers/1/weights/2/3", json!(1e300), &["layers[1]: the largest weight is 1.0e300", "below 8"]),
        ("/layers/1/bias/2", json!(-9.0), &["layers[1]: the largest weight is 9.0e0", "below 8"]),
    ] {
        let refusal = refusal_of(path, value);
        assert_names(refusal.as_bytes(), words);
        assert!(refusal.starts_with("error: ") && !refusal.contains("panicked"), "{refusal}");
    }
    for text in ["", "{}", "[]", "null", "{\"version\":1}", "\0", "{\"version\":1e999}"] {
        assert_names(refusal_of_text(text).as_bytes(), &["not a complete model", "train it again"]);
    }
    let run = seal_nn(trained(), &["infer", "--model", "nowhere", "--input", "wine.csv"], 2);
    assert_names(&run.stderr, &["cannot read nowhere/model.json"]);
}

/// Inference takes less than training, and gives the network's outputs.
fn check_layout(kind: LayoutKind) {
    println!("{kind}");
    let network: Network = "4-8-3".parse().unwrap();
    let layout = |slots, samples| kind.layout(&network, slots, samples);
    let deployment = Deployment::of_network(&network, 30, &Default::default(), layout).unwrap();
    let optimizer = Sgd::new(&[1.0], 0.5, Schedule::Constant).unwrap();
    let spec =
        TrainingSpec { network: network.clone(), optimizer, bounds: Bounds::default(), loss: Default::default() };
    let training =
        TrainingDeployment::choose(&TrainingSetup::new(&spec, 30), &Default::default(), |slots| layout(slots, 30))
            .unwrap();
    let training = training.training;
    assert!(deployment.parameters.total_bits() < training.parameters.total_bits());
    assert!(deployment.plan.entry < training.plan.entry);
    assert!(deployment.keys.rotations.len() < training.keys.rotations.len());
    assert_eq!(deployment.parameters.security_bits(), 128);

    let weights = Weights::random(&network, &[1.0], 5).unwrap();
    let (holder, circuit) = deployment.in_the_clear(None);
    let mut session = InferenceSession::in_process(&deployment, holder, circuit, &weights).unwrap();
    let x = Array2::from_shape_fn((30, 4), |(i, j)| ((4 * i + j) as f64).sin());
    let difference = session.outputs(x.view()).unwrap() - reference::outputs(&network, &weights, x.view()).unwrap();
    assert!(difference.iter().all(|d| d.abs() < 1e-12), "{difference}");
    // Fewer samples have other masks.
    let few = x.slice(ndarray::s![..7, ..]);
    let difference = session.outputs(few).unwrap() - reference::outputs(&network, &weights, few).unwrap();
    assert!(difference.iter().all(|d| d.abs() < 1e-12), "{difference}");

    for rows in [0, 31] {
        let refused = session.outputs(Array2::zeros((rows, 4)).view()).err();
        assert!(
            matches!(refused, Some(Error::Setup(SetupError::WrongBatch { expected: 30, actual })) if actual == rows)
        );
    }
    let refused = session.outputs(Array2::zeros((30, 5)).view()).err();
    assert!(matches!(refused, Some(Error::Setup(SetupError::WrongShape { expected: (30, 4), actual: (30, 5), .. }))));
}

#[test]
fn every_layout_infers_with_less_than_training_takes() {
    LayoutKind::ALL.into_iter().for_each(check_layout);
}

#[test]
fn help_mentions_every_option() {
    let help = seal_nn(Path::new("."), &["infer", "--help"], 0).stdout;
    assert_names(
        &help,
        &["--model <DIR>", "--input <FILE>", "--label", "--out <FILE>", "--by-position", "--separator", "--threads"],
    );
}

/// The outputs do not depend on how rows lie in ciphertexts, nor on whether the server sees the weights.
#[test]
fn every_packing_gives_the_same_scores() {
    let rows = wines("packings.csv", 0..20, &FEATURES);
    let scores = |args: &[&str]| -> Vec<Vec<f64>> {
        let out = trained().join("packings-out.csv");
        let fixed = ["--input", &rows, "--backend", "clear", "--out", out.to_str().unwrap()];
        infer(&[&fixed[..], args].concat(), 0);
        let lines = cells(&fs::read_to_string(out).unwrap());
        lines[1..].iter().map(|line| line[2..].iter().map(|cell| cell.parse().unwrap()).collect()).collect()
    };
    let expected = scores(&["--packing", "shared"]);
    assert_eq!(expected.len(), 19);
    for args in [
        &["--packing", "tiles"][..],
        &["--weights", "clear", "--packing", "shared"],
        &["--weights", "clear", "--packing", "columns"],
        &["--weights", "clear"],
    ] {
        let actual = scores(args);
        let apart = actual.iter().flatten().zip(expected.iter().flatten()).map(|(a, b)| (a - b).abs());
        // Noise of SEAL's size at scales of 36 bits or more, of scores of about 1: five digits.
        assert!(actual.len() == expected.len() && apart.fold(0.0, f64::max) < 1e-5, "{args:?}");
    }
}

/// Whatever the layers and what they predict, a server that knows the weights computes the model's own layers; what it cannot
/// compute is refused with the reason.
#[test]
fn models_of_every_kind_with_weights_in_the_clear() {
    let dense = |outputs: usize, inputs: usize| Dense {
        weights: Array2::from_shape_fn((outputs, inputs), |(i, j)| ((i * 5 + j * 3) as f64).sin() * 0.7),
        bias: (0..outputs).map(|i| 0.25 - 0.3 * i as f64).collect(),
    };
    let classes = |count: usize| Task::Classes((0..count).map(|class| format!("c{class}")).collect());
    let price = Task::Number { name: "price".into(), scale: TargetScale::new(22.5, 9.0).unwrap() };
    let quadratic = HiddenActivation::Polynomial("poly:0,1,0.5".parse().unwrap());
    let cubic = HiddenActivation::Polynomial("poly:0.1,0.5,-0.3,0.2".parse().unwrap());
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("x.csv"), "a,b\n1,2\n-1,0.5\n0.3,0.1\n").unwrap();
    let x = array![[1.0, 2.0], [-1.0, 0.5], [0.3, 0.1]];
    let save = |activation: &HiddenActivation, layers: Vec<Dense>, task: &Task| {
        let scaler = Scaler::new(vec![0.1, 0.2], vec![1.0, 2.0]).unwrap();
        let preparation = Preparation::of_numbers(["a", "b"], scaler).unwrap();
        let model = Model::of_layers(activation.clone(), layers, preparation, task.clone()).unwrap();
        model.save(folder.path()).unwrap();
        model.outputs(&x).unwrap()
    };
    for (name, activation, layers, task) in [
        ("linear regression", &HiddenActivation::Relu, vec![dense(1, 2)], &price),
        ("softmax regression", &quadratic, vec![dense(3, 2)], &classes(3)),
        ("logistic", &quadratic, vec![dense(4, 2), dense(1, 4)], &classes(2)),
        ("regression", &cubic, vec![dense(3, 2), dense(1, 3)], &price),
        ("three layers", &quadratic, vec![dense(4, 2), dense(3, 4), dense(3, 3)], &classes(3)),
    ] {
        let expected = save(activation, layers, task);
        for packing in ["shared", "columns"] {
            let args = ["infer", "--model", ".", "--input", "x.csv", "--weights", "clear", "--packing", packing];
            seal_nn(folder.path(), &[&args[..], &["--backend", "clear", "--out", "out.csv"]].concat(), 0);
            let written = cells(&fs::read_to_string(folder.path().join("out.csv")).unwrap());
            let scores = usize::from(!task.classes().is_empty()) + 1;
            for (row, expected) in written[1..].iter().zip(expected.rows()) {
                for (actual, expected) in row[scores..].iter().zip(expected) {
                    // As for trained networks, times the deviation of 9.
                    let apart = (actual.parse::<f64>().unwrap() - expected).abs();
                    assert!(apart < 1e-4, "{name}, {packing}: {actual} {expected}");
                }
            }
        }
    }
    save(&HiddenActivation::Relu, vec![dense(4, 2), dense(3, 4)], &classes(3));
    for weights in ["clear", "encrypted"] {
        let refused = seal_nn(folder.path(), &["infer", "--model", ".", "--input", "x.csv", "--weights", weights], 2);
        assert_names(&refused.stderr, &["relu", "no form that a server computes", "poly:0,1,0.5"]);
    }
}

#[test]
fn a_packing_that_needs_other_weights_is_refused() {
    let rows = wines("one.csv", 0..2, &FEATURES);
    let refused = infer(&["--input", &rows, "--packing", "columns"], 2);
    assert_names(&refused.stderr, &["--packing columns", "--weights clear", "the server sees the weights"]);
    let refused = infer(&["--input", &rows, "--packing", "tiles", "--weights", "clear"], 2);
    assert_names(&refused.stderr, &["--packing tiles", "--weights encrypted"]);
}

/// A file that is read in blocks: predictions as of one of its parts, numbered through, with one line of names.
#[test]
fn long_files_are_read_in_blocks() {
    let repeated = |count: usize| (0..count).map(|i| 1 + i % 178);
    let columns: Vec<usize> = (0..14).collect();
    let few = wines("once.csv", std::iter::once(0).chain(repeated(178)), &columns);
    let many = wines("repeated.csv", std::iter::once(0).chain(repeated(8192 + 178 * 2)), &columns);
    let predicted = |input: &str, out: &str| {
        let args = ["--input", input, "--label", "cultivar", "--backend", "clear", "--weights", "clear", "--out", out];
        let printed = infer(&args, 0);
        (cells(&fs::read_to_string(trained().join(out)).unwrap()), String::from_utf8(printed.stdout).unwrap())
    };
    let ((few, of_few), (many, of_many)) = (predicted(&few, "once.out"), predicted(&many, "repeated.out"));
    assert_eq!((few.len(), many.len()), (179, 8192 + 178 * 2 + 1));
    assert_eq!(many[0], few[0]);
    for (at, line) in many[1..].iter().enumerate() {
        assert_eq!((&line[0], &line[1]), (&(at + 1).to_string(), &few[1 + at % 178][1]));
    }
    let share = |text: &str| text.lines().find(|line| line.starts_with("accuracy")).unwrap().to_owned();
    assert!(share(&of_few).contains("of 178 right") && share(&of_many).contains("of 8548 right"), "{of_many}");

    // An error far below is told before any work.
    let mut text = fs::read_to_string(trained().join("repeated.csv")).unwrap();
    text.push_str("1,2,3\n");
    fs::write(trained().join("ragged.csv"), text).unwrap();
    let refused = infer(&["--input", "ragged.csv", "--backend", "clear"], 2);
    assert_names(&refused.stderr, &["line 8550", "14", "3"]);
    assert!(refused.stdout.is_empty());
}
