//! Tables that are finished, kept in the output folder, so that the next run goes on from there.

use std::{fs, io};

use seal_nn::{DataError, report::OutputDir};
use serde::{Deserialize, Serialize};

use super::{
    error::TablesError,
    record::{TableResult, Training},
};
use crate::cli::reproduce::run_info::RunInfo;

/// Its name in the output folder.
const FILE: &str = "tables.state.json";

/// Finished tables, and what they have in common.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    origin: Origin,
    tables: Vec<TableResult>,
}

/// What all tables of a run have in common.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    pub run: RunInfo,
    pub training: Training,
    pub scikit_learn: Option<String>,
}

impl State {
    /// What an earlier run of the same origin left in the folder; nothing when there was none, or `fresh` is asked for.
    ///
    /// # Errors
    /// `OtherRun` if it had other settings, or another program, machine or scikit-learn; `UnreadableState` if the file is
    /// not one of ours.
    pub fn open(out: &OutputDir, origin: Origin, fresh: bool) -> Result<State, TablesError> {
        let path = out.path().join(FILE);
        let new = State { origin, tables: Vec::new() };
        let text = match fs::read(&path) {
            Ok(text) if !fresh => text,
            Ok(_) => return Ok(new),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(new),
            Err(error) => return Err(TablesError::UnreadableState { path, reason: error.to_string() }),
        };
        match serde_json::from_slice::<State>(&text) {
            Ok(found) if found.origin == new.origin => Ok(found),
            Ok(_) => Err(TablesError::OtherRun { path }),
            Err(error) => Err(TablesError::UnreadableState { path, reason: error.to_string() }),
        }
    }

    /// The result of a table with these contents, if it is finished.
    pub fn finished(&self, table: &str, fingerprint: &str) -> Option<&TableResult> {
        self.tables.iter().find(|found| found.table == table && found.fingerprint == fingerprint)
    }

    /// Keeps a result and writes the file, whole or not at all.
    ///
    /// # Errors
    /// `WriteFile`.
    pub fn add(&mut self, out: &OutputDir, result: TableResult) -> Result<(), DataError> {
        self.tables.retain(|other| other.table != result.table);
        self.tables.push(result);
        out.write_json(FILE, self).map(drop)
    }
}
