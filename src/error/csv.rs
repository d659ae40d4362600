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
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The error.
    pub problem: CsvProblem,
}

impl CsvError {
    /// An error without the name of its column. Line and column are counted from 1.
    pub fn new(path: impl Into<PathBuf>, line: Option<u64>, column: Option<usize>, problem: CsvProblem) -> CsvError {
        CsvError { path: path.into(), line, column, name: None, problem }
    }
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
    /// A first line that may have the names of the columns, or the first sample.
    #[error(
        "the first line may be a header or a sample: {name:?} looks like a name, {value:?} like a value; state whether \
         the file has a header"
    )]
    UnclearHeader {
        /// A cell that speaks for a header.
        name: String,
        /// A cell that speaks against it.
        value: String,
    },
    /// A line has another number of cells than the first.
    #[error("{actual} cells, but the first line has {expected}; every line needs the same number")]
    Ragged {
        /// Cells of the first line.
        expected: usize,
        /// Cells found.
        actual: usize,
    },
    /// An empty cell, or another mark of a gap.
    #[error("the value is missing; fill it in, or remove the line")]
    MissingValue,
    /// A feature that is not a number.
    #[error("{value:?} is not a number, unlike other cells of its column; correct it, or leave the cell empty")]
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
    /// A header that names none of the features of a model.
    #[error(
        "the header has none of the names {}, but {}; rename the columns, or take them by position if they are in this \
         order",
        some(expected),
        some(actual)
    )]
    OtherNames {
        /// The features.
        expected: Vec<String>,
        /// The names in the header.
        actual: Vec<String>,
    },
    /// Several columns that may be the requested one.
    #[error("column {name:?} may be any of {}; rename them", found.join(", "))]
    UnclearColumn {
        /// The requested name.
        name: String,
        /// The columns with a similar name.
        found: Vec<String>,
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
    /// Fewer than two different numbers to predict.
    #[error(
        "the column has {actual} different number(s) to predict, but at least 2 are needed; use another column for the \
         target"
    )]
    TooFewNumbers {
        /// Different numbers found.
        actual: usize,
    },
    /// A class with too few samples to be split.
    #[error(
        "class {class:?} has {actual} sample(s), but needs at least {least}{}; add samples, or remove the class",
        of_others(*classes, alike.as_deref())
    )]
    SmallClass {
        /// The class.
        class: String,
        /// The smallest number of samples.
        least: usize,
        /// Samples found.
        actual: usize,
        /// The number of classes.
        classes: usize,
        /// A class that differs in upper and lower case or blanks only.
        alike: Option<String>,
    },
    /// Labels that are a quantity, as in a regression.
    #[error(
        "the {samples} labels are {different} different numbers: this is a quantity (regression), but classes are \
         needed; {}",
        use_others(others)
    )]
    Quantity {
        /// Different numbers.
        different: usize,
        /// Samples with a number.
        samples: usize,
        /// Other columns, which may have the classes.
        others: Vec<String>,
    },
}

/// The first names of many.
fn some(names: &[String]) -> String {
    const MOST: usize = 8;
    let more = if names.len() > MOST { ", ..." } else { "" };
    names[..names.len().min(MOST)].join(", ") + more
}

fn of_others(classes: usize, alike: Option<&str>) -> String {
    match alike {
        Some(alike) => format!(" (it is written like {alike:?} but for upper and lower case or blanks)"),
        None if classes > 10 => format!(" ({classes} classes in all)"),
        None => String::new(),
    }
}

fn use_others(others: &[String]) -> String {
    match others {
        [] => "use another column for the labels, or divide the numbers into a few ranges".into(),
        others => format!("use another column for the labels, such as {}", some(others)),
    }
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
        if let Some(name) = &self.0.name {
            write!(f, " ({name:?})")?;
        }
        Ok(())
    }
}
