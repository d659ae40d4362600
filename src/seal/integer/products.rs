//! Products, powers and relinearisation.

use super::{Ciphertext, Evaluator, IntegerScheme, Plaintext, RelinKeys, check};
use crate::error::SealError;
use crate::ffi::{evaluator as shared, integerevaluator as ffi};

/// Products modulo t. Operands are ciphertexts of two components at the same level. With [`Bfv`](super::Bfv), a product
/// consumes about `log2(t) + log2(N)` bits of noise budget. With [`Bgv`](super::Bgv), it consumes about as many bits as
/// the noise of the operands has, so the modulus should be switched after every product.
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext), [`LevelMismatch`](SealError::LevelMismatch),
/// [`Components`](SealError::Components) for an operand that has not been relinearised. Only the
/// [`Decryptor`](super::Decryptor) can detect that the noise budget is exhausted.
impl<S: IntegerScheme> Evaluator<S> {
    /// `x * y`, in three components: `(x_0 y_0, x_0 y_1 + x_1 y_0, x_1 y_1)`, with BFV scaled by `t/q`.
    pub fn multiply(&self, x: &Ciphertext<S>, y: &Ciphertext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "multiply";
        self.factors(OP, x, y)?;
        self.product(OP, x, y)
    }

    /// `x * x`, in three components; cheaper than a product.
    pub fn square(&self, x: &Ciphertext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "square";
        self.factors(OP, x, x)?;
        self.product(OP, x, x)
    }

    /// `x * y` with a plaintext, with as many components as `x`. The noise grows with the plaintext: by
    /// `log2(t) + log2(N)` bits for one that fills its slots or coefficients, and by few bits for a small constant.
    ///
    /// # Errors
    /// Also [`Transparent`](SealError::Transparent) for a zero plaintext.
    pub fn multiply_plain(&self, x: &Ciphertext<S>, y: &Plaintext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "multiply_plain";
        self.pair_plain(OP, x, y)?;
        self.made(OP, ffi::multiply_plain(&self.raw, &x.raw, &y.raw))
    }

    /// Reduces a product from three components to two; two components are left unchanged. Adds little noise.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a ciphertext or keys of other parameters.
    pub fn relinearize(&self, x: &Ciphertext<S>, keys: &RelinKeys<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "relinearize";
        self.own(OP, x)?;
        self.keys(OP, keys)?;
        self.relinearized(OP, x, keys)
    }

    /// The product of all factors, relinearised, as a tree whose depth is `log2` of their number.
    ///
    /// # Errors
    /// Also [`EmptyProduct`](SealError::EmptyProduct).
    pub fn multiply_many(&self, factors: &[&Ciphertext<S>], keys: &RelinKeys<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "multiply_many";
        let &first = factors.first().ok_or(SealError::EmptyProduct { op: OP })?;
        self.keys(OP, keys)?;
        for factor in factors {
            self.factors(OP, first, factor)?;
        }
        self.tree(OP, factors, keys)
    }

    /// `x^exponent`, relinearised, with depth `log2(exponent)` rounded up, by repeated squaring. SEAL's function makes
    /// as many copies as the exponent.
    ///
    /// # Errors
    /// Also [`EmptyProduct`](SealError::EmptyProduct) for the exponent 0.
    pub fn exponentiate(
        &self,
        x: &Ciphertext<S>,
        exponent: u64,
        keys: &RelinKeys<S>,
    ) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "exponentiate";
        if exponent == 0 {
            return Err(SealError::EmptyProduct { op: OP });
        }
        self.keys(OP, keys)?;
        self.factors(OP, x, x)?;
        // From the lowest bit: the product of the powers so far is never deeper than the next power.
        let (mut power, mut product) = (x.clone(), None::<Ciphertext<S>>);
        let mut rest = exponent;
        loop {
            if rest & 1 == 1 {
                product = Some(match product {
                    None => power.clone(),
                    Some(product) => self.relinearized(OP, &self.product(OP, &product, &power)?, keys)?,
                });
            }
            rest >>= 1;
            match product {
                Some(product) if rest == 0 => return Ok(product),
                _ => power = self.relinearized(OP, &self.product(OP, &power, &power)?, keys)?,
            }
        }
    }

    fn tree(
        &self,
        op: &'static str,
        factors: &[&Ciphertext<S>],
        keys: &RelinKeys<S>,
    ) -> Result<Ciphertext<S>, SealError> {
        if let &[factor] = factors {
            return Ok(factor.clone());
        }
        let (left, right) = factors.split_at(factors.len() / 2);
        let (left, right) = (self.tree(op, left, keys)?, self.tree(op, right, keys)?);
        self.relinearized(op, &self.product(op, &left, &right)?, keys)
    }

    /// A product of operands that have been checked.
    fn product(&self, op: &'static str, x: &Ciphertext<S>, y: &Ciphertext<S>) -> Result<Ciphertext<S>, SealError> {
        let context = self.context.raw();
        match std::ptr::eq(x, y) {
            true => self.made(op, shared::square(&self.raw, context, &x.raw)),
            false => self.made(op, shared::multiply(&self.raw, context, &x.raw, &y.raw)),
        }
    }

    fn relinearized(
        &self,
        op: &'static str,
        x: &Ciphertext<S>,
        keys: &RelinKeys<S>,
    ) -> Result<Ciphertext<S>, SealError> {
        self.changed(op, x, |product| shared::relinearize_inplace(&self.raw, product, &keys.raw))
    }

    fn factors(&self, op: &'static str, x: &Ciphertext<S>, y: &Ciphertext<S>) -> Result<(), SealError> {
        self.pair(op, x, y)?;
        check::two_components(op, x)?;
        check::two_components(op, y)
    }

    fn keys(&self, op: &'static str, keys: &RelinKeys<S>) -> Result<(), SealError> {
        check::same_context(op, &self.context, &keys.context)
    }
}
