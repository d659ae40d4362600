//! The noise of a bootstrap outside of its sine, and how often it fails.

use super::{
    matrices::Part,
    parameters::{BootstrapParameters, RAISED_BITS, SPARSE_WEIGHT},
};
use crate::{
    Level,
    backend::{ERROR_DEVIATION, key_deviation},
};

/// Bits of the special prime of the small modulus.
const SPARSE_SPECIAL_BITS: u32 = 50;

impl BootstrapParameters {
    /// The deviation of coefficients in slots before the sine, relative to q': what the raise, its two key switches and the
    /// rounded entries of the map to slots leave. Copies share it, so that no average makes it smaller.
    pub fn coefficient_deviation(&self) -> f64 {
        let scales = self.to_slots_scales(f64::from(RAISED_BITS).exp2());
        let matrix = match scales[..] {
            [scale] => self.matrix_deviation(scale),
            _ => self.factors_deviation(&scales),
        };
        self.raise_deviation().hypot(matrix)
    }

    /// Coefficients, where noise is `sqrt(N)` times smaller than in slots.
    fn raise_deviation(&self) -> f64 {
        let (chain, raised) = (self.chain(), f64::from(RAISED_BITS).exp2());
        let degree = chain.poly_modulus_degree() as f64;
        // Of two components to integers, one multiplied by a secret: of two thirds of N, or of few coefficients.
        let rounding = ((1.0 + 2.0 * degree / 3.0) / 12.0).sqrt();
        let sparse_rounding = ((1.0 + SPARSE_WEIGHT as f64) / 12.0).sqrt();
        let ratio = f64::from(RAISED_BITS).exp2() / f64::from(SPARSE_SPECIAL_BITS).exp2();
        let to_sparse = (degree / 12.0).sqrt() * ERROR_DEVIATION * ratio;
        // The division by P comes after the sums of the raise, and rotations that add up more copies after that: the square
        // of each has a quarter of that before it.
        let summed_before = (self.raised_rotations().len() as f64).exp2();
        let switch = key_deviation(chain, chain.top()).hypot(degree / 18f64.sqrt()) / degree.sqrt();
        let summed = self.summed_rotations().len() as f64;
        let sums = switch * ((1.0 - (-2.0 * summed).exp2()) / 3.0).sqrt() / summed_before;
        [rounding, rounding / summed_before, sparse_rounding, to_sparse, sums].into_iter().fold(0.0, f64::hypot)
            / raised
    }

    /// Each of 2n coefficients of an entry is rounded, and slots have `q' sqrt(2n (h + 1) / 12)` from the multiples of q'.
    fn matrix_deviation(&self, scale: f64) -> f64 {
        let period = self.spec().period as f64;
        // The real part of each of n products, twice.
        (2.0 * period).sqrt() * entry_deviation(self.spec().period) * self.slot_deviation() / scale
    }

    /// Of a slot before the map, in units of q'.
    fn slot_deviation(&self) -> f64 {
        (2.0 * self.spec().period as f64 * overflow_variance()).sqrt()
    }

    /// The same for several factors, of `r_1`, `r_2` ... entries of 1 in a row, in the last one of `1/2n`, and what rotations of the
    /// input of each and the rescales in between leave, where the division by P does not come with a rescale. That differs from
    /// copy to copy.
    fn factors_deviation(&self, scales: &[f64]) -> f64 {
        let (chain, raised, copies) = (self.chain(), f64::from(RAISED_BITS).exp2(), self.copies());
        let (degree, half) = (chain.poly_modulus_degree() as f64, 2.0 * self.spec().period as f64);
        let parts = Part::to_slots(self.spec().period);
        let counts: Vec<f64> = parts.iter().map(|part| part.count() as f64).collect();
        // The real part, twice, of sums with what is independent in each slot.
        let through = |place: usize| (2.0 * counts[place..].iter().product::<f64>()).sqrt() / half;
        let switch = key_deviation(chain, chain.top()).hypot(degree / 18f64.sqrt());
        let own = 1.0 / (copies * raised * copies.sqrt());
        let mut deviation = 0.0_f64;
        // What a slot has grown by, and what a unit is of a value, before a factor.
        let (mut grown, mut unit) = (1.0_f64, 1.0);
        for (place, (part, scale)) in parts.iter().zip(scales).enumerate() {
            let is_last = place + 1 == parts.len();
            // Rounding makes entries of what was 0.
            let each = entry_deviation(part.block) * self.slot_deviation() * grown.sqrt();
            let entries = (part.diagonals() as f64).sqrt() * each;
            let rounded = entries * if is_last { 2f64.sqrt() } else { through(place + 1) } / scale;
            let rotated = switch * own * unit * through(place);
            deviation = deviation.hypot(rounded).hypot(rotated);
            grown *= counts[place];
            unit *= chain.prime(Level(chain.top().0 - place)) / scale;
        }
        deviation
    }
}

/// The deviation of a rounded entry of diagonals of a period, in units.
fn entry_deviation(period: usize) -> f64 {
    (2.0 * period as f64 / 12.0).sqrt()
}

/// The variance of I, the number of times that q' is wrapped around: of a sum of h + 1 uniform numbers.
fn overflow_variance() -> f64 {
    (SPARSE_WEIGHT as f64 + 1.0) / 12.0
}

/// The logarithm to base 2 of the probability that a coefficient is wrapped around `range` times or more, which garbles one
/// value: Chernoff's bound for a sum of `weight + 1` uniform numbers, for an ephemeral secret of that Hamming weight.
///
/// ```
/// let bits = seal_nn::bootstrap::failure_bits(32, 15.0);
/// assert!((-86.0..-84.0).contains(&bits));
/// ```
pub fn failure_bits(weight: usize, range: f64) -> f64 {
    let (terms, reach) = (weight as f64 + 1.0, range - 0.5);
    let exponent = |t: f64| terms * ((t / 2.0).sinh() / (t / 2.0)).ln() - reach * t;
    let least = (1..4000).map(|i| exponent(f64::from(i) / 10.0)).fold(0.0, f64::min);
    (least + 2f64.ln()) / 2f64.ln()
}
