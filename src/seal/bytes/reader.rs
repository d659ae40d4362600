//! A walk over bytes that records the positions of headers.

use super::header::{Compression, Header};
use crate::error::BytesRefusal;

/// The result of a walk or of one of its steps.
pub type Walk<T> = Result<T, BytesRefusal>;

/// Reads bytes from front to back without copying.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    headers: Vec<usize>,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0, headers: Vec::new() }
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Checks that nothing follows, and returns the positions of the headers.
    pub fn end(self) -> Walk<Vec<usize>> {
        match self.remaining() {
            0 => Ok(self.headers),
            count => Err(BytesRefusal::Trailing { count }),
        }
    }

    pub fn take(&mut self, part: &'static str, count: usize) -> Walk<&'a [u8]> {
        let actual = self.remaining();
        let Some(taken) = self.bytes[self.at..].get(..count) else {
            return Err(BytesRefusal::TooShort { part, expected: count, actual });
        };
        self.at += count;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self, part: &'static str) -> Walk<[u8; N]> {
        let (expected, actual) = (N, self.remaining());
        let taken = self.bytes[self.at..].first_chunk().ok_or(BytesRefusal::TooShort { part, expected, actual })?;
        self.at += N;
        Ok(*taken)
    }

    pub fn u8(&mut self, part: &'static str) -> Walk<u8> {
        self.array(part).map(|[byte]| byte)
    }

    pub fn u32(&mut self, part: &'static str) -> Walk<u32> {
        self.array(part).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, part: &'static str) -> Walk<u64> {
        self.array(part).map(u64::from_le_bytes)
    }

    pub fn f64(&mut self, part: &'static str) -> Walk<f64> {
        self.array(part).map(f64::from_le_bytes)
    }

    /// Reads a number that must have the expected value.
    pub fn exactly(&mut self, part: &'static str, expected: usize) -> Walk<()> {
        self.one_of(part, expected, expected).map(|_| ())
    }

    /// Reads a number in a range.
    pub fn one_of(&mut self, part: &'static str, min: usize, max: usize) -> Walk<usize> {
        let actual = self.u64(part)?;
        match usize::try_from(actual) {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ if min == max => Err(BytesRefusal::Field { part, expected: min.to_string(), actual }),
            _ => Err(BytesRefusal::Field { part, expected: format!("{min} to {max}"), actual }),
        }
    }

    /// Reads the header of the outermost, decompressed object, whose size must be the number of bytes.
    pub fn outermost(&mut self, part: &'static str) -> Walk<()> {
        let (start, actual) = (self.at, self.remaining());
        let header = self.header(part, start)?;
        match header.size.cmp(&(actual as u64)) {
            std::cmp::Ordering::Equal => Ok(()),
            // The stated size includes at least the header.
            std::cmp::Ordering::Less if header.size >= Header::BYTES as u64 => {
                Err(BytesRefusal::Trailing { count: actual - header.size as usize })
            }
            _ => Err(BytesRefusal::Size { part, stated: header.size, actual: actual as u64 }),
        }
    }

    /// Reads a nested object, which must be uncompressed and have the size that its header states.
    pub fn nested<T>(&mut self, part: &'static str, body: impl FnOnce(&mut Reader<'a>) -> Walk<T>) -> Walk<T> {
        let start = self.at;
        let stated = self.header(part, start)?.size;
        let there = (self.bytes.len() - start) as u64;
        if stated > there {
            return Err(BytesRefusal::Size { part, stated, actual: there });
        }
        let read = body(self)?;
        let actual = (self.at - start) as u64;
        match stated == actual {
            true => Ok(read),
            false => Err(BytesRefusal::Size { part, stated, actual }),
        }
    }

    fn header(&mut self, part: &'static str, start: usize) -> Walk<Header> {
        let header = Header::read(self, part)?;
        if header.compression != Compression::None {
            let expected = "nested objects are never compressed";
            return Err(BytesRefusal::Compression { part, expected, actual: header.compression as u8 });
        }
        self.headers.push(start);
        Ok(header)
    }
}
