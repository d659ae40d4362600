//! All diagonals of a matrix in one ciphertext.

use super::{
    Conversion, Index, MatrixLayout, SlotAxis,
    slot_axis::{check_room, padded},
    sum_right,
};
use crate::{
    Argument, Level, PackingError, Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
};

/// Slots `[k][f][b]`, `slot = (k n + f) B + b`: the n diagonals `k` of an `n x n` matrix, with a copy for every sample
/// `b` of a block of B, where n is the largest dimension, padded. Further slots are copies.
///
/// A matrix has `W[f][(f + k) mod n]` at `(k, f)`. A vector lies on f with a copy for every k, or skewed, with
/// `x[(f + k) mod n]` at `(k, f)`. The product of a skewed vector with a matrix, summed over k, is `W x` on f with a
/// copy for every k. With n = 2, B = 1:
///
/// ```text
/// k f         00    01    10    11
/// W           W_00  W_11  W_01  W_10
/// x skewed    x_0   x_1   x_1   x_0
/// W x         y_0   y_1   y_0   y_1
/// ```
///
/// | operation | rotations | ciphertext products | relinearisations | levels |
/// |---|---|---|---|---|
/// | product of a skewed vector | log2 n | 1 | 1 | 1 |
/// | skewing a vector | n-1 hoisted | | | 1 |
/// | transposed product, same ciphertext ([`SkewedSum`]) | m+n-2 hoisted, log2 n | 1 | 1 | 2 |
/// | gradient, summed over the batch | 2 log2 B | 1 | 1 | 2 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedDiagonals {
    slots: usize,
    samples: SlotAxis,
    features: SlotAxis,
    diagonals: SlotAxis,
}

impl PackedDiagonals {
    /// The layout for dimensions of up to `dimension`, in blocks of as many samples as fit and at most `batch`.
    ///
    /// # Errors
    /// `TooFewSlots` if one sample does not fit; `NotPowerOfTwo` for another number of slots; `OutOfBounds` for a batch
    /// or dimension of 0.
    pub fn new(slots: usize, dimension: usize, batch: usize) -> Result<PackedDiagonals> {
        check_room(slots, &[(Argument::Dimension, dimension); 2])?;
        Argument::Samples.check_count(batch, 1, None)?;
        let n = dimension.next_power_of_two();
        let block = padded(batch).min(slots / (n * n));
        let (samples, features) = (SlotAxis { extent: block, stride: 1 }, SlotAxis { extent: n, stride: block });
        Ok(PackedDiagonals { slots, samples, features, diagonals: SlotAxis { extent: n, stride: n * block } })
    }

    /// Samples per block.
    pub fn block(&self) -> usize {
        self.samples.extent
    }

    /// A matrix, `rows x columns`.
    pub fn matrix(&self, rows: usize, columns: usize) -> MatrixLayout {
        MatrixLayout::new(self.slots, Index::new(rows).along(self.features), self.skewed_index(columns))
    }

    /// A batch, `samples x features`, in as many blocks as needed.
    pub fn batch(&self, samples: usize, features: usize) -> MatrixLayout {
        self.in_blocks(samples, Index::new(features).along(self.features))
    }

    /// A skewed batch, for products with a matrix of any number of rows.
    pub fn skewed(&self, samples: usize, features: usize) -> MatrixLayout {
        self.in_blocks(samples, self.skewed_index(features))
    }

    /// A batch that is skewed for a matrix with the given number of rows, and zero elsewhere, so not all diagonals need
    /// a rotation.
    pub fn skewed_for(&self, samples: usize, features: usize, rows: usize) -> MatrixLayout {
        self.skewed(samples, features).only(self.features, 0..rows)
    }

    fn skewed_index(&self, length: usize) -> Index {
        Index::new(length).along(self.features).along(self.diagonals).modulo(self.features.extent)
    }

    fn in_blocks(&self, samples: usize, columns: Index) -> MatrixLayout {
        let blocks = samples.div_ceil(self.block()).max(1);
        let samples = Index::new(samples).along(self.samples).over(0, self.block() as i64);
        MatrixLayout::new(self.slots, samples, columns).grid(&[blocks])
    }
}

/// The transposed product `W^T d` from the matrix in its usual layout: `W[i][(i + k) mod n] d_i` at `(k, i)` for all
/// entries at once, and their sums over i, moved to `f = (i + k) mod n` by masked rotations. This needs neither a
/// transposition of `W` nor a skewed `d`.
#[derive(Clone, Debug)]
pub struct SkewedSum {
    gather: Conversion,
    diagonals: SlotAxis,
}

impl SkewedSum {
    /// The sum for a block of samples and a matrix of `rows x columns`.
    ///
    /// # Errors
    /// `IndexTooLong` if the dimensions exceed those of the layout.
    pub fn new(layout: &PackedDiagonals, rows: usize, columns: usize) -> Result<SkewedSum> {
        let PackedDiagonals { slots, samples, features, diagonals } = *layout;
        if rows > features.extent {
            return Err(PackingError::IndexTooLong { length: rows, reached: features.extent }.into());
        }
        let (n, samples) = (features.extent, Index::new(samples.extent).along(samples));
        let entries = Index::new(n * n).along(features).along_scaled(diagonals, n as i64);
        let products = MatrixLayout::new(slots, samples.clone(), entries);
        // Sum at k = 0 first: copies are cheaper by doubling.
        let sums = MatrixLayout::new(slots, samples, Index::new(columns).along(features)).only(diagonals, 0..1);
        let entry = |i: usize, (sample, column): (usize, usize)| (sample, (column + n - i) % n * n + i);
        Ok(SkewedSum { gather: Conversion::summing_entries(&products, &sums, rows, entry)?, diagonals })
    }

    /// `W^T d` for one block, two levels below `d`. `w` is dropped to the level of `d`.
    ///
    /// # Errors
    /// `NoLevelLeft` if two levels are not available; `MissingRotation` without the keys.
    pub fn apply<E: Evaluate>(&self, c: &Circuit<E>, d: &E::Ciphertext, w: &E::Ciphertext) -> Result<E::Ciphertext> {
        let w = c.multiply_plain(w, &Slots::Constant(1.0), TargetScale::For { partner: d, at: c.level(d) })?;
        let products = c.multiply(d, &w)?;
        let at = Level(c.level(&products).0.saturating_sub(1));
        let sums = self.gather.apply_at(c, std::slice::from_ref(&products), at)?;
        let SlotAxis { extent, stride } = self.diagonals;
        sum_right(c, sums[0].clone(), extent, stride)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, PackingError};

    #[test]
    fn the_drawing_is_true() {
        let layout = PackedDiagonals::new(4, 2, 1).unwrap();
        assert_eq!(layout.matrix(2, 2).draw("W").unwrap(), "W00 W11 W01 W10\n");
        assert_eq!(layout.skewed(1, 2).draw("x").unwrap(), "x00 x01 x01 x00\n");
        assert_eq!(layout.batch(1, 2).draw("y").unwrap(), "y00 y01 y00 y01\n");
    }

    #[test]
    fn a_batch_too_large_takes_blocks() {
        let layout = PackedDiagonals::new(64, 4, 100).unwrap();
        assert_eq!((layout.block(), layout.batch(9, 4).ciphertexts()), (4, 3));
        let refused = PackedDiagonals::new(64, 9, 1);
        assert!(matches!(refused, Err(Error::Packing(PackingError::TooFewSlots { needed: 256, slots: 64 }))));
    }
}
