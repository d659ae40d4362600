//! What a training keeps is there after a few steps: later ones add nothing. Measured in a process of its own, so that
//! nothing else moves its memory.
#![cfg(target_os = "linux")]

use std::{env, process::Command};

use crate::kit::iris::{self, Iris};
use seal_nn::{nn::layout::LayoutKind, report::resident_bytes};

/// Tells a process that it is the one of its own.
const ALONE: &str = "SEAL_NN_MEMORY_ALONE";

/// Steps after which the masks are encoded and the memory pools are full.
const WARM_UP: usize = 16;
const STEPS: usize = 40;
/// A step that kept the weights that it was sent (2 MiB here) or one encoded mask (0.5 MiB) would add 48 MiB and
/// 12 MiB in 24 steps, the latter 3.4% of some 350 MiB. The changes of the allocator, and of the pools of several threads,
/// were up to 2.2% on a busy machine, where a pool may be filled late.
const MOST_GROWTH: f64 = 0.03;

#[test]
fn memory_does_not_grow_with_the_steps() {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "memory::child"])
        .env(ALONE, "")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && text.contains(" steps, "), "{text}");
    println!("{text}");
}

#[test]
#[ignore = "run by the other in a process of its own"]
fn child() {
    if env::var_os(ALONE).is_none() {
        return;
    }
    let iris = Iris::new(LayoutKind::Merged, iris::SAMPLES);
    let (mut session, keys) = iris.on_seal();
    drop(keys);
    session.add_batch(iris.x.view(), iris.t.view()).unwrap();
    let mut after = |steps: usize| {
        (0..steps).for_each(|_| drop(session.step().unwrap()));
        resident_bytes().unwrap()
    };
    let (warm, last) = (after(WARM_UP), after(STEPS - WARM_UP));
    let growth = last as f64 / warm as f64 - 1.0;
    println!("{} MiB after {WARM_UP} steps, {} MiB after {STEPS}: {:.2}%", warm >> 20, last >> 20, 100.0 * growth);
    assert!(growth < MOST_GROWTH, "memory grew by {:.2}% from {warm} bytes", 100.0 * growth);
}
