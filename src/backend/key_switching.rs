//! The implementations of key switching, and the sizes of their keys.

use std::collections::BTreeMap;

use super::Chain;
use crate::{Level, Rotation};

/// The implementation of key switching, on which rotations and relinearisations spend most of their time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySwitching {
    /// Our own implementation, if the chain supports it (rings from 1024 to 65536, primes below 2^50): faster, with
    /// less noise and smaller keys.
    #[default]
    Hybrid,
    /// SEAL's own functions, for comparison. They use one special prime, which should have 10 bits more than the
    /// others.
    Seal,
}

impl KeySwitching {
    /// The implementation that is used on this chain.
    pub fn on(self, chain: &Chain) -> KeySwitching {
        let fits = |prime: &u64| *prime < 1 << 50;
        let primes = chain.primes().iter().chain(chain.special_primes()).all(fits);
        match (1024..=65536).contains(&chain.poly_modulus_degree()) && primes {
            true => self,
            false => KeySwitching::Seal,
        }
    }
}

/// The keys that a program needs, each with the highest level at which it uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLevels {
    /// The level of relinearisations; `None` without any.
    pub relin: Option<Level>,
    /// The level of rotations, by step.
    pub rotations: BTreeMap<Rotation, Level>,
}

impl KeyLevels {
    /// Relinearisation and these rotations, at every level of a chain.
    pub fn all(chain: &Chain, rotations: &[Rotation]) -> KeyLevels {
        KeyLevels { relin: Some(chain.top()), rotations: rotations.iter().map(|&step| (step, chain.top())).collect() }
    }

    /// Adds the keys that another program needs.
    pub fn merge(&mut self, other: &KeyLevels) {
        self.relin = self.relin.max(other.relin);
        for (&step, &level) in &other.rotations {
            self.rotate(step, level);
        }
    }

    /// Adds a rotation.
    pub(super) fn rotate(&mut self, step: Rotation, level: Level) {
        let highest = self.rotations.entry(step).or_insert(level);
        *highest = level.max(*highest);
    }

    /// The bytes of the residues of all keys in memory, one half of each.
    pub(crate) fn residue_bytes(&self, chain: &Chain, key_switching: KeySwitching) -> usize {
        let highest = self.rotations.values().copied().chain(self.relin);
        match key_switching.on(chain) {
            KeySwitching::Hybrid => 8 * chain.poly_modulus_degree() * chain.hybrid_key_polynomials(highest),
            KeySwitching::Seal => chain.galois_key_bytes(self.rotations.len()) + chain.relin_key_bytes(),
        }
    }

    /// The size of all seed-compressed keys in bytes.
    pub fn bytes(&self, chain: &Chain, key_switching: KeySwitching) -> usize {
        self.galois_bytes(chain, key_switching) + self.relin_bytes(chain, key_switching)
    }

    /// The size of the seed-compressed Galois keys in bytes. SEAL's keys are the same for every level.
    pub fn galois_bytes(&self, chain: &Chain, key_switching: KeySwitching) -> usize {
        match key_switching.on(chain) {
            KeySwitching::Hybrid => chain.hybrid_key_bytes(self.rotations.values().copied()),
            KeySwitching::Seal => chain.galois_key_bytes(self.rotations.len()),
        }
    }

    /// The size of the seed-compressed relinearisation key in bytes.
    pub fn relin_bytes(&self, chain: &Chain, key_switching: KeySwitching) -> usize {
        match key_switching.on(chain) {
            KeySwitching::Hybrid => chain.hybrid_key_bytes(self.relin),
            KeySwitching::Seal => chain.relin_key_bytes(),
        }
    }
}
