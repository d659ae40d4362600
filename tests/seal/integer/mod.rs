//! Tests of `src/seal/integer`.

mod budget;
mod bytes;
mod operations;
mod parameters;
mod refusals;
mod threads;
