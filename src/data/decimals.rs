//! What the data sets that come with smartcore have in common.

use ndarray::Array2;
use smartcore::dataset::Dataset;

use crate::error::DataError;

/// The features of a data set (samples x features) as the decimal numbers that they were before they were rounded to
/// `f32`: the shortest one that rounds to the same `f32`, exact for numbers of up to six digits.
///
/// # Errors
/// `DataError::Inconsistent`, if the data set should ever change its shape.
pub(super) fn features<Y>(name: &str, raw: &Dataset<f32, Y>) -> Result<Array2<f64>, DataError> {
    let shape = (raw.num_samples, raw.num_features);
    // The text of a number can be read again.
    let decimals: Vec<f64> = raw.data.iter().map(|x| x.to_string().parse().unwrap_or(f64::from(*x))).collect();
    Array2::from_shape_vec(shape, decimals).map_err(|_| DataError::Inconsistent {
        name: name.into(),
        what: "values",
        expected: shape.0 * shape.1,
        actual: raw.data.len(),
    })
}
