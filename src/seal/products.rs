//! Products and relinearisation.

use super::common::done;
use super::{Ciphertext, Evaluator, Plaintext, RelinKeys, check};
use crate::error::SealError;
use crate::ffi::evaluator::{self as ffi, Product};

/// Products. Operands are at the same level. The scale of the result is the product of the scales and must be smaller
/// than the modulus of the level, so with the usual chains there are no products at level 0. Rescale afterwards, once
/// per sum. Noise: `x e_y + y e_x`.
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext), [`LevelMismatch`](SealError::LevelMismatch),
/// [`ScaleTooLarge`](SealError::ScaleTooLarge).
impl Evaluator {
    /// `x * y`, in three components: `(x_0 y_0, x_0 y_1 + x_1 y_0, x_1 y_1)`.
    ///
    /// # Errors
    /// Also [`Components`](SealError::Components) for an operand that has not been relinearised.
    pub fn multiply(&self, x: &Ciphertext, y: &Ciphertext) -> Result<Ciphertext, SealError> {
        const OP: &str = "multiply";
        self.factors(OP, x, y)?;
        self.made(OP, ffi::multiply(&self.raw, self.context.raw(), &x.raw, &y.raw))
    }

    /// `x * x`, in three components; cheaper than a product.
    ///
    /// # Errors
    /// Also [`Components`](SealError::Components) for an operand that has not been relinearised.
    pub fn square(&self, x: &Ciphertext) -> Result<Ciphertext, SealError> {
        const OP: &str = "square";
        self.factors(OP, x, x)?;
        self.made(OP, ffi::square(&self.raw, self.context.raw(), &x.raw))
    }

    /// The sum of products `x_1 y_1 + x_2 y_2 + ...`, in three components. Relinearisation and rescale, which cost many
    /// times as much as a product, are then needed once for the sum.
    ///
    /// # Errors
    /// Also [`EmptySum`](SealError::EmptySum), [`Components`](SealError::Components),
    /// [`ScaleMismatch`](SealError::ScaleMismatch) between products, [`Transparent`](SealError::Transparent).
    pub fn multiply_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext, SealError> {
        const OP: &str = "multiply_sum";
        let &(first, second) = terms.first().ok_or(SealError::EmptySum { op: OP })?;
        let scale = first.scale() * second.scale();
        for &(x, y) in terms {
            self.factors(OP, x, y)?;
            check::same_level(OP, first.level(), x.level())?;
            check::same_scale(OP, scale, x.scale() * y.scale())?;
        }
        let products: Vec<Product> = terms.iter().map(|&(x, y)| Product { x: &x.raw, y: &y.raw }).collect();
        self.made(OP, ffi::multiply_sum(&self.raw, self.context.raw(), &products))
    }

    /// `x * y` with a plaintext, with as many components as `x`.
    ///
    /// # Errors
    /// Also [`Transparent`](SealError::Transparent) for a zero plaintext.
    pub fn multiply_plain(&self, x: &Ciphertext, y: &Plaintext) -> Result<Ciphertext, SealError> {
        let mut product = x.clone();
        self.multiply_plain_inplace(&mut product, y)?;
        Ok(product)
    }

    /// `x *= y` with a plaintext.
    ///
    /// # Errors
    /// Also [`Transparent`](SealError::Transparent) for a zero plaintext.
    pub fn multiply_plain_inplace(&self, x: &mut Ciphertext, y: &Plaintext) -> Result<(), SealError> {
        const OP: &str = "multiply_plain";
        self.pair_plain(OP, x, y)?;
        check::scale_fits(OP, &self.context, x.level(), x.scale() * y.scale())?;
        done(OP, ffi::multiply_plain_inplace(&self.raw, x.raw.pin_mut(), &y.raw))
    }

    /// Reduces a product from three components to two, without changing level and scale; two components are left
    /// unchanged. The added noise is that of a rotation, which becomes negligible in the following rescale.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a ciphertext or keys of other parameters.
    pub fn relinearize_inplace(&self, x: &mut Ciphertext, keys: &RelinKeys) -> Result<(), SealError> {
        const OP: &str = "relinearize";
        self.own(OP, x)?;
        check::same_context(OP, &self.context, &keys.context)?;
        done(OP, ffi::relinearize_inplace(&self.raw, x.raw.pin_mut(), &keys.raw))
    }

    fn factors(&self, op: &'static str, x: &Ciphertext, y: &Ciphertext) -> Result<(), SealError> {
        self.pair(op, x, y)?;
        check::two_components(op, x)?;
        check::two_components(op, y)?;
        check::scale_fits(op, &self.context, x.level(), x.scale() * y.scale())
    }
}
