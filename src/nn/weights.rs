//! Weights in the clear.

use ndarray::{Array2, Zip};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::Network;

/// One matrix (`outputs x inputs`) per layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights(pub Vec<Array2<f64>>);

impl Weights {
    /// `W_l ~ U(-r_l / sqrt(inputs), r_l / sqrt(inputs))`, where `reach[l]` is `r_l` (the last one applies to all
    /// further layers; 1 if `reach` is empty). The weights depend on the seed.
    pub fn random(network: &Network, reach: &[f64], seed: u64) -> Weights {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // A different random stream than for the split of the data with the same seed.
        rng.set_stream(2);
        let dimensions = network.dimensions();
        let layer = |(l, pair): (usize, &[usize])| {
            let reach = reach.get(l).or(reach.last()).copied().unwrap_or(1.0);
            let bound = reach / (pair[0] as f64).sqrt();
            Array2::from_shape_simple_fn((pair[1], pair[0]), || bound * rng.random_range(-1.0..=1.0))
        };
        Weights(dimensions.windows(2).enumerate().map(layer).collect())
    }

    /// Zeros in the shape of a network.
    pub fn zeros(network: &Network) -> Weights {
        Weights(network.dimensions().windows(2).map(|pair| Array2::zeros((pair[1], pair[0]))).collect())
    }

    /// The largest absolute entry; NaN if any entry is NaN.
    pub fn max_abs(&self) -> f64 {
        self.0.iter().flatten().fold(0.0, |m, w| if m.is_nan() || w.is_nan() { f64::NAN } else { w.abs().max(m) })
    }

    /// The largest absolute difference between two sets of the same shape.
    pub fn max_difference(&self, other: &Weights) -> f64 {
        let mut largest = 0f64;
        for (a, b) in self.0.iter().zip(&other.0) {
            Zip::from(a).and(b).for_each(|a, b| largest = largest.max((a - b).abs()));
        }
        largest
    }
}
