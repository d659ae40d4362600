//! Common code for the data sets that come with smartcore.

use ndarray::Array2;
use smartcore::dataset::Dataset;

use crate::error::DataError;

/// The features of a data set (samples x features) as the decimal numbers that they were before rounding to `f32`: the
/// shortest number that rounds to the same `f32`, which is exact for numbers of up to six digits.
///
/// # Errors
/// `DataError::Inconsistent` if the data set changes its shape.
pub(super) fn features<Y>(name: &str, raw: &Dataset<f32, Y>) -> Result<Array2<f64>, DataError> {
    let shape = (raw.num_samples, raw.num_features);
    // The text of a number can always be parsed.
    let decimals: Vec<f64> = raw.data.iter().map(|x| x.to_string().parse().unwrap_or(f64::from(*x))).collect();
    Array2::from_shape_vec(shape, decimals).map_err(|_| DataError::Inconsistent {
        name: name.into(),
        what: "values",
        expected: shape.0 * shape.1,
        actual: raw.data.len(),
    })
}
