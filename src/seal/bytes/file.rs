//! Files, read up to a bound and written completely or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use super::buffer::{Buffer, Unread};
use crate::error::{BytesRefusal, ObjectKind, SealError};

/// The bytes of a file, if there are not too many.
pub fn read(path: &Path, kind: ObjectKind, most: usize) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let refused = |error| match error {
        Unread::TooLarge => SealError::Bytes { kind, reason: BytesRefusal::TooLarge { most } },
        Unread::NoMemory(bytes) => SealError::Bytes { kind, reason: BytesRefusal::NoMemory { bytes } },
        Unread::Io(source) => SealError::File { path: path.to_owned(), source },
    };
    let mut file = File::open(path).map_err(|e| refused(Unread::Io(e)))?;
    // The reported size of a file is a hint only: a pipe reports 0.
    let expected = file.metadata().map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX));
    let mut buffer = Buffer::new(0, expected, most).map_err(refused)?;
    buffer.read_all(&mut file).map_err(refused)?;
    Ok(buffer.into_bytes())
}

/// The permissions of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Everyone whom the user's settings allow.
    All,
    /// The owner only, on Unix by mode 0600.
    Owner,
}

/// The permissions of a file with an object of this kind.
pub fn readers_of(kind: ObjectKind) -> Readers {
    match kind {
        ObjectKind::SecretKey => Readers::Owner,
        _ => Readers::All,
    }
}

/// Writes to a temporary name in the same folder, then renames it to the target.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), SealError> {
    let temporary = temporary(path);
    let renamed = |()| fs::rename(&temporary, path).inspect_err(|_| remove(&temporary));
    let written = write_new(&temporary, bytes, readers).and_then(renamed);
    written.map_err(|source| SealError::File { path: path.to_owned(), source })
}

fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| remove(path))
}

/// Removes a temporary file. If that fails too, the first error is the one to report.
fn remove(path: &Path) {
    fs::remove_file(path).ok();
}

/// A name that no other thread or process uses at the same time.
fn temporary(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number}.tmp", process::id()));
    path.with_file_name(name)
}
