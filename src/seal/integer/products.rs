//! Products, powers, and bringing them back to two components.

use super::{Ciphertext, Evaluator, IntegerScheme, Plaintext, RelinKeys, check};
use crate::error::SealError;
use crate::ffi::{evaluator as shared, integerevaluator as ffi};

/// Products modulo t. Operands are ciphertexts of two components at one level. With [`Bfv`](super::Bfv) a product takes
/// about `log2(t) + log2(N)` bits of noise budget; with [`Bgv`](super::Bgv) it takes about as many as the noise of the
/// operands has, so that the modulus should be switched down after every product.
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext), [`LevelMismatch`](SealError::LevelMismatch),
/// [`Components`](SealError::Components) for an operand that is not relinearised. That the noise budget is used up is
/// seen by the [`Decryptor`](super::Decryptor) alone.
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

    /// `x * y` with a plaintext, in as many components as `x` has. The noise grows by the plaintext: by `log2(t) +
    /// log2(N)` bits for one that fills its slots or coefficients, by few for a small constant polynomial.
    ///
    /// # Errors
    /// Also [`Transparent`](SealError::Transparent) for a plaintext of zeros.
    pub fn multiply_plain(&self, x: &Ciphertext<S>, y: &Plaintext<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "multiply_plain";
        self.pair_plain(OP, x, y)?;
        self.made(OP, ffi::multiply_plain(&self.raw, &x.raw, &y.raw))
    }

    /// Brings a product from three components to two; two components stay as they are. Costs a little noise.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn relinearize(&self, x: &Ciphertext<S>, keys: &RelinKeys<S>) -> Result<Ciphertext<S>, SealError> {
        const OP: &str = "relinearize";
        self.own(OP, x)?;
        self.keys(OP, keys)?;
        self.relinearized(OP, x, keys)
    }

    /// The product of all factors, relinearised, as a tree of depth `log2` of their number.
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

    /// `x^exponent`, relinearised, of depth `log2(exponent)` rounded up, by squaring: SEAL's own makes as many copies as
    /// the exponent says.
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

    /// A product of operands that are known to fit.
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
