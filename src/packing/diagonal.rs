//! Matrices by diagonals, after Mihara et al. 2020.

use super::{
    Index, MatrixLayout, SlotAxis,
    slot_axis::{check_room, padded},
};
use crate::{Argument, Result};

/// Vectors `[f][b]` with the batch innermost: `slot = f B + b`, the feature axis repeated with the vector's period.
///
/// A matrix is stored as one ciphertext per generalised diagonal, `D_k[f] = W[f mod m][(f + k) mod n]`, with a copy for
/// every `b` (Mihara et al. 2020, arXiv 2012.13552). A 4 x 4 matrix for one sample (B = 1, S = 4):
///
/// ```text
/// D_0 = W_00 W_11 W_22 W_33      D_2 = W_02 W_13 W_20 W_31
/// D_1 = W_01 W_12 W_23 W_30      D_3 = W_03 W_10 W_21 W_32
/// ```
///
/// Dimensions are padded to powers of two with zeros. An `m x n` matrix has `K = min(m, n)` diagonals, so a rectangular
/// matrix need not be padded to a square. With baby and giant steps, diagonal `k = g s + j` is stored rotated by
/// `-g s`, which serves the forward pass, the backward pass and the gradient.
///
/// | operation | rotations | ciphertext products | relinearisations | levels |
/// |---|---|---|---|---|
/// | product | K-1 hoisted, log2(n/m) | K | 1 | 1 |
/// | the same with baby and giant steps | s-1 hoisted, K/s-1, log2(n/m) | K | K/s | 1 |
/// | transposed product, same ciphertexts | K-1 and K-1 hoisted, log2(m/n) | K | 1 | 1 |
/// | the same with baby and giant steps | K/s-1 hoisted, s-1, log2(m/n) | K | s | 1 |
/// | gradient in diagonal form | none: those of the products | K | K | 1 |
/// | sum over the batch, replicated | 2 K log2 B | | | 1 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiagonalLayout {
    slots: usize,
    batch: usize,
}

/// Rows and columns of a matrix, and the number of baby steps of its diagonals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiagonalMatrix {
    rows: usize,
    columns: usize,
    /// `s`, a power of two of at most K.
    baby_steps: usize,
}

impl DiagonalMatrix {
    /// A matrix without giant steps.
    pub fn new(rows: usize, columns: usize) -> DiagonalMatrix {
        DiagonalMatrix { rows, columns, baby_steps: padded(rows.min(columns)) }
    }

    /// Rows, the length of the product.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns, the length of the factor.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Baby steps `s`, a power of two; equal to K without giant steps.
    pub fn baby_steps(&self) -> usize {
        self.baby_steps
    }

    /// The same matrix with about as many baby steps as giant steps.
    pub fn with_giant_steps(self) -> DiagonalMatrix {
        let bits = self.diagonals().trailing_zeros();
        DiagonalMatrix { baby_steps: 1 << bits.div_ceil(2), ..self }
    }

    /// K, the number of diagonals.
    pub fn diagonals(&self) -> usize {
        padded(self.rows.min(self.columns))
    }

    /// K/s.
    pub fn giant_steps(&self) -> usize {
        self.diagonals() / self.baby_steps
    }
}

impl DiagonalLayout {
    /// A layout for batches of up to `batch` samples and dimensions of up to `dimension`.
    ///
    /// # Errors
    /// `TooFewSlots`; `NotPowerOfTwo` for another number of slots; `OutOfBounds` for a batch or dimension of 0.
    pub fn new(slots: usize, dimension: usize, batch: usize) -> Result<DiagonalLayout> {
        check_room(slots, &[(Argument::Dimension, dimension), (Argument::Samples, batch)])?;
        Ok(DiagonalLayout { slots, batch: batch.next_power_of_two() })
    }

    /// A layout for dimensions of up to `dimension` and as many samples as fit.
    ///
    /// # Errors
    /// `TooFewSlots` if not even one fits; `NotPowerOfTwo` for another number of slots; `OutOfBounds` for a dimension of
    /// 0.
    pub fn filling(slots: usize, dimension: usize) -> Result<DiagonalLayout> {
        DiagonalLayout::new(slots, dimension, (slots / padded(dimension)).max(1))
    }

    /// The axis of the samples, innermost.
    pub fn sample_axis(&self) -> SlotAxis {
        SlotAxis { extent: self.batch, stride: 1 }
    }

    /// A batch, `samples x features`.
    pub fn batch(&self, samples: usize, features: usize) -> MatrixLayout {
        self.lay(self.samples(samples), self.turned(features, &[]), &[])
    }

    /// A matrix, `rows x columns`, as a grid of giant and baby steps `(g, j)` that contains
    /// `W[(f - g s) mod m][(f + j) mod n]`.
    pub fn matrix(&self, w: DiagonalMatrix) -> MatrixLayout {
        let rows = self.turned(w.rows, &[(0, -(w.baby_steps as i64))]);
        self.lay(rows, self.turned(w.columns, &[(1, 1)]), &[w.giant_steps(), w.baby_steps])
    }

    /// A batch as the factor of a product `W x`: rotated by every baby step.
    pub fn factor(&self, samples: usize, w: DiagonalMatrix) -> MatrixLayout {
        self.lay(self.samples(samples), self.turned(w.columns, &[(0, 1)]), &[w.baby_steps])
    }

    /// A batch as the factor of a transposed product `W^T d` and of the gradient: rotated back by every giant step.
    pub fn transposed_factor(&self, samples: usize, w: DiagonalMatrix) -> MatrixLayout {
        self.lay(self.samples(samples), self.turned(w.rows, &[(0, -(w.baby_steps as i64))]), &[w.giant_steps()])
    }

    /// The diagonals rotated by `-k`, which keeps the columns in place: without giant steps, the packed transposition
    /// of Mihara et al. It takes rotations only, no product and no level.
    pub fn transposed_matrix(&self, w: DiagonalMatrix) -> MatrixLayout {
        let rows = self.turned(w.rows, &[(0, -1)]);
        self.lay(rows, self.turned(w.columns, &[]), &[w.diagonals()])
    }

    /// A batch as the factor of a product with the [`transposed_matrix`](DiagonalLayout::transposed_matrix).
    pub fn turned_back(&self, samples: usize, w: DiagonalMatrix) -> MatrixLayout {
        self.lay(self.samples(samples), self.turned(w.rows, &[(0, -1)]), &[w.diagonals()])
    }

    fn samples(&self, samples: usize) -> Index {
        Index::new(samples).along(self.sample_axis())
    }

    fn turned(&self, length: usize, over: &[(usize, i64)]) -> Index {
        let features = SlotAxis { extent: self.slots / self.batch, stride: self.batch };
        let index = Index::new(length).along(features).modulo(padded(length));
        over.iter().fold(index, |index, &(coordinate, factor)| index.over(coordinate, factor))
    }

    fn lay(&self, rows: Index, columns: Index, grid: &[usize]) -> MatrixLayout {
        MatrixLayout::new(self.slots, rows, columns).grid(grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, PackingError};

    #[test]
    fn the_drawing_is_true() {
        let drawn = DiagonalLayout::new(4, 4, 1).unwrap().matrix(DiagonalMatrix::new(4, 4)).draw("W").unwrap();
        assert_eq!(drawn, "W00 W11 W22 W33\nW01 W12 W23 W30\nW02 W13 W20 W31\nW03 W10 W21 W32\n");
    }

    #[test]
    fn giant_steps_turn_diagonals_back() {
        let w = DiagonalMatrix::new(4, 4).with_giant_steps();
        assert_eq!((w.baby_steps, w.giant_steps()), (2, 2));
        let drawn = DiagonalLayout::new(4, 4, 1).unwrap().matrix(w).draw("W").unwrap();
        assert_eq!(drawn, "W00 W11 W22 W33\nW01 W12 W23 W30\nW20 W31 W02 W13\nW21 W32 W03 W10\n");
    }

    #[test]
    fn a_rectangular_matrix_has_as_few_diagonals_as_its_shorter_side() {
        assert_eq!(DiagonalMatrix::new(3, 8).diagonals(), 4);
        assert_eq!(DiagonalMatrix::new(6, 2).diagonals(), 2);
    }

    #[test]
    fn too_much_says_how_much() {
        let refused = DiagonalLayout::new(64, 8, 9);
        assert!(matches!(refused, Err(Error::Packing(PackingError::TooFewSlots { needed: 128, slots: 64 }))));
    }
}
