//! Networks, training in the clear, and the same training step on encrypted values.
//!
//! [`Network`] and [`TrainingSpec`] define a training, and [`mod@reference`] runs it in plain `f64`. A
//! [`TrainingLayout`] ([`Merged`], [`Diagonal`], [`Axes`]; [`Layout`] is any of them) implements the same step as a
//! [`TrainingProgram`] for a [`Circuit`](crate::backend::Circuit). [`Training`] and [`Inference`] are the programs that
//! run it.
//!
//! | module | contents |
//! |---|---|
//! | [`training`], [`inference`] | specification and program of a training; program of an inference |
//! | [`split`], [`layerwise`], [`learning`] | trainings with the loss at the client: in two halves, or layer by layer; the client's half |
//! | [`layout`], [`baselines`] | layouts with their training steps and the choice of the cheapest; published layouts |
//! | [`head`] | classification heads on embeddings |
//! | [`columns`] | inference of whole files, with samples in slots |
//! | [`soft_argmax`], [`calibration`], [`argmax`] | the last layer of a head, its temperature, the largest logit |
//! | [`metrics`] | accuracy, F1, log loss, R2 and the like on held-out samples |
//! | [`polynomial`] | polynomials on a circuit |

mod activation;
mod any_layout;
pub mod argmax;
mod axes;
pub mod baselines;
pub mod calibration;
mod choice;
pub mod columns;
mod comparison;
mod diagonal;
mod diagonal_packed;
mod early_stopping;
pub mod head;
pub mod inference;
pub mod layerwise;
pub mod layout;
mod layout_description;
pub mod learning;
mod loss;
mod merged;
pub mod metrics;
mod network;
mod optimizer;
mod packed_activation;
mod packed_errors;
mod packed_likelihood;
pub mod polynomial;
pub mod reference;
mod relu_baseline;
mod repetition;
mod server_loss;
mod setup;
pub(crate) mod shapes;
pub mod soft_argmax;
mod spec;
pub mod split;
mod trainer;
pub mod training;
mod training_state;
mod two_layers;
mod weights;

pub use activation::Activation;
pub use loss::{accuracy, classes_of_scores, half_squared_error, predicted_classes};
pub use network::{Network, NetworkBuilder};
pub use relu_baseline::ReluBaseline;
pub use weights::Weights;

// What the modules here read from each other.
use head::*;
use inference::*;
use layout::*;
use polynomial::*;
use soft_argmax::*;
use training::*;
