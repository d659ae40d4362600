//! A folder that is known to take files before the long work starts.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    error::DataError,
    files::{Destination, Readers, is_same_file, is_temporary, temporary, write_new},
};

/// An output folder into which a file was written on trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputDir {
    path: PathBuf,
    is_new: bool,
}

impl OutputDir {
    /// Makes the folder, with its parents, where it is missing, and tries to write into it. Call it before the work
    /// whose results it is for.
    ///
    /// # Errors
    /// `DataError::NotAFolder` when a file has that name, `DataError::OutputFolder` when the folder cannot be made or
    /// takes no files.
    pub fn create(path: impl Into<PathBuf>) -> Result<OutputDir, DataError> {
        let path = path.into();
        if path.exists() && !path.is_dir() {
            return Err(DataError::NotAFolder { path });
        }
        let is_new = !path.exists();
        let tried = fs::create_dir_all(&path).and_then(|()| {
            let trial = temporary(&path.join("trial"));
            write_new(&trial, b"trial", Readers::All).and_then(|()| fs::remove_file(&trial))
        });
        match tried {
            Ok(()) => Ok(OutputDir { path, is_new }),
            Err(source) => Err(DataError::OutputFolder { path, source }),
        }
    }

    /// For work that failed: removes the folder again if it was made for it and has stayed empty.
    pub fn abandon(self) {
        if self.is_new {
            // Not empty, or gone already: then there is nothing to tidy up.
            fs::remove_dir(&self.path).ok();
        }
    }

    /// Removes a file, if it is there, and what is left of writing it by processes that were killed.
    ///
    /// # Errors
    /// `DataError::WriteFile` when the system refuses.
    pub fn remove(&self, name: &str) -> Result<(), DataError> {
        let path = self.path.join(name);
        let leftovers = fs::read_dir(&self.path).into_iter().flatten().flatten().map(|entry| entry.path());
        for gone in leftovers.filter(|other| is_temporary(other, &path)).chain([path.clone()]) {
            match fs::remove_file(gone) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(DataError::WriteFile { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns an error if one of the files with these names is an input of the same work, which would be replaced.
    ///
    /// # Errors
    /// `DataError::OutputIsInput`, with the input.
    pub fn keep_apart(&self, names: &[&str], inputs: &[&Path]) -> Result<(), DataError> {
        names.iter().try_for_each(|name| keep_apart(&self.path.join(name), inputs))
    }

    /// Writes a whole file or none: under a temporary name in the same folder, then renamed over what was there.
    /// Links are followed, and a FIFO or a device is written into. Returns its path.
    ///
    /// ```
    /// use seal_nn::report::OutputDir;
    /// let folder = tempfile::tempdir()?;
    /// let output = OutputDir::create(folder.path().join("runs/1"))?;
    /// let path = output.write_atomic("notes.txt", "42")?;
    /// assert_eq!(std::fs::read_to_string(path)?, "42");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `DataError::WriteFile` when the system refuses, or when `name` is not a plain file name; no temporary file
    /// stays behind.
    pub fn write_atomic(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<PathBuf, DataError> {
        self.write(name, contents.as_ref(), Readers::All)
    }

    /// As [`write_atomic`](OutputDir::write_atomic), a value as JSON with a line break at the end.
    ///
    /// # Errors
    /// As there, and when the value cannot be JSON.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<PathBuf, DataError> {
        let json = serde_json::to_string_pretty(value)
            .map_err(|error| DataError::WriteFile { path: self.path.join(name), source: error.into() })?;
        self.write_atomic(name, json + "\n")
    }

    /// As [`write_atomic`](OutputDir::write_atomic), a file that on Unix nobody but its owner can read, at no time.
    ///
    /// # Errors
    /// As there.
    pub fn write_private(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<PathBuf, DataError> {
        self.write(name, contents.as_ref(), Readers::Owner)
    }

    fn write(&self, name: &str, contents: &[u8], readers: Readers) -> Result<PathBuf, DataError> {
        let path = self.path.join(name);
        let written = if Path::new(name).file_name().is_some_and(|plain| plain == name) {
            Destination::of(&path).and_then(|place| place.write(contents, readers))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file name"))
        };
        match written {
            Ok(()) => Ok(path),
            Err(source) => Err(DataError::WriteFile { path, source }),
        }
    }
}

/// Returns an error if a file is one of the inputs.
pub(super) fn keep_apart(file: &Path, inputs: &[&Path]) -> Result<(), DataError> {
    match inputs.iter().find(|input| is_same_file(file, input)) {
        Some(input) => Err(DataError::OutputIsInput { path: input.to_path_buf() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    fn listing(path: &Path) -> io::Result<Vec<String>> {
        let mut names = fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    #[test]
    fn files_are_replaced_and_nothing_else_stays() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let output = OutputDir::create(folder.path().join("a/b"))?;
        assert!(listing(output.path())?.is_empty());
        for contents in ["a long first version", "second"] {
            let path = output.write_atomic("report.json", contents)?;
            assert_eq!(fs::read_to_string(path)?, contents);
        }
        assert_eq!(listing(output.path())?, ["report.json"]);
        let again = OutputDir::create(output.path())?;
        assert_eq!(again.path(), output.path());
        again.abandon();
        output.abandon();
        assert_eq!(listing(&folder.path().join("a/b"))?, ["report.json"], "what has files is kept");
        Ok(())
    }

    #[test]
    fn removal_takes_what_a_killed_process_left() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let output = OutputDir::create(folder.path())?;
        for name in ["state", "other", ".state", ".other.1-2.tmp"] {
            output.write_atomic(name, "kept")?;
        }
        fs::write(temporary(&folder.path().join("state")), "half")?;
        output.remove("state")?;
        output.remove("state")?;
        assert_eq!(listing(folder.path())?, [".other.1-2.tmp", ".state", "other"]);
        Ok(())
    }

    #[test]
    fn an_abandoned_folder_goes_when_it_is_new_and_empty() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        OutputDir::create(folder.path())?.abandon();
        assert!(folder.path().is_dir(), "it was there before");
        OutputDir::create(folder.path().join("new"))?.abandon();
        assert!(listing(folder.path())?.is_empty());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn private_files_are_their_owners() -> Result<(), Box<dyn Error>> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir()?;
        let output = OutputDir::create(folder.path())?;
        output.write_atomic("model.json", "for all")?;
        let path = output.write_private("model.json", "mine")?;
        assert_eq!(fs::read_to_string(&path)?, "mine");
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        Ok(())
    }

    #[test]
    fn a_file_in_the_way_is_refused() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("file");
        fs::write(&file, "precious")?;
        assert!(matches!(OutputDir::create(&file), Err(DataError::NotAFolder { path }) if path == file));
        assert!(matches!(OutputDir::create(file.join("below")), Err(DataError::OutputFolder { .. })));
        assert_eq!(fs::read_to_string(&file)?, "precious");
        Ok(())
    }

    #[test]
    fn unwritable_paths_are_refused() {
        assert!(matches!(OutputDir::create("nul\0byte"), Err(DataError::OutputFolder { .. })));
        // Nobody can make files there, not even root.
        #[cfg(target_os = "linux")]
        for path in ["/proc", "/proc/seal-nn"] {
            assert!(matches!(OutputDir::create(path), Err(DataError::OutputFolder { .. })));
        }
    }

    #[test]
    fn a_write_that_fails_leaves_nothing() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let output = OutputDir::create(folder.path())?;
        fs::create_dir_all(folder.path().join("taken/full"))?;
        assert!(matches!(output.write_atomic("taken", "x"), Err(DataError::WriteFile { .. })));
        for name in ["", ".", "..", "../out", "a/b", "/out", "a/"] {
            assert!(matches!(output.write_atomic(name, "x"), Err(DataError::WriteFile { .. })), "{name}");
        }
        assert_eq!(listing(folder.path())?, ["taken"]);
        Ok(())
    }
}
