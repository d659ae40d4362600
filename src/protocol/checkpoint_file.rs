//! Checkpoints of a server in a file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    RequestError, Result, SealError,
    backend::SealEvaluator,
    program::{Checkpoints, Reached},
    seal::{Ciphertext, Container, Context, Limits, Parameters},
};

/// The file in which a server leaves what it has reached of a call: a container of parameters, ciphertexts, and what the
/// server knows of the call in the clear. There is nothing secret in it. It is written completely or not at all, and each
/// step replaces that of the one before.
#[derive(Clone)]
pub struct CheckpointFile {
    path: PathBuf,
    context: Context,
    /// The terms of the program: another one cannot go on from it.
    program: String,
    every: usize,
}

/// What is in the clear, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: u32,
    program: String,
    steps: usize,
}

/// Goes up whenever an older program would read the file otherwise.
const VERSION: u32 = 1;
/// More than any state has.
const MOST_BYTES: usize = 1 << 30;

impl CheckpointFile {
    /// A file for the calls of a program with these terms, on ciphertexts of a context.
    pub fn new(path: impl Into<PathBuf>, context: &Context, program: impl Into<String>) -> CheckpointFile {
        CheckpointFile { path: path.into(), context: context.clone(), program: program.into(), every: 1 }
    }

    /// The same, written after every so many steps; 0 counts as 1.
    pub fn written_every(self, steps: usize) -> CheckpointFile {
        CheckpointFile { every: steps.max(1), ..self }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, where there is one.
    ///
    /// # Errors
    /// `File` with the system's reason.
    pub fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.unwritten(source)),
            _ => Ok(()),
        }
    }

    fn unwritten(&self, source: io::Error) -> crate::Error {
        SealError::File { path: self.path.clone(), source }.into()
    }

    fn other(reason: impl Into<String>) -> crate::Error {
        RequestError::OtherCheckpoint { reason: reason.into() }.into()
    }
}

impl Checkpoints<SealEvaluator> for CheckpointFile {
    /// # Errors
    /// `OtherCheckpoint` for that of another program; `ForeignContext` for other parameters; `Bytes` or `File` for what cannot
    /// be read.
    fn load(&mut self) -> Result<Option<Reached<Ciphertext>>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let container = Container::load_within(&self.path, &Limits::default().at_most_bytes(MOST_BYTES))?;
        let parameters = self.context.parameters();
        let theirs: Parameters = match parameters.security_bits() {
            0 => container.insecure_parameters()?,
            _ => container.parameters()?,
        };
        if theirs != *parameters {
            return Err(SealError::ForeignContext { op: "a checkpoint" }.into());
        }
        let head =
            container.model().ok_or_else(|| CheckpointFile::other("it does not say how many steps were made"))?;
        let Head { version, program, steps } =
            serde_json::from_slice(head).map_err(|error| CheckpointFile::other(error.to_string()))?;
        if version != VERSION {
            return Err(CheckpointFile::other(format!("version {version}, where {VERSION} is expected")));
        }
        if program != self.program || steps == 0 {
            return Err(CheckpointFile::other(format!("{program}, where {} is expected", self.program)));
        }
        Ok(Some(Reached { steps, values: container.get_all(&self.context)? }))
    }

    fn save(&mut self, steps: usize, values: &[&Ciphertext]) -> Result<()> {
        if !steps.is_multiple_of(self.every) {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|source| self.unwritten(source))?;
        }
        let head = Head { version: VERSION, program: self.program.clone(), steps };
        let head = serde_json::to_vec(&head).map_err(|error| CheckpointFile::other(error.to_string()))?;
        let mut container = Container::new(self.context.parameters());
        container.add_model(&head);
        for &value in values {
            container.add(value)?;
        }
        Ok(container.save(&self.path)?)
    }
}
