//! An ordinary network, trained in the clear. Comparing with it shows the cost of polynomial activations and few steps.

use ndarray::{Array2, ArrayView2, Axis, Zip};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::{
    Network,
    learning::{Adam, Loss, Targets},
    network::with_constant,
    shapes::{check_finite, check_labels, check_shape},
};
use crate::{ArgumentError, Result};

/// Dense layers with a bias each and ReLU in between: `a_l = max(0, W_l a_(l-1) + b_l)`. Classes are learned by a softmax at
/// the end.
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
    /// As [`ReluBaseline::train_on`]; `WrongCount` for another number of labels; `UnknownLabel` for a label that is not an
    /// output of the network; `OutOfBounds` for fewer than two outputs.
    pub fn train(network: &Network, x: ArrayView2<f64>, labels: &[usize], seed: u64) -> Result<ReluBaseline> {
        check_labels(labels, x.nrows(), network.outputs())?;
        let targets = Targets::classes(labels, network.outputs(), Loss::CrossEntropy)?;
        ReluBaseline::train_on(network, x, &targets, Loss::CrossEntropy, seed)
    }

    /// As [`ReluBaseline::train`], with another loss, such as squared errors of numbers, which should have a mean of 0 and
    /// a deviation of 1.
    ///
    /// # Errors
    /// `WrongShape` for samples of another network or targets of other samples or outputs; `Empty` without samples;
    /// `NotFinite` for values that are not finite; the errors of [`Loss::check`].
    pub fn train_on(
        network: &Network,
        x: ArrayView2<f64>,
        targets: &Targets,
        loss: Loss,
        seed: u64,
    ) -> Result<ReluBaseline> {
        check_shape("the samples", (x.nrows(), network.dimensions()[0]), x.dim())?;
        check_shape("the targets", (x.nrows(), network.outputs()), targets.values().dim())?;
        check_finite("a value of a sample", x)?;
        if targets.is_empty() {
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
            let gradients = trained.gradients(x.select(Axis(0), rows), &targets.select(rows)?, loss)?;
            let rate = RATE * (1.0 - step as f64 / STEPS as f64);
            adam.step(&mut trained.layers, &gradients, rate, L2);
        }
        Ok(trained)
    }

    /// The outputs, `samples x outputs`: for classes the logarithms of their probabilities, up to a constant per sample.
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

    /// The gradients of the mean loss by ordinary backpropagation.
    fn gradients(&self, x: Array2<f64>, targets: &Targets, loss: Loss) -> Result<Vec<Array2<f64>>> {
        let (values, outputs) = self.forward(x.view());
        let mut delta = loss.evaluate(&outputs, targets)?.errors;
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
        Ok(gradients)
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
        let targets = Targets::classes(&labels, 2, Loss::CrossEntropy).unwrap();
        let gradients = network.gradients(x.clone(), &targets, Loss::CrossEntropy).unwrap();
        for (l, gradient) in gradients.iter().enumerate() {
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

    /// `|x|` is not a quadratic polynomial, but two ReLU units are enough for it. The targets have a variance of 0.08.
    #[test]
    fn numbers_are_learned_too() {
        let x = Array2::from_shape_fn((64, 1), |(i, _)| (i as f64 - 31.5) / 32.0);
        let targets = Targets::numbers(x.mapv(f64::abs)).unwrap();
        let shape: Network = "1-16-1".parse().unwrap();
        let trained = ReluBaseline::train_on(&shape, x.view(), &targets, Loss::SquaredError, 0).unwrap();
        let apart = trained.outputs(x.view()).unwrap() - targets.values();
        let error = apart.iter().map(|d| d * d).sum::<f64>() / 64.0;
        assert!(error < 0.004, "{error}");
    }
}
