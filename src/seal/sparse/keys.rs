//! The keys of raising, and their bytes.

use std::fmt;

use cxx::UniquePtr;

use super::super::bytes::RaisingLayout;
use super::super::common::key_generation_failed as failed;
use super::super::{Context, KeyGenerator, automorphism};
use super::SparseParameters;
use crate::Rotation;
use crate::error::SealError;
use crate::ffi::{kernels, keygenerator};

/// The keys of a [`Raiser`](super::Raiser) in seeded form, to send or store: one to the sparse secret in its own small
/// modulus, and those from it at the top of the tall chain, one for each product of a subset of the rotations that the
/// raise sums over. Those from the sparse secret are *direct*: what they switch has coefficients that are small beside P
/// and needs no digits, so each is `1/d` of an ordinary key with `d` digits.
///
/// Source: as [`SparseParameters`].
pub struct SeededRaisingKeys {
    bytes: Vec<u8>,
    rotations: Vec<Rotation>,
    sparse: SparseParameters,
    context: Context,
}

/// The keys of a [`Raiser`](super::Raiser), in the memory layout of this machine's code path.
pub struct RaisingKeys {
    pub(super) raw: UniquePtr<kernels::RaisingKeys>,
    pub(super) sparse: SparseParameters,
    pub(super) context: Context,
    rotations: Vec<Rotation>,
}

/// More rotations than this double the keys once too often: 2^6 of them, and coefficients of 44 bits still fit.
pub const MOST_ROTATIONS: usize = 6;

impl KeyGenerator {
    /// Draws an ephemeral sparse secret, makes the keys to it and from it, and forgets it. This generator's context is the
    /// tall one, to whose top level is raised. The raise sums over `(1 + rotate by r_1) (1 + rotate by r_2) ...` for the
    /// given rotations; without any, it only raises. There are `2^k` keys for k rotations, each a fraction `1/d` of a
    /// rotation key at the top.
    ///
    /// # Errors
    /// [`OtherRing`](SealError::OtherRing) if the degrees differ, [`TooManyRotations`](SealError::TooManyRotations) for more
    /// than 6, [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for parameters that our own kernels do
    /// not support.
    pub fn create_seeded_raising_keys(
        &mut self,
        sparse: &SparseParameters,
        rotations: &[Rotation],
    ) -> Result<SeededRaisingKeys, SealError> {
        check_count(rotations.len())?;
        check_ring(&self.context, sparse)?;
        let (tall, small) = (self.context.hybrid()?, sparse.context.hybrid()?);
        let secret = keygenerator::secret_key(&self.raw).map_err(failed)?;
        let rotations = canonical(&self.context, rotations);
        let factors = factors(&self.context, &rotations);
        let mut bytes = vec![0; kernels::raising_keys_size(tall, small, 1 << factors.len()).map_err(failed)?];
        kernels::generate_raising_keys(tall, small, &secret, sparse.weight(), &factors, &mut bytes).map_err(failed)?;
        Ok(SeededRaisingKeys { bytes, rotations, sparse: sparse.clone(), context: self.context.clone() })
    }
}

impl SeededRaisingKeys {
    /// The rotations that a raise with these keys sums over, canonical.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// The keys as they are used, for a context with the parameters of the tall one.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a context with other parameters.
    pub fn expand(&self, tall: &Context) -> Result<RaisingKeys, SealError> {
        if !tall.agrees_with(&self.context) {
            return Err(SealError::ForeignContext { op: "expand" });
        }
        let factors = factors(tall, &self.rotations);
        let raw = kernels::expand_raising_keys(tall.hybrid()?, self.sparse.context.hybrid()?, &factors, &self.bytes)
            .map_err(|e| SealError::from_exception("expand", &e))?;
        let (sparse, rotations) = (self.sparse.clone(), self.rotations.clone());
        Ok(RaisingKeys { raw, sparse, context: tall.clone(), rotations })
    }

    /// The bytes of a message or a file, with residues in the bits of their prime (docs/bytes.md).
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SealError> {
        Ok(self.layout()?.pack(&self.rotations, &self.bytes))
    }

    /// Reads such bytes: the tall context, the primes of the sparse secret and the length are checked before memory is
    /// allocated, and every residue must be below its prime.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) with the reason if they are invalid, or of other parameters;
    /// [`OtherRing`](SealError::OtherRing) if the degrees differ.
    pub fn from_bytes(tall: &Context, sparse: &SparseParameters, bytes: &[u8]) -> Result<SeededRaisingKeys, SealError> {
        check_ring(tall, sparse)?;
        let (rotations, bytes) = RaisingLayout::new(tall, sparse.primes())?.unpack(bytes)?;
        Ok(SeededRaisingKeys { bytes, rotations, sparse: sparse.clone(), context: tall.clone() })
    }

    /// The length of the bytes of keys for so many rotations, before there are any.
    ///
    /// # Errors
    /// [`OtherRing`](SealError::OtherRing) if the degrees differ, [`TooManyRotations`](SealError::TooManyRotations) for more
    /// than 6.
    pub fn bytes_of(tall: &Context, sparse: &SparseParameters, rotations: usize) -> Result<usize, SealError> {
        check_ring(tall, sparse)?;
        check_count(rotations)?;
        Ok(RaisingLayout::new(tall, sparse.primes())?.packed_size(rotations))
    }

    fn layout(&self) -> Result<RaisingLayout, SealError> {
        RaisingLayout::new(&self.context, self.sparse.primes())
    }
}

impl RaisingKeys {
    /// The rotations that a raise with these keys sums over, canonical.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }
}

fn check_count(actual: usize) -> Result<(), SealError> {
    match actual <= MOST_ROTATIONS {
        true => Ok(()),
        false => Err(SealError::TooManyRotations { op: "raising keys", actual, most: MOST_ROTATIONS }),
    }
}

pub(super) fn check_ring(tall: &Context, sparse: &SparseParameters) -> Result<(), SealError> {
    let (expected, actual) = (tall.parameters().poly_modulus_degree(), sparse.poly_modulus_degree());
    match expected == actual {
        true => Ok(()),
        false => Err(SealError::OtherRing { op: "sparse secret", expected, actual }),
    }
}

fn canonical(tall: &Context, rotations: &[Rotation]) -> Vec<Rotation> {
    rotations.iter().map(|step| step.canonical(tall.slots())).collect()
}

fn factors(tall: &Context, rotations: &[Rotation]) -> Vec<u32> {
    let degree = tall.parameters().poly_modulus_degree();
    rotations.iter().map(|&step| automorphism::rotation(step, degree)).collect()
}

impl fmt::Debug for SeededRaisingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeededRaisingKeys({} bytes)", self.bytes.len())
    }
}

impl fmt::Debug for RaisingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RaisingKeys")
    }
}
