//! Neural networks on encrypted data, on Microsoft SEAL's CKKS.
#![warn(missing_docs)]
#![deny(unsafe_code)]

#[cfg(feature = "nn")]
pub mod backend;
#[cfg(feature = "data")]
pub mod data;
mod error;
mod ffi;
#[cfg(feature = "nn")]
pub mod nn;
#[cfg(feature = "nn")]
pub mod packing;
mod private;
#[cfg(feature = "nn")]
pub mod protocol;
#[cfg(feature = "report")]
pub mod report;
pub mod seal;
#[cfg(feature = "text")]
pub mod text;
mod units;

#[cfg(feature = "text")]
pub use error::{CheckpointError, CheckpointProblem, TextError};
#[cfg(feature = "nn")]
pub use error::{CircuitError, PackingError, SetupError};
#[cfg(any(feature = "data", feature = "report"))]
pub use error::{CsvError, CsvProblem, DataError, ModelError, ModelProblem};
pub use error::{Error, Result, SealError};
pub use private::Private;
pub use units::{Level, Rotation};

/// Keeps the README's example true.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../README.md")]
struct Readme;
