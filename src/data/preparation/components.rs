//! Principal components.

use std::num::NonZeroUsize;

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

#[cfg(feature = "components")]
use super::directions::directions;
use crate::{
    DataError,
    data::{Scaler, Scaling},
};

/// The directions in which scaled features vary most: `c = V^T s(x)`, where `s` is a [`Scaler`] and the columns of `V`
/// are orthonormal eigenvectors of the covariance of `s(x)` on the training part, by falling variance.
///
/// Of an eigenvector and its negative, the one is taken whose largest entry is positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct PrincipalComponents {
    scaler: Scaler,
    /// `V^T`, components x features.
    vectors: Array2<f64>,
}

/// Principal components read from a file, before they are checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    scaler: Scaler,
    vectors: Vec<Vec<f64>>,
}

impl From<PrincipalComponents> for Unchecked {
    fn from(PrincipalComponents { scaler, vectors }: PrincipalComponents) -> Unchecked {
        Unchecked { scaler, vectors: vectors.rows().into_iter().map(|row| row.to_vec()).collect() }
    }
}

impl TryFrom<Unchecked> for PrincipalComponents {
    type Error = DataError;

    fn try_from(Unchecked { scaler, vectors }: Unchecked) -> Result<PrincipalComponents, DataError> {
        let (components, expected) = (vectors.len(), scaler.mean().len());
        if let Some(other) = vectors.iter().find(|vector| vector.len() != expected) {
            return Err(DataError::WrongFeatures { expected, actual: other.len() });
        }
        let vectors = Array2::from_shape_vec((components, expected), vectors.concat());
        PrincipalComponents::new(scaler, vectors.unwrap_or_default())
    }
}

impl PrincipalComponents {
    /// Components with known figures: the scaler of the features, and a row of `vectors` per component.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` if the vectors have another number of features than the scaler; `DataError::NoSamples`
    /// without vectors; `DataError::NotFinite` for a number that is not finite.
    pub fn new(scaler: Scaler, vectors: Array2<f64>) -> Result<PrincipalComponents, DataError> {
        let (expected, actual) = (scaler.mean().len(), vectors.ncols());
        if expected != actual {
            return Err(DataError::WrongFeatures { expected, actual });
        }
        if vectors.nrows() == 0 {
            return Err(DataError::NoSamples { op: "principal components" });
        }
        match vectors.indexed_iter().find(|(_, v)| !v.is_finite()) {
            Some(((_, feature), _)) => Err(DataError::NotFinite { feature }),
            None => Ok(PrincipalComponents { scaler, vectors }),
        }
    }

    /// The first `count` components of `train` (samples x features), or all whose variance is not 0 if there are fewer,
    /// but at least one.
    ///
    /// # Errors
    /// `DataError::NoSamples` without samples or features; `DataError::NotFinite` for NaN or an infinity;
    /// `DataError::NoComponents` without the feature `components`.
    pub fn fit(train: &Array2<f64>, scaling: Scaling, count: NonZeroUsize) -> Result<PrincipalComponents, DataError> {
        let scaler = Scaler::fit_as(train, scaling)?;
        let mut x = scaler.apply(train)?;
        // Clipping has moved the means.
        let mean = x.mean_axis(Axis(0)).unwrap_or_default();
        x -= &mean;
        PrincipalComponents::new(scaler, directions(&x, count.get())?)
    }

    /// The components of samples (samples x features), samples x components.
    ///
    /// # Errors
    /// `DataError::WrongFeatures` for another number of features; `DataError::NotFinite` for NaN or an infinity.
    pub fn apply(&self, samples: &Array2<f64>) -> Result<Array2<f64>, DataError> {
        Ok(self.scaler.apply(samples)?.dot(&self.vectors.t()))
    }

    /// The number of components.
    pub fn count(&self) -> usize {
        self.vectors.nrows()
    }

    /// The number of features that they are made of.
    pub fn features(&self) -> usize {
        self.vectors.ncols()
    }
}

/// Without nalgebra there are none.
#[cfg(not(feature = "components"))]
fn directions(_: &Array2<f64>, _: usize) -> Result<Array2<f64>, DataError> {
    Err(DataError::NoComponents)
}

#[cfg(all(test, feature = "components"))]
mod tests {
    use ndarray::array;

    use super::*;

    fn count(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    #[test]
    fn components_do_not_correlate_and_keep_distances() {
        let train = Array2::from_shape_fn((40, 6), |(i, j)| ((i * (j + 2)) as f64 * 0.7).sin());
        let all = PrincipalComponents::fit(&train, Scaling::PerFeature, count(99)).unwrap();
        let (c, scaled) = (all.apply(&train).unwrap(), Scaler::fit(&train).unwrap().apply(&train).unwrap());
        assert_eq!((all.count(), all.features(), c.dim()), (6, 6, (40, 6)));
        let covariance = |x: &Array2<f64>| {
            let x = x - &x.mean_axis(Axis(0)).unwrap();
            x.t().dot(&x) / 40.0
        };
        let found = covariance(&c);
        for ((i, j), value) in found.indexed_iter() {
            assert!(i == j || value.abs() < 1e-14, "{i} {j} {value}");
        }
        assert!(found.diag().windows(2).into_iter().all(|pair| pair[0] >= pair[1]));
        // Rotations keep the sum of variances and distances.
        assert!((found.diag().sum() - covariance(&scaled).diag().sum()).abs() < 1e-13);
        let distance = |x: &Array2<f64>| (&x.row(3) - &x.row(8)).mapv(|d| d * d).sum();
        assert!((distance(&c) - distance(&scaled)).abs() < 1e-13);
        let two = PrincipalComponents::fit(&train, Scaling::PerFeature, count(2)).unwrap();
        assert_eq!(two.vectors, all.vectors.slice(ndarray::s![..2, ..]));
    }

    #[test]
    fn samples_that_do_not_vary_have_one_component() {
        for samples in [1, 3, 5] {
            let same = Array2::from_elem((samples, 3), 0.7);
            let fitted = PrincipalComponents::fit(&same, Scaling::PerFeature, count(2)).unwrap();
            assert_eq!(fitted.apply(&same).unwrap(), Array2::<f64>::zeros((samples, 1)));
        }
        let none = PrincipalComponents::fit(&Array2::zeros((0, 3)), Scaling::PerFeature, count(2));
        assert!(matches!(none, Err(DataError::NoSamples { .. })));
    }

    #[test]
    fn figures_that_do_not_match_are_refused() {
        let scaler = || Scaler::new(vec![0.0; 2], vec![1.0; 2]).unwrap();
        let new = |vectors| PrincipalComponents::new(scaler(), vectors);
        assert!(new(array![[1.0, 0.0]]).is_ok());
        assert!(matches!(new(array![[1.0]]), Err(DataError::WrongFeatures { expected: 2, actual: 1 })));
        assert!(matches!(new(Array2::zeros((0, 2))), Err(DataError::NoSamples { .. })));
        assert!(matches!(new(array![[1.0, f64::NAN]]), Err(DataError::NotFinite { feature: 1 })));
    }
}
