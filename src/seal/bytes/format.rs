//! How each type is saved and loaded: what the methods of `Bytes` are made of.

use cxx::UniquePtr;
use zeroize::Zeroizing;

use super::bounds::{Bounds, Form, SET_FIELDS};
use super::limits::Limits;
use super::polynomials::Place;
use super::reader::{Reader, Walk};
use crate::error::{ObjectKind, SealError};
use crate::ffi::bytes as ffi;
use crate::seal::{Ciphertext, Context, GaloisKeys, Plaintext, PublicKey, RelinKeys, SecretKey, Seeded, SwitchingKeys};

/// Names what is particular to a type. Public only in name: nobody outside can implement or call it.
pub trait Format: Sized {
    const KIND: ObjectKind;
    /// Whether there is a header of SEAL's, as before all but our own switching keys.
    const HEADED: bool = true;
    /// Memory for the bytes; cleared when it goes, for a secret key.
    type Buffer: From<Vec<u8>> + AsRef<[u8]> + AsMut<[u8]>;

    fn context(&self) -> &Context;
    fn raw_size(&self) -> Result<usize, SealError>;
    fn write_raw(&self, to: &mut [u8]) -> Result<(), SealError>;
    /// From bytes that passed the walk, in the version of the linked SEAL.
    fn read_raw(context: &Context, bytes: &[u8]) -> Result<Self, SealError>;
    /// The most bytes that an object can have.
    fn most_bytes(bounds: &Bounds, limits: &Limits) -> usize;
    /// Over all that is behind the header.
    fn walk(reader: &mut Reader<'_>, bounds: &Bounds, limits: &Limits) -> Walk<()>;
}

fn saving(exception: cxx::Exception) -> SealError {
    SealError::from_exception("save", &exception)
}

fn loading(exception: cxx::Exception) -> SealError {
    SealError::from_exception("load", &exception)
}

impl Format for Plaintext {
    const KIND: ObjectKind = ObjectKind::Plaintext;
    type Buffer = Vec<u8>;

    fn context(&self) -> &Context {
        &self.context
    }

    fn raw_size(&self) -> Result<usize, SealError> {
        self.serialized_bytes()
    }

    fn write_raw(&self, to: &mut [u8]) -> Result<(), SealError> {
        ffi::save_plaintext(&self.raw, to).map_err(saving)
    }

    fn read_raw(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        let raw = ffi::load_plaintext(context.raw(), bytes).map_err(loading)?;
        Ok(Plaintext { raw, context: context.clone() })
    }

    fn most_bytes(bounds: &Bounds, _: &Limits) -> usize {
        bounds.plaintext_bytes()
    }

    fn walk(reader: &mut Reader<'_>, bounds: &Bounds, _: &Limits) -> Walk<()> {
        bounds.plaintext(reader)
    }
}

impl Format for SecretKey {
    const KIND: ObjectKind = ObjectKind::SecretKey;
    type Buffer = Zeroizing<Vec<u8>>;

    fn context(&self) -> &Context {
        &self.context
    }

    fn raw_size(&self) -> Result<usize, SealError> {
        ffi::secret_key_byte_count(&self.raw).map_err(saving)
    }

    fn write_raw(&self, to: &mut [u8]) -> Result<(), SealError> {
        ffi::save_secret_key(&self.raw, to).map_err(saving)
    }

    fn read_raw(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        let raw = ffi::load_secret_key(context.raw(), bytes).map_err(loading)?;
        Ok(SecretKey { raw, context: context.clone() })
    }

    fn most_bytes(bounds: &Bounds, _: &Limits) -> usize {
        bounds.secret_key_bytes()
    }

    fn walk(reader: &mut Reader<'_>, bounds: &Bounds, _: &Limits) -> Walk<()> {
        bounds.secret_key(reader)
    }
}

/// Keys have two components.
const KEY: fn(&Limits) -> Form = |_| Form::Whole(2);

/// What has a whole form and a seeded one, and is SEAL's.
macro_rules! whole_and_seeded {
    ($type:ident, $save:ident, $load:ident, $whole:expr, $made:expr, $most:expr, $walk:expr) => {
        impl Format for $type {
            const KIND: ObjectKind = ObjectKind::$type;
            type Buffer = Vec<u8>;

            fn context(&self) -> &Context {
                &self.context
            }

            fn raw_size(&self) -> Result<usize, SealError> {
                self.serialized_bytes()
            }

            fn write_raw(&self, to: &mut [u8]) -> Result<(), SealError> {
                ffi::$save(&self.raw, to).map_err(saving)
            }

            fn read_raw(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
                $made(context, ffi::$load(context.raw(), bytes).map_err(loading)?)
            }

            fn most_bytes(bounds: &Bounds, limits: &Limits) -> usize {
                $most(bounds, $whole(limits), limits)
            }

            fn walk(reader: &mut Reader<'_>, bounds: &Bounds, limits: &Limits) -> Walk<()> {
                $walk(bounds, reader, $whole(limits), limits)
            }
        }

        impl SeededFormat for $type {
            const KIND: ObjectKind = ObjectKind::$type;

            fn most_bytes(bounds: &Bounds, limits: &Limits) -> usize {
                $most(bounds, Form::Seeded, limits)
            }

            fn walk(reader: &mut Reader<'_>, bounds: &Bounds, limits: &Limits) -> Walk<()> {
                $walk(bounds, reader, Form::Seeded, limits)
            }
        }
    };
}

whole_and_seeded!(
    Ciphertext,
    save_ciphertext,
    load_ciphertext,
    |limits: &Limits| Form::Whole(limits.components()),
    |context: &Context, raw| Ok(Ciphertext { raw, context: context.clone() }),
    |bounds: &Bounds, form, _: &Limits| bounds.ciphertext_bytes(form),
    |bounds: &Bounds, reader: &mut Reader<'_>, form, _: &Limits| {
        bounds.ciphertext(reader, "ciphertext", Place::Level, form)
    }
);

whole_and_seeded!(
    PublicKey,
    save_public_key,
    load_public_key,
    KEY,
    |context: &Context, raw| Ok(PublicKey { raw, context: context.clone() }),
    |bounds: &Bounds, form, _: &Limits| bounds.public_key_bytes(form),
    |bounds: &Bounds, reader: &mut Reader<'_>, form, _: &Limits| {
        bounds.ciphertext(reader, "public key", Place::Keys, form)
    }
);

whole_and_seeded!(
    RelinKeys,
    save_relin_keys,
    load_relin_keys,
    KEY,
    |context: &Context, raw| Ok(RelinKeys { raw, context: context.clone() }),
    |bounds: &Bounds, form, _: &Limits| SET_FIELDS + bounds.switching_key_bytes(form),
    |bounds: &Bounds, reader: &mut Reader<'_>, form, _: &Limits| bounds.relin_keys(reader, form)
);

whole_and_seeded!(
    GaloisKeys,
    save_galois_keys,
    load_galois_keys,
    KEY,
    |context: &Context, raw: UniquePtr<_>| GaloisKeys::new(context, raw),
    |bounds: &Bounds, form, limits: &Limits| bounds.galois_keys_bytes(form, limits),
    |bounds: &Bounds, reader: &mut Reader<'_>, form, limits: &Limits| bounds.galois_keys(reader, form, limits)
);

/// The seeded form of a type.
pub trait SeededFormat {
    const KIND: ObjectKind;
    const HEADED: bool = true;

    fn most_bytes(bounds: &Bounds, limits: &Limits) -> usize;
    fn walk(reader: &mut Reader<'_>, bounds: &Bounds, limits: &Limits) -> Walk<()>;
}

impl SeededFormat for SwitchingKeys {
    const KIND: ObjectKind = ObjectKind::SwitchingKeys;
    const HEADED: bool = false;

    fn most_bytes(bounds: &Bounds, limits: &Limits) -> usize {
        bounds.switching_keys_bytes(limits)
    }

    fn walk(reader: &mut Reader<'_>, bounds: &Bounds, limits: &Limits) -> Walk<()> {
        bounds.switching_keys(reader, limits)
    }
}

/// A seeded object is its bytes; SEAL reads them when it is expanded.
impl<T: SeededFormat> Format for Seeded<T> {
    const KIND: ObjectKind = T::KIND;
    const HEADED: bool = T::HEADED;
    type Buffer = Vec<u8>;

    fn context(&self) -> &Context {
        Seeded::context(self)
    }

    fn raw_size(&self) -> Result<usize, SealError> {
        Ok(self.serialized_bytes())
    }

    fn write_raw(&self, to: &mut [u8]) -> Result<(), SealError> {
        to.copy_from_slice(self.as_bytes());
        Ok(())
    }

    fn read_raw(context: &Context, bytes: &[u8]) -> Result<Self, SealError> {
        Ok(Seeded::of_checked(context, bytes.to_vec()))
    }

    fn most_bytes(bounds: &Bounds, limits: &Limits) -> usize {
        T::most_bytes(bounds, limits)
    }

    fn walk(reader: &mut Reader<'_>, bounds: &Bounds, limits: &Limits) -> Walk<()> {
        T::walk(reader, bounds, limits)
    }
}
