//! The bytes of a file or a pipe, which is read only once.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use seal_nn::{
    SealError,
    seal::{Header, Limits},
};
use zeroize::Zeroizing;

/// Bytes that are read beyond those that the header states, so that the loader can count them.
const BEYOND: u64 = 1 << 16;

/// An object with its header. If there is none, only the first bytes are read, which the loader refuses.
///
/// The bytes are cleared when they are dropped, because they may be a secret key.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let read = || -> io::Result<Zeroizing<Vec<u8>>> {
        let mut file = File::open(path)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 << 16));
        (&mut file).take(Header::BYTES as u64).read_to_end(&mut bytes)?;
        let Ok(header) = Header::parse(&bytes) else { return Ok(bytes) };
        let most = header.size.saturating_add(BEYOND).min(Limits::default().bytes() as u64);
        while (bytes.len() as u64) < most {
            if bytes.len() == bytes.capacity() {
                // A vector that grows by itself does not clear the memory that it leaves.
                let mut larger = Zeroizing::new(Vec::with_capacity(2 * bytes.len()));
                larger.extend_from_slice(&bytes);
                bytes = larger;
            }
            let room = ((bytes.capacity() - bytes.len()) as u64).min(most - bytes.len() as u64);
            if (&mut file).take(room).read_to_end(&mut bytes)? == 0 {
                break;
            }
        }
        Ok(bytes)
    };
    read().map_err(|source| SealError::File { path: path.to_owned(), source })
}
