//! What a model predicts.

use ndarray::Array2;

use crate::{Result, data::TargetScale, nn::shapes::check_count};

/// What a model predicts.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// One of these classes, in the order of the outputs. Of two classes there may be a single output, which is positive
    /// for the second.
    Classes(Vec<String>),
    /// A number.
    Number {
        /// The name of the column.
        name: String,
        /// What brings the output to the unit of the column.
        scale: TargetScale,
    },
}

impl Task {
    /// The names of the classes; none if a number is predicted.
    pub fn classes(&self) -> &[String] {
        match self {
            Task::Classes(names) => names,
            Task::Number { .. } => &[],
        }
    }

    /// Outputs of the layers in the unit of what is predicted: numbers times the deviation of the target plus its mean,
    /// and scores of classes as they are.
    pub fn in_units(&self, outputs: Array2<f64>) -> Array2<f64> {
        match self {
            Task::Classes(_) => outputs,
            Task::Number { scale, .. } => outputs.mapv_into(|output| scale.undo(output)),
        }
    }

    /// Returns an error for a network of another number of outputs.
    ///
    /// # Errors
    /// `WrongCount`.
    pub(super) fn check_outputs(&self, outputs: usize) -> Result<()> {
        match self {
            Task::Classes(names) if names.len() == 2 && outputs == 1 => Ok(()),
            Task::Classes(names) => check_count("names of classes", outputs, names.len()),
            Task::Number { .. } => check_count("outputs for a number", 1, outputs),
        }
    }
}
