//! Tests of `src/bootstrap`.
#![cfg(feature = "cli")]

mod bytes;
mod in_the_clear;
mod on_seal;
mod sine;
