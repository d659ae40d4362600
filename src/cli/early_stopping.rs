//! What a client decides from the weights that it reads: which are the best, when to stop, and how to go on when
//! training diverges.

use std::fmt;

use clap::ValueEnum;
use seal_nn::{
    nn::{Weights, accuracy, half_squared_error, reference},
    report,
};

use super::experiment::{Experiment, Part};

/// What to do when training diverges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnDivergence {
    /// End with an error, and write nothing
    Stop,
    /// Go back to the weights of the lowest training loss, at rest, and on with half the learning rates: up to 4 times
    LowerRate,
}

/// As it is written on the command line.
impl fmt::Display for OnDivergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnDivergence::Stop => "stop",
            OnDivergence::LowerRate => "lower-rate",
        })
    }
}

/// Rates that must be lower still are not those of a network that trains.
const MOST_LOWERINGS: i32 = 4;

impl OnDivergence {
    /// The least factor of the rates it may come to.
    pub fn least_rate(self) -> f64 {
        match self {
            OnDivergence::Stop => 1.0,
            OnDivergence::LowerRate => 0.5f64.powi(MOST_LOWERINGS),
        }
    }
}

/// The decisions of one run. The encrypted run and its plain run have one each, and neither knows of the other.
pub struct EarlyStopping<'a> {
    experiment: &'a Experiment,
    /// The step that was judged last.
    step: usize,
    best: Best,
    good: Good,
    lowered: Vec<report::Lowering>,
}

/// The weights of the lowest training loss: what to go back to.
struct Good {
    loss: f64,
    weights: Weights,
}

/// The weights of the lowest validation loss; without a validation part the last ones.
pub struct Best {
    /// The step they came out of, from 1; 0 for those that training starts from.
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

    /// Judges the weights that came out of a step. Those of steps after the end are no longer candidates.
    pub fn judge(&mut self, step: usize, weights: &Weights) -> report::Progress {
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
        report::Progress { loss, train_accuracy, validation_loss }
    }

    /// Halves the rates because step `step`, counted from 1, diverged, and gives the weights to go on from, at rest.
    /// `None` where that is not wanted, or was done too often.
    pub fn lower_rate(&mut self, step: usize) -> Option<Weights> {
        let rate_factor = self.rate_factor() / 2.0;
        if rate_factor < self.experiment.on_divergence.least_rate() {
            return None;
        }
        self.lowered.push(report::Lowering { step, rate_factor });
        Some(self.good.weights.clone())
    }

    /// What all rates are multiplied with by now.
    pub fn rate_factor(&self) -> f64 {
        self.lowered.last().map_or(1.0, |lowering| lowering.rate_factor)
    }

    /// Where and how far the rates were lowered.
    pub fn lowered(&self) -> &[report::Lowering] {
        &self.lowered
    }

    /// Whether all steps were made, or patience came to its end.
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

    /// What the report says of it.
    pub fn choice(&self) -> report::Choice {
        report::Choice { best_step: self.best.step, best_loss: self.best.validation_loss, last_step: self.step }
    }
}

fn validation_loss(experiment: &Experiment, weights: &Weights) -> Option<f64> {
    experiment.validation.as_ref().map(|part| loss_and_accuracy(experiment, weights, part).0)
}

/// Of weights that the client knows, on its own data.
fn loss_and_accuracy(experiment: &Experiment, weights: &Weights, part: &Part) -> (f64, f64) {
    let outputs = reference::outputs(&experiment.spec.network, weights, part.inputs.view());
    (half_squared_error(&outputs, part.targets.view()), accuracy(&outputs, &part.labels))
}
