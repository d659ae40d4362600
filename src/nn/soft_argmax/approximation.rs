//! The polynomials that approximate a soft-argmax.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{MinimaxInverse, check_classes, direct};
use crate::{
    Argument, ArgumentError, Result,
    nn::polynomial::{BivariatePolynomial, Polynomial, PolynomialProgram},
};

/// The polynomials for `K` classes and logits whose spread `max - min`, divided by the temperature, is at most `D`.
///
/// - Two classes: the sigmoid of their difference, by interpolation on `[-D, D]`.
/// - Three, in few levels: one polynomial in two variables per class, without an inverse.
/// - Three or more: a polynomial close to `e^x` of the logits divided by `2^m`, the minimax inverse of its sum, and `m`
///   times a square and another inverse, each of which doubles the range.
/// - Any number, only on request: a sigmoid of each logit (one against the rest), whose sum need not be 1.
///
/// The inputs of an approximation are linear functions of the logits ([`inputs`](SoftmaxApproximation::inputs)), which
/// the preceding layer computes at no cost. docs/soft-argmax.md derives the polynomials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SoftmaxApproximation {
    /// For two classes.
    Sigmoid {
        /// Approximates `1 / (1 + e^-z)` on `[-D, D]`.
        polynomial: Polynomial,
    },
    /// For three classes.
    Direct {
        /// `p_i` of `u = x_i / (2D/3)` and `v = (x_j - x_k) / D`, for centred logits.
        polynomial: BivariatePolynomial,
        /// D.
        range: f64,
    },
    /// For three classes or more.
    Stages {
        /// Approximates `e^x` times the factor of the first inverse, on the logits divided by `2^m`.
        link: Polynomial,
        /// One for the first sum, and one after each square.
        inverses: Vec<MinimaxInverse>,
    },
    /// For any number of classes, each one separately.
    OneVsRest {
        /// Approximates `1 / (1 + e^-z)` on `[-R, R]`.
        polynomial: Polynomial,
    },
}

/// Tolerance for probabilities outside of 0 to 1, and for sums that differ from 1, before the client rejects them
/// (docs/soft-argmax.md, "Outside the range").
const SLACK: f64 = 0.05;
/// Levels of all inverses: more than any parameters have.
const MOST_INVERSE_LEVELS: usize = 30;

impl SoftmaxApproximation {
    /// A sigmoid polynomial of the given degree on `[-range, range]`.
    ///
    /// # Errors
    /// `OutOfBounds` for an invalid range or degree.
    pub fn sigmoid(degree: usize, range: f64) -> Result<SoftmaxApproximation> {
        Ok(SoftmaxApproximation::Sigmoid { polynomial: sigmoid(degree, range)? })
    }

    /// The polynomial of two variables of degree 7 (3 levels, 13 products) or 15 (4 levels, 33 products), for three
    /// classes (docs/soft-argmax.md, "Two and three classes").
    ///
    /// # Errors
    /// `NotOneOf` for another degree; `OutOfBounds` for a range that is not positive and finite.
    pub fn direct(degree: usize, range: f64) -> Result<SoftmaxApproximation> {
        check_range(range)?;
        const DEGREES: &[usize] = &[7, 15];
        if !DEGREES.contains(&degree) {
            return Err(ArgumentError::NotOneOf { argument: Argument::Degree, actual: degree, allowed: DEGREES }.into());
        }
        Ok(SoftmaxApproximation::Direct { polynomial: direct::fit(degree, range)?, range })
    }

    /// A sigmoid of the given degree per class, for logits in `[-range, range]`, each of which decides between its
    /// class and all others. It takes few levels for any number of classes, but the results do not sum to 1; the client
    /// can divide them by their sum. Never chosen automatically.
    ///
    /// # Errors
    /// `OutOfBounds` for an invalid range or degree.
    pub fn one_vs_rest(degree: usize, range: f64) -> Result<SoftmaxApproximation> {
        Ok(SoftmaxApproximation::OneVsRest { polynomial: sigmoid(degree, range)? })
    }

    /// A link of the given degree and inverses with the given levels: the first for its sum, and one after each square.
    ///
    /// # Errors
    /// `OutOfBounds` for an invalid range or degree, for fewer than two or more than 4096 classes, if the sum of the link
    /// may be zero in this range, or for an inverse with 0 or more than 30 levels; `Empty` without an inverse.
    pub fn stages(classes: usize, range: f64, degree: usize, levels: &[usize]) -> Result<SoftmaxApproximation> {
        check_range(range)?;
        check_classes(classes)?;
        if levels.is_empty() {
            return Err(ArgumentError::Empty { what: "inverses" }.into());
        }
        let stages = levels.len().saturating_sub(1) as i32;
        let (k, spread) = (classes as f64, range / 2f64.powi(stages));
        let reach = spread * (k - 1.0) / k;
        let link = Polynomial::interpolate(f64::exp, degree, -reach..=reach)?;
        let off = link.worst_error(f64::exp);
        // For centred logits, the sum is at least K (Jensen), and largest if some are high and the others low.
        let corner = |m: usize| {
            let (m, d) = (m as f64, spread);
            m * (d * (k - m) / k).exp() + (k - m) * (-d * m / k).exp()
        };
        let highest = (1..classes).map(corner).fold(k, f64::max);
        let mut bounds = (k - k * off, highest + k * off);
        let mut ranges = Vec::with_capacity(levels.len());
        for &levels in levels {
            ranges.push((bounds, levels));
            let error = MinimaxInverse::new(bounds.0, bounds.1, levels, 1.0)?.error;
            // The sum of squares of numbers whose sum differs from 1 by at most the error.
            bounds = ((1.0 - error).powi(2) / k, (1.0 + error).powi(2));
        }
        let mut inverses = Vec::with_capacity(levels.len());
        let mut target = 1.0;
        for &((low, high), levels) in ranges.iter().rev() {
            let inverse = MinimaxInverse::new(low, high, levels, target)?;
            target = inverse.alpha.sqrt();
            inverses.push(inverse);
        }
        inverses.reverse();
        let first = inverses.first().map_or(1.0, |inverse| inverse.alpha);
        let scaled = link.coefficients().iter().map(|c| c * first).collect();
        Ok(SoftmaxApproximation::Stages { link: Polynomial::new(scaled, link.interval())?, inverses })
    }

    /// Returns an error for what none of the functions above makes, such as one read from a message.
    ///
    /// # Errors
    /// `OutOfBounds` for a reach that is not positive and finite, or for inverses of more than 30 levels; `Empty` without
    /// an inverse after a link; `NotFinite` for constants that are not finite.
    pub fn check(&self) -> Result<()> {
        if let SoftmaxApproximation::Stages { inverses, .. } = self {
            if inverses.is_empty() {
                return Err(ArgumentError::Empty { what: "inverses" }.into());
            }
            let levels = inverses.iter().map(|inverse| 1 + inverse.steps.len()).sum();
            Argument::InverseLevels.check_count(levels, 1, Some(MOST_INVERSE_LEVELS))?;
            inverses.iter().try_for_each(MinimaxInverse::check)?;
        }
        Ok(Argument::Range.check_positive(self.reach())?)
    }

    /// Levels from the logits to the probabilities.
    pub fn levels(&self) -> usize {
        self.steps().iter().sum()
    }

    /// The levels of each step. The client may refresh between steps.
    pub fn steps(&self) -> Vec<usize> {
        match self {
            SoftmaxApproximation::Sigmoid { polynomial } | SoftmaxApproximation::OneVsRest { polynomial } => {
                vec![PolynomialProgram::new(polynomial).levels()]
            }
            SoftmaxApproximation::Direct { polynomial, .. } => {
                vec![(polynomial.degree() + 1).next_power_of_two().ilog2() as usize]
            }
            SoftmaxApproximation::Stages { link, inverses } => {
                let mut steps = vec![PolynomialProgram::new(link).levels()];
                for inverse in inverses {
                    if steps.len() > 1 {
                        steps.push(1);
                    }
                    steps.push(inverse.levels());
                }
                steps
            }
        }
    }

    /// The range of the program's inputs, by which they are divided to lie in `[-1, 1]`: that of the difference for two
    /// classes, of each centred logit for more, and of a logit for one against the rest.
    pub fn reach(&self) -> f64 {
        match self {
            SoftmaxApproximation::Sigmoid { polynomial } | SoftmaxApproximation::OneVsRest { polynomial } => {
                *polynomial.interval().end()
            }
            SoftmaxApproximation::Direct { range, .. } => 2.0 * range / 3.0,
            SoftmaxApproximation::Stages { link, inverses } => {
                link.interval().end() * 2f64.powi(inverses.len() as i32 - 1)
            }
        }
    }

    /// The inputs of the program for a sample, as the matrix `M` (`inputs x classes`) by which its logits, divided by
    /// the temperature, are multiplied. A preceding dense layer `W x + b` absorbs it as `M W / T` and `M b / T`.
    ///
    /// | approximation | inputs |
    /// |---|---|
    /// | sigmoid | `(x_1 - x_0) / D` |
    /// | direct | `u_0 u_1 u_2 v_0 v_1 v_2`: `u_i = (x_i - mean) / (2D/3)`, `v_i = (x_(i+1) - x_(i+2)) / D`, modulo 3 |
    /// | stages | `(x_i - mean) / reach` for each class |
    /// | one against the rest | `x_i / R` for each class |
    ///
    /// # Errors
    /// `WrongClasses` if it is made for another number of classes; `OutOfBounds` for fewer than two or more than 4096.
    pub fn inputs(&self, classes: usize) -> Result<Array2<f64>> {
        self.check_classes(classes)?;
        let reach = self.reach();
        let is = |a: usize, b: usize| if a == b { 1.0 } else { 0.0 };
        let centred = |i, class| (is(i, class) - 1.0 / classes as f64) / reach;
        Ok(match self {
            SoftmaxApproximation::Sigmoid { .. } => {
                Array2::from_shape_fn((1, 2), |(_, class)| (2.0 * class as f64 - 1.0) / reach)
            }
            SoftmaxApproximation::Direct { range, .. } => Array2::from_shape_fn((6, 3), |(i, class)| match i {
                0..3 => centred(i, class),
                _ => (is((i + 1) % 3, class) - is((i + 2) % 3, class)) / range,
            }),
            SoftmaxApproximation::Stages { .. } => {
                Array2::from_shape_fn((classes, classes), |(i, class)| centred(i, class))
            }
            SoftmaxApproximation::OneVsRest { .. } => Array2::from_diag_elem(classes, 1.0 / reach),
        })
    }

    /// Returns an error for a number of classes that it is not made for.
    pub(in crate::nn) fn check_classes(&self, classes: usize) -> Result<()> {
        check_classes(classes)?;
        match self.classes() {
            Some(actual) if actual != classes => {
                let what = "the approximation of the soft-argmax";
                Err(ArgumentError::WrongClasses { what, expected: classes, actual }.into())
            }
            _ => Ok(()),
        }
    }

    /// The number of classes that it is made for, or `None` if it serves several.
    pub fn classes(&self) -> Option<usize> {
        match self {
            SoftmaxApproximation::Sigmoid { .. } => Some(2),
            SoftmaxApproximation::Direct { .. } => Some(3),
            SoftmaxApproximation::Stages { .. } | SoftmaxApproximation::OneVsRest { .. } => None,
        }
    }

    /// Whether its probabilities sum to 1.
    pub fn sums_to_one(&self) -> bool {
        !matches!(self, SoftmaxApproximation::OneVsRest { .. })
    }

    /// The number of results for a sample: one per class, and for two classes only that of the second.
    pub(in crate::nn) fn results(&self, classes: usize) -> usize {
        match self {
            SoftmaxApproximation::Sigmoid { .. } => 1,
            _ => classes,
        }
    }

    /// Whether the decrypted results of a sample are plausible probabilities: they are not if its logits left the range.
    /// Those of one against the rest need not sum to 1.
    pub(in crate::nn) fn is_plausible(&self, results: &[f64]) -> bool {
        let fine = |p: &f64| (-SLACK..=1.0 + SLACK).contains(p);
        let sum: f64 = results.iter().sum();
        let free = !self.sums_to_one() || results.len() == 1;
        results.iter().all(fine) && (free || (sum - 1.0).abs() <= SLACK)
    }

    /// The probabilities that the approximation gives for logits divided by the temperature, in the clear.
    ///
    /// # Errors
    /// `WrongClasses` if it is made for another number of classes; `OutOfBounds` for fewer than two logits.
    pub fn probabilities(&self, logits: &[f64]) -> Result<Vec<f64>> {
        self.check_classes(logits.len())?;
        Ok(match self {
            SoftmaxApproximation::Sigmoid { polynomial } => {
                let second = polynomial.evaluate(logits[1] - logits[0]);
                vec![1.0 - second, second]
            }
            SoftmaxApproximation::Direct { polynomial, range } => {
                let mean = logits.iter().sum::<f64>() / 3.0;
                let u = |i: usize| (logits[i] - mean) * 1.5 / range;
                let v = |i: usize| (logits[(i + 1) % 3] - logits[(i + 2) % 3]) / range;
                (0..3).map(|i| polynomial.evaluate(u(i), v(i))).collect()
            }
            SoftmaxApproximation::Stages { link, inverses } => {
                let mean = logits.iter().sum::<f64>() / logits.len() as f64;
                let shrunk = 2f64.powi(1 - inverses.len() as i32);
                let mut p: Vec<f64> = logits.iter().map(|x| link.evaluate((x - mean) * shrunk)).collect();
                for (stage, inverse) in inverses.iter().enumerate() {
                    if stage > 0 {
                        p.iter_mut().for_each(|p| *p *= *p);
                    }
                    p = inverse.normalise(&p);
                }
                p
            }
            SoftmaxApproximation::OneVsRest { polynomial } => logits.iter().map(|x| polynomial.evaluate(*x)).collect(),
        })
    }
}

fn sigmoid(degree: usize, range: f64) -> Result<Polynomial> {
    check_range(range)?;
    Ok(Polynomial::interpolate(|z: f64| 1.0 / (1.0 + (-z).exp()), degree, -range..=range)?.odd_but_constant())
}

pub(super) fn check_range(range: f64) -> Result<()> {
    Ok(Argument::Range.check_positive(range)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::soft_argmax::SoftArgmax;

    #[test]
    fn golden_probabilities() {
        let approximation = SoftmaxApproximation::stages(10, 16.0, 15, &[1, 3, 5]).unwrap();
        let x = [8.0, 5.0, 3.0, 1.0, 0.0, -1.0, -2.0, -3.0, -5.0, -6.0];
        let p = approximation.probabilities(&x).unwrap();
        assert!((p[0] - 0.945214339).abs() < 1e-5, "{}", p[0]);
        let layer = SoftArgmax::new(10, 1.0, 0).unwrap();
        assert!((layer.position(&p).unwrap() - 0.064626559).abs() < 5e-5);
    }

    /// Rounds of reweighting amplify the rounding of their solver, so the last digits of the reference values differ.
    #[test]
    fn golden_direct_probabilities() {
        let p = SoftmaxApproximation::direct(7, 4.0).unwrap().probabilities(&[1.0, 0.0, -1.0]).unwrap();
        for (p, golden) in p.iter().zip([0.662496, 0.247544, 0.087562]) {
            assert!((p - golden).abs() < 2e-6, "{p} {golden}");
        }
    }

    #[test]
    fn inputs_lie_within_one() {
        for (approximation, classes, range) in [
            (SoftmaxApproximation::sigmoid(7, 4.0).unwrap(), 2, 4.0),
            (SoftmaxApproximation::direct(7, 4.0).unwrap(), 3, 4.0),
            (SoftmaxApproximation::stages(5, 8.0, 7, &[1, 4]).unwrap(), 5, 8.0),
        ] {
            let inputs = approximation.inputs(classes).unwrap();
            // The largest value over all logits of this spread: in the direction of each row.
            for row in inputs.rows() {
                let (high, low): (f64, f64) =
                    row.iter().fold((0.0, 0.0), |(high, low), &m| (high + m.max(0.0), low + m.min(0.0)));
                assert!(range * high <= 1.0 + 1e-12 && high + low < 1e-12, "{approximation:?}");
            }
        }
    }

    #[test]
    fn steps_are_all_levels() {
        let approximation = SoftmaxApproximation::stages(7, 45.0, 15, &[2, 2, 3, 4]).unwrap();
        assert_eq!(approximation.steps(), [4, 2, 1, 2, 1, 3, 1, 4]);
        assert_eq!(approximation.levels(), 18);
        assert_eq!(SoftmaxApproximation::direct(7, 4.0).unwrap().levels(), 3);
        assert_eq!(SoftmaxApproximation::one_vs_rest(15, 8.0).unwrap().levels(), 4);
        assert!(SoftmaxApproximation::direct(9, 4.0).is_err());
        assert!(SoftmaxApproximation::direct(7, 4.0).unwrap().probabilities(&[1.0, 2.0]).is_err());
        assert!(SoftmaxApproximation::one_vs_rest(15, -1.0).is_err());
    }
}
