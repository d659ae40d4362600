//! Division of several numerators by their sum, with polynomials.

use serde::{Deserialize, Serialize};

use crate::{Argument, ArgumentError, Result, nn::shapes::check_finite};

/// `P_i = c E_i / S (1 - delta)` for a sum `S` in `[a, b]`, in `k` levels and `2k - 1` products. All numerators share
/// one `delta`, so the largest remains the largest. This is Goldschmidt's iteration with constants that make it
/// minimax, `|delta| <= 1 / T_(2^k)((b + a) / (b - a))` (docs/soft-argmax.md, "Minimax inverse").
///
/// Numerators and sum are multiplied by [`alpha`](MinimaxInverse::alpha) beforehand. Then:
///
/// ```text
/// U = S - v_0,   P_i = E_i (2 v_0 - S)
/// U = U^2 - C_j, P_i = P_i (U + v_j)      for j = 1 ... k-1
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinimaxInverse {
    /// The factor by which numerators and sum must be multiplied beforehand.
    pub alpha: f64,
    /// `v_0`.
    pub start: f64,
    /// `(C_j, v_j)` for `j = 1 ... k-1`.
    pub steps: Vec<(f64, f64)>,
    /// The largest `|delta|`.
    pub error: f64,
}

impl MinimaxInverse {
    /// Returns an error for constants that are not finite.
    pub(super) fn check(&self) -> Result<()> {
        let MinimaxInverse { alpha, start, steps, error } = self;
        let all = [alpha, start, error].into_iter().chain(steps.iter().flat_map(|(c, v)| [c, v]));
        check_finite("a constant of an inverse", all)
    }

    /// The constants for sums in `[low, high]`, `levels` levels, and results whose sum is `target`.
    ///
    /// # Errors
    /// `OutOfBounds` unless `0 < low`, `1 <= levels <= 30` and `0 < target`; `BadInterval` unless `low < high`.
    pub fn new(low: f64, high: f64, levels: usize, target: f64) -> Result<MinimaxInverse> {
        Argument::LeastSum.check_positive(low)?;
        if !(low < high && high.is_finite()) {
            return Err(ArgumentError::BadInterval { what: "the range of the sum to be inverted", low, high }.into());
        }
        Argument::InverseLevels.check_count(levels, 1, Some(30))?;
        Argument::InverseTarget.check_positive(target)?;
        let t0 = (high + low) / (high - low);
        let n = f64::from(1u32 << levels);
        // log T_n(t0) = log cosh(n arcosh t0), which may be far too large to be a number itself.
        let angle = t0.acosh() * n;
        let log_t = angle - 2f64.ln() + (-2.0 * angle).exp().ln_1p();
        let lambda = (((n - 1.0) * 2f64.ln() - log_t + target.ln()) / n).exp();
        let start = lambda * t0;
        let mut steps = Vec::with_capacity(levels - 1);
        let mut v = start;
        for j in 1..levels {
            let constant = 2.0 * (lambda / 2.0).powi(1 << j);
            v = v * v - constant;
            steps.push((constant, v));
        }
        Ok(MinimaxInverse { alpha: 2.0 * lambda / (high - low), start, steps, error: (-log_t).exp() })
    }

    /// Levels from numerators and sum to the result.
    pub fn levels(&self) -> usize {
        self.steps.len() + 1
    }

    /// The same computation in the clear.
    pub fn normalise(&self, numerators: &[f64]) -> Vec<f64> {
        let sum: f64 = numerators.iter().sum();
        let mut u = sum - self.start;
        let mut results: Vec<f64> = numerators.iter().map(|e| e * (2.0 * self.start - sum)).collect();
        for (constant, v) in &self.steps {
            u = u * u - constant;
            results.iter_mut().for_each(|p| *p *= u + v);
        }
        results
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden values of an independent implementation in numpy.
    #[test]
    fn constants_are_those_of_the_reference() {
        let inverse = MinimaxInverse::new(3.0, 15.0, 3, 1.0).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-11, "{a} {b}");
        close(inverse.alpha, 0.127322000483);
        close(inverse.start, 1.145898004343);
        close(inverse.steps[0].1, 1.021286183834);
        close(inverse.steps[1].1, 1.000453001156);
        close(inverse.steps[0].0, 0.291796052524);
        close(inverse.steps[1].0, 0.042572468134);
        for (sum, expected) in [(3.0, 0.333031264159), (9.0, 0.111010421386)] {
            let scaled = [inverse.alpha, inverse.alpha * (sum - 1.0)];
            close(inverse.normalise(&scaled)[0], expected);
        }
    }

    #[test]
    fn the_error_is_the_one_promised() {
        for levels in 1..6 {
            let inverse = MinimaxInverse::new(2.0, 40.0, levels, 1.0).unwrap();
            let error = |sum: f64| {
                let result = inverse.normalise(&[inverse.alpha * sum])[0];
                (result - 1.0).abs()
            };
            let worst = (0..=1000).map(|i| error(2.0 + 0.038 * f64::from(i))).fold(0.0, f64::max);
            assert!(worst <= inverse.error * (1.0 + 1e-6) + 1e-12, "{levels}: {worst} {}", inverse.error);
            assert!(worst >= 0.9 * inverse.error || inverse.error < 1e-9);
        }
    }

    #[test]
    fn ranges_that_are_none_are_refused() {
        for (low, high, levels) in [(0.0, 1.0, 2), (2.0, 1.0, 2), (1.0, f64::NAN, 2), (1.0, 2.0, 0), (1.0, 2.0, 99)] {
            assert!(MinimaxInverse::new(low, high, levels, 1.0).is_err());
        }
    }
}
