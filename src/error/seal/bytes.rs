//! The reasons why bytes are rejected.

use std::fmt;

/// The object that bytes should contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectKind {
    /// `Parameters`
    Parameters,
    /// `Plaintext`
    Plaintext,
    /// `Ciphertext`
    Ciphertext,
    /// `SecretKey`
    SecretKey,
    /// `PublicKey`
    PublicKey,
    /// `RelinKeys`
    RelinKeys,
    /// `GaloisKeys`
    GaloisKeys,
    /// `HybridKeys`, which SEAL does not know.
    HybridKeys,
    /// `SeededRaisingKeys`, which SEAL does not know.
    RaisingKeys,
    /// `Container` or `SecretContainer`: several objects.
    Container,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ObjectKind::Parameters => "parameters",
            ObjectKind::Plaintext => "plaintext",
            ObjectKind::Ciphertext => "ciphertext",
            ObjectKind::SecretKey => "secret key",
            ObjectKind::PublicKey => "public key",
            ObjectKind::RelinKeys => "relinearisation keys",
            ObjectKind::GaloisKeys => "Galois keys",
            ObjectKind::HybridKeys => "switching keys",
            ObjectKind::RaisingKeys => "raising keys",
            ObjectKind::Container => "container",
        })
    }
}

/// The error in bytes from outside, with what was found and what was expected. `part` names the field or the object
/// within.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BytesRefusal {
    /// The bytes end too early.
    #[error(
        "the data ends within the {part}: {expected} bytes are needed, but {actual} are left; obtain the complete data"
    )]
    TooShort {
        /// Where.
        part: &'static str,
        /// Bytes needed.
        expected: usize,
        /// Bytes left.
        actual: usize,
    },
    /// A header does not begin as SEAL's do.
    #[error(
        "the header of the {part} begins with {actual:#06x} instead of {expected:#06x}: this is not an object of SEAL"
    )]
    Magic {
        /// The object.
        part: &'static str,
        /// SEAL's number.
        expected: u16,
        /// The number found.
        actual: u16,
    },
    /// The data does not begin like a container of this kind.
    #[error("the data begins with {actual:?} instead of {expected:?}: this is something else")]
    NotThis {
        /// The first bytes of such a container.
        expected: String,
        /// Those found.
        actual: String,
    },
    /// A header of another size, or with bits in its reserved field.
    #[error("the header of the {part} is not that of SEAL 4: {field} is {actual}, not {expected}")]
    Header {
        /// The object.
        part: &'static str,
        /// The field.
        field: &'static str,
        /// What SEAL 4 writes.
        expected: u16,
        /// What was found.
        actual: u16,
    },
    /// Written by another version than SEAL 4.0 to 4.4.
    #[error("the {part} was written by SEAL {major}.{minor}; versions 4.0 to 4.4 are supported")]
    Version {
        /// The object.
        part: &'static str,
        /// Its major version.
        major: u8,
        /// Its minor version.
        minor: u8,
    },
    /// An unknown compression, or one inside another object, where SEAL never compresses.
    #[error("the {part} has compression mode {actual}; {expected}")]
    Compression {
        /// The object.
        part: &'static str,
        /// What is supported there.
        expected: &'static str,
        /// The mode.
        actual: u8,
    },
    /// A header with another size than its object.
    #[error("the header of the {part} states {stated} bytes, but there are {actual}")]
    Size {
        /// The object.
        part: &'static str,
        /// What the header states.
        stated: u64,
        /// The bytes of the object.
        actual: u64,
    },
    /// Bytes after the object.
    #[error("{count} bytes follow the object; remove them before loading")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// More bytes than such an object can have, or than the limits allow.
    #[error("more than {most} bytes, the maximum for these parameters and limits")]
    TooLarge {
        /// The maximum.
        most: usize,
    },
    /// The system does not provide the memory.
    #[error("cannot allocate {bytes} bytes")]
    NoMemory {
        /// The requested size.
        bytes: usize,
    },
    /// A compressed stream that is damaged, or needs too large a window.
    #[error("the {codec} stream cannot be decompressed: {reason}")]
    Inflate {
        /// zlib or zstd.
        codec: &'static str,
        /// The decoder's reason.
        reason: String,
    },
    /// A field with an invalid value.
    #[error("{part} is {actual}, but {expected} was expected")]
    Field {
        /// The field.
        part: &'static str,
        /// The valid values.
        expected: String,
        /// The value.
        actual: u64,
    },
    /// An object of other parameters, or of a level that does not exist.
    #[error(
        "the {part} was made with other parameters than those of the context, or for a level that its chain does not \
         have"
    )]
    ForeignParameters {
        /// The object.
        part: &'static str,
    },
    /// A `parms_id` of keys on a data object, or the other way round.
    #[error("the {part} is at the level of {actual} instead of {expected}")]
    KeyLevel {
        /// The object.
        part: &'static str,
        /// The required level.
        expected: &'static str,
        /// The actual level.
        actual: &'static str,
    },
    /// An invalid scale, or one that is too large for the modulus of the level.
    #[error("the scale of the {part} is {actual:e}, but {expected} was expected")]
    Scale {
        /// The object.
        part: &'static str,
        /// The valid scales.
        expected: String,
        /// The number.
        actual: f64,
    },
    /// A residue that is not below its modulus.
    #[error("residue {index} of the {part} is {actual}, not below its modulus {modulus}")]
    Residue {
        /// The object.
        part: &'static str,
        /// The index of the residue.
        index: usize,
        /// The modulus.
        modulus: u64,
        /// The residue.
        actual: u64,
    },
    /// An object that is readable without the secret key, or a useless key: the polynomial that should mask it is zero.
    #[error("the {part} is transparent (the polynomial that should mask its content is zero): it was not encrypted")]
    Transparent {
        /// The object.
        part: &'static str,
    },
    /// A seeded form instead of the expanded object, or the other way round.
    #[error(
        "the {part} is in {actual} form, but {expected} is expected; load the seeded form as Seeded<T>, and the whole \
         one as T"
    )]
    Form {
        /// The object.
        part: &'static str,
        /// The expected form.
        expected: &'static str,
        /// The actual form.
        actual: &'static str,
    },
    /// Keys of another kind, which SEAL writes in the same format.
    #[error("these are {actual}, not {expected}; load them as what they are")]
    OtherKeys {
        /// The requested kind.
        expected: ObjectKind,
        /// The kind found.
        actual: ObjectKind,
    },
    /// A missing key in a set of keys.
    #[error("key {index} of the {part} is missing")]
    NoKey {
        /// The object.
        part: &'static str,
        /// The index.
        index: usize,
    },
    /// A checksum that does not match.
    #[error("the checksum of the {part} is {actual:#010x}, but its bytes give {expected:#010x}: the data was modified")]
    Checksum {
        /// The part.
        part: &'static str,
        /// The checksum of the bytes.
        expected: u32,
        /// The checksum in the data.
        actual: u32,
    },
    /// A container without a requested object, or with several instead of one.
    #[error("the container has {actual} entries of {entry}, but {expected} is expected")]
    Entries {
        /// The requested entry.
        entry: &'static str,
        /// The expected number.
        expected: &'static str,
        /// The actual number.
        actual: usize,
    },
}
