//! The keys.

use std::fmt;

use cxx::UniquePtr;
use subtle::ConstantTimeEq;

use super::{Context, SchemeType};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::keys as ffi;

/// The secret key: decrypts, and makes all other keys. It lies in memory that SEAL clears when the key goes, can't be
/// printed, compared by `==` or cloned ([`KeyGenerator::secret_key`](super::KeyGenerator::secret_key) makes a copy),
/// and has no size to ask for.
///
/// ```compile_fail,E0277
/// fn printable<T: std::fmt::Debug>() {}
/// printable::<seal_nn::seal::SecretKey>();
/// ```
///
/// Source: `SecretKey` in secretkey.h.
pub struct SecretKey<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::SecretKey>,
    pub(in crate::seal) context: Context<S>,
}

/// The public key: encrypts.
///
/// Source: `PublicKey` in publickey.h.
pub struct PublicKey<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::PublicKey>,
    pub(in crate::seal) context: Context<S>,
}

/// The key that brings products back from three components to two.
///
/// Source: `RelinKeys` in relinkeys.h.
pub struct RelinKeys<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::RelinKeys>,
    pub(in crate::seal) context: Context<S>,
}

/// Keys for a set of automorphisms `X -> X^element`: rotations, the conjugation of CKKS, which swaps the rows of BFV
/// and BGV, or others. With L + 1 data primes each takes `16 N (L+1) (L+2)` bytes, half of that when
/// [`Seeded`](crate::seal::Seeded), so generate those you use.
///
/// Source: `GaloisKeys` in galoiskeys.h.
pub struct GaloisKeys<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::GaloisKeys>,
    pub(in crate::seal) context: Context<S>,
    pub(in crate::seal) elements: Vec<u32>,
    rotations: Vec<Rotation>,
    /// To SEAL the conjugation and the swap of the rows are one.
    pub(in crate::seal) conjugation: bool,
}

impl<S: SchemeType> SecretKey<S> {
    /// Whether both are the same key. The time this takes does not depend on the keys, so it tells nobody where they
    /// differ: there is no `==`.
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
    pub fn is_same_key(&self, other: &SecretKey<S>) -> bool {
        ffi::secret_residues(&self.raw).ct_eq(ffi::secret_residues(&other.raw)).into()
    }
}

impl<S: SchemeType> PublicKey<S> {
    /// Its exact size as SEAL saves it without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::public_key_byte_count(&self.raw).map_err(size_failed)
    }
}

impl<S: SchemeType> RelinKeys<S> {
    /// Their exact size as SEAL saves them without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::relin_keys_byte_count(&self.raw).map_err(size_failed)
    }
}

impl<S: SchemeType> GaloisKeys<S> {
    /// Looks up which keys there are, and prepares what threads will share.
    pub(in crate::seal) fn new(
        context: &Context<S>,
        raw: UniquePtr<ffi::GaloisKeys>,
    ) -> Result<GaloisKeys<S>, SealError> {
        let failed = |e| SealError::from_exception("Galois keys", &e);
        ffi::prepare_permutations(context.raw(), &raw).map_err(failed)?;
        let elements = ffi::galois_elements(&raw).map_err(failed)?;
        let mut rotations: Vec<Rotation> =
            ffi::galois_steps(context.raw(), &raw).map_err(failed)?.into_iter().map(Rotation).collect();
        rotations.sort_unstable();
        let conjugation = ffi::has_conjugation_key(context.raw(), &raw).map_err(failed)?;
        Ok(GaloisKeys { raw, context: context.clone(), elements, rotations, conjugation })
    }

    /// The rotations for which there is a key, of the rows in BFV and BGV: canonical ([`Rotation::canonical`] with
    /// N/2), ascending.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// Their exact size as SEAL saves them without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::galois_keys_byte_count(&self.raw).map_err(size_failed)
    }
}

fn size_failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception("size of a key", &exception)
}

impl<S: SchemeType> fmt::Debug for PublicKey<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey<{}>", S::NAME)
    }
}

impl<S: SchemeType> fmt::Debug for RelinKeys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelinKeys<{}>", S::NAME)
    }
}

impl<S: SchemeType> fmt::Debug for GaloisKeys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GaloisKeys")
            .field("scheme", &S::NAME)
            .field("rotations", &self.rotations)
            .field("conjugation", &self.conjugation)
            .field("elements", &self.elements)
            .finish_non_exhaustive()
    }
}
