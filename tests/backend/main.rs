//! Tests of `src/backend`.
#![cfg(feature = "cli")]

#[path = "../kit/mod.rs"]
mod kit;

mod bounds;
mod conformance;
mod evaluation_keys;
