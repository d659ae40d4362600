//! Bytes in the form that the linked SEAL accepts: checked, decompressed, and marked with its version.

use std::ops::Deref;

use zeroize::Zeroizing;

use super::buffer::Buffer;
use super::header::{Compression, Header};
use super::inflate;
use super::reader::{Reader, Walk};
use super::version::SealVersion;
use crate::error::BytesRefusal;

/// Bytes that have passed every check. They are the original bytes unless those were compressed or of another version.
pub enum Normal<'a> {
    AsTheyCame(&'a [u8]),
    Rewritten(Zeroizing<Vec<u8>>),
}

impl Deref for Normal<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Normal::AsTheyCame(bytes) => bytes,
            Normal::Rewritten(bytes) => bytes,
        }
    }
}

/// Checks an object of limited size; `body` walks over everything after its header.
pub fn check<'a>(
    part: &'static str,
    bytes: &'a [u8],
    most: usize,
    body: impl FnOnce(&mut Reader<'_>) -> Walk<()>,
) -> Walk<Normal<'a>> {
    let header = Header::read(&mut Reader::new(bytes), part)?;
    let normal = match header.compression {
        Compression::None => Normal::AsTheyCame(bytes),
        Compression::Zlib | Compression::Zstd => Normal::Rewritten(inflated(part, header, bytes, most)?),
    };
    let headers = headers(part, &normal, most, body)?;
    let minor = SealVersion::linked_minor();
    if headers.iter().all(|&start| normal[start + Header::VERSION_AT + 1] == minor) {
        return Ok(normal);
    }
    let mut own = match normal {
        Normal::AsTheyCame(bytes) => Zeroizing::new(bytes.to_vec()),
        Normal::Rewritten(bytes) => bytes,
    };
    stamp(&mut own, &headers, minor);
    Ok(Normal::Rewritten(own))
}

/// Checks an uncompressed object and returns the positions of its headers.
pub fn headers(
    part: &'static str,
    bytes: &[u8],
    most: usize,
    body: impl FnOnce(&mut Reader<'_>) -> Walk<()>,
) -> Walk<Vec<usize>> {
    let mut reader = Reader::new(bytes);
    reader.outermost(part)?;
    if bytes.len() > most {
        return Err(BytesRefusal::TooLarge { most });
    }
    body(&mut reader)?;
    reader.end()
}

/// Writes a version into the headers at these positions.
pub fn stamp(bytes: &mut [u8], headers: &[usize], minor: u8) {
    for &start in headers {
        bytes[start + Header::VERSION_AT + 1] = minor;
    }
}

/// The object as it would be without compression: its own header, followed by the decompressed bytes.
fn inflated(part: &'static str, header: Header, bytes: &[u8], most: usize) -> Walk<Zeroizing<Vec<u8>>> {
    let actual = bytes.len() as u64;
    if header.size != actual {
        return Err(BytesRefusal::Size { part, stated: header.size, actual });
    }
    let no_memory = |_| BytesRefusal::NoMemory { bytes: 2 * bytes.len() };
    // Ciphertexts and keys compress to the bits of their primes, which is at least half.
    let mut whole = Buffer::new(Header::BYTES, 2 * bytes.len(), most).map_err(no_memory)?;
    match header.compression {
        Compression::Zlib => inflate::zlib(&bytes[Header::BYTES..], &mut whole)?,
        _ => inflate::zstd(&bytes[Header::BYTES..], &mut whole)?,
    }
    let mut whole = whole.into_bytes();
    let size = whole.len();
    whole[..Header::BYTES].copy_from_slice(&Header::of(header.version.minor(), Compression::None, size));
    Ok(whole)
}
