//! Classification heads on embeddings, in the clear; [`HeadProgram`] applies them to packed values.

mod dense;
mod encrypted_training;
mod fold;
mod inference;
mod program;
mod shape;
mod training;

use ndarray::{Array1, Array2, ArrayView2, s};

pub use dense::Dense;
pub(in crate::nn) use dense::check_chain;
pub use encrypted_training::{
    EncryptedTraining, EncryptedTrainingSpec, HeadState, TrainingSamples, train_step_in_clear,
};
pub use inference::{Embeddings, HeadInference, HeadVectors};
pub use program::{HeadOutputs, HeadProgram, HeadWeights};
pub use shape::{HeadShape, HeadSoftArgmax};
pub use training::HeadTraining;

use super::{
    Network, Polynomial, Weights,
    shapes::{check_finite, check_shape, larger},
};
use crate::{Error, PackingError, Result, SetupError};

/// The activation between the layers of a head.
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

/// Dense layers on an embedding, with an activation between them: `z = W_1 x + b_1`, `z = W_2 phi(W_1 x + b_1) + b_2`,
/// and so on, with one logit per class, or one number per quantity for regression.
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
        Head::of_layers(vec![layer], HeadActivation::Relu)
    }

    /// A head of two layers.
    ///
    /// # Errors
    /// As [`Head::of_layers`].
    pub fn two_layers(first: Dense, activation: HeadActivation, last: Dense) -> Result<Head> {
        Head::of_layers(vec![first, last], activation)
    }

    /// A head of any number of layers, with the same activation after each but the last.
    ///
    /// # Errors
    /// `Empty` without layers; `WrongShape` for layers that do not match; `OutOfBounds` without inputs or outputs;
    /// `NotFinite` for numbers that are not finite.
    pub fn of_layers(layers: Vec<Dense>, activation: HeadActivation) -> Result<Head> {
        check_chain(&layers)?;
        let numbers = layers.iter().flat_map(|layer| layer.weights.iter().chain(&layer.bias));
        check_finite("a weight of the head", numbers)?;
        Ok(Head { layers, activation })
    }

    /// A trained network as a head, whose logits are the outputs of the network. A server that knows the weights
    /// computes it with plaintexts ([`HeadInference::known`]), which is cheaper than with encrypted weights.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network; `NotFinite` for weights that are not finite.
    pub fn of_network(network: &Network, weights: &Weights) -> Result<Head> {
        weights.check_shape(network)?;
        let dense = |w: &Array2<f64>| Dense { weights: w.clone(), bias: Array1::zeros(w.nrows()) };
        let mut layers: Vec<Dense> = weights.0.iter().map(dense).collect();
        if network.has_bias() {
            let (first, bias) = (&weights.0[0], network.features());
            layers[0] = Dense { weights: first.slice(s![.., ..bias]).to_owned(), bias: first.column(bias).to_owned() };
        }
        let activation = Polynomial::from_coefficients(network.activation().coefficients())?;
        Head::of_layers(layers, HeadActivation::Polynomial(activation))
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// The activation between layers; `None` for one layer.
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
    ///
    /// # Errors
    /// `WrongShape` for embeddings of another width.
    pub fn logits(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        Ok(self.forward(x)?.1)
    }

    /// The largest absolute argument of an activation (NaN if any is), and the logits.
    fn forward(&self, x: ArrayView2<f64>) -> Result<(f64, Array2<f64>)> {
        check_shape("the embeddings", (x.nrows(), self.inputs()), x.dim())?;
        let (mut reach, mut z) = (0.0, self.layers[0].apply(x));
        for layer in &self.layers[1..] {
            reach = z.iter().fold(reach, |m, h| larger(m, h.abs()));
            z = layer.apply(z.mapv(|h| self.activation.value(h)).view());
        }
        Ok((reach, z))
    }

    /// The head with a polynomial of the given degree instead of its activation, fitted by least squares on 1.25 times
    /// the range of these samples. Beyond that range the polynomial is unreliable.
    ///
    /// # Errors
    /// `WrongShape` for embeddings of another width; `OutOfBounds` for a degree that is too high; `BadInterval` if the
    /// range is not finite or empty.
    pub fn with_polynomial(&self, degree: usize, x: ArrayView2<f64>) -> Result<Head> {
        const MARGIN: f64 = 1.25;
        let reach = MARGIN * self.forward(x)?.0;
        let fit = Polynomial::least_squares(|h| self.activation.value(h), degree, -reach..=reach)?;
        Ok(Head { layers: self.layers.clone(), activation: HeadActivation::Polynomial(fit) })
    }
}

/// An error of too few slots for one sample, as one of the head.
pub(in crate::nn) fn explain_width(error: Error) -> Error {
    match error {
        Error::Packing(PackingError::TooFewSlots { needed, slots }) => SetupError::HeadTooWide { needed, slots }.into(),
        other => other,
    }
}

/// The largest `max - min` of a row, which a soft-argmax has to support; NaN if any number is NaN.
pub fn largest_spread(logits: &Array2<f64>) -> f64 {
    let spread = |row: ndarray::ArrayView1<f64>| {
        // The range of -z is that of z mirrored.
        let largest = |sign: f64| row.iter().fold(f64::NEG_INFINITY, |m, &z| larger(m, sign * z));
        if row.is_empty() { 0.0 } else { largest(1.0) + largest(-1.0) }
    };
    logits.rows().into_iter().map(spread).fold(0.0, larger)
}
