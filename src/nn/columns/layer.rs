//! A dense layer on columns.

use std::ops::Range;

use ndarray::Array2;

use crate::{
    Level, Result,
    backend::{Circuit, Evaluate},
    nn::head::Dense,
};

/// A weight that stands for zero where all weights of a sum are: a sum of zeros could be read without a key. At any scale of
/// 32 bits or more it is at least 1, and what it adds is far below the noise.
const LEAST: f64 = 1.0 / (1u64 << 32) as f64;

/// A dense layer by inputs: `inputs x units`.
pub(super) struct Layer {
    weights: Array2<f64>,
    bias: Vec<f64>,
}

impl Layer {
    pub fn new(dense: &Dense) -> Layer {
        Layer { weights: dense.weights.t().as_standard_layout().into_owned(), bias: dense.bias.to_vec() }
    }

    /// The number of units.
    pub fn units(&self) -> usize {
        self.bias.len()
    }

    /// The bias of a unit.
    pub fn bias(&self, unit: usize) -> f64 {
        self.bias[unit]
    }

    /// What the columns of these inputs contribute to every unit, on the way to level `at`.
    ///
    /// # Errors
    /// Those of [`Circuit::weighted_sums`].
    pub fn partial_sums<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        inputs: Range<usize>,
        columns: &[E::Ciphertext],
        at: Level,
    ) -> Result<Vec<E::Ciphertext>> {
        let mut weights = self.weights.slice(ndarray::s![inputs, ..]).to_owned();
        for mut unit in weights.columns_mut() {
            if unit.iter().all(|weight| weight.abs() < LEAST) {
                unit.iter_mut().take(1).for_each(|weight| *weight = LEAST);
            }
        }
        let rows: Vec<Vec<f64>> = weights.rows().into_iter().map(|row| row.to_vec()).collect();
        let terms: Vec<_> = columns.iter().zip(&rows).map(|(column, row)| (column, &row[..])).collect();
        c.weighted_sums(&terms, at)
    }
}
