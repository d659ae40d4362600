//! Weights that learn from gradients.

use serde::{Deserialize, Serialize};

use super::{LearningSettings, clip_norm, numbers, numbers_mut, optimizer::Memory};
use crate::{
    Argument, Result, SetupError,
    nn::{
        head::{Dense, check_chain},
        shapes::{check_count, check_shape, larger},
    },
};

/// The weights of a network with the memory of their optimiser.
#[derive(Clone, Debug)]
pub struct Learner {
    settings: LearningSettings,
    state: LearnerState,
}

/// What a learner has come to: everything that decides the next step beside its settings and its gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnerState {
    layers: Vec<Dense>,
    memory: Memory,
    steps: usize,
    rate_factor: f64,
}

impl LearnerState {
    /// The weights.
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// The number of steps so far.
    pub fn steps(&self) -> usize {
        self.steps
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// The learning rate.
    pub rate: f64,
    /// The norm of the gradient before it was clipped.
    pub gradient_norm: f64,
}

impl Learner {
    /// Weights that have not learned anything.
    ///
    /// # Errors
    /// The errors of [`LearningSettings::check`]; `Empty` without layers; `WrongShape` for layers that do not match;
    /// `OutOfBounds` without inputs or outputs; `Diverged` for weights beyond their bound.
    pub fn new(settings: &LearningSettings, layers: Vec<Dense>) -> Result<Learner> {
        settings.check()?;
        check_chain(&layers)?;
        let state = LearnerState { layers, memory: settings.optimizer.start(), steps: 0, rate_factor: 1.0 };
        let learner = Learner { settings: settings.clone(), state };
        learner.check_weights(learner.layers())?;
        Ok(learner)
    }

    /// What it has come to.
    pub fn state(&self) -> &LearnerState {
        &self.state
    }

    /// Continues from a state of a learner with the same settings, which may be one of another process.
    ///
    /// # Errors
    /// `WrongShape` for layers of another network; `OtherOptimizer` for the memory of another optimiser or of other
    /// weights; `OutOfBounds` for a factor of the rates that is not positive and finite; `Diverged` for weights beyond
    /// their bound. The learner is then as before.
    pub fn resume(&mut self, state: LearnerState) -> Result<()> {
        check_same_shape(self.layers(), &state.layers)?;
        Argument::RateFactor.check_positive(state.rate_factor)?;
        if !state.memory.belongs_to(&self.settings.optimizer, numbers(&state.layers).count()) {
            return Err(SetupError::OtherOptimizer.into());
        }
        self.check_weights(&state.layers)?;
        self.state = state;
        Ok(())
    }

    /// Replaces the weights, such as by the best of a training.
    ///
    /// # Errors
    /// `WrongShape` for layers of another network; `Diverged` for weights beyond their bound.
    pub fn set_layers(&mut self, layers: &[Dense]) -> Result<()> {
        self.check_layers(layers)?;
        self.check_weights(layers)?;
        self.state.layers = layers.to_vec();
        Ok(())
    }

    /// The settings.
    pub fn settings(&self) -> &LearningSettings {
        &self.settings
    }

    /// The weights.
    pub fn layers(&self) -> &Vec<Dense> {
        &self.state.layers
    }

    /// The number of steps so far.
    pub fn steps(&self) -> usize {
        self.state.steps
    }

    /// Returns an error for layers of another network.
    ///
    /// # Errors
    /// `WrongCount` or `WrongShape`.
    pub fn check_layers(&self, layers: &[Dense]) -> Result<()> {
        check_same_shape(self.layers(), layers)
    }

    /// Multiplies all rates of later steps, in addition to their schedule.
    ///
    /// # Errors
    /// `OutOfBounds` for a factor that is not positive and finite.
    pub fn set_rate_factor(&mut self, factor: f64) -> Result<()> {
        Argument::RateFactor.check_positive(factor)?;
        self.state.rate_factor = factor;
        Ok(())
    }

    /// One step along gradients in the shape of the weights: `w -= rate (direction + decay w)`.
    ///
    /// # Errors
    /// `WrongCount` or `WrongShape` for gradients of other layers; `Diverged` if a weight would exceed its bound, or if the
    /// norm of the gradient is not finite. The weights are then as before.
    pub fn step(&mut self, gradients: &[Dense]) -> Result<Update> {
        check_same_shape(self.layers(), gradients)?;
        let LearningSettings { weight_decay, clip_norm: most, .. } = self.settings;
        let mut state = self.state.clone();
        let rate = self.settings.rate_of(state.steps) * state.rate_factor;
        let mut gradient: Vec<f64> = numbers(gradients).copied().collect();
        let gradient_norm = clip_norm(&mut gradient, most.unwrap_or(f64::INFINITY));
        if !gradient_norm.is_finite() {
            return Err(self.diverged("the norm of the gradient", gradient_norm, f64::MAX));
        }
        let directions = state.memory.directions(&gradient);
        let decaying = directions.len() - state.layers.last().map_or(0, |last| last.bias.len());
        for (i, (w, direction)) in numbers_mut(&mut state.layers).zip(directions).enumerate() {
            let decay = if i < decaying { weight_decay } else { 0.0 };
            *w -= rate * (direction + decay * *w);
        }
        self.check_weights(&state.layers)?;
        state.steps += 1;
        self.state = state;
        Ok(Update { rate, gradient_norm })
    }

    /// This is also an error for NaN.
    fn check_weights(&self, layers: &[Dense]) -> Result<()> {
        let actual = numbers(layers).fold(0.0, |largest, w| larger(largest, w.abs()));
        let allowed = self.settings.max_weight;
        if actual <= allowed {
            return Ok(());
        }
        Err(self.diverged("the largest weight", actual, allowed))
    }

    fn diverged(&self, what: &'static str, actual: f64, allowed: f64) -> crate::Error {
        SetupError::Diverged { step: self.state.steps + 1, what, actual, allowed }.into()
    }
}

/// Returns an error unless layers have the shapes of those of a network.
fn check_same_shape(expected: &[Dense], actual: &[Dense]) -> Result<()> {
    check_count("layers", expected.len(), actual.len())?;
    for (expected, actual) in expected.iter().zip(actual) {
        check_shape("the weights of a layer", expected.weights.dim(), actual.weights.dim())?;
        check_count("biases of a layer", expected.bias.len(), actual.bias.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ndarray::{array, aview1};

    use super::*;
    use crate::{
        Error,
        nn::{learning::Optimizer, training::Schedule},
    };

    fn settings() -> LearningSettings {
        LearningSettings {
            optimizer: Optimizer::Sgd { momentum: 0.0, nesterov: false },
            rate: 0.5,
            schedule: Schedule::Linear { steps: 2 },
            ..LearningSettings::for_steps(2)
        }
    }

    fn layers(w: f64) -> Vec<Dense> {
        let dense = |w: f64| Dense { weights: array![[w]], bias: array![w] };
        vec![dense(w), dense(w)]
    }

    #[test]
    fn rates_fall_and_output_biases_do_not_decay() {
        let mut learner = Learner::new(&settings(), layers(1.0)).unwrap();
        learner.step(&layers(1.0)).unwrap();
        // For the output's bias without the decay of 0.1.
        let decayed = 1.0 - 0.5 * 1.1;
        assert_eq!(learner.layers()[0], Dense { weights: array![[decayed]], bias: array![decayed] });
        assert_eq!(learner.layers()[1].bias, aview1(&[0.5]));
        let update = learner.step(&layers(0.0)).unwrap();
        assert_eq!((update.rate, learner.steps()), (0.25, 2));
    }

    #[test]
    fn long_gradients_are_clipped() {
        let settings = LearningSettings { clip_norm: Some(1.0), weight_decay: 0.0, ..settings() };
        let mut learner = Learner::new(&settings, layers(0.0)).unwrap();
        let update = learner.step(&layers(10.0)).unwrap();
        // Four numbers of 10, clipped to 1/2 each.
        assert_eq!((update.gradient_norm, learner.layers()[0].bias[0]), (20.0, -0.25));
    }

    /// Through JSON, as in a file.
    fn kept(state: &LearnerState) -> LearnerState {
        serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
    }

    #[test]
    fn a_learner_goes_on_from_its_state_as_if_it_had_never_ended() {
        for optimizer in [Optimizer::default(), Optimizer::Sgd { momentum: 0.5, nesterov: true }] {
            let settings = LearningSettings { optimizer, ..LearningSettings::for_steps(4) };
            let mut learner = Learner::new(&settings, layers(1.0)).unwrap();
            learner.step(&layers(0.3)).unwrap();
            learner.set_rate_factor(0.5).unwrap();
            let mut resumed = Learner::new(&settings, layers(0.0)).unwrap();
            resumed.resume(kept(learner.state())).unwrap();
            for learner in [&mut learner, &mut resumed] {
                learner.step(&layers(-0.1)).unwrap();
            }
            assert_eq!(learner.state(), resumed.state());
        }
    }

    #[test]
    fn states_of_other_learners_are_refused() {
        let mut learner = Learner::new(&settings(), layers(1.0)).unwrap();
        let other = Learner::new(&LearningSettings::for_steps(2), layers(1.0)).unwrap();
        let refused = learner.resume(other.state().clone()).unwrap_err();
        assert!(matches!(refused, Error::Setup(SetupError::OtherOptimizer)), "{refused}");
        let narrow = vec![Dense { weights: array![[1.0, 1.0]], bias: array![1.0] }];
        let narrow = Learner::new(&settings(), narrow).unwrap();
        assert!(learner.resume(narrow.state().clone()).is_err() && learner.set_layers(narrow.layers()).is_err());
        let large = LearnerState { layers: layers(9.0), ..learner.state().clone() };
        assert!(learner.resume(large).is_err() && learner.set_layers(&layers(9.0)).is_err());
        assert_eq!(learner.layers(), &layers(1.0));
    }

    #[test]
    fn a_step_out_of_bounds_is_not_made() {
        let mut learner = Learner::new(&settings(), layers(1.0)).unwrap();
        for wrong in [1e3, f64::NAN, f64::INFINITY, 1e200] {
            let refused = learner.step(&layers(wrong)).unwrap_err();
            assert!(matches!(refused, Error::Setup(SetupError::Diverged { step: 1, .. })), "{refused}");
        }
        assert_eq!((learner.layers(), learner.steps()), (&layers(1.0), 0));
    }
}
