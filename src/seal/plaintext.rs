//! Encoded values of CKKS.

use super::{Ckks, common};
use crate::Level;

/// A vector of S = N/2 numbers, multiplied by a scale and rounded to a polynomial with integer coefficients, modulo the
/// primes of a level. It can be encrypted, or added to and multiplied with a ciphertext of that level.
pub type Plaintext = common::Plaintext<Ckks>;

impl Plaintext {
    /// The level at which it was encoded.
    pub fn level(&self) -> Level {
        Level(self.raw.coeff_count() / self.context.parameters().poly_modulus_degree() - 1)
    }

    /// The factor by which its values were multiplied.
    pub fn scale(&self) -> f64 {
        *self.raw.scale()
    }
}
