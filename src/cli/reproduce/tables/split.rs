//! A table, split and prepared for every model.

use std::path::Path;

use ndarray::{Array1, Array2, Axis};
use seal_nn::{
    CsvProblem, DataError, Result,
    backend::CostModel,
    data::{ColumnChoice, CsvFile, Gaps, LabelledTable, NumericTable, Preparation, Values},
    model::Task,
    nn::{
        metrics::{Classification, Errors},
        predicted_classes,
        split::SplitTraining,
    },
};

use super::record::Scores;
use crate::cli::{
    problem::Problem,
    settings::{Settings, TEST_SHARE},
    training::{Experiment, Goal, Part, RoundsMethod},
};

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

/// Whether there are words, gaps, or numbers to be predicted.
pub fn is_mixed(problem: &Problem) -> bool {
    let has_words_or_gaps = |values: &Values| matches!(values, Values::Words(_)) || values.gaps() > 0;
    let columns = problem.table().columns();
    matches!(problem, Problem::Numbers(_)) || columns.iter().any(|column| has_words_or_gaps(&column.values))
}

/// A split of a table by a seed.
pub struct Split {
    /// What `seal-nn train` would do with it.
    pub method: RoundsMethod<SplitTraining>,
    /// The samples as others are given them.
    pub train: Plain,
    pub test: Plain,
}

/// One feature per number and one per word.
pub struct Plain {
    /// From -1 to 1.
    pub inputs: Array2<f64>,
    /// With a mean of 0 and a deviation of 1 on the training part, as scikit-learn's models are usually given them.
    pub standardised: Array2<f64>,
}

impl Plain {
    fn new(problem: &Problem, preparation: &Preparation) -> Result<Plain> {
        let (features, scaler) = (preparation.encode(problem.table())?.0, preparation.scaler());
        Ok(Plain { inputs: scaler.apply(&features)?, standardised: (features - scaler.mean()) / scaler.deviation() })
    }
}

impl Split {
    /// # Errors
    /// Those of the split, of the preparation and of the plan.
    pub fn new(problem: &Problem, seed: u64, steps: Option<usize>, costs: &CostModel) -> anyhow::Result<Split> {
        let numbers = [Some(seed.to_string()), steps.map(|steps| steps.to_string())];
        let options = ["--seed", "--steps"].into_iter().zip(&numbers);
        let options = options.filter_map(|(option, number)| Some([option, number.as_deref()?]));
        let settings = Settings::parse(&options.flatten().collect::<Vec<_>>())?;
        let mut rounds = settings.rounds(problem.clone(), Vec::new(), 1)?;
        rounds.compare_efforts = false;
        let (train, test) = problem.split(TEST_SHARE, seed)?;
        let plain = Preparation::fit(train.table())?;
        Ok(Split { method: rounds.plan(costs)?, train: Plain::new(&train, &plain)?, test: Plain::new(&test, &plain)? })
    }

    pub fn experiment(&self) -> &Experiment {
        &self.method.rounds.experiment
    }

    pub fn is_regression(&self) -> bool {
        matches!(self.experiment().task, Task::Number { .. })
    }

    /// How good the outputs of a network for the test part are.
    ///
    /// # Errors
    /// Those of [`scores`](Split::scores).
    pub fn scores_of(&self, outputs: &Array2<f64>) -> Result<Scores> {
        let predicted: Vec<f64> = match &self.experiment().task {
            Task::Classes(_) => predicted_classes(outputs)?.into_iter().map(|class| class as f64).collect(),
            Task::Number { scale, .. } => outputs.iter().map(|&output| scale.undo(output)).collect(),
        };
        self.scores(&predicted)
    }

    /// How good predictions of the test part are: numbers, or classes counted from 0.
    ///
    /// # Errors
    /// `WrongCount` or `WrongShape` for predictions of other samples; `NotFinite` for numbers that are not finite.
    pub fn scores(&self, predicted: &[f64]) -> Result<Scores> {
        let Experiment { test, task, .. } = self.experiment();
        match &test.goal {
            Goal::Classes { labels, .. } => {
                let predicted: Vec<usize> = predicted.iter().map(|&class| class as usize).collect();
                let found = Classification::of_predicted(&predicted, labels, task.classes())?;
                Ok(Scores::Classification { accuracy: found.accuracy, macro_f1: found.macro_f1 })
            }
            Goal::Numbers { values, .. } => {
                let predicted = Array1::from(predicted.to_vec()).insert_axis(Axis(1));
                let found = Errors::of(predicted.view(), values.view())?;
                Ok(Scores::Regression { r2: found.r2, mean_absolute_error: found.mean_absolute_error })
            }
        }
    }
}

/// What is to be predicted: numbers, or classes counted from 0.
pub fn targets(part: &Part) -> Vec<f64> {
    match &part.goal {
        Goal::Classes { labels, .. } => labels.iter().map(|&label| label as f64).collect(),
        Goal::Numbers { values, .. } => values.iter().copied().collect(),
    }
}
