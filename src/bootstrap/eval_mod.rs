//! The reduction modulo q' on every backend.

use super::{Sine, scales::Scales, sine::Parity};
use crate::{CircuitError, Level, Result, backend::Evaluate};

/// `sin(2 pi t)` at `end_scale`, for slots `t / K` with `|t| < K` the range of the sine. For `t = m + I` with an integer
/// `I`, that is `2 pi m` up to a relative `(2 pi m)^2 / 6`. [`Sine::levels`] below `x`.
///
/// The scales are found from the end: before a doubling at a level with prime `q`, `s = sqrt(s' q)`.
///
/// # Errors
/// `NoLevelLeft` if `x` has fewer levels; any error of the backend.
pub fn eval_mod<E: Evaluate>(backend: &E, sine: &Sine, x: &E::Ciphertext, end_scale: f64) -> Result<E::Ciphertext> {
    let scales = Scales(backend);
    let (top, needed) = (backend.level(x), Level(sine.levels()));
    let Some(end) = top.down(needed.0) else {
        return Err(CircuitError::NoLevelLeft { op: "the reduction modulo q'", needed, actual: top }.into());
    };
    // A quarter of a turn: the doublings make cosines.
    let mut v = x.clone();
    scales.add_constant(&mut v, -0.25 / sine.range())?;
    let powers = Powers::new(&scales, sine, v)?;
    let before = |scale: f64, doubling: usize| (scale * backend.chain().prime(Level(end.0 + doubling))).sqrt();
    let start_scale = (1..=sine.doublings()).fold(end_scale, before);
    let level = Level(top.0 - sine.polynomial_levels());
    let mut y = powers.polynomial(sine.coefficients(), level, start_scale)?;
    for doubling in 0..sine.doublings() {
        y = scales.double_angle(&y)?;
        if doubling == 0 && sine.parity() == Parity::Odd {
            backend.negate_inplace(&mut y)?; // cos 2a = 1 - 2 sin^2 a
        }
    }
    scales.correct(&mut y, end_scale)?;
    Ok(y)
}

/// The Chebyshev polynomials `T_1, T_2, T_4, ...` of a value.
struct Powers<'a, E: Evaluate> {
    scales: &'a Scales<'a, E>,
    /// `T_(2^i)` at place `i`.
    powers: Vec<E::Ciphertext>,
}

impl<'a, E: Evaluate> Powers<'a, E> {
    fn new(scales: &'a Scales<'a, E>, sine: &Sine, v: E::Ciphertext) -> Result<Self> {
        let first = match sine.parity() {
            Parity::Odd => v,
            Parity::Even => scales.double_angle(&v)?,
        };
        let mut powers = vec![first];
        for _ in 0..sine.highest_power().ilog2() {
            let next = scales.double_angle(&powers[powers.len() - 1])?;
            powers.push(next);
        }
        Ok(Powers { scales, powers })
    }

    /// `sum_j a_j T_j` at a level and a scale. The coefficients are split by `T_(m+j) = 2 T_m T_j - T_(m-j)` down to leaves of
    /// degree 1; products of one node share relinearisation and rescale.
    fn polynomial(&self, coefficients: &[f64], level: Level, scale: f64) -> Result<E::Ciphertext> {
        let (leaf, parts) = split(coefficients);
        let [constant, linear] = leaf;
        let mut sum = self.scales.multiple(&self.powers[0], linear, level, scale)?;
        if constant != 0.0 {
            self.scales.add_constant(&mut sum, constant)?;
        }
        if parts.is_empty() {
            return Ok(sum);
        }
        let above = Level(level.0 + 1);
        let product_scale = scale * self.scales.0.chain().prime(above);
        let mut factors = Vec::with_capacity(parts.len());
        for (i, high) in parts {
            let mut power = self.scales.drop_to(&self.powers[i], above)?;
            let partner = self.scales.partner(&mut power, product_scale)?;
            factors.push((power, self.polynomial(&high, above, partner)?));
        }
        let factors: Vec<_> = factors.iter().map(|(power, high)| (power, high)).collect();
        let mut products = self.scales.0.product_sum(&factors)?;
        self.scales.correct(&mut products, scale)?;
        self.scales.add(&mut products, &sum)?;
        Ok(products)
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
            let expected: f64 = (0..32).map(|j| coefficients[j] * (j as f64 * angle).cos()).sum();
            let powers: Vec<f64> = (0..5).map(|i| (f64::from(1 << i) * angle).cos()).collect();
            for count in [2, 4, 8, 16, 32] {
                let expected: f64 = (0..count).map(|j| coefficients[j] * (j as f64 * angle).cos()).sum();
                assert!((value(&coefficients[..count], &powers) - expected).abs() < 1e-12, "{count}");
            }
            assert!((value(&coefficients, &powers) - expected).abs() < 1e-12);
        }
    }
}
