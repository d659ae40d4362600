//! The weights of a network whose layers have no biases, for all that computes such networks.

use ndarray::{Array1, Array2, s};

use crate::{
    Result, SetupError,
    nn::{
        Activation, Network, Weights,
        head::{Dense, check_chain},
        shapes::check_finite,
    },
};

/// The same function as a [`Network`] with its weights. The biases of the first layer become those of the constant input,
/// and those of the other layers the weights of one more unit in the layer before, which has the same value for every
/// sample. Layers whose biases, and those of all later layers, are 0 add none.
///
/// A network without a hidden layer becomes one of two units per output, because `phi(u) - phi(-u) = 2 c_1 u` for
/// `phi(u) = c_0 + c_1 u + c_2 u^2`.
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
/// `Empty` without layers; `WrongShape` for layers that do not match; `OutOfBounds` if they have no inputs or outputs;
/// `NotFinite` if the weights of a constant unit are not finite; `BadNetwork` for too many units; `BadActivation` for a
/// network without a hidden layer if the activation is no quadratic polynomial with a linear term.
pub fn network_of(activation: &Activation, layers: &[Dense]) -> Result<(Network, Weights)> {
    check_chain(layers)?;
    let pairs;
    let layers = match layers {
        [only] => {
            pairs = in_pairs(activation, only)?;
            &pairs[..]
        }
        several => several,
    };
    let has_biases = |layers: &[Dense]| layers.iter().any(|layer| layer.bias.iter().any(|b| *b != 0.0));
    let mut network = Network::builder().activation(activation.clone()).bias(has_biases(layers));
    let at = constant_argument(activation);
    // The value of the constant input of a layer.
    let mut constant = has_biases(layers).then_some(1.0);
    let mut matrices = Vec::with_capacity(layers.len());
    for (l, layer) in layers.iter().enumerate() {
        let (units, inputs) = layer.weights.dim();
        let is_constant_needed = has_biases(&layers[l + 1..]);
        let rows = units + usize::from(is_constant_needed);
        let mut matrix = Array2::zeros((rows, inputs + usize::from(constant.is_some())));
        matrix.slice_mut(s![..units, ..inputs]).assign(&layer.weights);
        if let Some(constant) = constant {
            matrix.slice_mut(s![..units, inputs]).assign(&(&layer.bias / constant));
            if is_constant_needed {
                matrix[[units, inputs]] = at / constant;
            }
            check_finite("a weight of the constant unit", matrix.column(inputs))?;
        }
        network = match l {
            0 => network.inputs(inputs),
            _ => network.hidden(inputs + usize::from(constant.is_some())),
        };
        if l + 1 == layers.len() {
            network = network.outputs(units);
        }
        matrices.push(matrix);
        constant = is_constant_needed.then(|| activation.value(at));
    }
    Ok((network.build()?, Weights(matrices)))
}

/// The argument of a constant unit. Where the activation is large, the weights of the unit are small.
fn constant_argument(activation: &Activation) -> f64 {
    let size = |at: f64| activation.value(at).abs();
    [-2.0, 1.0].into_iter().fold(2.0, |best, at| if size(at) > size(best) { at } else { best })
}

/// A layer as two: for each output `u`, units for `u` and `-u`.
fn in_pairs(activation: &Activation, layer: &Dense) -> Result<[Dense; 2]> {
    let linear = match *activation.coefficients() {
        [_, linear, _] if linear != 0.0 => linear,
        _ => {
            let reason = "a network without a hidden layer needs a quadratic one with a linear term, such as \
                          poly:0,1,0.5";
            return Err(SetupError::BadActivation { activation: activation.to_string(), reason: reason.into() }.into());
        }
    };
    let (outputs, inputs) = layer.weights.dim();
    let sign = |unit: usize| if unit.is_multiple_of(2) { 1.0 } else { -1.0 };
    let of = |unit: usize, number: f64| sign(unit) * number;
    let hidden = Dense {
        weights: Array2::from_shape_fn((2 * outputs, inputs), |(unit, i)| of(unit, layer.weights[[unit / 2, i]])),
        bias: Array1::from_shape_fn(2 * outputs, |unit| of(unit, layer.bias[unit / 2])),
    };
    let half = |(output, unit): (usize, usize)| if unit / 2 == output { of(unit, 0.5 / linear) } else { 0.0 };
    let last = Dense { weights: Array2::from_shape_fn((outputs, 2 * outputs), half), bias: Array1::zeros(outputs) };
    Ok([hidden, last])
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::nn::{
        head::Head,
        learning::{random_layers, reference},
        reference as plain,
    };

    fn layers(widths: &[usize]) -> Vec<Dense> {
        let mut layers = random_layers(widths, 3).unwrap();
        let biases = |layer: &mut Dense| layer.bias.iter_mut().enumerate().for_each(|(i, b)| *b = 0.3 - 0.2 * i as f64);
        layers.iter_mut().for_each(biases);
        layers
    }

    fn check(activation: &str, layers: &[Dense], expected: &str) -> Network {
        let activation: Activation = activation.parse().unwrap();
        let (network, weights) = network_of(&activation, layers).unwrap();
        assert_eq!(network.to_string(), expected);
        let x = Array2::from_shape_fn((5, network.features()), |(i, j)| ((3 * i + j) as f64).sin());
        let logits = reference::logits(&activation, layers, x.view()).unwrap();
        let outputs = plain::outputs(&network, &weights, network.inputs(x).unwrap().view()).unwrap();
        // Some dozens of operations on numbers of size 1 to 10.
        assert!((outputs - logits).iter().all(|d| d.abs() < 1e-12), "{network}");
        network
    }

    #[test]
    fn every_hidden_layer_has_a_constant_unit_for_the_biases_behind_it() {
        assert!(check("poly:0,1,0.5", &layers(&[3, 4, 2]), "3-5-2").has_bias());
        check("square:0.75", &layers(&[3, 4, 4, 2]), "3-5-5-2");
        check("tanh", &layers(&[3, 4, 5, 6, 2]), "3-5-6-7-2");
        // None where there is nothing to carry.
        let mut some = layers(&[3, 4, 4, 2]);
        some[2].bias.fill(0.0);
        check("poly:0,1,0.5", &some, "3-5-4-2");
        some[1].bias.fill(0.0);
        assert!(check("poly:0,1,0.5", &some, "3-4-4-2").has_bias());
        some[0].bias.fill(0.0);
        assert!(!check("poly:0,1,0.5", &some, "3-4-4-2").has_bias());
        some[2].bias.fill(1.0);
        assert!(check("poly:0,1,0.5", &some, "3-5-5-2").has_bias());
    }

    #[test]
    fn a_layer_alone_becomes_pairs_of_units() {
        let only = vec![Dense { weights: array![[0.5, -1.0, 0.25], [2.0, 0.0, 1.0]], bias: array![0.1, -0.2] }];
        assert!(check("poly:3,1,0.5", &only, "3-4-2").has_bias());
        check("square:0.75", &only, "3-4-2");
        for wrong in ["square:0", "tanh"] {
            let refused = network_of(&wrong.parse().unwrap(), &only);
            assert!(matches!(refused, Err(crate::Error::Setup(SetupError::BadActivation { .. }))), "{wrong}");
        }
    }

    #[test]
    fn networks_come_back_exactly() {
        for bias in [false, true] {
            let network = Network::builder().inputs(3).hidden(4).hidden(5).outputs(2).bias(bias).build().unwrap();
            let weights = Weights::random(&network, &[1.0], 5).unwrap();
            let head = Head::of_network(&network, &weights).unwrap();
            assert_eq!(network_of(network.activation(), head.layers()).unwrap(), (network, weights));
        }
    }
}
