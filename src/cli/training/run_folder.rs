//! The output folder of a training, and what must not be lost there.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use seal_nn::{
    DataError,
    model::{Checkpoint, Model},
    report::OutputDir,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{experiment::Experiment, totals::Totals};
use crate::cli::{print::warn, usage::UsageError};

/// A checkpoint of any kind of training: only that with the same settings can be understood.
type AnyCheckpoint = Checkpoint<Totals, Value>;

/// The files that a training writes.
const FILES: [&str; 6] = ["checkpoint.json", "confusion.svg", "model.json", "report.json", "report.md", "training.svg"];

/// An output folder that takes the results of a training.
pub struct RunFolder {
    folder: OutputDir,
    settings: Vec<(&'static str, String)>,
    /// From which the training continues.
    checkpoint: Option<AnyCheckpoint>,
    /// Whether a model is there already.
    pub replaces_model: bool,
    /// The step of the last checkpoint of this run.
    saved: Cell<Option<usize>>,
    /// Whether the last one could not be written.
    failed: Cell<bool>,
}

impl RunFolder {
    /// The requested folder, or that of the data set, in which a model of other data is not replaced. The checkpoint of a
    /// training is only replaced by one that continues it. `inputs` are the files that the training reads.
    pub fn create(
        out: Option<&Path>,
        resume: bool,
        experiment: &Experiment,
        settings: Vec<(&'static str, String)>,
        inputs: &[&Path],
    ) -> anyhow::Result<RunFolder> {
        let path = out.map_or_else(|| PathBuf::from("runs").join(&experiment.dataset), Path::to_owned);
        let replaces_model = Model::file_in(&path).exists();
        // A file that cannot be read may be a model of a newer version.
        let same_data = || Model::load(&path).is_ok_and(|model| model.training().data == experiment.data);
        if out.is_none() && replaces_model && !same_data() {
            return Err(UsageError::OtherModel { folder: path, dataset: experiment.dataset.clone() }.into());
        }
        let file = AnyCheckpoint::file_in(&path);
        let checkpoint = match (resume, file.exists()) {
            (false, true) => return Err(UsageError::Unfinished { file }.into()),
            (true, false) => return Err(UsageError::NothingToResume { file }.into()),
            (true, true) => Some(AnyCheckpoint::load(&path)?),
            (false, false) => None,
        };
        if let Some(checkpoint) = &checkpoint {
            checkpoint.check_settings(&path, settings.clone())?;
        }
        let folder = OutputDir::create(path)?;
        folder.keep_apart(&FILES, inputs)?;
        let (saved, failed) = Default::default();
        Ok(RunFolder { folder, settings, checkpoint, replaces_model, saved, failed })
    }

    /// The folder.
    pub fn output(&self) -> &OutputDir {
        &self.folder
    }

    /// From which the training continues, if it does.
    pub fn checkpoint<C: DeserializeOwned>(&self) -> anyhow::Result<Option<(C, Totals)>> {
        let Some(Checkpoint { course, run, .. }) = &self.checkpoint else { return Ok(None) };
        let course = serde_json::from_value(course.clone()).map_err(|error| DataError::BadCheckpoint {
            path: AnyCheckpoint::file_in(self.folder.path()),
            reason: error.to_string(),
        })?;
        Ok(Some((course, run.clone())))
    }

    /// The step from which a training can be continued.
    pub fn resumable_step(&self) -> Option<usize> {
        let last = |checkpoint: &AnyCheckpoint| checkpoint.run.steps.last().map(|step| step.step);
        self.saved.get().or(self.checkpoint.as_ref().and_then(last))
    }

    /// Writes a checkpoint after a step. A failure does not end the training: the next one may succeed.
    pub fn save<C: Serialize + DeserializeOwned>(&self, step: usize, state: C, totals: Totals) {
        match Checkpoint::new(self.settings.clone(), state, totals).save(&self.folder) {
            Ok(_) => {
                self.saved.set(Some(step));
                self.failed.set(false);
            }
            Err(error) if !self.failed.replace(true) => warn(&error),
            Err(_) => {}
        }
    }

    /// For a training that is over, with its model written.
    pub fn finish(&self) -> anyhow::Result<()> {
        Ok(AnyCheckpoint::remove(&self.folder)?)
    }

    /// For a training that cannot go on from its checkpoint either. One that was there before stays.
    pub fn abandon(self) {
        if self.checkpoint.is_none() {
            // The error that ended the training is the one to report.
            let _ = AnyCheckpoint::remove(&self.folder);
        }
        self.folder.abandon();
    }
}
