//! Gradient descent with momentum.

use crate::{Result, SetupError};

/// Heavy ball: `V = mu V - rate_l(t) / n * sum of gradients`, `W += V`, with a rate for each layer.
#[derive(Clone, Debug, PartialEq)]
pub struct HeavyBall {
    rates: Vec<f64>,
    momentum: f64,
    schedule: Schedule,
}

/// How the learning rates change over the steps. All layers change alike, so that in the encrypted step the schedule
/// moves the scale of the gradient and costs nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// They stay.
    Constant,
    /// `1 / (1 + decay t)` in step `t = 0, 1, ...`
    InverseTime {
        /// The decay a step.
        decay: f64,
    },
}

impl Schedule {
    /// The factor of step `t`, counted from 0.
    pub fn factor(self, t: usize) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::InverseTime { decay } => 1.0 / (1.0 + decay * t as f64),
        }
    }
}

impl HeavyBall {
    /// An optimiser with `rates[l]` for layer `l` (the last one serves further layers).
    ///
    /// # Errors
    /// `BadSetting` unless every rate lies in `1e-6 ... 1e6` (a scale carries it), `0 <= momentum < 1`, and a decay is finite and not
    /// negative.
    pub fn new(rates: &[f64], momentum: f64, schedule: Schedule) -> Result<HeavyBall> {
        let bad = |setting, actual: String, expected| Err(SetupError::BadSetting { setting, actual, expected }.into());
        if rates.is_empty() || rates.iter().any(|r| !(1e-6..=1e6).contains(r)) {
            let texts: Vec<String> = rates.iter().map(f64::to_string).collect();
            return bad(
                "--learning-rate",
                texts.join(","),
                "one or more positive finite numbers, from 1e-6 to 1e6, such as 1.5,0.1",
            );
        }
        if !(0.0..1.0).contains(&momentum) {
            return bad("--momentum", momentum.to_string(), "at least 0 and below 1");
        }
        if let Schedule::InverseTime { decay } = schedule
            && !(decay.is_finite() && decay >= 0.0)
        {
            return bad("--decay", decay.to_string(), "a finite number of at least 0");
        }
        Ok(HeavyBall { rates: rates.to_vec(), momentum, schedule })
    }

    /// The rate of a layer in step `t`, counted from 0.
    pub fn rate(&self, layer: usize, t: usize) -> f64 {
        self.base_rate(layer) * self.schedule.factor(t)
    }

    /// A layer's rate over that of the first: the same in every step.
    pub fn relative_rate(&self, layer: usize) -> f64 {
        self.base_rate(layer) / self.base_rate(0)
    }

    /// `mu`.
    pub fn momentum(&self) -> f64 {
        self.momentum
    }

    fn base_rate(&self, layer: usize) -> f64 {
        self.rates[layer.min(self.rates.len() - 1)]
    }
}
