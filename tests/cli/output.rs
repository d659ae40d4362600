//! What the program writes and where: nothing that was there is destroyed, and no result is lost.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use tempfile::{TempDir, tempdir};

use crate::program::{assert_names, command};

#[track_caller]
fn run(folder: &Path, args: &[&str], code: i32) -> Output {
    let output = command(folder, args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

const TRAIN: [&str; 5] = ["train", "--backend", "clear", "--steps", "1"];

/// Samples of two classes whose first column is shifted.
fn samples(shift: usize) -> String {
    let line = |i: usize| format!("{}.{},{},{}\n", i % 2 + shift, i, 20 - i, ["no", "yes"][i % 2]);
    "a,b,kind\n".to_owned() + &(0..20).map(line).collect::<String>()
}

/// A folder with samples and a model that was trained on them.
fn trained() -> TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("samples.csv"), samples(0)).unwrap();
    run(folder.path(), &[&TRAIN[..], &["--data", "samples.csv", "--out", "model"]].concat(), 0);
    folder
}

const INFER: [&str; 7] = ["infer", "--backend", "clear", "--model", "model", "--input", "samples.csv"];

#[test]
fn a_report_that_cannot_be_written_does_not_lose_the_model() {
    for (name, code, words) in [("training.svg", 0, "warning: cannot write"), ("report.json", 2, "error: cannot write")]
    {
        let folder = tempdir().unwrap();
        fs::create_dir_all(folder.path().join("out").join(name)).unwrap();
        let run = run(folder.path(), &[&TRAIN[..], &["--out", "out"]].concat(), code);
        assert_names(&run.stderr, &[words, name]);
        assert!(folder.path().join("out/model.json").is_file(), "{name}");
        assert_eq!(folder.path().join("out/report.md").is_file(), code == 0, "{name}");
    }
}

#[test]
fn an_input_is_not_overwritten() {
    let folder = trained();
    let at = |name: &str| folder.path().join(name);
    let (data, model) = (fs::read(at("samples.csv")).unwrap(), fs::read(at("model/model.json")).unwrap());
    fs::hard_link(at("samples.csv"), at("same")).unwrap();
    for out in ["samples.csv", "./samples.csv", "same", "model/model.json"] {
        assert_names(&run(folder.path(), &[&INFER[..], &["--out", out]].concat(), 2).stderr, &["replace the input"]);
    }
    fs::create_dir(at("out")).unwrap();
    fs::rename(at("samples.csv"), at("out/report.md")).unwrap();
    let refused = run(folder.path(), &[&TRAIN[..], &["--data", "out/report.md", "--out", "out"]].concat(), 2);
    assert_names(&refused.stderr, &["replace the input", "out/report.md"]);
    assert_eq!(fs::read(at("same")).unwrap(), data);
    assert_eq!(fs::read(at("model/model.json")).unwrap(), model);
    assert_eq!(fs::read_dir(at("out")).unwrap().count(), 1);
}

#[test]
fn a_second_file_of_the_same_name_does_not_replace_the_model_of_the_first() {
    let folder = tempdir().unwrap();
    for (place, shift) in [("a", 0), ("b", 5)] {
        fs::create_dir(folder.path().join(place)).unwrap();
        fs::write(folder.path().join(place).join("train.csv"), samples(shift)).unwrap();
    }
    let model = || fs::read(folder.path().join("runs/train/model.json")).unwrap();
    let train =
        |data: &str, more: &[&str], code| run(folder.path(), &[&TRAIN[..], &["--data", data], more].concat(), code);
    train("a/train.csv", &[], 0);
    let first = model();
    let refused = train("b/train.csv", &[], 2);
    assert_names(&refused.stderr, &["runs/train holds a model", "other data", "--out"]);
    assert!(refused.stdout.is_empty());
    assert_eq!(model(), first);
    // The same data, and a folder that was asked for: said and replaced.
    assert_names(&train("a/train.csv", &["--seed", "1"], 0).stdout, &["runs/train: the model there will be replaced"]);
    assert_ne!(model(), first);
    train("b/train.csv", &["--out", "runs/train"], 0);
    assert_names(&model(), &["\"dataset\":\"train\""]);
    // A file that this program cannot read may be a model all the same.
    fs::write(folder.path().join("runs/train/model.json"), "{\"version\":9}").unwrap();
    train("b/train.csv", &[], 2);
    assert_eq!(model(), b"{\"version\":9}");
}

#[cfg(unix)]
#[test]
fn a_fifo_a_link_and_the_standard_output_are_written_into() {
    let folder = trained();
    let at = |name: &str| folder.path().join(name);
    let infer = |out: &str| command(folder.path(), &[&INFER[..], &["--out", out]].concat());
    assert!(infer("plain.csv").output().unwrap().status.success());
    let expected = fs::read_to_string(at("plain.csv")).unwrap();

    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    let fifo = at("fifo");
    let reader = thread::spawn(move || fs::read_to_string(fifo));
    assert!(infer("fifo").output().unwrap().status.success());
    assert_eq!(reader.join().unwrap().unwrap(), expected);
    assert!(!fs::metadata(at("fifo")).unwrap().is_file());

    std::os::unix::fs::symlink("target.csv", at("link")).unwrap();
    assert!(infer("link").output().unwrap().status.success());
    assert!(at("link").is_symlink());
    assert_eq!(fs::read_to_string(at("target.csv")).unwrap(), expected);

    // A file below the standard output gets both, a pipe too.
    let status = infer("/dev/stdout").stdout(File::create(at("both")).unwrap()).status().unwrap();
    assert!(status.success());
    for printed in [fs::read(at("both")).unwrap(), infer("/dev/stdout").output().unwrap().stdout] {
        assert_names(&printed, &["inference", &expected, "wrote /dev/stdout"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error_and_a_closed_one_is_not() {
    let folder = trained();
    let train = [&TRAIN[..], &["--out", "again"]].concat();
    for args in
        [&INFER[..], &train, &["plan"], &["plan", "--compare"], &["--help"], &["train", "--help"], &["--version"]]
    {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(folder.path(), args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_names(&output.stderr, &["error: cannot write to the standard output", "No space left"]);

        let mut closed = command(folder.path(), args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(closed.stdout.take());
        assert!(closed.wait().unwrap().success(), "{args:?}");
    }
    // Files are written all the same.
    assert!(folder.path().join("again/report.json").is_file());
}
