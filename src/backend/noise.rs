//! Simulated noise of SEAL's operations.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::{SeedableRng, rngs::ChaCha8Rng};
use rand_distr::{Distribution, StandardNormal};

use super::Chain;
use crate::Level;

/// Normal noise of the size that SEAL's operations leave in the real part of a slot (docs/ckks.md, "Noise in slots"):
/// complex standard deviations, before division by the scale, of `3.24 sqrt(N)` for an encryption under the secret key,
/// `sqrt(N/12)` for encoding a vector, `N/sqrt(18)` for a rescale or a rotation; that of the key, with digits as our
/// own key switching centres them, comes on top of a rotation's. It depends on the seed and on the values alone, so on
/// no thread count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// The seed of the noise.
    pub seed: u64,
}

impl Noise {
    /// Adds noise with the given complex standard deviation to the real parts.
    pub(super) fn add(self, slots: &mut [f64], complex_deviation: f64) {
        let mut hasher = DefaultHasher::new();
        self.seed.hash(&mut hasher);
        complex_deviation.to_bits().hash(&mut hasher);
        slots.iter().for_each(|v| v.to_bits().hash(&mut hasher));
        let mut rng = ChaCha8Rng::seed_from_u64(hasher.finish());
        let deviation = complex_deviation / 2f64.sqrt();
        for v in slots {
            let draw: f64 = StandardNormal.sample(&mut rng);
            *v += deviation * draw;
        }
    }
}

/// The standard deviation of a coefficient of SEAL's errors, which are binomial.
pub(crate) const ERROR_DEVIATION: f64 = 3.24;

pub(super) fn encryption_deviation(degree: usize) -> f64 {
    ERROR_DEVIATION * (degree as f64).sqrt()
}

/// What the key leaves in a rotation at a level: `sqrt(sum_j N / 12 (D_j / P)^2)` times that of an encryption, for centred
/// digits `D_j`, each the product of its primes, and the product `P` of the special ones. Little where `P` is ten bits
/// larger than a digit, four times a rescale's where both have 50 bits.
pub(crate) fn key_deviation(chain: &Chain, level: Level) -> f64 {
    let (degree, special) = (chain.poly_modulus_degree(), chain.special_primes());
    let product = |primes: &[f64]| primes.iter().product::<f64>();
    let special: Vec<f64> = special.iter().map(|&prime| prime as f64).collect();
    let primes: Vec<f64> = (0..=level.0).map(|l| chain.prime(Level(l))).collect();
    let ratio = |digit: &[f64]| (product(digit) / product(&special)).powi(2);
    let digits: f64 = primes.chunks(special.len()).map(ratio).sum();
    (digits * degree as f64 / 12.0).sqrt() * encryption_deviation(degree)
}

pub(super) fn encoding_deviation(degree: usize) -> f64 {
    (degree as f64 / 12.0).sqrt()
}

pub(super) fn rounding_deviation(degree: usize) -> f64 {
    degree as f64 / 18f64.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_special_prime_no_larger_than_the_first_makes_rotations_noisy() {
        let with = |special: &[u64]| {
            let chain = Chain::nominal(16384, 7, 40).unwrap().with_special_primes(special).unwrap();
            key_deviation(&chain, Level(7)) / rounding_deviation(16384)
        };
        // The first prime has 50 bits: sqrt(N / 12) 3.24 sqrt(N) over N / sqrt(18).
        assert!((with(&[1 << 50]) - 3.24 * 1.5f64.sqrt()).abs() < 0.01);
        assert!(with(&[1 << 60]) < 0.01 && with(&[1 << 50, 1 << 50]) < 0.01);
    }
}
