//! Serialisation of all objects, and loading from untrusted bytes.
//!
//! SEAL's own loaders are not safe on bytes from outside: a hundred bytes can make them take gigabytes, or write
//! through a null pointer, and they accept ciphertexts that crash the evaluator. So nothing reaches them unchecked: a
//! walk over the bytes compares every field with what the parameters allow before any memory is made for it, compressed
//! bytes are inflated here and within bounds, and SEAL then loads bytes in which nothing is left to find.

mod bits;
mod bounds;
mod buffer;
mod container;
mod contents;
mod deflate;
mod entries;
mod file;
mod format;
mod frame;
mod header;
mod hybrid;
mod inflate;
mod limits;
mod normal;
mod objects;
mod packed_parameters;
pub(super) mod parameters;
mod polynomials;
mod raising;
mod reader;
mod secret_container;
mod shape;
mod version;
mod wire;
mod wire_ciphertexts;
mod wire_keys;

use std::path::Path;

pub use container::Container;
pub use entries::Packed;
pub use header::{Compression, Header};
pub use limits::Limits;
pub use packed_parameters::{InsecureParameters, PackedParameters};
pub use secret_container::SecretContainer;
pub use version::SealVersion;
pub use wire::Wire;

pub(super) use bounds::Bounded;
use bounds::Bounds;
use format::Format;
pub(super) use format::SeededFormat;
use normal::Normal;
pub(super) use packed_parameters::Lacking;
pub(super) use parameters::Written;
pub(super) use raising::RaisingLayout;
use reader::Reader;

use super::common::{Ciphertext, Context, SchemeType};
use crate::error::{BytesRefusal, ObjectKind, SealError};

/// Objects in SEAL's format: bytes that every SEAL 4 can read, and that are checked before SEAL reads them here.
///
/// For plaintexts, ciphertexts and keys, and for their [`Seeded`](super::Seeded) forms, of CKKS and of
/// [`integer`](super::integer); [`Parameters`](super::Parameters) have methods of the same names, for which no context
/// is needed yet. What is refused, and what is not in the bytes (who made them), is in docs/bytes.md.
///
/// ```
/// use seal_nn::SealError;
/// use seal_nn::seal::*;
/// # fn main() -> Result<(), SealError> {
/// let context = Context::new(&Parameters::new(4096, &[36, 36, 37])?)?;
/// let secret = KeyGenerator::new(&context)?.secret_key()?;
/// let plain = Encoder::new(&context)?.encode(&[1.5], context.top_level(), 2f64.powi(30))?;
/// let x = SymmetricEncryptor::new(&context, &secret)?.encrypt(&plain)?;
///
/// let mut bytes = x.to_bytes()?;
/// let back = Ciphertext::from_bytes(&context, &bytes)?;
/// assert_eq!((back.level(), back.scale()), (x.level(), x.scale()));
///
/// bytes.push(0);
/// let refusal = Ciphertext::from_bytes(&context, &bytes).unwrap_err();
/// assert!(matches!(refusal, SealError::Bytes { reason: BytesRefusal::Trailing { count: 1 }, .. }));
/// # Ok(())
/// # }
/// ```
///
/// Source: `save` and `load` of each class; the format in serialization.h.
pub trait Bytes: Format {
    /// The object, uncompressed, for SEAL 4.0 and all versions that read its files. The bytes of a secret key are
    /// cleared when they are dropped.
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    fn to_bytes(&self) -> Result<Self::Buffer, SealError> {
        self.to_bytes_as(SealVersion::V4_0)
    }

    /// The object for another version: SEAL 4.0 to 4.3 only read files with their own version.
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    fn to_bytes_as(&self, version: SealVersion) -> Result<Self::Buffer, SealError> {
        let mut bytes = Self::Buffer::from(vec![0; self.raw_size()?]);
        self.write_raw(bytes.as_mut())?;
        if Self::SHAPE.headed && version.minor() != SealVersion::linked_minor() {
            let headers = headers(self, bytes.as_ref())?;
            normal::stamp(bytes.as_mut(), &headers, version.minor());
        }
        Ok(bytes)
    }

    /// The object compressed by zlib, for builds of SEAL that have it, as usual ones do. Not for secret keys: what a
    /// compressor remembers is not cleared. Residues of 40 bits shrink to 0.8 of their 64, of 50 bits to 0.9, and there
    /// is nothing to gain on those of 60; seeded keys for our own key switching, which are not SEAL's, stay as they
    /// are.
    ///
    /// ```compile_fail,E0271
    /// use seal_nn::seal::{Bytes, SealVersion, SecretKey};
    /// fn compressed(secret: &SecretKey) {
    ///     let _ = secret.to_bytes_compressed(SealVersion::V4_0);
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Library`](SealError::Library) if memory runs out.
    fn to_bytes_compressed(&self, version: SealVersion) -> Result<Vec<u8>, SealError>
    where
        Self: Format<Buffer = Vec<u8>>,
    {
        let bytes = self.to_bytes_as(version)?;
        match Self::SHAPE.headed {
            true => deflate::zlib(&bytes, version.minor()).map_err(|_| {
                let reason = BytesRefusal::NoMemory { bytes: bytes.len() };
                SealError::Bytes { kind: Self::SHAPE.kind, reason }
            }),
            false => Ok(bytes),
        }
    }

    /// Reads bytes saved by SEAL 4.0 to 4.4, compressed or not, after all checks.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) with the reason if they are invalid.
    fn from_bytes(context: &Self::Context, bytes: &[u8]) -> Result<Self, SealError> {
        Self::from_bytes_within(context, bytes, &Limits::default())
    }

    /// Reads bytes with your own limits.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) with the reason if they are invalid or exceed the limits.
    fn from_bytes_within(context: &Self::Context, bytes: &[u8], limits: &Limits) -> Result<Self, SealError> {
        let bounds = context.bounds()?;
        let checked = checked::<Self>(&bounds, bytes, limits)?;
        Self::read_raw(context, &checked)
    }

    /// Writes the complete file, or none. On Unix, only the owner can read the file of a secret key (mode 0600).
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    fn save(&self, path: impl AsRef<Path>) -> Result<(), SealError> {
        self.save_as(path, SealVersion::V4_0)
    }

    /// Writes a file for another version of SEAL.
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    fn save_as(&self, path: impl AsRef<Path>, version: SealVersion) -> Result<(), SealError> {
        file::write(path.as_ref(), self.to_bytes_as(version)?.as_ref(), file::readers_of(Self::SHAPE.kind))
    }

    /// Writes a compressed file, see [`to_bytes_compressed`](Bytes::to_bytes_compressed).
    ///
    /// # Errors
    /// [`File`](SealError::File) with the system's reason.
    fn save_compressed(&self, path: impl AsRef<Path>, version: SealVersion) -> Result<(), SealError>
    where
        Self: Format<Buffer = Vec<u8>>,
    {
        file::write(path.as_ref(), &self.to_bytes_compressed(version)?, file::readers_of(Self::SHAPE.kind))
    }

    /// Reads a file like [`from_bytes`](Bytes::from_bytes), and no more of it than such an object can have.
    ///
    /// # Errors
    /// [`File`](SealError::File) if it cannot be read; [`Bytes`](SealError::Bytes) if it is invalid.
    fn load(context: &Self::Context, path: impl AsRef<Path>) -> Result<Self, SealError> {
        Self::load_within(context, path, &Limits::default())
    }

    /// Reads a file with your own limits.
    ///
    /// # Errors
    /// [`File`](SealError::File) if it cannot be read; [`Bytes`](SealError::Bytes) if it is invalid or exceeds the
    /// limits.
    fn load_within(context: &Self::Context, path: impl AsRef<Path>, limits: &Limits) -> Result<Self, SealError> {
        let bounds = context.bounds()?;
        let most = Self::most_bytes(&bounds, limits).min(limits.bytes());
        // A compressed file can be slightly larger than its contents.
        let beginning: file::Beginning = if Self::SHAPE.headed { Header::check } else { |_| Ok(()) };
        let bytes = file::read(path.as_ref(), Self::SHAPE.kind, most.saturating_add(most / 64 + 4096), beginning)?;
        Self::from_bytes_within(context, &bytes, limits)
    }
}

impl<T: Format> Bytes for T {}

impl<S: SchemeType> Ciphertext<S> {
    /// Like [`from_bytes`](Bytes::from_bytes), and also accepts products of three components that have not been
    /// relinearised.
    ///
    /// # Errors
    /// As there.
    pub fn from_bytes_unrelinearized(context: &Context<S>, bytes: &[u8]) -> Result<Ciphertext<S>, SealError> {
        Ciphertext::from_bytes_within(context, bytes, &Limits::default().unrelinearized())
    }
}

/// All checks that are possible before SEAL sees the bytes.
fn checked<'a, T: Format>(bounds: &Bounds, bytes: &'a [u8], limits: &Limits) -> Result<Normal<'a>, SealError> {
    let refused = |reason| SealError::Bytes { kind: T::SHAPE.kind, reason };
    let mut most = T::most_bytes(bounds, limits).min(limits.bytes());
    if T::SHAPE.kind != ObjectKind::Plaintext {
        most = most.min(bounds.inflated_bytes(bytes.len()));
    }
    let walk = |reader: &mut Reader<'_>| T::walk(reader, bounds, limits);
    if T::SHAPE.headed {
        return normal::check(PART, bytes, most, walk).map_err(refused);
    }
    if bytes.len() > most {
        return Err(refused(BytesRefusal::TooLarge { most }));
    }
    walk(&mut Reader::new(bytes)).map_err(refused)?;
    Ok(Normal::AsTheyCame(bytes))
}

/// The positions of the headers in bytes that were just written.
fn headers<T: Format>(object: &T, bytes: &[u8]) -> Result<Vec<usize>, SealError> {
    let (bounds, limits) = (object.context().bounds()?, Limits::default().unrelinearized());
    let walk = |reader: &mut Reader<'_>| T::walk(reader, &bounds, &limits);
    normal::headers(PART, bytes, usize::MAX, walk).map_err(|reason| SealError::Bytes { kind: T::SHAPE.kind, reason })
}

/// The outermost object in messages, which name its kind separately.
const PART: &str = "object";
