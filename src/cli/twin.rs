//! The same training in the clear, beside which the encrypted one is shown.

use ndarray::Array2;
use seal_nn::{
    nn::{TrainingSpec, Weights, accuracy, half_squared_error, reference},
    report,
};

use super::prepared::{Part, Prepared};

/// The same training in the clear, on the same batches.
pub struct Twin<'a> {
    spec: &'a TrainingSpec,
    pub batches: Vec<(Array2<f64>, Array2<f64>)>,
    pub weights: Weights,
    velocity: Weights,
}

impl<'a> Twin<'a> {
    pub fn new(prepared: &'a Prepared) -> Self {
        Twin {
            spec: &prepared.spec,
            batches: prepared.train.batches(prepared.batch).collect(),
            weights: prepared.weights.clone(),
            velocity: Weights::zeros(&prepared.spec.network),
        }
    }

    /// One step from any weights and velocity.
    pub fn step_of(&self, weights: &mut Weights, velocity: &mut Weights, t: usize) {
        let (x, targets) = &self.batches[t % self.batches.len()];
        reference::step(self.spec, weights, velocity, x.view(), targets.view(), t);
    }

    /// One step of its own.
    pub fn step(&mut self, t: usize) {
        let (mut weights, mut velocity) = (self.weights.clone(), self.velocity.clone());
        self.step_of(&mut weights, &mut velocity, t);
        (self.weights, self.velocity) = (weights, velocity);
    }
}

/// Loss and accuracy of weights that the client knows, on its own data.
pub fn progress_of(spec: &TrainingSpec, weights: &Weights, part: &Part) -> report::Progress {
    let outputs = reference::outputs(&spec.network, weights, part.inputs.view());
    report::Progress {
        loss: half_squared_error(&outputs, part.targets.view()),
        train_accuracy: accuracy(&outputs, &part.labels),
    }
}
