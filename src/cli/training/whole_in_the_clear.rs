//! Steps in one round trip, in the clear.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use seal_nn::{
    Result, SetupError,
    nn::{
        Weights, reference,
        training::{TrainingSpec, TrainingState},
    },
    protocol::{StepOutcome, Train},
};

use super::Whole;

/// The same training in the clear, on the same batches.
#[derive(Clone)]
pub struct WholeInTheClear {
    spec: TrainingSpec,
    batches: Arc<Vec<(Array2<f64>, Array2<f64>)>>,
    batches_per_step: usize,
    most_steps: usize,
    state: TrainingState,
    rate_factor: f64,
}

impl WholeInTheClear {
    pub fn new(whole: &Whole) -> Self {
        WholeInTheClear {
            spec: whole.spec.clone(),
            batches: Arc::new(whole.batches().collect()),
            batches_per_step: whole.experiment.batches_per_step,
            most_steps: whole.most_steps(),
            state: TrainingState::new(whole.weights.clone()),
            rate_factor: 1.0,
        }
    }

    fn step(&self, state: &mut TrainingState) -> Result<()> {
        let first = state.step * self.batches_per_step;
        let batches: Vec<_> =
            (first..first + self.batches_per_step).map(|batch| &self.batches[batch % self.batches.len()]).collect();
        // Batches are parts of the same array.
        let stacked = |parts: Vec<ArrayView2<f64>>| concatenate(Axis(0), &parts).unwrap_or_default();
        let x = stacked(batches.iter().map(|(x, _)| x.view()).collect());
        let targets = stacked(batches.iter().map(|(_, targets)| targets.view()).collect());
        let spec =
            TrainingSpec { optimizer: self.spec.optimizer.clone().scaled(self.rate_factor)?, ..self.spec.clone() };
        let TrainingState { step, weights, velocity } = state;
        reference::step(&spec, weights, velocity, x.view(), targets.view(), *step)?;
        *step += 1;
        Ok(())
    }

    fn check_logits(&self, state: &TrainingState) -> Result<()> {
        let TrainingSpec { network, loss, .. } = &self.spec;
        if loss.range().is_none() {
            return Ok(());
        }
        self.batches.iter().try_for_each(|(x, _)| {
            let logits = reference::outputs(network, &state.weights, x.view())?;
            loss.check_logits(state.step, logits.view())
        })
    }
}

impl Train for WholeInTheClear {
    type Weights = Weights;
    type State = TrainingState;

    fn state(&self) -> TrainingState {
        self.state.clone()
    }

    fn resume(&mut self, state: TrainingState) -> Result<()> {
        state.check(&self.spec.network)?;
        self.state = state;
        Ok(())
    }

    fn steps_made(&self) -> usize {
        self.state.step
    }

    fn weights(&self) -> &Weights {
        &self.state.weights
    }

    fn set_weights(&mut self, weights: &Weights) -> Result<()> {
        self.resume(TrainingState { step: self.state.step, ..TrainingState::new(weights.clone()) })
    }

    fn check_weights(&self, weights: &Weights) -> Result<()> {
        weights.check_shape(&self.spec.network)
    }

    fn most_steps(&self) -> usize {
        self.most_steps
    }

    fn set_rate_factor(&mut self, factor: f64) -> Result<()> {
        self.rate_factor = factor;
        Ok(())
    }

    /// Judges its weights as the client does.
    fn advance(&mut self, steps: usize) -> Result<StepOutcome> {
        let mut state = self.state.clone();
        if state.step == 0 {
            self.check_logits(&state)?;
        }
        for _ in 0..steps {
            self.step(&mut state)?;
        }
        let allowed = self.spec.bounds.max_weight;
        for (what, values) in [("the largest weight", &state.weights), ("the largest velocity", &state.velocity)] {
            let actual = values.max_abs();
            // Nor is it for NaN.
            if actual.partial_cmp(&allowed).is_none_or(|order| order.is_ge()) {
                return Err(SetupError::Diverged { step: state.step, what, actual, allowed }.into());
            }
        }
        self.check_logits(&state)?;
        self.state = state;
        Ok(StepOutcome { step: self.state.step, ..Default::default() })
    }

    fn retreat(&mut self, good: &Weights, _diverged: &SetupError) -> Result<()> {
        self.set_weights(good)
    }
}
