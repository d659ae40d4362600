//! A single file that is known to take a result before the long work starts.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::output::{OutputDir, keep_apart};
use crate::{
    error::DataError,
    files::{Destination, Readers, folder_of},
};

/// An output file in a folder into which a file was written on trial, or a FIFO or a device that is open.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Replaced by a whole file; its folder may be new.
    File { folder: OutputDir, place: Destination },
    /// Written into.
    Stream(Destination),
}

impl OutputFile {
    /// Prepares a file for a result: makes its folder and writes into it on trial. A link is followed. A FIFO or a
    /// device is opened, which may wait for its reader; as the standard output, also `/dev/stdout` is written into.
    /// `inputs` are the files that the work reads. Call it before the work whose result it is for.
    ///
    /// # Errors
    /// `DataError::OutputIsInput` if the result would replace an input; `DataError::WriteFile` for a folder, a file that
    /// is read-only, or what cannot be opened; `DataError::OutputFolder` or `DataError::NotAFolder` if the folder takes no
    /// files.
    pub fn create(path: impl Into<PathBuf>, inputs: &[&Path]) -> Result<OutputFile, DataError> {
        let path = path.into();
        keep_apart(&path, inputs)?;
        let refuse = |source| DataError::WriteFile { path: path.clone(), source };
        if path.file_name().is_none() {
            return Err(refuse(io::ErrorKind::IsADirectory.into()));
        }
        let place = match Destination::of(&path) {
            Ok(Destination::File(real, permissions)) => {
                let folder = OutputDir::create(folder_of(&real))?;
                Place::File { folder, place: Destination::File(real, permissions) }
            }
            // The folder has no such parent: its error says so.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                let folder = OutputDir::create(folder_of(&path))?;
                Place::File { folder, place: Destination::File(path.clone(), None) }
            }
            found => Place::Stream(found.map_err(refuse)?),
        };
        Ok(OutputFile { path, place })
    }

    /// For work that failed: removes the folder again if it was made for the file and has stayed empty.
    pub fn abandon(self) {
        if let Place::File { folder, .. } = self.place {
            folder.abandon();
        }
    }

    /// Writes the result, and returns the path. A regular file is replaced by a whole one or not at all, and keeps its
    /// permissions.
    ///
    /// ```
    /// use seal_nn::report::OutputFile;
    /// let folder = tempfile::tempdir()?;
    /// let file = OutputFile::create(folder.path().join("new/result.csv"), &[])?;
    /// let path = file.write("sample,class\n1,a\n")?;
    /// assert_eq!(std::fs::read_to_string(path)?, "sample,class\n1,a\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `DataError::WriteFile` when the system refuses.
    pub fn write(self, contents: impl AsRef<[u8]>) -> Result<PathBuf, DataError> {
        let (Place::File { place, .. } | Place::Stream(place)) = self.place;
        match place.write(contents.as_ref(), Readers::All) {
            Ok(()) => Ok(self.path),
            Err(source) => Err(DataError::WriteFile { path: self.path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{error::Error, fs};

    use super::*;

    #[test]
    fn an_input_is_not_replaced() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let input = folder.path().join("samples.csv");
        fs::write(&input, "samples")?;
        let refused = OutputFile::create(folder.path().join("./samples.csv"), &[&input]);
        assert!(matches!(refused, Err(DataError::OutputIsInput { path }) if path == input));
        let output = OutputDir::create(folder.path())?;
        assert!(matches!(
            output.keep_apart(&["report.json", "samples.csv"], &[&input]),
            Err(DataError::OutputIsInput { .. })
        ));
        output.keep_apart(&["report.json"], &[&input])?;
        assert_eq!(fs::read_to_string(&input)?, "samples");
        Ok(())
    }

    #[test]
    fn folders_are_refused_and_new_ones_abandoned() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        for path in [folder.path().into(), folder.path().join(".."), "/".into()] {
            assert!(matches!(OutputFile::create(path, &[]), Err(DataError::WriteFile { .. })));
        }
        fs::write(folder.path().join("file"), "")?;
        assert!(OutputFile::create(folder.path().join("file/below"), &[]).is_err());
        OutputFile::create(folder.path().join("new/result"), &[])?.abandon();
        assert!(!folder.path().join("new").exists());
        Ok(())
    }
}
