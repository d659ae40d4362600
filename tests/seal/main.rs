//! Tests of `src/seal`.

#[path = "../kit/mod.rs"]
mod kit;

#[macro_use]
mod refusals_kit;

mod adopt;
mod bytes;
mod bytes_kit;
mod flood;
mod hybrid;
mod integer;
mod lost_values;
mod memory;
mod noise;
mod operations;
mod parameters;
mod publish;
mod refusals;
mod secrets;
mod seeds;
mod sparse;
mod threads;
