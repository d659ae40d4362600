//! The canonical embedding: real slots to real coefficients and back.

use std::{f64::consts::PI, sync::Arc};

use rustfft::{Fft, FftPlanner, num_complex::Complex};

/// Slot `s` is the value of the polynomial at `zeta^(5^s)`, with `zeta = exp(i pi / N)`. The values at the conjugate
/// points are conjugate, so that real slots belong to real coefficients.
pub struct Embedding {
    /// `zeta^k`: multiplying coefficients by them makes odd powers of `zeta` those of an ordinary transform.
    twists: Vec<Complex<f64>>,
    /// Slot `s` and its conjugate: the `j` at which `2j + 1` is `5^s` and `-5^s` modulo 2N.
    places: Vec<(usize, usize)>,
    to_values: Arc<dyn Fft<f64>>,
    to_coefficients: Arc<dyn Fft<f64>>,
}

impl Embedding {
    pub fn new(degree: usize) -> Embedding {
        let mut planner = FftPlanner::new();
        let powers = std::iter::successors(Some(1), |power| Some(5 * power % (2 * degree)));
        Embedding {
            twists: (0..degree).map(|k| Complex::cis(PI * k as f64 / degree as f64)).collect(),
            places: powers.take(degree / 2).map(|power| (power / 2, (2 * degree - power) / 2)).collect(),
            // The exponents of the embedding are positive, as in what FFT libraries call inverse.
            to_values: planner.plan_fft_inverse(degree),
            to_coefficients: planner.plan_fft_forward(degree),
        }
    }

    /// Coefficients whose slots are these times `scale`, not rounded. Slots that are not given are zero.
    pub fn coefficients(&self, slots: &[f64], scale: f64) -> Vec<f64> {
        let mut values = vec![Complex::default(); self.twists.len()];
        for (&slot, &(place, conjugate)) in slots.iter().zip(&self.places) {
            values[place] = slot.into();
            values[conjugate] = slot.into();
        }
        self.to_coefficients.process(&mut values);
        let factor = scale / self.twists.len() as f64;
        values.iter().zip(&self.twists).map(|(value, twist)| (value * twist.conj()).re * factor).collect()
    }

    /// The real parts of the slots, divided by `scale`.
    pub fn slots(&self, coefficients: &[f64], scale: f64) -> Vec<f64> {
        let mut values: Vec<_> = coefficients.iter().zip(&self.twists).map(|(c, twist)| twist * c).collect();
        self.to_values.process(&mut values);
        self.places.iter().map(|&(place, _)| values[place].re / scale).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_values_of_the_polynomial() {
        let (degree, slots) = (16, [1.0, -2.0, 0.5, 3.0, 0.0, 0.25, -1.0, 7.0]);
        let embedding = Embedding::new(degree);
        let coefficients = embedding.coefficients(&slots, 8.0);
        for (s, slot) in slots.iter().enumerate() {
            let angle = PI / degree as f64 * 5f64.powi(s as i32);
            let value: Complex<f64> =
                coefficients.iter().enumerate().map(|(k, c)| Complex::cis(angle * k as f64) * c).sum();
            assert!((value - 8.0 * slot).norm() < 1e-9, "slot {s}: {value}");
        }
        for (actual, expected) in embedding.slots(&coefficients, 8.0).iter().zip(slots) {
            assert!((actual - expected).abs() < 1e-12);
        }
    }
}
