//! Loss and accuracy.

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::shapes::{check_count, check_shape};
use crate::{ArgumentError, Result};

/// `1/(2 n) sum_i |y_i - t_i|^2` over the `n` rows: half the mean squared error, whose gradient is `(y - t) / n`.
///
/// # Errors
/// `WrongShape` for targets of another shape; `Empty` without rows.
pub fn half_squared_error(outputs: &Array2<f64>, targets: ArrayView2<f64>) -> Result<f64> {
    check_shape("the targets", outputs.dim(), targets.dim())?;
    check_samples(outputs.nrows())?;
    let difference = outputs - &targets;
    Ok(difference.iter().map(|d| d * d).sum::<f64>() / (2.0 * outputs.nrows() as f64))
}

/// The index of the largest entry of each row, the first one if there are several.
///
/// # Errors
/// `NotFinite` for a row with NaN; `Empty` for rows without entries.
pub fn predicted_classes(outputs: &Array2<f64>) -> Result<Vec<usize>> {
    let largest = |row: ArrayView1<f64>| -> Result<usize> {
        if let Some(&actual) = row.iter().find(|y| y.is_nan()) {
            return Err(ArgumentError::NotFinite { what: "an output of the network", actual }.into());
        }
        let best = row.iter().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
        Ok(best.ok_or(ArgumentError::Empty { what: "outputs of a sample" })?.0)
    };
    outputs.rows().into_iter().map(largest).collect()
}

/// The class of each row of scores: that of the largest, or of a single score, which tells two classes apart, the second
/// one if it is positive.
///
/// # Errors
/// Those of [`predicted_classes`].
pub fn classes_of_scores(scores: &Array2<f64>) -> Result<Vec<usize>> {
    let largest = predicted_classes(scores)?;
    Ok(match scores.ncols() {
        1 => scores.iter().map(|&score| usize::from(score > 0.0)).collect(),
        _ => largest,
    })
}

/// The share of rows whose largest entry has the index of the label.
///
/// # Errors
/// `WrongCount` for another number of labels than rows; `Empty` without rows; the errors of [`predicted_classes`].
pub fn accuracy(outputs: &Array2<f64>, labels: &[usize]) -> Result<f64> {
    check_count("labels", outputs.nrows(), labels.len())?;
    check_samples(labels.len())?;
    let right = predicted_classes(outputs)?.iter().zip(labels).filter(|(p, l)| p == l).count();
    Ok(right as f64 / labels.len() as f64)
}

fn check_samples(samples: usize) -> Result<()> {
    match samples {
        0 => Err(ArgumentError::Empty { what: "samples" }.into()),
        _ => Ok(()),
    }
}
