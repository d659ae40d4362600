//! Our own switching keys, which have no header, as written by `generate_key` in cpp/kernels/generate.cc.

use std::collections::BTreeMap;

use super::bounds::{Bounds, SEED_BYTES};
use super::limits::Limits;
use super::polynomials::check_residues;
use super::reader::{Reader, Walk};
use crate::error::BytesRefusal;
use crate::seal::automorphism::RELINEARIZATION;

/// The automorphism and the level of a key.
const KEY_FIELDS: usize = 2 * 4;

impl Bounds {
    fn special_primes(&self) -> &[u64] {
        &self.primes[self.level_ids.len()..]
    }

    /// The number of digits of several primes in a key for levels up to `level`.
    pub fn digits_up_to(&self, level: usize) -> usize {
        (level + 1).div_ceil(self.special_primes().len())
    }

    /// The primes of a key for levels up to `level`.
    pub fn key_primes(&self, level: usize) -> Vec<u64> {
        [self.level_primes(level), self.special_primes()].concat()
    }

    pub fn check_key_level(&self, level: usize) -> Walk<()> {
        let top = self.level_ids.len() - 1;
        match level <= top {
            true => Ok(()),
            false => {
                let expected = format!("at most {top}");
                Err(BytesRefusal::Field { part: "level of a key", expected, actual: level as u64 })
            }
        }
    }

    fn digit_bytes(&self, primes: usize) -> usize {
        SEED_BYTES + 8 * self.degree * primes
    }

    /// One key per automorphism, each for all levels; one of them is the relinearisation key.
    pub fn hybrid_keys_bytes(&self, limits: &Limits) -> usize {
        let top = self.level_ids.len() - 1;
        let key = KEY_FIELDS + self.digits_up_to(top) * self.digit_bytes(self.primes.len());
        limits.bytes().min(key.saturating_mul(limits.galois_keys().saturating_add(1).min(self.degree)))
    }

    /// Keys one behind the other: automorphism, level, a seed for each digit, then of each digit a half modulo each
    /// prime of the level and each special one. Returns the automorphisms with the levels of their keys.
    pub fn hybrid_keys(&self, reader: &mut Reader<'_>, limits: &Limits) -> Walk<BTreeMap<u32, usize>> {
        let mut levels = BTreeMap::new();
        while reader.remaining() > 0 {
            let element = reader.u32("automorphism")?;
            if element % 2 == 0 || element as usize >= 2 * self.degree || levels.contains_key(&element) {
                let expected = format!("an odd number below {} without duplicates", 2 * self.degree);
                return Err(BytesRefusal::Field { part: "automorphism", expected, actual: element.into() });
            }
            let level = reader.u32("level of a key")? as usize;
            self.check_key_level(level)?;
            levels.insert(element, level);
            let rotations = levels.len() - usize::from(levels.contains_key(&RELINEARIZATION));
            if rotations > limits.galois_keys() {
                let expected = format!("at most {}", limits.galois_keys());
                return Err(BytesRefusal::Field { part: "number of keys", expected, actual: rotations as u64 });
            }
            let primes = self.key_primes(level);
            let digits = self.digits_up_to(level);
            reader.take("seeds", digits * SEED_BYTES)?;
            let halves = reader.take("switching key", 8 * digits * self.degree * primes.len())?;
            check_residues("switching key", halves, self.degree, &primes)?;
        }
        Ok(levels)
    }
}
