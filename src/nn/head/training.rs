//! Training of a head in the clear.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

use super::{Dense, Head, HeadActivation};
use crate::{
    Argument, ArgumentError, Result,
    nn::{
        learning::Adam,
        network::with_constant,
        shapes::{check_finite, check_labels},
        soft_argmax::{SoftArgmax, check_classes},
    },
};

/// The settings for training a head on embeddings in the clear: cross entropy of the softmax, Adam on batches, and a
/// learning rate that decreases linearly to zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadTraining {
    /// Hidden units; `None` for logistic regression.
    pub hidden: Option<usize>,
    /// Number of steps.
    pub steps: usize,
    /// Samples per batch.
    pub batch: usize,
    /// Learning rate of the first step, for embeddings with entries of size 1.
    pub rate: f64,
    /// Weight decay, for weights of the corresponding size.
    pub decay: f64,
    /// Seed for weights and batches.
    pub seed: u64,
}

/// As many as a layer of a network has.
const MOST_HIDDEN: usize = 4096;

impl HeadTraining {
    /// Settings for sentence embeddings of a few thousand samples.
    pub fn new(hidden: Option<usize>, seed: u64) -> HeadTraining {
        HeadTraining { hidden, steps: 1000, batch: 64, rate: 1e-3, decay: 10.0, seed }
    }

    /// Settings for a head that memorises its samples and is overconfident, as an example for calibration.
    pub fn overconfident(seed: u64) -> HeadTraining {
        HeadTraining { hidden: None, steps: 6000, batch: usize::MAX, rate: 0.03, decay: 0.0, seed }
    }

    /// Trains on embeddings (`samples x inputs`) with known classes.
    ///
    /// # Errors
    /// `OutOfBounds` for fewer than two or more than 4096 classes, for 0 or more than 4096 hidden units, for batches of
    /// 0, or for a rate or decay that is not finite or negative; `Empty` without samples or inputs; `WrongCount` for
    /// another number of labels; `UnknownLabel` for a label that is not a class; `NotFinite` for numbers that are not
    /// finite.
    pub fn train(
        &self,
        activation: HeadActivation,
        classes: usize,
        x: ArrayView2<f64>,
        labels: &[usize],
    ) -> Result<Head> {
        check_classes(classes)?;
        check_labels(labels, x.nrows(), classes)?;
        check_finite("an entry of an embedding", x)?;
        if x.is_empty() {
            return Err(ArgumentError::Empty { what: "entries of embeddings" }.into());
        }
        if let Some(hidden) = self.hidden {
            Argument::Outputs.check_count(hidden, 1, Some(MOST_HIDDEN))?;
        }
        Argument::Samples.check_count(self.batch, 1, None)?;
        Argument::LearningRate.check(self.rate, 0.0..)?;
        Argument::WeightDecay.check(self.decay, 0.0..)?;
        // Embeddings of unit length have entries of size 1 / sqrt(inputs). They are scaled to size 1, so that ordinary
        // learning rates work.
        let size = (x.iter().map(|v| v * v).sum::<f64>() / x.len().max(1) as f64).sqrt().max(f64::MIN_POSITIVE);
        let x = with_constant((&x / size).view(), 1.0);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // A different random stream than for splits, first weights and plain networks.
        rng.set_stream(4);
        let widths: Vec<usize> = [Some(x.ncols() - 1), self.hidden, Some(classes)].into_iter().flatten().collect();
        // Weights followed by a row of biases, as in `ReluBaseline`.
        let mut layers: Vec<Array2<f64>> = widths
            .windows(2)
            .map(|pair| {
                let bound = (3.0 / pair[0] as f64).sqrt();
                Array2::from_shape_fn((pair[0] + 1, pair[1]), |(row, _)| {
                    if row < pair[0] { bound * rng.random_range(-1.0..=1.0) } else { 0.0 }
                })
            })
            .collect();
        let mut adam = Adam::new(Adam::EPSILON);
        let mut order: Vec<usize> = (0..x.nrows()).collect();
        let mut next = order.len();
        for step in 0..self.steps {
            if next >= order.len() {
                order.shuffle(&mut rng);
                next = 0;
            }
            let rows = &order[next..next.saturating_add(self.batch).min(order.len())];
            next = next.saturating_add(self.batch);
            let batch: Vec<usize> = rows.iter().map(|&row| labels[row]).collect();
            let gradients = gradients(&layers, &activation, x.select(Axis(0), rows), &batch);
            let rate = self.rate * (1.0 - step as f64 / self.steps as f64);
            adam.step(&mut layers, &gradients, rate, self.decay);
        }
        let dense = |(l, w): (usize, &Array2<f64>)| {
            let inputs = w.nrows() - 1;
            let size = if l == 0 { size } else { 1.0 };
            Dense { weights: w.slice(ndarray::s![..inputs, ..]).t().to_owned() / size, bias: w.row(inputs).to_owned() }
        };
        Head::of_layers(layers.iter().enumerate().map(dense).collect(), activation)
    }
}

/// The gradients of the mean cross entropy, of samples that end with a 1.
fn gradients(
    layers: &[Array2<f64>],
    activation: &HeadActivation,
    x: Array2<f64>,
    labels: &[usize],
) -> Vec<Array2<f64>> {
    let first = x.dot(&layers[0]);
    let hidden = layers.get(1).map(|_| with_constant(first.mapv(|h| activation.value(h)).view(), 1.0));
    let mut delta = match (&hidden, layers.get(1)) {
        (Some(hidden), Some(last)) => hidden.dot(last),
        _ => first.clone(),
    };
    let samples = labels.len() as f64;
    for (mut row, &label) in delta.rows_mut().into_iter().zip(labels) {
        let p = SoftArgmax::softmax(row.iter().copied());
        row.assign(&Array1::from(p));
        row[label] -= 1.0;
        row.mapv_inplace(|d| d / samples);
    }
    match (hidden, layers.get(1)) {
        (Some(hidden), Some(last)) => {
            let below =
                delta.dot(&last.slice(ndarray::s![..last.nrows() - 1, ..]).t()) * first.mapv(|h| activation.slope(h));
            vec![x.t().dot(&below), hidden.t().dot(&delta)]
        }
        _ => vec![x.t().dot(&delta)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::accuracy;

    fn samples(n: usize, inputs: usize) -> (Array2<f64>, Vec<usize>) {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let x = Array2::from_shape_simple_fn((n, inputs), || rng.random_range(-1.0..=1.0));
        let labels = x.rows().into_iter().map(|r| usize::from(r[0] * r[1] > 0.0)).collect();
        (x, labels)
    }

    #[test]
    fn gradients_are_finite_differences() {
        let (x, labels) = samples(7, 3);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let layers = [(4, 5), (6, 2)].map(|dim| Array2::from_shape_simple_fn(dim, || rng.random_range(-1.0..=1.0)));
        let activation = HeadActivation::quadratic();
        let loss = |layers: &[Array2<f64>]| {
            let dense = |w: &Array2<f64>| {
                let inputs = w.nrows() - 1;
                Dense { weights: w.slice(ndarray::s![..inputs, ..]).t().to_owned(), bias: w.row(inputs).to_owned() }
            };
            let head = Head::two_layers(dense(&layers[0]), activation.clone(), dense(&layers[1])).unwrap();
            let logits = head.logits(x.view()).unwrap();
            let of = |(row, &label): (ndarray::ArrayView1<f64>, &usize)| row.mapv(f64::exp).sum().ln() - row[label];
            logits.rows().into_iter().zip(&labels).map(of).sum::<f64>() / labels.len() as f64
        };
        for (l, gradient) in gradients(&layers, &activation, with_constant(x.view(), 1.0), &labels).iter().enumerate() {
            for (index, &g) in gradient.indexed_iter() {
                let moved = |by: f64| {
                    let mut layers = layers.clone();
                    layers[l][index] += by;
                    loss(&layers)
                };
                // Central difference: errors of h^2 and 2^-52 / h, both below 1e-9 for h = 1e-6.
                let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                assert!((g - difference).abs() < 1e-8, "layer {l} {index:?}: {g} {difference}");
            }
        }
    }

    /// The product of two inputs is not linearly separable, but a quadratic head can separate it.
    #[test]
    fn a_hidden_layer_learns_what_a_line_cannot() {
        let (x, labels) = samples(400, 4);
        let x = x / 20.0;
        let trained = |hidden| {
            let training = HeadTraining { steps: 1500, rate: 3e-3, decay: 0.0, ..HeadTraining::new(hidden, 0) };
            let head = training.train(HeadActivation::quadratic(), 2, x.view(), &labels).unwrap();
            accuracy(&head.logits(x.view()).unwrap(), &labels).unwrap()
        };
        let (line, curve) = (trained(None), trained(Some(16)));
        assert!(line < 0.7 && curve > 0.95, "{line} {curve}");
    }
}
