//! Tables as people have them: columns of numbers or of words, with gaps.

mod classes;
#[cfg(feature = "embeddings")]
mod embedded;
mod labelled;
mod matching;
mod numeric;
mod reading;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use super::Scaling;
use crate::error::DataError;

pub use labelled::LabelledTable;
pub(super) use labelled::file_stem;
pub use matching::Selection;
pub use numeric::NumericTable;
pub use reading::Gaps;
pub use roles::ColumnChoice;
pub(super) use {classes::Classes, roles::Roles};

/// Columns of the same number of samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    samples: usize,
    scaling: Scaling,
}

/// A column with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// One value per sample.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Finite numbers; NaN is a gap.
    Numbers(Vec<f64>),
    /// Words.
    Words(Words),
}

/// Words, each kept once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The words that occur, sorted.
    vocabulary: Vec<String>,
    /// For each sample an index into the vocabulary; `None` is a gap.
    codes: Vec<Option<usize>>,
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// `DataError::Inconsistent` if the columns have different numbers of samples; `DataError::NoSamples` without
    /// columns or samples.
    pub fn new(columns: Vec<Column>) -> Result<Table, DataError> {
        let samples = columns.first().map_or(0, |column| column.values.len());
        if let Some(other) = columns.iter().find(|column| column.values.len() != samples) {
            let (name, actual) = (other.name.clone(), other.values.len());
            return Err(DataError::Inconsistent { name, what: "values of a column", expected: samples, actual });
        }
        match samples {
            0 => Err(DataError::NoSamples { op: "a table" }),
            _ => Ok(Table { columns, samples, scaling: Scaling::default() }),
        }
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// How its features are scaled: each by its own deviation, unless it was told otherwise.
    pub fn scaling(&self) -> Scaling {
        self.scaling
    }

    /// The same table with another scaling.
    pub fn with_scaling(self, scaling: Scaling) -> Table {
        Table { scaling, ..self }
    }

    /// The samples at `rows`, in that order. The caller has checked the indices.
    fn select(&self, rows: &[usize]) -> Table {
        let select = |column: &Column| Column { name: column.name.clone(), values: column.values.select(rows) };
        Table { columns: self.columns.iter().map(select).collect(), samples: rows.len(), scaling: self.scaling }
    }
}

impl AsRef<Table> for Table {
    fn as_ref(&self) -> &Table {
        self
    }
}

impl Values {
    /// The number of samples.
    fn len(&self) -> usize {
        match self {
            Values::Numbers(numbers) => numbers.len(),
            Values::Words(words) => words.codes.len(),
        }
    }

    /// The number of gaps.
    pub fn gaps(&self) -> usize {
        match self {
            Values::Numbers(numbers) => numbers.iter().filter(|number| number.is_nan()).count(),
            Values::Words(words) => words.codes.iter().filter(|code| code.is_none()).count(),
        }
    }

    fn select(&self, rows: &[usize]) -> Values {
        match self {
            Values::Numbers(numbers) => Values::Numbers(rows.iter().map(|&row| numbers[row]).collect()),
            Values::Words(words) => Values::Words(words.select(rows)),
        }
    }
}

impl Words {
    /// These words; `None` is a gap.
    pub fn new<'a>(cells: impl Iterator<Item = Option<&'a str>> + Clone) -> Words {
        let vocabulary: Vec<&str> = cells.clone().flatten().collect::<BTreeSet<_>>().into_iter().collect();
        let code = |cell: Option<&str>| cell.and_then(|word| vocabulary.binary_search(&word).ok());
        let codes = cells.map(code).collect();
        Words { vocabulary: vocabulary.into_iter().map(str::to_owned).collect(), codes }
    }

    /// The word of each sample; `None` is a gap.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> + Clone {
        self.codes.iter().map(|code| code.map(|code| self.vocabulary[code].as_str()))
    }

    /// The words with their numbers of samples, sorted by word.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for word in self.iter().flatten() {
            *counts.entry(word).or_insert(0) += 1;
        }
        counts
    }

    fn select(&self, rows: &[usize]) -> Words {
        Words::new(rows.iter().map(|&row| self.codes[row].map(|code| self.vocabulary[code].as_str())))
    }
}
