//! The context: parameters and SEAL's precomputed tables for them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use cxx::UniquePtr;

use super::{Parameters, SchemeType, check};
use crate::Level;
use crate::error::{ParameterRefusal, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::ffi::{context as ffi, kernels, modulus, transform};
use crate::seal::Scheme;

/// SEAL's tables for one set of parameters, from which all other objects are made. Clones share the tables.
///
/// Objects of two contexts with equal parameters are compatible, for example those of a client and a server.
///
/// Source: `SEALContext` in context.h.
#[derive(Clone)]
pub struct Context<S> {
    pub(in crate::seal) shared: Arc<Shared<S>>,
}

pub struct Shared<S> {
    raw: UniquePtr<ffi::SEALContext>,
    parameters: Parameters<S>,
    /// The bits of `q_0 ... q_l` for each level.
    modulus_bits: Vec<u32>,
    lowest_level: Level,
    batching: bool,
    /// The code path of our own key switching, in CKKS; empty for the best one on this machine.
    pub(in crate::seal) code_path: String,
    /// The tables of our own key switching, computed on first use.
    pub(in crate::seal) hybrid: OnceLock<UniquePtr<kernels::HybridEvaluator>>,
}

impl<S: SchemeType> Context<S> {
    /// Computes SEAL's tables. The first call in a process also compares the transforms with plain arithmetic, because
    /// with HEXL the code that runs depends on the machine.
    ///
    /// # Errors
    /// [`Parameters`](SealError::Parameters) if SEAL rejects parameters that our checks accepted;
    /// [`WrongTransform`](SealError::WrongTransform) if the transforms give wrong results.
    pub fn new(parameters: &Parameters<S>) -> Result<Context<S>, SealError> {
        Context::create(parameters, "", &[])
    }

    /// A context whose keys and encryptions are derived from a seed, for reproducible tests: the same calls in the same
    /// order give the same objects (with several threads the order is not fixed). Anyone who knows the seed knows the
    /// secret key.
    ///
    /// # Errors
    /// The same as for [`new`](Context::new).
    pub fn insecure_from_seed(parameters: &Parameters<S>, seed: u64) -> Result<Context<S>, SealError> {
        Context::create(parameters, "", &[seed])
    }

    pub(in crate::seal) fn create(
        parameters: &Parameters<S>,
        code_path: &str,
        seed: &[u64],
    ) -> Result<Context<S>, SealError> {
        let raw = new_raw(parameters, seed)?;
        let failed = |e| SealError::from_exception("context", &e);
        // If SEAL cannot compute the tables of a level, it silently uses the next higher level as the first. For SEAL,
        // the last of several primes is the special one.
        if ffi::highest_level(&raw).map_err(failed)? != parameters.primes().count().saturating_sub(2) {
            let message = "no tables for the data primes without the special one".to_owned();
            return Err(SealError::Parameters { reason: ParameterRefusal::Tables, message });
        }
        let levels = 0..=parameters.top_level().0;
        Ok(Context {
            shared: Arc::new(Shared {
                modulus_bits: levels.filter_map(|l| parameters.modulus_bits(Level(l))).collect(),
                lowest_level: Level(ffi::lowest_level(&raw).map_err(failed)?),
                batching: S::SCHEME == Scheme::Ckks || ffi::has_slots(&raw).map_err(failed)?,
                code_path: code_path.to_owned(),
                hybrid: OnceLock::new(),
                raw,
                parameters: parameters.clone(),
            }),
        })
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters<S> {
        &self.shared.parameters
    }

    /// The level of a fresh encryption.
    pub fn top_level(&self) -> Level {
        self.parameters().top_level()
    }

    /// The lowest level: 0, or with a plain modulus the lowest at which the coefficient modulus exceeds it.
    pub fn lowest_level(&self) -> Level {
        self.shared.lowest_level
    }

    /// Whether plaintexts can be vectors: always in CKKS, otherwise if the plain modulus is a prime that is `1 mod 2N`.
    pub fn has_batching(&self) -> bool {
        self.shared.batching
    }

    /// SEAL's identifier of the parameters of a level, a hash that is part of its files, as bytes.
    ///
    /// # Errors
    /// [`LevelTooHigh`](SealError::LevelTooHigh) or [`LevelTooLow`](SealError::LevelTooLow) for a level that does not
    /// exist.
    pub fn parms_id(&self, level: Level) -> Result<[u8; 32], SealError> {
        check::level_exists(PARMS_ID, self, level)?;
        ffi::parms_id(self.raw(), level.0).map(id_bytes).map_err(|e| SealError::from_exception(PARMS_ID, &e))
    }

    /// SEAL's identifier of the parameters of the keys.
    pub fn key_parms_id(&self) -> Result<[u8; 32], SealError> {
        ffi::key_parms_id(self.raw()).map(id_bytes).map_err(|e| SealError::from_exception(PARMS_ID, &e))
    }

    /// Whether SEAL keeps the ciphertexts of the scheme in NTT form, which depends on its version for BGV.
    pub(in crate::seal) fn keeps_transformed(&self) -> Result<bool, SealError> {
        ffi::keeps_transformed(self.raw()).map_err(|e| SealError::from_exception("context", &e))
    }

    /// N/2, the number of slots that rotate: all slots in CKKS, otherwise those of a row.
    pub(in crate::seal) fn row_size(&self) -> usize {
        self.parameters().poly_modulus_degree() / 2
    }

    pub(in crate::seal) fn raw(&self) -> &ffi::SEALContext {
        &self.shared.raw
    }

    /// Bits of the modulus at a level of the chain.
    pub(in crate::seal) fn modulus_bits(&self, level: Level) -> u32 {
        self.shared.modulus_bits[level.0]
    }

    /// Whether objects of the two contexts are compatible.
    pub(in crate::seal) fn agrees_with(&self, other: &Context<S>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared) || self.parameters() == other.parameters()
    }
}

impl<S: SchemeType> fmt::Debug for Context<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Context").field(self.parameters()).finish()
    }
}

const PARMS_ID: &str = "parms_id";

/// The words of a `parms_id` in the order in which SEAL writes them.
fn id_bytes(words: [u64; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// SEAL's context, or an error if SEAL rejects the parameters. Without a seed, randomness comes from the system.
fn new_raw<S: SchemeType>(parameters: &Parameters<S>, seed: &[u64]) -> Result<UniquePtr<ffi::SEALContext>, SealError> {
    try_transforms()?;
    let failed = |e| SealError::from_exception("context", &e);
    let (degree, primes) = (parameters.poly_modulus_degree, parameters.primes().collect::<Vec<_>>());
    // SEAL has no limit for rings above those of its table, and takes them only without a check: ours has been made.
    let security = match modulus::secure_modulus_bits(degree) {
        0 => SecurityLevel::NONE.0,
        _ => parameters.security.0,
    };
    let plain_modulus = parameters.plain_modulus;
    let raw = ffi::new_context(S::SCHEME.id(), degree, &primes, plain_modulus, security, seed).map_err(failed)?;
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
