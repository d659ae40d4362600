//! Training targets.

use ndarray::Array2;

use super::set::check_labels;
use crate::error::DataError;

/// One-hot targets minus `1/classes`, samples x classes. Every row sums to 0, so a network without an output bias
/// starts at the mean of its targets.
///
/// ```
/// use ndarray::array;
/// use seal_nn::data::centred_one_hot;
/// assert_eq!(centred_one_hot(&[1, 0], 2)?, array![[-0.5, 0.5], [0.5, -0.5]]);
/// # Ok::<(), seal_nn::DataError>(())
/// ```
///
/// # Errors
/// `DataError::NoClasses` without classes; `DataError::UnknownLabel` if a label is not below `classes`.
pub fn centred_one_hot(labels: &[usize], classes: usize) -> Result<Array2<f64>, DataError> {
    if classes == 0 {
        return Err(DataError::NoClasses);
    }
    check_labels(labels, classes)?;
    let share = 1.0 / classes as f64;
    Ok(Array2::from_shape_fn((labels.len(), classes), |(sample, class)| {
        f64::from(u8::from(labels[sample] == class)) - share
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_sum_to_zero_and_peak_at_the_label() -> Result<(), DataError> {
        let labels = [2, 0, 1, 2];
        let targets = centred_one_hot(&labels, 3)?;
        for (row, &label) in targets.rows().into_iter().zip(&labels) {
            assert!(row.sum().abs() < 1e-15);
            assert_eq!(row[label], 1.0 - 1.0 / 3.0);
        }
        Ok(())
    }

    #[test]
    fn a_label_beyond_the_classes_is_refused() {
        assert!(matches!(centred_one_hot(&[0, 3], 3), Err(DataError::UnknownLabel { sample: 1, .. })));
        assert!(centred_one_hot(&[0], 0).is_err());
        assert!(matches!(centred_one_hot(&[], 0), Err(DataError::NoClasses)));
    }
}
