//! Tests of `src/data`.
#![cfg(feature = "cli")]

mod csv_file;
