//! The files of a model folder.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

use crate::error::{CheckpointError, CheckpointProblem};

/// A file that was read, with its path for errors.
pub(super) struct File {
    path: PathBuf,
    /// The expected content.
    expected: &'static str,
    pub(super) bytes: Vec<u8>,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// `Missing` if the file cannot be read.
    pub(super) fn read(path: &Path, expected: &'static str) -> Result<File, CheckpointError> {
        let bytes = fs::read(path).map_err(|e| {
            let problem = CheckpointProblem::Missing { expected, reason: e.to_string() };
            CheckpointError { path: path.into(), problem }
        })?;
        Ok(File { path: path.into(), expected, bytes })
    }

    /// The value of its JSON.
    ///
    /// # Errors
    /// `Damaged` if it is not valid JSON of this type.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, CheckpointError> {
        serde_json::from_slice(&self.bytes).map_err(|e| self.damaged(e))
    }

    /// An error in this file.
    pub(super) fn refuse(&self, problem: CheckpointProblem) -> CheckpointError {
        CheckpointError { path: self.path.clone(), problem }
    }

    pub(super) fn damaged(&self, reason: impl fmt::Display) -> CheckpointError {
        self.refuse(CheckpointProblem::Damaged { expected: self.expected, reason: reason.to_string() })
    }
}
