//! The 16 bytes before every object and every nested object.

use super::reader::{Reader, Walk};
use super::version::SealVersion;
use crate::error::BytesRefusal;
use crate::ffi::constants::{Compression as Mode, HEADER_MAGIC, HEADER_SIZE};

/// The compression of the bytes after a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// None, as written by `to_bytes` and `save`.
    None,
    /// zlib, as written by `to_bytes_compressed` and `save_compressed`.
    Zlib,
    /// zstd, which SEAL supports if it was built with it.
    Zstd,
}

/// The header of an object in SEAL's format. It does not depend on the kind of object.
///
/// | bytes | content |
/// |---|---|
/// | 0, 1 | the number 0xA15E |
/// | 2 | size of the header, 16 |
/// | 3, 4 | major and minor version |
/// | 5 | compression: 0 none, 1 zlib, 2 zstd |
/// | 6, 7 | reserved, 0 |
/// | 8 to 15 | bytes of the object with its header |
///
/// All numbers are little-endian.
///
/// Source: `Serialization::SEALHeader` in serialization.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of SEAL that wrote it.
    pub version: SealVersion,
    /// The compression of the following bytes.
    pub compression: Compression,
    /// The size of the object in bytes, including the header.
    pub size: u64,
}

impl Header {
    /// The size of the header in bytes.
    pub const BYTES: usize = HEADER_SIZE;

    /// The position of the version.
    pub(super) const VERSION_AT: usize = 3;

    /// Reads the first 16 bytes of an object saved by SEAL.
    ///
    /// # Errors
    /// The reason why they are invalid. The loaders check `size`.
    pub fn parse(bytes: &[u8]) -> Result<Header, BytesRefusal> {
        Header::read(&mut Reader::new(bytes), "object")
    }

    /// Returns an error unless bytes begin with a header.
    pub(super) fn check(bytes: &[u8]) -> Result<(), BytesRefusal> {
        Header::parse(bytes).map(drop)
    }

    pub(super) fn read(reader: &mut Reader<'_>, part: &'static str) -> Walk<Header> {
        let [m0, m1, header_size, major, minor, mode, r0, r1] = reader.array(part)?;
        let size = u64::from_le_bytes(reader.array(part)?);
        let magic = u16::from_le_bytes([m0, m1]);
        if magic != HEADER_MAGIC {
            return Err(BytesRefusal::Magic { part, expected: HEADER_MAGIC, actual: magic });
        }
        let fixed = |field, expected, actual| match actual == expected {
            true => Ok(()),
            false => Err(BytesRefusal::Header { part, field, expected, actual }),
        };
        fixed("its size", HEADER_SIZE as u16, header_size.into())?;
        fixed("the reserved field", 0, u16::from_le_bytes([r0, r1]))?;
        let version = SealVersion::from_numbers(major, minor).ok_or(BytesRefusal::Version { part, major, minor })?;
        let compression = match Mode(mode) {
            Mode::NONE => Compression::None,
            Mode::ZLIB => Compression::Zlib,
            Mode::ZSTD => Compression::Zstd,
            Mode(actual) => {
                let expected = "SEAL supports 0 (none), 1 (zlib) and 2 (zstd)";
                return Err(BytesRefusal::Compression { part, expected, actual });
            }
        };
        Ok(Header { version, compression, size })
    }

    /// The header of an object of the given size, including the header.
    pub(super) fn of(minor: u8, compression: Compression, size: usize) -> [u8; HEADER_SIZE] {
        let mut bytes = [0; HEADER_SIZE];
        bytes[..2].copy_from_slice(&HEADER_MAGIC.to_le_bytes());
        bytes[2] = HEADER_SIZE as u8;
        bytes[Header::VERSION_AT] = SealVersion::MAJOR;
        bytes[Header::VERSION_AT + 1] = minor;
        bytes[5] = match compression {
            Compression::None => Mode::NONE.0,
            Compression::Zlib => Mode::ZLIB.0,
            Compression::Zstd => Mode::ZSTD.0,
        };
        bytes[8..].copy_from_slice(&(size as u64).to_le_bytes());
        bytes
    }
}
