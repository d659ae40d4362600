//! Files, read up to a bound and written completely or not at all.

use std::fs::File;
use std::path::Path;

use zeroize::Zeroizing;

use super::buffer::{Buffer, Unread};
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::files::Destination;
pub use crate::files::Readers;

/// What must be true of the first bytes of a file.
pub type Beginning = fn(&[u8]) -> Result<(), BytesRefusal>;

/// The bytes of a file, if there are not too many. A file that is too large and does not begin as it must is refused for
/// its beginning: it is something else.
pub fn read(path: &Path, kind: ObjectKind, most: usize, beginning: Beginning) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let refused = |error| match error {
        Unread::TooLarge => SealError::Bytes { kind, reason: BytesRefusal::TooLarge { most } },
        Unread::NoMemory(bytes) => SealError::Bytes { kind, reason: BytesRefusal::NoMemory { bytes } },
        Unread::Io(source) => SealError::File { path: path.to_owned(), source },
    };
    let mut file = File::open(path).map_err(|e| refused(Unread::Io(e)))?;
    // The reported size of a file is a hint only: a pipe reports 0.
    let expected = file.metadata().map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX));
    let mut buffer = Buffer::new(0, expected, most).map_err(refused)?;
    match buffer.read_all(&mut file) {
        Ok(()) => Ok(buffer.into_bytes()),
        Err(Unread::TooLarge) => match beginning(&buffer.into_bytes()) {
            Ok(()) => Err(refused(Unread::TooLarge)),
            Err(reason) => Err(SealError::Bytes { kind, reason }),
        },
        Err(error) => Err(refused(error)),
    }
}

/// The permissions of a file with an object of this kind.
pub fn readers_of(kind: ObjectKind) -> Readers {
    match kind {
        ObjectKind::SecretKey => Readers::Owner,
        _ => Readers::All,
    }
}

/// Writes a whole file or none; see [`Destination`].
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), SealError> {
    let written = Destination::of(path).and_then(|place| place.write(bytes, readers));
    written.map_err(|source| SealError::File { path: path.to_owned(), source })
}
