//! The client's half of a training whose loss it computes itself: losses, optimisers, clipping and first weights, in the
//! clear.
//!
//! The server of a [split step](super::split) multiplies encrypted matrices and sees nothing else. What becomes of its
//! answers is decided here, on plain numbers: a [`Loss`] turns logits into errors, and a [`Learner`] turns gradients into
//! new weights. [`mod@reference`] computes the products as well, for the same training without a server.

mod adam;
mod batches;
mod clipping;
mod export;
mod initial;
mod learner;
mod loss;
mod momentum;
mod optimizer;
pub mod reference;
mod settings;
mod targets;

pub(super) use adam::Adam;
pub use batches::Batches;
use clipping::clip_norm;
pub use export::network_of;
pub use initial::random_layers;
pub use learner::{Learner, LearnerState, Update};
pub use loss::{Evaluation, Loss};
pub use optimizer::Optimizer;
pub use settings::LearningSettings;
pub use targets::{Targets, balanced_class_weights};

use super::head::Dense;

/// The numbers of all layers in one order: for each layer its weights by row, then its biases.
fn numbers(layers: &[Dense]) -> impl Iterator<Item = &f64> {
    layers.iter().flat_map(|layer| layer.weights.iter().chain(&layer.bias))
}

/// The same to change.
fn numbers_mut(layers: &mut [Dense]) -> impl Iterator<Item = &mut f64> {
    layers.iter_mut().flat_map(|layer| layer.weights.iter_mut().chain(&mut layer.bias))
}

/// The largest difference between two numbers at the same place of layers of the same shapes.
pub fn max_difference(a: &[Dense], b: &[Dense]) -> f64 {
    numbers(a).zip(numbers(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
