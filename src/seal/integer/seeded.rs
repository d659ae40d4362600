//! Objects of half the size.

use std::fmt;
use std::marker::PhantomData;

use cxx::{CxxVector, UniquePtr};

use super::super::bytes::Format;
use super::{Ciphertext, Context, GaloisKeys, IntegerScheme, PublicKey, RelinKeys, check};
use crate::error::SealError;

/// An object one half of which is random and replaced by the seed it was drawn from: half the bytes to send or to
/// store ([`Bytes`](crate::seal::Bytes)). It can be used once it is [expanded](Seeded::expand).
///
/// Source: `Serializable` in serializable.h.
pub struct Seeded<T: Expand> {
    bytes: Vec<u8>,
    context: Context<T::Scheme>,
    object: PhantomData<fn() -> T>,
}

impl<T: Expand> Seeded<T> {
    pub(super) fn new(context: &Context<T::Scheme>, bytes: &UniquePtr<CxxVector<u8>>) -> Seeded<T> {
        Seeded::of_checked(context, bytes.as_slice().to_vec())
    }

    /// From bytes that were made in this process, or that `bytes` has checked.
    pub(super) fn of_checked(context: &Context<T::Scheme>, bytes: Vec<u8>) -> Seeded<T> {
        Seeded { bytes, context: context.clone(), object: PhantomData }
    }

    pub(super) fn context(&self) -> &Context<T::Scheme> {
        &self.context
    }

    /// The bytes, as SEAL saves them without compression.
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
    pub fn expand(&self, context: &Context<T::Scheme>) -> Result<T, SealError> {
        check::same_context("expand", context, &self.context)?;
        T::expand(context, &self.bytes)
    }
}

impl<T: Expand> fmt::Debug for Seeded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seeded({} bytes)", self.bytes.len())
    }
}

/// What has a seeded form. Only `Seeded` calls this, with its own bytes.
pub trait Expand: Sized + sealed::Sealed {
    /// Bfv or Bgv.
    type Scheme: IntegerScheme;

    #[doc(hidden)]
    fn expand(context: &Context<Self::Scheme>, bytes: &[u8]) -> Result<Self, SealError>;
}

mod sealed {
    pub trait Sealed {}
    impl<S> Sealed for super::Ciphertext<S> {}
    impl<S> Sealed for super::PublicKey<S> {}
    impl<S> Sealed for super::RelinKeys<S> {}
    impl<S> Sealed for super::GaloisKeys<S> {}
}

/// SEAL expands while it loads.
macro_rules! expand_by_loading {
    ($($type:ident)*) => {$(
        impl<S: IntegerScheme> Expand for $type<S> {
            type Scheme = S;

            fn expand(context: &Context<S>, bytes: &[u8]) -> Result<Self, SealError> {
                Self::read_raw(context, bytes)
            }
        }
    )*};
}

expand_by_loading!(Ciphertext PublicKey RelinKeys GaloisKeys);
