//! Tests of `src/backend`.

#[path = "../kit/mod.rs"]
mod kit;

mod conformance;
mod evaluation_keys;
