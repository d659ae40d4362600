//! The keys.

use std::fmt;

use cxx::UniquePtr;
use subtle::ConstantTimeEq;

use super::{Context, SchemeType};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::keys as ffi;

/// The secret key, which decrypts and from which all other keys are generated. It is stored in memory that SEAL clears
/// when the key is dropped. It cannot be printed, compared by `==` or cloned
/// ([`KeyGenerator::secret_key`](super::KeyGenerator::secret_key) makes a copy).
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

/// The public key, which encrypts.
///
/// Source: `PublicKey` in publickey.h.
pub struct PublicKey<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::PublicKey>,
    pub(in crate::seal) context: Context<S>,
}

/// The key that reduces products from three components to two.
///
/// Source: `RelinKeys` in relinkeys.h.
pub struct RelinKeys<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::RelinKeys>,
    pub(in crate::seal) context: Context<S>,
}

/// Keys for a set of automorphisms `X -> X^element`: rotations, the conjugation of CKKS, which swaps the rows of BFV
/// and BGV, or others. With L + 1 data primes, each key has `16 N (L+1) (L+2)` bytes, or half of that when
/// [`Seeded`](crate::seal::Seeded), so generate only those that you use.
///
/// Source: `GaloisKeys` in galoiskeys.h.
pub struct GaloisKeys<S> {
    pub(in crate::seal) raw: UniquePtr<ffi::GaloisKeys>,
    pub(in crate::seal) context: Context<S>,
    pub(in crate::seal) elements: Vec<u32>,
    rotations: Vec<Rotation>,
    /// SEAL treats the conjugation and the swap of the rows as the same.
    pub(in crate::seal) conjugation: bool,
}

impl<S: SchemeType> SecretKey<S> {
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
    pub fn is_same_key(&self, other: &SecretKey<S>) -> bool {
        ffi::secret_residues(&self.raw).ct_eq(ffi::secret_residues(&other.raw)).into()
    }
}

impl<S: SchemeType> PublicKey<S> {
    /// The exact size in SEAL's format without compression, in bytes.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::public_key_byte_count(&self.raw).map_err(size_failed)
    }
}

impl<S: SchemeType> RelinKeys<S> {
    /// The exact size in SEAL's format without compression, in bytes.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::relin_keys_byte_count(&self.raw).map_err(size_failed)
    }
}

impl<S: SchemeType> GaloisKeys<S> {
    /// Determines which keys are present, and prepares data that threads will share.
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

    /// The rotations that have a key, of the rows in BFV and BGV: canonical ([`Rotation::canonical`] with N/2), in
    /// ascending order.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// The exact size in SEAL's format without compression, in bytes.
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
