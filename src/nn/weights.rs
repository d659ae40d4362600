//! Weights in the clear.

use ndarray::{Array2, Axis};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use serde::{Deserialize, Serialize};

use super::{Network, shapes::larger};
use crate::{Argument, CircuitError, Error, Result, SetupError};

/// One matrix (`outputs x inputs`) per layer. Serialised as lists of rows: `weights[layer][output][input]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Rows", into = "Rows")]
pub struct Weights(pub Vec<Array2<f64>>);

/// The rows of every matrix, before they are checked.
type Rows = Vec<Vec<Vec<f64>>>;

impl From<Weights> for Rows {
    fn from(weights: Weights) -> Rows {
        weights.0.iter().map(|matrix| matrix.rows().into_iter().map(|row| row.to_vec()).collect()).collect()
    }
}

impl TryFrom<Rows> for Weights {
    type Error = Error;

    fn try_from(matrices: Rows) -> Result<Weights> {
        matrices.into_iter().map(matrix_of).collect::<Result<_>>().map(Weights)
    }
}

/// A matrix of finite numbers with rows of equal length.
pub(super) fn matrix_of(rows: Vec<Vec<f64>>) -> Result<Array2<f64>> {
    let columns = rows.first().map_or(0, Vec::len);
    let mut matrix = Array2::zeros((rows.len(), columns));
    for (mut row, values) in matrix.rows_mut().into_iter().zip(rows) {
        if values.len() != columns {
            let (expected, actual) = ((1, columns), (1, values.len()));
            return Err(SetupError::WrongShape { what: "a row of the weights", expected, actual }.into());
        }
        for (index, (weight, value)) in row.iter_mut().zip(values).enumerate() {
            if !value.is_finite() {
                return Err(CircuitError::NotFinite { index, value }.into());
            }
            *weight = value;
        }
    }
    Ok(matrix)
}

impl Weights {
    /// `W_l ~ U(-r_l / sqrt(inputs), r_l / sqrt(inputs))`, where `reach[l]` is `r_l` (the last one applies to all
    /// further layers; 1 if `reach` is empty). The weights depend on the seed.
    ///
    /// # Errors
    /// `OutOfBounds` for a reach that is negative or not finite.
    pub fn random(network: &Network, reach: &[f64], seed: u64) -> Result<Weights> {
        reach.iter().try_for_each(|&reach| Argument::Reach.check(reach, 0.0..))?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // A different random stream than for the split of the data with the same seed.
        rng.set_stream(2);
        let dimensions = network.dimensions();
        let layer = |(l, pair): (usize, &[usize])| {
            let reach = reach.get(l).or(reach.last()).copied().unwrap_or(1.0);
            let bound = reach / (pair[0] as f64).sqrt();
            Array2::from_shape_simple_fn((pair[1], pair[0]), || bound * rng.random_range(-1.0..=1.0))
        };
        Ok(Weights(dimensions.windows(2).enumerate().map(layer).collect()))
    }

    /// The weights with the mean over the outputs subtracted from every column of the last layer, so that the outputs of
    /// every sample sum to 0. For a softmax they are the same network. Errors that sum to 0 over the outputs, such as
    /// those of its likelihood, leave the weights centred: the gradient `sum_b d_b a_b^T` sums to 0 over the outputs, and
    /// momentum and decay are linear.
    ///
    /// ```
    /// use ndarray::array;
    /// use seal_nn::nn::Weights;
    /// let weights = Weights(vec![array![[1.0], [2.0]], array![[3.0, 0.0], [1.0, 1.0]]]);
    /// assert_eq!(weights.centred(), Weights(vec![array![[1.0], [2.0]], array![[1.0, -0.5], [-1.0, 0.5]]]));
    /// ```
    pub fn centred(mut self) -> Weights {
        if let Some(last) = self.0.last_mut()
            && let Some(mean) = last.mean_axis(Axis(0))
        {
            *last -= &mean;
        }
        self
    }

    /// Zeros in the shape of a network.
    pub fn zeros(network: &Network) -> Weights {
        Weights(network.dimensions().windows(2).map(|pair| Array2::zeros((pair[1], pair[0]))).collect())
    }

    /// Returns an error for weights of another network.
    ///
    /// # Errors
    /// `WrongShape`.
    pub fn check_shape(&self, network: &Network) -> Result<()> {
        let refuse = |what, expected, actual| Err(SetupError::WrongShape { what, expected, actual }.into());
        if self.0.len() != network.layers() {
            return refuse("the layers of the weights", (network.layers(), 1), (self.0.len(), 1));
        }
        for (ends, matrix) in network.dimensions().windows(2).zip(&self.0) {
            if matrix.dim() != (ends[1], ends[0]) {
                return refuse("the weights of a layer", (ends[1], ends[0]), matrix.dim());
            }
        }
        Ok(())
    }

    /// The largest absolute entry; NaN if any entry is NaN.
    pub fn max_abs(&self) -> f64 {
        self.0.iter().flatten().fold(0.0, |m, w| larger(m, w.abs()))
    }

    /// The largest absolute difference between two sets of weights; NaN if any entry is NaN, and infinite for sets of
    /// different shapes.
    pub fn max_difference(&self, other: &Weights) -> f64 {
        if !self.0.iter().map(Array2::dim).eq(other.0.iter().map(Array2::dim)) {
            return f64::INFINITY;
        }
        self.0.iter().flatten().zip(other.0.iter().flatten()).fold(0.0, |m, (a, b)| larger(m, (a - b).abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_come_back_to_the_last_bit() {
        let network: Network = "4-3-2".parse().unwrap();
        let weights = Weights::random(&network, &[1.0], 5).unwrap();
        let text = serde_json::to_string(&weights).unwrap();
        assert_eq!(serde_json::from_str::<Weights>(&text).unwrap(), weights);
    }

    #[test]
    fn rows_of_different_lengths_or_without_finite_numbers_are_refused() {
        let refused = serde_json::from_str::<Weights>("[[[1, 2], [3]]]").unwrap_err().to_string();
        assert!(refused.contains("a row of the weights has shape (1, 1), but (1, 2)"), "{refused}");
        let refused = Weights::try_from(vec![vec![vec![0.0, f64::NAN]]]);
        assert!(matches!(refused, Err(Error::Circuit(CircuitError::NotFinite { index: 1, .. }))));
    }

    #[test]
    fn weights_of_another_network_are_refused() {
        let weights = Weights::zeros(&"4-3-2".parse().unwrap());
        assert!(weights.check_shape(&"4-3-2".parse().unwrap()).is_ok());
        for other in ["4-3-3-2", "4-4-2", "5-3-2"] {
            let refused = weights.check_shape(&other.parse().unwrap());
            assert!(matches!(refused, Err(Error::Setup(SetupError::WrongShape { .. }))), "{other}");
        }
    }
}
