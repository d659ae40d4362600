//! Gradient descent with momentum.

use serde::{Deserialize, Serialize};

use crate::{Argument, ArgumentError, Error, Result};

/// SGD with momentum and weight decay: `V = mu V - rate_l(t) (G / n + lambda W)`, `W += V`, where `G` is the sum of the
/// gradients of `n` samples. Every layer `l` has its own rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Sgd {
    rates: Vec<f64>,
    momentum: f64,
    schedule: Schedule,
    l2: f64,
}

/// An optimiser read from a file or a message, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    rates: Vec<f64>,
    momentum: f64,
    schedule: Schedule,
    l2: f64,
}

impl TryFrom<Unchecked> for Sgd {
    type Error = Error;

    fn try_from(Unchecked { rates, momentum, schedule, l2 }: Unchecked) -> Result<Sgd> {
        Sgd::new(&rates, momentum, schedule)?.with_l2(l2)
    }
}

/// A smaller weight decay has no effect on any training, and would round to zero when it is encoded.
const LEAST_L2: f64 = 1e-9;

/// How the learning rates change over the steps. The rates of all layers change by the same factor, so in the encrypted
/// step the schedule only changes the scale of the gradient and costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// The rates are constant.
    Constant,
    /// `1 / (1 + decay t)` in step `t = 0, 1, ...`
    InverseTime {
        /// The decay per step.
        decay: f64,
    },
    /// `1 - t / steps`: falling linearly to 0, which it reaches after that number of steps.
    Linear {
        /// The number of steps.
        steps: usize,
    },
}

impl Schedule {
    /// The factor of step `t`, counted from 0.
    pub fn factor(self, t: usize) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::InverseTime { decay } => 1.0 / (1.0 + decay * t as f64),
            Schedule::Linear { steps } => steps.saturating_sub(t) as f64 / steps as f64,
        }
    }

    /// Returns an error for a schedule along which nothing is learned.
    pub(super) fn check(self) -> Result<()> {
        match self {
            Schedule::Constant => Ok(()),
            Schedule::InverseTime { decay } => Ok(Argument::RateDecay.check(decay, 0.0..)?),
            Schedule::Linear { steps } => Ok(Argument::TrainingSteps.check_count(steps, 1, None)?),
        }
    }
}

impl Sgd {
    /// An optimiser with `rates[l]` for layer `l` (the last one applies to all further layers).
    ///
    /// # Errors
    /// `Empty` without rates; `OutOfBounds` unless every rate lies in `1e-6 ... 1e6` (it is represented by a scale),
    /// `0 <= momentum < 1`, a decay is finite and not negative, and a linear schedule has steps.
    pub fn new(rates: &[f64], momentum: f64, schedule: Schedule) -> Result<Sgd> {
        if rates.is_empty() {
            return Err(ArgumentError::Empty { what: "learning rates" }.into());
        }
        rates.iter().try_for_each(|&rate| Argument::LearningRate.check(rate, 1e-6..=1e6))?;
        Argument::Momentum.check(momentum, 0.0..1.0)?;
        schedule.check()?;
        Ok(Sgd { rates: rates.to_vec(), momentum, schedule, l2: 0.0 })
    }

    /// The same optimiser with weight decay: the loss gains `lambda / 2 |W|^2` and its gradient `lambda W`.
    ///
    /// # Errors
    /// `WeightDecay` unless `lambda` is 0, or at least 1e-9 and below 1 divided by the largest rate (above that, a step
    /// would change the sign of weights instead of shrinking them).
    pub fn with_l2(self, lambda: f64) -> Result<Sgd> {
        let largest = self.rates.iter().copied().fold(0.0, f64::max);
        if lambda != 0.0 && !(lambda >= LEAST_L2 && lambda * largest < 1.0) {
            let (actual, least) = (lambda, LEAST_L2);
            return Err(ArgumentError::WeightDecay { actual, least, largest_rate: largest }.into());
        }
        Ok(Sgd { l2: lambda, ..self })
    }

    /// The same optimiser with all rates multiplied by a factor, for rates that were too high. Weight decay is scaled
    /// along.
    ///
    /// # Errors
    /// `OutOfBounds` or `WeightDecay` for rates that are then out of their range.
    pub fn scaled(self, factor: f64) -> Result<Sgd> {
        let rates: Vec<f64> = self.rates.iter().map(|rate| rate * factor).collect();
        Sgd::new(&rates, self.momentum, self.schedule)?.with_l2(self.l2)
    }

    /// The share of the first rates that step `t`, counted from 0, takes by the schedule.
    pub fn share(&self, t: usize) -> f64 {
        self.schedule.factor(t)
    }

    /// Whether rates change over the steps.
    pub fn is_scheduled(&self) -> bool {
        self.schedule != Schedule::Constant
    }

    /// The rate of a layer in step `t`, counted from 0.
    pub fn rate(&self, layer: usize, t: usize) -> f64 {
        self.base_rate(layer) * self.schedule.factor(t)
    }

    /// The rate of a layer divided by that of the first; the same in every step.
    pub fn relative_rate(&self, layer: usize) -> f64 {
        self.base_rate(layer) / self.base_rate(0)
    }

    /// `mu`.
    pub fn momentum(&self) -> f64 {
        self.momentum
    }

    /// `lambda`, the weight decay.
    pub fn l2(&self) -> f64 {
        self.l2
    }

    fn base_rate(&self, layer: usize) -> f64 {
        self.rates[layer.min(self.rates.len() - 1)]
    }
}
