//! Neural networks on encrypted data, on Microsoft SEAL's CKKS.
#![warn(missing_docs)]
#![deny(unsafe_code)]

pub mod backend;
pub mod data;
mod error;
mod ffi;
pub mod nn;
pub mod packing;
mod private;
pub mod program;
pub mod protocol;
pub mod report;
pub mod seal;
#[cfg(feature = "text")]
pub mod text;
mod units;

#[cfg(feature = "text")]
pub use error::{CheckpointError, CheckpointProblem, TextError};
pub use error::{
    CircuitError, CsvError, CsvProblem, DataError, Error, ModelError, ModelProblem, PackingError, Result, SealError,
    SetupError,
};
pub use private::Private;
pub use units::{Level, Rotation};

/// Keeps the README's example true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
