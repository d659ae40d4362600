//! Matrices by diagonals, after Mihara et al. 2020.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::sums::{sum_left, sum_replicated};
use crate::{
    Level, Result, Step,
    backend::{Circuit, Evaluate, Landing, Slots},
};

/// Vectors `[f][b]` with the batch innermost: `slot = f B + b`, the feature axis repeated with the vector's period.
///
/// A matrix is one ciphertext a generalised diagonal, `D_k[f] = W[f mod m][(f + k) mod n]`, the same for every `b`
/// (Mihara et al. 2020, arXiv 2012.13552). A 4 x 4 matrix, one sample (B = 1, S = 4):
///
/// ```text
/// D_0 = W_00 W_11 W_22 W_33      D_2 = W_02 W_13 W_20 W_31
/// D_1 = W_01 W_12 W_23 W_30      D_3 = W_03 W_10 W_21 W_32
/// ```
///
/// Dimensions are padded to powers of two with zeros; an `m x n` matrix has `K = min(m, n)` diagonals.
///
/// | operation | rotations | ciphertext products | relinearisations | levels |
/// |---|---|---|---|---|
/// | product | K-1 hoisted, log2(n/m) | K | 1 | 1 |
/// | transposed product, same ciphertexts | K-1 and K-1 hoisted, log2(m/n) | K | 1 | 1 |
/// | gradient in diagonal form | none: those of the product | K | K | 1 |
/// | sum over the batch, replicated | 2 K log2 B | | | 1 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiagonalLayout {
    slots: usize,
    batch: usize,
}

/// Rows and columns of a matrix, and what they are padded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixShape {
    /// Rows, the length of the product.
    pub rows: usize,
    /// Columns, the length of the factor.
    pub columns: usize,
}

impl MatrixShape {
    fn padded(self) -> (usize, usize) {
        (self.rows.next_power_of_two(), self.columns.next_power_of_two())
    }

    /// K, the number of diagonals.
    pub fn diagonals(self) -> usize {
        let (m, n) = self.padded();
        m.min(n)
    }
}

/// A matrix as its diagonals, encrypted (ciphertexts), clear or planned.
#[derive(Clone, Debug)]
pub struct PackedMatrix<C> {
    /// The size without padding.
    pub shape: MatrixShape,
    /// `D_0 ... D_(K-1)`.
    pub diagonals: Vec<C>,
}

impl DiagonalLayout {
    /// A layout for batches of up to `batch` samples and dimensions of up to `dimension`, or the number of slots it
    /// would need when that is more than there are.
    pub fn new(slots: usize, dimension: usize, batch: usize) -> Result<DiagonalLayout, usize> {
        let batch = batch.next_power_of_two();
        let needed = batch * dimension.next_power_of_two();
        if needed > slots { Err(needed) } else { Ok(DiagonalLayout { slots, batch }) }
    }

    /// Slots from one feature to the next: the batch, padded to a power of two.
    pub fn stride(&self) -> usize {
        self.batch
    }

    /// A slot vector from `value(feature position, sample)`.
    pub fn fill(&self, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        (0..self.slots).map(|s| value(s / self.batch, s % self.batch)).collect()
    }

    /// A batch (`samples x dimension`), repeated along the features with the padded dimension as period.
    pub fn pack_batch(&self, x: ArrayView2<f64>) -> Vec<f64> {
        let period = x.ncols().next_power_of_two();
        self.fill(|f, b| x.get((b, f % period)).copied().unwrap_or(0.0))
    }

    /// The inverse of [`DiagonalLayout::pack_batch`], from the first copy.
    pub fn unpack_batch(&self, slots: &[f64], samples: usize, dimension: usize) -> Array2<f64> {
        Array2::from_shape_fn((samples, dimension), |(b, f)| slots[f * self.batch + b])
    }

    /// The diagonals of a matrix.
    pub fn pack_matrix(&self, w: ArrayView2<f64>) -> Vec<Vec<f64>> {
        let shape = MatrixShape { rows: w.nrows(), columns: w.ncols() };
        let (m, n) = shape.padded();
        (0..shape.diagonals()).map(|k| self.fill(|f, _| w.get((f % m, (f + k) % n)).copied().unwrap_or(0.0))).collect()
    }

    /// The inverse of [`DiagonalLayout::pack_matrix`]: the mean over all copies of an entry.
    pub fn unpack_matrix(&self, diagonals: &[Vec<f64>], shape: MatrixShape) -> Array2<f64> {
        let (m, n) = shape.padded();
        let mut sums = Array2::<f64>::zeros((m, n));
        for (k, diagonal) in diagonals.iter().enumerate() {
            for (s, value) in diagonal.iter().enumerate() {
                let f = s / self.batch;
                sums[(f % m, (f + k) % n)] += value;
            }
        }
        let copies = (self.slots / m.max(n)) as f64;
        Array2::from_shape_fn((shape.rows, shape.columns), |index| sums[index] / copies)
    }

    /// `rotate(x, k B)` for each diagonal `k`: what a product and later the gradient multiply with.
    ///
    /// # Errors
    /// As [`Circuit::rotate_many`].
    pub fn rotations<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        x: &E::Ciphertext,
        shape: MatrixShape,
    ) -> Result<Vec<E::Ciphertext>> {
        c.rotate_many(x, &self.steps(shape, 1))
    }

    /// `y = W x` from the [`rotations`](DiagonalLayout::rotations) of `x`: `y = sum_k D_k rotate(x, k B)`, and the
    /// wide case folded together. One level.
    ///
    /// # Errors
    /// A level must be left; rotations need their keys.
    pub fn product<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        w: &PackedMatrix<E::Ciphertext>,
        rotated: &[E::Ciphertext],
    ) -> Result<E::Ciphertext> {
        let (m, n) = w.shape.padded();
        let terms: Vec<_> = w.diagonals.iter().zip(rotated).collect();
        self.fold(c, c.product_sum(&terms)?, m, n)
    }

    /// `y = W x` for a matrix in the clear: one [`linear_transform`](Circuit::linear_transform), which shares the
    /// work of its rotations. Diagonals of zeros are left out. One level.
    ///
    /// # Errors
    /// As [`DiagonalLayout::product`]; `Empty` for a matrix of zeros.
    pub fn plain_product<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        w: &PackedMatrix<Slots>,
        x: &E::Ciphertext,
    ) -> Result<E::Ciphertext> {
        let (m, n) = w.shape.padded();
        let steps = self.steps(w.shape, 1);
        let terms: Vec<_> = steps.into_iter().zip(&w.diagonals).filter(|(_, d)| d.max_abs() > 0.0).collect();
        let at = Level(c.level(x).0.saturating_sub(1));
        self.fold(c, c.linear_transform(x, &terms, Landing::At(at))?, m, n)
    }

    /// The packed matrix made ready for [`transposed_product`](DiagonalLayout::transposed_product): diagonal `k`
    /// rotated by `-k B`. This is the paper's transposition: rotations only, no product, no level. The diagonals are
    /// dropped to `at` first, where rotations cost least.
    ///
    /// # Errors
    /// `at` must not lie above the diagonals; rotations need their keys.
    pub fn transpose<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        w: &PackedMatrix<E::Ciphertext>,
        at: Level,
    ) -> Result<PackedMatrix<E::Ciphertext>> {
        let steps = self.steps(w.shape, -1);
        let turn = |(d, &step)| c.rotate(&c.drop_to(d, at)?, step);
        let diagonals = w.diagonals.par_iter().zip(&steps).map(turn).collect::<Result<_>>()?;
        Ok(PackedMatrix { shape: w.shape, diagonals })
    }

    /// `x = W^T y` from the [`transpose`](DiagonalLayout::transpose) of `W`:
    /// `x = sum_k rotate(D_k, -k B) rotate(y, -k B)`, and the tall case folded together. One level.
    ///
    /// # Errors
    /// A level must be left; rotations need their keys.
    pub fn transposed_product<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        transposed: &PackedMatrix<E::Ciphertext>,
        y: &E::Ciphertext,
    ) -> Result<E::Ciphertext> {
        let (m, n) = transposed.shape.padded();
        let rotated = c.rotate_many(y, &self.steps(transposed.shape, -1))?;
        let terms: Vec<_> = transposed.diagonals.iter().zip(&rotated).collect();
        self.fold(c, c.product_sum(&terms)?, n, m)
    }

    /// The outer product `d x^T` in diagonal form, sample by sample: `d rotate(x, k B)`, with the product's rotations
    /// used again. Formed at level `at`; lands one below at a scale of its own, which the mask of
    /// [`batch_sum`](DiagonalLayout::batch_sum) puts right.
    ///
    /// # Errors
    /// As [`Circuit::multiply_loosely`].
    pub fn outer_product<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        d: &E::Ciphertext,
        rotated: &[E::Ciphertext],
        at: Level,
    ) -> Result<Vec<E::Ciphertext>> {
        rotated.par_iter().map(|x| c.multiply_loosely(d, x, at)).collect()
    }

    /// The sum over the batch, replicated over it and weighted by `mask` (see
    /// [`batch_mask`](DiagonalLayout::batch_mask)). `2 log2 B` rotations each, and one level.
    ///
    /// # Errors
    /// A level must be left; rotations need their keys.
    pub fn batch_sum<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        terms: Vec<E::Ciphertext>,
        mask: &Slots,
    ) -> Result<Vec<E::Ciphertext>> {
        let sum = |x| {
            let at = Level(c.level(&x).0.saturating_sub(1));
            sum_replicated(c, x, self.batch, 1, mask, Landing::At(at))
        };
        terms.into_par_iter().map(sum).collect()
    }

    /// `weight` at the first sample of every feature, zeros elsewhere.
    pub fn batch_mask(&self, weight: f64) -> Slots {
        self.fill(|_, b| if b == 0 { weight } else { 0.0 }).into()
    }

    fn steps(&self, shape: MatrixShape, sign: i32) -> Vec<Step> {
        (0..shape.diagonals()).map(|k| Step(sign * (k * self.batch) as i32)).collect()
    }

    /// Adds the `from / to` partial results of period `to`: nothing when the matrix is not wider than tall.
    fn fold<E: Evaluate>(&self, c: &Circuit<E>, x: E::Ciphertext, to: usize, from: usize) -> Result<E::Ciphertext> {
        if from > to { sum_left(c, x, from / to, to * self.batch) } else { Ok(x) }
    }
}
