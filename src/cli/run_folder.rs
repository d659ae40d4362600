//! The output folder of a training, and what must not be lost there.

use std::path::{Path, PathBuf};

use seal_nn::{model::Model, report::OutputDir};

use super::{experiment::Experiment, usage::UsageError};

/// The files that a training writes.
const FILES: [&str; 4] = ["model.json", "report.json", "report.md", "training.svg"];

/// An output folder that takes the results of a training.
pub struct RunFolder {
    pub folder: OutputDir,
    /// Whether a model is there already.
    pub replaces_model: bool,
}

impl RunFolder {
    /// The requested folder, or that of the data set, in which a model of other data is not replaced. `inputs` are the
    /// files that the training reads.
    pub fn create(out: Option<&Path>, experiment: &Experiment, inputs: &[&Path]) -> anyhow::Result<RunFolder> {
        let path = out.map_or_else(|| PathBuf::from("runs").join(&experiment.dataset), Path::to_owned);
        let replaces_model = Model::file_in(&path).exists();
        // A file that cannot be read may be a model of a newer version.
        let same_data = || Model::load(&path).is_ok_and(|model| model.training().data == experiment.data);
        if out.is_none() && replaces_model && !same_data() {
            return Err(UsageError::OtherModel { folder: path, dataset: experiment.dataset.clone() }.into());
        }
        let folder = OutputDir::create(path)?;
        folder.keep_apart(&FILES, inputs)?;
        Ok(RunFolder { folder, replaces_model })
    }
}
