//! Checks of plain numbers: arrays that belong together, widths of networks, and labels.

use super::{network::MOST_UNITS, split::text_of, training::check_batch};
use crate::{Argument, ArgumentError, Result, SetupError};

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

/// Returns an error for a block of samples of another width, of no samples, or of more than fit.
pub(crate) fn check_block(what: &'static str, columns: usize, most: usize, actual: (usize, usize)) -> Result<()> {
    check_shape(what, (actual.0, columns), actual)?;
    check_batch(most, actual.0)
}

/// Returns an error for another number of slot vectors, or for one of another length.
pub(crate) fn check_vectors(what: &'static str, expected: usize, slots: usize, vectors: &[Vec<f64>]) -> Result<()> {
    check_count(what, expected, vectors.len())?;
    vectors.iter().try_for_each(|vector| check_count("slots", slots, vector.len()))
}

/// Returns an error for widths of no network, features first, that is trained with the loss at the client.
pub(crate) fn check_widths(widths: &[usize]) -> Result<()> {
    /// Features and seven layers: more train badly, and cost a round trip each.
    const MOST_WIDTHS: usize = 8;
    let right = |width: &usize| (1..=MOST_UNITS).contains(width);
    if (2..=MOST_WIDTHS).contains(&widths.len()) && widths.iter().all(right) {
        return Ok(());
    }
    let reason = "it has 1 to 7 layers of 1 to 4096 units each".into();
    Err(SetupError::BadNetwork { network: text_of(widths), reason }.into())
}

/// Returns an error unless there is a label below `classes` for each of the samples.
pub(crate) fn check_labels(labels: &[usize], samples: usize, classes: usize) -> Result<()> {
    check_count("labels", samples, labels.len())?;
    match labels.iter().position(|&label| label >= classes) {
        None => Ok(()),
        Some(sample) => Err(ArgumentError::UnknownLabel { sample, label: labels[sample], classes }.into()),
    }
}

/// Returns an error for fewer than two classes, or for more than a network has outputs.
pub(crate) fn check_classes(classes: usize) -> Result<()> {
    Ok(Argument::Classes.check_count(classes, 2, Some(MOST_UNITS))?)
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
