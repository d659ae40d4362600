//! Losses.

use ndarray::{Array2, ArrayView1, ArrayViewMut1};
use serde::{Deserialize, Serialize};

use super::Targets;
use crate::{Argument, ArgumentError, Result, nn::shapes::check_shape};

/// What a training minimises: a function of the logits `z` of a sample and of its targets `t`.
///
/// ```
/// use ndarray::array;
/// use seal_nn::nn::learning::{Loss, Targets};
/// let logits = array![[2.0, 0.0], [0.0, 0.0]];
/// let targets = Targets::classes(&[0, 1], 2, Loss::CrossEntropy)?;
/// let found = Loss::CrossEntropy.evaluate(&logits, &targets)?;
/// assert!((found.value - ((1.0 + (-2f64).exp()).ln() + 2f64.ln()) / 2.0).abs() < 1e-15);
/// assert_eq!(found.errors.row(1).to_vec(), [0.25, -0.25]);
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Loss {
    /// The negative log-likelihood of a softmax, `log(sum_k exp(z_k)) - sum_k t_k z_k`, for targets that sum to 1.
    #[default]
    CrossEntropy,
    /// The negative log-likelihood of a sigmoid for every output by itself, `log(1 + exp(z)) - t z`: two classes take one
    /// output.
    Logistic,
    /// `1/2 sum_k (z_k - t_k)^2`.
    SquaredError,
    /// `1/2 r^2` for residuals `r = z_k - t_k` within `delta`, and `delta (|r| - delta / 2)` beyond (Huber 1964).
    Huber {
        /// Residuals beyond it pull no harder.
        delta: f64,
    },
}

/// A loss at some logits.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The weighted mean over the samples.
    pub value: f64,
    /// Its gradient with respect to the logits, `samples x outputs`.
    pub errors: Array2<f64>,
}

impl Loss {
    /// Returns an error for a loss without a minimum.
    ///
    /// # Errors
    /// `OutOfBounds` for a `delta` that is not positive and finite.
    pub fn check(&self) -> Result<()> {
        match *self {
            Loss::Huber { delta } => Ok(Argument::HuberDelta.check_positive(delta)?),
            _ => Ok(()),
        }
    }

    /// The number of outputs that classify into `classes` classes.
    pub fn outputs(&self, classes: usize) -> usize {
        if *self == Loss::Logistic && classes == 2 { 1 } else { classes }
    }

    /// The loss of logits (`samples x outputs`) for the targets of the same samples, and its gradient.
    ///
    /// # Errors
    /// The errors of [`Loss::check`]; `WrongShape` for logits of other samples or outputs; `Empty` without samples.
    pub fn evaluate(&self, logits: &Array2<f64>, targets: &Targets) -> Result<Evaluation> {
        self.check()?;
        check_shape("the logits", targets.values().dim(), logits.dim())?;
        if targets.is_empty() {
            return Err(ArgumentError::Empty { what: "samples" }.into());
        }
        let mut errors = logits.clone();
        let (mut sum, mut total) = (0.0, 0.0);
        for (i, (mut row, t)) in errors.rows_mut().into_iter().zip(targets.values().rows()).enumerate() {
            let weight = targets.weights().map_or(1.0, |weights| weights[i]);
            sum += weight * self.sample(row.view_mut(), t);
            total += weight;
            row *= weight;
        }
        errors /= total;
        Ok(Evaluation { value: sum / total, errors })
    }

    /// The loss of a sample, whose logits are replaced by their gradient.
    fn sample(&self, mut z: ArrayViewMut1<f64>, t: ArrayView1<f64>) -> f64 {
        let each = |z: &mut ArrayViewMut1<f64>, of: &dyn Fn(f64, f64) -> (f64, f64)| {
            let mut sum = 0.0;
            for (z, &t) in z.iter_mut().zip(t) {
                let (value, slope) = of(*z, t);
                (*z, sum) = (slope, sum + value);
            }
            sum
        };
        match *self {
            Loss::CrossEntropy => {
                let chosen: f64 = z.iter().zip(t).map(|(z, t)| z * t).sum();
                let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                z.mapv_inplace(|z| (z - top).exp());
                let sum = z.sum();
                z.zip_mut_with(&t, |p, t| *p = *p / sum - t);
                top + sum.ln() - chosen
            }
            // log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)), which does not overflow.
            Loss::Logistic => each(&mut z, &|z, t| {
                let small = (-z.abs()).exp();
                let sigmoid = if z >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
                (z.max(0.0) + small.ln_1p() - t * z, sigmoid - t)
            }),
            Loss::SquaredError => each(&mut z, &|z, t| (0.5 * (z - t) * (z - t), z - t)),
            Loss::Huber { delta } => each(&mut z, &|z, t| {
                let r = z - t;
                let value = if r.abs() <= delta { 0.5 * r * r } else { delta * (r.abs() - 0.5 * delta) };
                (value, r.clamp(-delta, delta))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    const ALL: [Loss; 4] = [Loss::CrossEntropy, Loss::Logistic, Loss::SquaredError, Loss::Huber { delta: 0.75 }];

    #[test]
    fn errors_are_finite_differences() {
        let logits = array![[0.3, -1.2, 2.0], [-0.5, 0.1, 0.9], [4.0, -3.0, 0.2]];
        for loss in ALL {
            let targets = Targets::classes(&[0, 2, 1], 3, loss).unwrap();
            let weighted = targets.clone().with_class_weights(&[0.5, 1.0, 2.0]).unwrap();
            for targets in [targets, weighted] {
                let value = |z: &Array2<f64>| loss.evaluate(z, &targets).unwrap().value;
                let errors = loss.evaluate(&logits, &targets).unwrap().errors;
                for (index, &error) in errors.indexed_iter() {
                    let moved = |by: f64| {
                        let mut z = logits.clone();
                        z[index] += by;
                        value(&z)
                    };
                    // Central difference: error h^2 f'''/6 plus rounding 2^-52 f / h, below 1e-9 for h = 1e-5.
                    let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    assert!((error - difference).abs() < 1e-8, "{loss:?} {index:?}: {error} {difference}");
                }
            }
        }
    }

    /// Logits of a thousand overflow in a naive softmax or sigmoid.
    #[test]
    fn large_logits_stay_finite() {
        let (logits, targets) = (array![[1000.0, -1000.0]], Targets::numbers(array![[0.0, 1.0]]).unwrap());
        let evaluate = |loss: Loss| loss.evaluate(&logits, &targets).unwrap();
        for loss in ALL {
            let found = evaluate(loss);
            assert!(found.value.is_finite() && found.errors.iter().all(|e| e.is_finite()), "{loss:?}");
        }
        assert_eq!(evaluate(Loss::CrossEntropy).value, 2000.0);
        assert_eq!(evaluate(Loss::Logistic).value, 2000.0);
    }

    #[test]
    fn a_loss_without_a_minimum_is_refused() {
        assert!(ALL.iter().all(|loss| loss.check().is_ok()));
        for delta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Loss::Huber { delta }.check().is_err());
        }
        assert_eq!([Loss::Logistic, Loss::CrossEntropy].map(|loss| loss.outputs(2)), [1, 2]);
        assert_eq!(Loss::Logistic.outputs(3), 3);
    }
}
