//! The memory of a session is about what the offer says before a key arrives. Measured in a process that is a server only.
#![cfg(target_os = "linux")]

use std::{env, fs, path::Path, process::Command};

use seal_nn::{
    nn::{
        layout::{Batch, LayoutKind, State},
        training::Steps,
    },
    program::Program,
    protocol::{
        Deployment,
        wire::{Announcement, Offer, Opening},
    },
    report::resident_bytes,
};

use super::opened;
use crate::kit::iris::{self, Iris};

/// Where a process finds what it is sent.
const FOLDER: &str = "SEAL_NN_WIRE_FOLDER";
const PARTS: usize = 4;
/// What the allocator keeps, in bytes.
const SLACK: usize = 40 << 20;

#[test]
fn a_session_takes_about_the_memory_that_was_foretold() {
    let iris = Iris::new(LayoutKind::Merged, iris::SAMPLES);
    let deployment = &iris.deployment.training;
    let (holder, _, opening) = opened(deployment, PARTS);
    let Deployment { program, plan, .. } = deployment;
    let encrypted = |levels| super::hostile::message::<Batch<()>>(&holder, &iris::SAMPLES, levels);
    let keep = encrypted(&program.kept(&iris::SAMPLES, plan.entry, &plan.chain).unwrap());
    let call = Steps { batch: 0, shares: vec![1.0] };
    let levels = program.asked(&call, plan.entry, &plan.chain).unwrap();
    let call = super::hostile::message::<State<()>>(&holder, &call, &levels);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("description", &opening.programs[0].description[..]),
        ("keys", &opening.keys),
        ("keep", &keep),
        ("call", &call),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let child = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "wire::memory::child"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && text.contains(" foretold"), "{text}");
    println!("{text}");
}

#[test]
#[ignore = "run by the other in a process of its own"]
fn child() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let read = |name: &str| fs::read(Path::new(&folder).join(name)).unwrap();
    let programs = vec![Announcement { description: read("description").into(), parts: PARTS }];
    let opening = Opening { programs, keys: read("keys").into() };
    let (keep, call) = (read("keep"), read("call"));
    let mut sessions = Vec::new();
    // The last one: before, there is what the process has beside its sessions, pools of threads and what is loaded of it.
    let (mut taken, mut foretold) = (0, 0);
    for _ in 0..2 {
        let before = resident_bytes().unwrap();
        let stage = |what: &str| println!("{what}: {} MiB", (resident_bytes().unwrap() - before) >> 20);
        let offer = Offer::new(&opening.programs).unwrap();
        stage("offer");
        let mut program = offer.open(&opening.keys).unwrap().remove(0);
        stage("open");
        (0..PARTS).for_each(|_| program.keep(&keep).unwrap());
        stage("keep");
        (0..3).for_each(|_| drop(program.call(&call).unwrap()));
        stage("call");
        taken = (resident_bytes().unwrap() - before) as usize;
        foretold = offer.memory_bytes();
        sessions.push(program);
    }
    println!("{} MiB taken, {} MiB foretold", taken >> 20, foretold >> 20);
    assert!(taken < foretold + SLACK, "more than was foretold: {taken} and {foretold}");
    assert!(foretold < 2 * taken, "far less than was foretold: {taken} and {foretold}");
}
