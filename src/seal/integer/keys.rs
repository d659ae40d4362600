//! The keys.

use std::fmt;

use cxx::UniquePtr;
use subtle::ConstantTimeEq;

use super::{Context, IntegerScheme};
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::keys as ffi;

/// The secret key: decrypts, and makes all other keys. It lies in memory that SEAL clears when the key goes, can't be
/// printed, compared by `==` or cloned ([`KeyGenerator::secret_key`](super::KeyGenerator::secret_key) makes a copy), and
/// has no size to ask for.
///
/// ```compile_fail,E0277
/// use seal_nn::seal::integer::{Bfv, SecretKey};
/// fn printable<T: std::fmt::Debug>() {}
/// printable::<SecretKey<Bfv>>();
/// ```
///
/// Source: `SecretKey` in secretkey.h.
pub struct SecretKey<S> {
    pub(super) raw: UniquePtr<ffi::SecretKey>,
    pub(super) context: Context<S>,
}

/// The public key: encrypts.
///
/// Source: `PublicKey` in publickey.h.
pub struct PublicKey<S> {
    pub(super) raw: UniquePtr<ffi::PublicKey>,
    pub(super) context: Context<S>,
}

/// The key that reduces products from three components to two.
///
/// Source: `RelinKeys` in relinkeys.h.
pub struct RelinKeys<S> {
    pub(super) raw: UniquePtr<ffi::RelinKeys>,
    pub(super) context: Context<S>,
}

/// Keys for a set of automorphisms `X -> X^element`: rotations of the rows, the swap of the rows, or others. With L + 1
/// data primes each takes `16 N (L+1) (L+2)` bytes, half of that when [`Seeded`](super::Seeded), so generate those you
/// use.
///
/// Source: `GaloisKeys` in galoiskeys.h.
pub struct GaloisKeys<S> {
    pub(super) raw: UniquePtr<ffi::GaloisKeys>,
    pub(super) context: Context<S>,
    elements: Vec<u32>,
    rotations: Vec<Rotation>,
    columns: bool,
}

impl<S: IntegerScheme> SecretKey<S> {
    /// Whether both are the same key. The time does not depend on the keys, so it does not reveal where they differ;
    /// there is no `==`.
    ///
    /// ```
    /// use seal_nn::seal::integer::{Bfv, CoeffModulus, Context, KeyGenerator, Parameters, PlainModulus};
    /// # fn main() -> Result<(), seal_nn::SealError> {
    /// let parameters = Parameters::<Bfv>::new(4096, CoeffModulus::Default, PlainModulus::Batching(20))?;
    /// let context = Context::new(&parameters)?;
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

impl<S: IntegerScheme> PublicKey<S> {
    /// Its exact size as SEAL saves it without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::public_key_byte_count(&self.raw).map_err(size_failed)
    }
}

impl<S: IntegerScheme> RelinKeys<S> {
    /// Their exact size as SEAL saves them without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::relin_keys_byte_count(&self.raw).map_err(size_failed)
    }
}

impl<S: IntegerScheme> GaloisKeys<S> {
    /// Determines which keys are present, and prepares data that threads will share.
    pub(super) fn new(context: &Context<S>, raw: UniquePtr<ffi::GaloisKeys>) -> Result<GaloisKeys<S>, SealError> {
        let failed = |e| SealError::from_exception("Galois keys", &e);
        ffi::prepare_permutations(context.raw(), &raw).map_err(failed)?;
        let elements = ffi::galois_elements(&raw).map_err(failed)?;
        let mut rotations: Vec<Rotation> =
            ffi::galois_steps(context.raw(), &raw).map_err(failed)?.into_iter().map(Rotation).collect();
        rotations.sort_unstable();
        // SEAL's key for the columns is the one that conjugates in CKKS.
        let columns = ffi::has_conjugation_key(context.raw(), &raw).map_err(failed)?;
        Ok(GaloisKeys { raw, context: context.clone(), elements, rotations, columns })
    }

    /// The elements that have a key, in ascending order, including those of rotations and of the columns.
    pub fn elements(&self) -> &[u32] {
        &self.elements
    }

    /// The rotations of rows for which there is a key: canonical ([`Rotation::canonical`] with N/2), ascending.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// Whether [`rotate_columns`](super::Evaluator::rotate_columns) has its key.
    pub fn has_columns(&self) -> bool {
        self.columns
    }

    /// Their exact size as SEAL saves them without compression.
    pub fn serialized_bytes(&self) -> Result<usize, SealError> {
        ffi::galois_keys_byte_count(&self.raw).map_err(size_failed)
    }
}

fn size_failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception("size of a key", &exception)
}

impl<S: IntegerScheme> fmt::Debug for PublicKey<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey<{}>", S::NAME)
    }
}

impl<S: IntegerScheme> fmt::Debug for RelinKeys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelinKeys<{}>", S::NAME)
    }
}

impl<S: IntegerScheme> fmt::Debug for GaloisKeys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GaloisKeys")
            .field("scheme", &S::NAME)
            .field("rotations", &self.rotations)
            .field("columns", &self.columns)
            .field("elements", &self.elements)
            .finish_non_exhaustive()
    }
}
