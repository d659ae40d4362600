//! Bytes of an object, compressed.

use std::io::Write;

use flate2::Compression as Level;
use flate2::write::ZlibEncoder;

use super::header::{Compression, Header};

/// The object as SEAL would have compressed it: a header, and by zlib what was behind the one it had.
///
/// Residues are random below their primes, so there is nothing to find but the zeros above them: the fastest level comes
/// within 2% of the best one.
pub fn zlib(object: &[u8], minor: u8) -> Result<Vec<u8>, std::io::Error> {
    let mut encoder = ZlibEncoder::new(vec![0; Header::BYTES], Level::fast());
    encoder.write_all(&object[Header::BYTES..])?;
    let mut bytes = encoder.finish()?;
    let size = bytes.len();
    bytes[..Header::BYTES].copy_from_slice(&Header::of(minor, Compression::Zlib, size));
    Ok(bytes)
}
