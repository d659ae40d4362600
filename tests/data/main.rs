//! Tests of `src/data`.

mod csv_file;
