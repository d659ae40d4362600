//! Memory that grows up to a bound, and is cleared when it is dropped or moved, because it may contain a secret.

use std::io::{self, Read};

use zeroize::Zeroizing;

pub struct Buffer {
    bytes: Zeroizing<Vec<u8>>,
    filled: usize,
    most: usize,
}

/// The reason why a source was not read to its end.
pub enum Unread {
    TooLarge,
    NoMemory(usize),
    Io(io::Error),
}

impl Buffer {
    /// A buffer whose first bytes are zeros, to be filled by the caller, with the expected and the largest size.
    pub fn new(zeros: usize, expected: usize, most: usize) -> Result<Buffer, Unread> {
        let first = expected.max(zeros).saturating_add(1).min(most.saturating_add(1)).max(zeros + 1);
        Ok(Buffer { bytes: zeroed(first)?, filled: zeros, most })
    }

    pub fn most(&self) -> usize {
        self.most
    }

    pub fn into_bytes(mut self) -> Zeroizing<Vec<u8>> {
        self.bytes.truncate(self.filled);
        self.bytes
    }

    /// Reads everything from a source.
    pub fn read_all(&mut self, source: &mut impl Read) -> Result<(), Unread> {
        loop {
            // There is always room for one byte more than allowed, to detect that the source is too large.
            match source.read(&mut self.bytes[self.filled..]) {
                Ok(0) => return Ok(()),
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Unread::Io(error)),
            }
            if self.filled > self.most {
                return Err(Unread::TooLarge);
            }
            if self.filled == self.bytes.len() {
                let mut larger = zeroed(self.filled.saturating_mul(2).min(self.most.saturating_add(1)))?;
                larger[..self.filled].copy_from_slice(&self.bytes);
                self.bytes = larger;
            }
        }
    }
}

/// Returns an error if memory runs out.
fn zeroed(count: usize) -> Result<Zeroizing<Vec<u8>>, Unread> {
    let mut bytes = Zeroizing::new(Vec::new());
    bytes.try_reserve_exact(count).map_err(|_| Unread::NoMemory(count))?;
    bytes.resize(count, 0);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_the_most_and_no_byte_more() {
        for (zeros, expected, most) in [(0, 0, 0), (0, 0, 1), (0, 10, 5000), (16, 0, 16), (16, 10_000, 7000), (0, 3, 4)]
        {
            let source = vec![7; most - zeros];
            let Ok(mut buffer) = Buffer::new(zeros, expected, most) else { panic!("no memory") };
            assert!(buffer.read_all(&mut source.as_slice()).is_ok());
            let bytes = buffer.into_bytes();
            assert!(bytes[..zeros].iter().all(|&byte| byte == 0) && bytes[zeros..] == source);
            let Ok(mut buffer) = Buffer::new(zeros, expected, most) else { panic!("no memory") };
            let larger = vec![7; most - zeros + 1];
            assert!(matches!(buffer.read_all(&mut larger.as_slice()), Err(Unread::TooLarge)));
        }
    }
}
