//! Calibration: the temperature of a soft-argmax, learned from encrypted logits and encrypted labels.

mod metrics;
mod program;
mod reference;

pub use metrics::Calibration;
pub use program::{CalibrationAnswer, CalibrationCall, CalibrationProgram, CalibrationState, EncryptedLogits};
pub use reference::calibrate_in_clear;

use super::{
    SoftArgmax, SoftmaxApproximation, largest_spread,
    shapes::{check_count, check_finite},
};
use crate::{Argument, Result, SetupError};
use ndarray::Array2;

/// The minimisation of the negative log-likelihood of validation samples over the inverse temperature `beta = 1/T` and,
/// optionally, a bias per class (Guo et al. 2017, arXiv 1706.04599; Florencio, Alencar and Lima 2025, arXiv
/// 2502.16176).
///
/// The learned parameter is `gamma` with `beta = beta_0 gamma`, starting from `gamma = 1`, where
/// `beta_0 = D / (1.25 largest spread)`. At `T = 1` an overconfident head would leave the range `D` of the polynomials
/// at once. A step is SGD with momentum on
///
/// ```text
/// dL/dgamma  = 1/n sum_samples sum_i (p_i - y_i) beta_0 x_i      dL/db_i = 1/n sum_samples (p_i - y_i)
/// ```
///
/// where the probabilities `p` are those of the polynomials.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationSpec {
    /// Number of classes.
    pub classes: usize,
    /// D, the spread of the scaled logits that the polynomials take.
    pub range: f64,
    /// The polynomials.
    pub approximation: SoftmaxApproximation,
    /// `beta_0`.
    pub start: f64,
    /// Learning rate.
    pub rate: f64,
    /// Momentum.
    pub momentum: f64,
    /// Whether biases are learned too. They may change decisions; a temperature cannot.
    pub bias: bool,
}

/// Ratio of the spread promised to the polynomials to the largest one seen (docs/soft-argmax.md, "Outside the range").
pub const RANGE_MARGIN: f64 = 1.25;

impl CalibrationSpec {
    /// The settings for the logits of validation samples (`samples x classes`) and polynomials of at most `levels`
    /// levels.
    ///
    /// # Errors
    /// `NotFinite` for logits that are not finite; `OutOfBounds` for logits without spread, or for an invalid range;
    /// `RangeTooWide` if the levels do not suffice.
    pub fn new(logits: &Array2<f64>, range: f64, levels: usize) -> Result<CalibrationSpec> {
        check_finite("a validation logit", logits)?;
        let spread = largest_spread(logits);
        Argument::LogitSpread.check_positive(spread)?;
        let layer = SoftArgmax::new(logits.ncols(), 1.0, 0)?;
        Ok(CalibrationSpec {
            classes: logits.ncols(),
            range,
            approximation: SoftmaxApproximation::choose(&layer, range, levels)?,
            start: range / (RANGE_MARGIN * spread),
            // The curvature of the loss is at most the variance of the scaled logits, which is a quarter of the square
            // of their spread. Heavy-ball momentum is stable for rates up to 2 (1 + momentum) divided by that.
            rate: 2.0 / (0.25 * (range / RANGE_MARGIN).powi(2)),
            momentum: 0.6,
            bias: false,
        })
    }

    /// Returns an error for settings with which nothing can be learned.
    ///
    /// # Errors
    /// `OutOfBounds` for fewer than two classes, for a range, start or rate that is not positive and finite, or for a
    /// momentum that is not from 0 to below 1.
    pub fn check_settings(&self) -> Result<()> {
        Argument::Classes.check_count(self.classes, 2, None)?;
        Argument::Range.check_positive(self.range)?;
        Argument::Start.check_positive(self.start)?;
        Argument::LearningRate.check_positive(self.rate)?;
        Argument::Momentum.check(self.momentum, 0.0..1.0)?;
        Ok(())
    }

    /// Returns an error for a `gamma` at which logits leave the range, because further steps would lead ever further
    /// away.
    ///
    /// # Errors
    /// `LeftRange` if the spread of the scaled logits exceeds the range.
    pub fn check(&self, fit: &Fit, largest_spread: f64, step: usize) -> Result<()> {
        let low = fit.bias.iter().fold(f64::INFINITY, |m, b| m.min(*b));
        let high = fit.bias.iter().fold(f64::NEG_INFINITY, |m, b| m.max(*b));
        let reached = fit.beta * largest_spread + if fit.bias.is_empty() { 0.0 } else { high - low };
        if reached.is_finite() && fit.beta >= 0.0 && reached <= self.range {
            return Ok(());
        }
        Err(SetupError::LeftRange { step, reached, range: self.range }.into())
    }
}

/// The learned parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// `1/T`.
    pub beta: f64,
    /// One bias per class, added after the temperature is applied; empty without biases.
    pub bias: Vec<f64>,
}

impl Fit {
    /// `1/beta`.
    pub fn temperature(&self) -> f64 {
        1.0 / self.beta
    }

    /// `softmax(beta x + b)`, computed exactly, for logits of `samples x classes`.
    ///
    /// # Errors
    /// `WrongCount` for logits of another number of classes than there are biases, if there are any.
    pub fn probabilities(&self, logits: &Array2<f64>) -> Result<Array2<f64>> {
        if !self.bias.is_empty() {
            check_count("biases", logits.ncols(), self.bias.len())?;
        }
        let mut p = logits * self.beta;
        for mut row in p.rows_mut() {
            row.iter_mut().zip(&self.bias).for_each(|(x, b)| *x += b);
            let exact = SoftArgmax::softmax(row.iter().copied());
            row.iter_mut().zip(exact).for_each(|(x, p)| *x = p);
        }
        Ok(p)
    }
}
