//! Key switching: a product with one secret becomes a ciphertext under another.

use std::{collections::BTreeMap, sync::Arc};

use seal_nn::Rotation;

use crate::ring::{Poly, Ring};

/// Encryptions under `s` of `P g_j s'`, one for each data prime: `g_j` is 1 modulo `q_j` and 0 modulo the others, and
/// `P` the special prime. So `sum_j [c]_(q_j) key_j / P` encrypts `c s'`, at any level.
pub struct SwitchingKey(pub Vec<[Poly; 2]>);

/// What the evaluating side gets: keys for relinearisation and for rotations by exactly these steps.
pub struct EvaluationKeys {
    pub(crate) ring: Arc<Ring>,
    /// From `s^2` to `s`.
    pub(crate) relin: SwitchingKey,
    /// From `s(X^g)` to `s`, with the places of that rotation.
    pub(crate) galois: BTreeMap<Rotation, (Vec<usize>, SwitchingKey)>,
}

impl EvaluationKeys {
    /// The size of all keys in bytes. Nothing is sent as a seed.
    pub fn bytes(&self) -> usize {
        let keys = self.galois.values().map(|(_, key)| key).chain([&self.relin]);
        8 * keys.flat_map(|key| key.0.iter().flatten().flatten()).map(Vec::len).sum::<usize>()
    }
}

/// The ciphertext of what `digits` are the digits of, times the secret that `key` switches from.
pub fn switch(ring: &Ring, digits: &[Poly], key: &SwitchingKey) -> [Poly; 2] {
    let primes: Vec<usize> = (0..digits.len()).chain([ring.special()]).collect();
    [0, 1].map(|part| {
        let row = |(i, &prime): (usize, &usize)| {
            let q = ring.modulus(prime);
            let mut sum = vec![0; digits[0][i].len()];
            for (digit, key) in digits.iter().zip(&key.0) {
                let products = digit[i].iter().zip(&key[part][prime]);
                sum.iter_mut().zip(products).for_each(|(sum, (&d, &k))| *sum = q.add(*sum, q.multiply(d, k)));
            }
            sum
        };
        let mut poly: Poly = primes.iter().enumerate().map(row).collect();
        ring.divide(&mut poly, ring.special());
        poly
    })
}
