//! Saved models that cannot be used.

use std::path::PathBuf;

/// What is wrong with a saved model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ModelError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: ModelProblem,
}

/// What can be wrong with a saved model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelProblem {
    /// More bytes than any model has.
    #[error("it is larger than {most} bytes: no model is; name the folder that `train --out` wrote")]
    TooLarge {
        /// The most bytes that are read.
        most: u64,
    },
    /// Another version of the format.
    #[error("it has version {actual} of the format, and this program reads version {expected}; train it again")]
    WrongVersion {
        /// The version that is read.
        expected: u64,
        /// The version found.
        actual: u64,
    },
    /// Not a model in JSON.
    #[error("it is not a whole model: {reason}; train it again, or restore the file")]
    Unreadable {
        /// Where, and what the reader said.
        reason: String,
    },
    /// A field that does not fit the others.
    #[error("{field} has {actual} entries, and the network needs {expected}; restore the file")]
    WrongLength {
        /// The field.
        field: String,
        /// Entries that would fit.
        expected: usize,
        /// Entries found.
        actual: usize,
    },
    /// A field with a value that cannot be.
    #[error("{field}: {reason}; restore the file")]
    BadField {
        /// The field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
}
