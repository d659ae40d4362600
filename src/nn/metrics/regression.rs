//! Measures of predicted numbers.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use crate::{
    ArgumentError, Result,
    nn::shapes::{check_count, check_finite, check_shape},
};

/// Predicted numbers beside those of samples, and what the mean of the training samples achieves.
///
/// ```
/// use ndarray::array;
/// use seal_nn::nn::metrics::Regression;
/// let (predicted, targets) = (array![[1.5], [2.5], [2.5]], array![[1.0], [2.0], [3.0]]);
/// let found = Regression::of(predicted.view(), targets.view(), array![2.0].view())?;
/// assert_eq!((found.model.r2, found.model.mean_absolute_error), (0.625, 0.5));
/// assert_eq!(found.baseline.r2, 0.0);
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Regression {
    /// The number of samples.
    pub samples: usize,
    /// The errors of the predictions.
    #[serde(flatten)]
    pub model: Errors,
    /// Those of the mean of the training targets, predicted for every sample.
    pub baseline: Errors,
}

/// Errors of predicted numbers `y` for targets `t`, each the mean over the outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// The coefficient of determination, `1 - sum (t - y)^2 / sum (t - mean(t))^2`: 1 for perfect predictions, 0 for the
    /// mean of the targets, negative for worse. For targets that are all the same it is 1 if the predictions are, too, and
    /// 0 otherwise.
    pub r2: f64,
    /// The mean of `|t - y|`, in the unit of the targets.
    pub mean_absolute_error: f64,
    /// The root of the mean of `(t - y)^2`, in the unit of the targets.
    pub root_mean_squared_error: f64,
}

impl Regression {
    /// The measures of predictions and targets, `samples x outputs`, in the unit of the targets. `training_mean` has the
    /// mean of the training targets for each output.
    ///
    /// # Errors
    /// `WrongShape` for predictions of other samples or outputs; `WrongCount` for means of other outputs; `NotFinite` for
    /// NaN and infinities; `Empty` without samples or outputs.
    pub fn of(
        predicted: ArrayView2<f64>,
        targets: ArrayView2<f64>,
        training_mean: ArrayView1<f64>,
    ) -> Result<Regression> {
        check_count("means of training targets", targets.ncols(), training_mean.len())?;
        let model = Errors::of(predicted, targets)?;
        let mean = training_mean.insert_axis(Axis(0));
        // The shape of the targets, which have as many columns.
        let everywhere = mean.broadcast(targets.dim()).unwrap_or(targets);
        Ok(Regression { samples: targets.nrows(), model, baseline: Errors::of(everywhere, targets)? })
    }
}

impl Errors {
    /// The errors of predictions for targets, `samples x outputs`.
    ///
    /// # Errors
    /// `WrongShape` for predictions of other samples or outputs; `NotFinite` for NaN and infinities; `Empty` without
    /// samples or outputs.
    pub fn of(predicted: ArrayView2<f64>, targets: ArrayView2<f64>) -> Result<Errors> {
        check_shape("the predictions", targets.dim(), predicted.dim())?;
        check_finite("a prediction", predicted)?;
        check_finite("a target", targets)?;
        let residuals = &targets - &predicted;
        let squares = mean_of(&residuals.mapv(|r| r * r))?;
        let centred = &targets - &mean_of(&targets.to_owned())?;
        let spread = mean_of(&centred.mapv(|t| t * t))?;
        let r2 = squares.iter().zip(&spread).map(|(&error, &spread)| match (error, spread) {
            (0.0, _) => 1.0,
            (_, 0.0) => 0.0,
            _ => 1.0 - error / spread,
        });
        let over_outputs = |sum: f64| sum / targets.ncols() as f64;
        Ok(Errors {
            r2: over_outputs(r2.sum()),
            mean_absolute_error: over_outputs(mean_of(&residuals.mapv(f64::abs))?.sum()),
            root_mean_squared_error: over_outputs(squares.mapv(f64::sqrt).sum()),
        })
    }
}

/// The mean of each column.
fn mean_of(values: &Array2<f64>) -> Result<Array1<f64>> {
    let mean = values.mean_axis(Axis(0)).filter(|mean| !mean.is_empty());
    mean.ok_or_else(|| ArgumentError::Empty { what: "samples" }.into())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[track_caller]
    fn assert_errors(found: Errors, expected: [f64; 3]) {
        let found = [found.r2, found.mean_absolute_error, found.root_mean_squared_error];
        // A dozen operations on numbers below 100, each with a relative error of 2^-53.
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-13), "{found:?}, not {expected:?}");
    }

    /// Golden values: scikit-learn 1.9.1. The baseline is 2.25, which is not the mean of these targets.
    #[test]
    fn numbers_as_scikit_learn_measures_them() -> Result<()> {
        let (targets, predicted) = (array![[3.0], [-0.5], [2.0], [7.0]], array![[2.5], [0.0], [2.0], [8.0]]);
        let found = Regression::of(predicted.view(), targets.view(), array![2.25].view())?;
        assert_eq!(found.samples, 4);
        assert_errors(found.model, [0.9486081370449679, 0.5, 0.6123724356957945]);
        assert_errors(found.baseline, [-0.05353319057815842, 2.125, 2.7726341266023544]);
        let json = serde_json::to_value(found).unwrap_or_default();
        assert!(json["r2"].is_f64() && json["baseline"]["root_mean_squared_error"].is_f64(), "{json}");
        Ok(())
    }

    /// Golden values: scikit-learn 1.9.1, which takes the mean over the outputs.
    #[test]
    fn several_outputs_count_the_same() -> Result<()> {
        let (targets, predicted) =
            (array![[1.0, 10.0], [2.0, 30.0], [4.0, 20.0]], array![[1.5, 12.0], [2.0, 25.0], [3.0, 21.0]]);
        let found = Errors::of(predicted.view(), targets.view())?;
        assert_errors(found, [0.7910714285714285, 1.5833333333333333, 1.903887442268141]);
        Ok(())
    }

    /// As scikit-learn's `force_finite`.
    #[test]
    fn equal_targets_are_predicted_or_not() -> Result<()> {
        let targets = array![[2.0], [2.0], [2.0]];
        assert_eq!(Errors::of(targets.view(), targets.view())?.r2, 1.0);
        assert_eq!(Errors::of(array![[2.0], [2.0], [3.0]].view(), targets.view())?.r2, 0.0);
        Ok(())
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let targets = array![[1.0], [2.0]];
        assert!(Errors::of(array![[1.0]].view(), targets.view()).is_err());
        assert!(Errors::of(array![[1.0], [f64::NAN]].view(), targets.view()).is_err());
        assert!(Errors::of(Array2::zeros((0, 1)).view(), Array2::zeros((0, 1)).view()).is_err());
        assert!(Errors::of(Array2::zeros((2, 0)).view(), Array2::zeros((2, 0)).view()).is_err());
        assert!(Regression::of(targets.view(), targets.view(), array![1.0, 2.0].view()).is_err());
    }
}
