//! The context: parameters and SEAL's precomputed tables for them.

use std::fmt;
use std::sync::Arc;

use cxx::UniquePtr;

use super::super::context::{id_bytes, new_raw};
use super::{IntegerScheme, Parameters, check};
use crate::Level;
use crate::error::{ParameterRefusal, SealError};
use crate::ffi::context as ffi;

/// SEAL's tables for one set of parameters, from which all other objects are made. Clones share the tables.
///
/// Objects of two contexts with equal parameters are compatible, for example those of a client and a server.
///
/// Source: `SEALContext` in context.h.
#[derive(Clone)]
pub struct Context<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    raw: UniquePtr<ffi::SEALContext>,
    parameters: Parameters<S>,
    lowest_level: Level,
    batching: bool,
}

impl<S: IntegerScheme> Context<S> {
    /// Computes SEAL's tables.
    ///
    /// # Errors
    /// [`Parameters`](SealError::Parameters) if SEAL rejects parameters that our checks accepted;
    /// [`WrongTransform`](SealError::WrongTransform) if the transforms give wrong results.
    pub fn new(parameters: &Parameters<S>) -> Result<Context<S>, SealError> {
        Context::create(parameters, &[])
    }

    /// A context whose keys and encryptions are derived from a seed, for reproducible tests: the same calls in the same
    /// order give the same objects (with several threads the order is not fixed). Anyone who knows the seed knows the
    /// secret key.
    ///
    /// # Errors
    /// As [`new`](Context::new).
    pub fn insecure_from_seed(parameters: &Parameters<S>, seed: u64) -> Result<Context<S>, SealError> {
        Context::create(parameters, &[seed])
    }

    fn create(parameters: &Parameters<S>, seed: &[u64]) -> Result<Context<S>, SealError> {
        let primes: Vec<u64> = parameters.primes().collect();
        let (degree, t) = (parameters.poly_modulus_degree(), parameters.plain_modulus());
        let raw = new_raw(S::SCHEME, degree, &primes, t, parameters.security(), seed)?;
        let failed = |e| SealError::from_exception("context", &e);
        // Where SEAL cannot make the tables of a level, it silently takes the one above for the first.
        if ffi::highest_level(&raw).map_err(failed)? != parameters.top_level().0 {
            let message = "no tables for the data primes without the special one".to_owned();
            return Err(SealError::Parameters { reason: ParameterRefusal::Tables, message });
        }
        let lowest_level = Level(ffi::lowest_level(&raw).map_err(failed)?);
        let batching = ffi::has_slots(&raw).map_err(failed)?;
        Ok(Context { shared: Arc::new(Shared { raw, parameters: parameters.clone(), lowest_level, batching }) })
    }

    /// The parameters it was made from.
    pub fn parameters(&self) -> &Parameters<S> {
        &self.shared.parameters
    }

    /// The level of a fresh encryption.
    pub fn top_level(&self) -> Level {
        self.parameters().top_level()
    }

    /// The lowest level: 0, or the lowest at which the modulus exceeds the plain modulus.
    pub fn lowest_level(&self) -> Level {
        self.shared.lowest_level
    }

    /// Whether plaintexts are vectors too: the plain modulus is a prime that is `1 mod 2N`.
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

    /// SEAL's name for the parameters of the keys.
    pub fn key_parms_id(&self) -> Result<[u8; 32], SealError> {
        ffi::key_parms_id(self.raw()).map(id_bytes).map_err(|e| SealError::from_exception(PARMS_ID, &e))
    }

    /// Whether SEAL keeps the ciphertexts of the scheme in NTT form, which depends on its version for BGV.
    pub(super) fn keeps_transformed(&self) -> Result<bool, SealError> {
        ffi::keeps_transformed(self.raw()).map_err(|e| SealError::from_exception("context", &e))
    }

    /// Slots in a row: the rotations that there are.
    pub(super) fn row_size(&self) -> usize {
        self.parameters().poly_modulus_degree() / 2
    }

    pub(super) fn raw(&self) -> &ffi::SEALContext {
        &self.shared.raw
    }

    /// Whether objects of the two work together.
    pub(super) fn agrees_with(&self, other: &Context<S>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared) || self.parameters() == other.parameters()
    }
}

const PARMS_ID: &str = "parms_id";

impl<S: IntegerScheme> fmt::Debug for Context<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Context").field(self.parameters()).finish()
    }
}
