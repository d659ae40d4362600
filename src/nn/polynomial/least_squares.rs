//! Linear least squares by Householder reflections, for fitting many points with few functions.

use ndarray::ArrayView1;

/// The `x` that minimises `|A x - b|`, for a matrix given by its columns. Reflections do not square the condition
/// number, so functions that are almost dependent still give a good fit. Columns that depend on earlier ones get the
/// coefficient 0.
pub fn solve(mut columns: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let count = columns.len();
    let mut diagonal = Vec::with_capacity(count);
    for k in 0..count {
        let (done, rest) = columns.split_at_mut(k + 1);
        let column = &mut done[k][k..];
        let norm = dot(column, column).sqrt();
        let pivot = if column[0] > 0.0 { -norm } else { norm };
        diagonal.push(pivot);
        // The reflection that maps the column to (pivot, 0, 0, ...): along v, with |v|^2 = -2 pivot v_0.
        column[0] -= pivot;
        let scale = pivot * column[0];
        if scale == 0.0 {
            continue;
        }
        for other in rest.iter_mut().chain([&mut b]) {
            let other = &mut other[k..];
            let factor = dot(column, other) / scale;
            other.iter_mut().zip(column.iter()).for_each(|(x, v)| *x += factor * v);
        }
    }
    // Back substitution; the columns contain R above the diagonal.
    let largest = diagonal.iter().fold(0f64, |m, d| m.max(d.abs()));
    let mut x = vec![0.0; count];
    for k in (0..count).rev() {
        let known: f64 = (k + 1..count).map(|j| columns[j][k] * x[j]).sum();
        x[k] = if diagonal[k].abs() > DEPENDENT * largest { (b[k] - known) / diagonal[k] } else { 0.0 };
    }
    x
}

/// A column whose remaining part is shorter than this fraction of the longest column consists of rounding errors.
const DEPENDENT: f64 = 1e-14;

/// In several sums at once, none of which waits for another.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    ArrayView1::from(a).dot(&ArrayView1::from(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_residual_is_orthogonal_to_all_columns() {
        let columns: Vec<Vec<f64>> =
            (0..5).map(|k| (0..40).map(|i| (i as f64 / 20.0 - 1.0).powi(k)).collect()).collect();
        let b: Vec<f64> = (0..40).map(|i| (0.3 * i as f64).sin()).collect();
        let x = solve(columns.clone(), b.clone());
        let fitted = |i: usize| columns.iter().zip(&x).map(|(column, x)| column[i] * x).sum::<f64>();
        let residual: Vec<f64> = (0..40).map(|i| b[i] - fitted(i)).collect();
        for column in &columns {
            assert!(dot(column, &residual).abs() < 1e-12);
        }
    }

    #[test]
    fn what_depends_on_others_gets_nothing() {
        let x = solve(vec![vec![1.0, 1.0, 1.0], vec![0.0; 3], vec![2.0, 2.0, 2.0]], vec![3.0, 3.0, 3.0]);
        assert!((x[0] - 3.0).abs() < 1e-12 && x[1] == 0.0 && x[2] == 0.0, "{x:?}");
    }
}
