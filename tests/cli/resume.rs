//! A training that was killed, interrupted or failed goes on where it was.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{self, assert_names};

fn command(folder: &Path, args: &[&str]) -> Command {
    program::command(folder, &[&["train", "--step", "whole"], args].concat())
}

#[track_caller]
fn train(folder: &Path, args: &[&str], code: i32) -> Output {
    let output = command(folder, &[&["--backend", "clear"], args].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// More steps than any test waits for.
const ENDLESS: &[&str] = &["--backend", "clear", "--steps", "1000000", "--validation", "0.2"];

/// Starts a training without an end and waits for some steps.
fn started(folder: &Path) -> Child {
    let mut child = command(folder, &[ENDLESS, &["--out", "out"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Nobody reads what it prints; it must not fill the pipe.
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    thread::spawn(move || lines.for_each(drop));
    saved_step(folder);
    child
}

/// The checkpoint's step, once it is one of some.
fn saved_step(folder: &Path) -> usize {
    let (file, waited) = (folder.join("out/checkpoint.json"), Instant::now());
    loop {
        assert!(waited.elapsed() < Duration::from_secs(60), "no checkpoint");
        // It is replaced as a whole.
        let step = fs::read(&file).ok().map(|text| serde_json::from_slice::<Value>(&text).unwrap());
        match step.and_then(|checkpoint| checkpoint["course"]["training"]["step"].as_u64()) {
            Some(step) if step >= 12 => return step as usize,
            _ => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// A report without what clock and memory decide.
fn without_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| {
                !name.contains("seconds") && !["share", "memory", "resident_bytes"].contains(&&name[..])
            });
            fields.values_mut().for_each(without_times);
        }
        Value::Array(list) => list.iter_mut().for_each(without_times),
        _ => {}
    }
}

/// Goes on in `out` for five steps, and compares with a training that was never interrupted: the same model and the same
/// report, to the bit.
fn goes_on_as_if_nothing_had_been(folder: &Path) {
    let step = saved_step(folder);
    let steps = (step + 5).to_string();
    let settings = ["--steps", &steps, "--validation", "0.2"];
    train(folder, &[&settings[..], &["--out", "whole"]].concat(), 0);
    let resumed = train(folder, &[&settings[..], &["--out", "out", "--resume"]].concat(), 0);
    assert_names(&resumed.stdout, &[&format!("continues after step {step}")]);
    let file = |folder: &str, name: &str| folder.to_owned() + "/" + name;
    let read = |name: &str| ["whole", "out"].map(|which| fs::read(folder.join(file(which, name))).unwrap());
    let [whole, out] = read("model.json");
    assert!(whole == out, "the models differ");
    let mut reports = read("report.json").map(|text| serde_json::from_slice::<Value>(&text).unwrap());
    for report in &mut reports {
        // Sorted by time, and masks are encoded once a process.
        report["breakdown"].as_array_mut().unwrap().retain(|entry| entry["operation"] != "encode");
        report["breakdown"].as_array_mut().unwrap().sort_by_key(|entry| entry["operation"].to_string());
        // The batch was sent again.
        report["bytes"]["client_to_server"] = Value::Null;
        without_times(report);
    }
    assert_eq!(reports[0], reports[1]);
    assert!(!folder.join("out/checkpoint.json").exists(), "a training that ended leaves no checkpoint");
}

#[test]
fn a_training_that_was_killed_goes_on() {
    let folder = tempdir().unwrap();
    let mut child = started(folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folder.path().join("out/model.json").exists());

    // Not by accident, and not with other settings.
    let file = folder.path().join("out/checkpoint.json");
    let before = fs::read(&file).unwrap();
    let refused = |args: &[&str], words: &[&str]| {
        let refused = train(folder.path(), &[args, &["--out", "out"]].concat(), 2);
        assert_names(&refused.stderr, words);
        assert_eq!(fs::read(&file).unwrap(), before);
    };
    refused(&["--steps", "2"], &["out/checkpoint.json", "add --resume"]);
    for (args, setting) in [
        (["--seed", "1"], "seed"),
        (["--loss", "weighted-squared"], "learning rates"),
        (["--decay", "0.02"], "decay"),
        (["--dataset", "wine"], "activation"),
    ] {
        refused(&[&["--resume", "--validation", "0.2"], &args[..]].concat(), &[setting, "the same settings"]);
    }
    goes_on_as_if_nothing_had_been(folder.path());
    let nothing = train(folder.path(), &["--out", "out", "--resume"], 2);
    assert_names(&nothing.stderr, &["no checkpoint out/checkpoint.json", "leave out --resume"]);
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_training_that_was_interrupted_writes_its_model_and_goes_on() {
    let folder = tempdir().unwrap();
    let child = started(folder.path());
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_names(&output.stderr, &["ending after the present step"]);
    for name in ["model.json", "report.json", "report.md", "checkpoint.json"] {
        assert!(folder.path().join("out").join(name).is_file(), "{name}");
    }
    let report = json(&folder.path().join("out/report.json"));
    assert_eq!(report["test"], Value::Null);
    assert_eq!(report["steps"].as_array().unwrap().len(), saved_step(folder.path()));
    goes_on_as_if_nothing_had_been(folder.path());
}

/// With SEAL, whose steps are long enough: how to go on is said, and a second Ctrl-C ends at once.
#[cfg(unix)]
#[test]
fn a_second_interrupt_ends_at_once() {
    let folder = tempdir().unwrap();
    let mut child = command(folder.path(), &["--steps", "50", "--out", "it's here"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(printed.any(|line| line.contains("encrypted loss")));
    interrupt(&child);
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("ending after the present step")));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!folder.path().join("it's here/model.json").exists());
}

/// The printed command line can be pasted.
#[cfg(unix)]
#[test]
fn the_command_that_continues_is_printed() {
    let folder = tempdir().unwrap();
    let mut child = command(folder.path(), &[ENDLESS, &["--out", "it's here"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(printed.any(|line| line.starts_with("    2  ")));
    interrupt(&child);
    let line = printed.find(|line| line.ends_with("--resume")).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let shorter = line.replace("1000000", "1");
    let resumed = Command::new("sh").arg("-c").arg(&shorter).current_dir(folder.path()).output().unwrap();
    assert!(resumed.status.success(), "{shorter}: {}", String::from_utf8_lossy(&resumed.stderr));
    assert_names(&resumed.stdout, &["continues after step"]);
}

/// What cannot be kept is said, and does not end the training.
#[test]
fn a_checkpoint_that_cannot_be_written_is_a_warning() {
    let folder = tempdir().unwrap();
    // A folder in its place, seen by no one beforehand: a dangling link into one that is missing.
    #[cfg(unix)]
    {
        fs::create_dir(folder.path().join("out")).unwrap();
        std::os::unix::fs::symlink("missing/file", folder.path().join("out/checkpoint.json")).unwrap();
        let run = train(folder.path(), &["--steps", "3", "--out", "out"], 0);
        assert_eq!(String::from_utf8_lossy(&run.stderr).matches("warning: cannot write").count(), 1);
        assert!(folder.path().join("out/model.json").is_file());
    }
}
