//! Objects of half the size.

use std::fmt;
use std::marker::PhantomData;

use cxx::{CxxVector, UniquePtr};

use super::{Ciphertext, Context, GaloisKeys, PublicKey, RelinKeys, SwitchingKeys, check};
use crate::error::SealError;
use crate::ffi::{ciphertext, keys};

/// An object one half of which is random and replaced by the seed it was drawn from: half the bytes to send or to
/// store. It can be used once it is [expanded](Seeded::expand).
///
/// Source: `Serializable` in serializable.h.
pub struct Seeded<T> {
    bytes: Vec<u8>,
    context: Context,
    object: PhantomData<fn() -> T>,
}

impl<T> Seeded<T> {
    pub(super) fn new(context: &Context, bytes: &UniquePtr<CxxVector<u8>>) -> Seeded<T> {
        Seeded::from_bytes(context, bytes.as_slice().to_vec())
    }

    pub(super) fn from_bytes(context: &Context, bytes: Vec<u8>) -> Seeded<T> {
        Seeded { bytes, context: context.clone(), object: PhantomData }
    }

    /// The bytes, as SEAL saves them without compression.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many there are.
    pub fn serialized_bytes(&self) -> usize {
        self.bytes.len()
    }
}

impl<T: Expand> Seeded<T> {
    /// The object itself, for a context with the parameters it was made under.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
    pub fn expand(&self, context: &Context) -> Result<T, SealError> {
        check::same_context("expand", context, &self.context)?;
        T::expand(context, &self.bytes)
    }
}

impl<T> fmt::Debug for Seeded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seeded({} bytes)", self.bytes.len())
    }
}

/// What has a seeded form. Only `Seeded` calls this, with bytes made in this process.
pub trait Expand: Sized + sealed::Sealed {
    #[doc(hidden)]
    fn expand(context: &Context, bytes: &[u8]) -> Result<Self, SealError>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Ciphertext {}
    impl Sealed for super::PublicKey {}
    impl Sealed for super::RelinKeys {}
    impl Sealed for super::GaloisKeys {}
    impl Sealed for super::SwitchingKeys {}
}

fn failed(exception: cxx::Exception) -> SealError {
    SealError::from_exception("expand", &exception)
}

impl Expand for Ciphertext {
    fn expand(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        let raw = ciphertext::expand_ciphertext(context.raw(), bytes).map_err(failed)?;
        Ok(Ciphertext { raw, context: context.clone() })
    }
}

impl Expand for PublicKey {
    fn expand(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        let raw = keys::expand_public_key(context.raw(), bytes).map_err(failed)?;
        Ok(PublicKey { raw, context: context.clone() })
    }
}

impl Expand for RelinKeys {
    fn expand(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        let raw = keys::expand_relin_keys(context.raw(), bytes).map_err(failed)?;
        Ok(RelinKeys { raw, context: context.clone() })
    }
}

impl Expand for GaloisKeys {
    fn expand(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        let raw = keys::expand_galois_keys(context.raw(), bytes).map_err(failed)?;
        GaloisKeys::new(context, raw)
    }
}
