//! The versions of SEAL that share one format.

use std::fmt;

use crate::ffi::bytes as ffi;

/// A version of SEAL. All of these write the same format except for the version in the headers, and all except 4.4
/// reject bytes of other versions. Our loaders accept all of them. (Ciphertexts of BGV are the exception: since 4.1
/// they are in NTT form.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(non_camel_case_types)] // a digit after a digit needs something between
pub enum SealVersion {
    /// SEAL 4.0, the default for writing. SEAL 4.4 reads it too.
    V4_0,
    /// SEAL 4.1
    V4_1,
    /// SEAL 4.2
    V4_2,
    /// SEAL 4.3
    V4_3,
    /// SEAL 4.4
    V4_4,
}

impl SealVersion {
    const ALL: [SealVersion; 5] =
        [SealVersion::V4_0, SealVersion::V4_1, SealVersion::V4_2, SealVersion::V4_3, SealVersion::V4_4];

    pub(super) const MAJOR: u8 = 4;

    /// The version that the loaders of the linked SEAL require in every header.
    pub(super) fn linked_minor() -> u8 {
        ffi::seal_version_minor()
    }

    pub(super) fn minor(self) -> u8 {
        self as u8
    }

    pub(super) fn from_numbers(major: u8, minor: u8) -> Option<SealVersion> {
        SealVersion::ALL.into_iter().find(|version| major == SealVersion::MAJOR && version.minor() == minor)
    }
}

impl fmt::Display for SealVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", SealVersion::MAJOR, self.minor())
    }
}
