//! Your own data sets of numbers, from CSV files.

use std::path::Path;

use super::{
    ColumnChoice, CsvFile, DataSet,
    table::{Classes, Roles, file_stem},
};
use crate::error::{CsvProblem, DataError};

impl DataSet {
    /// A labelled data set of numbers from a CSV file, named after the file. `label` is the name of the column of
    /// classes or its number from 1, by default the last column. All other columns are features, except an index,
    /// identifiers, and columns without different values. Classes are sorted by name.
    ///
    /// [`LabelledTable`](super::LabelledTable) also takes words and gaps, and says what was noticed.
    ///
    /// # Errors
    /// `DataError::ReadFile` if the file cannot be read; `DataError::Csv`, with line and column, for cells that are
    /// missing, not numbers or not finite, for lines of different lengths, and for fewer than 2 classes or fewer than 5
    /// samples of a class.
    pub fn read_csv(path: impl AsRef<Path>, label: Option<&str>) -> Result<DataSet, DataError> {
        let path = path.as_ref();
        DataSet::from_csv(&file_stem(path), &CsvFile::read(path)?, label)
    }

    /// Like [`DataSet::read_csv`], for a file that has already been read.
    ///
    /// # Errors
    /// `DataError::Csv`, with line and column, for cells that are missing, not numbers or not finite, and for fewer
    /// than 2 classes or fewer than 5 samples of a class.
    pub fn from_csv(name: &str, file: &CsvFile, label: Option<&str>) -> Result<DataSet, DataError> {
        let choice = ColumnChoice { label: label.map(str::to_owned), ..ColumnChoice::default() };
        let Roles { target, features, .. } = Roles::of(file, &choice)?;
        if let Some(sample) = file.first_gap(target) {
            return Err(file.refuse(Some(sample), Some(target), CsvProblem::MissingValue));
        }
        let classes = Classes::of(file, target)?;
        let feature_names = features.iter().map(|&column| file.name(column)).collect();
        let labels = classes.labels.into_iter().flatten().collect();
        DataSet::new(name, file.numbers(&features)?, labels, classes.names, feature_names)
    }
}
