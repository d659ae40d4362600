//! Cached encodings.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    CircuitError, Level, Result,
    backend::{SlotVector, Slots},
};

/// Encoded vectors by values, level and scale. Constants are not cached, because encoding them takes microseconds.
pub(super) struct Encodings<P>(Mutex<HashMap<EncodingKey, Arc<P>>>);

/// Vectors are identified by their shared memory. The key keeps them alive, so an address is not reused.
struct EncodingKey {
    values: Arc<SlotVector>,
    level: Level,
    scale: f64,
}

impl EncodingKey {
    fn parts(&self) -> (*const f64, Level, u64) {
        (self.values.as_ptr(), self.level, self.scale.to_bits())
    }
}

impl PartialEq for EncodingKey {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for EncodingKey {}

impl std::hash::Hash for EncodingKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl<P> Encodings<P> {
    pub fn new() -> Self {
        Encodings(Mutex::default())
    }

    /// Removes all encodings.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The encoding, computed by `encode` if it is not cached.
    pub fn get(&self, values: &Slots, level: Level, scale: f64, encode: impl FnOnce() -> Result<P>) -> Result<Arc<P>> {
        let Slots::Vector(shared) = values else { return encode().map(Arc::new) };
        let key = EncodingKey { values: shared.clone(), level, scale };
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let plain = Arc::new(encode()?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, plain.clone());
        Ok(plain)
    }
}

/// Checks values before they are encoded: SEAL accepts NaN and infinity.
pub(in crate::backend) fn check_values(values: &[f64], slots: usize) -> Result<()> {
    if values.len() > slots {
        return Err(CircuitError::TooManyValues { expected: slots, actual: values.len() }.into());
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(CircuitError::NotFinite { index, value: values[index] }.into()),
        None => Ok(()),
    }
}
