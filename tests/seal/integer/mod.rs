//! Tests of `src/seal/integer`.

mod bytes;
mod operations;
mod parameters;
mod refusals;
mod threads;
