//! Memory that SEAL keeps for its next objects.

use crate::{error::SealError, ffi::pool as ffi};

/// Gives back to the system the memory of objects that were dropped, and returns how many bytes were kept for them.
///
/// Memory of dropped plaintexts, ciphertexts, keys and contexts is kept for the next ones of the same size, because asking
/// the system for it takes as long as a small operation. A program that is done with a large ring calls this after
/// dropping its objects; what is still in use, by any thread, is not touched. If memory ends, the same happens by itself
/// before an operation fails with [`OutOfMemory`](super::ExceptionClass::OutOfMemory).
///
/// Tables of transforms stay where Intel HEXL computes: it keeps them for every prime and degree.
///
/// ```
/// use seal_nn::seal::{Context, Parameters, release_memory};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// drop(Context::new(&Parameters::new(8192, &[50, 40, 60])?)?);
/// assert!(release_memory()? > 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Library`](SealError::Library) if SEAL throws an exception; none is known.
pub fn release_memory() -> Result<usize, SealError> {
    ffi::release_memory().map_err(|e| SealError::from_exception("release memory", &e))
}
