//! Tables whose samples have a number to predict.

use std::path::Path;

use super::{ColumnChoice, Gaps, Roles, Table, file_stem, reading::numbers};
use crate::{
    data::{CsvFile, Note, split::shuffled},
    error::{CsvProblem, DataError},
};

/// A table with a number for each sample, for regression.
///
/// ```
/// use seal_nn::data::{ColumnChoice, CsvFile, Gaps, NumericTable, TargetScale};
/// # let text = "rooms,price\n".to_owned() + &(0..20).map(|i| format!("{}.5,{}\n", i % 7, i * i)).collect::<String>();
/// let file = CsvFile::parse("houses.csv", text.as_bytes())?; // rooms,price
/// let (houses, _) = NumericTable::from_csv("houses", &file, &ColumnChoice::default(), Gaps::Fill)?;
/// let (train, test) = houses.split(0.2, 0)?;
/// assert_eq!((houses.target.as_str(), train.values.len(), test.values.len()), ("price", 16, 4));
/// let targets = TargetScale::fit(&train.values)?.apply(&train.values);
/// assert!(targets.iter().sum::<f64>().abs() < 1e-12);
/// # Ok::<(), seal_nn::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NumericTable {
    /// The name of the data set.
    pub name: String,
    /// The features.
    pub table: Table,
    /// The name of the column to predict.
    pub target: String,
    /// Its number for each sample, all finite.
    pub values: Vec<f64>,
}

impl NumericTable {
    /// A table from a CSV file, and what was noticed. `choice.label` is the column to predict. Columns become features
    /// as those of a [`LabelledTable`](super::LabelledTable), and samples without a number to predict are left out.
    ///
    /// # Errors
    /// `DataError::Csv` for columns that do not exist, cells that are not numbers among numbers or not finite, gaps if
    /// they are refused, and fewer than 2 different numbers to predict.
    pub fn from_csv(
        name: impl Into<String>,
        file: &CsvFile,
        choice: &ColumnChoice,
        gaps: Gaps,
    ) -> Result<(NumericTable, Vec<Note>), DataError> {
        let Roles { target, features, mut notes } = Roles::of(file, choice)?;
        let known = numbers(file, target)?;
        let table = Table::read(file, &features, gaps)?;
        let labelled: Vec<usize> = (0..file.samples()).filter(|&row| !known[row].is_nan()).collect();
        let samples = file.samples() - labelled.len();
        if samples > 0 {
            notes.push(Note::NoNumber { samples });
        }
        let values: Vec<f64> = labelled.iter().map(|&row| known[row]).collect();
        if values.iter().all(|value| *value == values[0]) {
            let problem = CsvProblem::TooFewNumbers { actual: usize::from(!values.is_empty()) };
            return Err(file.refuse(None, Some(target), problem));
        }
        let table =
            NumericTable { name: name.into(), table: table.select(&labelled), target: file.name(target), values };
        Ok((table, notes))
    }

    /// Reads a CSV file whose last column is to be predicted, and returns what was noticed. The table is named after the
    /// file.
    ///
    /// # Errors
    /// `DataError::ReadFile` if the file cannot be read, and those of [`from_csv`](NumericTable::from_csv).
    pub fn read_csv(path: impl AsRef<Path>) -> Result<(NumericTable, Vec<Note>), DataError> {
        let path = path.as_ref();
        let file = CsvFile::read(path)?;
        let (table, more) = NumericTable::from_csv(file_stem(path), &file, &ColumnChoice::default(), Gaps::default())?;
        Ok((table, file.notes().iter().cloned().chain(more).collect()))
    }

    /// Holds out `ceil(test_share * samples)` random samples; the same seed gives the same split.
    ///
    /// # Errors
    /// `DataError::BadShare` unless the share is between 0 and 1 and leaves samples in both parts.
    pub fn split(&self, test_share: f64, seed: u64) -> Result<(NumericTable, NumericTable), DataError> {
        let (train, test) = shuffled(self.values.len(), test_share, seed)?;
        Ok((self.select(&train), self.select(&test)))
    }

    fn select(&self, rows: &[usize]) -> NumericTable {
        NumericTable {
            name: self.name.clone(),
            table: self.table.select(rows),
            target: self.target.clone(),
            values: rows.iter().map(|&row| self.values[row]).collect(),
        }
    }
}

impl AsRef<Table> for NumericTable {
    fn as_ref(&self) -> &Table {
        &self.table
    }
}
