//! Errors in CSV files.

use std::{fmt, path::PathBuf};

/// An error in a CSV file, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{place}: {problem}", path.display(), place = Place(self))]
#[non_exhaustive]
pub struct CsvError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1, if the error is in a line.
    pub line: Option<u64>,
    /// The column, counted from 1, if the error is in a column.
    pub column: Option<usize>,
    /// The error.
    pub problem: CsvProblem,
}

/// The kinds of errors in a CSV file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsvProblem {
    /// The file is not UTF-8 text, or cannot be read.
    #[error("{reason}; save it as CSV in UTF-8")]
    Unreadable {
        /// The message of the reader.
        reason: &'static str,
    },
    /// There are no samples.
    #[error("the file contains no samples; write one sample per line, with values separated by commas")]
    NoSamples,
    /// A line has another number of cells than the first.
    #[error("{actual} cells, but the first line has {expected}; every line needs the same number")]
    Ragged {
        /// Cells of the first line.
        expected: usize,
        /// Cells found.
        actual: usize,
    },
    /// An empty cell.
    #[error("the cell is empty; fill it in, or remove the line")]
    MissingValue,
    /// A feature that is not a number.
    #[error("{value:?} is not a number; features are decimal numbers (a header must not contain numbers)")]
    NotANumber {
        /// The cell.
        value: String,
    },
    /// A feature that is NaN or infinite.
    #[error("{value:?} is not finite; correct it, or remove the line")]
    NotFinite {
        /// The cell.
        value: String,
    },
    /// A label that is not one of the known classes.
    #[error("{value:?} is not one of the classes {}; correct it, or remove the line", known.join(", "))]
    UnknownClass {
        /// The cell.
        value: String,
        /// The classes.
        known: Vec<String>,
    },
    /// A requested column that does not exist.
    #[error("there is no column {name:?}: use one of {}, or a number from 1 to {}", known.join(", "), known.len())]
    NoColumn {
        /// The requested name or number.
        name: String,
        /// The existing columns.
        known: Vec<String>,
    },
    /// Too few or too many columns.
    #[error("{actual} columns, but {expected}")]
    WrongColumns {
        /// The expected columns, in words.
        expected: String,
        /// Columns found.
        actual: usize,
    },
    /// Fewer than two classes.
    #[error("the labels name {actual} class, but at least 2 are needed; use another column for the labels")]
    TooFewClasses {
        /// Classes found.
        actual: usize,
    },
    /// A class with too few samples to be split.
    #[error("class {class:?} has {actual} sample(s), but needs at least {least}; add samples, or remove the class")]
    SmallClass {
        /// The class.
        class: String,
        /// The smallest number of samples.
        least: usize,
        /// Samples found.
        actual: usize,
    },
}

/// `, line 3, column 2`, as far as they are known.
struct Place<'a>(&'a CsvError);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.0.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.0.column {
            write!(f, ", column {column}")?;
        }
        Ok(())
    }
}
