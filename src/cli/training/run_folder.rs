//! The output folder of a training, and what must not be lost there.

use std::{
    cell::Cell,
    fs, io,
    path::{Path, PathBuf},
};

use seal_nn::{
    DataError, SealError,
    backend::{Encrypt, SealKeyHolder},
    model::{Checkpoint, Model},
    program::Plan,
    report::OutputDir,
    seal::SecretContainer,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{experiment::Experiment, totals::Totals};
use crate::cli::{print::warn, usage::UsageError};

/// A checkpoint of any kind of training: only that with the same settings can be understood.
type AnyCheckpoint = Checkpoint<Totals, Value>;

/// The files that a training writes.
const FILES: [&str; 8] = [
    "checkpoint.json",
    "confusion.svg",
    "model.json",
    "report.json",
    "report.md",
    SECRET_KEY,
    SERVER_STATE,
    "training.svg",
];
/// The secret key of a training whose server leaves what it has reached: it decrypts that.
const SECRET_KEY: &str = "secret-key.seal";
/// What the server has reached since the client's last look, encrypted.
const SERVER_STATE: &str = "server-state.seal";

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
        if !resume {
            // Of a training that was given up.
            [SECRET_KEY, SERVER_STATE].into_iter().try_for_each(|name| remove(&folder.path().join(name)))?;
        }
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

    /// Where the server leaves what it has reached, encrypted.
    pub fn server_state(&self) -> PathBuf {
        self.folder.path().join(SERVER_STATE)
    }

    /// Removes what the server has reached.
    pub fn remove_server_state(&self) -> anyhow::Result<()> {
        remove(&self.server_state())
    }

    /// Keeps a secret key beside what the server has reached, for its owner's eyes alone.
    pub fn keep_secret_key(&self, holder: &SealKeyHolder) -> anyhow::Result<()> {
        let path = self.folder.path().join(SECRET_KEY);
        if !path.exists() {
            holder.secret_container()?.save(path)?;
        }
        Ok(())
    }

    /// The secret key that was kept, of the parameters of a plan.
    pub fn secret_key(&self, plan: &Plan) -> anyhow::Result<Option<SealKeyHolder>> {
        let path = self.folder.path().join(SECRET_KEY);
        if !path.exists() {
            return Ok(None);
        }
        let holder = SealKeyHolder::from_secret_container(&SecretContainer::load(&path)?)?;
        match *holder.chain() == plan.chain {
            true => Ok(Some(holder)),
            false => {
                let reason =
                    "a key of other parameters: go on with the settings and the layout that it was made for".into();
                Err(DataError::BadCheckpoint { path, reason }.into())
            }
        }
    }

    /// For a training that is over, with its model written.
    pub fn finish(&self) -> anyhow::Result<()> {
        remove(&self.folder.path().join(SECRET_KEY))?;
        self.remove_server_state()?;
        Ok(AnyCheckpoint::remove(&self.folder)?)
    }

    /// For a training that cannot go on from its checkpoint either. One that was there before stays.
    pub fn abandon(self) {
        if self.checkpoint.is_none() {
            // The error that ended the training is the one to report.
            let _ = self.finish();
        }
        self.folder.abandon();
    }
}

/// Removes a file, where there is one.
fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(SealError::File { path: path.to_owned(), source }.into())
        }
        _ => Ok(()),
    }
}
