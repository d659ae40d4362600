//! Errors of a comparison on tables.

use std::path::PathBuf;

/// What ends a comparison, or leaves a model out of it.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    #[error("{} is no folder that can be read: {reason}", path.display())]
    NoFolder { path: PathBuf, reason: String },

    #[error("there is no CSV file in {}", list(folders))]
    NoTables { folders: Vec<PathBuf> },

    #[error("none of the {count} tables could be used; the reasons are above")]
    AllSkipped { count: usize },

    #[error("there is no table {table}: the tables are {}", tables.join(", "))]
    UnknownTable { table: String, tables: Vec<String> },

    #[error("{} cannot be started: {reason}", python.display())]
    NoPython { python: PathBuf, reason: String },

    #[error("{} has no scikit-learn: {reason}", python.display())]
    NoScikit { python: PathBuf, reason: String },

    #[error(
        "{} belongs to a run with other settings, or another program, machine or scikit-learn: use the same, another \
         --out, or --fresh to start over", path.display()
    )]
    OtherRun { path: PathBuf },

    #[error("{} cannot be read: {reason}; use another --out, or --fresh to start over", path.display())]
    UnreadableState { path: PathBuf, reason: String },

    #[error("scikit-learn failed: {reason}")]
    ScikitFailed { reason: String },
}

fn list(folders: &[PathBuf]) -> String {
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
}
