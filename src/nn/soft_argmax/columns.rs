//! The soft-argmax with samples in slots.

use super::{
    SoftmaxApproximation,
    steps::{Classes, Steps},
};
use crate::{
    Result,
    backend::{Circuit, Evaluate},
    nn::layout::check_count,
};

/// A [`SoftmaxApproximation`] on columns, for any backend: a ciphertext for each of its inputs
/// ([`SoftmaxApproximation::inputs`]), with a sample in every slot.
///
/// The sum over the classes is a sum of ciphertexts, so nothing is rotated and nothing is masked. The steps are those of
/// a [`SoftArgmaxProgram`](super::SoftArgmaxProgram), once for each class, whatever the number of samples.
pub struct SoftArgmaxColumns {
    steps: Steps,
    inputs: usize,
}

impl SoftArgmaxColumns {
    /// The program for so many classes.
    ///
    /// # Errors
    /// `WrongClasses` if the approximation is for another number of classes; `OutOfBounds` for fewer than two or more than
    /// 4096.
    pub fn new(approximation: &SoftmaxApproximation, classes: usize) -> Result<SoftArgmaxColumns> {
        let inputs = approximation.inputs(classes)?.nrows();
        Ok(SoftArgmaxColumns { steps: Steps::new(approximation, Classes::Columns, None)?, inputs })
    }

    /// The probabilities, a ciphertext for each class; for two classes, only that of the second.
    ///
    /// # Errors
    /// `WrongCount` for another number of inputs; `NoLevelLeft` if the levels of the approximation are not available.
    pub fn probabilities<E: Evaluate>(&self, c: &Circuit<E>, inputs: Vec<E::Ciphertext>) -> Result<Vec<E::Ciphertext>> {
        check_count("inputs of a soft-argmax", self.inputs, &inputs)?;
        self.steps.iter().try_fold(inputs, |values, step| self.steps.apply(c, step, values))
    }
}
