//! Typed errors. Each names what was found, what was expected, and what to do.

mod argument;
mod bounds;
mod circuit;
mod csv;
mod data;
mod message;
mod model;
mod packing;
mod request;
mod seal;
mod setup;
#[cfg(feature = "text")]
mod text;

pub use argument::ArgumentError;
pub use bounds::Argument;
pub use circuit::CircuitError;
pub use csv::{CsvError, CsvProblem};
pub use data::DataError;
pub use message::MessageError;
pub use model::{ModelError, ModelProblem};
pub use packing::PackingError;
pub use request::RequestError;
pub use seal::{BytesRefusal, ExceptionClass, ObjectKind, ParameterRefusal, SealError};
pub use setup::{LayoutRemedy, SetupError};
#[cfg(feature = "text")]
pub use text::{CheckpointError, CheckpointProblem, TextError};

/// The result type of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of the SEAL layer.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// An encrypted program asked for an operation that its values or its backend do not support.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// Packed values with incompatible layouts.
    #[error(transparent)]
    Packing(#[from] PackingError),
    /// An argument that a function cannot work with.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// An invalid network, layout or batch, or a training that cannot go on.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A request that a server refuses, or two parties that do not agree.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Bytes from another process that are no message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// Invalid data, or a file that cannot be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A sentence encoder that cannot be loaded, or a text that it cannot encode (feature `text`).
    #[cfg(feature = "text")]
    #[error(transparent)]
    Text(#[from] TextError),
}
