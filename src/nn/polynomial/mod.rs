//! Polynomial approximations on an interval, and their evaluation on packed values.

mod bivariate;
mod evaluation;
mod least_squares;

use std::ops::RangeInclusive;

pub use bivariate::{BivariatePolynomial, BivariateProgram};
pub use evaluation::PolynomialProgram;

use serde::{Deserialize, Serialize};

use super::shapes::larger;
use crate::{Argument, ArgumentError, Error, Result};

/// `p(x) = sum_k c_k T_k(u)`, a Chebyshev series, where `u` in `[-1, 1]` corresponds to `x` in the interval.
///
/// ```
/// use seal_nn::nn::polynomial::Polynomial;
/// let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
/// let p = Polynomial::interpolate(sigmoid, 15, -8.0..=8.0)?;
/// assert!(p.worst_error(sigmoid) < 1.5e-3);
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Polynomial {
    coefficients: Vec<f64>,
    interval: (f64, f64),
    /// Whether it stands for a function, which it resembles on its interval only.
    is_fit: bool,
}

/// A polynomial read from a message, before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    coefficients: Vec<f64>,
    interval: (f64, f64),
    is_fit: bool,
}

impl From<Polynomial> for Unchecked {
    fn from(Polynomial { coefficients, interval, is_fit }: Polynomial) -> Unchecked {
        Unchecked { coefficients, interval, is_fit }
    }
}

impl TryFrom<Unchecked> for Polynomial {
    type Error = Error;

    fn try_from(Unchecked { coefficients, interval: (low, high), is_fit }: Unchecked) -> Result<Polynomial> {
        Ok(Polynomial { is_fit, ..Polynomial::new(coefficients, low..=high)? })
    }
}

/// Higher degrees would need more levels than any parameters have.
const MOST_DEGREE: usize = 511;
/// Points per degree at which errors are evaluated.
const GRID: usize = 64;

impl Polynomial {
    /// A series with these coefficients `c_0, c_1, ...` on an interval.
    ///
    /// # Errors
    /// `Empty` without coefficients; `OutOfBounds` for too many; `NotFinite` for coefficients that are not finite;
    /// `BadInterval` for an interval that is empty or not finite.
    pub fn new(coefficients: Vec<f64>, interval: RangeInclusive<f64>) -> Result<Polynomial> {
        let (low, high) = (*interval.start(), *interval.end());
        if !(low < high && (high - low).is_normal()) {
            return Err(ArgumentError::BadInterval { what: "the interval of the polynomial", low, high }.into());
        }
        let Some(degree) = coefficients.len().checked_sub(1) else {
            return Err(ArgumentError::Empty { what: "coefficients" }.into());
        };
        Argument::Degree.check_count(degree, 0, Some(MOST_DEGREE))?;
        if let Some(&actual) = coefficients.iter().find(|c| !c.is_finite()) {
            return Err(ArgumentError::NotFinite { what: "a coefficient of the polynomial", actual }.into());
        }
        Ok(Polynomial { coefficients, interval: (low, high), is_fit: false })
    }

    /// The polynomial that interpolates `f` at the `degree + 1` Chebyshev nodes of the interval. For smooth `f`, its
    /// error is within a small factor of the best one.
    ///
    /// # Errors
    /// `OutOfBounds` for a degree that is too high; `BadInterval` for an interval that is empty or not finite;
    /// `NotFinite` if `f` is not finite at a node.
    pub fn interpolate(f: impl Fn(f64) -> f64, degree: usize, interval: RangeInclusive<f64>) -> Result<Polynomial> {
        Polynomial::fitted(&f, degree, 1, interval)
    }

    /// The least-squares polynomial in the Chebyshev measure, from many more nodes than coefficients. If `f` is not
    /// smooth, its error is distributed more evenly than that of interpolation.
    ///
    /// # Errors
    /// `OutOfBounds` for a degree that is too high; `BadInterval` for an interval that is empty or not finite;
    /// `NotFinite` if `f` is not finite at a node.
    pub fn least_squares(f: impl Fn(f64) -> f64, degree: usize, interval: RangeInclusive<f64>) -> Result<Polynomial> {
        Polynomial::fitted(&f, degree, GRID, interval)
    }

    /// `sum_k coefficients[k] x^k`, as a series on `[-1, 1]`: on a circuit `x` itself is what
    /// [`PolynomialProgram::apply`] takes. Values from `-r` to `r` are best packed as `x / r`, with the coefficients
    /// `r^k coefficients[k]`: what is below `1e-10` of the largest coefficient of the series is left out.
    ///
    /// ```
    /// use seal_nn::prelude::*;
    /// use seal_nn::nn::polynomial::{Polynomial, PolynomialProgram};
    /// let p = Polynomial::from_coefficients(&[1.0, 2.0, 0.0, 3.0])?; // 1 + 2 x + 3 x^3
    /// let program = PolynomialProgram::new(&p);
    /// assert_eq!(program.levels(), 2);
    ///
    /// let chain = Chain::nominal(16, 2, 40)?;
    /// let client = ClearKeyHolder::new(chain.clone(), None);
    /// let server = Circuit::new(ClearEvaluator::new(chain, None));
    /// let y = program.apply(&server, &client.encrypt(&[0.0, 0.5, 1.0], Level(2))?)?;
    /// let y = client.decrypt(&y)?.open_as_key_owner();
    /// assert!(y.iter().zip([1.0, 2.375, 6.0]).all(|(y, expected)| (y - expected).abs() < 1e-9));
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Polynomial::new`].
    pub fn from_coefficients(coefficients: &[f64]) -> Result<Polynomial> {
        // Refuses too many before the work.
        let powers = Polynomial::new(coefficients.to_vec(), -1.0..=1.0)?;
        Polynomial::new(chebyshev_series(&powers.coefficients), -1.0..=1.0)
    }

    /// `constant + linear x + square x^2` of finite coefficients, as a series on `[-1, 1]`.
    pub(in crate::nn) fn quadratic(constant: f64, linear: f64, square: f64) -> Polynomial {
        Polynomial { coefficients: chebyshev_series(&[constant, linear, square]), interval: (-1.0, 1.0), is_fit: false }
    }

    fn fitted(
        f: &impl Fn(f64) -> f64,
        degree: usize,
        nodes_a_coefficient: usize,
        interval: RangeInclusive<f64>,
    ) -> Result<Polynomial> {
        // Check interval and degree before the work.
        Argument::Degree.check_count(degree, 0, Some(MOST_DEGREE))?;
        let mut fit = Polynomial::new(vec![0.0; degree + 1], interval)?;
        let nodes = nodes_a_coefficient * fit.coefficients.len();
        let angle = |node: usize| std::f64::consts::PI * (node as f64 + 0.5) / nodes as f64;
        let values: Vec<f64> = (0..nodes).map(|node| f(fit.of_unit(angle(node).cos()))).collect();
        for (k, coefficient) in fit.coefficients.iter_mut().enumerate() {
            let sum: f64 = values.iter().enumerate().map(|(node, v)| v * (k as f64 * angle(node)).cos()).sum();
            *coefficient = sum * if k == 0 { 1.0 } else { 2.0 } / nodes as f64;
        }
        let fit = Polynomial::new(fit.coefficients, fit.interval.0..=fit.interval.1)?;
        Ok(Polynomial { is_fit: true, ..fit })
    }

    /// The polynomial without its even terms except the constant, for functions that are odd apart from a constant,
    /// whose even coefficients are only rounding errors.
    pub fn odd_but_constant(mut self) -> Polynomial {
        self.coefficients.iter_mut().skip(2).step_by(2).for_each(|c| *c = 0.0);
        self
    }

    /// The polynomial plus `constant + linear u`, where `u` in `[-1, 1]` corresponds to the interval; of degree 1 at least.
    pub(in crate::nn) fn plus(mut self, constant: f64, linear: f64) -> Polynomial {
        for (coefficient, more) in self.coefficients.iter_mut().zip([constant, linear]) {
            *coefficient += more;
        }
        self
    }

    /// The coefficients `c_0, c_1, ...` of the Chebyshev polynomials.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The degree.
    pub fn degree(&self) -> usize {
        self.coefficients.len() - 1
    }

    /// The interval.
    pub fn interval(&self) -> RangeInclusive<f64> {
        self.interval.0..=self.interval.1
    }

    /// `u` for `x`: maps the interval to `[-1, 1]`.
    pub fn to_unit(&self, x: f64) -> f64 {
        let (low, high) = self.interval;
        (2.0 * x - low - high) / (high - low)
    }

    fn of_unit(&self, u: f64) -> f64 {
        let (low, high) = self.interval;
        ((high - low) * u + low + high) / 2.0
    }

    /// `p(x)`, by Clenshaw's recurrence. Outside the interval the polynomial soon differs strongly from the function.
    pub fn evaluate(&self, x: f64) -> f64 {
        let u = self.to_unit(x);
        let mut last = (0.0, 0.0);
        for &c in self.coefficients.iter().skip(1).rev() {
            last = (c + 2.0 * u * last.0 - last.1, last.0);
        }
        self.coefficients[0] + u * last.0 - last.1
    }

    /// `p'(x)`, from `T_k' = k U_(k-1)` and `U_k = 2 u U_(k-1) - U_(k-2)`.
    pub fn slope(&self, x: f64) -> f64 {
        let u = self.to_unit(x);
        let (mut sum, mut second) = (0.0, (0.0, 1.0));
        for (k, &c) in self.coefficients.iter().enumerate().skip(1) {
            sum += c * k as f64 * second.1;
            second = (second.1, 2.0 * u * second.1 - second.0);
        }
        sum * 2.0 / (self.interval.1 - self.interval.0)
    }

    /// The largest difference from `f` in the interval (NaN if `f` is NaN somewhere), on a grid much finer than the degree.
    pub fn worst_error(&self, f: impl Fn(f64) -> f64) -> f64 {
        let points = GRID * (self.degree() + 1);
        let error = |i: usize| {
            let x = self.of_unit(2.0 * i as f64 / points as f64 - 1.0);
            (self.evaluate(x) - f(x)).abs()
        };
        (0..=points).map(error).fold(0.0, larger)
    }
}

/// The coefficients of Chebyshev polynomials of a polynomial that is given by those of powers, by Horner's scheme:
/// `x T_0 = T_1`, and `2 x T_k = T_(k+1) + T_(k-1)`.
fn chebyshev_series(powers: &[f64]) -> Vec<f64> {
    let mut series = vec![0.0; powers.len()];
    for &power in powers.iter().rev() {
        let mut next = vec![0.0; series.len() + 1];
        for (k, &c) in series.iter().enumerate() {
            let share = if k == 0 { c } else { c / 2.0 };
            next[k + 1] += share;
            next[k.abs_diff(1)] += c - share;
        }
        next[0] += power;
        next.truncate(powers.len());
        series = next;
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sigmoid(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    /// Golden values of an independent implementation in numpy.
    #[test]
    fn interpolants_are_those_of_the_reference() {
        let p = Polynomial::interpolate(sigmoid, 7, -8.0..=8.0).unwrap().odd_but_constant();
        assert!((p.coefficients()[1] - 0.619848516538).abs() < 1e-11);
        assert!((p.coefficients()[7] + 0.046849475805).abs() < 1e-11);
        assert!((p.evaluate(2.0) - 0.892493283458).abs() < 1e-11);
        let p = Polynomial::interpolate(sigmoid, 15, -8.0..=8.0).unwrap().odd_but_constant();
        assert!((p.evaluate(-4.0) - 0.017314436128).abs() < 1e-11);
        assert!((p.evaluate(0.8) - 0.689995565528).abs() < 1e-11);
    }

    #[test]
    fn a_polynomial_is_its_own_fit() {
        let f = |x: f64| 3.0 - 2.0 * x + 0.5 * x * x * x;
        for p in [Polynomial::interpolate(f, 5, -1.0..=4.0), Polynomial::least_squares(f, 3, -1.0..=4.0)] {
            assert!(p.unwrap().worst_error(f) < 1e-12);
        }
    }

    #[test]
    fn powers_become_a_series() {
        let powers = [0.5, -1.0, 0.0, 2.0, 0.25, -3.0];
        let p = Polynomial::from_coefficients(&powers).unwrap();
        for x in [-1.0, -0.3, 0.0, 0.7, 1.0, 2.5] {
            let expected = powers.iter().rev().fold(0.0, |sum, c| sum * x + c);
            assert!((p.evaluate(x) - expected).abs() < 1e-12, "{x}: {} {expected}", p.evaluate(x));
        }
        assert!(Polynomial::from_coefficients(&[]).is_err());
        assert!(Polynomial::from_coefficients(&[1.0, f64::NAN]).is_err());
        assert!(Polynomial::from_coefficients(&[1.0; 600]).is_err());
    }

    #[test]
    fn slopes_are_finite_differences() {
        let p = Polynomial::interpolate(sigmoid, 9, -3.0..=5.0).unwrap();
        for x in [-2.9, 0.0, 1.3, 4.9, 6.0] {
            // Central difference: errors of h^2 and 2^-52 / h.
            let difference = (p.evaluate(x + 1e-5) - p.evaluate(x - 1e-5)) / 2e-5;
            assert!((p.slope(x) - difference).abs() < 1e-8, "{x}: {} {difference}", p.slope(x));
        }
        let q = Polynomial::quadratic(1.0, -2.0, 3.0);
        assert!((q.evaluate(2.0) - 9.0).abs() < 1e-12 && (q.slope(2.0) - 10.0).abs() < 1e-12);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Polynomial::interpolate(sigmoid, 3, 1.0..=1.0).is_err());
        assert!(Polynomial::interpolate(sigmoid, 3, f64::NAN..=1.0).is_err());
        assert!(Polynomial::interpolate(sigmoid, usize::MAX, 0.0..=1.0).is_err());
        assert!(Polynomial::interpolate(f64::sqrt, 2, -1.0..=1.0).is_err());
        assert!(Polynomial::new(vec![], 0.0..=1.0).is_err());
    }
}
