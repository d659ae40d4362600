//! Checks of plain numbers: arrays that belong together, and labels.

use crate::{ArgumentError, Result, SetupError};

/// Returns an error for an array of another shape.
pub(crate) fn check_shape(what: &'static str, expected: (usize, usize), actual: (usize, usize)) -> Result<()> {
    match expected == actual {
        true => Ok(()),
        false => Err(SetupError::WrongShape { what, expected, actual }.into()),
    }
}

/// Returns an error for another number of something.
pub(crate) fn check_count(what: &'static str, expected: usize, actual: usize) -> Result<()> {
    match expected == actual {
        true => Ok(()),
        false => Err(ArgumentError::WrongCount { what, expected, actual }.into()),
    }
}

/// Returns an error unless there is a label below `classes` for each of the samples.
pub(crate) fn check_labels(labels: &[usize], samples: usize, classes: usize) -> Result<()> {
    check_count("labels", samples, labels.len())?;
    match labels.iter().position(|&label| label >= classes) {
        None => Ok(()),
        Some(sample) => Err(ArgumentError::UnknownLabel { sample, label: labels[sample], classes }.into()),
    }
}

/// Returns an error for NaN or an infinity.
pub(crate) fn check_finite<'a>(what: &'static str, numbers: impl IntoIterator<Item = &'a f64>) -> Result<()> {
    match numbers.into_iter().find(|x| !x.is_finite()) {
        None => Ok(()),
        Some(&actual) => Err(ArgumentError::NotFinite { what, actual }.into()),
    }
}

/// The larger of two numbers; NaN if either is.
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}
