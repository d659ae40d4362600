//! What Galois keys of BFV and BGV tell.

use super::{GaloisKeys, IntegerScheme};

impl<S: IntegerScheme> GaloisKeys<S> {
    /// The elements for which there is a key, ascending; those of rotations and of the columns are among them.
    pub fn elements(&self) -> &[u32] {
        &self.elements
    }

    /// Whether [`rotate_columns`](super::Evaluator::rotate_columns) has its key, which is that of the conjugation in
    /// CKKS.
    pub fn has_columns(&self) -> bool {
        self.conjugation
    }
}
