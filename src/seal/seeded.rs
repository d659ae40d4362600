//! Objects of half the size.

use std::fmt;
use std::marker::PhantomData;

use cxx::{CxxVector, UniquePtr};

use super::bytes::{Bounded, SeededFormat};
use crate::error::SealError;

/// An object one half of which is random and replaced by the seed that it was derived from, so it has half the size to
/// send or store ([`Bytes`](super::Bytes)). It can be used once it is [expanded](Seeded::expand). Available for every
/// scheme.
///
/// Source: `Serializable` in serializable.h.
pub struct Seeded<T: SeededFormat> {
    bytes: Vec<u8>,
    context: T::Context,
    object: PhantomData<fn() -> T>,
}

impl<T: SeededFormat> Seeded<T> {
    pub(super) fn new(context: &T::Context, bytes: &UniquePtr<CxxVector<u8>>) -> Seeded<T> {
        Seeded::of_checked(context, bytes.as_slice().to_vec())
    }

    /// From bytes that were made in this process, or that `bytes` has checked.
    pub(super) fn of_checked(context: &T::Context, bytes: Vec<u8>) -> Seeded<T> {
        Seeded { bytes, context: context.clone(), object: PhantomData }
    }

    pub(super) fn context(&self) -> &T::Context {
        &self.context
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The bytes in the format of the linked SEAL, without compression.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of bytes.
    pub fn serialized_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The expanded object, for a context with its parameters.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a context with other parameters.
    pub fn expand(&self, context: &T::Context) -> Result<T, SealError> {
        match Bounded::agrees_with(context, &self.context) {
            true => T::expand(context, &self.bytes),
            false => Err(SealError::ForeignContext { op: "expand" }),
        }
    }
}

impl<T: SeededFormat> fmt::Debug for Seeded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seeded({} bytes)", self.bytes.len())
    }
}
