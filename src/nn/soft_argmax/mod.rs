//! The Differentiable Soft-Argmax layer (Florencio, Alencar and Lima 2025, arXiv 2502.16176).
//!
//! [`SoftArgmax`] is the layer in the clear: its values and derivatives. [`SoftArgmaxProgram`] computes it by
//! polynomials on packed values, for a promised range of logits, and [`SoftArgmaxColumns`] with samples in slots.

mod approximation;
mod approximation_error;
mod choice;
mod columns;
mod direct;
mod inverse;
mod program;
mod steps;
mod variants;

pub use approximation::SoftmaxApproximation;
pub use approximation_error::ApproximationError;
pub use choice::Budget;
#[cfg(test)]
pub(in crate::nn) use choice::TOLERATED;
pub use columns::SoftArgmaxColumns;
pub use inverse::MinimaxInverse;
pub use program::SoftArgmaxProgram;
pub(in crate::nn) use steps::{Classes, Steps};
pub use variants::{VARIANTS, Variant};

use super::shapes::check_count;
use crate::{Argument, Result};

/// `p = softmax(x / T)` over `K` classes, and the position `s = sum_i (first_index + i) p_i`, a class number that is
/// differentiable.
///
/// ```
/// use seal_nn::nn::soft_argmax::SoftArgmax;
/// let layer = SoftArgmax::new(3, 0.1, 1)?;
/// let p = layer.probabilities(&[0.0, 2.0, 1.0])?;
/// assert!((layer.position(&p)? - 2.0).abs() < 1e-3); // the second class, counted from 1
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoftArgmax {
    classes: usize,
    temperature: f64,
    first_index: i64,
}

/// The derivatives of a loss with respect to the inputs of the layer.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftArgmaxGradient {
    /// With respect to each logit.
    pub logits: Vec<f64>,
    /// With respect to the temperature.
    pub temperature: f64,
}

impl SoftArgmax {
    /// A layer for `classes` classes whose positions are counted from `first_index` (the authors' draft counts from 1,
    /// their code from 0).
    ///
    /// # Errors
    /// `OutOfBounds` for fewer than two or more than 4096 classes, and for a temperature that is not positive and finite.
    pub fn new(classes: usize, temperature: f64, first_index: i64) -> Result<SoftArgmax> {
        check_classes(classes)?;
        Argument::Temperature.check_positive(temperature)?;
        Ok(SoftArgmax { classes, temperature, first_index })
    }

    /// K, the number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// T, the temperature.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// The position of the first class.
    pub fn first_index(&self) -> i64 {
        self.first_index
    }

    /// `p_i = e^(x_i / T) / sum_j e^(x_j / T)`.
    ///
    /// # Errors
    /// `WrongCount` for another number of logits than classes.
    pub fn probabilities(&self, logits: &[f64]) -> Result<Vec<f64>> {
        check_count("logits", self.classes, logits.len())?;
        Ok(SoftArgmax::softmax(logits.iter().map(|x| x / self.temperature)))
    }

    /// The same at temperature 1: `e^(x_i) / sum_j e^(x_j)`.
    pub(in crate::nn) fn softmax(logits: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
        let largest = logits.clone().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = logits.map(|x| (x - largest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.iter().map(|e| e / sum).collect()
    }

    /// `s = sum_i (first_index + i) p_i`.
    ///
    /// # Errors
    /// `WrongCount` for another number of probabilities than classes.
    pub fn position(&self, probabilities: &[f64]) -> Result<f64> {
        check_count("probabilities", self.classes, probabilities.len())?;
        Ok(probabilities.iter().enumerate().map(|(i, p)| self.index(i) * p).sum())
    }

    /// The derivatives of a loss whose derivatives with respect to the probabilities are `gradient`:
    /// `dL/dx_i = p_i (g_i - sum_j p_j g_j) / T` and `dL/dT = -sum_i x_i dL/dx_i / T`.
    ///
    /// # Errors
    /// `WrongCount` for another number of logits or derivatives than classes.
    pub fn backward(&self, logits: &[f64], gradient: &[f64]) -> Result<SoftArgmaxGradient> {
        let p = self.probabilities(logits)?;
        check_count("derivatives", self.classes, gradient.len())?;
        let mean: f64 = p.iter().zip(gradient).map(|(p, g)| p * g).sum();
        let through = |(p, g): (&f64, &f64)| p * (g - mean) / self.temperature;
        let by_logits: Vec<f64> = p.iter().zip(gradient).map(through).collect();
        let moment: f64 = logits.iter().zip(&by_logits).map(|(x, d)| x * d).sum();
        Ok(SoftArgmaxGradient { logits: by_logits, temperature: -moment / self.temperature })
    }

    /// The derivatives of a loss whose derivative with respect to the position is `gradient`: those of
    /// [`backward`](SoftArgmax::backward) for `g_i = gradient (first_index + i)`, with
    /// `ds/dx_i = p_i (first_index + i - s) / T`.
    ///
    /// # Errors
    /// `WrongCount` for another number of logits than classes.
    pub fn backward_from_position(&self, logits: &[f64], gradient: f64) -> Result<SoftArgmaxGradient> {
        let by_classes: Vec<f64> = (0..self.classes).map(|i| gradient * self.index(i)).collect();
        self.backward(logits, &by_classes)
    }

    pub(super) fn index(&self, i: usize) -> f64 {
        self.first_index as f64 + i as f64
    }
}

/// More classes than the units of any layer.
const MOST_CLASSES: usize = 4096;

/// Returns an error for a number of classes that no layer has.
pub(in crate::nn) fn check_classes(classes: usize) -> Result<()> {
    Ok(Argument::Classes.check_count(classes, 2, Some(MOST_CLASSES))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences: error of order h^2, and rounding 2^-52 / h; both below 1e-9 for h = 1e-5.
    fn difference(f: impl Fn(f64) -> f64) -> f64 {
        (f(1e-5) - f(-1e-5)) / 2e-5
    }

    #[test]
    fn derivatives_are_those_of_finite_differences() {
        for classes in [2, 3, 5, 10] {
            let x: Vec<f64> = (0..classes).map(|i| (1.7 * i as f64).sin() * 2.0).collect();
            let g: Vec<f64> = (0..classes).map(|i| (0.9 * i as f64).cos()).collect();
            let layer = SoftArgmax::new(classes, 1.3, 1).unwrap();
            let loss = |layer: &SoftArgmax, x: &[f64]| -> f64 {
                layer.probabilities(x).unwrap().iter().zip(&g).map(|(p, g)| p * g).sum()
            };
            let position = |layer: &SoftArgmax, x: &[f64]| layer.position(&layer.probabilities(x).unwrap()).unwrap();
            let (by_loss, by_position) =
                (layer.backward(&x, &g).unwrap(), layer.backward_from_position(&x, 1.0).unwrap());
            for i in 0..classes {
                let moved = |h: f64| {
                    let mut x = x.clone();
                    x[i] += h;
                    x
                };
                assert!((by_loss.logits[i] - difference(|h| loss(&layer, &moved(h)))).abs() < 2e-9);
                assert!((by_position.logits[i] - difference(|h| position(&layer, &moved(h)))).abs() < 2e-9);
            }
            let warmer = |h: f64| SoftArgmax::new(classes, 1.3 + h, 1).unwrap();
            assert!((by_loss.temperature - difference(|h| loss(&warmer(h), &x))).abs() < 2e-9);
            assert!((by_position.temperature - difference(|h| position(&warmer(h), &x))).abs() < 2e-9);
        }
    }

    /// The authors' six rows of logits over a vocabulary of 7 give positions 1 2 3 4 5 6, counted from 0.
    #[test]
    fn the_authors_rows_give_their_positions() {
        let layer = SoftArgmax::new(7, 1.0, 0).unwrap();
        let rows = [
            [-10.4249, 12.3542, -10.5049, -10.4770, -14.2411, -11.1246, -10.6761],
            [-20.8229, -7.6676, 15.1833, -7.6492, -7.5959, -7.9427, -8.7889],
            [-13.4050, -13.1791, -13.2362, 9.5195, -13.0957, -14.9319, -23.5854],
            [-13.4611, -17.0730, -7.6502, -7.2442, 15.3833, -7.8079, -7.5043],
            [-4.7446, -5.5294, -4.8128, -5.7451, -4.8391, 18.0267, -7.5303],
            [-4.6189, -2.7684, -3.2782, -4.6394, -2.5019, -3.3491, 19.2203],
        ];
        for (row, expected) in rows.iter().zip(1..) {
            assert!((layer.position(&layer.probabilities(row).unwrap()).unwrap() - f64::from(expected)).abs() < 1e-6);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(SoftArgmax::new(1, 1.0, 0).is_err());
        for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(SoftArgmax::new(2, temperature, 0).is_err());
        }
    }
}
