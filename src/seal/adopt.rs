//! Two contexts over one secret: objects that move from one to the other.

use super::{Ciphertext, Context, SecretKey};
use crate::error::SealError;
use crate::ffi::adopt as ffi;

/// A computation that is deeper now and then, as bootstrapping, has two contexts of one ring: one for all the rest, and
/// a tall one with the same lowest primes and more above them. A ciphertext has the same residues in both; only SEAL's
/// identifier of the level tells them apart.
///
/// ```
/// use seal_nn::seal::*;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let tall = Context::new(&Parameters::new(8192, &[50, 40, 40, 50])?)?;
/// let low: Vec<u64> = tall.parameters().data_primes()[..2].iter().chain(tall.parameters().special_primes()).copied().collect();
/// let low = Context::new(&Parameters::builder().degree(8192).primes(&low).build()?)?;
///
/// let secret = KeyGenerator::new(&low)?.secret_key()?;
/// let plain = Encoder::new(&low)?.encode(&[1.5], low.top_level(), 2f64.powi(40))?;
/// let x = SymmetricEncryptor::new(&low, &secret)?.encrypt(&plain)?;
///
/// let (x, secret) = (tall.adopt(&x)?, tall.adopt_secret_key(&secret)?);
/// let values = Decryptor::new(&tall, &secret)?.decrypt_decode(&x)?.open_as_key_owner();
/// assert!((values[0] - 1.5).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
impl Context {
    /// The ciphertext as one of this context: a copy of the same residues, at the same level and scale.
    ///
    /// # Errors
    /// [`OtherRing`](SealError::OtherRing) for another degree, [`LevelTooHigh`](SealError::LevelTooHigh) for a level that
    /// this chain does not have, [`OtherPrimes`](SealError::OtherPrimes) if `q_0 ... q_l` are not the same in both.
    pub fn adopt(&self, x: &Ciphertext) -> Result<Ciphertext, SealError> {
        const OP: &str = "adopt";
        self.same_ring(OP, &x.context)?;
        let level = x.level();
        super::check::level_exists(OP, self, level)?;
        let (ours, theirs) = (self.parameters().data_primes(), x.context.parameters().data_primes());
        if ours[..=level.0] != theirs[..=level.0] {
            return Err(SealError::OtherPrimes { op: OP, level });
        }
        let raw = ffi::adopt_ciphertext(self.raw(), &x.raw).map_err(|e| SealError::from_exception(OP, &e))?;
        Ok(Ciphertext { raw, context: self.clone() })
    }

    /// The same secret for this context, whose primes may all be others: for the key holder, who makes the keys of both
    /// contexts from it. The security of the secret is that of the less secure of the two.
    ///
    /// # Errors
    /// [`OtherRing`](SealError::OtherRing) for another degree.
    pub fn adopt_secret_key(&self, key: &SecretKey) -> Result<SecretKey, SealError> {
        const OP: &str = "adopt a secret key";
        self.same_ring(OP, &key.context)?;
        let raw = ffi::adopt_secret_key(self.raw(), key.context.raw(), &key.raw);
        let raw = raw.map_err(|e| SealError::from_exception(OP, &e))?;
        Ok(SecretKey { raw, context: self.clone() })
    }

    fn same_ring(&self, op: &'static str, other: &Context) -> Result<(), SealError> {
        let degree = |context: &Context| context.parameters().poly_modulus_degree();
        let (expected, actual) = (degree(self), degree(other));
        match expected == actual {
            true => Ok(()),
            false => Err(SealError::OtherRing { op, expected, actual }),
        }
    }
}
