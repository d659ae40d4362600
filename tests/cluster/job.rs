//! Jobs of several ranks.

use std::{
    env,
    path::Path,
    process::{Command, Output},
};

use assert_cmd::cargo::cargo_bin;

/// A job of so many ranks, one thread each: they share this machine with other tests.
fn mpirun(ranks: usize) -> Command {
    let mut job = Command::new("mpirun");
    job.args(["-n", &ranks.to_string()]).env("RAYON_NUM_THREADS", "1");
    job
}

/// The program on so many ranks, in a folder of its own, with nothing that was measured on this machine.
pub fn program(ranks: usize, folder: &Path, args: &[&str]) -> Command {
    let mut job = mpirun(ranks);
    job.arg(cargo_bin!("seal-nn")).args(args).current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache"));
    job
}

/// The program as one process, likewise.
pub fn alone(folder: &Path, args: &[&str]) -> Command {
    let mut program = Command::new(cargo_bin!("seal-nn"));
    program.args(args).current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache"));
    program
}

/// Runs an ignored test of this test program on so many ranks, which must succeed on all. Returns what they printed.
#[track_caller]
pub fn on_ranks(ranks: usize, test: &str) -> String {
    let mut job = mpirun(ranks);
    job.arg(env::current_exe().unwrap()).args(["--exact", test, "--ignored", "--nocapture", "--test-threads", "1"]);
    let printed = succeeded(job.output().unwrap());
    assert_eq!(printed.matches("1 passed").count(), ranks, "{printed}");
    printed
}

/// What a job printed.
#[track_caller]
pub fn succeeded(output: Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed
}
