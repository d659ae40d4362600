//! Compression of objects.

use std::io::Write;

use flate2::Compression as Level;
use flate2::write::ZlibEncoder;

use super::header::{Compression, Header};

/// The object as SEAL would compress it: a header, followed by the zlib stream of everything after the original header.
///
/// Residues are random below their primes, so only the zero bits above them can be removed. The fastest level comes
/// within 2% of the best one.
pub fn zlib(object: &[u8], minor: u8) -> Result<Vec<u8>, std::io::Error> {
    let mut encoder = ZlibEncoder::new(vec![0; Header::BYTES], Level::fast());
    encoder.write_all(&object[Header::BYTES..])?;
    let mut bytes = encoder.finish()?;
    let size = bytes.len();
    bytes[..Header::BYTES].copy_from_slice(&Header::of(minor, Compression::Zlib, size));
    Ok(bytes)
}
