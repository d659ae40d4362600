//! A training from its first step to its last.

use serde::{Deserialize, Serialize};

use super::StepOutcome;
use crate::{
    Argument, Error, Result, SetupError,
    nn::{
        Weights,
        training::{EarlyStopping, Losses, Lowering, TrainingSetup, TrainingState},
    },
};

/// A session that makes training steps and then refreshes the weights. A [`Course`] needs no more than this, whatever
/// the program and however many rounds a step takes.
pub trait Train {
    /// What is trained.
    fn setup(&self) -> &TrainingSetup;

    /// What the training has come to.
    fn state(&self) -> &TrainingState;

    /// Continues from a state, such as that of an earlier step.
    ///
    /// # Errors
    /// `WrongShape` for the state of another network.
    fn resume(&mut self, state: TrainingState) -> Result<()>;

    /// Multiplies all learning rates of later steps, in addition to their schedule. The plan must have room for it:
    /// [`Bounds::least_rate`](crate::nn::training::Bounds).
    ///
    /// # Errors
    /// `OutOfBounds` unless the factor is above 0 and at most 1.
    fn set_rate_factor(&mut self, factor: f64) -> Result<()>;

    /// Several steps and a refresh.
    ///
    /// # Errors
    /// `Diverged` or `OutOfRangeAtStep` if weights leave their range; any error of the client or the peer. The state is
    /// then as before.
    fn advance(&mut self, steps: usize) -> Result<StepOutcome>;
}

/// A session that trains until its [`EarlyStopping`] ends it. The client evaluates the decrypted weights after every
/// refresh, and if training diverges, it returns to earlier weights at lower rates.
pub struct Course<S, F> {
    session: S,
    stopping: EarlyStopping,
    losses: F,
}

/// A course between two refreshes: everything from which [`Course::resume`] continues it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseState {
    /// What the training has come to.
    pub training: TrainingState,
    /// The decisions so far.
    pub stopping: EarlyStopping,
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

impl<S: Train, F: Fn(&Weights) -> Result<Losses>> Course<S, F> {
    /// The course of a session that has its batches. `losses` evaluates weights in the clear, on data of the client.
    ///
    /// # Errors
    /// `OutOfBounds` if the schedule and the policy of `stopping` lower the rates below the
    /// [`Bounds::least_rate`](crate::nn::training::Bounds) for which the session was planned.
    pub fn new(session: S, stopping: EarlyStopping, losses: F) -> Result<Self> {
        let spec = &session.setup().spec;
        let least = spec.optimizer.share(stopping.steps().saturating_sub(1)) * stopping.policy().least_rate();
        Argument::LeastRate.check(spec.bounds.least_rate, ..=least * (1.0 + ROUNDING))?;
        Ok(Course { session, stopping, losses })
    }

    /// Continues a course from its [`state`](Course::state), in a new session with the same batches. It ends as the
    /// course would have ended that was interrupted, up to the noise of encryption.
    ///
    /// # Errors
    /// `WrongShape` for the state of another network; `OtherStep` if the parts of the state do not belong together; the
    /// errors of [`new`](Course::new).
    pub fn resume(mut session: S, state: CourseState, losses: F) -> Result<Self> {
        let CourseState { training, stopping } = state;
        stopping.check(&session.setup().spec.network, training.step)?;
        session.resume(training)?;
        session.set_rate_factor(stopping.rate_factor())?;
        Course::new(session, stopping, losses)
    }

    /// What the course has come to.
    pub fn state(&self) -> CourseState {
        CourseState { training: self.session.state().clone(), stopping: self.stopping.clone() }
    }

    /// The steps up to the next refresh, or the return to earlier weights if they diverge. `None` if training is over.
    ///
    /// # Errors
    /// `Diverged` or `OutOfRangeAtStep` if weights leave their range and the policy is to stop; `DivergedAgain` if the
    /// rates cannot be lowered again; any other error of [`Train::advance`] and of `losses`.
    pub fn advance(&mut self) -> Result<Option<CourseEvent>> {
        if self.stopping.is_over() {
            return Ok(None);
        }
        let done = self.session.state().step;
        let steps = self.session.setup().refresh_every.min(self.stopping.steps().saturating_sub(done)).max(1);
        let event = match self.session.advance(steps) {
            Ok(outcome) => {
                let weights = &self.session.state().weights;
                let losses = (self.losses)(weights)?;
                self.stopping.judge(outcome.step, weights, losses);
                CourseEvent::Advanced { outcome, losses }
            }
            Err(Error::Setup(diverged)) if diverged.is_divergence() => {
                CourseEvent::Lowered(self.lower_rate(done, diverged)?)
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

    /// Follows the policy because the step after `done` diverged.
    fn lower_rate(&mut self, done: usize, diverged: SetupError) -> Result<Lowering> {
        let step = done + 1;
        let Some(weights) = self.stopping.lower_rate(step) else {
            return Err(match self.stopping.lowered().len() {
                0 => diverged,
                times => SetupError::DivergedAgain { times, source: Box::new(diverged) },
            }
            .into());
        };
        let rate_factor = self.stopping.rate_factor();
        self.session.resume(TrainingState { step: done, ..TrainingState::new(weights) })?;
        self.session.set_rate_factor(rate_factor)?;
        Ok(Lowering { step, rate_factor })
    }

    /// The session.
    pub fn session(&self) -> &S {
        &self.session
    }

    /// The decisions so far.
    pub fn stopping(&self) -> &EarlyStopping {
        &self.stopping
    }

    /// The session with the best weights, for inference, and the decisions.
    ///
    /// # Errors
    /// Any error of the session.
    pub fn finish(mut self) -> Result<(S, EarlyStopping)> {
        let (step, best) = (self.session.state().step, self.stopping.best().weights.clone());
        self.session.resume(TrainingState { step, ..TrainingState::new(best) })?;
        Ok((self.session, self.stopping))
    }
}
