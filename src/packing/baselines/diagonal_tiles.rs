//! Products by diagonals that are built during the summation.

use crate::{
    Argument, Result, Rotation,
    packing::{
        Conversion, ConvertedProduct, Index, MatrixLayout, Product, SlotAxis,
        slot_axis::{check_room, padded},
    },
};

/// The tile of HETAL (Lee et al., ICML 2023, arXiv 2403.14111): `slot = r s1 + j`, with samples or rows of a matrix on
/// the outer axis r and columns on j. A dimension shorter than its axis repeats with its padded length. Its products
/// compute one diagonal at a time, which a mask puts into place.
///
/// For `c` rows of B, padded, and `k` columns, `A B^T` of samples A takes 3 levels, `(c - 1) hoisted + 2 c log2 k`
/// rotations and c relinearisations. `A^T B`, with c columns of A, takes 2 levels below A,
/// `(c - 1) hoisted + 1 + c log2 s0` rotations and c relinearisations.
///
/// Two things are better than published: sums over columns add only those that contain data, and the rotations of B in
/// `A^T B` are shared by all diagonals. Packing two diagonals into one complex ciphertext is left out, because slots
/// are real here. It would save almost half of the rotations and relinearisations at the cost of one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiagonalTiles {
    slots: usize,
    rows: SlotAxis,
    columns: SlotAxis,
}

impl DiagonalTiles {
    /// One tile for dimensions of up to `dimension` and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `TooFewSlots`; `NotPowerOfTwo` for another number of slots; `OutOfBounds` for a batch or dimension of 0.
    pub fn new(slots: usize, dimension: usize, batch: usize) -> Result<DiagonalTiles> {
        check_room(slots, &[(Argument::Dimension, dimension), (Argument::Samples, batch.max(dimension))])?;
        Argument::Samples.check_count(batch, 1, None)?;
        let (s0, s1) = (batch.max(dimension).next_power_of_two(), dimension.next_power_of_two());
        let (rows, columns) = (SlotAxis { extent: s0, stride: s1 }, SlotAxis { extent: s1, stride: 1 });
        Ok(DiagonalTiles { slots, rows, columns })
    }

    /// The largest number of samples.
    pub fn capacity(&self) -> usize {
        self.rows.extent
    }

    /// A batch, `samples x features`.
    pub fn batch(&self, samples: usize, features: usize) -> MatrixLayout {
        MatrixLayout::new(self.slots, Index::new(samples).along(self.rows), repeated(features, self.columns))
    }

    /// A matrix, `rows x columns`.
    pub fn matrix(&self, rows: usize, columns: usize) -> MatrixLayout {
        MatrixLayout::new(self.slots, repeated(rows, self.rows), repeated(columns, self.columns))
    }

    /// DiagABT: `X W^T` of a batch, `samples x k`, and a matrix, `c x k`, which is converted through a sequence of
    /// layouts.
    ///
    /// ```text
    /// W_q = W turned up by q rows                               c ciphertexts, rotations alone
    /// S_q = sum over j of X W_q: (X W^T)[r, (r + q) mod c]      the same for every j; masked, replicated
    /// X W^T = sum over q of S_q where j = r + q mod c           masks
    /// ```
    ///
    /// # Errors
    /// `IndexTooLong` if the dimensions exceed those of the layout; `NoSource` or `NotAligned` if `before` does not match.
    pub fn abt(
        &self,
        samples: usize,
        (c, k): (usize, usize),
        before: Option<MatrixLayout>,
    ) -> Result<ConvertedProduct> {
        let turned = MatrixLayout::new(self.slots, repeated(c, self.rows).over(0, 1), repeated(k, self.columns));
        let way = [self.matrix(c, k), turned.grid(&[padded(c)])];
        let way: Vec<_> = before.into_iter().chain(way).collect();
        ConvertedProduct::new(&[self.batch(samples, k)], &way)?.brought_to(&self.batch(samples, c))
    }

    /// DiagATB, for errors at a lower level than the inputs: `D^T X` of two batches, `samples x c` and `samples x k`.
    ///
    /// ```text
    /// D_q = D rotated by q: the last q columns come from the next row
    /// X_q = X with the last q columns one row up                          masks, off the longest way
    /// P_q = sum over r of D_q X_q: (D^T X)[(j + q) mod c, j]              the same for every r
    /// D^T X = sum over q of P_q where r = j + q mod c                     masks
    /// ```
    ///
    /// # Errors
    /// `IndexTooLong` if the dimensions exceed those of the layout.
    pub fn atb(&self, samples: usize, (c, k): (usize, usize)) -> Result<ConvertedProduct> {
        let diagonals = padded(c);
        let (d, x) = (self.batch(samples, c).transposed(), self.batch(samples, k).transposed());
        // Equal up to the rows by which both were moved, which does not change their sum.
        let (turned, moved) = (d.clone().grid(&[diagonals]), x.clone().grid(&[diagonals]));
        let turn = Conversion::by_steps(&d, &turned, |q, _| Rotation(q as i32))?;
        let SlotAxis { extent, .. } = self.columns;
        let up =
            |q, slot| if self.columns.position(slot) + q >= extent { Rotation(extent as i32) } else { Rotation(0) };
        let shift = Conversion::by_steps(&x, &moved, up)?;
        let columns = repeated(k, self.columns);
        let result = MatrixLayout::new(self.slots, repeated(c, self.columns).over(0, 1), columns).grid(&[diagonals]);
        let product = Product::in_pairs(&turned, &moved, self.rows, result)?;
        ConvertedProduct::of(turn, shift, product).brought_to(&self.matrix(c, k))
    }
}

/// An index that repeats along an axis with its padded length.
fn repeated(length: usize, axis: SlotAxis) -> Index {
    Index::new(length).along(axis).modulo(padded(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, PackingError};

    #[test]
    fn batches_and_matrices_repeat() {
        let layout = DiagonalTiles::new(16, 4, 3).unwrap();
        assert_eq!(
            layout.batch(3, 2).draw("x").unwrap().split_whitespace().collect::<Vec<_>>()[..8].join(" "),
            "x00 x01 x00 x01 x10 x11 x10 x11"
        );
        assert_eq!(
            layout.matrix(2, 4).draw("W").unwrap().split_whitespace().collect::<Vec<_>>()[8..12].join(" "),
            "W00 W01 W02 W03"
        );
        let refused = DiagonalTiles::new(16, 4, 5);
        assert!(matches!(refused, Err(Error::Packing(PackingError::TooFewSlots { needed: 32, slots: 16 }))));
    }
}
