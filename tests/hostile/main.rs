//! Bytes that were made to crash, bloat or mislead a process, and mutations of good ones: each gives a typed error or an
//! object that works, within 64 MiB above the largest object there is, and within 2 seconds.
//!
//! Each batch runs in a process of its own, whose memory the system limits: what would take gigabytes dies there. The
//! child notes what it is about to try, so that the parent can say what it died of.
#![cfg(target_os = "linux")] // what limits the memory of a process differs between systems

#[path = "../kit/mod.rs"]
mod kit;

mod batches;
mod ckks;
mod corpus;
mod forge;
mod integer;
mod integer_corpus;
#[cfg(feature = "wire")]
mod messages;
mod tries;
mod world;

use std::{
    env, fs,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use batches::BATCHES;

/// Which batch a child runs; parents do not have it.
const BATCH: &str = "SEAL_NN_HOSTILE_BATCH";
/// Where a child notes what it tries.
const NOTES: &str = "SEAL_NN_HOSTILE_NOTES";

/// Not a test of its own: what the tests below run in their children.
#[test]
fn child() {
    let Ok(name) = env::var(BATCH) else { return };
    let notes = fs::File::create(env::var(NOTES).unwrap()).unwrap();
    let (_, run) = BATCHES.iter().find(|(batch, _)| *batch == name).unwrap();
    let mut tries = tries::Tries::new(notes);
    run(&mut tries);
    println!("{name}: {}", tries.summary());
}

#[track_caller]
fn in_a_child(batch: &str) {
    let Ended { done, last } = end_of_child(batch);
    let text = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{batch} ended with {} at: {last}\n{text}", done.status);
    println!("{}", text.lines().find(|line| line.contains(" tried, ")).unwrap_or_default());
}

/// How a child ended, and the last that it tried.
struct Ended {
    done: Output,
    last: String,
}

fn end_of_child(batch: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(BATCH, batch)
        .env(NOTES, &notes)
        // One arena: each would take 64 MiB of addresses.
        .env("MALLOC_ARENA_MAX", "1")
        // A backtrace takes more memory than is left, and would wait for itself.
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(20));
        let noted = fs::metadata(&notes).and_then(|notes| notes.modified());
        if noted.is_ok_and(|noted| noted.elapsed().unwrap_or_default() > MOST_SILENCE) {
            child.kill().unwrap();
        }
    }
    let done = child.wait_with_output().unwrap();
    let last = fs::read_to_string(&notes).unwrap_or_default().trim_end().to_owned();
    Ended { done, last }
}

/// The control: without it, that the other children live would mean nothing.
#[test]
fn a_child_that_takes_a_gigabyte_dies() {
    let Ended { done, last } = end_of_child("greedy");
    assert!(!done.status.success(), "it lives, and took all of {last}");
    assert!(last.starts_with("a gigabyte"), "it died too early, of {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_corpus() {
    in_a_child("corpus");
}

#[test]
fn every_byte_flipped() {
    in_a_child("flipped");
}

#[test]
fn every_length_truncated() {
    in_a_child("truncated");
}

#[test]
fn lengths_replaced_by_extremes() {
    in_a_child("extremes");
}

#[test]
fn structured_mutations() {
    in_a_child("fuzz");
}

#[cfg(feature = "wire")]
#[test]
fn messages() {
    in_a_child("messages");
}

#[cfg(feature = "wire")]
#[test]
fn descriptions() {
    in_a_child("descriptions");
}

/// The most that one try may take; machines are busy at times, so this is measured in the time of the process.
pub const MOST_TIME: Duration = Duration::from_secs(2);

/// A child that notes nothing new for so long, on a machine however busy, does not come back from its last try.
const MOST_SILENCE: Duration = Duration::from_secs(120);
