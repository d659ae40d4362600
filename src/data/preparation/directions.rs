//! The directions in which samples vary most, by nalgebra.

use nalgebra::DMatrix;
use ndarray::{Array1, Array2};

use crate::DataError;

/// Directions in which the samples vary by less than this fraction of the largest variance are rounding errors.
const CONSTANT: f64 = 1e-12;

/// At most `count` orthonormal rows along which the rows of `x`, whose mean is 0, vary most.
pub fn directions(x: &Array2<f64>, count: usize) -> Result<Array2<f64>, DataError> {
    let (samples, features) = x.dim();
    // x^T x and x x^T have the same eigenvalues but for zeros, and if x x^T u = l u, x^T u is an eigenvector of x^T x.
    let wide = features > samples;
    let product = if wide { x.dot(&x.t()) } else { x.t().dot(x) };
    let size = product.nrows();
    let eigen = DMatrix::from_fn(size, size, |i, j| product[[i, j]]).symmetric_eigen();
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let least = order.first().map_or(0.0, |&first| CONSTANT * eigen.eigenvalues[first]);
    let differ = order.iter().filter(|&&i| eigen.eigenvalues[i] > least).count();
    order.truncate(count.min(differ.max(1)));
    let mut rows = Array2::zeros((order.len(), features));
    for (mut row, &i) in rows.rows_mut().into_iter().zip(&order) {
        let vector: Array1<f64> = eigen.eigenvectors.column(i).iter().copied().collect();
        row.assign(&normalised(if wide { x.t().dot(&vector) } else { vector }));
    }
    Ok(rows)
}

/// A vector of length 1, or 0, whose entry of the largest size is positive.
fn normalised(vector: Array1<f64>) -> Array1<f64> {
    let largest = vector.iter().fold(0.0, |largest: f64, v| if v.abs() > largest.abs() { *v } else { largest });
    let length = vector.dot(&vector).sqrt();
    if length == 0.0 { vector } else { vector * (largest.signum() / length) }
}

#[cfg(test)]
mod tests {
    use ndarray::{Axis, array};

    use super::*;

    /// Samples that vary along two orthogonal directions, by 3 and by 1.
    #[test]
    fn directions_are_those_of_the_largest_variance() {
        let (first, second) = (array![0.6, -0.8, 0.0], array![0.0, 0.0, 1.0]);
        let x = Array2::from_shape_fn((4, 3), |(i, j)| {
            3.0 * [1.0, -1.0, 1.0, -1.0][i] * first[j] + [1.0, 1.0, -1.0, -1.0][i] * second[j]
        });
        for (x, features) in [(x.clone(), 3), (ndarray::concatenate![Axis(1), x, Array2::zeros((4, 4))], 7)] {
            let found = directions(&x, 3).unwrap();
            // A third direction does not occur. 1e-12: entries of size 1 and a condition of 9.
            assert_eq!(found.dim(), (2, features));
            let expected = [array![-0.6, 0.8, 0.0], second.clone()];
            for (found, expected) in found.rows().into_iter().zip(expected) {
                assert!((&found.slice(ndarray::s![..3]) - &expected).iter().all(|d| d.abs() < 1e-12), "{found}");
                assert!(found.iter().skip(3).all(|v| v.abs() < 1e-12));
            }
            assert_eq!(directions(&x, 1).unwrap().row(0), found.row(0));
        }
    }
}
