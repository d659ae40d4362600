//! Rotations of the rows and columns, and the underlying automorphisms.

use super::{Ciphertext, Evaluator, GaloisKeys, IntegerScheme, check};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::integerevaluator as ffi;

/// Rotations, which do not change the level and add little noise. Each needs its own key: SEAL composes a missing
/// rotation from others at several times the cost, but here this is an error.
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext), and [`Components`](SealError::Components) for a
/// product that has not been relinearised.
impl<S: IntegerScheme> Evaluator<S> {
    /// Rotates both rows to the left: slot `s` of a row is slot `s + step mod N/2` of the same row of `x`. Steps are
    /// taken modulo N/2, and step 0 is a copy.
    ///
    /// # Errors
    /// Also [`NoBatching`](SealError::NoBatching), [`MissingGaloisKey`](SealError::MissingGaloisKey).
    pub fn rotate_rows(
        &self,
        x: &Ciphertext<S>,
        step: Rotation,
        keys: &GaloisKeys<S>,
    ) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "rotate_rows";
        self.rotatable(OP, x, keys)?;
        check::has_batching(OP, &self.context)?;
        let step = step.canonical(self.context.row_size());
        if step == Rotation(0) {
            return Ok(x.clone());
        }
        if keys.rotations().binary_search(&step).is_err() {
            return Err(SealError::MissingGaloisKey { step, available: keys.rotations().to_vec() });
        }
        self.made(OP, ffi::rotate_rows(&self.raw, &x.raw, step.0, &keys.raw))
    }

    /// Swaps the two rows, which rotates the columns of two values each.
    ///
    /// # Errors
    /// Also [`NoBatching`](SealError::NoBatching), [`MissingColumnKey`](SealError::MissingColumnKey).
    pub fn rotate_columns(&self, x: &Ciphertext<S>, keys: &GaloisKeys<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "rotate_columns";
        self.rotatable(OP, x, keys)?;
        check::has_batching(OP, &self.context)?;
        match keys.has_columns() {
            true => self.made(OP, ffi::rotate_columns(&self.raw, &x.raw, &keys.raw)),
            false => Err(SealError::MissingColumnKey),
        }
    }

    /// Applies the automorphism `X -> X^element`, which does not require slots.
    ///
    /// # Errors
    /// Also [`NotAGaloisElement`](SealError::NotAGaloisElement),
    /// [`MissingGaloisElement`](SealError::MissingGaloisElement).
    pub fn apply_galois(
        &self,
        x: &Ciphertext<S>,
        element: u32,
        keys: &GaloisKeys<S>,
    ) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "apply_galois";
        self.rotatable(OP, x, keys)?;
        check::galois_element(OP, &self.context, element)?;
        if keys.elements().binary_search(&element).is_err() {
            return Err(SealError::MissingGaloisElement { element, available: keys.elements().to_vec() });
        }
        self.made(OP, ffi::apply_galois(&self.raw, &x.raw, element, &keys.raw))
    }
}
