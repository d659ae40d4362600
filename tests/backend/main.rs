//! Tests of `src/backend`.
#![cfg(feature = "cli")]

#[path = "../kit/mod.rs"]
mod kit;

mod conformance;
mod evaluation_keys;
