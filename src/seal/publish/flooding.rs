//! Gaussian noise that hides the noise of a decrypted value.

use std::f64::consts::TAU;

use super::NoiseBound;
use crate::error::SealError;

/// Binary logarithm of the largest deviation, in steps of the grid. Below it, doubles are precise enough to represent
/// every step.
const MAX_DEVIATION_BITS: f64 = 45.0;

/// Noise for one release. Values are rounded to a grid before noise is added, and the noise is a multiple of the grid's
/// step, because the last digits of a sum of doubles would reveal something about the value (Mironov 2012).
#[derive(Clone, Copy, Debug)]
pub(super) struct Flooding {
    /// The step of the grid: a power of two, at most a quarter of the noise bound.
    step: f64,
    /// Standard deviation, in steps.
    deviation: f64,
}

impl Flooding {
    pub(super) fn new(bits: u32, values: usize, noise: NoiseBound, releases: u64) -> Result<Flooding, SealError> {
        if values == 0 {
            return Err(SealError::NoValues { op: "publish" });
        }
        let bound = noise.largest_error();
        let step = (bound / 4.0).log2().floor().exp2();
        // Rounding to the grid increases the distance of two values that differ by the bound by at most one step.
        let per_release = (bound / step + 1.0) * (12.0 * values as f64 * releases.max(1) as f64).sqrt();
        let max = (2.0 * (MAX_DEVIATION_BITS - per_release.log2())).max(0.0) as u32;
        if !(1..=max).contains(&bits) {
            return Err(SealError::FloodingBits { bits, max, values, releases });
        }
        Ok(Flooding { step, deviation: per_release * (f64::from(bits) / 2.0).exp2() })
    }

    /// The standard deviation in the units of the values.
    pub(super) fn deviation(self) -> f64 {
        self.step * self.deviation
    }

    /// The value on the grid plus noise. Both terms are multiples of the step, and doubles round their sum correctly,
    /// so the result is a function of the exact sum. Rounding the noise is the same as rounding the sum of both.
    pub(super) fn add(self, value: f64, normal: f64) -> f64 {
        ((value / self.step).round() + (self.deviation * normal).round()) * self.step
    }

    /// Whether a value can be represented in steps.
    pub(super) fn takes(self, value: f64) -> bool {
        (value / self.step).is_finite()
    }
}

/// Two independent standard normal numbers from two uniform words (Box and Muller 1958).
pub(super) fn normals(words: [u64; 2]) -> [f64; 2] {
    let [radius, angle] = words.map(|word| (word as f64 + 0.5) / 2f64.powi(64));
    let radius = (-2.0 * radius.ln()).sqrt();
    let (sine, cosine) = (TAU * angle).sin_cos();
    [radius * cosine, radius * sine]
}
