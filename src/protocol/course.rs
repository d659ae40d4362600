//! A training from its first step to its last.

use super::{Peer, StepOutcome, TrainingSession};
use crate::{
    Argument, Error, Result, SetupError,
    backend::KeyHolder,
    nn::{
        Weights,
        inference::Inference,
        layout::TrainingLayout,
        training::{EarlyStopping, Losses, Lowering, Training},
    },
};

/// A session that trains until its [`EarlyStopping`] ends it. The client evaluates the decrypted weights after every
/// refresh, and if training diverges, it returns to earlier weights at lower rates.
pub struct Course<K, S, I, L: TrainingLayout, F> {
    session: TrainingSession<K, S, I, L>,
    stopping: EarlyStopping,
    losses: F,
}

/// What happened between two refreshes.
#[derive(Clone, Debug)]
pub enum CourseEvent {
    /// Steps were made.
    Advanced {
        /// Their cost.
        outcome: StepOutcome,
        /// The losses of the weights after them.
        losses: Losses,
    },
    /// The steps diverged. Training continues from the weights with the lowest training loss, at lower rates.
    Lowered(Lowering),
}

/// A rounding error of factors of learning rates.
const ROUNDING: f64 = 1e-9;

impl<K, S, I, L, F> Course<K, S, I, L, F>
where
    L: TrainingLayout,
    S: Peer<Training<L>>,
    I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    F: Fn(&Weights) -> Losses,
{
    /// The course of a session that has its batches. `losses` evaluates weights in the clear, on data of the client.
    ///
    /// # Errors
    /// `OutOfBounds` if the schedule and the policy of `stopping` lower the rates below the
    /// [`Bounds::least_rate`](crate::nn::training::Bounds) for which the session was planned.
    pub fn new(session: TrainingSession<K, S, I, L>, stopping: EarlyStopping, losses: F) -> Result<Self> {
        let spec = &session.setup().spec;
        let least = spec.optimizer.share(stopping.steps().saturating_sub(1)) * stopping.policy().least_rate();
        Argument::LeastRate.check(spec.bounds.least_rate, ..=least * (1.0 + ROUNDING))?;
        Ok(Course { session, stopping, losses })
    }

    /// The steps up to the next refresh, or the return to earlier weights if they diverge. `None` if training is over.
    ///
    /// # Errors
    /// `Diverged` or `OutOfRangeAtStep` if weights leave their range and the policy is to stop; `DivergedAgain` if the
    /// rates cannot be lowered again; any other error of [`TrainingSession::advance`].
    pub fn advance(&mut self) -> Result<Option<CourseEvent>> {
        if self.stopping.is_over() {
            return Ok(None);
        }
        let done = self.session.steps_made();
        let steps = self.session.setup().refresh_every.min(self.stopping.steps().saturating_sub(done)).max(1);
        let event = match self.session.advance(steps) {
            Ok(outcome) => {
                let weights = self.session.weights();
                let losses = (self.losses)(weights);
                self.stopping.judge(outcome.step, weights, losses);
                CourseEvent::Advanced { outcome, losses }
            }
            Err(Error::Setup(diverged)) if diverged.is_divergence() => {
                CourseEvent::Lowered(self.lower_rate(done + 1, diverged)?)
            }
            Err(other) => return Err(other),
        };
        Ok(Some(event))
    }

    /// All steps that are left.
    ///
    /// # Errors
    /// The same as for [`advance`](Course::advance).
    pub fn run(&mut self) -> Result<()> {
        while self.advance()?.is_some() {}
        Ok(())
    }

    /// Follows the policy because of a divergence.
    fn lower_rate(&mut self, step: usize, diverged: SetupError) -> Result<Lowering> {
        let Some(weights) = self.stopping.lower_rate(step) else {
            return Err(match self.stopping.lowered().len() {
                0 => diverged,
                times => SetupError::DivergedAgain { times, source: Box::new(diverged) },
            }
            .into());
        };
        let rate_factor = self.stopping.rate_factor();
        self.session.restart_from(weights);
        self.session.set_rate_factor(rate_factor);
        Ok(Lowering { step, rate_factor })
    }

    /// The session.
    pub fn session(&self) -> &TrainingSession<K, S, I, L> {
        &self.session
    }

    /// The decisions so far.
    pub fn stopping(&self) -> &EarlyStopping {
        &self.stopping
    }

    /// The session with the best weights, for inference, and the decisions.
    pub fn finish(mut self) -> (TrainingSession<K, S, I, L>, EarlyStopping) {
        self.session.restart_from(self.stopping.best().weights.clone());
        (self.session, self.stopping)
    }
}
