//! CSV files that cannot be used.

use std::{fmt, path::PathBuf};

/// What is wrong with a CSV file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{place}: {problem}", path.display(), place = Place(self))]
#[non_exhaustive]
pub struct CsvError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1, when one is to blame.
    pub line: Option<u64>,
    /// The column, counted from 1, when one is to blame.
    pub column: Option<usize>,
    /// What is wrong.
    pub problem: CsvProblem,
}

/// What can be wrong with a CSV file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsvProblem {
    /// Not text in UTF-8, or not to be read at all.
    #[error("{reason}; save it as CSV in UTF-8")]
    Unreadable {
        /// What the reader said.
        reason: &'static str,
    },
    /// No line with data.
    #[error("there is no line with data; write one sample a line, its values separated by commas")]
    NoSamples,
    /// A line with another number of cells than the first.
    #[error("{actual} cells, but the first line has {expected}; give every line the same number")]
    Ragged {
        /// Cells of the first line.
        expected: usize,
        /// Cells found.
        actual: usize,
    },
    /// An empty cell.
    #[error("the cell is empty; fill it in, or leave the line out")]
    MissingValue,
    /// A feature that is not a number.
    #[error("{value:?} is not a number; features are decimal numbers (a header has no number among their names)")]
    NotANumber {
        /// The cell.
        value: String,
    },
    /// A feature that is NaN or infinite.
    #[error("{value:?} is not finite; correct it, or leave the line out")]
    NotFinite {
        /// The cell.
        value: String,
    },
    /// A label that is none of the known classes.
    #[error("{value:?} is none of the classes {}; correct it, or leave the line out", known.join(", "))]
    UnknownClass {
        /// The cell.
        value: String,
        /// The classes.
        known: Vec<String>,
    },
    /// A column asked for that is not there.
    #[error("there is no column {name:?}: take one of {}, or its number from 1 to {}", known.join(", "), known.len())]
    NoColumn {
        /// The name or number asked for.
        name: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// Too few or too many columns.
    #[error("{actual} columns, but {expected}")]
    WrongColumns {
        /// What would do, in words.
        expected: String,
        /// Columns found.
        actual: usize,
    },
    /// Nothing to tell apart.
    #[error("the labels name {actual} class, and there must be at least 2; name another column with --label")]
    TooFewClasses {
        /// Classes found.
        actual: usize,
    },
    /// A class with too few samples to be split.
    #[error("class {class:?} has {actual} sample(s), and needs at least {least}; add some, or leave the class out")]
    SmallClass {
        /// The class.
        class: String,
        /// The fewest samples.
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
