//! Objects of half the size.

use std::fmt;
use std::marker::PhantomData;

use cxx::{CxxVector, UniquePtr};

use super::bytes::{Bounded, SeededFormat};
use crate::error::SealError;

/// An object one half of which is random and replaced by the seed it was drawn from: half the bytes to send or to
/// store ([`Bytes`](super::Bytes)). It can be used once it is [expanded](Seeded::expand). For every scheme.
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

    /// The bytes, as the linked SEAL saves them without compression.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many there are.
    pub fn serialized_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The object itself, for a context with the parameters it was made under.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext).
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
