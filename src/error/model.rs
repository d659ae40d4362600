//! Errors in saved models.

use std::path::PathBuf;

/// An error in a saved model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ModelError {
    /// The file.
    pub path: PathBuf,
    /// The error.
    pub problem: ModelProblem,
}

/// The kinds of errors in a saved model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelProblem {
    /// The file is larger than any model.
    #[error("the file is larger than {most} bytes, the maximum for a model; use the file of a saved model")]
    TooLarge {
        /// The largest number of bytes that is read.
        most: u64,
    },
    /// Another version of the format.
    #[error("the file has version {actual} of the format, but this program reads version {expected}; train it again")]
    WrongVersion {
        /// The version that is read.
        expected: u64,
        /// The version found.
        actual: u64,
    },
    /// Not a model in JSON.
    #[error("this is not a complete model: {reason}; train it again, or restore the file")]
    Unreadable {
        /// The position and the message of the reader.
        reason: String,
    },
    /// A field that does not match the others.
    #[error("{field} has {actual} entries, but the network needs {expected}; restore the file")]
    WrongLength {
        /// The field.
        field: String,
        /// The expected number of entries.
        expected: usize,
        /// The actual number.
        actual: usize,
    },
    /// A field with an invalid value.
    #[error("{field}: {reason}; restore the file")]
    BadField {
        /// The field.
        field: String,
        /// The reason.
        reason: String,
    },
}
