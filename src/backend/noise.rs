//! The noise that SEAL's operations leave, as numbers.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Normal noise of the size that SEAL's operations leave in the real part of a slot (spec: ckks, "Noise in slots"):
/// complex standard deviations, before division by the scale, of `3.24 sqrt(N)` for an encryption under the secret
/// key, `sqrt(N/12)` for encoding a vector, `N/sqrt(18)` for a rescale or a rotation with a special prime well above
/// the data primes. It depends on the seed and on the values alone, so on no thread count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Another seed, other noise.
    pub seed: u64,
}

impl Noise {
    /// Adds noise of a complex standard deviation to the real parts.
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

pub(super) fn encryption_deviation(degree: usize) -> f64 {
    3.24 * (degree as f64).sqrt()
}

pub(super) fn encoding_deviation(degree: usize) -> f64 {
    (degree as f64 / 12.0).sqrt()
}

pub(super) fn rounding_deviation(degree: usize) -> f64 {
    degree as f64 / 18f64.sqrt()
}
