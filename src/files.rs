//! How a file is written, whatever it holds: what its path leads to decides.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// What a path leads to, links followed.
#[derive(Debug)]
pub enum Destination {
    /// A regular file, or none yet: replaced by a whole one, with the permissions that it had.
    File(PathBuf, Option<Permissions>),
    /// A FIFO, a device, or the standard output: written into.
    Stream(File),
}

/// Who may read a new file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whom the user's settings let.
    All,
    /// The owner alone.
    Owner,
}

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

impl Destination {
    /// What a path leads to. A FIFO is opened here, which waits for its reader.
    ///
    /// # Errors
    /// `IsADirectory`, `PermissionDenied` for a file that must not be written; any error of the system.
    pub fn of(path: &Path) -> io::Result<Destination> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let found = match fs::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(&path) {
                    // A link to a file that is still to be made.
                    Ok(target) => {
                        path = folder_of(&path).join(target);
                        continue;
                    }
                    Err(_) => return Ok(Destination::File(path, None)),
                },
                found => found?,
            };
            if found.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            if let Some(output) = standard_output(&found)? {
                return Ok(Destination::Stream(output));
            }
            if !found.is_file() {
                return Ok(Destination::Stream(OpenOptions::new().write(true).open(&path)?));
            }
            if found.permissions().readonly() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
            }
            return Ok(Destination::File(path.canonicalize()?, Some(found.permissions())));
        }
        Err(io::Error::other("too many links"))
    }

    /// Writes everything. A regular file is on the disk when this returns; if that fails, it is as before.
    pub fn write(self, contents: &[u8], readers: Readers) -> io::Result<()> {
        match self {
            Destination::Stream(mut stream) => stream.write_all(contents),
            Destination::File(path, permissions) => {
                let temporary = temporary(&path);
                write_new(&temporary, contents, readers)?;
                let kept = permissions.filter(|_| readers == Readers::All);
                kept.map_or(Ok(()), |permissions| fs::set_permissions(&temporary, permissions))
                    .and_then(|()| fs::rename(&temporary, &path))
                    .inspect_err(|_| remove(&temporary))
            }
        }
    }
}

/// The standard output, if that is what was found: a file would be replaced below it.
#[cfg(unix)]
fn standard_output(found: &fs::Metadata) -> io::Result<Option<File>> {
    use std::os::{fd::AsFd, unix::fs::MetadataExt};
    // It may be closed.
    let Ok(output) = io::stdout().as_fd().try_clone_to_owned().map(File::from) else { return Ok(None) };
    let known = output.metadata()?;
    Ok((known.dev() == found.dev() && known.ino() == found.ino()).then_some(output))
}

#[cfg(not(unix))]
fn standard_output(_: &fs::Metadata) -> io::Result<Option<File>> {
    Ok(None)
}

/// Whether two paths lead to the same regular file.
#[cfg(feature = "report")]
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let (Ok(first), Ok(second)) = (fs::metadata(one), fs::metadata(other)) else { return false };
    #[cfg(unix)]
    let same = {
        use std::os::unix::fs::MetadataExt;
        (first.dev(), first.ino()) == (second.dev(), second.ino())
    };
    #[cfg(not(unix))]
    let same = matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other);
    same && first.is_file() && second.is_file()
}

/// The folder of a file.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name beside a file that no other thread or process uses at the same time.
pub fn temporary(file: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    folder_of(file).join(format!(".{name}.{}-{number}.tmp", process::id()))
}

/// Whether a file may be the temporary one of another.
#[cfg(feature = "report")]
pub fn is_temporary(path: &Path, of: &Path) -> bool {
    let [path, of] = [path, of].map(|file| file.file_name().unwrap_or_default().to_string_lossy());
    let rest = path.strip_prefix('.').and_then(|name| name.strip_prefix(&*of));
    rest.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".tmp"))
}

/// A new file, on the disk when this returns; half-written ones are removed.
pub fn write_new(path: &Path, contents: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(contents).and_then(|()| file.sync_all()).inspect_err(|_| remove(path))
}

/// Clears up after an error; that one is reported, not a second one from here.
fn remove(path: &Path) {
    fs::remove_file(path).ok();
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        error::Error,
        os::unix::fs::{PermissionsExt, symlink},
        thread,
    };

    use super::*;

    fn write(path: &Path, contents: &str) -> io::Result<()> {
        Destination::of(path)?.write(contents.as_bytes(), Readers::All)
    }

    #[test]
    fn links_stay_and_their_targets_are_written() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("below"))?;
        symlink("below/target", at("link"))?;
        symlink("link", at("link to a link"))?;
        for contents in ["made", "replaced"] {
            write(&at("link to a link"), contents)?;
            assert_eq!(fs::read_to_string(at("below/target"))?, contents);
            assert!(at("link").is_symlink() && at("link to a link").is_symlink());
        }
        symlink("circle", at("circle"))?;
        assert!(write(&at("circle"), "lost").is_err() && at("circle").is_symlink());
        Ok(())
    }

    #[test]
    fn a_fifo_and_a_device_are_written_into() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let fifo = folder.path().join("fifo");
        assert!(process::Command::new("mkfifo").arg(&fifo).status()?.success());
        let reader = thread::spawn({
            let fifo = fifo.clone();
            move || fs::read_to_string(fifo)
        });
        write(&fifo, "through")?;
        assert_eq!(reader.join().unwrap()?, "through");
        write(Path::new("/dev/null"), "nowhere")?;
        for path in [fifo.as_path(), Path::new("/dev/null")] {
            assert!(!fs::metadata(path)?.is_file(), "{}", path.display());
        }
        #[cfg(target_os = "linux")]
        assert_eq!(write(Path::new("/dev/full"), "too much").unwrap_err().kind(), io::ErrorKind::StorageFull);
        Ok(())
    }

    #[test]
    fn permissions_stay_and_what_is_read_only_is_refused() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        let set = |mode| fs::set_permissions(&path, Permissions::from_mode(mode));
        write(&path, "mine")?;
        set(0o640)?;
        write(&path, "replaced")?;
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o640);
        set(0o444)?;
        assert_eq!(write(&path, "lost").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read_to_string(&path)?, "replaced");
        Ok(())
    }

    #[cfg(feature = "report")]
    #[test]
    fn the_same_file_has_several_names() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "")?;
        fs::write(at("other"), "")?;
        symlink(at("file"), at("link"))?;
        fs::hard_link(at("file"), at("hard link"))?;
        for name in ["file", "link", "hard link", "./file"] {
            assert!(is_same_file(&at("file"), &at(name)), "{name}");
        }
        assert!(!is_same_file(&at("file"), &at("other")) && !is_same_file(&at("file"), &at("missing")));
        // A terminal may be both the input and the output.
        assert!(!is_same_file(Path::new("/dev/null"), Path::new("/dev/null")));
        Ok(())
    }
}
