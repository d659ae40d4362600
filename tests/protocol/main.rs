//! Tests of `src/protocol`.
#![cfg(feature = "cli")]

#[path = "../kit/mod.rs"]
mod kit;

mod batches;
mod bootstrapped;
mod bytes;
mod choice;
mod course;
mod larger_without_client;
mod layerwise;
mod lines;
mod memory;
mod regression;
mod room;
mod session;
mod split;
mod threads;
mod whole_files;
mod wire;
mod wrong_uses;
