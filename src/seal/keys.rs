//! The keys.

use std::fmt;

use cxx::UniquePtr;
use subtle::ConstantTimeEq;

use super::Context;
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::keys as ffi;

/// The secret key: decrypts, and makes all other keys. It lies in memory that SEAL clears when the key goes, can't be
/// printed, compared by `==` or cloned ([`KeyGenerator::secret_key`](super::KeyGenerator::secret_key) makes a copy), and
/// has no size to ask for.
///
/// ```compile_fail,E0277
/// fn printable<T: std::fmt::Debug>() {}
/// printable::<seal_nn::seal::SecretKey>();
/// ```
///
/// Source: `SecretKey` in secretkey.h.
pub struct SecretKey {
    pub(super) raw: UniquePtr<ffi::SecretKey>,
    pub(super) context: Context,
}

/// The public key, which encrypts.
///
/// Source: `PublicKey` in publickey.h.
pub struct PublicKey {
    pub(super) raw: UniquePtr<ffi::PublicKey>,
    pub(super) context: Context,
}

/// The key that reduces products from three components to two.
///
/// Source: `RelinKeys` in relinkeys.h.
pub struct RelinKeys {
    pub(super) raw: UniquePtr<ffi::RelinKeys>,
    pub(super) context: Context,
}

/// Keys for a set of rotations, or for the conjugation. With L + 1 data primes each takes `16 N (L+1) (L+2)` bytes, half
/// of that when [`Seeded`](super::Seeded), so generate those you use.
///
/// Source: `GaloisKeys` in galoiskeys.h.
pub struct GaloisKeys {
    pub(super) raw: UniquePtr<ffi::GaloisKeys>,
    pub(super) context: Context,
    rotations: Vec<Rotation>,
    conjugation: bool,
}

impl SecretKey {
    /// Whether both are the same key. The time does not depend on the keys, so it does not reveal where they differ;
    /// there is no `==`.
    ///
    /// ```
    /// use seal_nn::seal::{Context, KeyGenerator, Parameters};
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
    /// let keys = KeyGenerator::new(&context)?;
    /// let other = KeyGenerator::new(&context)?.secret_key()?;
    /// assert!(keys.secret_key()?.is_same_key(&keys.secret_key()?));
    /// assert!(!keys.secret_key()?.is_same_key(&other));
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_same_key(&self, other: &SecretKey) -> bool {
        ffi::secret_residues(&self.raw).ct_eq(ffi::secret_residues(&other.raw)).into()
    }
}

impl PublicKey {
    /// Its exact size as SEAL saves it without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::public_key_byte_count(&self.raw).map_err(size_failed)
    }
}

impl RelinKeys {
    /// Their exact size as SEAL saves them without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::relin_keys_byte_count(&self.raw).map_err(size_failed)
    }
}

impl GaloisKeys {
    /// Determines which keys are present, and prepares data that threads will share.
    pub(super) fn new(context: &Context, raw: UniquePtr<ffi::GaloisKeys>) -> Result<GaloisKeys, SealError> {
        let failed = |e| SealError::from_exception("Galois keys", &e);
        ffi::prepare_permutations(context.raw(), &raw).map_err(failed)?;
        let mut rotations: Vec<Rotation> =
            ffi::galois_steps(context.raw(), &raw).map_err(failed)?.into_iter().map(Rotation).collect();
        rotations.sort_unstable();
        let conjugation = ffi::has_conjugation_key(context.raw(), &raw).map_err(failed)?;
        Ok(GaloisKeys { raw, context: context.clone(), rotations, conjugation })
    }

    /// The rotations that have a key: canonical ([`Rotation::canonical`]), in ascending order.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// Whether there is a key for [`conjugate`](super::Evaluator::conjugate).
    pub fn has_conjugation(&self) -> bool {
        self.conjugation
    }

    /// Their exact size as SEAL saves them without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::galois_keys_byte_count(&self.raw).map_err(size_failed)
    }
}

fn size_failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception("size of a key", &exception)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

impl fmt::Debug for RelinKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelinKeys")
    }
}

impl fmt::Debug for GaloisKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GaloisKeys")
            .field("rotations", &self.rotations)
            .field("conjugation", &self.conjugation)
            .finish_non_exhaustive()
    }
}
