//! The reduction modulo q' on every backend, at stated scales: every step says the scale of its result, and factors absorb
//! what is between.

use super::{Sine, sine::Parity};
use crate::{
    CircuitError, Level, Result, Rotation,
    backend::{Combination, Evaluate, Slots, Unscaled},
};

/// `sin(2 pi t)` at `end_scale`, for slots `t / K` with `|t| < K` the range of the sine. For `t = m + I` with an integer
/// `I`, that is `2 pi m` up to a relative `(2 pi m)^2 / 6`, or `0.03 (2 pi m)^8` with the arcsine. [`Sine::levels`] below `x`.
///
/// The scales are found from the end: before a doubling at a level with prime `q`, `s = sqrt(s' q)`.
///
/// # Errors
/// `NoLevelLeft` if `x` has fewer levels; any error of the backend.
pub fn eval_mod<E: Unscaled>(backend: &E, sine: &Sine, x: &E::Ciphertext, end_scale: f64) -> Result<E::Ciphertext> {
    eval_mod_summed(backend, sine, x, end_scale, &[])
}

/// The same, of the sine summed over `(1 + rotate by r_1) (1 + rotate by r_2) ...` before its last rescale: what that and the
/// rotations round is then not summed. The arcsine is that of their mean, times their number.
pub(super) fn eval_mod_summed<E: Unscaled>(
    backend: &E,
    sine: &Sine,
    x: &E::Ciphertext,
    end_scale: f64,
    rotations: &[Rotation],
) -> Result<E::Ciphertext> {
    let (top, needed) = (backend.level(x), Level(sine.levels()));
    let Some(end) = top.down(needed.0) else {
        return Err(CircuitError::NoLevelLeft { op: "the reduction modulo q'", needed, actual: top }.into());
    };
    // A quarter of a turn: the doublings make cosines.
    let mut v = x.clone();
    let quarter = backend.encode(&Slots::Constant(-0.25 / sine.range()), top, backend.scale(x))?;
    backend.add_plain_inplace(&mut v, &quarter)?;
    let first = match sine.parity() {
        Parity::Odd => v,
        Parity::Even => double_angle_at_own_scale(backend, &v)?,
    };
    let powers = Powers::new(backend, first, sine.highest_power())?;
    // The scale before a doubling, for that after it.
    let before = |scale: f64, level: usize| (scale * backend.chain().prime(Level(level))).sqrt();
    let (sine_end, summands) = (end.0 + sine.arcsine_levels(), (rotations.len() as f64).exp2());
    // The mean before an arcsine has the scale of its prime.
    let mean_scale = backend.chain().prime(Level(sine_end));
    let sine_scale = if sine.arcsine_coefficients().is_some() { mean_scale / summands } else { end_scale };
    let mut scales = vec![sine_scale];
    for doubling in 1..=sine.doublings() {
        scales.push(before(scales[doubling - 1], sine_end + doubling));
    }
    let start_scale = scales.pop().unwrap_or(sine_scale);
    let mut y = powers.polynomial(sine.coefficients(), Level(sine_end + sine.doublings()), start_scale)?;
    for (doubling, &scale) in scales.iter().rev().enumerate() {
        let is_last = doubling + 1 == scales.len();
        y = match is_last && !rotations.is_empty() {
            true => double_angle_summed(backend, &y, scale, rotations)?,
            false => double_angle(backend, &y, scale)?,
        };
        if doubling == 0 && sine.parity() == Parity::Odd {
            backend.negate_inplace(&mut y)?; // cos 2a = 1 - 2 sin^2 a
        }
    }
    let Some(arcsine) = sine.arcsine_coefficients() else { return Ok(y) };
    backend.set_scale(&mut y, mean_scale)?;
    Powers::new(backend, y, arcsine.len() / 2)?.polynomial(arcsine, end, end_scale * summands)
}

/// `2 x^2 - 1`, a level below.
fn double_angle<E: Evaluate>(backend: &E, x: &E::Ciphertext, scale: f64) -> Result<E::Ciphertext> {
    let terms = Combination { products: &[(x, x), (x, x)], multiples: &[], constant: -1.0 };
    backend.combine_rescale(&terms, backend.level(x), scale)
}

/// The same at the scale of a product.
fn double_angle_at_own_scale<E: Evaluate>(backend: &E, x: &E::Ciphertext) -> Result<E::Ciphertext> {
    let scale = backend.scale(x);
    double_angle(backend, x, scale * scale / backend.chain().prime(backend.level(x)))
}

/// The sum of `2 x^2 - 1` over rotations, a level below.
fn double_angle_summed<E: Unscaled>(
    backend: &E,
    x: &E::Ciphertext,
    scale: f64,
    rotations: &[Rotation],
) -> Result<E::Ciphertext> {
    let mut product = backend.multiply_sum(&[(x, x), (x, x)])?;
    backend.relinearize_inplace(&mut product)?;
    let mut sum = backend.add_rotations(product, rotations)?;
    backend.rescale_inplace(&mut sum)?;
    // The scale before was chosen for this one.
    backend.set_scale(&mut sum, scale)?;
    let summands = (rotations.len() as f64).exp2();
    let constant = backend.encode(&Slots::Constant(-summands), backend.level(&sum), scale)?;
    backend.add_plain_inplace(&mut sum, &constant)?;
    Ok(sum)
}

/// The Chebyshev polynomials `T_1, T_2, T_4, ...` of a value.
struct Powers<'a, E: Evaluate> {
    backend: &'a E,
    /// `T_(2^i)` at place `i`.
    powers: Vec<E::Ciphertext>,
}

impl<'a, E: Evaluate> Powers<'a, E> {
    /// Up to the highest, a power of two.
    fn new(backend: &'a E, first: E::Ciphertext, highest: usize) -> Result<Self> {
        let mut powers = vec![first];
        for _ in 0..highest.ilog2() {
            powers.push(double_angle_at_own_scale(backend, &powers[powers.len() - 1])?);
        }
        Ok(Powers { backend, powers })
    }

    /// `sum_j a_j T_j` at a level and a scale. The coefficients are split by `T_(m+j) = 2 T_m T_j - T_(m-j)` down to leaves of
    /// degree 1; products and leaf of one node share relinearisation and rescale.
    fn polynomial(&self, coefficients: &[f64], level: Level, scale: f64) -> Result<E::Ciphertext> {
        let ([constant, linear], parts) = split(coefficients);
        let (first, above) = (&self.powers[0], Level(level.0 + 1));
        let high = scale * self.backend.chain().prime(above);
        let of_part = |(i, high_part): &(usize, Vec<f64>)| {
            let power = &self.powers[*i];
            Ok((power, self.polynomial(high_part, above, high / self.backend.scale(power))?))
        };
        let factors = parts.iter().map(of_part).collect::<Result<Vec<_>>>()?;
        let products: Vec<_> = factors.iter().map(|(power, part)| (*power, part)).collect();
        // A leaf that rounds to zero would be no ciphertext; one unit is far below the noise.
        let unit = self.backend.scale(first) / high;
        let linear = if linear.abs() < unit { unit.copysign(linear) } else { linear };
        let terms = Combination { products: &products, multiples: &[(first, linear)], constant };
        self.backend.combine_rescale(&terms, above, scale)
    }
}

/// A leaf of degree 1, and for each power `2^i`, largest first, what it is multiplied by.
fn split(coefficients: &[f64]) -> ([f64; 2], Vec<(usize, Vec<f64>)>) {
    let mut low = coefficients.to_vec();
    let mut parts = Vec::new();
    while low.len() > 2 {
        let i = (low.len() - 1).ilog2() as usize;
        let power = 1 << i;
        let mut high = low.split_off(power);
        for (j, coefficient) in high.iter_mut().enumerate().skip(1) {
            low[power - j] -= *coefficient;
            *coefficient *= 2.0;
        }
        parts.push((i, high));
    }
    let at = |i: usize| low.get(i).copied().unwrap_or(0.0);
    ([at(0), at(1)], parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a split polynomial.
    fn value(coefficients: &[f64], powers: &[f64]) -> f64 {
        let ([constant, linear], parts) = split(coefficients);
        let part = |(i, high): &(usize, Vec<f64>)| powers[*i] * value(high, powers);
        constant + linear * powers[0] + parts.iter().map(part).sum::<f64>()
    }

    #[test]
    fn a_split_polynomial_is_the_same_polynomial() {
        let coefficients: Vec<f64> = (0..32).map(|j| 1.0 / (1.0 + f64::from(j * j % 7))).collect();
        for angle in [0.0, 0.3, 1.0, 2.5] {
            let powers: Vec<f64> = (0..5).map(|i| (f64::from(1 << i) * angle).cos()).collect();
            for count in [2, 4, 8, 16, 32] {
                let expected: f64 = (0..count).map(|j| coefficients[j] * (j as f64 * angle).cos()).sum();
                assert!((value(&coefficients[..count], &powers) - expected).abs() < 1e-12, "{count}");
            }
        }
    }
}
