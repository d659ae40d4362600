//! What a run has finished, kept in its output folder, so that the next one goes on from there.

use std::{collections::BTreeMap, fs, io};

use seal_nn::{
    DataError,
    backend::CostModel,
    report::{Machine, OutputDir},
};
use serde::{Deserialize, Serialize};

use super::{
    error::ReproduceError,
    job::Timing,
    record::{IrisRun, TrainingRun},
};
use crate::cli::{backend_args::KeySwitchingName, reproduce::run_info::RunInfo};

/// Its name in the output folder.
const FILE: &str = "mihara2020.state.json";

/// Pieces that are finished.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    origin: Origin,
    /// As the first run measured it.
    pub costs: Option<CostModel>,
    pub timings: BTreeMap<String, Timing>,
    pub iris: BTreeMap<u64, IrisRun>,
    #[serde(default)]
    pub trainings: BTreeMap<String, TrainingRun>,
}

/// What all pieces of a run have in common.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    pub run: RunInfo,
    pub key_switching: KeySwitchingName,
}

impl State {
    /// What an earlier run of the same origin left in the folder; nothing when there was none, or `fresh` is asked for.
    ///
    /// # Errors
    /// `OtherRun` when it was another kind of run, `UnreadableState` when the file is not one of ours.
    pub fn open(out: &OutputDir, origin: Origin, fresh: bool) -> Result<State, ReproduceError> {
        let path = out.path().join(FILE);
        let unreadable = |reason: String| ReproduceError::UnreadableState { path: path.clone(), reason };
        let new =
            State { origin, costs: None, timings: BTreeMap::new(), iris: BTreeMap::new(), trainings: BTreeMap::new() };
        if fresh {
            return Ok(new);
        }
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(new),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let found: State = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        match found.origin.difference(&new.origin) {
            None => Ok(found),
            Some((what, there, here)) => Err(ReproduceError::OtherRun { path, what, there, here }),
        }
    }

    /// Who switches keys in all pieces.
    pub fn key_switching(&self) -> KeySwitchingName {
        self.origin.key_switching
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// `WriteFile`.
    pub fn save(&self, out: &OutputDir) -> Result<(), DataError> {
        out.write_json(FILE, self).map(drop)
    }
}

impl Origin {
    /// The first thing in which two differ: its name, and both values.
    fn difference(&self, here: &Origin) -> Option<(&'static str, String, String)> {
        let form = |quick| if quick { "--quick" } else { "the full run" };
        let machine = |machine: &Machine| {
            let hexl = if machine.hexl { "with HEXL" } else { "without HEXL" };
            format!("{}, {hexl}, {} thread(s)", machine.cpu.as_deref().unwrap_or("unnamed"), machine.threads)
        };
        let (run, other) = (&self.run, &here.run);
        let pairs = [
            ("version", run.version.clone(), other.version.clone()),
            ("length", form(run.quick).into(), form(other.quick).into()),
            ("seed", run.seed.to_string(), other.seed.to_string()),
            ("key switching", self.key_switching.to_string(), here.key_switching.to_string()),
            ("machine or number of threads", machine(&run.machine), machine(&other.machine)),
        ];
        pairs.into_iter().find(|(_, there, here)| there != here)
    }
}
