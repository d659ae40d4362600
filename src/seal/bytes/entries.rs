//! The kinds of entries of a container.

use super::wire::is_packed;
use super::{Bytes, Wire};
use crate::error::{BytesRefusal, SealError};
use crate::seal::common::{Ciphertext, GaloisKeys, PublicKey, RelinKeys, SchemeType};
use crate::seal::{HybridKeys, Seeded};

/// The kind of an entry, which is the same in every scheme.
#[derive(Clone, Copy)]
pub struct EntryKind {
    /// A number that is never reused for something else.
    pub number: u32,
    pub name: &'static str,
}

macro_rules! kinds {
    ($($kind:ident = $number:literal, $name:literal;)*) => {
        $(pub const $kind: EntryKind = EntryKind { number: $number, name: $name };)*
        /// All kinds that this program knows.
        pub const KINDS: [EntryKind; [$($number),*].len()] = [$($kind),*];
    };
}

kinds! {
    PARAMETERS = 1, "parameters";
    PUBLIC_KEY = 2, "public-key";
    RELIN_KEYS = 3, "relin-keys";
    GALOIS_KEYS = 4, "galois-keys";
    CIPHERTEXT = 6, "ciphertext";
    MODEL = 7, "model";
    SECRET_KEY = 8, "secret-key";
    SEEDED_PUBLIC_KEY = 0x102, "public-key, seeded";
    SEEDED_RELIN_KEYS = 0x103, "relin-keys, seeded";
    SEEDED_GALOIS_KEYS = 0x104, "galois-keys, seeded";
    SEEDED_SWITCHING_KEYS = 0x105, "switching-keys, seeded";
    SEEDED_CIPHERTEXT = 0x106, "ciphertext, seeded";
    SEEDED_RAISING_KEYS = 0x107, "raising-keys, seeded";
    BOOTSTRAP_KEYS = 0x108, "bootstrap-keys, seeded";
}

/// An object that a [`Container`](super::Container) accepts besides parameters and a model: objects that may be shared,
/// of CKKS and of [`integer`](crate::seal::integer).
pub trait Packed: Bytes<Buffer = Vec<u8>> {
    #[doc(hidden)]
    const KIND: EntryKind;

    /// The content of its entry.
    #[doc(hidden)]
    fn to_entry(&self) -> Result<Vec<u8>, SealError> {
        self.to_bytes()
    }

    #[doc(hidden)]
    fn from_entry(context: &Self::Context, content: &[u8]) -> Result<Self, SealError> {
        Self::from_bytes(context, content)
    }
}

/// A type and its seeded form, of every scheme.
macro_rules! packed {
    ($type:ident: $whole:ident, $seeded:ident) => {
        impl<S: SchemeType> Packed for $type<S> {
            const KIND: EntryKind = $whole;
        }

        impl<S: SchemeType> Packed for Seeded<$type<S>> {
            const KIND: EntryKind = $seeded;
        }
    };
}

packed!(PublicKey: PUBLIC_KEY, SEEDED_PUBLIC_KEY);
packed!(RelinKeys: RELIN_KEYS, SEEDED_RELIN_KEYS);
packed!(GaloisKeys: GALOIS_KEYS, SEEDED_GALOIS_KEYS);
packed!(Ciphertext: CIPHERTEXT, SEEDED_CIPHERTEXT);

/// The only objects whose format is not SEAL's, so their entry has the smaller one.
impl Packed for Seeded<HybridKeys> {
    const KIND: EntryKind = SEEDED_SWITCHING_KEYS;

    fn to_entry(&self) -> Result<Vec<u8>, SealError> {
        self.to_wire()
    }

    /// Earlier versions of this crate did not pack them.
    fn from_entry(context: &Self::Context, content: &[u8]) -> Result<Self, SealError> {
        match is_packed(content) {
            true => Self::from_wire(context, content),
            false => Self::from_bytes(context, content),
        }
    }
}

/// The only one of its kind.
pub fn only<T>(kind: EntryKind, mut found: impl Iterator<Item = T>) -> Result<T, BytesRefusal> {
    match (found.next(), found.count()) {
        (Some(one), 0) => Ok(one),
        (first, more) => {
            let actual = usize::from(first.is_some()) + more;
            Err(BytesRefusal::Entries { entry: kind.name, expected: "one", actual })
        }
    }
}
