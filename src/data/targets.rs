//! Training targets.

use ndarray::{Array2, ArrayView1};

use super::{scaler::mean_and_deviation, set::check_labels};
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

/// Standardises numbers to predict, and brings predictions back to their unit: `(y - mean) / deviation`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetScale {
    mean: f64,
    deviation: f64,
}

impl TargetScale {
    /// Mean and population standard deviation of the targets of the training part.
    ///
    /// # Errors
    /// `DataError::NotFinite` for NaN or an infinity; `DataError::BadScale` without numbers that differ.
    pub fn fit(train: &[f64]) -> Result<TargetScale, DataError> {
        if train.iter().any(|y| !y.is_finite()) {
            return Err(DataError::NotFinite { feature: 0 });
        }
        let (mean, deviation) = mean_and_deviation(ArrayView1::from(train));
        TargetScale::new(mean, deviation)
    }

    /// A scale with known figures.
    ///
    /// # Errors
    /// `DataError::BadScale` unless both are finite and the deviation is positive.
    pub fn new(mean: f64, deviation: f64) -> Result<TargetScale, DataError> {
        match mean.is_finite() && deviation.is_finite() && deviation > 0.0 {
            true => Ok(TargetScale { mean, deviation }),
            false => Err(DataError::BadScale { feature: 0, mean, deviation }),
        }
    }

    /// What a network is to predict.
    pub fn apply(&self, targets: &[f64]) -> Vec<f64> {
        targets.iter().map(|y| (y - self.mean) / self.deviation).collect()
    }

    /// The number for a prediction.
    pub fn undo(&self, prediction: f64) -> f64 {
        prediction * self.deviation + self.mean
    }

    /// The mean of the targets.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Their population standard deviation.
    pub fn deviation(&self) -> f64 {
        self.deviation
    }
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
    fn numbers_are_standardised_and_come_back() {
        let targets = [3.0, 5.0, 7.0, 9.0];
        let scale = TargetScale::fit(&targets).unwrap();
        // The squares of -3, -1, 1 and 3 have the mean 5.
        assert_eq!((scale.mean(), scale.deviation()), (6.0, 5f64.sqrt()));
        for (y, standard) in targets.iter().zip(scale.apply(&targets)) {
            assert!((scale.undo(standard) - y).abs() < 1e-14);
        }
        for wrong in [&[][..], &[1.0], &[2.0, 2.0], &[1.0, f64::NAN], &[1.0, f64::INFINITY]] {
            assert!(TargetScale::fit(wrong).is_err(), "{wrong:?}");
        }
        for (mean, deviation) in [(f64::NAN, 1.0), (0.0, 0.0), (0.0, -1.0), (0.0, f64::INFINITY)] {
            assert!(matches!(TargetScale::new(mean, deviation), Err(DataError::BadScale { .. })));
        }
    }

    #[test]
    fn a_label_beyond_the_classes_is_refused() {
        assert!(matches!(centred_one_hot(&[0, 3], 3), Err(DataError::UnknownLabel { sample: 1, .. })));
        assert!(centred_one_hot(&[0], 0).is_err());
        assert!(matches!(centred_one_hot(&[], 0), Err(DataError::NoClasses)));
    }
}
