//! Scales features to -1 to 1, with statistics of the training part only.

use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::error::DataError;

/// Features are clipped at this number of standard deviations from the mean.
pub const CLIP: f64 = 3.0;

/// A deviation smaller than this fraction of the largest value is a rounding error: the feature is constant.
const CONSTANT: f64 = 1e-12;

/// Standardises each feature, clips it to [`CLIP`] deviations and divides by [`CLIP`]:
/// `x' = clip((x - mean) / deviation, -3, 3) / 3`, so `|x'| <= 1`, which bounds the slots of an encrypted batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Scaler {
    mean: Array1<f64>,
    deviation: Array1<f64>,
}

/// A scaler read from a file or a message, before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl From<Scaler> for Unchecked {
    fn from(scaler: Scaler) -> Unchecked {
        Unchecked { mean: scaler.mean.to_vec(), deviation: scaler.deviation.to_vec() }
    }
}

impl TryFrom<Unchecked> for Scaler {
    type Error = DataError;

    fn try_from(Unchecked { mean, deviation }: Unchecked) -> Result<Scaler, DataError> {
        Scaler::new(mean, deviation)
    }
}

/// The divisor of the features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// Each feature is divided by its own deviation, for features of different kinds.
    #[default]
    PerFeature,
    /// All features are divided by the largest deviation, for features of one kind such as pixels.
    Global,
}

impl Scaler {
    /// The scaler with the given means and deviations, one per feature.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` if the lengths differ; `DataError::BadScale` if a value is not finite or a deviation
    /// is not positive.
    pub fn new(mean: Vec<f64>, deviation: Vec<f64>) -> Result<Scaler, DataError> {
        if mean.len() != deviation.len() {
            return Err(DataError::WrongFeatures { expected: mean.len(), actual: deviation.len() });
        }
        for (feature, (&mean, &deviation)) in mean.iter().zip(&deviation).enumerate() {
            if !(mean.is_finite() && deviation.is_finite() && deviation > 0.0) {
                return Err(DataError::BadScale { feature, mean, deviation });
            }
        }
        Ok(Scaler { mean: mean.into(), deviation: deviation.into() })
    }

    /// Fits mean and population standard deviation of each column of `train` (samples x features). A constant feature
    /// gets the largest deviation that there is, so that every value becomes 0: nothing was learned of others. Values
    /// may be tiny or huge.
    ///
    /// # Errors
    /// `DataError::NoSamples` without rows; `DataError::NotFinite` if a feature contains NaN or an infinity.
    pub fn fit(train: &Array2<f64>) -> Result<Scaler, DataError> {
        Scaler::fit_as(train, Scaling::PerFeature)
    }

    /// Like [`Scaler::fit`]; with [`Scaling::Global`], every feature gets the largest deviation.
    ///
    /// # Errors
    /// `DataError::NoSamples` without rows; `DataError::NotFinite` if a feature contains NaN or an infinity.
    pub fn fit_as(train: &Array2<f64>, scaling: Scaling) -> Result<Scaler, DataError> {
        if train.nrows() == 0 {
            return Err(DataError::NoSamples { op: "fitting a scaler" });
        }
        let (mut mean, mut deviation) = (Array1::zeros(train.ncols()), Array1::zeros(train.ncols()));
        for (feature, column) in train.columns().into_iter().enumerate() {
            if !column.iter().all(|x| x.is_finite()) {
                return Err(DataError::NotFinite { feature });
            }
            (mean[feature], deviation[feature]) = mean_and_deviation(column);
        }
        if scaling == Scaling::Global {
            let largest = deviation.fold(0.0, |largest: f64, &d| largest.max(d));
            deviation.fill(largest);
        }
        deviation.mapv_inplace(|d| if d == 0.0 { f64::MAX } else { d });
        Ok(Scaler { mean, deviation })
    }

    /// Scaled copies of samples, samples x features, with all values from -1 to 1.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` if the number of columns is not that of [`Scaler::fit`]; `DataError::NotFinite` if a
    /// value is NaN or infinite.
    pub fn apply(&self, samples: &Array2<f64>) -> Result<Array2<f64>, DataError> {
        let (expected, actual) = (self.mean.len(), samples.ncols());
        if expected != actual {
            return Err(DataError::WrongFeatures { expected, actual });
        }
        if let Some(((_, feature), _)) = samples.indexed_iter().find(|(_, x)| !x.is_finite()) {
            return Err(DataError::NotFinite { feature });
        }
        // A difference that overflows has the right sign, and is clipped.
        let scaled = (samples - &self.mean) / &self.deviation;
        Ok(scaled.mapv_into(|x| x.clamp(-CLIP, CLIP) / CLIP))
    }

    /// The mean of each feature.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// The population standard deviation of each feature; the largest number for constant features.
    pub fn deviation(&self) -> &Array1<f64> {
        &self.deviation
    }
}

/// Mean and population standard deviation of finite values; exactly 0 for a deviation that is a rounding error. Values
/// are brought to the size of 1 first, by a power of two, so that no square over- or underflows.
pub(super) fn mean_and_deviation(column: ArrayView1<f64>) -> (f64, f64) {
    let largest = column.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    if largest == 0.0 {
        return (0.0, 0.0);
    }
    // 2^1023 is the largest power of two: smaller values are brought up in two steps.
    let exponent = -largest.log2().floor().clamp(-1074.0, 1023.0) as i32;
    let (first, second) = (2f64.powi(exponent / 2), 2f64.powi(exponent - exponent / 2));
    let column = column.mapv(|x| x * first * second);
    let back = |x: f64| x / first / second;
    let (mean, deviation) = (column.iter().sum::<f64>() / column.len() as f64, column.std(0.0));
    (back(mean), if back(deviation) <= CONSTANT * largest { 0.0 } else { back(deviation) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSet;
    use ndarray::{Array, array, s};
    use proptest::{collection::vec, prelude::*};

    fn close(a: &Array1<f64>, b: &Array1<f64>) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13), "{a} is not {b}");
    }

    /// Golden values: `prep` of the numpy prototype with `X[::3]` of scikit-learn's Iris as training part.
    #[test]
    fn it_scales_as_the_numpy_prototype() -> Result<(), DataError> {
        let iris = DataSet::load("iris")?.features;
        let scaler = Scaler::fit(&iris.slice(s![..;3, ..]).to_owned())?;
        close(scaler.mean(), &array![5.842, 3.044, 3.716, 1.18]);
        close(
            scaler.deviation(),
            &array![0.8520774612674602, 0.47038707465235496, 1.7470386372373108, 0.7751128950030438],
        );
        let scaled = scaler.apply(&iris)?;
        let golden = [
            (0, array![-0.29027094903487516, 0.32313813068170943, -0.4418906276857199, -0.4214439841894049]),
            (15, array![-0.05555050507136347, 0.9609107570271901, -0.42281072148167326, -0.33543500782422025]),
            (149, array![0.02268964291647375, -0.031179995065779703, 0.2640659018640053, 0.2666278267320725]),
        ];
        for (sample, values) in golden {
            close(&scaled.row(sample).to_owned(), &values);
        }
        Ok(())
    }

    #[test]
    fn values_far_out_are_clipped() -> Result<(), DataError> {
        let scaler = Scaler::fit(&array![[-1.0], [1.0]])?;
        assert_eq!(scaler.apply(&array![[9.0], [-3.0], [1.5], [f64::MIN]])?, array![[1.0], [-1.0], [0.5], [-1.0]]);
        Ok(())
    }

    #[test]
    fn a_constant_feature_becomes_zero() -> Result<(), DataError> {
        let train = array![[0.1, 0.0, 1e9], [0.1, 0.0, 1e9], [0.1, 0.0, 1e9]];
        let scaled = Scaler::fit(&train)?.apply(&train)?;
        assert!(scaled.iter().all(|x| x.abs() < 1e-6), "{scaled}");
        let others = Scaler::fit(&train)?.apply(&array![[5.0, -1.0, 0.0]])?;
        assert!(others.iter().all(|x| x.abs() < 1e-6), "a value that was never seen says nothing: {others}");
        Ok(())
    }

    /// The deviation was computed from squares, which underflow or overflow.
    #[test]
    fn tiny_and_huge_values_are_scaled_like_any_others() -> Result<(), DataError> {
        let samples = array![[1.0, -2.5], [2.0, 0.5], [4.0, 7.0], [-3.0, 0.0]];
        let expected = Scaler::fit(&samples)?.apply(&samples)?;
        for size in [1e-170, 1e-300, 5e-309, 1e200, 2e307] {
            let samples = &samples * size;
            let scaled = Scaler::fit(&samples)?.apply(&samples)?;
            // Below 2.2e-308 numbers have fewer bits: 5e-309 has 50 of them.
            assert!((&scaled - &expected).iter().all(|d| d.abs() < 1e-14), "{size:e}: {scaled}");
        }
        // The difference of the two overflows.
        let ends = array![[f64::MAX], [-f64::MAX]];
        assert_eq!(Scaler::fit(&ends)?.apply(&ends)?, array![[1.0 / 3.0], [-1.0 / 3.0]]);
        Ok(())
    }

    #[test]
    fn what_cannot_be_scaled_is_refused() -> Result<(), DataError> {
        assert!(matches!(Scaler::fit(&Array2::zeros((0, 4))), Err(DataError::NoSamples { .. })));
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(matches!(Scaler::fit(&array![[0.0, bad], [0.0, -bad]]), Err(DataError::NotFinite { feature: 1 })));
        }
        let scaler = Scaler::fit(&array![[0.0, 1.0], [1.0, 0.0]])?;
        assert!(matches!(scaler.apply(&array![[0.0, f64::NAN]]), Err(DataError::NotFinite { feature: 1 })));
        assert!(matches!(scaler.apply(&array![[0.0]]), Err(DataError::WrongFeatures { expected: 2, actual: 1 })));
        Ok(())
    }

    #[test]
    fn a_global_scaler_divides_by_the_largest_deviation() -> Result<(), DataError> {
        let train = array![[0.0, 0.0, 7.0], [2.0, 8.0, 7.0]];
        let scaler = Scaler::fit_as(&train, Scaling::Global)?;
        assert_eq!(scaler.deviation(), &array![4.0, 4.0, 4.0]);
        assert_eq!(scaler.apply(&array![[2.0, 8.0, 13.0]])?, array![[0.25 / 3.0, 1.0 / 3.0, 0.5]]);
        Ok(())
    }

    #[test]
    fn figures_make_the_scaler_they_came_from() -> Result<(), DataError> {
        let scaler = Scaler::fit(&array![[0.1, 5.0], [1.0, 7.0]])?;
        assert_eq!(Scaler::new(scaler.mean().to_vec(), scaler.deviation().to_vec())?, scaler);
        assert!(matches!(Scaler::new(vec![0.0], vec![]), Err(DataError::WrongFeatures { expected: 1, actual: 0 })));
        for (mean, deviation) in [(f64::NAN, 1.0), (0.0, f64::INFINITY), (0.0, 0.0), (0.0, -1.0)] {
            let refused = Scaler::new(vec![0.0, mean], vec![1.0, deviation]);
            assert!(matches!(refused, Err(DataError::BadScale { feature: 1, .. })));
        }
        Ok(())
    }

    #[test]
    fn a_scaler_comes_back_to_the_last_bit_and_is_checked() -> Result<(), DataError> {
        let scaler = Scaler::new(vec![0.1 + 0.2, -1e-300], vec![1.0 / 3.0, 5e-324])?;
        let text = serde_json::to_string(&scaler).unwrap();
        assert_eq!(serde_json::from_str::<Scaler>(&text).unwrap(), scaler);
        let refused = serde_json::from_str::<Scaler>(r#"{"mean":[0],"deviation":[0]}"#).unwrap_err().to_string();
        assert!(refused.contains("feature 0"), "{refused}");
        Ok(())
    }

    proptest! {
        #[test]
        fn scaled_training_data_are_bounded_and_centred(values in vec(-1e3..1e3, 30), offset in -1e3..1e3) {
            let train = Array::from_shape_vec((10, 3), values).unwrap() + offset;
            let scaled = Scaler::fit(&train)?.apply(&train)?;
            prop_assert!(scaled.iter().all(|x| x.abs() <= 1.0));
            // None of 10 samples is further than (10 - 1) / sqrt(10) < 3 deviations from the mean, so nothing is
            // clipped.
            for column in scaled.columns() {
                prop_assert!(column.sum().abs() < 1e-9);
            }
        }
    }
}
