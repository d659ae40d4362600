//! Who switches keys, and how large the keys are.

use std::collections::BTreeMap;

use super::Chain;
use crate::{Level, Rotation};

/// Who switches keys: what rotations and relinearisations spend their time on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySwitching {
    /// We do, where the chain allows it (rings from 1024 to 32768, primes below 2^50): faster, with less noise and smaller
    /// keys.
    #[default]
    Hybrid,
    /// SEAL's own calls, for comparison. They know one special prime, which should be 10 bits larger than the others.
    Seal,
}

impl KeySwitching {
    /// Who does on this chain.
    pub fn on(self, chain: &Chain) -> KeySwitching {
        let fits = |prime: &u64| *prime < 1 << 50;
        let primes = chain.primes().iter().chain(chain.special_primes()).all(fits);
        match (1024..=32768).contains(&chain.poly_modulus_degree()) && primes {
            true => self,
            false => KeySwitching::Seal,
        }
    }
}

/// The keys that a program needs, each with the highest level at which it uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLevels {
    /// Of relinearisations; `None` where there are none.
    pub relin: Option<Level>,
    /// Of rotations by each step.
    pub rotations: BTreeMap<Rotation, Level>,
}

impl KeyLevels {
    /// Relinearisation and rotations by these rotations, at every level of a chain.
    pub fn all(chain: &Chain, rotations: &[Rotation]) -> KeyLevels {
        KeyLevels { relin: Some(chain.top()), rotations: rotations.iter().map(|&step| (step, chain.top())).collect() }
    }

    /// What either of two programs needs.
    pub fn merge(&mut self, other: &KeyLevels) {
        self.relin = self.relin.max(other.relin);
        for (&step, &level) in &other.rotations {
            self.rotate(step, level);
        }
    }

    /// One more rotation.
    pub(super) fn rotate(&mut self, step: Rotation, level: Level) {
        let highest = self.rotations.entry(step).or_insert(level);
        *highest = level.max(*highest);
    }

    /// Bytes of the seed-compressed Galois keys: SEAL's are the same for every level.
    pub fn galois_bytes(&self, chain: &Chain, key_switching: KeySwitching) -> usize {
        match key_switching.on(chain) {
            KeySwitching::Hybrid => chain.hybrid_key_bytes(self.rotations.values().copied()),
            KeySwitching::Seal => chain.galois_key_bytes(self.rotations.len()),
        }
    }

    /// Bytes of the seed-compressed relinearisation key.
    pub fn relin_bytes(&self, chain: &Chain, key_switching: KeySwitching) -> usize {
        match key_switching.on(chain) {
            KeySwitching::Hybrid => chain.hybrid_key_bytes(self.relin),
            KeySwitching::Seal => chain.relin_key_bytes(),
        }
    }
}
