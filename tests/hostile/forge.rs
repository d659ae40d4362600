//! Bytes as an attacker writes them. Offsets are those of SEAL's format.

use std::io::Write;

use seal_nn::seal::Header;

pub const ZLIB: u8 = 1;
pub const ZSTD: u8 = 2;

/// Of a ciphertext.
pub mod ct {
    pub const ID: usize = 16;
    pub const NTT: usize = 48;
    pub const SIZE: usize = 49;
    pub const SCALE: usize = 73;
    pub const CORRECTION: usize = 81;
    pub const COUNT: usize = 105;
    pub const DATA: usize = 113;
}

/// Of a plaintext and of a secret key.
pub mod pt {
    pub const ID: usize = 16;
    pub const COEFF_COUNT: usize = 48;
    pub const SCALE: usize = 56;
    pub const COUNT: usize = 80;
    pub const DATA: usize = 88;
}

/// Of keys for key switching.
pub mod ks {
    pub const DIM1: usize = 48;
    pub const DIM2: usize = 56;
}

/// Of parameters.
pub mod parms {
    pub const SCHEME: usize = 16;
    pub const MODULI: usize = 33;
}

/// A copy with other bytes at a place.
pub fn with(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

pub fn with_u64(bytes: &[u8], at: usize, new: u64) -> Vec<u8> {
    with(bytes, at, &new.to_le_bytes())
}

/// A copy whose outermost header states the bytes that there are.
pub fn sized(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() < Header::BYTES { bytes.to_vec() } else { with_u64(bytes, 8, bytes.len() as u64) }
}

pub fn header(mode: u8, size: u64) -> Vec<u8> {
    let mut bytes = vec![0x5E, 0xA1, 16, 4, 0, mode, 0, 0];
    bytes.extend(size.to_le_bytes());
    bytes
}

/// An object with a header of its own before it.
pub fn headed(mode: u8, body: &[u8]) -> Vec<u8> {
    [header(mode, (Header::BYTES + body.len()) as u64), body.to_vec()].concat()
}

/// The object as a SEAL with compressors saves it.
pub fn compressed(bytes: &[u8], mode: u8) -> Vec<u8> {
    let body = &bytes[Header::BYTES..];
    headed(mode, &if mode == ZSTD { zstd(body) } else { zlib(body) })
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Zeros, as zlib writes them.
pub fn zlib_bomb(mebibytes: usize) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..mebibytes {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
}

/// A frame of blocks that repeat one byte 131072 times, four bytes each. The window is 2 MiB.
pub fn zstd_bomb(bytes: u64) -> Vec<u8> {
    zstd_frame(0, &[0x58], bytes)
}

/// A frame with this descriptor and what belongs to it.
pub fn zstd_frame(descriptor: u8, fields: &[u8], zeros: u64) -> Vec<u8> {
    const BLOCK: u64 = 128 << 10;
    let mut frame = [&[0x28, 0xB5, 0x2F, 0xFD, descriptor], fields].concat();
    let blocks = zeros.div_ceil(BLOCK).max(1);
    for block in 0..blocks {
        let size = BLOCK.min(zeros - block * BLOCK) as u32;
        let is_last = u32::from(block + 1 == blocks);
        frame.extend(&(is_last | 1 << 1 | size << 3).to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

pub fn modulus(value: u64) -> Vec<u8> {
    headed(0, &value.to_le_bytes())
}

/// Parameters of the scheme and the plaintext modulus of good ones, whatever their worth.
pub fn parameters(good: &[u8], degree: u64, primes: &[u64]) -> Vec<u8> {
    let mut body = vec![good[parms::SCHEME]];
    body.extend(degree.to_le_bytes());
    body.extend((primes.len() as u64).to_le_bytes());
    for &prime in primes {
        body.extend(modulus(prime));
    }
    body.extend(&good[good.len() - Header::BYTES - 8..]);
    headed(0, &body)
}

/// A container whose checksums are right, whatever else was changed in it.
pub fn with_right_checksums(bytes: &[u8]) -> Vec<u8> {
    const HEAD: usize = 28;
    if bytes.len() < HEAD {
        return bytes.to_vec();
    }
    let mut bytes = with_u64(bytes, 16, bytes.len() as u64);
    let sum = crc32fast::hash(&bytes[..HEAD - 4]);
    bytes = with(&bytes, HEAD - 4, &sum.to_le_bytes());
    let mut at = HEAD;
    while let Some(length) = bytes.get(at + 4..at + 12).map(|b| u64::from_le_bytes(b.try_into().unwrap())) {
        let end = at.saturating_add(16).saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        let Some(content) = bytes.get(at + 16..end) else { break };
        let sum = crc32fast::hash(&[&bytes[at..at + 12], content].concat());
        bytes = with(&bytes, at + 12, &sum.to_le_bytes());
        at = end;
    }
    bytes
}
