//! A training step in which the client is asked after every layer: the server computes nothing but matrix products, and
//! each takes one level (docs/split-step.md, "Layer by layer").
//!
//! | | layer `l` forward | layer `l` backward |
//! |---|---|---|
//! | client | sends `a_(l-1)` and `W_l` | sends the error `e_l` |
//! | server | answers `a_(l-1) W_l^T` | answers `e_l^T a_(l-1)`, and `e_l W_l` unless it is the first layer |
//! | client | adds the bias, applies the activation | adds up the gradient, multiplies by the slope |
//!
//! A network of any number of layers with any activation, ReLU too, or of none: softmax and logistic regression take one
//! round each way. Two rounds a layer, at N = 4096, without any rotation.

mod counts;
mod layout;
mod program;

pub use counts::LayerwiseTiles;
pub use layout::LayerLayout;
pub use program::{LayerAnswer, LayerCall, LayerHeld, LayerRequest, LayerwiseTraining};
