//! Tests of `src/data`.
#![cfg(feature = "cli")]

#[path = "../kit/mod.rs"]
mod kit;

mod csv_file;
mod numeric;
#[cfg(feature = "components")]
mod preparation;
mod table;
mod wrong_uses;
