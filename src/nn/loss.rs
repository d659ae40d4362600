//! Loss and accuracy.

use ndarray::{Array2, ArrayView2};

/// `1/(2 n) sum_i |y_i - t_i|^2` over the `n` rows: half the mean squared error, whose gradient is `(y - t) / n`.
pub fn half_squared_error(outputs: &Array2<f64>, targets: ArrayView2<f64>) -> f64 {
    let difference = outputs - &targets;
    difference.iter().map(|d| d * d).sum::<f64>() / (2.0 * outputs.nrows() as f64)
}

/// The index of the largest entry of each row, the first one if there are several.
pub fn predicted_classes(outputs: &Array2<f64>) -> Vec<usize> {
    let largest = |row: ndarray::ArrayView1<f64>| {
        row.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (i, &v)| if v > best.1 { (i, v) } else { best }).0
    };
    outputs.rows().into_iter().map(largest).collect()
}

/// The share of rows whose largest entry has the index of the label.
pub fn accuracy(outputs: &Array2<f64>, labels: &[usize]) -> f64 {
    let right = predicted_classes(outputs).iter().zip(labels).filter(|(p, l)| p == l).count();
    right as f64 / labels.len() as f64
}
