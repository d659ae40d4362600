//! What trains on every backend, in one program: the training code is generic, and compiling it for SEAL takes longer than
//! most of these tests.
#![cfg(feature = "data")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../iris/mod.rs"]
mod iris;

mod baselines;
mod choice;
mod infer;
mod protocol;
mod refresh;
mod threads;
