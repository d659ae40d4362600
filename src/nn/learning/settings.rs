//! How weights are learned.

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{Loss, Optimizer};
use crate::{Argument, Result, nn::training::Schedule};

/// Loss, optimiser and learning rate of a training. The client keeps them to itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearningSettings {
    /// The loss.
    pub loss: Loss,
    /// How gradients become directions.
    pub optimizer: Optimizer,
    /// The learning rate of the first step.
    pub rate: f64,
    /// How it changes over the steps.
    pub schedule: Schedule,
    /// By how much weights shrink in a step, times the learning rate. All weights and the biases of hidden layers decay;
    /// the biases of the outputs do not.
    pub weight_decay: f64,
    /// The largest norm of a gradient; longer ones are scaled down.
    pub clip_norm: Option<f64>,
    /// The largest absolute weight or bias. A step that exceeds it is not made.
    pub max_weight: f64,
}

impl LearningSettings {
    /// Settings that suit most tables: softmax cross-entropy, Adam at 0.05 falling linearly to 0 over all steps, and a
    /// decay of 0.1. Small tables need some hundred steps.
    ///
    /// ```
    /// use seal_nn::nn::learning::{LearningSettings, Loss};
    /// let settings = LearningSettings { loss: Loss::SquaredError, ..LearningSettings::for_steps(600) };
    /// assert!(settings.check().is_ok());
    /// assert_eq!(settings.rate_of(300), 0.025);
    /// ```
    pub fn for_steps(steps: usize) -> LearningSettings {
        LearningSettings {
            loss: Loss::default(),
            optimizer: Optimizer::default(),
            rate: 0.05,
            schedule: Schedule::Linear { steps },
            weight_decay: 0.1,
            clip_norm: None,
            max_weight: 8.0,
        }
    }

    /// Returns an error for settings with which nothing can be learned.
    ///
    /// # Errors
    /// `OutOfBounds` for a rate outside 1e-6 to 1e6; for a schedule that no [`Sgd`](crate::nn::training::Sgd) has; for a
    /// weight decay that is negative, or at which a step would change the sign of weights; for a bound of the gradient or
    /// of the weights that is not positive and finite; the errors of [`Loss::check`] and [`Optimizer::check`].
    pub fn check(&self) -> Result<()> {
        self.loss.check()?;
        self.optimizer.check()?;
        self.schedule.check()?;
        Argument::LearningRate.check(self.rate, 1e-6..=1e6)?;
        Argument::WeightDecay.check(self.weight_decay, (Bound::Included(0.0), Bound::Excluded(1.0 / self.rate)))?;
        if let Some(norm) = self.clip_norm {
            Argument::GradientNorm.check_positive(norm)?;
        }
        Argument::MaxWeight.check_positive(self.max_weight)?;
        Ok(())
    }

    /// The learning rate of step `t`, counted from 0.
    pub fn rate_of(&self, t: usize) -> f64 {
        self.rate * self.schedule.factor(t)
    }
}
