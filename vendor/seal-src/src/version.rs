//! The version of SEAL, read from its sources.

use std::fmt;

/// A version of SEAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl Version {
    /// Reads `project(SEAL VERSION 4.0.0 ...)` from the text of SEAL's `CMakeLists.txt`.
    pub(crate) fn from_cmake_lists(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("project(SEAL VERSION ")?;
        let numbers: &str = rest.split(|c: char| c != '.' && !c.is_ascii_digit()).next()?;
        let mut numbers = numbers.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { major: next()?, minor: next()?, patch: next()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_from_cmake_lists() {
        let text = "cmake_minimum_required(VERSION 3.13)\nproject(SEAL VERSION 4.1.2 LANGUAGES C)\n";
        let version = Version::from_cmake_lists(text);
        assert_eq!(version, Some(Version { major: 4, minor: 1, patch: 2 }));
        assert_eq!(version.map(|v| v.to_string()).as_deref(), Some("4.1.2"));
    }

    #[test]
    fn other_projects_have_none() {
        assert_eq!(Version::from_cmake_lists("project(HEXL VERSION 1.2.3 LANGUAGES C)"), None);
        assert_eq!(Version::from_cmake_lists("project(SEAL VERSION 4.1 LANGUAGES C)"), None);
        assert_eq!(Version::from_cmake_lists(""), None);
    }
}
