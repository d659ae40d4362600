//! Samples for a saved model, from a CSV file.

use ndarray::Array2;
use seal_nn::{
    DataError,
    data::{CsvFile, Note, Preparation, Selection},
    model::Task,
};

/// The features for a model, and what is true if the file contains it.
pub struct Input {
    pub features: Array2<f64>,
    pub truth: Option<Truth>,
    /// What was noticed.
    pub notes: Vec<Note>,
}

/// What a model should predict.
pub enum Truth {
    /// Classes, counted from 0.
    Classes(Vec<usize>),
    Numbers(Vec<f64>),
}

impl Input {
    /// The columns that the model needs. `label` is the column of what is predicted, by name or by number from 1.
    pub fn from_csv(
        file: &CsvFile,
        preparation: &Preparation,
        task: &Task,
        label: Option<&str>,
        mut selection: Selection,
    ) -> Result<Input, DataError> {
        let truth = label.map(|wanted| Truth::read(file, file.column(wanted)?, task)).transpose()?;
        selection.others.extend(label.map(str::to_owned));
        let (features, more) = preparation.read(file, &selection)?;
        Ok(Input { features, truth, notes: file.notes().iter().cloned().chain(more).collect() })
    }
}

impl Truth {
    fn read(file: &CsvFile, column: usize, task: &Task) -> Result<Truth, DataError> {
        match task {
            Task::Classes(names) => Ok(Truth::Classes(file.labels(column, names)?)),
            Task::Number { .. } => Ok(Truth::Numbers(file.numbers(&[column])?.into_iter().collect())),
        }
    }
}
