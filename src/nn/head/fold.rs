//! The weights in the form that the circuit uses.

use ndarray::{Array1, Array2, Axis};

use super::{Dense, Head, HeadShape, HeadSoftArgmax};
use crate::{ArgumentError, Result, nn::polynomial::Polynomial};

/// A quadratic `a (u^2 + k)` with `u = s h + t`: one square, with everything else folded into the layers around it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct CompletedSquare {
    slope: f64,
    shift: f64,
    factor: f64,
    constant: f64,
}

impl CompletedSquare {
    fn of(p: &Polynomial) -> CompletedSquare {
        // c_0 + c_1 v + c_2 (2 v^2 - 1), with v = slope h + offset in [-1, 1].
        let (c, slope, offset) = (p.coefficients(), unit_slope(p), p.to_unit(0.0));
        let (factor, half) = (2.0 * c[2], c[1] / (4.0 * c[2]));
        CompletedSquare { slope, shift: offset + half, factor, constant: (c[0] - c[2]) / factor - half * half }
    }
}

/// `dv/dh` of the map to `[-1, 1]`.
fn unit_slope(p: &Polynomial) -> f64 {
    2.0 / (p.interval().end() - p.interval().start())
}

impl HeadShape {
    /// The layers whose outputs are what the next step of the circuit takes: the argument of the square, or of the
    /// polynomial in `[-1, 1]`, and at the end what the approximation reads of the logits over the temperature
    /// ([`SoftmaxApproximation::inputs`](crate::nn::soft_argmax::SoftmaxApproximation::inputs)). All of that costs nothing
    /// in the encryption.
    ///
    /// # Errors
    /// `WrongHeadShape` for a head of another shape.
    pub(in crate::nn) fn folded(&self, head: &Head) -> Result<Vec<Dense>> {
        let widths: Vec<usize> =
            std::iter::once(head.inputs()).chain(head.layers().iter().map(|l| l.bias.len())).collect();
        if widths != self.widths {
            return Err(ArgumentError::WrongHeadShape { expected: self.widths.clone(), actual: widths }.into());
        }
        let mut layers = head.layers().to_vec();
        let last = layers.len() - 1;
        if let Some(polynomial) = &self.activation {
            for hidden in 0..last {
                if polynomial.degree() == 2 {
                    let CompletedSquare { slope, shift, factor, constant } = CompletedSquare::of(polynomial);
                    scale(&mut layers[hidden], slope);
                    layers[hidden].bias += shift;
                    let next = &mut layers[hidden + 1];
                    let sums = next.weights.sum_axis(Axis(1));
                    next.weights *= factor;
                    next.bias.scaled_add(factor * constant, &sums);
                } else {
                    scale(&mut layers[hidden], unit_slope(polynomial));
                    layers[hidden].bias += polynomial.to_unit(0.0);
                }
            }
        }
        if let Some(HeadSoftArgmax { layer, approximation }) = &self.soft_argmax {
            let inputs = approximation.inputs(layer.classes())? / layer.temperature();
            let Dense { weights, bias } = &layers[last];
            layers[last] = Dense { weights: inputs.dot(weights), bias: inputs.dot(bias) };
        }
        Ok(layers)
    }

    /// The scores (`samples x classes`) that the circuit computes, with clear weights and without noise.
    ///
    /// # Errors
    /// `WrongShape` for embeddings of another width; `WrongClasses` for a head of another number of classes.
    pub fn scores(&self, head: &Head, x: ndarray::ArrayView2<f64>) -> Result<Array2<f64>> {
        let mut scores = head.logits(x)?;
        if let Some(HeadSoftArgmax { layer, approximation }) = &self.soft_argmax {
            for mut row in scores.rows_mut() {
                let logits = row.mapv(|z| z / layer.temperature()).to_vec();
                row.assign(&Array1::from(approximation.probabilities(&logits)?));
            }
        }
        Ok(scores)
    }
}

fn scale(layer: &mut Dense, factor: f64) {
    layer.weights *= factor;
    layer.bias *= factor;
}
