//! A training from its first step to its last.

use serde::{Deserialize, Serialize};

use super::StepOutcome;
use crate::{
    Error, Result, SetupError,
    nn::training::{EarlyStopping, Losses, Lowering},
};

/// What makes training steps: a session with a peer, or the same training in the clear. A [`Course`] needs no more than
/// this, whatever the program, however many rounds a step takes, and wherever the loss is computed.
pub trait Train {
    /// The weights that are trained.
    type Weights: Clone;
    /// What the training has come to: everything that decides its next step.
    type State: Clone;

    /// What the training has come to.
    fn state(&self) -> Self::State;

    /// Continues from a state, such as that of an earlier step.
    ///
    /// # Errors
    /// `WrongShape` for the state of another network; any other error for a state that does not belong to this training.
    fn resume(&mut self, state: Self::State) -> Result<()>;

    /// The number of steps so far.
    fn steps_made(&self) -> usize;

    /// The weights.
    fn weights(&self) -> &Self::Weights;

    /// Replaces the weights, such as by the best of a training, for inference.
    ///
    /// # Errors
    /// `WrongShape` for those of another network.
    fn set_weights(&mut self, weights: &Self::Weights) -> Result<()>;

    /// Returns an error for weights that are not those of this network.
    ///
    /// # Errors
    /// `WrongShape`.
    fn check_weights(&self, weights: &Self::Weights) -> Result<()>;

    /// Returns an error if the rates of a course may become lower than there is room for.
    ///
    /// # Errors
    /// `OutOfBounds`.
    fn check_rates(&self, stopping: &EarlyStopping<Self::Weights>) -> Result<()> {
        let _ = stopping;
        Ok(())
    }

    /// The largest number of steps in one call of [`advance`](Train::advance).
    fn most_steps(&self) -> usize {
        1
    }

    /// Multiplies all learning rates of later steps, in addition to their schedule.
    ///
    /// # Errors
    /// `OutOfBounds` for a factor that is not positive and finite, or for which nothing was planned.
    fn set_rate_factor(&mut self, factor: f64) -> Result<()>;

    /// Several steps and a refresh.
    ///
    /// # Errors
    /// `Diverged` or `OutOfRangeAtStep` if weights leave their range; any error of the client or the peer. The state is
    /// then as before.
    fn advance(&mut self, steps: usize) -> Result<StepOutcome>;

    /// Returns to a state from which the training can go on at a lower rate, because the next steps diverged. `good` are
    /// the weights with the lowest training loss so far.
    ///
    /// # Errors
    /// Any error of the session.
    fn retreat(&mut self, good: &Self::Weights, diverged: &SetupError) -> Result<()>;
}

/// A training that goes on until its [`EarlyStopping`] ends it. The client evaluates the weights after every refresh, and
/// if training diverges, it retreats and goes on at lower rates.
pub struct Course<S: Train, F> {
    session: S,
    stopping: EarlyStopping<S::Weights>,
    losses: F,
}

/// A course between two refreshes: everything from which [`Course::resume`] continues it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseState<T = crate::nn::training::TrainingState, W = crate::nn::Weights> {
    /// What the training has come to.
    pub training: T,
    /// The decisions so far.
    pub stopping: EarlyStopping<W>,
}

/// The state of a course of sessions of this type.
pub type CourseStateOf<S> = CourseState<<S as Train>::State, <S as Train>::Weights>;

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
    /// The steps diverged. Training continues from earlier weights, at lower rates.
    Lowered(Lowering),
}

impl<S: Train, F: Fn(&S::Weights, &StepOutcome) -> Result<Losses>> Course<S, F> {
    /// The course of a session that has its samples. `losses` evaluates the weights after steps, on data of the client.
    ///
    /// # Errors
    /// `OutOfBounds` if the schedule and the policy of `stopping` lower the rates below those for which the session was
    /// planned.
    pub fn new(session: S, stopping: EarlyStopping<S::Weights>, losses: F) -> Result<Self> {
        session.check_rates(&stopping)?;
        Ok(Course { session, stopping, losses })
    }

    /// Continues a course from its [`state`](Course::state), in a new session with the same samples. It ends as the
    /// course would have ended that was interrupted, up to the noise of encryption.
    ///
    /// # Errors
    /// `WrongShape` for the state of another network; `OtherStep` if the parts of the state do not belong together; the
    /// errors of [`Train::resume`] and of [`new`](Course::new).
    pub fn resume(mut session: S, state: CourseStateOf<S>, losses: F) -> Result<Self> {
        let CourseState { training, stopping } = state;
        session.resume(training)?;
        stopping.check(session.steps_made(), |weights| session.check_weights(weights))?;
        session.set_rate_factor(stopping.rate_factor())?;
        Course::new(session, stopping, losses)
    }

    /// What the course has come to.
    pub fn state(&self) -> CourseStateOf<S> {
        CourseState { training: self.session.state(), stopping: self.stopping.clone() }
    }

    /// The steps up to the next refresh, or the retreat if they diverge. `None` if training is over.
    ///
    /// # Errors
    /// `Diverged` or `OutOfRangeAtStep` if weights leave their range and the policy is to stop; `DivergedAgain` if the
    /// rates cannot be lowered again; any other error of [`Train::advance`] and of `losses`.
    pub fn advance(&mut self) -> Result<Option<CourseEvent>> {
        if self.stopping.is_over() { Ok(None) } else { self.go_on().map(Some) }
    }

    /// The same even if training is over, to see what its weights would have come to: they do not become the best.
    ///
    /// # Errors
    /// As [`advance`](Course::advance).
    pub fn go_on(&mut self) -> Result<CourseEvent> {
        let steps = self.next_steps();
        Ok(match self.session.advance(steps) {
            Ok(outcome) => {
                let weights = self.session.weights();
                let losses = (self.losses)(weights, &outcome)?;
                self.stopping.judge(outcome.step, weights, losses);
                CourseEvent::Advanced { outcome, losses }
            }
            Err(Error::Setup(diverged)) if diverged.is_divergence() => CourseEvent::Lowered(self.lower_rate(diverged)?),
            Err(other) => return Err(other),
        })
    }

    /// The number of steps up to the next refresh.
    pub fn next_steps(&self) -> usize {
        let left = self.stopping.steps().saturating_sub(self.session.steps_made());
        self.session.most_steps().min(left).max(1)
    }

    /// All steps that are left.
    ///
    /// # Errors
    /// The same as for [`advance`](Course::advance).
    pub fn run(&mut self) -> Result<()> {
        while self.advance()?.is_some() {}
        Ok(())
    }

    /// Follows the policy because the next step diverged.
    fn lower_rate(&mut self, diverged: SetupError) -> Result<Lowering> {
        let Some(good) = self.stopping.fallback() else {
            return Err(match self.stopping.lowered().len() {
                0 => diverged,
                times => SetupError::DivergedAgain { times, source: Box::new(diverged) },
            }
            .into());
        };
        self.session.retreat(good, &diverged)?;
        // Some retreat to an earlier step than that which diverged.
        let lowering = self.stopping.lower_rate(self.session.steps_made() + 1);
        self.session.set_rate_factor(lowering.rate_factor)?;
        Ok(lowering)
    }

    /// The session.
    pub fn session(&self) -> &S {
        &self.session
    }

    /// The decisions so far.
    pub fn stopping(&self) -> &EarlyStopping<S::Weights> {
        &self.stopping
    }

    /// The session with the best weights, for inference, and the decisions.
    ///
    /// # Errors
    /// Any error of the session.
    pub fn finish(mut self) -> Result<(S, EarlyStopping<S::Weights>)> {
        self.session.set_weights(&self.stopping.best().weights)?;
        Ok((self.session, self.stopping))
    }
}
