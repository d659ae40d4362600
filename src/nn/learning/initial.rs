//! The first weights.

use ndarray::{Array1, Array2};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use crate::{
    Result,
    nn::{head::Dense, shapes::check_widths},
};

/// Uniform weights for quadratic units, for layers of these widths, features first. Weights and biases of hidden layers
/// are within `1.5 / sqrt(inputs + 1)`, which for features within -1 to 1 keeps `u` where `u + u^2 / 2` is still
/// increasing; weights of the last layer are within `0.5 sqrt(3 / units)`, and its biases are 0. A network without hidden
/// layer starts at 0.
///
/// # Errors
/// `BadNetwork` for fewer than two or more than eight widths, or for a layer of 0 or more than 4096 units.
pub fn random_layers(widths: &[usize], seed: u64) -> Result<Vec<Dense>> {
    check_widths(widths)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Another random stream than those of the split of the data, of `Weights::random` and of the ReLU network.
    rng.set_stream(4);
    let last = widths.len() - 2;
    let dense = |(l, pair): (usize, &[usize])| {
        let (inputs, outputs) = (pair[0], pair[1]);
        let reach = match l {
            _ if last == 0 => 0.0,
            l if l == last => 0.5 * (3.0 / inputs as f64).sqrt(),
            _ => 1.5 / (inputs as f64 + 1.0).sqrt(),
        };
        let mut draw = || reach * rng.random_range(-1.0..=1.0);
        let weights = Array2::from_shape_simple_fn((outputs, inputs), &mut draw);
        let bias = Array1::from_shape_simple_fn(outputs, || if l == last { 0.0 } else { draw() });
        Dense { weights, bias }
    };
    Ok(widths.windows(2).enumerate().map(dense).collect())
}
