//! Typed errors: each names what was found, what was expected, and what to do.

mod circuit;
mod csv;
mod data;
mod message;
mod model;
mod packing;
mod seal;
mod setup;
#[cfg(feature = "text")]
mod text;

pub use circuit::CircuitError;
pub use csv::{CsvError, CsvProblem};
pub use data::DataError;
pub use message::MessageError;
pub use model::{ModelError, ModelProblem};
pub use packing::PackingError;
pub use seal::{BytesRefusal, ExceptionClass, ObjectKind, ParameterRefusal, SealError};
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
    /// An encrypted program asked for something its values or its backend do not have.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// Packed values whose layouts do not meet.
    #[error(transparent)]
    Packing(#[from] PackingError),
    /// A network, layout, batch or setting that does not fit.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Bytes from another process that are no message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// Data that cannot be used, or a file that cannot be written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A sentence encoder that cannot be loaded, or a text that it cannot take (feature `text`).
    #[cfg(feature = "text")]
    #[error(transparent)]
    Text(#[from] TextError),
}
