//! Polynomials in two variables.

mod evaluation;

use std::collections::BTreeMap;

pub use evaluation::BivariateProgram;

use serde::{Deserialize, Serialize};

use super::least_squares;
use crate::{Argument, ArgumentError, Error, Result};

/// `p(u, v) = sum c_ab T_a(u) T_b(v)` with `a + b` up to a degree: a Chebyshev series for `u` and `v` in `[-1, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<((usize, usize), f64)>", into = "Vec<((usize, usize), f64)>")]
pub struct BivariatePolynomial {
    /// By `(a, b)`; missing coefficients are zero.
    coefficients: BTreeMap<(usize, usize), f64>,
}

impl From<BivariatePolynomial> for Vec<((usize, usize), f64)> {
    fn from(polynomial: BivariatePolynomial) -> Vec<((usize, usize), f64)> {
        polynomial.coefficients.into_iter().collect()
    }
}

/// A polynomial from a message.
impl TryFrom<Vec<((usize, usize), f64)>> for BivariatePolynomial {
    type Error = Error;

    fn try_from(coefficients: Vec<((usize, usize), f64)>) -> Result<BivariatePolynomial> {
        if let Some(&(_, actual)) = coefficients.iter().find(|(_, c)| !c.is_finite()) {
            return Err(ArgumentError::NotFinite { what: "a coefficient of the polynomial", actual }.into());
        }
        for &((a, b), _) in &coefficients {
            Argument::Degree.check_count(a.saturating_add(b), 0, Some(MOST_DEGREE))?;
        }
        Ok(BivariatePolynomial { coefficients: coefficients.into_iter().collect() })
    }
}

/// For higher degrees, the functions of the fit are almost dependent.
const MOST_DEGREE: usize = 31;
/// Rounds of reweighting (Lawson 1961): the weight of each point grows with its error, which equalises the errors.
const ROUNDS: usize = 20;
/// Keeps points without error in the fit.
const LEAST_WEIGHT: f64 = 1e-3;

impl BivariatePolynomial {
    /// The polynomial even in `v` that approximates values at points `(u, v, value)` with nearly the smallest maximum
    /// error: the best of twenty weighted least-squares fits. A point also represents its mirror image `(u, -v)`, which
    /// need not be given.
    ///
    /// # Errors
    /// `OutOfBounds` for a degree above 31; `TooFewPoints` for fewer points than coefficients; `NotFinite` for numbers
    /// that are not finite.
    pub fn fit_even(points: &[(f64, f64, f64)], degree: usize) -> Result<BivariatePolynomial> {
        Argument::Degree.check_count(degree, 0, Some(MOST_DEGREE))?;
        let powers: Vec<(usize, usize)> =
            (0..=degree).step_by(2).flat_map(|b| (0..=degree - b).map(move |a| (a, b))).collect();
        if points.len() < powers.len() {
            return Err(ArgumentError::TooFewPoints { needed: powers.len(), actual: points.len() }.into());
        }
        if let Some(actual) = points.iter().flat_map(|&(u, v, value)| [u, v, value]).find(|x| !x.is_finite()) {
            return Err(ArgumentError::NotFinite { what: "a number in a point of a fit", actual }.into());
        }
        let rows = points.iter().map(|&(u, v, _)| (chebyshev(u, degree), chebyshev(v, degree)));
        let rows: Vec<Vec<f64>> = rows.map(|(u, v)| powers.iter().map(|&(a, b)| u[a] * v[b]).collect()).collect();
        let mut weights: Vec<f64> = points.iter().map(|&(_, v, _)| if v == 0.0 { 1.0 } else { 2.0 }).collect();
        let mut best = (f64::INFINITY, vec![0.0; powers.len()]);
        for _ in 0..ROUNDS {
            let roots: Vec<f64> = weights.iter().map(|w: &f64| w.sqrt()).collect();
            let column = |k: usize| rows.iter().zip(&roots).map(|(row, root)| row[k] * root).collect();
            let values = points.iter().zip(&roots).map(|(point, root)| point.2 * root).collect();
            let x = least_squares::solve((0..powers.len()).map(column).collect(), values);
            let error = |(row, point): (&Vec<f64>, &(f64, f64, f64))| {
                (row.iter().zip(&x).map(|(t, c)| t * c).sum::<f64>() - point.2).abs()
            };
            let errors: Vec<f64> = rows.iter().zip(points).map(error).collect();
            let largest = errors.iter().copied().fold(0.0, f64::max);
            if largest < best.0 {
                best = (largest, x);
            }
            if largest == 0.0 {
                break;
            }
            weights.iter_mut().zip(&errors).for_each(|(w, error)| *w *= error / largest + LEAST_WEIGHT);
            let mean = weights.iter().sum::<f64>() / weights.len() as f64;
            weights.iter_mut().for_each(|w| *w /= mean);
        }
        Ok(BivariatePolynomial { coefficients: powers.into_iter().zip(best.1).collect() })
    }

    /// The largest `a + b`.
    pub fn degree(&self) -> usize {
        self.coefficients.keys().map(|(a, b)| a + b).max().unwrap_or(0)
    }

    /// The coefficients `c_ab` by `(a, b)`; missing ones are zero.
    pub fn coefficients(&self) -> &BTreeMap<(usize, usize), f64> {
        &self.coefficients
    }

    /// `p(u, v)`.
    pub fn evaluate(&self, u: f64, v: f64) -> f64 {
        let degree = self.degree();
        let (u, v) = (chebyshev(u, degree), chebyshev(v, degree));
        self.coefficients.iter().map(|(&(a, b), c)| c * u[a] * v[b]).sum()
    }
}

/// `T_0(x)` to `T_degree(x)`.
fn chebyshev(x: f64, degree: usize) -> Vec<f64> {
    let mut values = vec![1.0, x];
    for k in 2..=degree {
        values.push(2.0 * x * values[k - 1] - values[k - 2]);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(f: impl Fn(f64, f64) -> f64) -> Vec<(f64, f64, f64)> {
        let at = |i: i32| f64::from(i) / 10.0 - 1.0;
        (0..=20).flat_map(|i| (0..=20).map(move |j| (at(i), at(j)))).map(|(u, v)| (u, v, f(u, v))).collect()
    }

    #[test]
    fn a_polynomial_is_its_own_fit() {
        let f = |u: f64, v: f64| 1.0 - 2.0 * u * v * v + 0.5 * u.powi(3) + v.powi(4);
        let fit = BivariatePolynomial::fit_even(&points(f), 5).unwrap();
        for (u, v, value) in points(f) {
            assert!((fit.evaluate(u, v) - value).abs() < 1e-12);
        }
    }

    #[test]
    fn reweighting_evens_the_errors_out() {
        // sqrt(1.1 + u): plain least squares is much worse at the end u = -1 than elsewhere.
        let f = |u: f64, _: f64| (1.1 + u).sqrt();
        let fit = BivariatePolynomial::fit_even(&points(f), 5).unwrap();
        let mut errors: Vec<f64> = points(f).iter().map(|&(u, v, value)| (fit.evaluate(u, v) - value).abs()).collect();
        errors.sort_by(f64::total_cmp);
        assert!(errors[errors.len() - 1] < 3.0 * errors[errors.len() / 2], "{errors:?}");
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(BivariatePolynomial::fit_even(&[(0.0, 0.0, 1.0)], 3).is_err());
        assert!(BivariatePolynomial::fit_even(&points(|_, _| f64::NAN), 3).is_err());
        assert!(BivariatePolynomial::fit_even(&points(|u, _| u), 99).is_err());
    }
}
