//! Errors of data sets and files.

use std::{io, path::PathBuf};

use super::{CsvError, ModelError};

impl From<CsvError> for DataError {
    fn from(error: CsvError) -> DataError {
        DataError::Csv(error.into())
    }
}

/// An invalid data set or split, or a file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No data set of this name.
    #[error("there is no data set {name:?}: use one of {}", known.join(", "))]
    UnknownDataSet {
        /// The requested name.
        name: String,
        /// The existing names.
        known: Vec<&'static str>,
    },
    /// The parts of a data set do not match.
    #[error("data set {name} is inconsistent: it has {actual} {what} instead of {expected}; correct its source")]
    Inconsistent {
        /// The data set.
        name: String,
        /// The items of which there are too many or too few.
        what: &'static str,
        /// The expected number.
        expected: usize,
        /// The actual number.
        actual: usize,
    },
    /// A folder does not contain the embeddings of a part.
    #[error(
        "folder {} contains neither {part}.safetensors nor {part}.emb.npy: use a folder with embeddings, \
         such as data/sst2 in the repository, or a CSV file for a table", folder.display()
    )]
    NoEmbeddings {
        /// The folder.
        folder: PathBuf,
        /// The part.
        part: String,
    },
    /// Principal components without the feature `components`.
    #[error(
        "the features of wide tables become principal components, which need the feature `components`: build with it, or keep \
         all features"
    )]
    NoComponents,
    /// A file of embeddings that cannot be used.
    #[error("{}: {reason}", path.display())]
    BadEmbeddings {
        /// The file.
        path: PathBuf,
        /// The error.
        reason: String,
    },
    /// A file of sentences that cannot be used.
    #[error("{}: {reason}", path.display())]
    BadText {
        /// The file.
        path: PathBuf,
        /// The error.
        reason: String,
    },
    /// A label that is not a class.
    #[error("sample {sample} has label {label}, but there are {classes} classes: labels start at 0")]
    UnknownLabel {
        /// Index of the sample.
        sample: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A share that leaves one part without samples.
    #[error("a share of {share} leaves one part empty: use a number between 0 and 1, such as 0.2")]
    BadShare {
        /// The requested share.
        share: f64,
    },
    /// A class that is too small for both parts.
    #[error(
        "class {class:?} has {samples} sample(s), of which {test} would be held out: both parts need at least one, so \
         use another share, add samples, or remove the class"
    )]
    ClassTooSmall {
        /// The class.
        class: String,
        /// Its number of samples.
        samples: usize,
        /// The number of samples of the test part.
        test: usize,
    },
    /// Samples with another number of features than the scaler was fitted on.
    #[error(
        "samples have {actual} features, but the scaler was fitted on {expected}: use the same columns in the same \
         order"
    )]
    WrongFeatures {
        /// Features it was fitted on.
        expected: usize,
        /// Features found.
        actual: usize,
    },
    /// There are no classes.
    #[error("there are no classes: at least one is needed")]
    NoClasses,
    /// There are no samples.
    #[error("{op} needs at least one sample, but there are none")]
    NoSamples {
        /// The operation.
        op: &'static str,
    },
    /// A feature with NaN or infinity.
    #[error("feature {feature} has a value that is NaN or infinite: correct or remove that sample")]
    NotFinite {
        /// Index of the feature.
        feature: usize,
    },
    /// A table without a column of this name and kind.
    #[error("the table has no column {column:?} of the kind that was prepared: use the columns of the training part")]
    NoSuchColumn {
        /// The column.
        column: String,
    },
    /// A gap in a column whose gaps cannot be filled.
    #[error("column {column:?} has gaps, and nothing is known to fill them with: fill them in, or remove the samples")]
    Gap {
        /// The column.
        column: String,
    },
    /// Figures of a column that cannot have been fitted.
    #[error(
        "column {column:?} is not valid: its median must be finite, its words sorted, different, and with the one that \
         fills gaps"
    )]
    BadColumn {
        /// The column.
        column: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}; check the path and its permissions", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// The message of the system.
        source: io::Error,
    },
    /// A CSV file that cannot be used.
    #[error(transparent)]
    Csv(Box<CsvError>),
    /// A saved model that cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Invalid parameters of a scaler.
    #[error(
        "feature {feature} has mean {mean:e} and deviation {deviation:e}; both must be finite, and the deviation \
         positive"
    )]
    BadScale {
        /// Index of the feature.
        feature: usize,
        /// Its mean.
        mean: f64,
        /// Its deviation.
        deviation: f64,
    },
    /// The output folder cannot be created or written to.
    #[error(
        "cannot write to the output folder {}: {source}; choose another one, or change its permissions",
        path.display()
    )]
    OutputFolder {
        /// The folder.
        path: PathBuf,
        /// The message of the system.
        source: io::Error,
    },
    /// The path of the output folder is not a folder.
    #[error("{} is not a folder: choose another output folder, or move the file", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A checkpoint that cannot be used.
    #[error("{}: this is not a whole checkpoint: {reason}; remove it to train from the start", path.display())]
    BadCheckpoint {
        /// The file.
        path: PathBuf,
        /// The position and the message of the reader.
        reason: String,
    },
    /// A checkpoint of a training with other settings.
    #[error(
        "{} is the checkpoint of a training with {setting} {expected:?}, but this one has {actual:?}: give the same \
         settings, or remove the file to train from the start",
        path.display()
    )]
    OtherSettings {
        /// The file.
        path: PathBuf,
        /// The name of the setting.
        setting: String,
        /// Its value in the checkpoint; empty if it was not given.
        expected: String,
        /// Its value in this training.
        actual: String,
    },
    /// A result would replace a file that the same work reads.
    #[error("the output would replace the input {}: choose another name or folder for it", path.display())]
    OutputIsInput {
        /// The input.
        path: PathBuf,
    },
    /// A file cannot be written. An existing file is left unchanged.
    #[error("cannot write {}: {source}; choose another name or folder, or free some space", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// The message of the system.
        source: io::Error,
    },
    /// The plot cannot be drawn.
    #[error("cannot draw the plot: {reason}; the numbers are in report.json")]
    Plot {
        /// The message of the drawing library.
        reason: String,
    },
}
