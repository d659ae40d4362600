//! Tests of `src/packing`.
#![cfg(feature = "cli")]

#[path = "../kit/mod.rs"]
mod kit;

mod matrices;
mod wrong_uses;
