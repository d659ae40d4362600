//! An ordinary network, trained in the clear. Comparing with it shows the cost of polynomial activations and few steps.

use ndarray::{Array2, ArrayView2, Axis, Zip};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::{
    Network,
    learning::Adam,
    network::with_constant,
    shapes::{check_finite, check_labels, check_shape},
};
use crate::{ArgumentError, Result};

/// Dense layers with a bias each, ReLU in between and softmax at the end: `a_l = max(0, W_l a_(l-1) + b_l)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReluBaseline {
    /// For each layer its weights (`inputs x outputs`), followed by a row of biases.
    layers: Vec<Array2<f64>>,
}

/// Samples per batch.
const BATCH: usize = 64;
/// Enough for the loss to converge on a few thousand samples.
const STEPS: usize = 1000;
/// Learning rate of the first step; it decreases linearly to 0.
const RATE: f64 = 0.01;
/// Weight decay, to avoid overfitting small data sets.
const L2: f64 = 0.2;

impl ReluBaseline {
    /// Trains a network of the widths of `network` on samples (`samples x inputs`, including the bias input) and their
    /// classes: cross entropy, 1,000 steps of Adam on batches of 64, weights from He's normal distribution. Weights and
    /// batches depend on the seed.
    ///
    /// # Errors
    /// `WrongShape` for samples of another network; `Empty` without samples; `NotFinite` for values that are not finite;
    /// `WrongCount` for another number of labels; `UnknownLabel` for a label that is not an output of the network.
    pub fn train(network: &Network, x: ArrayView2<f64>, labels: &[usize], seed: u64) -> Result<ReluBaseline> {
        check_shape("the samples", (x.nrows(), network.dimensions()[0]), x.dim())?;
        check_labels(labels, x.nrows(), network.outputs())?;
        check_finite("a value of a sample", x)?;
        if labels.is_empty() {
            return Err(ArgumentError::Empty { what: "samples" }.into());
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // A different random stream than for the split and the first weights with the same seed.
        rng.set_stream(3);
        let mut trained = ReluBaseline::random(network, &mut rng);
        let mut adam = Adam::new(Adam::EPSILON);
        let mut order: Vec<usize> = (0..x.nrows()).collect();
        let mut next = order.len();
        for step in 0..STEPS {
            if next >= order.len() {
                order.shuffle(&mut rng);
                next = 0;
            }
            let rows = &order[next..(next + BATCH).min(order.len())];
            next += BATCH;
            let batch: Vec<usize> = rows.iter().map(|&row| labels[row]).collect();
            let gradients = trained.gradients(x.select(Axis(0), rows), &batch);
            let rate = RATE * (1.0 - step as f64 / STEPS as f64);
            adam.step(&mut trained.layers, &gradients, rate, L2);
        }
        Ok(trained)
    }

    /// The logarithms of the class probabilities, up to a constant per sample: `samples x classes`.
    ///
    /// # Errors
    /// `WrongShape` for samples of another network.
    pub fn outputs(&self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        check_shape("the samples", (x.nrows(), self.layers[0].nrows() - 1), x.dim())?;
        Ok(self.forward(x).1)
    }

    fn random(network: &Network, rng: &mut ChaCha8Rng) -> ReluBaseline {
        let layer = |pair: &[usize]| {
            // Uniform with He's standard deviation sqrt(2 / inputs).
            let bound = (6.0 / pair[0] as f64).sqrt();
            Array2::from_shape_fn((pair[0] + 1, pair[1]), |(row, _)| {
                if row < pair[0] { bound * rng.random_range(-1.0..=1.0) } else { 0.0 }
            })
        };
        ReluBaseline { layers: network.dimensions().windows(2).map(layer).collect() }
    }

    /// The input of every layer, with a column of ones, and the outputs.
    fn forward(&self, x: ArrayView2<f64>) -> (Vec<Array2<f64>>, Array2<f64>) {
        let (mut inputs, mut current) = (Vec::with_capacity(self.layers.len()), x.to_owned());
        for (l, w) in self.layers.iter().enumerate() {
            let with_ones = with_constant(current.view(), 1.0);
            current = with_ones.dot(w);
            if l + 1 < self.layers.len() {
                current.mapv_inplace(|z| z.max(0.0));
            }
            inputs.push(with_ones);
        }
        (inputs, current)
    }

    /// The gradients of the mean cross entropy: `delta_L = softmax(y) - t`, then ordinary backpropagation.
    fn gradients(&self, x: Array2<f64>, labels: &[usize]) -> Vec<Array2<f64>> {
        let (values, mut delta) = self.forward(x.view());
        let samples = labels.len() as f64;
        for (mut row, &label) in delta.rows_mut().into_iter().zip(labels) {
            let largest = row.fold(f64::NEG_INFINITY, |m, &y| m.max(y));
            row.mapv_inplace(|y| (y - largest).exp());
            let sum = row.sum();
            row.mapv_inplace(|p| p / sum / samples);
            row[label] -= 1.0 / samples;
        }
        let mut gradients = Vec::with_capacity(self.layers.len());
        for (l, inputs) in values.iter().enumerate().rev() {
            gradients.push(inputs.t().dot(&delta));
            if l > 0 {
                let mut below = delta.dot(&self.layers[l].t());
                // The derivative of ReLU is 1 where its value is positive. The column of ones has no layer below it.
                Zip::from(&mut below).and(inputs).for_each(|d, &a| *d = if a > 0.0 { *d } else { 0.0 });
                let ones = below.ncols() - 1;
                below.remove_index(Axis(1), ones);
                delta = below;
            }
        }
        gradients.reverse();
        gradients
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cross_entropy(network: &ReluBaseline, x: &Array2<f64>, labels: &[usize]) -> f64 {
        let outputs = network.outputs(x.view()).unwrap();
        let of = |(row, &label): (ndarray::ArrayView1<f64>, &usize)| row.mapv(f64::exp).sum().ln() - row[label];
        outputs.rows().into_iter().zip(labels).map(of).sum::<f64>() / labels.len() as f64
    }

    #[test]
    fn gradients_are_finite_differences() {
        let shape: Network = "3-5-4-2".parse().unwrap();
        let network = ReluBaseline::random(&shape, &mut ChaCha8Rng::seed_from_u64(1));
        let x = Array2::from_shape_fn((6, 3), |(i, j)| ((i * 3 + j) as f64).sin());
        let labels = [0, 1, 1, 0, 1, 0];
        for (l, gradient) in network.gradients(x.clone(), &labels).iter().enumerate() {
            for (index, &g) in gradient.indexed_iter() {
                let moved = |by: f64| {
                    let mut network = network.clone();
                    network.layers[l][index] += by;
                    cross_entropy(&network, &x, &labels)
                };
                // Central difference: error h^2 f'''/6 plus rounding 2^-52 f / h, below 1e-9 for h = 1e-6. No unit is
                // so close to zero that ReLU is not differentiable in between.
                let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                assert!((g - difference).abs() < 1e-8, "layer {l} {index:?}: {g} {difference}");
            }
        }
    }
}
