//! The shape of a network.

use std::{fmt, str::FromStr};

use ndarray::{Array2, ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::{Activation, shapes::check_shape};
use crate::{Error, Result, SetupError};

/// Dense layers with a polynomial activation between them: `z_l = W_l a_(l-1)`, `a_l = phi(z_l)`, and no activation at
/// the end. A bias is a constant 1 as the last input. Without hidden layer it is linear, as logistic regression is.
///
/// ```
/// use seal_nn::nn::{Activation, Network};
/// let network = Network::builder().inputs(4).hidden(8).outputs(3).build()?;
/// assert_eq!(network.to_string(), "4-8-3");
/// let wide: Network = "30-16-2".parse()?;
/// assert_eq!(wide.with_bias().dimensions(), [31, 16, 2]);
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Network {
    dimensions: Vec<usize>,
    activation: Activation,
    bias: bool,
}

/// A network read from a file or a message, before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    layers: String,
    activation: Activation,
    bias: bool,
}

impl From<Network> for Unchecked {
    fn from(network: Network) -> Unchecked {
        Unchecked { layers: network.to_string(), activation: network.activation, bias: network.bias }
    }
}

impl TryFrom<Unchecked> for Network {
    type Error = Error;

    fn try_from(Unchecked { layers, activation, bias }: Unchecked) -> Result<Network> {
        Ok(Network { bias, ..layers.parse::<Network>()?.with_activation(activation) })
    }
}

impl Network {
    /// Builds a network layer by layer.
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder {
            inputs: None,
            hidden: Vec::new(),
            outputs: None,
            activation: Activation::default(),
            bias: false,
        }
    }

    /// The same network with another activation.
    pub fn with_activation(self, activation: Activation) -> Network {
        Network { activation, ..self }
    }

    /// The same network with a constant 1 appended to the inputs, so that the first layer has a bias.
    pub fn with_bias(self) -> Network {
        Network { bias: true, ..self }
    }

    /// Units of every layer, inputs first, including the bias input.
    pub fn dimensions(&self) -> Vec<usize> {
        let mut dimensions = self.dimensions.clone();
        dimensions[0] += usize::from(self.bias);
        dimensions
    }

    /// Units of every layer, features first, without the bias input.
    pub fn widths(&self) -> &[usize] {
        &self.dimensions
    }

    /// The number of features of a sample, without the bias input.
    pub fn features(&self) -> usize {
        self.dimensions[0]
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.dimensions[self.dimensions.len() - 1]
    }

    /// The number of weight matrices.
    pub fn layers(&self) -> usize {
        self.dimensions.len() - 1
    }

    /// The inputs for features (`samples x features`): with a bias, a constant 1 is appended as the last column.
    ///
    /// # Errors
    /// `WrongShape` for another number of features.
    pub fn inputs(&self, features: Array2<f64>) -> Result<Array2<f64>> {
        check_shape("the features", (features.nrows(), self.features()), features.dim())?;
        Ok(if self.bias { with_constant(features.view(), 1.0) } else { features })
    }

    /// The activation between the layers.
    pub fn activation(&self) -> &Activation {
        &self.activation
    }

    /// Whether a constant 1 is the last input.
    pub fn has_bias(&self) -> bool {
        self.bias
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.dimensions.iter().map(usize::to_string).collect();
        f.write_str(&texts.join("-"))
    }
}

/// `features-hidden-...-outputs`, such as `4-8-3`.
impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Network> {
        let mut dimensions = Vec::new();
        for part in text.split('-') {
            dimensions.push(part.trim().parse().map_err(|_| bad(text, "write the units of each layer, as in 4-8-3"))?);
        }
        let mut builder = Network::builder();
        builder.outputs = if dimensions.len() > 1 { dimensions.pop() } else { None };
        builder.inputs = dimensions.first().copied();
        builder.hidden = dimensions.into_iter().skip(1).collect();
        builder.build()
    }
}

/// A matrix with a column of one number after its last.
pub(super) fn with_constant(x: ArrayView2<f64>, constant: f64) -> Array2<f64> {
    let (rows, columns) = x.dim();
    let mut all = Array2::from_elem((rows, columns + 1), constant);
    all.slice_mut(s![.., ..columns]).assign(&x);
    all
}

fn bad(network: &str, reason: &str) -> Error {
    SetupError::BadNetwork { network: network.into(), reason: reason.into() }.into()
}

/// Collects the layers of a [`Network`].
#[derive(Clone, Debug)]
pub struct NetworkBuilder {
    inputs: Option<usize>,
    hidden: Vec<usize>,
    outputs: Option<usize>,
    activation: Activation,
    bias: bool,
}

/// Larger matrices exceed the memory of all layouts.
pub(super) const MOST_UNITS: usize = 4096;

impl NetworkBuilder {
    /// Sets the number of features of a sample.
    pub fn inputs(mut self, units: usize) -> Self {
        self.inputs = Some(units);
        self
    }

    /// Adds a hidden layer.
    pub fn hidden(mut self, units: usize) -> Self {
        self.hidden.push(units);
        self
    }

    /// Sets the number of outputs.
    pub fn outputs(mut self, units: usize) -> Self {
        self.outputs = Some(units);
        self
    }

    /// Sets the activation of the hidden layers; the default is `(z + 0.75)^2`.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Sets whether a constant 1 is appended to the inputs.
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// Builds the network.
    ///
    /// # Errors
    /// `BadNetwork` without inputs or outputs, or with a layer of 0 or more than 4096 units.
    pub fn build(self) -> Result<Network> {
        let whole = self.inputs.is_some() && self.outputs.is_some();
        let dimensions: Vec<usize> = self.inputs.into_iter().chain(self.hidden).chain(self.outputs).collect();
        let texts: Vec<String> = dimensions.iter().map(usize::to_string).collect();
        let text = texts.join("-");
        if !whole {
            return Err(bad(&text, "it needs inputs and outputs, as in 4-8-3, or 4-3 without hidden layer"));
        }
        if dimensions.iter().any(|&units| units == 0 || units > MOST_UNITS) {
            return Err(bad(&text, "every layer has 1 to 4096 units"));
        }
        Ok(Network { dimensions, activation: self.activation, bias: self.bias })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_builder_agree() {
        let built = Network::builder().inputs(4).hidden(8).hidden(8).outputs(3).build().unwrap();
        assert_eq!("4-8-8-3".parse::<Network>().unwrap(), built);
        assert_eq!((built.layers(), built.features(), built.outputs()), (3, 4, 3));
    }

    #[test]
    fn refuses_what_is_no_network() {
        assert_eq!("4-3".parse::<Network>().unwrap().layers(), 1);
        for wrong in ["", "4", "4-0", "4-0-3", "4-x-3", "4-8-3-", "4--3", "4-99999-3"] {
            let refused = matches!(wrong.parse::<Network>(), Err(Error::Setup(SetupError::BadNetwork { .. })));
            assert!(refused, "{wrong:?}");
        }
    }
}
