//! The options that name data: a built-in set, or a CSV file and how to read it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
#[cfg(feature = "embeddings")]
use seal_nn::data::Embeddings;
use seal_nn::data::{ColumnChoice, CsvFile, CsvFormat, DataSet, Gaps, LabelledTable, Note, NumericTable};

#[cfg(feature = "embeddings")]
use super::usage::first_given;
use super::{defaults::Defaults, problem::Problem, usage::UsageError};

#[derive(Args)]
pub struct DataArgs {
    /// Data set: iris, wine, breast-cancer or digits
    #[arg(long, default_value = "iris")]
    dataset: String,

    /// CSV file to use instead: features that are numbers or words, and one column of classes. Or a folder of embeddings with
    /// a training and a test part, as `seal-nn hnn --data` takes it: train.safetensors and test.safetensors, or PART.emb.npy
    #[arg(long, value_name = "FILE", conflicts_with = "dataset")]
    data: Option<PathBuf>,

    /// Name of the column to predict, or its number from 1 [default: the last column]
    #[arg(long, value_name = "COLUMN", requires = "data")]
    label: Option<String>,

    /// Column to leave out, by name or by number from 1; may be repeated
    #[arg(long, value_name = "COLUMN", requires = "data")]
    ignore: Vec<String>,

    /// Column to use as a feature although it looks like an index or like identifiers; may be repeated
    #[arg(long, value_name = "COLUMN", requires = "data")]
    keep: Vec<String>,

    /// Whether the column to predict has classes, or numbers for regression
    #[arg(long, value_enum, default_value_t = TaskName::Classes)]
    task: TaskName,

    #[command(flatten)]
    format: FormatArgs,
}

/// What is to be predicted.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TaskName {
    /// One of some classes, by words or numbers
    Classes,
    /// A number
    Regression,
}

/// How a CSV file is written.
#[derive(Args)]
pub struct FormatArgs {
    /// Whether the first line of the file has the names of the columns [default: auto]
    #[arg(long, value_enum, value_name = "WHETHER")]
    header: Option<HeaderName>,

    /// Character between the cells of the file, or its name, tab or space [default: detected; a comma, semicolon, tab or |]
    #[arg(long, value_name = "CHARACTER", value_parser = separator)]
    separator: Option<u8>,

    /// Numbers in the file have a decimal comma [default: detected]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "WHETHER")]
    decimal_comma: Option<bool>,

    /// What to do with gaps in features: empty cells, ?, NA and the like [default: fill]
    #[arg(long, value_enum, value_name = "HOW")]
    missing: Option<MissingName>,
}

/// Whether there is a header.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HeaderName {
    Yes,
    No,
    /// Found out from the first line and those below it
    Auto,
}

/// What to do with gaps.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MissingName {
    /// Use the median of the training samples, or their commonest word
    Fill,
    /// End with an error
    Refuse,
}

/// One ASCII character, or the name of one that is hard to type.
fn separator(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        b"space" => Ok(b' '),
        &[character] if character.is_ascii() && !b"\"\r\n".contains(&character) => Ok(character),
        _ => Err("use one character, such as ;, or tab or space".into()),
    }
}

/// A table with what was noticed while it was read.
pub struct Source {
    pub problem: Problem,
    pub defaults: &'static Defaults,
    pub notes: Vec<Note>,
}

impl DataArgs {
    /// The file that is read, if it is one.
    pub fn file(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    pub fn read(&self) -> anyhow::Result<Source> {
        let Some(path) = &self.data else {
            if self.format.is_given() {
                return Err(UsageError::FormatWithoutFile.into());
            }
            if self.task == TaskName::Regression {
                return Err(UsageError::RegressionWithoutFile.into());
            }
            let data = DataSet::load(&self.dataset)?;
            let defaults = Defaults::of(&data.name);
            return Ok(Source { problem: Problem::Classes(data.try_into()?), defaults, notes: Vec::new() });
        };
        #[cfg(feature = "embeddings")]
        if path.is_dir() {
            return self.embeddings(path);
        }
        let file = CsvFile::read_as(path, &self.format.format())?;
        let name = path.file_stem().map_or_else(|| "data".into(), |stem| stem.to_string_lossy());
        let choice = ColumnChoice { label: self.label.clone(), ignore: self.ignore.clone(), keep: self.keep.clone() };
        let (problem, more) = match self.task {
            TaskName::Classes => {
                let (table, notes) = LabelledTable::from_csv(name, &file, &choice, self.format.gaps())?;
                (Problem::Classes(table), notes)
            }
            TaskName::Regression => {
                let (table, notes) = NumericTable::from_csv(name, &file, &choice, self.format.gaps())?;
                (Problem::Numbers(table), notes)
            }
        };
        let notes = file.notes().iter().cloned().chain(more).collect();
        Ok(Source { problem, defaults: Defaults::unknown(), notes })
    }

    /// A folder of embeddings, which has no columns to choose from.
    #[cfg(feature = "embeddings")]
    fn embeddings(&self, folder: &Path) -> anyhow::Result<Source> {
        let given = first_given([
            ("--label", self.label.is_some()),
            ("--ignore", !self.ignore.is_empty()),
            ("--keep", !self.keep.is_empty()),
            ("--header", self.format.header.is_some()),
            ("--separator", self.format.separator.is_some()),
            ("--decimal-comma", self.format.decimal_comma.is_some()),
            ("--missing", self.format.missing.is_some()),
            ("--task regression", self.task == TaskName::Regression),
        ]);
        if let Some(flag) = given {
            return Err(UsageError::NotForEmbeddings { flag, folder: folder.into() }.into());
        }
        let part = |name| Embeddings::load(folder, name);
        let name = folder.file_name().map_or_else(|| "embeddings".into(), |name| name.to_string_lossy());
        let table = LabelledTable::from_embeddings(name, &part("train")?, &part("test")?)?;
        Ok(Source { problem: Problem::Classes(table), defaults: Defaults::embeddings(), notes: Vec::new() })
    }
}

impl FormatArgs {
    pub fn format(&self) -> CsvFormat {
        CsvFormat {
            separator: self.separator,
            decimal_comma: self.decimal_comma,
            header: self.header.and_then(|header| match header {
                HeaderName::Yes => Some(true),
                HeaderName::No => Some(false),
                HeaderName::Auto => None,
            }),
        }
    }

    pub fn gaps(&self) -> Gaps {
        match self.missing {
            Some(MissingName::Refuse) => Gaps::Refuse,
            _ => Gaps::Fill,
        }
    }

    fn is_given(&self) -> bool {
        let FormatArgs { header, separator, decimal_comma, missing } = self;
        header.is_some() || separator.is_some() || decimal_comma.is_some() || missing.is_some()
    }
}
