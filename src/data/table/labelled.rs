//! Tables whose samples have a class.

use std::path::Path;

use super::{Classes, Column, ColumnChoice, Gaps, Roles, Table, Values};
use crate::{
    data::{
        CsvFile, DataSet, Note,
        split::{in_random_order, stratified},
    },
    error::DataError,
};

/// A table with the class of each sample.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LabelledTable {
    /// The name of the data set.
    pub name: String,
    /// The features.
    pub table: Table,
    /// The class of each sample, as an index into `classes`.
    pub labels: Vec<usize>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// How many of the last samples are a test part of their own, if the data come with one.
    pub held_out: Option<usize>,
}

impl LabelledTable {
    /// A table from a CSV file, and what was noticed. Columns are numbers or words; those that are an index,
    /// identifiers, empty or constant are no features, and samples without a class are left out.
    ///
    /// # Errors
    /// `DataError::Csv` for columns that do not exist, cells that are not numbers among numbers or not finite, gaps if
    /// they are refused, fewer than 2 classes or fewer than 5 samples of a class, and classes that are a quantity.
    pub fn from_csv(
        name: impl Into<String>,
        file: &CsvFile,
        choice: &ColumnChoice,
        gaps: Gaps,
    ) -> Result<(LabelledTable, Vec<Note>), DataError> {
        let Roles { target, features, mut notes } = Roles::of(file, choice)?;
        let classes = Classes::of(file, target)?;
        let table = Table::read(file, &features, gaps)?;
        let labelled: Vec<usize> = (0..file.samples()).filter(|&row| classes.labels[row].is_some()).collect();
        let samples = file.samples() - labelled.len();
        if samples > 0 {
            notes.push(Note::NoTarget { samples });
        }
        notes.extend(classes.notes);
        let table = LabelledTable {
            name: name.into(),
            table: table.select(&labelled),
            labels: classes.labels.into_iter().flatten().collect(),
            classes: classes.names,
            held_out: None,
        };
        Ok((table, notes))
    }

    /// Reads a CSV file, and returns what was noticed. The table is named after the file.
    ///
    /// # Errors
    /// `DataError::ReadFile` if the file cannot be read, and those of [`from_csv`](LabelledTable::from_csv).
    pub fn read_csv(path: impl AsRef<Path>) -> Result<(LabelledTable, Vec<Note>), DataError> {
        let path = path.as_ref();
        let file = CsvFile::read(path)?;
        let (table, more) = LabelledTable::from_csv(file_stem(path), &file, &ColumnChoice::default(), Gaps::default())?;
        Ok((table, file.notes().iter().cloned().chain(more).collect()))
    }

    /// The number of samples per class.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.labels.iter().for_each(|&label| counts[label] += 1);
        counts
    }

    /// Holds out `test_share` of the samples, as [`DataSet::split`] does; the same seed gives the same split. Data that come
    /// with a test part are split there, whatever the share, and the seed orders the training part.
    ///
    /// # Errors
    /// `DataError::BadShare` unless the share is between 0 and 1; `DataError::ClassTooSmall` if a class would be
    /// missing from one part.
    pub fn split(&self, test_share: f64, seed: u64) -> Result<(LabelledTable, LabelledTable), DataError> {
        if let Some(held_out) = self.held_out {
            let (all, kept) = (self.labels.len(), self.labels.len().saturating_sub(held_out));
            let test: Vec<usize> = (kept..all).collect();
            return Ok((self.select(&in_random_order(kept, seed)), self.select(&test)));
        }
        let (train, test) = stratified(&self.labels, &self.classes, test_share, seed)?;
        Ok((self.select(&train), self.select(&test)))
    }

    fn select(&self, rows: &[usize]) -> LabelledTable {
        LabelledTable {
            name: self.name.clone(),
            table: self.table.select(rows),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            classes: self.classes.clone(),
            held_out: None,
        }
    }
}

impl AsRef<Table> for LabelledTable {
    fn as_ref(&self) -> &Table {
        &self.table
    }
}

impl TryFrom<DataSet> for LabelledTable {
    type Error = DataError;

    fn try_from(set: DataSet) -> Result<LabelledTable, DataError> {
        set.check()?;
        let DataSet { name, features, labels, classes, feature_names, scaling } = set;
        let column = |(name, values): (String, ndarray::ArrayView1<f64>)| Column {
            name,
            values: Values::Numbers(values.to_vec()),
        };
        let columns = feature_names.into_iter().zip(features.columns()).map(column).collect();
        Ok(LabelledTable { name, table: Table::new(columns)?.with_scaling(scaling), labels, classes, held_out: None })
    }
}

/// The name of a data set in a file.
pub(in crate::data) fn file_stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "data".into(), |stem| stem.to_string_lossy().into_owned())
}
