//! The same training in the clear, beside which the encrypted one is shown.

use ndarray::Array2;
use seal_nn::{
    nn::{TrainingSpec, Weights, reference},
    report,
};

use super::{course::Course, prepared::Prepared};

/// The same training in the clear, on the same batches. It has its own validation loss, and stops by it.
pub struct Twin<'a> {
    spec: &'a TrainingSpec,
    pub batches: Vec<(Array2<f64>, Array2<f64>)>,
    pub weights: Weights,
    velocity: Weights,
    /// Steps made.
    step: usize,
    pub course: Course<'a>,
}

impl<'a> Twin<'a> {
    pub fn new(prepared: &'a Prepared) -> Self {
        Twin {
            spec: &prepared.spec,
            batches: prepared.train.batches(prepared.batch).collect(),
            weights: prepared.weights.clone(),
            velocity: Weights::zeros(&prepared.spec.network),
            step: 0,
            course: Course::new(prepared),
        }
    }

    /// Step `t`, counted from 0, from any weights and velocity.
    pub fn step_of(&self, weights: &mut Weights, velocity: &mut Weights, t: usize) {
        let (x, targets) = &self.batches[t % self.batches.len()];
        reference::step(self.spec, weights, velocity, x.view(), targets.view(), t);
    }

    /// One step of its own.
    pub fn step(&mut self) -> report::Progress {
        let (mut weights, mut velocity) = (self.weights.clone(), self.velocity.clone());
        self.step_of(&mut weights, &mut velocity, self.step);
        (self.weights, self.velocity) = (weights, velocity);
        self.step += 1;
        self.course.judge(self.step, &self.weights)
    }

    /// Goes on alone until its course is over: it may stop later than the encrypted run.
    pub fn finish(&mut self) {
        while !self.course.is_over() {
            self.step();
        }
    }
}
