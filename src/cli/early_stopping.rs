//! The client's decisions based on decrypted weights: which are the best, when to stop, and how to continue if training
//! diverges.

use std::fmt;

use clap::ValueEnum;
use seal_nn::nn::{Weights, accuracy, half_squared_error, reference};

use super::{
    experiment::{Experiment, Part},
    training_report::{Choice, Lowering, Progress},
};

/// The policy if training diverges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnDivergence {
    /// End with an error and write nothing
    Stop,
    /// Return to the weights with the lowest training loss, with zero velocity, and continue with half the learning
    /// rates, up to 4 times
    LowerRate,
}

/// The spelling on the command line.
impl fmt::Display for OnDivergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnDivergence::Stop => "stop",
            OnDivergence::LowerRate => "lower-rate",
        })
    }
}

/// If the rates must be even lower, the network does not train.
const MOST_LOWERINGS: i32 = 4;

impl OnDivergence {
    /// The smallest factor of the rates.
    pub fn least_rate(self) -> f64 {
        match self {
            OnDivergence::Stop => 1.0,
            OnDivergence::LowerRate => 0.5f64.powi(MOST_LOWERINGS),
        }
    }
}

/// The decisions of one run. The encrypted run and its plain run make them independently.
pub struct EarlyStopping<'a> {
    experiment: &'a Experiment,
    /// The last evaluated step.
    step: usize,
    best: Best,
    good: Good,
    lowered: Vec<Lowering>,
}

/// The weights with the lowest training loss, to return to.
struct Good {
    loss: f64,
    weights: Weights,
}

/// The weights with the lowest validation loss, or the last ones without a validation part.
pub struct Best {
    /// The step that produced them, counted from 1; 0 for the initial weights.
    pub step: usize,
    pub validation_loss: f64,
    pub weights: Weights,
}

impl<'a> EarlyStopping<'a> {
    pub fn new(experiment: &'a Experiment) -> Self {
        let weights = experiment.weights.clone();
        let validation_loss = validation_loss(experiment, &weights).unwrap_or_default();
        let (loss, _) = loss_and_accuracy(experiment, &weights, &experiment.train);
        let good = Good { loss, weights: weights.clone() };
        EarlyStopping {
            experiment,
            step: 0,
            best: Best { step: 0, validation_loss, weights },
            good,
            lowered: Vec::new(),
        }
    }

    /// Evaluates the weights after a step. Those of steps after the end are not candidates.
    pub fn judge(&mut self, step: usize, weights: &Weights) -> Progress {
        let validation_loss = validation_loss(self.experiment, weights);
        if !self.is_over() {
            self.step = step;
            if validation_loss.is_none_or(|loss| loss < self.best.validation_loss) {
                let validation_loss = validation_loss.unwrap_or_default();
                self.best = Best { step, validation_loss, weights: weights.clone() };
            }
        }
        let (loss, train_accuracy) = loss_and_accuracy(self.experiment, weights, &self.experiment.train);
        if loss <= self.good.loss {
            self.good = Good { loss, weights: weights.clone() };
        }
        Progress { loss, train_accuracy, validation_loss }
    }

    /// Halves the rates because step `step`, counted from 1, diverged, and returns the weights from which to continue,
    /// with zero velocity. `None` if the policy does not allow it, or not again.
    pub fn lower_rate(&mut self, step: usize) -> Option<Weights> {
        let rate_factor = self.rate_factor() / 2.0;
        if rate_factor < self.experiment.on_divergence.least_rate() {
            return None;
        }
        self.lowered.push(Lowering { step, rate_factor });
        Some(self.good.weights.clone())
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
        let waited = self.step - self.best.step;
        self.step >= self.experiment.steps || self.experiment.patience.is_some_and(|patience| waited >= patience)
    }

    pub fn best(&self) -> &Best {
        &self.best
    }

    pub fn into_best(self) -> Best {
        self.best
    }

    /// The summary for the report.
    pub fn choice(&self) -> Choice {
        Choice { best_step: self.best.step, best_loss: self.best.validation_loss, last_step: self.step }
    }
}

fn validation_loss(experiment: &Experiment, weights: &Weights) -> Option<f64> {
    experiment.validation.as_ref().map(|part| loss_and_accuracy(experiment, weights, part).0)
}

/// Loss and accuracy of weights that the client knows, on its own data.
fn loss_and_accuracy(experiment: &Experiment, weights: &Weights, part: &Part) -> (f64, f64) {
    let outputs = reference::outputs(&experiment.spec.network, weights, part.inputs.view());
    (half_squared_error(&outputs, part.targets.view()), accuracy(&outputs, &part.labels))
}
