//! Tests of `src/protocol`.

#[path = "../kit/mod.rs"]
mod kit;

mod choice;
mod memory;
mod session;
mod threads;
