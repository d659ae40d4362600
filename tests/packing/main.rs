//! Tests of `src/packing`.

#[path = "../kit/mod.rs"]
mod kit;

mod matrices;
