//! Square matrices, each in one ciphertext.

use crate::{
    Argument, Result,
    packing::{
        Index, MatrixLayout, SlotAxis,
        slot_axis::{check_room, padded},
    },
};

/// `d x d` matrices by rows, `slot = (i d + j) g + c`, in g interleaved copies c (E2DM: Jiang, Kim, Lauter, Song, CCS
/// 2018, section 3, with its parallel matrices).
///
/// In `A B^T`, a left factor A has its rows on i and the common index on j, and a right factor B has its rows on j and
/// the common index on i. Samples also use the copies: sample `j g + c` lies in column j of copy c. With d = 2 and one
/// copy, a left factor is:
///
/// ```text
/// i j         00    01    10    11
/// plain       A_00  A_01  A_10  A_11
/// skewed      A_00  A_01  A_11  A_10     sigma, for a right factor tau
/// turned, 0   A_00  A_01  A_11  A_10     phi, for a right factor psi
/// turned, 1   A_01  A_00  A_10  A_11
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SquareMatrices {
    slots: usize,
    rows: SlotAxis,
    columns: SlotAxis,
    copies: SlotAxis,
}

/// An index of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vector {
    /// A number of features, units or classes.
    Features(usize),
    /// A number of samples.
    Samples(usize),
}

/// A stage in the preparation of a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Unchanged.
    Plain,
    /// The common index is rotated by the other one, so that each slot has the same index in both factors.
    Skewed,
    /// The skewed matrix rotated by q, in one ciphertext for every `q < d`.
    Turned,
}

impl SquareMatrices {
    /// The layout for dimensions of up to `dimension` and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `TooFewSlots`; `NotPowerOfTwo` for another number of slots; `OutOfBounds` for a batch or dimension of 0.
    pub fn new(slots: usize, dimension: usize, batch: usize) -> Result<SquareMatrices> {
        let d = padded(dimension);
        let copies = padded(batch.div_ceil(d));
        check_room(slots, &[(Argument::Dimension, dimension), (Argument::Dimension, d), (Argument::Samples, copies)])?;
        Argument::Samples.check_count(batch, 1, None)?;
        let (rows, columns) = (SlotAxis { extent: d, stride: d * copies }, SlotAxis { extent: d, stride: copies });
        Ok(SquareMatrices { slots, rows, columns, copies: SlotAxis { extent: copies, stride: 1 } })
    }

    /// The largest number of samples.
    pub fn capacity(&self) -> usize {
        self.columns.extent * self.copies.extent
    }

    /// A left factor, its rows by the common index.
    pub fn left(&self, rows: Vector, common: Vector, form: Form) -> MatrixLayout {
        self.factor((rows, self.rows), (common, self.columns), form)
    }

    /// A right factor, its rows by the common index.
    pub fn right(&self, rows: Vector, common: Vector, form: Form) -> MatrixLayout {
        self.factor((rows, self.columns), (common, self.rows), form)
    }

    /// The layouts of a left factor on its way into a product.
    pub fn left_way(&self, rows: Vector, common: Vector) -> [MatrixLayout; 3] {
        [Form::Plain, Form::Skewed, Form::Turned].map(|form| self.left(rows, common, form))
    }

    /// The layouts of a right factor on its way into a product.
    pub fn right_way(&self, rows: Vector, common: Vector) -> [MatrixLayout; 3] {
        [Form::Plain, Form::Skewed, Form::Turned].map(|form| self.right(rows, common, form))
    }

    fn factor(&self, (rows, own): (Vector, SlotAxis), (common, axis): (Vector, SlotAxis), form: Form) -> MatrixLayout {
        let d = self.rows.extent;
        let lay = |vector, axis| match vector {
            Vector::Features(length) => Index::new(length).along(axis),
            Vector::Samples(count) => {
                Index::new(count).along_scaled(axis, self.copies.extent as i64).along(self.copies)
            }
        };
        let unit = match common {
            Vector::Features(_) => 1,
            Vector::Samples(_) => self.copies.extent,
        };
        let skewed = |index: Index| index.along_scaled(own, unit as i64).modulo(d * unit);
        let (rows, common) = (lay(rows, own), lay(common, axis));
        match form {
            Form::Plain => MatrixLayout::new(self.slots, rows, common),
            Form::Skewed => MatrixLayout::new(self.slots, rows, skewed(common)),
            Form::Turned => MatrixLayout::new(self.slots, rows, skewed(common).over(0, unit as i64)).grid(&[d]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, PackingError};
    use Vector::{Features, Samples};

    #[test]
    fn the_drawing_is_true() {
        let layout = SquareMatrices::new(4, 2, 2).unwrap();
        let drawn = layout.left_way(Features(2), Features(2)).map(|form| form.draw("A").unwrap());
        assert_eq!(drawn, ["A00 A01 A10 A11\n", "A00 A01 A11 A10\n", "A00 A01 A11 A10\nA01 A00 A10 A11\n"]);
    }

    #[test]
    fn samples_take_the_copies() {
        let layout = SquareMatrices::new(8, 2, 4).unwrap();
        let batch = layout.right(Samples(3), Features(2), Form::Plain);
        assert_eq!(batch.draw("x").unwrap(), "x00 x10 x20 0   x01 x11 x21 0\n");
        let refused = SquareMatrices::new(8, 3, 1);
        assert!(matches!(refused, Err(Error::Packing(PackingError::TooFewSlots { needed: 16, slots: 8 }))));
    }
}
