//! Typed errors: each names what was found, what was expected, and what to do.

#[cfg(feature = "nn")]
mod circuit;
#[cfg(any(feature = "data", feature = "report"))]
mod csv;
#[cfg(any(feature = "data", feature = "report"))]
mod data;
#[cfg(any(feature = "data", feature = "report"))]
mod model;
#[cfg(feature = "nn")]
mod packing;
mod seal;
#[cfg(feature = "nn")]
mod setup;
#[cfg(feature = "text")]
mod text;

#[cfg(feature = "nn")]
pub use circuit::CircuitError;
#[cfg(any(feature = "data", feature = "report"))]
pub use csv::{CsvError, CsvProblem};
#[cfg(any(feature = "data", feature = "report"))]
pub use data::DataError;
#[cfg(any(feature = "data", feature = "report"))]
pub use model::{ModelError, ModelProblem};
#[cfg(feature = "nn")]
pub use packing::PackingError;
pub use seal::{BytesRefusal, ExceptionClass, ObjectKind, ParameterRefusal, SealError};
#[cfg(feature = "nn")]
pub use setup::SetupError;
#[cfg(feature = "text")]
pub use text::{CheckpointError, CheckpointProblem, TextError};

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A refusal of the SEAL layer.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// An encrypted program asked for something its values or its backend do not have (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// Packed values whose layouts do not meet (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Packing(#[from] PackingError),
    /// A network, layout, batch or setting that does not fit (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Data that cannot be used, or a file that cannot be written (features `data` and `report`).
    #[cfg(any(feature = "data", feature = "report"))]
    #[error(transparent)]
    Data(#[from] DataError),
    /// A sentence encoder that cannot be loaded, or a text that it cannot take (feature `text`).
    #[cfg(feature = "text")]
    #[error(transparent)]
    Text(#[from] TextError),
}
