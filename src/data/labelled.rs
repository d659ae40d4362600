//! Your own data sets, from CSV files.

use std::path::Path;

use super::{CsvFile, DataSet};
use crate::error::{CsvProblem, DataError};

/// Smaller classes leave too few samples for training and for testing.
const LEAST_OF_A_CLASS: usize = 5;

impl DataSet {
    /// A labelled data set from a CSV file, named after the file. `label` is the name of the column of classes or its
    /// number from 1, by default the last column. All other columns are features. Classes are sorted by name.
    ///
    /// # Errors
    /// `DataError::ReadFile` if the file cannot be read; `DataError::Csv`, with line and column, for cells that are
    /// missing, not numbers or not finite, for lines of different lengths, and for fewer than 2 classes or fewer than 5
    /// samples of a class.
    pub fn read_csv(path: impl AsRef<Path>, label: Option<&str>) -> Result<DataSet, DataError> {
        let path = path.as_ref();
        let name = path.file_stem().map_or_else(|| "data".into(), |stem| stem.to_string_lossy());
        DataSet::from_csv(&name, &CsvFile::read(path)?, label)
    }

    /// Like [`DataSet::read_csv`], for a file that has already been read.
    ///
    /// # Errors
    /// `DataError::Csv`, with line and column, for cells that are missing, not numbers or not finite, and for fewer
    /// than 2 classes or fewer than 5 samples of a class.
    pub fn from_csv(name: &str, file: &CsvFile, label: Option<&str>) -> Result<DataSet, DataError> {
        let label = label.map_or(Ok(file.columns() - 1), |wanted| file.column(wanted))?;
        let columns: Vec<usize> = (0..file.columns()).filter(|&column| column != label).collect();
        if columns.is_empty() {
            let expected = "at least one feature and a label are needed, separated by commas".into();
            return Err(file.refuse(None, None, CsvProblem::WrongColumns { expected, actual: file.columns() }));
        }
        let features = file.numbers(&columns)?;
        let texts = file.texts(label)?;
        let mut classes: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        classes.sort();
        classes.dedup();
        // Every text is one of the classes.
        let class_of = |text: &&str| classes.binary_search_by(|class| class.as_str().cmp(text)).unwrap_or_default();
        let labels: Vec<usize> = texts.iter().map(class_of).collect();
        check_classes(file, label, &classes, &labels)?;
        let names = file.names();
        let feature_names = columns.iter().map(|&column| names[column].clone()).collect();
        DataSet::new(name, features, labels, classes, feature_names)
    }
}

/// Returns an error unless there are at least two classes with enough samples each.
fn check_classes(file: &CsvFile, label: usize, classes: &[String], labels: &[usize]) -> Result<(), DataError> {
    let refused = |sample, problem| Err(file.refuse(sample, Some(label), problem));
    if classes.len() < 2 {
        return refused(None, CsvProblem::TooFewClasses { actual: classes.len() });
    }
    for (class, name) in classes.iter().enumerate() {
        let actual = labels.iter().filter(|&&label| label == class).count();
        if actual < LEAST_OF_A_CLASS {
            let first = labels.iter().position(|&label| label == class);
            let problem = CsvProblem::SmallClass { class: name.clone(), least: LEAST_OF_A_CLASS, actual };
            return refused(first, problem);
        }
    }
    Ok(())
}
