//! The training of a client that computes its own loss, without a server and without encryption.

use ndarray::{Array2, ArrayView2, Axis, concatenate};

use super::{BatchLearner, SplitState, StepOutcome, Train};
use crate::{
    Argument, Result, SetupError,
    nn::{
        head::Dense,
        learning::reference::{self, Differentiable},
    },
};

/// The same steps as those of a [`SplitTrainingSession`](super::SplitTrainingSession), on the same batches, in `f64`: for
/// comparison, and to know what a training would give before anything is encrypted.
#[derive(Clone, Debug)]
pub struct ClearTraining<A> {
    activation: A,
    batch: BatchLearner,
    /// Those of the session, for its states; in `f64` everything has room.
    exponents: Vec<i32>,
}

impl<A: Differentiable> ClearTraining<A> {
    /// A training from where a client is, such as that of [`SplitTrainingSession::batch`](super::SplitTrainingSession).
    pub fn new(activation: A, batch: BatchLearner) -> Self {
        ClearTraining { activation, batch, exponents: Vec::new() }
    }

    /// The logits of samples (`samples x features`) with the present weights.
    ///
    /// # Errors
    /// `WrongShape` for samples of another width.
    pub fn logits(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        reference::logits(&self.activation, self.batch.learner().layers(), x)
    }

    /// One step.
    ///
    /// # Errors
    /// `Diverged` if a weight would exceed its bound; the weights are then as before.
    pub fn step(&mut self) -> Result<StepOutcome> {
        let blocks = self.batch.blocks();
        // All blocks have the same width.
        let x = concatenate(Axis(0), &blocks.iter().map(|block| block.view()).collect::<Vec<_>>()).unwrap_or_default();
        let loss = self.batch.evaluate(&self.logits(x.view())?)?;
        let layers = self.batch.learner().layers();
        let gradients = reference::gradients(&self.activation, layers, x.view(), &loss.evaluation.errors)?;
        let batch = Some(self.batch.finish(&loss, &gradients)?);
        Ok(StepOutcome { step: self.batch.learner().steps(), batch, ..Default::default() })
    }
}

impl<A: Differentiable> Train for ClearTraining<A> {
    type Weights = Vec<Dense>;
    type State = SplitState;

    fn state(&self) -> SplitState {
        self.batch.state(self.exponents.clone())
    }

    fn resume(&mut self, state: SplitState) -> Result<()> {
        self.exponents = state.exponents;
        self.batch.resume(state.learner, state.before)
    }

    fn steps_made(&self) -> usize {
        self.batch.learner().steps()
    }

    fn weights(&self) -> &Vec<Dense> {
        self.batch.learner().layers()
    }

    fn set_weights(&mut self, weights: &Vec<Dense>) -> Result<()> {
        self.batch.set_layers(weights)
    }

    fn check_weights(&self, weights: &Vec<Dense>) -> Result<()> {
        self.batch.learner().check_layers(weights)
    }

    fn set_rate_factor(&mut self, factor: f64) -> Result<()> {
        self.batch.set_rate_factor(factor)
    }

    /// So many steps; the outcome is that of the last one.
    fn advance(&mut self, steps: usize) -> Result<StepOutcome> {
        Argument::TrainingSteps.check_count(steps, 1, None)?;
        for _ in 1..steps {
            self.step()?;
        }
        self.step()
    }

    /// Weights that would exceed their bound were not taken.
    fn retreat(&mut self, _good: &Vec<Dense>, _diverged: &SetupError) -> Result<()> {
        Ok(())
    }
}
