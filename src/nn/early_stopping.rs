//! The client's decisions based on decrypted weights: which are the best, when to stop, and how to continue if training
//! diverges.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Weights;
use crate::{Result, SetupError};

/// The policy if training diverges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDivergence {
    /// End with an error.
    #[default]
    Stop,
    /// Return to the weights with the lowest training loss, with zero velocity, and continue with half the learning
    /// rates, up to 4 times.
    LowerRate,
}

/// The spelling on the command line and in reports.
impl fmt::Display for OnDivergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            OnDivergence::Stop => "stop",
            OnDivergence::LowerRate => "lower-rate",
        })
    }
}

/// If the rates must be even lower, the network does not train.
const MOST_LOWERINGS: i32 = 4;

impl OnDivergence {
    /// The smallest factor of the rates, for [`Bounds::least_rate`](super::training::Bounds).
    pub fn least_rate(self) -> f64 {
        match self {
            OnDivergence::Stop => 1.0,
            OnDivergence::LowerRate => 0.5f64.powi(MOST_LOWERINGS),
        }
    }
}

/// The losses of weights that the client knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Losses {
    /// On the training part.
    pub training: f64,
    /// On the validation part, if there is one.
    pub validation: Option<f64>,
}

/// Learning rates were halved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lowering {
    /// The step that diverged and was repeated, counted from 1.
    pub step: usize,
    /// The factor of all rates since then.
    pub rate_factor: f64,
}

/// The weights with the lowest validation loss, or the last ones without a validation part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best<W = Weights> {
    /// The step that produced them, counted from 1; 0 for the initial weights.
    pub step: usize,
    /// Their validation loss; 0 without a validation part.
    pub validation_loss: f64,
    /// The weights.
    pub weights: W,
}

/// The decisions of one training, from the losses that the client computes in the clear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping<W = Weights> {
    steps: usize,
    patience: Option<usize>,
    on_divergence: OnDivergence,
    /// The last evaluated step.
    last_step: usize,
    best: Best<W>,
    good: Good<W>,
    lowered: Vec<Lowering>,
}

/// The weights with the lowest training loss, to return to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Good<W> {
    loss: f64,
    weights: W,
}

impl<W: Clone> EarlyStopping<W> {
    /// The decisions for a training of `steps` steps from the given weights. It uses all steps, and ends if it
    /// diverges.
    pub fn new(steps: usize, weights: W, losses: Losses) -> Self {
        EarlyStopping {
            steps,
            patience: None,
            on_divergence: OnDivergence::Stop,
            last_step: 0,
            best: Best { step: 0, validation_loss: losses.validation.unwrap_or_default(), weights: weights.clone() },
            good: Good { loss: losses.training, weights },
            lowered: Vec::new(),
        }
    }

    /// The same decisions, except that training stops after `patience` steps without a lower validation loss; `None`
    /// for never.
    pub fn with_patience(self, patience: impl Into<Option<usize>>) -> Self {
        EarlyStopping { patience: patience.into(), ..self }
    }

    /// The same decisions with another policy if training diverges.
    pub fn with_policy(self, on_divergence: OnDivergence) -> Self {
        EarlyStopping { on_divergence, ..self }
    }

    /// The same decisions for another number of steps.
    pub fn with_steps(self, steps: usize) -> Self {
        EarlyStopping { steps, ..self }
    }

    /// Takes note of the weights after a step, counted from 1. Those of steps after the end are not candidates for the
    /// best.
    pub fn judge(&mut self, step: usize, weights: &W, losses: Losses) {
        if !self.is_over() {
            self.last_step = step;
            if losses.validation.is_none_or(|loss| loss < self.best.validation_loss) {
                let validation_loss = losses.validation.unwrap_or_default();
                self.best = Best { step, validation_loss, weights: weights.clone() };
            }
        }
        if losses.training <= self.good.loss {
            self.good = Good { loss: losses.training, weights: weights.clone() };
        }
    }

    /// The weights with the lowest training loss, to which a training that diverged may return to go on at lower rates.
    /// `None` if the policy does not allow it, or not again.
    pub fn fallback(&self) -> Option<&W> {
        (self.rate_factor() / 2.0 >= self.on_divergence.least_rate()).then_some(&self.good.weights)
    }

    /// Halves the rates from step `step` on, counted from 1, which is made again because training diverged.
    pub fn lower_rate(&mut self, step: usize) -> Lowering {
        let lowering = Lowering { step, rate_factor: self.rate_factor() / 2.0 };
        self.lowered.push(lowering);
        lowering
    }

    /// The current factor of all rates.
    pub fn rate_factor(&self) -> f64 {
        self.lowered.last().map_or(1.0, |lowering| lowering.rate_factor)
    }

    /// The steps at which the rates were lowered, with the factors.
    pub fn lowered(&self) -> &[Lowering] {
        &self.lowered
    }

    /// Whether all steps have been made, or the patience is exhausted.
    pub fn is_over(&self) -> bool {
        let waited = self.last_step - self.best.step;
        self.last_step >= self.steps || self.patience.is_some_and(|patience| waited >= patience)
    }

    /// The largest number of steps.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The policy if training diverges.
    pub fn policy(&self) -> OnDivergence {
        self.on_divergence
    }

    /// The last step that counts, from 1; 0 before the first.
    pub fn last_step(&self) -> usize {
        self.last_step
    }

    /// The best weights so far.
    pub fn best(&self) -> &Best<W> {
        &self.best
    }

    /// The best weights.
    pub fn into_best(self) -> Best<W> {
        self.best
    }

    /// Returns an error for decisions after another number of steps than `step`, or on weights that `check` refuses.
    ///
    /// # Errors
    /// `OtherStep`; the errors of `check`.
    pub fn check(&self, step: usize, check: impl Fn(&W) -> Result<()>) -> Result<()> {
        check(&self.best.weights)?;
        check(&self.good.weights)?;
        // A training that diverged may have gone back by one step.
        let belong = self.last_step == step || !self.lowered.is_empty() && self.last_step == step + 1;
        match belong && self.best.step <= self.last_step {
            true => Ok(()),
            false => Err(SetupError::OtherStep { expected: step, last: self.last_step, best: self.best.step }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights that are recognised by their only entry.
    fn weights(value: f64) -> Weights {
        Weights(vec![ndarray::arr2(&[[value]])])
    }

    fn losses(training: f64, validation: impl Into<Option<f64>>) -> Losses {
        Losses { training, validation: validation.into() }
    }

    #[test]
    fn the_lowest_validation_loss_wins_and_patience_ends_the_training() {
        let mut stopping = EarlyStopping::new(100, weights(0.0), losses(1.0, 1.0)).with_patience(2);
        for (step, validation) in [(1, 0.5), (2, 0.7), (3, 0.4), (4, 0.4)] {
            stopping.judge(step, &weights(step as f64), losses(0.1, validation));
            assert!(!stopping.is_over());
        }
        stopping.judge(5, &weights(5.0), losses(0.1, f64::NAN));
        assert!(stopping.is_over());
        stopping.judge(6, &weights(6.0), losses(0.1, 0.0));
        assert_eq!(*stopping.best(), Best { step: 3, validation_loss: 0.4, weights: weights(3.0) });
        assert_eq!(stopping.last_step(), 5);
    }

    #[test]
    fn without_validation_the_last_weights_are_the_best() {
        let mut stopping = EarlyStopping::new(2, weights(0.0), losses(1.0, None));
        stopping.judge(1, &weights(1.0), losses(0.5, None));
        stopping.judge(2, &weights(2.0), losses(0.7, None));
        assert!(stopping.is_over());
        assert_eq!(stopping.into_best().weights, weights(2.0));
    }

    #[test]
    fn rates_are_halved_four_times_and_training_returns_to_the_lowest_loss() {
        let mut stopping = EarlyStopping::new(9, weights(0.0), losses(1.0, None)).with_policy(OnDivergence::LowerRate);
        assert_eq!(stopping.fallback(), Some(&weights(0.0)));
        stopping.lower_rate(1);
        stopping.judge(1, &weights(1.0), losses(0.5, None));
        stopping.judge(2, &weights(2.0), losses(0.7, None));
        for lowerings in 2..=4 {
            assert_eq!(stopping.fallback(), Some(&weights(1.0)));
            stopping.lower_rate(3);
            assert_eq!(stopping.rate_factor(), 0.5f64.powi(lowerings));
        }
        assert_eq!(stopping.fallback(), None);
        assert_eq!(stopping.lowered()[0], Lowering { step: 1, rate_factor: 0.5 });
        assert_eq!(EarlyStopping::new(9, weights(0.0), losses(1.0, None)).fallback(), None);
    }
}
