//! The context of CKKS, with the tables of our own key switching.

use super::limits::check_kernels;
use super::{Ckks, Parameters, code_path, common};
use crate::error::SealError;
use crate::ffi::kernels;

/// What all other objects of CKKS are made from: SEAL's tables for one set of parameters. A clone shares them.
pub type Context = common::Context<Ckks>;

impl Context {
    /// A context whose own key switching ([`HybridEvaluator`](super::HybridEvaluator)) takes a certain code path, one
    /// of [`code_paths`](super::code_paths): for tests and measurements. Ciphertexts and seeded keys are the same for
    /// all paths, expanded keys are not. The name `seal` stands for SEAL's own functions, where it has the same as our
    /// kernels: key generation and decoding.
    ///
    /// # Errors
    /// The same as for [`new`](Context::new). A path that this machine does not support is an error when it is first
    /// used.
    pub fn with_code_path(parameters: &Parameters, path: &str) -> Result<Context, SealError> {
        Context::create(parameters, path, &[])
    }

    /// S = N/2, the number of slots.
    pub fn slots(&self) -> usize {
        self.row_size()
    }

    /// As [`hybrid`](Context::hybrid), or `None` for parameters that our kernels do not support.
    pub(super) fn hybrid_if_supported(&self) -> Result<Option<&kernels::HybridEvaluator>, SealError> {
        match self.hybrid() {
            _ if self.shared.code_path == code_path::OF_SEAL => Ok(None),
            Ok(hybrid) => Ok(Some(hybrid)),
            Err(SealError::KernelPrime { .. } | SealError::Degree { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The tables of our own key switching. The first call compares its transforms with SEAL's.
    pub(super) fn hybrid(&self) -> Result<&kernels::HybridEvaluator, SealError> {
        if let Some(hybrid) = self.shared.hybrid.get() {
            return Ok(hybrid);
        }
        let primes: Vec<u64> = self.parameters().primes().collect();
        check_kernels(self.parameters().poly_modulus_degree(), &primes)?;
        let path = match self.shared.code_path.as_str() {
            "" => code_path::chosen()?,
            path => path.to_owned(),
        };
        let hybrid = code_path::new_hybrid_evaluator(self, &path)?;
        // Another thread may have finished first.
        Ok(self.shared.hybrid.get_or_init(|| hybrid))
    }
}
