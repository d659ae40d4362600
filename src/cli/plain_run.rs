//! The same training in the clear, for comparison with the encrypted one.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use seal_nn::Result;
use seal_nn::nn::{
    Weights, reference,
    training::{EarlyStopping, TrainingSpec},
};

use super::{experiment::Experiment, training_report::Progress};

/// The same training in the clear, on the same batches. It decides independently when to stop and when to lower its
/// rates.
pub struct PlainRun<'a> {
    experiment: &'a Experiment,
    pub batches: Vec<(Array2<f64>, Array2<f64>)>,
    pub weights: Weights,
    velocity: Weights,
    /// The number of steps so far.
    step: usize,
    pub stopping: EarlyStopping,
}

impl<'a> PlainRun<'a> {
    pub fn new(experiment: &'a Experiment) -> Result<Self> {
        Ok(PlainRun {
            experiment,
            batches: experiment.train.batches(experiment.batch).collect(),
            weights: experiment.weights.clone(),
            velocity: Weights::zeros(&experiment.spec.network),
            step: 0,
            stopping: experiment.stopping()?,
        })
    }

    /// Step `t`, counted from 0, on the given weights and velocity, with all rates multiplied by a factor.
    pub fn step_of(&self, weights: &mut Weights, velocity: &mut Weights, t: usize, rate_factor: f64) -> Result<()> {
        let batches = (t * self.experiment.batches_per_step..).take(self.experiment.batches_per_step);
        let batches: Vec<_> = batches.map(|batch| &self.batches[batch % self.batches.len()]).collect();
        // Batches are parts of the same array.
        let stacked = |parts: Vec<ArrayView2<f64>>| concatenate(Axis(0), &parts).unwrap_or_default();
        let x = stacked(batches.iter().map(|(x, _)| x.view()).collect());
        let targets = stacked(batches.iter().map(|(_, targets)| targets.view()).collect());
        let spec = &self.experiment.spec;
        let spec = TrainingSpec { optimizer: spec.optimizer.clone().scaled(rate_factor)?, ..spec.clone() };
        reference::step(&spec, weights, velocity, x.view(), targets.view(), t)
    }

    /// As many steps as the client makes between two refreshes, up to the last one. If they diverge by the client's
    /// criterion, it follows the client's policy.
    pub fn advance(&mut self) -> Result<Progress> {
        let steps = self.experiment.steps_after(self.step);
        loop {
            let (mut weights, mut velocity) = (self.weights.clone(), self.velocity.clone());
            for t in self.step..self.step + steps {
                self.step_of(&mut weights, &mut velocity, t, self.stopping.rate_factor())?;
            }
            let allowed = self.experiment.spec.bounds.max_weight;
            if !(weights.max_abs() < allowed && velocity.max_abs() < allowed)
                && let Some(good) = self.stopping.lower_rate(self.step + 1)
            {
                (self.weights, self.velocity) = (good, Weights::zeros(&self.experiment.spec.network));
                continue;
            }
            (self.weights, self.velocity) = (weights, velocity);
            self.step += steps;
            let losses = self.experiment.losses(&self.weights)?;
            self.stopping.judge(self.step, &self.weights, losses);
            return self.experiment.progress(&self.weights, losses);
        }
    }

    /// Continues alone until it stops, which may be later than the encrypted run.
    pub fn finish(&mut self) -> Result<()> {
        while !self.stopping.is_over() {
            self.advance()?;
        }
        Ok(())
    }
}
