//! The context: parameters and SEAL's precomputed tables for them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use cxx::UniquePtr;

use super::limits::check_kernels;
use super::params::Parameters;
use super::{Scheme, check, code_path};
use crate::Level;
use crate::error::{ParameterRefusal, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::ffi::{context as ffi, kernels, transform};

/// SEAL's tables for one set of parameters, from which all other objects are made. Clones share the tables.
///
/// Objects of two contexts with equal parameters are compatible, for example those of a client and a server.
///
/// Source: `SEALContext` in context.h.
#[derive(Clone)]
pub struct Context {
    shared: Arc<Shared>,
}

struct Shared {
    raw: UniquePtr<ffi::SEALContext>,
    parameters: Parameters,
    /// The bits of `q_0 ... q_l` for each level.
    modulus_bits: Vec<u32>,
    /// The code path of our own key switching; empty for the best one on this machine.
    code_path: String,
    /// The tables of our own key switching, computed on first use.
    hybrid: OnceLock<UniquePtr<kernels::HybridEvaluator>>,
}

impl Context {
    /// Computes SEAL's tables. The first call in a process also compares the transforms with plain arithmetic, because
    /// with HEXL the code that runs depends on the machine.
    ///
    /// # Errors
    /// [`Parameters`](SealError::Parameters) if SEAL rejects parameters that our checks accepted;
    /// [`WrongTransform`](SealError::WrongTransform) if the transforms give wrong results.
    pub fn new(parameters: &Parameters) -> Result<Context, SealError> {
        Context::with_code_path(parameters, "")
    }

    /// A context whose own key switching ([`HybridEvaluator`](super::HybridEvaluator)) uses the given code path, one of
    /// [`code_paths`](super::code_paths), for tests and measurements. Ciphertexts and seeded keys are the same for all
    /// paths; expanded keys are not.
    ///
    /// # Errors
    /// The same as for [`new`](Context::new). A path that this machine does not support is an error when it is first
    /// used.
    pub fn with_code_path(parameters: &Parameters, path: &str) -> Result<Context, SealError> {
        Context::create(parameters, path, &[])
    }

    /// A context whose keys and encryptions are derived from a seed, for reproducible tests: the same calls in the same
    /// order give the same objects (with several threads the order is not fixed). Anyone who knows the seed knows the
    /// secret key.
    ///
    /// # Errors
    /// The same as for [`new`](Context::new).
    pub fn insecure_from_seed(parameters: &Parameters, seed: u64) -> Result<Context, SealError> {
        Context::create(parameters, "", &[seed])
    }

    fn create(parameters: &Parameters, path: &str, seed: &[u64]) -> Result<Context, SealError> {
        let primes: Vec<u64> = parameters.primes().collect();
        let raw = new_raw(Scheme::Ckks, parameters.poly_modulus_degree(), &primes, 0, parameters.security(), seed)?;
        let levels = 0..=parameters.top_level().0;
        let modulus_bits = levels.filter_map(|l| parameters.modulus_bits(Level(l))).collect();
        Ok(Context {
            shared: Arc::new(Shared {
                raw,
                parameters: parameters.clone(),
                modulus_bits,
                code_path: path.to_owned(),
                hybrid: OnceLock::new(),
            }),
        })
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.shared.parameters
    }

    /// S = N/2, the number of slots.
    pub fn slots(&self) -> usize {
        self.parameters().slots()
    }

    /// The level of a fresh encryption.
    pub fn top_level(&self) -> Level {
        self.parameters().top_level()
    }

    /// SEAL's identifier of the parameters of a level, a hash that is part of its files, as bytes.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh) for a level above the top.
    pub fn parms_id(&self, level: Level) -> Result<[u8; 32], SealError> {
        check::level_exists(PARMS_ID, self, level)?;
        ffi::parms_id(self.raw(), level.0).map(id_bytes).map_err(|e| SealError::from_exception(PARMS_ID, &e))
    }

    /// SEAL's identifier of the parameters of the keys.
    pub fn key_parms_id(&self) -> Result<[u8; 32], SealError> {
        ffi::key_parms_id(self.raw()).map(id_bytes).map_err(|e| SealError::from_exception(PARMS_ID, &e))
    }

    pub(super) fn raw(&self) -> &ffi::SEALContext {
        &self.shared.raw
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

    /// Bits of the modulus at a level of the chain.
    pub(super) fn modulus_bits(&self, level: Level) -> u32 {
        self.shared.modulus_bits[level.0]
    }

    /// Whether objects of the two contexts are compatible.
    pub(super) fn agrees_with(&self, other: &Context) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared) || self.parameters() == other.parameters()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Context").field(self.parameters()).finish()
    }
}

const PARMS_ID: &str = "parms_id";

/// The words of a `parms_id` in the order in which SEAL writes them.
pub(super) fn id_bytes(words: [u64; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// SEAL's context for any scheme, or an error if SEAL rejects the parameters. Without a seed, randomness comes from the
/// system.
pub(super) fn new_raw(
    scheme: Scheme,
    degree: usize,
    primes: &[u64],
    plain_modulus: u64,
    security: SecurityLevel,
    seed: &[u64],
) -> Result<UniquePtr<ffi::SEALContext>, SealError> {
    try_transforms()?;
    let failed = |e| SealError::from_exception("context", &e);
    let raw = ffi::new_context(scheme.id(), degree, primes, plain_modulus, security.0, seed).map_err(failed)?;
    let error = ffi::parameter_error(&raw).map_err(failed)?;
    if error == "success" {
        return Ok(raw);
    }
    let message = ffi::parameter_error_message(&raw).map_err(failed)?;
    Err(SealError::Parameters { reason: ParameterRefusal::from_name(&error), message })
}

/// One test per process for a prime below 2^50, for which HEXL has separate code, and for a larger one.
fn try_transforms() -> Result<(), SealError> {
    const DEGREE: usize = 4096;
    const PRIMES: [u64; 2] = [0x0003_FFFF_FFFF_C001, 0x0FFF_FFFF_FFFF_C001];
    static WRONG: OnceLock<Option<u64>> = OnceLock::new();
    // A test that throws has not given the right result either.
    let is_wrong = |&prime: &u64| !transform::transforms_are_right(DEGREE, prime).unwrap_or(false);
    match *WRONG.get_or_init(|| PRIMES.into_iter().find(is_wrong)) {
        Some(prime) => Err(SealError::WrongTransform { prime }),
        None => Ok(()),
    }
}
