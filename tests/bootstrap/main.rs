//! Tests of `src/bootstrap`.
#![cfg(feature = "cli")]

mod bytes;
mod in_the_clear;
mod in_two_levels;
mod on_seal;
mod sine;
mod together;
