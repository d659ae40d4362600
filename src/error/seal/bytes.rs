//! Why bytes are refused.

use std::fmt;

/// What bytes were to hold.
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
            ObjectKind::Container => "container",
        })
    }
}

/// What is wrong with bytes from outside: what was found, and what was expected. `part` names the field or the object
/// within.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BytesRefusal {
    /// The bytes end too early.
    #[error("they end within the {part}: {expected} bytes are needed there, {actual} are left; fetch all of them")]
    TooShort {
        /// Where.
        part: &'static str,
        /// Bytes needed.
        expected: usize,
        /// Bytes left.
        actual: usize,
    },
    /// A header does not begin as SEAL's do.
    #[error("the header of the {part} begins with {actual:#06x}, SEAL's with {expected:#06x}: this is something else")]
    Magic {
        /// The object.
        part: &'static str,
        /// SEAL's number.
        expected: u16,
        /// The number found.
        actual: u16,
    },
    /// A container does not begin as one, or is one of the other sort.
    #[error("they begin with {actual:?}, where {expected:?} is expected: this is something else")]
    NotThis {
        /// The first bytes of such a container.
        expected: String,
        /// Those found.
        actual: String,
    },
    /// A header of another size, or with bits in its reserved field.
    #[error("the header of the {part} is not SEAL 4's: {field} is {actual}, not {expected}")]
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
    #[error("the {part} was written by SEAL {major}.{minor}; versions 4.0 to 4.4 are taken")]
    Version {
        /// The object.
        part: &'static str,
        /// Its major version.
        major: u8,
        /// Its minor version.
        minor: u8,
    },
    /// A compression that SEAL does not know, or one inside another object, where SEAL never writes one.
    #[error("the {part} has compression mode {actual}; {expected}")]
    Compression {
        /// The object.
        part: &'static str,
        /// What is taken there.
        expected: &'static str,
        /// The mode.
        actual: u8,
    },
    /// A header that states more or fewer bytes than its object has.
    #[error("the header of the {part} states {stated} bytes, and there are {actual}")]
    Size {
        /// The object.
        part: &'static str,
        /// What the header states.
        stated: u64,
        /// The bytes of the object.
        actual: u64,
    },
    /// Bytes behind the object.
    #[error("{count} bytes follow the object; cut them off if they are meant to be there")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// More bytes than such an object can have, or than the limits allow.
    #[error("more than {most} bytes, the most that the parameters and the limits allow")]
    TooLarge {
        /// The most.
        most: usize,
    },
    /// More memory than the system gives.
    #[error("no memory for {bytes} bytes")]
    NoMemory {
        /// What was asked for.
        bytes: usize,
    },
    /// A compressed stream that is damaged, or asks for too large a window.
    #[error("the {codec} stream cannot be inflated: {reason}")]
    Inflate {
        /// zlib or zstd.
        codec: &'static str,
        /// The decoder's reason.
        reason: String,
    },
    /// A field with a value that it cannot have here.
    #[error("{part} is {actual}; {expected} was expected")]
    Field {
        /// The field.
        part: &'static str,
        /// What it can be.
        expected: String,
        /// The value.
        actual: u64,
    },
    /// Made under other parameters, or at a level that the chain does not have.
    #[error(
        "the {part} was made under other parameters than the context's, or at a level that its chain does not have"
    )]
    ForeignParameters {
        /// The object.
        part: &'static str,
    },
    /// The identity of a level of keys on an object of data, or the other way round.
    #[error("the {part} is at the level of {actual}, not of {expected}")]
    KeyLevel {
        /// The object.
        part: &'static str,
        /// Where it must be.
        expected: &'static str,
        /// Where it is.
        actual: &'static str,
    },
    /// A scale that is none, or does not fit under the modulus of the level.
    #[error("the scale of the {part} is {actual:e}; {expected} was expected")]
    Scale {
        /// The object.
        part: &'static str,
        /// What it can be.
        expected: String,
        /// The number.
        actual: f64,
    },
    /// A residue that is not below its modulus.
    #[error("residue {index} of the {part} is {actual}, not below its modulus {modulus}")]
    Residue {
        /// The object.
        part: &'static str,
        /// Which residue.
        index: usize,
        /// The modulus.
        modulus: u64,
        /// The residue.
        actual: u64,
    },
    /// Readable without the secret key, or, for a key, of no use: all that should hide it is zero.
    #[error("the {part} is transparent (all that should hide its content is zero): it was not encrypted")]
    Transparent {
        /// The object.
        part: &'static str,
    },
    /// A seeded form where the whole object is wanted, or the other way round.
    #[error(
        "the {part} is in {actual} form, {expected} is wanted here; Seeded<T> takes the seeded one, T the whole one"
    )]
    Form {
        /// The object.
        part: &'static str,
        /// The form wanted.
        expected: &'static str,
        /// The form found.
        actual: &'static str,
    },
    /// No key in a place where one will be looked for.
    #[error("key {index} of the {part} is missing: its place is empty")]
    NoKey {
        /// The object.
        part: &'static str,
        /// The place.
        index: usize,
    },
    /// Bytes that were changed on their way.
    #[error("the checksum of the {part} is {actual:#010x}, its bytes give {expected:#010x}: they were changed")]
    Checksum {
        /// The part.
        part: &'static str,
        /// Of the bytes.
        expected: u32,
        /// As written.
        actual: u32,
    },
    /// A container without an object that was asked for, or with two where one belongs.
    #[error("there are {actual} entries of {entry}, {expected} is wanted")]
    Entries {
        /// What was looked for.
        entry: &'static str,
        /// How many there must be.
        expected: &'static str,
        /// How many there are.
        actual: usize,
    },
}
