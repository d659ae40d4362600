//! The same calibration in the clear.

use ndarray::Array2;

use super::{CalibrationSpec, Fit};
use crate::{
    Result,
    nn::{
        head::largest_spread,
        shapes::{check_labels, check_shape},
    },
};

/// The fits after every step. If `exact`, probabilities are those of softmax, otherwise those of the polynomials, as
/// under encryption.
///
/// # Errors
/// `LeftRange` if logits leave the range of the polynomials; `WrongShape` or `UnknownLabel` for logits or labels of other
/// classes; `WrongCount` for another number of labels; the errors of [`CalibrationSpec::check_settings`].
pub fn calibrate_in_clear(
    spec: &CalibrationSpec,
    logits: &Array2<f64>,
    labels: &[usize],
    steps: usize,
    exact: bool,
) -> Result<Vec<Fit>> {
    spec.check_settings()?;
    check_shape("the logits", (logits.nrows(), spec.classes), logits.dim())?;
    check_labels(labels, logits.nrows(), spec.classes)?;
    let samples = labels.len() as f64;
    let spread = largest_spread(logits);
    let biases = if spec.bias { spec.classes } else { 0 };
    let (mut gamma, mut bias) = (1.0, vec![0.0; biases]);
    let (mut velocity, mut bias_velocity) = (0.0, vec![0.0; biases]);
    let mut fits = Vec::new();
    for step in 1..=steps {
        let fit = Fit { beta: spec.start * gamma, bias: bias.clone() };
        let (mut slope, mut bias_slope) = (0.0, vec![0.0; biases]);
        for (row, &label) in logits.rows().into_iter().zip(labels) {
            let scaled: Vec<f64> =
                row.iter().enumerate().map(|(i, x)| fit.beta * x + bias.get(i).unwrap_or(&0.0)).collect();
            let p = match exact {
                true => crate::nn::soft_argmax::SoftArgmax::softmax(scaled.iter().copied()),
                false => spec.approximation.probabilities(&scaled)?,
            };
            for (i, p) in p.iter().enumerate() {
                let d = (p - f64::from(i == label)) / samples;
                slope += d * spec.start * row[i];
                bias_slope.get_mut(i).into_iter().for_each(|slope| *slope += d);
            }
        }
        velocity = spec.momentum * velocity - spec.rate * slope;
        gamma += velocity;
        for ((b, v), slope) in bias.iter_mut().zip(&mut bias_velocity).zip(bias_slope) {
            *v = spec.momentum * *v - spec.rate * slope;
            *b += *v;
        }
        let fit = Fit { beta: spec.start * gamma, bias: bias.clone() };
        spec.check(&fit, spread, step)?;
        fits.push(fit);
    }
    Ok(fits)
}
