//! A dense layer.

use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::{
    Argument, ArgumentError, Error, Result,
    nn::{
        shapes::{check_finite, check_shape},
        weights::matrix_of,
    },
};

/// A dense layer, `y = W x + b`. Serialised as lists: `{"weights": [[...], ...], "bias": [...]}` with the rows of `W`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Lists", into = "Lists")]
pub struct Dense {
    /// `W`, `outputs x inputs`.
    pub weights: Array2<f64>,
    /// `b`.
    pub bias: Array1<f64>,
}

/// A layer before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
}

impl From<Dense> for Lists {
    fn from(layer: Dense) -> Lists {
        let weights = layer.weights.rows().into_iter().map(|row| row.to_vec()).collect();
        Lists { weights, bias: layer.bias.to_vec() }
    }
}

impl TryFrom<Lists> for Dense {
    type Error = Error;

    fn try_from(Lists { weights, bias }: Lists) -> Result<Dense> {
        let (weights, bias) = (matrix_of(weights)?, Array1::from(bias));
        check_finite("a bias", &bias)?;
        Ok(Dense { weights, bias })
    }
}

impl Dense {
    /// `x W^T + b` for a batch, `samples x inputs`.
    pub(in crate::nn) fn apply(&self, x: ArrayView2<f64>) -> Array2<f64> {
        x.dot(&self.weights.t()) + &self.bias
    }
}

/// Returns an error unless there are layers, each with one bias per row and as many inputs as the one before has outputs.
pub(in crate::nn) fn check_chain(layers: &[Dense]) -> Result<()> {
    let first = layers.first().ok_or(ArgumentError::Empty { what: "layers" })?;
    let mut inputs = first.weights.ncols();
    for layer in layers {
        Argument::Inputs.check_count(inputs, 1, None)?;
        let (expected, actual) = ((layer.bias.len(), inputs), layer.weights.dim());
        check_shape("the matrix of a dense layer, with a row per bias and a column per input,", expected, actual)?;
        inputs = layer.bias.len();
    }
    Ok(Argument::Outputs.check_count(inputs, 1, None)?)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_layer_comes_back_to_the_last_bit() {
        let layer = Dense { weights: array![[0.1 + 0.2, -5e-324], [1.0 / 3.0, 0.0]], bias: array![0.1, 1e300] };
        let text = serde_json::to_string(&layer).unwrap();
        assert_eq!(serde_json::from_str::<Dense>(&text).unwrap(), layer);
        for wrong in [r#"{"weights": [[1], [1, 2]], "bias": [0, 0]}"#, r#"{"weights": [[1]]}"#] {
            assert!(serde_json::from_str::<Dense>(wrong).is_err(), "{wrong}");
        }
        assert!(Dense::try_from(Lists { weights: vec![vec![1.0]], bias: vec![f64::NAN] }).is_err());
    }
}
