//! Tests of `src/cli`: the program as a user meets it.
#![cfg(feature = "cli")]

#[path = "../kit/mod.rs"]
mod kit;

mod bootstrapped;
mod bounds;
#[cfg(feature = "serve")]
mod certificates;
#[cfg(feature = "embeddings")]
mod hnn;
mod infer;
mod inspect;
#[cfg(feature = "serve")]
mod network;
mod output;
mod program;
mod reproduce;
mod reproduce_tables;
mod resume;
mod tables;
mod train;
mod whole;
