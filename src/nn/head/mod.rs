//! Classification heads on embeddings, in the clear; [`HeadProgram`] applies them to packed values.

mod encrypted_training;
mod fold;
mod inference;
mod program;
mod shape;
mod training;

use ndarray::{Array1, Array2, ArrayView2, s};

pub use encrypted_training::{
    EncryptedTraining, EncryptedTrainingSpec, HeadState, TrainingSamples, train_step_in_clear,
};
pub use inference::{Embeddings, HeadInference, HeadVectors};
pub use program::{HeadOutputs, HeadProgram, HeadWeights};
pub use shape::{HeadShape, HeadSoftArgmax};
pub use training::HeadTraining;

use super::{Network, Polynomial, Weights};
use crate::{Argument, ArgumentError, Result, SetupError};

/// A dense layer, `y = W x + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `W`, `outputs x inputs`.
    pub weights: Array2<f64>,
    /// `b`.
    pub bias: Array1<f64>,
}

impl Dense {
    /// `x W^T + b` for a batch, `samples x inputs`.
    pub fn apply(&self, x: ArrayView2<f64>) -> Array2<f64> {
        x.dot(&self.weights.t()) + &self.bias
    }
}

/// The activation between the two layers of a head.
#[derive(Clone, Debug, PartialEq)]
pub enum HeadActivation {
    /// `max(0, h)`, which has no encrypted form; [`Head::with_polynomial`] replaces it.
    Relu,
    /// A polynomial of degree 2 or more.
    Polynomial(Polynomial),
}

impl HeadActivation {
    /// `h/2 + h^2/4`, close to ReLU for small `h`, in one level (docs/architecture.md, "Heads").
    pub fn quadratic() -> HeadActivation {
        HeadActivation::Polynomial(Polynomial::quadratic(0.0, 0.5, 0.25))
    }

    /// The value at `h`.
    pub fn value(&self, h: f64) -> f64 {
        match self {
            HeadActivation::Relu => h.max(0.0),
            HeadActivation::Polynomial(polynomial) => polynomial.evaluate(h),
        }
    }

    /// The derivative at `h`.
    pub fn slope(&self, h: f64) -> f64 {
        match self {
            HeadActivation::Relu => f64::from(h > 0.0),
            HeadActivation::Polynomial(polynomial) => polynomial.slope(h),
        }
    }
}

/// One or two dense layers on an embedding: `z = W_1 x + b_1`, or `z = W_2 phi(W_1 x + b_1) + b_2`, with one logit per
/// class, or one number per quantity for regression.
///
/// DistilBERT's own classification head has this form (pre_classifier, ReLU, classifier).
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    layers: Vec<Dense>,
    activation: HeadActivation,
}

impl Head {
    /// A head of one layer (logistic regression).
    ///
    /// # Errors
    /// `OutOfBounds` for a layer without inputs or outputs; `WrongShape` unless it has one bias per
    /// row; `NotFinite` for numbers that are not finite.
    pub fn linear(layer: Dense) -> Result<Head> {
        Head::checked(vec![layer], HeadActivation::Relu)
    }

    /// A head of two layers.
    ///
    /// # Errors
    /// `WrongShape` for layers that do not match; `OutOfBounds` without inputs or outputs;
    /// `NotFinite` for numbers that are not finite.
    pub fn two_layers(first: Dense, activation: HeadActivation, last: Dense) -> Result<Head> {
        Head::checked(vec![first, last], activation)
    }

    fn checked(layers: Vec<Dense>, activation: HeadActivation) -> Result<Head> {
        let mut inputs = layers[0].weights.ncols();
        for layer in &layers {
            Argument::Inputs.check_count(inputs, 1, None)?;
            let (expected, actual) = ((layer.bias.len(), inputs), layer.weights.dim());
            if actual != expected {
                let what = "the matrix of a dense layer, with a row per bias and a column per input,";
                return Err(SetupError::WrongShape { what, expected, actual }.into());
            }
            if let Some(&actual) = layer.weights.iter().chain(&layer.bias).find(|w| !w.is_finite()) {
                return Err(ArgumentError::NotFinite { what: "a weight of the head", actual }.into());
            }
            inputs = layer.bias.len();
        }
        Argument::Outputs.check_count(inputs, 1, None)?;
        Ok(Head { layers, activation })
    }

    /// A trained network of two layers as a head, whose logits are the outputs of the network. A server that knows the
    /// weights computes it with plaintexts ([`HeadInference::known`]), which is cheaper than with encrypted weights.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network; `WrongCount` for a network of another number of
    /// layers; `NotFinite` for weights that are not finite.
    pub fn of_network(network: &Network, weights: &Weights) -> Result<Head> {
        weights.check_shape(network)?;
        let [first, last] = weights.0.as_slice() else {
            let (what, actual) = ("layers of a network as a head", network.layers());
            return Err(ArgumentError::WrongCount { what, expected: 2, actual }.into());
        };
        let dense =
            |weights: ArrayView2<f64>| Dense { weights: weights.to_owned(), bias: Array1::zeros(weights.nrows()) };
        let mut hidden = dense(first.slice(s![.., ..network.features()]));
        if network.has_bias() {
            hidden.bias = first.column(network.features()).to_owned();
        }
        let activation = Polynomial::from_coefficients(network.activation().coefficients())?;
        Head::two_layers(hidden, HeadActivation::Polynomial(activation), dense(last.view()))
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// The activation between two layers; `None` for one layer.
    pub fn activation(&self) -> Option<&HeadActivation> {
        (self.layers.len() > 1).then_some(&self.activation)
    }

    /// The width of an embedding.
    pub fn inputs(&self) -> usize {
        self.layers[0].weights.ncols()
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.bias.len())
    }

    /// The logits, `samples x classes`.
    pub fn logits(&self, x: ArrayView2<f64>) -> Array2<f64> {
        let first = self.layers[0].apply(x);
        match self.layers.get(1) {
            None => first,
            Some(last) => last.apply(first.mapv(|h| self.activation.value(h)).view()),
        }
    }

    /// The head with a polynomial of the given degree instead of its activation, fitted by least squares on 1.25 times
    /// the range of these samples. Beyond that range the polynomial is unreliable.
    ///
    /// # Errors
    /// `OutOfBounds` for a degree that is too high; `BadInterval` if the range is not finite.
    pub fn with_polynomial(&self, degree: usize, x: ArrayView2<f64>) -> Result<Head> {
        const MARGIN: f64 = 1.25;
        let hidden = self.layers[0].apply(x);
        let reach = MARGIN * hidden.iter().fold(f64::MIN_POSITIVE, |m, h| h.abs().max(m));
        let fit = Polynomial::least_squares(|h| self.activation.value(h), degree, -reach..=reach)?;
        Ok(Head { layers: self.layers.clone(), activation: HeadActivation::Polynomial(fit) })
    }
}

/// The largest `max - min` of a row, which a soft-argmax has to support.
pub fn largest_spread(logits: &Array2<f64>) -> f64 {
    let spread = |row: ndarray::ArrayView1<f64>| {
        let (low, high) = row.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &z| (l.min(z), h.max(z)));
        high - low
    };
    logits.rows().into_iter().map(spread).fold(0.0, f64::max)
}
