//! Samples for a saved model, from a CSV file.

use ndarray::Array2;
use seal_nn::{CsvProblem, DataError, data::CsvFile, model::Model};

/// The features for a model, and the true classes if the file contains them.
pub struct Input {
    pub features: Array2<f64>,
    pub labels: Option<Vec<usize>>,
}

impl Input {
    /// Selects columns by name if the header contains the name of a feature, otherwise by position. `label` is the
    /// column of classes, by name or by number from 1.
    pub fn from_csv(file: &CsvFile, model: &Model, label: Option<&str>) -> Result<Input, DataError> {
        let label = label.map(|wanted| file.column(wanted)).transpose()?;
        let names = file.names();
        let named = file.has_header() && model.features().iter().any(|feature| names.contains(feature));
        let columns: Vec<usize> = if named {
            model.features().iter().map(|feature| file.column(feature)).collect::<Result<_, _>>()?
        } else {
            (0..file.columns()).filter(|&column| Some(column) != label).collect()
        };
        if columns.len() != model.features().len() {
            let expected = format!(
                "the model takes {} features, {:?} to {:?}; if there is a column of classes, name it with --label",
                model.features().len(),
                model.features()[0],
                model.features()[model.features().len() - 1]
            );
            return Err(file.refuse(None, None, CsvProblem::WrongColumns { expected, actual: columns.len() }));
        }
        let labels = label.map(|column| classes_of(file, column, model)).transpose()?;
        Ok(Input { features: file.numbers(&columns)?, labels })
    }
}

/// The class of each sample, as an index into the classes of the model.
fn classes_of(file: &CsvFile, column: usize, model: &Model) -> Result<Vec<usize>, DataError> {
    let class_of = |(sample, text): (usize, &str)| {
        model.classes().iter().position(|class| class == text).ok_or_else(|| {
            let problem = CsvProblem::UnknownClass { value: text.into(), known: model.classes().to_vec() };
            file.refuse(Some(sample), Some(column), problem)
        })
    };
    file.texts(column)?.into_iter().enumerate().map(class_of).collect()
}
