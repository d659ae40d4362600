//! Data that cannot be used, and files that cannot be written.

use std::{io, path::PathBuf};

use super::{CsvError, ModelError};

/// A data set, a split of it, or an output folder that does not fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No data set of this name.
    #[error("no data set is called {name:?}: take one of {}", known.join(", "))]
    UnknownDataSet {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// The parts of a data set do not fit each other.
    #[error("data set {name} is inconsistent: it has {actual} {what}, but {expected} would fit; correct its source")]
    Inconsistent {
        /// The data set.
        name: String,
        /// What there are too many or too few of.
        what: &'static str,
        /// How many would fit.
        expected: usize,
        /// How many there are.
        actual: usize,
    },
    /// A folder without the embeddings of a part.
    #[error(
        "folder {} has neither {part}.safetensors nor {part}.emb.npy: give --data a folder with embeddings, such as \
         data/sst2 of the repository", folder.display()
    )]
    NoEmbeddings {
        /// The folder.
        folder: PathBuf,
        /// The part.
        part: String,
    },
    /// A file of embeddings that cannot be used.
    #[error("{}: {reason}", path.display())]
    BadEmbeddings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file of sentences that cannot be used.
    #[error("{}: {reason}", path.display())]
    BadText {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A label that names no class.
    #[error("sample {sample} has label {label}, but there are {classes} classes: labels count from 0")]
    UnknownLabel {
        /// Index of the sample.
        sample: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A share that leaves no sample on one side.
    #[error("a share of {share} does not split anything: take one between 0 and 1, such as 0.2")]
    BadShare {
        /// The share asked for.
        share: f64,
    },
    /// A class too small to be in both parts.
    #[error(
        "class {class} has {samples} sample(s), of which {test} would be held out: both parts need at least one, so take \
         another share, add samples, or leave the class out"
    )]
    ClassTooSmall {
        /// Index of the class.
        class: usize,
        /// How many samples it has.
        samples: usize,
        /// How many of them the test part would get.
        test: usize,
    },
    /// Samples with another number of features than the scaler was fitted on.
    #[error(
        "samples have {actual} features, but the scaler was fitted on {expected}: give it columns in the same order"
    )]
    WrongFeatures {
        /// Features it was fitted on.
        expected: usize,
        /// Features found.
        actual: usize,
    },
    /// No samples where some are needed.
    #[error("{op} needs at least one sample, and there is none")]
    NoSamples {
        /// The operation.
        op: &'static str,
    },
    /// A feature with NaN, infinity, or values so large that their squares overflow.
    #[error(
        "feature {feature} has a value that is NaN, infinite or too large to be scaled: correct or drop that sample"
    )]
    NotFinite {
        /// Index of the feature.
        feature: usize,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}; check the path and its permissions", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A CSV file that cannot be used.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A saved model that cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Figures that no scaler has.
    #[error(
        "feature {feature} has mean {mean:e} and deviation {deviation:e}; both must be finite, the latter positive"
    )]
    BadScale {
        /// Index of the feature.
        feature: usize,
        /// Its mean.
        mean: f64,
        /// Its deviation.
        deviation: f64,
    },
    /// The output folder cannot be made or written.
    #[error("cannot write into the output folder {}: {source}; choose another one, or change its permissions", path.display())]
    OutputFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something that is not a folder has the output folder's name.
    #[error("{} is not a folder: choose another output folder, or move that file away", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A file cannot be written; what was there before is untouched.
    #[error("cannot write {}: {source}; free some space or choose another output folder", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The plot cannot be drawn.
    #[error("cannot draw the plot: {reason}; the numbers are in report.json")]
    Plot {
        /// What the drawing library said.
        reason: String,
    },
}
