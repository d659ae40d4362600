//! What a client decides from the weights that it reads: which are the best, and when to stop.

use seal_nn::{
    nn::{Weights, accuracy, half_squared_error, reference},
    report,
};

use super::prepared::{Part, Prepared};

/// The decisions of one run. The encrypted run and its clear twin have one each, and neither knows of the other.
pub struct Course<'a> {
    prepared: &'a Prepared,
    /// The step that was judged last.
    step: usize,
    best: Best,
}

/// The weights of the lowest validation loss; without a validation part the last ones.
pub struct Best {
    /// The step they came out of, from 1; 0 for those that training starts from.
    pub step: usize,
    pub validation_loss: f64,
    pub weights: Weights,
}

impl<'a> Course<'a> {
    pub fn new(prepared: &'a Prepared) -> Self {
        let weights = prepared.weights.clone();
        let validation_loss = validation_loss(prepared, &weights).unwrap_or_default();
        Course { prepared, step: 0, best: Best { step: 0, validation_loss, weights } }
    }

    /// Judges the weights that came out of a step. Those of steps after the end are no longer candidates.
    pub fn judge(&mut self, step: usize, weights: &Weights) -> report::Progress {
        let validation_loss = validation_loss(self.prepared, weights);
        if !self.is_over() {
            self.step = step;
            if validation_loss.is_none_or(|loss| loss < self.best.validation_loss) {
                let validation_loss = validation_loss.unwrap_or_default();
                self.best = Best { step, validation_loss, weights: weights.clone() };
            }
        }
        let (loss, train_accuracy) = loss_and_accuracy(self.prepared, weights, &self.prepared.train);
        report::Progress { loss, train_accuracy, validation_loss }
    }

    /// Whether all steps were made, or patience came to its end.
    pub fn is_over(&self) -> bool {
        let waited = self.step - self.best.step;
        self.step >= self.prepared.steps || self.prepared.patience.is_some_and(|patience| waited >= patience)
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

fn validation_loss(prepared: &Prepared, weights: &Weights) -> Option<f64> {
    prepared.validation.as_ref().map(|part| loss_and_accuracy(prepared, weights, part).0)
}

/// Of weights that the client knows, on its own data.
fn loss_and_accuracy(prepared: &Prepared, weights: &Weights, part: &Part) -> (f64, f64) {
    let outputs = reference::outputs(&prepared.spec.network, weights, part.inputs.view());
    (half_squared_error(&outputs, part.targets.view()), accuracy(&outputs, &part.labels))
}
