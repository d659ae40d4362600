//! The same training in plain `f64`, with which every encrypted step is compared.

use ndarray::{Array2, ArrayView2};

use super::{Network, ServerLoss, TrainingSpec, Weights, shapes::check_shape};
use crate::Result;

/// The inputs of each layer and the results of its product.
struct Trace {
    inputs: Vec<Array2<f64>>,
    products: Vec<Array2<f64>>,
}

fn forward(network: &Network, weights: &Weights, x: ArrayView2<f64>) -> Result<Trace> {
    weights.check_shape(network)?;
    check_shape("the samples", (x.nrows(), network.dimensions()[0]), x.dim())?;
    let mut trace = Trace { inputs: vec![x.to_owned()], products: Vec::new() };
    for (l, w) in weights.0.iter().enumerate() {
        let z = trace.inputs[l].dot(&w.t());
        if l + 1 < weights.0.len() {
            trace.inputs.push(z.mapv(|z| network.activation().value(z)));
        }
        trace.products.push(z);
    }
    Ok(trace)
}

/// Outputs (`samples x outputs`) of a batch (`samples x inputs`, including the bias input).
///
/// # Errors
/// `WrongShape` for weights or samples of another network.
pub fn outputs(network: &Network, weights: &Weights, x: ArrayView2<f64>) -> Result<Array2<f64>> {
    Ok(forward(network, weights, x)?.products.swap_remove(network.layers() - 1))
}

/// The gradient of a loss, summed over the batch (not a mean), with respect to every matrix: `delta_L` are its
/// [errors](ServerLoss::errors), for the squared error `y - t`; `G_l = delta_l^T a_(l-1)`, `delta_(l-1) = (delta_l W_l) phi'(z_(l-1))`.
///
/// # Errors
/// `WrongShape` for weights, samples or targets of another network, or for another number of targets.
pub fn gradients(
    network: &Network,
    loss: ServerLoss,
    weights: &Weights,
    x: ArrayView2<f64>,
    t: ArrayView2<f64>,
) -> Result<Weights> {
    let trace = forward(network, weights, x)?;
    let last = weights.0.len() - 1;
    let mut delta = loss.errors(trace.products[last].view(), t)?;
    let mut gradients = vec![Array2::zeros((0, 0)); last + 1];
    for l in (0..=last).rev() {
        gradients[l] = delta.t().dot(&trace.inputs[l]);
        if l > 0 {
            let slope = trace.products[l - 1].mapv(|z| network.activation().derivative(z));
            delta = delta.dot(&weights.0[l]) * slope;
        }
    }
    Ok(Weights(gradients))
}

/// SGD step number `t`, counted from 0, on weights and velocity: `V = mu V - rate_l(t) (G / n + lambda W)`, `W += V`.
///
/// # Errors
/// `WrongShape` for weights, velocity, samples or targets of another network, or for another number of targets.
pub fn step(
    spec: &TrainingSpec,
    weights: &mut Weights,
    velocity: &mut Weights,
    x: ArrayView2<f64>,
    targets: ArrayView2<f64>,
    t: usize,
) -> Result<()> {
    let gradients = gradients(&spec.network, spec.loss, weights, x, targets)?;
    velocity.check_shape(&spec.network)?;
    for (l, gradient) in gradients.0.iter().enumerate() {
        let pull = gradient / x.nrows() as f64 + &weights.0[l] * spec.optimizer.l2();
        velocity.0[l] = &velocity.0[l] * spec.optimizer.momentum() - pull * spec.optimizer.rate(l, t);
        weights.0[l] += &velocity.0[l];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{
        Activation, half_squared_error,
        training::{Schedule, Sgd},
    };

    #[test]
    fn gradients_are_finite_differences() {
        for (shape, activation) in [("3-4-2", "square:0.75"), ("3-4-2", "sigmoid"), ("2-3-3-2", "poly:0.1,0.5,-0.3")] {
            let network: Network = shape.parse().unwrap();
            let network = network.with_activation(activation.parse::<Activation>().unwrap());
            let weights = Weights::random(&network, &[1.0], 1).unwrap();
            let (d, o) = (network.dimensions()[0], network.outputs());
            let x = Array2::from_shape_fn((5, d), |(i, j)| ((i * 3 + j) as f64).sin());
            let t = Array2::from_shape_fn((5, o), |(i, j)| ((i + 2 * j) as f64).cos());
            // Errors of polynomials are not the gradient of the exact value, but as far from it as their probabilities.
            for kind in ServerLoss::ALL.into_iter().filter(|kind| kind.range().is_none()) {
                let loss =
                    |w: &Weights| 5.0 * kind.value(outputs(&network, w, x.view()).unwrap().view(), t.view()).unwrap();
                let gradients = gradients(&network, kind, &weights, x.view(), t.view()).unwrap();
                for (l, gradient) in gradients.0.iter().enumerate() {
                    for (index, &g) in gradient.indexed_iter() {
                        let moved = |by: f64| {
                            let mut w = weights.clone();
                            w.0[l][index] += by;
                            loss(&w)
                        };
                        // Central difference: error h^2 f'''/6 plus rounding 2^-52 f / h, below 1e-8 for h = 1e-5.
                        let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                        assert!(
                            (g - difference).abs() < 1e-7 * (1.0 + g.abs()),
                            "{shape} {kind} {l} {index:?}: {g} {difference}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn weight_decay_is_the_gradient_of_a_quadratic_penalty() {
        let network: Network = "3-4-2".parse().unwrap();
        let (rates, lambda) = ([0.3, 0.2], 0.05);
        let optimizer = Sgd::new(&rates, 0.0, Schedule::Constant).unwrap().with_l2(lambda).unwrap();
        let spec =
            TrainingSpec { network: network.clone(), optimizer, bounds: Default::default(), loss: Default::default() };
        let before = Weights::random(&network, &[1.0], 2).unwrap();
        let x = Array2::from_shape_fn((5, 3), |(i, j)| ((i * 3 + j) as f64).sin());
        let t = Array2::from_shape_fn((5, 2), |(i, j)| ((i + 2 * j) as f64).cos());
        let loss = |w: &Weights| {
            let squares: f64 = w.0.iter().flatten().map(|w| w * w).sum();
            half_squared_error(&outputs(&network, w, x.view()).unwrap(), t.view()).unwrap() + lambda / 2.0 * squares
        };
        let (mut after, mut velocity) = (before.clone(), Weights::zeros(&network));
        step(&spec, &mut after, &mut velocity, x.view(), t.view(), 0).unwrap();
        for (l, rate) in rates.iter().enumerate() {
            for (index, &w) in before.0[l].indexed_iter() {
                let moved = |by: f64| {
                    let mut weights = before.clone();
                    weights.0[l][index] += by;
                    loss(&weights)
                };
                // As above: below 1e-8 for h = 1e-5, and the step multiplies by a rate below 1.
                let expected = w - rate * (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((after.0[l][index] - expected).abs() < 1e-7, "layer {l} {index:?}");
            }
        }
    }
}
