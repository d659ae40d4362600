//! Why SEAL could not be built. Each message is one line: the cause, then the cure.

use std::io;
use std::path::PathBuf;

use crate::Version;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why SEAL could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A variable that cargo sets for build scripts is missing.
    #[error("{variable} is not set: call seal_nn_src::build() from a build script")]
    NotABuildScript {
        /// The variable.
        variable: &'static str,
    },

    /// `OUT_DIR` doesn't look as cargo lays it out.
    #[error("no target directory above {}: build with cargo", out_dir.display())]
    Layout {
        /// The directory that cargo gave.
        out_dir: PathBuf,
    },

    /// A directory was named as SEAL's sources and holds something else.
    #[error(
        "{} holds no SEAL sources (CMakeLists.txt and native/src/seal of SEAL 4): set SEAL_SOURCE_DIR to the top \
         folder of a SEAL 4.x source tree, or unset it",
        dir.display()
    )]
    NotSeal {
        /// The directory.
        dir: PathBuf,
    },

    /// SEAL, but not version 4.
    #[error(
        "{} holds SEAL {version}, but SEAL 4.x is needed: set SEAL_SOURCE_DIR to a SEAL 4.x source \
         tree, or unset it",
        dir.display()
    )]
    WrongVersion {
        /// The directory.
        dir: PathBuf,
        /// What it holds.
        version: Version,
    },

    /// The carrier package is not where cargo unpacks packages.
    #[error(
        "the sources of SEAL are not at hand: run `cargo fetch` (without --target) where there is a network, or set \
         SEAL_SOURCE_DIR to a SEAL 4.x source tree; the package {name} {version}, which ships them, is not in {}",
        folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    SourceNotFound {
        /// The carrier.
        name: &'static str,
        /// Its version.
        version: &'static str,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
    },

    /// No cmake.
    #[error(
        "cmake not found (`{}` doesn't run): `apt-get install cmake`, or `brew install cmake`, or `pip \
         install cmake` and set CMAKE to its path; in a checkout of seal-nn also `make cmake`",
        program.display()
    )]
    NoCmake {
        /// What was tried.
        program: PathBuf,
    },

    /// A cmake that is too old.
    #[error("cmake {found} is too old, {needed} is needed: `pip install cmake` and set CMAKE to its path")]
    OldCmake {
        /// Its version.
        found: String,
        /// The lowest version that works.
        needed: &'static str,
    },

    /// No program that carries out what cmake plans.
    #[error("make not found: `apt-get install make`, or install ninja and set CMAKE_GENERATOR=Ninja")]
    NoMake,

    /// No C or C++ compiler.
    #[error(
        "no {language} compiler (`{}` doesn't run): `apt-get install g++`, or `xcode-select --install`, or Visual \
         Studio's C++ tools; or set {variable} to one",
        program.display()
    )]
    NoCompiler {
        /// C or C++.
        language: &'static str,
        /// What was tried.
        program: PathBuf,
        /// The variable that chooses another one.
        variable: &'static str,
    },

    /// SEAL's own build failed.
    #[error(
        "building SEAL failed in {}: the compiler's messages are above; a compiler with C++17 is \
         needed (CXX chooses one), and the folder may be deleted",
        folder.display()
    )]
    Build {
        /// Where.
        folder: PathBuf,
    },

    /// Reading or writing a file failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// Verb.
        action: &'static str,
        /// Object.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err` on file operations.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Error> {
        let path = PathBuf::from("/some/where");
        vec![
            Error::NotABuildScript { variable: "OUT_DIR" },
            Error::Layout { out_dir: path.clone() },
            Error::NotSeal { dir: path.clone() },
            Error::WrongVersion { dir: path.clone(), version: Version { major: 3, minor: 7, patch: 3 } },
            Error::SourceNotFound { name: "sealy", version: "0.2.0", folders: vec![path.clone(), "/else".into()] },
            Error::NoCmake { program: "cmake".into() },
            Error::OldCmake { found: "3.18.4".into(), needed: "3.22" },
            Error::NoMake,
            Error::NoCompiler { language: "C++", program: "c++".into(), variable: "CXX" },
            Error::Build { folder: path.clone() },
            Error::io("read", path)(io::Error::other("disk on fire")),
        ]
    }

    #[test]
    fn messages_are_one_line() {
        for error in all() {
            let text = error.to_string();
            assert!(!text.contains('\n') && !text.contains("  "), "{text}");
            assert!(text.contains(": "), "a cause and a cure: {text}");
        }
    }
}
