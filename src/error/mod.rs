//! Typed errors. Each names what was found, what was expected, and what to do.

#[cfg(feature = "nn")]
mod argument;
#[cfg(feature = "nn")]
mod bootstrap;
#[cfg(feature = "nn")]
mod bounds;
#[cfg(feature = "net")]
mod certificates;
#[cfg(feature = "nn")]
mod circuit;
#[cfg(feature = "mpi")]
mod cluster;
#[cfg(any(feature = "data", feature = "report"))]
mod csv;
#[cfg(any(feature = "data", feature = "report"))]
mod data;
#[cfg(feature = "wire")]
mod message;
#[cfg(any(feature = "data", feature = "report"))]
mod model;
#[cfg(feature = "net")]
mod net;
#[cfg(feature = "nn")]
mod packing;
#[cfg(feature = "nn")]
mod request;
mod seal;
#[cfg(feature = "wire")]
mod session;
#[cfg(feature = "nn")]
mod setup;
#[cfg(feature = "text")]
mod text;

#[cfg(feature = "nn")]
pub use argument::ArgumentError;
#[cfg(feature = "nn")]
pub use bootstrap::BootstrapError;
#[cfg(feature = "nn")]
pub use bounds::Argument;
#[cfg(feature = "net")]
pub use certificates::CertificateError;
#[cfg(feature = "nn")]
pub use circuit::CircuitError;
#[cfg(feature = "mpi")]
pub use cluster::ClusterError;
#[cfg(any(feature = "data", feature = "report"))]
pub use csv::{CsvError, CsvProblem};
#[cfg(any(feature = "data", feature = "report"))]
pub use data::DataError;
#[cfg(feature = "wire")]
pub use message::MessageError;
#[cfg(any(feature = "data", feature = "report"))]
pub use model::{ModelError, ModelProblem};
#[cfg(feature = "net")]
pub use net::{NetError, Refusal};
#[cfg(feature = "nn")]
pub use packing::PackingError;
#[cfg(feature = "nn")]
pub use request::RequestError;
pub use seal::{BytesRefusal, ExceptionClass, ObjectKind, ParameterRefusal, SealError};
#[cfg(feature = "wire")]
pub use session::SessionError;
#[cfg(feature = "nn")]
pub use setup::{Cause, LayoutRemedy, SetupError};
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
    /// An encrypted program asked for an operation that its values or its backend do not support (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// A backend of another crate refused what a circuit asked of it (feature `nn`).
    #[cfg(feature = "nn")]
    #[error("{backend}: {source}")]
    Backend {
        /// The name of the backend.
        backend: &'static str,
        /// The backend's own error, which can be downcast.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A bootstrap that cannot be made, or not of these values (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// Packed values with incompatible layouts (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Packing(#[from] PackingError),
    /// An argument that a function cannot work with (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// An invalid network, layout or batch, or a training that cannot go on (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A request that a server refuses, or two parties that do not agree (feature `nn`).
    #[cfg(feature = "nn")]
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Bytes from another process that are not a message (feature `wire`).
    #[cfg(feature = "wire")]
    #[error(transparent)]
    Message(#[from] MessageError),
    /// Certificates that cannot be made or read (feature `net`).
    #[cfg(feature = "net")]
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// What stands between a client and a server (feature `net`).
    #[cfg(feature = "net")]
    #[error(transparent)]
    Net(#[from] NetError),
    /// A session between two processes that cannot be opened or go on (feature `wire`).
    #[cfg(feature = "wire")]
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A job of several ranks that cannot go on (feature `mpi`).
    #[cfg(feature = "mpi")]
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Invalid data, or a file that cannot be read or written (features `data` and `report`).
    #[cfg(any(feature = "data", feature = "report"))]
    #[error(transparent)]
    Data(#[from] DataError),
    /// A sentence encoder that cannot be loaded, or a text that it cannot encode (feature `text`).
    #[cfg(feature = "text")]
    #[error(transparent)]
    Text(#[from] TextError),
}
