//! The weights of a network whose last layer has no biases, for all that computes such networks.

use ndarray::{Array2, Axis, concatenate, s};

use crate::{
    Result, SetupError,
    nn::{
        Activation, Network, Weights,
        head::{Dense, check_chain},
        shapes::check_finite,
    },
};

/// The same function as a [`Network`] with its weights. The biases of the hidden layer become those of the constant input,
/// and those of the outputs the weights of one more hidden unit, which has the same value for every sample.
///
/// ```
/// use ndarray::array;
/// use seal_nn::nn::{Activation, learning::{network_of, random_layers, reference}, reference as plain};
/// let activation: Activation = "poly:0,1,0.5".parse()?;
/// let mut layers = random_layers(&[4, 8, 3], 0)?;
/// layers[1].bias = array![0.3, -0.2, 0.1];
/// let (network, weights) = network_of(&activation, &layers)?;
/// assert_eq!(network.to_string(), "4-9-3");
/// let x = array![[0.1, -0.5, 0.9, 0.3]];
/// let expected = reference::logits(&activation, &layers, x.view())?;
/// let outputs = plain::outputs(&network, &weights, network.inputs(x)?.view())?;
/// assert!((outputs - expected).iter().all(|d| d.abs() < 1e-14));
/// # Ok::<(), seal_nn::Error>(())
/// ```
///
/// # Errors
/// `WrongShape` unless there are two layers that match; `OutOfBounds` if they have no inputs or outputs; `NotFinite` if the
/// weights of the constant unit are not finite; `BadNetwork` for too many units.
pub fn network_of(activation: &Activation, layers: &[Dense]) -> Result<(Network, Weights)> {
    let [hidden, output] = layers else { return Err(wrong((2, 1), (layers.len(), 1))) };
    check_chain(layers)?;
    let (units, features) = hidden.weights.dim();
    // Where the activation is large, the weights of the constant unit are small.
    let at = [2.0, -2.0, 1.0]
        .into_iter()
        .max_by(|a: &f64, b| activation.value(*a).abs().total_cmp(&activation.value(*b).abs()));
    let at = at.unwrap_or(2.0);
    let mut first = Array2::zeros((units + 1, features + 1));
    first.slice_mut(s![..units, ..features]).assign(&hidden.weights);
    first.slice_mut(s![..units, features]).assign(&hidden.bias);
    first[[units, features]] = at;
    let bias = (&output.bias / activation.value(at)).insert_axis(Axis(1));
    check_finite("a weight of the constant unit", &bias)?;
    let second = concatenate(Axis(1), &[output.weights.view(), bias.view()]).map_err(|_| wrong((0, 0), bias.dim()))?;
    let network = Network::builder().inputs(features).hidden(units + 1).outputs(output.bias.len());
    Ok((network.activation(activation.clone()).bias(true).build()?, Weights(vec![first, second])))
}

fn wrong(expected: (usize, usize), actual: (usize, usize)) -> crate::Error {
    SetupError::WrongShape { what: "the weights of a network with one hidden layer", expected, actual }.into()
}
