//! A table, split and prepared for every model.

use std::path::Path;

use ndarray::{Array1, Array2, Axis};
use seal_nn::{
    CsvProblem, DataError, Result,
    data::{
        ColumnChoice, CsvFile, Gaps, LabelledTable, NumericTable, Preparation, PreparationChoice, Table, TargetScale,
        Values,
    },
    nn::metrics::{Classification, Errors},
};

use super::record::Scores;

/// The share of the samples that is held out, as in a training by `train`.
const TEST_SHARE: f64 = 0.2;

/// A table with what is to be predicted.
pub enum Problem {
    Classes(LabelledTable),
    Numbers(NumericTable),
}

/// A split of a table by a seed.
pub struct Split {
    pub seed: u64,
    pub target: Target,
    pub train: Part,
    pub test: Part,
}

/// What is to be predicted.
pub enum Target {
    /// One of these classes.
    Classes(Vec<String>),
    /// A number, with its mean and deviation in the training part.
    Number(TargetScale),
}

/// The samples of one part.
pub struct Part {
    /// As `train` prepares them: hinges for narrow tables, principal components for wide ones, from -1 to 1.
    pub inputs: Array2<f64>,
    /// One feature per number and one per word, from -1 to 1.
    pub plain: Array2<f64>,
    /// The same with a mean of 0 and a deviation of 1 on the training part, as scikit-learn's models are usually given
    /// them.
    pub standardised: Array2<f64>,
    /// Numbers, or classes counted from 0.
    pub targets: Vec<f64>,
}

impl Problem {
    /// Reads a table. The target is a number where it has too many different values for classes.
    ///
    /// # Errors
    /// Those of [`LabelledTable::from_csv`] and [`NumericTable::from_csv`].
    pub fn read(name: &str, path: &Path, label: Option<String>) -> Result<Problem, DataError> {
        let file = CsvFile::read(path)?;
        let choice = ColumnChoice { label, ..ColumnChoice::default() };
        match LabelledTable::from_csv(name, &file, &choice, Gaps::Fill) {
            Ok((table, _)) => Ok(Problem::Classes(table)),
            Err(DataError::Csv(error)) if matches!(error.problem, CsvProblem::Quantity { .. }) => {
                Ok(Problem::Numbers(NumericTable::from_csv(name, &file, &choice, Gaps::Fill)?.0))
            }
            Err(other) => Err(other),
        }
    }

    fn table(&self) -> &Table {
        match self {
            Problem::Classes(table) => &table.table,
            Problem::Numbers(table) => &table.table,
        }
    }

    pub fn samples(&self) -> usize {
        self.table().samples()
    }

    /// The number of classes; 0 for numbers.
    pub fn classes(&self) -> usize {
        match self {
            Problem::Classes(table) => table.classes.len(),
            Problem::Numbers(_) => 0,
        }
    }

    /// Whether there are words, gaps, or numbers to be predicted.
    pub fn is_mixed(&self) -> bool {
        let has_words_or_gaps = |values: &Values| matches!(values, Values::Words(_)) || values.gaps() > 0;
        self.classes() == 0 || self.table().columns().iter().any(|column| has_words_or_gaps(&column.values))
    }

    pub fn fingerprint(&self) -> String {
        let fingerprint = match self {
            Problem::Classes(table) => table.fingerprint(),
            Problem::Numbers(table) => table.fingerprint(),
        };
        format!("{fingerprint:032x}")
    }

    /// # Errors
    /// Those of the split and of the preparation.
    pub fn split(&self, seed: u64) -> Result<Split, DataError> {
        match self {
            Problem::Classes(table) => {
                let (train, test) = table.split(TEST_SHARE, seed)?;
                let labels = |part: &LabelledTable| part.labels.iter().map(|&label| label as f64).collect();
                let targets = [labels(&train), labels(&test)];
                Split::new(seed, Target::Classes(table.classes.clone()), [&train.table, &test.table], targets)
            }
            Problem::Numbers(table) => {
                let (train, test) = table.split(TEST_SHARE, seed)?;
                let scale = TargetScale::fit(&train.values)?;
                Split::new(
                    seed,
                    Target::Number(scale),
                    [&train.table, &test.table],
                    [train.values, test.values.clone()],
                )
            }
        }
    }
}

impl Split {
    fn new(seed: u64, target: Target, [train, test]: [&Table; 2], targets: [Vec<f64>; 2]) -> Result<Split, DataError> {
        let prepared = Preparation::fit_as(train, &PreparationChoice::default())?;
        let plain = Preparation::fit(train)?;
        let part = |table: &Table, targets| -> Result<Part, DataError> {
            let (features, scaler) = (plain.encode(table)?.0, plain.scaler());
            Ok(Part {
                inputs: prepared.scaler().apply(&prepared.encode(table)?.0)?,
                plain: scaler.apply(&features)?,
                standardised: (features - scaler.mean()) / scaler.deviation(),
                targets,
            })
        };
        let [training, testing] = targets;
        Ok(Split { seed, target, train: part(train, training)?, test: part(test, testing)? })
    }

    /// How good predictions of the test part are: numbers, or classes counted from 0.
    ///
    /// # Errors
    /// `WrongCount` or `WrongShape` for predictions of other samples; `NotFinite` for numbers that are not finite.
    pub fn scores(&self, predicted: &[f64]) -> Result<Scores> {
        match &self.target {
            Target::Classes(classes) => {
                let found = Classification::of_predicted(&labels(predicted), &labels(&self.test.targets), classes)?;
                Ok(Scores::Classification { accuracy: found.accuracy, macro_f1: found.macro_f1 })
            }
            Target::Number(_) => {
                let column = |numbers: &[f64]| Array1::from(numbers.to_vec()).insert_axis(Axis(1));
                let found = Errors::of(column(predicted).view(), column(&self.test.targets).view())?;
                Ok(Scores::Regression { r2: found.r2, mean_absolute_error: found.mean_absolute_error })
            }
        }
    }
}

/// Classes that were written as numbers.
pub fn labels(numbers: &[f64]) -> Vec<usize> {
    numbers.iter().map(|&class| class as usize).collect()
}
