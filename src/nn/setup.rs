//! The description of a training, independent of its layout.

use serde::{Deserialize, Serialize};

use super::{ServerLoss, Training, TrainingLayout, TrainingSpec};
use crate::{Argument, ArgumentError, BootstrapError, Error, Result, SetupError};

/// A network and its optimiser, with the size of a batch and the number of steps between two refreshes.
///
/// ```
/// use seal_nn::nn::training::{Schedule, Sgd, TrainingSetup, TrainingSpec};
/// let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant)?;
/// let spec = TrainingSpec { network: "4-8-3".parse()?, optimizer, bounds: Default::default(), loss: Default::default() };
/// let setup = TrainingSetup::new(&spec, 120).with_refresh_every(2);
/// assert_eq!((setup.batch, setup.refresh_every, setup.batches_per_step), (120, 2, 1));
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSetup {
    /// The network, optimiser and ranges of the weights.
    pub spec: TrainingSpec,
    /// The largest number of samples per batch; a layout packs so many at once.
    pub batch: usize,
    /// Steps between two refreshes.
    pub refresh_every: usize,
    /// Steps between two looks of the client, where the server refreshes by itself (`docs/bootstrapping.md`); `None` where
    /// the client refreshes and so sees the weights each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_every: Option<usize>,
    /// Levels that the weights keep at the end of a step, because the server's refresh takes them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_levels: usize,
    /// Batches whose gradients are added before an update. A step uses up to `batch * batches_per_step` samples.
    pub batches_per_step: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Larger batches exceed the memory of all layouts.
const MOST_SAMPLES: usize = 1 << 20;
/// More steps than the levels of any parameters allow.
const MOST_STEPS: usize = 16;
/// A course is not longer.
const MOST_LOOK_EVERY: usize = 1 << 20;
/// A plan runs all batches of a step.
const MOST_BATCHES: usize = 1 << 16;
/// The precision in bits that samples may lose to the scale of the fold.
const MOST_LOST_BITS: f64 = 16.0;

impl TrainingSetup {
    /// A training with batches of up to `batch` samples, one per step, and a refresh after every step.
    pub fn new(spec: &TrainingSpec, batch: usize) -> TrainingSetup {
        TrainingSetup {
            spec: spec.clone(),
            batch,
            refresh_every: 1,
            look_every: None,
            left_levels: 0,
            batches_per_step: 1,
        }
    }

    /// The same training with `steps` steps between two refreshes.
    pub fn with_refresh_every(self, steps: usize) -> TrainingSetup {
        TrainingSetup { refresh_every: steps, ..self }
    }

    /// The same training with `steps` steps in one request, between which the server refreshes by itself.
    pub fn with_look_every(self, steps: usize) -> TrainingSetup {
        TrainingSetup { look_every: Some(steps), ..self }
    }

    /// The same training whose weights keep levels at the end of a step.
    pub fn with_left_levels(self, levels: usize) -> TrainingSetup {
        TrainingSetup { left_levels: levels, ..self }
    }

    /// The largest number of steps in one request.
    pub fn most_steps(&self) -> usize {
        self.look_every.unwrap_or(self.refresh_every)
    }

    /// The same training with `batches` batches per step.
    pub fn with_batches_per_step(self, batches: usize) -> TrainingSetup {
        TrainingSetup { batches_per_step: batches, ..self }
    }

    /// The training in a layout.
    ///
    /// # Errors
    /// `WrongShape` for a layout of another network; the errors of [`TrainingSetup::check`]; any error of the layout.
    pub fn on<L: TrainingLayout>(&self, layout: L) -> Result<Training<L>> {
        Training::new(layout, self)
    }

    /// The error of a training that does not fit, with the losses that do, if the levels of its loss are the reason. `fits`
    /// is whether a training fits; others have the same probabilities on a narrower range of logits, or of every class by
    /// itself.
    pub fn explain_loss(&self, error: Error, fits: impl Fn(&TrainingSetup) -> bool) -> Error {
        let (loss, classes) = (self.spec.loss, self.spec.network.outputs());
        let (Some(range), Ok(levels)) = (loss.range(), loss.levels(classes)) else { return error };
        let is_of_levels = match &error {
            Error::Setup(error) => error.is_of_levels(),
            Error::Bootstrap(error) => matches!(error, BootstrapError::NoRoom { .. }),
            _ => false,
        };
        if !is_of_levels {
            return error;
        }
        let with = |loss| TrainingSetup { spec: TrainingSpec { loss, ..self.spec.clone() }, ..self.clone() };
        if !fits(&with(ServerLoss::Squared)) {
            return error;
        }
        let others = loss.narrower(classes).into_iter().find(|&loss| fits(&with(loss)));
        let every_class = ServerLoss::Logistic { range };
        let every_class = (loss.takes_centred_logits() && classes > 2).then_some(every_class);
        let every_class = every_class.filter(|&loss| fits(&with(loss)));
        let fitting = others.into_iter().chain(every_class).map(|loss| loss.to_string()).collect();
        SetupError::LossTooDeep { loss: loss.to_string(), classes, levels, fitting, source: error.into() }.into()
    }

    /// Returns an error for sizes that no layout supports.
    ///
    /// # Errors
    /// `OutOfBounds` for batches of 0 or more than 2^20 samples, for 0 or more than 16 steps between two refreshes, for fewer
    /// steps between two looks than between two refreshes or more than 2^20, for 0 or more than 65536 batches per step, or
    /// for bounds that no weights satisfy; `PrecisionLost` for rates so small that the samples of later steps would lose more
    /// than 16 bits; the errors of [`ServerLoss::approximation`](super::ServerLoss::approximation).
    pub fn check(&self) -> Result<()> {
        self.spec.bounds.check()?;
        self.spec.loss.approximation(self.spec.network.outputs())?;
        check_samples(self.batch)?;
        Argument::RefreshEvery.check_count(self.refresh_every, 1, Some(MOST_STEPS))?;
        if let Some(steps) = self.look_every {
            Argument::LookEvery.check_count(steps, self.refresh_every, Some(MOST_LOOK_EVERY))?;
        }
        Argument::BatchesPerStep.check_count(self.batches_per_step, 1, Some(MOST_BATCHES))?;
        let samples = self.batch as f64 * self.batches_per_step as f64;
        let least_fold = self.spec.optimizer.rate(0, 0) * self.spec.bounds.least_rate / samples;
        let lost_bits = -least_fold.log2();
        if self.refresh_every > 1 && lost_bits > MOST_LOST_BITS {
            let (steps, most_bits) = (self.refresh_every, MOST_LOST_BITS);
            return Err(ArgumentError::PrecisionLost { steps, lost_bits, most_bits }.into());
        }
        Ok(())
    }
}

/// Returns an error for a batch of no samples, or of more than any layout holds.
pub(super) fn check_samples(batch: usize) -> Result<()> {
    Ok(Argument::Samples.check_count(batch, 1, Some(MOST_SAMPLES))?)
}
