//! The names of the schemes.

use std::fmt;
use std::path::Path;

use super::bytes::parameters;
use crate::error::SealError;
use crate::ffi::constants;

/// A scheme that is known at run time only, such as that of parameters in bytes or in a file.
///
/// ```
/// use seal_nn::seal::{Parameters, Scheme};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let bytes = Parameters::new(4096, &[36, 36, 37])?.to_bytes();
/// assert_eq!(Scheme::of_parameters(&bytes)?, Scheme::Ckks);
/// # Ok(())
/// # }
/// ```
///
/// Source: `scheme_type` in encryptionparams.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// The scheme of [`Parameters`](super::Parameters).
    Ckks,
    /// The scheme of [`integer::Parameters`](super::integer::Parameters) with [`Bfv`](super::integer::Bfv).
    Bfv,
    /// The scheme of [`integer::Parameters`](super::integer::Parameters) with [`Bgv`](super::integer::Bgv).
    Bgv,
}

impl Scheme {
    /// The scheme of the bytes of parameters, which may still be invalid parameters of that scheme.
    ///
    /// # Errors
    /// [`Bytes`](SealError::Bytes) if they are not parameters of any scheme.
    pub fn of_parameters(bytes: &[u8]) -> Result<Scheme, SealError> {
        parameters::scheme_of(bytes)
    }

    /// The scheme of the parameters in a file.
    ///
    /// # Errors
    /// [`File`](SealError::File) if it cannot be read; [`Bytes`](SealError::Bytes) if it does not contain parameters of
    /// any scheme.
    pub fn of_parameters_file(path: impl AsRef<Path>) -> Result<Scheme, SealError> {
        Scheme::of_parameters(&parameters::read_file(path.as_ref())?)
    }

    /// SEAL's number of the scheme.
    pub(super) const fn id(self) -> u8 {
        match self {
            Scheme::Ckks => constants::Scheme::CKKS.0,
            Scheme::Bfv => constants::Scheme::BFV.0,
            Scheme::Bgv => constants::Scheme::BGV.0,
        }
    }

    pub(super) fn with_id(id: u8) -> Option<Scheme> {
        [Scheme::Ckks, Scheme::Bfv, Scheme::Bgv].into_iter().find(|scheme| scheme.id() == id)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheme::Ckks => "CKKS",
            Scheme::Bfv => "BFV",
            Scheme::Bgv => "BGV",
        })
    }
}
