//! The same training in plain `f64`, with which every encrypted step is compared.

use ndarray::{Array2, ArrayView2, Axis};

use super::{Evaluation, Learner, Loss, Targets};
use crate::{
    Result,
    nn::{
        Activation,
        head::{Dense, HeadActivation, check_chain},
        shapes::check_shape,
    },
};

/// A function with a derivative, for the units between layers.
pub trait Differentiable {
    /// The value at `z`.
    fn value(&self, z: f64) -> f64;
    /// The derivative at `z`.
    fn derivative(&self, z: f64) -> f64;
}

impl Differentiable for Activation {
    fn value(&self, z: f64) -> f64 {
        self.value(z)
    }

    fn derivative(&self, z: f64) -> f64 {
        self.derivative(z)
    }
}

impl Differentiable for HeadActivation {
    fn value(&self, z: f64) -> f64 {
        self.value(z)
    }

    fn derivative(&self, z: f64) -> f64 {
        self.slope(z)
    }
}

/// The logits of samples (`samples x features`): `z_l = W_l a_(l-1) + b_l`, `a_l = phi(z_l)`, and no activation at the
/// end.
///
/// # Errors
/// `Empty` without layers; `WrongShape` for layers that do not match, or samples of another width; `OutOfBounds` for
/// layers without inputs or outputs.
pub fn logits(activation: &impl Differentiable, layers: &[Dense], x: ArrayView2<f64>) -> Result<Array2<f64>> {
    Ok(forward(activation, layers, x)?.pop().unwrap_or_default())
}

/// The results of every layer, before the activation.
fn forward(activation: &impl Differentiable, layers: &[Dense], x: ArrayView2<f64>) -> Result<Vec<Array2<f64>>> {
    check_chain(layers)?;
    check_shape("the samples", (x.nrows(), layers[0].weights.ncols()), x.dim())?;
    let mut results: Vec<Array2<f64>> = Vec::with_capacity(layers.len());
    for layer in layers {
        let z = match results.last() {
            None => layer.apply(x),
            Some(z) => layer.apply(z.mapv(|z| activation.value(z)).view()),
        };
        results.push(z);
    }
    Ok(results)
}

/// The gradients for errors `e = dloss/dz` of the logits (`samples x outputs`): `G_l = delta_l^T a_(l-1)` for the weights,
/// the sum of `delta_l` over the samples for the biases, `delta_(l-1) = (delta_l W_l) phi'(z_(l-1))`.
///
/// # Errors
/// As [`logits`]; `WrongShape` for errors of other samples or outputs.
pub fn gradients(
    activation: &impl Differentiable,
    layers: &[Dense],
    x: ArrayView2<f64>,
    errors: &Array2<f64>,
) -> Result<Vec<Dense>> {
    let results = forward(activation, layers, x)?;
    check_shape("the errors", (x.nrows(), layers[layers.len() - 1].bias.len()), errors.dim())?;
    let mut delta = errors.clone();
    let mut gradients = Vec::with_capacity(layers.len());
    for l in (0..layers.len()).rev() {
        let inputs = match l {
            0 => x.to_owned(),
            l => results[l - 1].mapv(|z| activation.value(z)),
        };
        gradients.push(Dense { weights: delta.t().dot(&inputs), bias: delta.sum_axis(Axis(0)) });
        if l > 0 {
            delta = delta.dot(&layers[l].weights) * results[l - 1].mapv(|z| activation.derivative(z));
        }
    }
    gradients.reverse();
    Ok(gradients)
}

/// The loss of a network on samples.
///
/// # Errors
/// As [`logits`] and [`Loss::evaluate`].
pub fn evaluate(
    loss: Loss,
    activation: &impl Differentiable,
    layers: &[Dense],
    x: ArrayView2<f64>,
    targets: &Targets,
) -> Result<Evaluation> {
    loss.evaluate(&logits(activation, layers, x)?, targets)
}

/// One step on a batch, and the loss before it.
///
/// # Errors
/// As [`evaluate`]; `Diverged` if a weight would exceed its bound.
pub fn step(
    learner: &mut Learner,
    activation: &impl Differentiable,
    x: ArrayView2<f64>,
    targets: &Targets,
) -> Result<f64> {
    let Evaluation { value, errors } = evaluate(learner.settings().loss, activation, learner.layers(), x, targets)?;
    learner.step(&gradients(activation, learner.layers(), x, &errors)?)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::learning::{numbers, numbers_mut, random_layers};

    #[test]
    fn gradients_are_finite_differences() {
        for widths in [&[3, 2][..], &[3, 4, 2], &[2, 3, 3, 2]] {
            let activation: Activation = "poly:0.1,1,0.5".parse().unwrap();
            let layers = random_layers(widths, 1).unwrap();
            let x = Array2::from_shape_fn((5, widths[0]), |(i, j)| ((i * 3 + j) as f64).sin());
            let targets = Targets::classes(&[0, 1, 1, 0, 1], 2, Loss::CrossEntropy).unwrap();
            let loss =
                |layers: &[Dense]| evaluate(Loss::CrossEntropy, &activation, layers, x.view(), &targets).unwrap();
            let found = gradients(&activation, &layers, x.view(), &loss(&layers).errors).unwrap();
            for (i, &g) in numbers(&found).enumerate() {
                let moved = |by: f64| {
                    let mut layers = layers.clone();
                    *numbers_mut(&mut layers).nth(i).unwrap() += by;
                    loss(&layers).value
                };
                // Central difference: error h^2 f'''/6 plus rounding 2^-52 f / h, below 1e-9 for h = 1e-5.
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((g - difference).abs() < 1e-8, "{widths:?} {i}: {g} {difference}");
            }
        }
    }
}
