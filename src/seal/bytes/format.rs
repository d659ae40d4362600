//! Saving and loading of each type, on which the methods of `Bytes` are based.

use cxx::UniquePtr;
use zeroize::Zeroizing;

use super::bounds::{Bounded, Bounds, Form};
use super::limits::Limits;
use super::reader::{Reader, Walk};
use super::shape::{self, Shape};
use crate::error::SealError;
use crate::ffi::bytes as ffi;
use crate::seal::common::{
    Ciphertext, Ckks, Context, GaloisKeys, Plaintext, PublicKey, RelinKeys, SchemeType, SecretKey,
};
use crate::seal::{HybridKeys, Seeded};

/// The specifics of a type. The trait is public, but cannot be implemented or called outside the crate.
pub trait Format: Sized {
    /// The context of its scheme.
    type Context: Bounded;
    /// Memory for the bytes, which is cleared when it is dropped for a secret key.
    type Buffer: From<Vec<u8>> + AsRef<[u8]> + AsMut<[u8]>;
    const SHAPE: Shape;

    fn context(&self) -> &Self::Context;
    fn raw_size(&self) -> Result<usize, SealError>;
    fn write_raw(&self, to: &mut [u8]) -> Result<(), SealError>;
    /// Reads bytes that passed all checks, in the version of the linked SEAL.
    fn read_raw(context: &Self::Context, bytes: &[u8]) -> Result<Self, SealError>;

    /// The whole or the seeded form.
    fn form(limits: &Limits) -> Form {
        Self::SHAPE.whole(limits)
    }

    /// The largest size of an object in bytes.
    fn most_bytes(bounds: &Bounds, limits: &Limits) -> usize {
        (Self::SHAPE.most_bytes)(bounds, Self::form(limits), limits)
    }

    /// Walks over everything after the header.
    fn walk(reader: &mut Reader<'_>, bounds: &Bounds, limits: &Limits) -> Walk<()> {
        (Self::SHAPE.walk)(bounds, reader, Self::form(limits), limits)
    }
}

/// A type that has a seeded form. Like [`Format`], it cannot be implemented or called outside the crate.
pub trait SeededFormat: Sized {
    /// The context of its scheme.
    type Context: Bounded;
    const SHAPE: Shape;

    /// Expands the bytes of a [`Seeded`].
    fn expand(context: &Self::Context, bytes: &[u8]) -> Result<Self, SealError>;
}

pub fn saving(exception: cxx::Exception) -> SealError {
    SealError::from_exception("save", &exception)
}

pub fn loading(exception: cxx::Exception) -> SealError {
    SealError::from_exception("load", &exception)
}

/// A type of SEAL's, of every scheme.
macro_rules! whole {
    ($type:ident: $shape:ident, $buffer:ty, $size:expr, $save:ident, $load:ident, $made:expr) => {
        impl<S: SchemeType> Format for $type<S> {
            type Context = Context<S>;
            type Buffer = $buffer;
            const SHAPE: Shape = shape::$shape;

            fn context(&self) -> &Self::Context {
                &self.context
            }

            fn raw_size(&self) -> Result<usize, SealError> {
                $size(self)
            }

            fn write_raw(&self, to: &mut [u8]) -> Result<(), SealError> {
                ffi::$save(&self.raw, to).map_err(saving)
            }

            fn read_raw(context: &Self::Context, bytes: &[u8]) -> Result<Self, SealError> {
                $made(context, ffi::$load(context.raw(), bytes).map_err(loading)?)
            }
        }
    };
}

/// A type that also has a seeded form.
macro_rules! whole_and_seeded {
    ($type:ident: $shape:ident, $save:ident, $load:ident, $made:expr) => {
        whole!($type: $shape, Vec<u8>, Self::serialized_bytes, $save, $load, $made);

        impl<S: SchemeType> SeededFormat for $type<S> {
            type Context = Context<S>;
            const SHAPE: Shape = shape::$shape;

            /// SEAL expands objects when it loads them.
            fn expand(context: &Self::Context, bytes: &[u8]) -> Result<Self, SealError> {
                Self::read_raw(context, bytes)
            }
        }
    };
}

/// A seeded object consists of its bytes, which SEAL reads when it is expanded.
impl<T: SeededFormat> Format for Seeded<T> {
    type Context = T::Context;
    type Buffer = Vec<u8>;
    const SHAPE: Shape = T::SHAPE;

    fn context(&self) -> &T::Context {
        Seeded::context(self)
    }

    fn raw_size(&self) -> Result<usize, SealError> {
        Ok(self.serialized_bytes())
    }

    fn write_raw(&self, to: &mut [u8]) -> Result<(), SealError> {
        to.copy_from_slice(self.as_bytes());
        Ok(())
    }

    fn read_raw(context: &T::Context, bytes: &[u8]) -> Result<Self, SealError> {
        Ok(Seeded::of_checked(context, bytes.to_vec()))
    }

    fn form(_: &Limits) -> Form {
        Form::Seeded
    }
}

whole!(Plaintext: PLAINTEXT, Vec<u8>, Self::serialized_bytes, save_plaintext, load_plaintext,
    |context: &Context<S>, raw| Ok(Plaintext { raw, context: context.clone() }));

whole!(SecretKey: SECRET_KEY, Zeroizing<Vec<u8>>,
    |key: &SecretKey<S>| ffi::secret_key_byte_count(&key.raw).map_err(saving), save_secret_key, load_secret_key,
    |context: &Context<S>, raw| Ok(SecretKey { raw, context: context.clone() }));

whole_and_seeded!(Ciphertext: CIPHERTEXT, save_ciphertext, load_ciphertext,
    |context: &Context<S>, raw| Ok(Ciphertext { raw, context: context.clone() }));

whole_and_seeded!(PublicKey: PUBLIC_KEY, save_public_key, load_public_key,
    |context: &Context<S>, raw| Ok(PublicKey { raw, context: context.clone() }));

whole_and_seeded!(RelinKeys: RELIN_KEYS, save_relin_keys, load_relin_keys,
    |context: &Context<S>, raw| Ok(RelinKeys { raw, context: context.clone() }));

whole_and_seeded!(GaloisKeys: GALOIS_KEYS, save_galois_keys, load_galois_keys,
    |context: &Context<S>, raw: UniquePtr<_>| GaloisKeys::new(context, raw));

impl SeededFormat for HybridKeys {
    type Context = Context<Ckks>;
    const SHAPE: Shape = shape::SWITCHING_KEYS;

    fn expand(context: &Context<Ckks>, bytes: &[u8]) -> Result<HybridKeys, SealError> {
        HybridKeys::of_checked(context, bytes)
    }
}
