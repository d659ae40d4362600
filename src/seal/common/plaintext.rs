//! Plaintexts.

use std::fmt;

use cxx::UniquePtr;

use super::{Context, SchemeType};
use crate::error::SealError;
use crate::ffi::plaintext as ffi;

/// A polynomial of a degree below N that can be encrypted, or added to and multiplied with a ciphertext.
///
/// In CKKS an [`Encoder`](crate::seal::Encoder) makes it from S = N/2 numbers, multiplied by a scale, for a level by
/// whose primes it is reduced.
///
/// In BFV and BGV its coefficients are integers modulo the plain modulus t, and it has no level. Products are those of
/// polynomials modulo `X^N + 1`. If a [`BatchEncoder`](crate::seal::integer::BatchEncoder) made it, they are slot-wise
/// products.
///
/// ```
/// use seal_nn::seal::integer::{Bfv, CoeffModulus, Context, Parameters, Plaintext, PlainModulus};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let parameters = Parameters::<Bfv>::new(4096, CoeffModulus::Default, PlainModulus::Value(1024))?;
/// let context = Context::new(&parameters)?;
/// let plaintext = Plaintext::from_hex(&context, "1Fx^3 + 1x^1 + 3")?;
/// assert_eq!(plaintext.coefficients()?, [3, 1, 0, 31]);
/// assert_eq!(plaintext.to_hex()?, "1Fx^3 + 1x^1 + 3");
/// # Ok(())
/// # }
/// ```
///
/// Source: `Plaintext` in plaintext.h.
pub struct Plaintext<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::Plaintext>,
    pub(in crate::seal) context: Context<S>,
}

impl<S: SchemeType> Plaintext<S> {
    /// Whether it is zero. Products with zero plaintexts are an error ([`Transparent`](SealError::Transparent)), so
    /// leave out such terms.
    pub fn is_zero(&self) -> bool {
        self.raw.is_zero()
    }

    /// The exact size in SEAL's format without compression, in bytes.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::plaintext_byte_count(&self.raw).map_err(|e| SealError::from_exception("size of a plaintext", &e))
    }
}

impl<S: SchemeType> Clone for Plaintext<S> {
    fn clone(&self) -> Self {
        Plaintext { raw: ffi::copy_plaintext(&self.raw), context: self.context.clone() }
    }
}

impl<S: SchemeType> fmt::Debug for Plaintext<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are never printed, because a decrypted plaintext is private to the key owner.
        f.debug_struct("Plaintext").field("scheme", &S::NAME).field("scale", self.raw.scale()).finish_non_exhaustive()
    }
}
