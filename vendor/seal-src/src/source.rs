//! The source tree of SEAL.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build_env::BuildEnv;
use crate::{Error, Result, Version, carrier};

/// The version of SEAL that is supported.
const MAJOR: u32 = 4;

/// A file of the library that every 4.x has.
const LIBRARY: &str = "native/src/seal/context.cpp";

/// Where the sources of SEAL are, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Top folder of the tree.
    pub dir: PathBuf,
    /// Its version.
    pub version: Version,
    /// Whether the tree brings Intel HEXL: without it SEAL's build would fetch HEXL with git.
    pub has_hexl: bool,
}

impl Source {
    /// The tree that the user names, else the carrier's.
    pub fn locate(env: &BuildEnv) -> Result<Self> {
        match &env.seal_source_dir {
            Some(dir) => Self::inspect(dir),
            None => Self::inspect(&carrier::locate(env)?),
        }
    }

    /// Checks that `dir` holds SEAL 4: the file that states the version, and the library.
    fn inspect(dir: &Path) -> Result<Self> {
        let not_seal = || Error::NotSeal { dir: dir.to_path_buf() };
        // Absolute, since it also names the build: the same relative path can mean two trees.
        let dir = dir.canonicalize().map_err(|_| not_seal())?;
        let cmake_lists = fs::read_to_string(dir.join("CMakeLists.txt")).map_err(|_| not_seal())?;
        let version = Version::from_cmake_lists(&cmake_lists).ok_or_else(not_seal)?;
        if version.major != MAJOR {
            return Err(Error::WrongVersion { dir, version });
        }
        if !dir.join(LIBRARY).is_file() {
            return Err(not_seal());
        }
        let has_hexl = dir.join("thirdparty/hexl/CMakeLists.txt").is_file();
        Ok(Self { dir, version, has_hexl })
    }

    /// Copies the tree to `to`, without version control: configuring writes into it.
    pub fn copy_to(&self, to: &Path) -> Result<()> {
        copy(&self.dir, to)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == ".git" {
            continue;
        }
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).map_err(Error::io("copy", from))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(cmake_lists: &str, hexl: bool) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("CMakeLists.txt"), cmake_lists).unwrap();
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        fs::create_dir_all(dir.path().join(LIBRARY).parent().unwrap()).unwrap();
        fs::write(dir.path().join(LIBRARY), "").unwrap();
        if hexl {
            fs::create_dir_all(dir.path().join("thirdparty/hexl")).unwrap();
            fs::write(dir.path().join("thirdparty/hexl/CMakeLists.txt"), "").unwrap();
        }
        dir
    }

    #[test]
    fn a_seal_tree_is_recognised() {
        let dir = tree("project(SEAL VERSION 4.0.0 LANGUAGES CXX C)", true);
        let source = Source::inspect(dir.path()).unwrap();
        assert_eq!(source.version, Version { major: 4, minor: 0, patch: 0 });
        assert!(source.has_hexl);
        let dir = tree("project(SEAL VERSION 4.1.2 LANGUAGES CXX C)", false);
        assert!(!Source::inspect(dir.path()).unwrap().has_hexl);
    }

    #[test]
    fn other_folders_are_refused() {
        let dir = tree("project(OTHER VERSION 4.0.0)", false);
        assert!(matches!(Source::inspect(dir.path()), Err(Error::NotSeal { .. })));
        let dir = tree("project(SEAL VERSION 4.0.0 LANGUAGES CXX C)", false);
        fs::remove_file(dir.path().join(LIBRARY)).unwrap();
        assert!(matches!(Source::inspect(dir.path()), Err(Error::NotSeal { .. })));
        let missing = dir.path().join("missing");
        assert!(matches!(Source::inspect(&missing), Err(Error::NotSeal { dir }) if dir == missing));
    }

    #[test]
    fn other_major_versions_are_refused() {
        let dir = tree("project(SEAL VERSION 3.7.3 LANGUAGES CXX C)", false);
        assert!(matches!(
            Source::inspect(dir.path()),
            Err(Error::WrongVersion { version, .. }) if version.major == 3
        ));
    }

    #[test]
    fn a_copy_leaves_version_control_out() {
        let dir = tree("project(SEAL VERSION 4.0.0 LANGUAGES CXX C)", true);
        let to = tempfile::tempdir().unwrap();
        let copied = to.path().join("tree");
        Source::inspect(dir.path()).unwrap().copy_to(&copied).unwrap();
        assert!(copied.join("thirdparty/hexl/CMakeLists.txt").is_file());
        assert!(!copied.join(".git").exists());
    }
}
