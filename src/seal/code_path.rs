//! The code paths of our own key switching, and the test of their transforms.

use cxx::UniquePtr;

use super::Context;
use crate::error::SealError;
use crate::ffi::kernels as ffi;

/// The environment variable that selects a code path for measurements, one of [`code_paths`].
const VARIABLE: &str = "SEAL_NN_KERNEL_PATH";

/// In the place of a path: SEAL's own functions.
pub(super) const OF_SEAL: &str = "seal";

/// Names of the code paths that this machine supports, the best one first, which is used by default: `avx512` (eight
/// doubles at a time), `avx2` (four, with FMA), `portable`. All give identical residues. The environment variable
/// `SEAL_NN_KERNEL_PATH` selects another one, for measurements.
///
/// ```
/// assert_eq!(seal_nn::seal::code_paths()?.last().map(String::as_str), Some("portable"));
/// # Ok::<(), seal_nn::SealError>(())
/// ```
pub fn code_paths() -> Result<Vec<String>, SealError> {
    ffi::kernel_paths().map_err(|e| SealError::from_exception("code paths", &e))
}

/// The forward or inverse transform of N residues modulo a prime below 2^50 on a code path, or SEAL's own for `None`,
/// in place and in SEAL's order. For tests and measurements.
///
/// # Errors
/// `Library` for an unsupported path or another number of residues.
pub fn transform_on(path: Option<&str>, prime: u64, forward: bool, residues: &mut [u64]) -> Result<(), SealError> {
    let degree = residues.len();
    ffi::transform_on_path(path.unwrap_or_default(), degree, prime, forward, residues)
        .map_err(|e| SealError::from_exception("transform", &e))
}

/// The path to use: the best one, unless the environment selects another.
pub(super) fn chosen() -> Result<String, SealError> {
    match std::env::var(VARIABLE) {
        Ok(name) if !name.is_empty() => Ok(name),
        _ => Ok(code_paths()?.into_iter().next().unwrap_or_default()),
    }
}

/// Tables for a context on a path. Which code runs depends on the machine, so its transforms are compared with SEAL's.
pub(super) fn new_hybrid_evaluator(
    context: &Context,
    path: &str,
) -> Result<UniquePtr<ffi::HybridEvaluator>, SealError> {
    let parameters = context.parameters();
    for &prime in parameters.data_primes().last().into_iter().chain(parameters.special_primes()) {
        let values: Vec<u64> = (1..=parameters.poly_modulus_degree() as u64)
            .map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % prime) // any numbers that fill the whole range
            .collect();
        for forward in [true, false] {
            let (mut ours, mut theirs) = (values.clone(), values.clone());
            transform_on(Some(path), prime, forward, &mut ours)?;
            transform_on(None, prime, forward, &mut theirs)?;
            if ours != theirs {
                return Err(SealError::WrongTransform { prime });
            }
        }
    }
    ffi::new_hybrid_evaluator(context.raw(), parameters.special_primes().len(), path)
        .map_err(|e| SealError::from_exception("key switching", &e))
}
