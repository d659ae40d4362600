//! Comparison of two numbers by polynomials.

use std::ops::Bound;

use super::Polynomial;
use crate::{Argument, ArgumentError, Result};

/// A step function of a difference `d` in `[-1, 1]`: close to 1 from `gap` on, close to 0 up to `-gap`, and arbitrary
/// in between, where the numbers are closer than that.
///
/// It is a composition of odd polynomials of degree 7 with three levels and five products each: first `g`, which moves
/// small differences away from zero by a factor of 4.5, then `f`, which moves values near +-1 to +-1 and raises the
/// error to the fourth power (Cheon, Kim and Kim 2020, "Efficient homomorphic comparison methods with optimal
/// complexity", ePrint 2019/1234, their f_3 and g_3). The last polynomial is halved and raised by 1/2.
///
/// ```
/// use seal_nn::nn::argmax::Comparison;
/// let larger = Comparison::new(0.05, 0.01)?;
/// assert_eq!(larger.levels(), 9);
/// assert!(larger.evaluate(0.05) > 0.99 && larger.evaluate(-0.05) < 0.01);
/// assert!((larger.evaluate(0.0) - 0.5).abs() < 1e-12);
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    gap: f64,
    error: f64,
    polynomials: Vec<Polynomial>,
}

/// `(35 x - 35 x^3 + 21 x^5 - 5 x^7) / 16`, flat at +-1.
const F: [f64; 4] = [35.0 / 16.0, -35.0 / 16.0, 21.0 / 16.0, -5.0 / 16.0];
/// Steep at 0; values that have reached a neighbourhood of 1 stay within a quarter of it.
const G: [f64; 4] = [4589.0 / 1024.0, -16577.0 / 1024.0, 25614.0 / 1024.0, -12860.0 / 1024.0];
/// More polynomials would exceed the levels of any parameters.
const MOST: usize = 12;
/// Points between the gap and 1.
const GRID: usize = 2000;

impl Comparison {
    /// The smallest number of polynomials with an error of at most `error` outside the gap.
    ///
    /// # Errors
    /// `OutOfBounds` for a gap outside 0 to 1 or an error outside 0 to 1/2; `ComparisonTooFine` if twelve polynomials do
    /// not suffice.
    pub fn new(gap: f64, error: f64) -> Result<Comparison> {
        Argument::Gap.check(gap, (Bound::Excluded(0.0), Bound::Excluded(1.0)))?;
        Argument::ComparisonError.check(error, (Bound::Excluded(0.0), Bound::Excluded(0.5)))?;
        // Evenly spaced on a logarithmic scale, because small differences matter most.
        let differences: Vec<f64> = (0..=GRID).map(|i| gap.powf(1.0 - i as f64 / GRID as f64)).collect();
        for count in 1..=MOST {
            for flat in 0..=count {
                let odd = |i| if i < count - flat { G } else { F };
                let signs = differences.iter().map(|d| (0..count).fold(*d, |x, i| evaluate(odd(i), x)));
                let worst = signs.map(|sign| (1.0 - sign).abs() / 2.0).fold(0.0, f64::max);
                if worst <= error {
                    let last = |i: usize, x: f64| if i + 1 == count { (1.0 + x) / 2.0 } else { x };
                    let of = |i: usize| Polynomial::interpolate(|x| last(i, evaluate(odd(i), x)), 7, -1.0..=1.0);
                    let polynomials = (0..count).map(|i| Ok(of(i)?.odd_but_constant())).collect::<Result<_>>()?;
                    return Ok(Comparison { gap, error: worst, polynomials });
                }
            }
        }
        Err(ArgumentError::ComparisonTooFine { gap, error, most: MOST }.into())
    }

    /// The smallest difference that is decided correctly.
    pub fn gap(&self) -> f64 {
        self.gap
    }

    /// The largest distance from 0 or 1 outside the gap.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// The polynomials, in the order in which they are applied.
    pub fn polynomials(&self) -> &[Polynomial] {
        &self.polynomials
    }

    /// The number of levels: three per polynomial.
    pub fn levels(&self) -> usize {
        3 * self.polynomials.len()
    }

    /// The result for a difference, in the clear.
    pub fn evaluate(&self, difference: f64) -> f64 {
        self.polynomials.iter().fold(difference, |x, polynomial| polynomial.evaluate(x))
    }
}

fn evaluate(odd: [f64; 4], x: f64) -> f64 {
    x * odd.iter().rev().fold(0.0, |sum, c| sum * x * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn outside_of_the_gap_it_decides() {
        for (gap, error) in [(0.2, 1e-2), (0.05, 1e-2), (0.01, 1e-3), (0.001, 1e-6)] {
            let step = Comparison::new(gap, error).unwrap();
            println!("gap {gap}: {} levels, off by {:.1e}", step.levels(), step.error());
            for i in 0..=997 {
                let d = gap + (1.0 - gap) * f64::from(i) / 997.0;
                assert!((step.evaluate(d) - 1.0).abs() <= 1.05 * error && step.evaluate(-d).abs() <= 1.05 * error);
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for (gap, error) in [(0.0, 0.1), (1.0, 0.1), (f64::NAN, 0.1), (0.1, 0.0), (0.1, 0.5), (0.1, f64::NAN)] {
            assert!(Comparison::new(gap, error).is_err(), "{gap} {error}");
        }
        let fine = Comparison::new(1e-9, 1e-9).unwrap_err();
        let expected = ArgumentError::ComparisonTooFine { gap: 1e-9, error: 1e-9, most: MOST };
        assert!(matches!(&fine, Error::Argument(error) if *error == expected), "{fine}");
    }
}
