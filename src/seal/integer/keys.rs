//! The contents of Galois keys of BFV and BGV.

use super::{GaloisKeys, IntegerScheme};

impl<S: IntegerScheme> GaloisKeys<S> {
    /// The elements that have a key, in ascending order, including those of rotations and of the columns.
    pub fn elements(&self) -> &[u32] {
        &self.elements
    }

    /// Whether there is a key for [`rotate_columns`](super::Evaluator::rotate_columns), which is that of the
    /// conjugation in CKKS.
    pub fn has_columns(&self) -> bool {
        self.conjugation
    }
}
