//! Ranks that are killed: the job ends, and goes on from its checkpoint.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::tempdir;

use crate::{
    job::{program, succeeded},
    trainings::Trained,
};

const STEPS: u64 = 16;

fn train<'a>(steps: &'a str, out: &'a str) -> Vec<&'a str> {
    let what = ["train", "--dataset", "iris", "--step", "whole", "--layout", "merged"];
    [&what[..], &["--ranks", "2", "--steps", steps, "--out", out]].concat()
}

/// The step of the checkpoint, if there is one.
fn saved_step(folder: &Path) -> Option<u64> {
    let text = fs::read(folder.join("checkpoint.json")).ok()?;
    serde_json::from_slice::<Value>(&text).unwrap()["course"]["training"]["step"].as_u64()
}

/// The process of a rank: one of those that `mpirun` started, itself or, in MPICH, by a process of its own for each machine.
/// They say their rank in their environment.
pub fn process_of(job: &Child, rank: &str) -> String {
    let parent = |process: &Path| {
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        // Behind the name, which is in parentheses: state, parent.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let says = |process: &Path| {
        let signs = ["OMPI_COMM_WORLD_RANK", "PMI_RANK"].map(|name| format!("{name}={rank}").into_bytes());
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| signs.iter().any(|sign| entry == sign))
    };
    let started = |process: &Path| {
        let parent_of = |number: u32| parent(&Path::new("/proc").join(number.to_string()));
        let starter = parent(process);
        starter == Some(job.id()) || starter.and_then(parent_of) == Some(job.id())
    };
    let mut processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let process = processes.find(|process| started(process) && says(process));
    process.unwrap().file_name().unwrap().to_str().unwrap().to_owned()
}

/// Kills a rank in the middle of a training: what is started again with `--resume` comes to the same as what was never killed.
fn goes_on_without(rank: &str) {
    let (folder, steps) = (tempdir().unwrap(), STEPS.to_string());
    let mut job = program(2, folder.path(), &train(&steps, "out"));
    let mut job = job.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (out, waited) = (folder.path().join("out"), Instant::now());
    while saved_step(&out).is_none_or(|step| step < 3) {
        assert!(waited.elapsed() < Duration::from_secs(300), "no checkpoint");
        assert!(job.try_wait().unwrap().is_none(), "the job ended before it was killed");
        thread::sleep(Duration::from_millis(20));
    }
    let process = process_of(&job, rank);
    assert!(Command::new("kill").args(["-9", &process]).status().unwrap().success());
    let ended = job.wait().unwrap();
    let step = saved_step(&out).unwrap();
    assert!(!ended.success() && step < STEPS, "{ended} after step {step}");

    let resumed = program(2, folder.path(), &[train(&steps, "out"), vec!["--resume"]].concat()).output().unwrap();
    let printed = succeeded(resumed);
    assert!(printed.contains(&format!("continues after step {step}")), "{printed}");
    succeeded(program(2, folder.path(), &train(&steps, "whole")).output().unwrap());
    Trained::read(&out).assert_same(&Trained::read(&folder.path().join("whole")));
}

#[test]
fn a_training_survives_the_first_rank() {
    goes_on_without("0");
}

#[test]
fn a_training_survives_another_rank() {
    goes_on_without("1");
}
