//! Samples for a saved model, from a CSV file.

use ndarray::Array2;
use seal_nn::{
    DataError,
    data::{CsvFile, Note, Selection},
    model::Model,
};

/// The features for a model, and the true classes if the file contains them.
pub struct Input {
    pub features: Array2<f64>,
    pub labels: Option<Vec<usize>>,
    /// What was noticed.
    pub notes: Vec<Note>,
}

impl Input {
    /// The columns that the model needs. `label` is the column of classes, by name or by number from 1.
    pub fn from_csv(
        file: &CsvFile,
        model: &Model,
        label: Option<&str>,
        mut selection: Selection,
    ) -> Result<Input, DataError> {
        let labels = label.map(|wanted| file.labels(file.column(wanted)?, model.classes())).transpose()?;
        selection.others.extend(label.map(str::to_owned));
        let (features, more) = model.preparation().read(file, &selection)?;
        Ok(Input { features, labels, notes: file.notes().iter().cloned().chain(more).collect() })
    }
}
