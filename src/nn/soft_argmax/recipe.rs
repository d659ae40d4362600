//! By which polynomials a soft-argmax is computed, and how well.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{MinimaxInverse, SoftArgmax};
use crate::{
    Result, SetupError,
    nn::{Polynomial, PolynomialProgram},
};

/// The polynomials for `K` classes and logits whose spread `max - min`, divided by the temperature, is at most `D`.
///
/// - Two classes: the sigmoid of their difference, by interpolation on `[-D, D]`.
/// - More: a polynomial near `e^x` of the logits divided by `2^m`, the minimax inverse of its sum, and `m` times a square
///   and another inverse, each of which doubles the range.
///
/// Logits of more than two classes are centred (`sum x = 0`), which the layer before gives for free.
#[derive(Clone, Debug, PartialEq)]
pub enum Recipe {
    /// For two classes.
    Sigmoid {
        /// Near `1 / (1 + e^-z)` on `[-D, D]`.
        polynomial: Polynomial,
    },
    /// For more.
    Stages {
        /// Near `e^x`, times the first inverse's factor, on the logits divided by `2^m`.
        link: Polynomial,
        /// One for the first sum, and one after every square.
        inverses: Vec<MinimaxInverse>,
    },
}

/// How far the results of a recipe are from those of the exact layer, at most: on random logits, faces and corners of
/// what was promised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecipeError {
    /// Of a probability.
    pub probability: f64,
    /// Of the position.
    pub position: f64,
}

/// Degrees of sigmoids worth trying.
const SIGMOIDS: [usize; 6] = [3, 7, 15, 27, 31, 63];
/// Link degrees and levels of inverses worth trying, by growing cost (spec: soft-argmax, 3).
const STAGES: [(usize, &[usize]); 9] = [
    (7, &[2]),
    (7, &[3]),
    (7, &[1, 4]),
    (7, &[2, 4]),
    (15, &[2, 4]),
    (15, &[4, 4]),
    (15, &[1, 3, 4]),
    (15, &[1, 3, 5]),
    (15, &[2, 3, 4]),
];
/// Logits at which a recipe is tried.
const TRIALS: usize = 4000;

impl Recipe {
    /// The best recipe for logits of spread up to `range`, over the temperature, in at most so many levels.
    ///
    /// # Errors
    /// `BadSetting` for a range that is not positive and finite, or too wide for the levels: with what would serve.
    pub fn choose(layer: &SoftArgmax, range: f64, levels: usize) -> Result<Recipe> {
        check_range(range)?;
        let all = Recipe::all(layer.classes(), range)?;
        let tried = all.into_iter().filter(|recipe| recipe.levels() <= levels);
        let measured = tried.map(|recipe| (recipe.worst_error(layer, range).probability, recipe));
        let best = measured.filter(|(error, _)| *error < TOLERABLE).min_by(|a, b| a.0.total_cmp(&b.0));
        best.map(|(_, recipe)| recipe).ok_or_else(|| {
            SetupError::BadSetting {
                setting: "the range of the logits over the temperature",
                actual: format!("{range} with {levels} levels left"),
                expected: "narrower (a higher temperature), or with more levels (larger parameters, or a refresh before)",
            }
            .into()
        })
    }

    /// Those worth trying.
    fn all(classes: usize, range: f64) -> Result<Vec<Recipe>> {
        if classes == 2 {
            return SIGMOIDS.iter().map(|&degree| Recipe::sigmoid(degree, range)).collect();
        }
        let wide = |&(degree, levels): &(usize, &[usize])| Recipe::stages(classes, range, degree, levels);
        // A link that is not positive everywhere has no inverse.
        Ok(STAGES.iter().filter_map(|stages| wide(stages).ok()).collect())
    }

    /// A sigmoid of a degree on `[-range, range]`.
    ///
    /// # Errors
    /// As [`Polynomial::interpolate`].
    pub fn sigmoid(degree: usize, range: f64) -> Result<Recipe> {
        check_range(range)?;
        let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
        Ok(Recipe::Sigmoid { polynomial: Polynomial::interpolate(sigmoid, degree, -range..=range)?.odd_but_constant() })
    }

    /// A link of a degree, and inverses of so many levels, the first for its sum and one after each square.
    ///
    /// # Errors
    /// `BadSetting` when the link's sum may be zero in this range, or there is no inverse.
    pub fn stages(classes: usize, range: f64, degree: usize, levels: &[usize]) -> Result<Recipe> {
        check_range(range)?;
        let stages = levels.len().saturating_sub(1) as i32;
        let (k, spread) = (classes as f64, range / 2f64.powi(stages));
        let reach = spread * (k - 1.0) / k;
        let link = Polynomial::interpolate(f64::exp, degree, -reach..=reach)?;
        let off = link.worst_error(f64::exp);
        // Of centred logits the sum is at least K (Jensen) and largest where some are high and the others low.
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
            // The sum of squares of numbers whose sum is within the error of 1.
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
        Ok(Recipe::Stages { link: Polynomial::new(scaled, link.interval())?, inverses })
    }

    /// Levels from the logits to the probabilities.
    pub fn levels(&self) -> usize {
        match self {
            Recipe::Sigmoid { polynomial } => PolynomialProgram::new(polynomial).levels(),
            Recipe::Stages { link, inverses } => {
                let inverse: usize = inverses.iter().map(MinimaxInverse::levels).sum();
                PolynomialProgram::new(link).levels() + inverse + inverses.len() - 1
            }
        }
    }

    /// The reach of what the program takes: logits are divided by it, so that they lie in `[-1, 1]`. For two classes
    /// that is the range of their difference, for more that of each centred logit.
    pub fn reach(&self) -> f64 {
        match self {
            Recipe::Sigmoid { polynomial } => *polynomial.interval().end(),
            Recipe::Stages { link, inverses } => link.interval().end() * 2f64.powi(inverses.len() as i32 - 1),
        }
    }

    /// The probabilities that the recipe gives for logits over the temperature, in the clear.
    pub fn probabilities(&self, logits: &[f64]) -> Vec<f64> {
        match self {
            Recipe::Sigmoid { polynomial } => {
                let second = polynomial.evaluate(logits[1] - logits[0]);
                vec![1.0 - second, second]
            }
            Recipe::Stages { link, inverses } => {
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
        }
    }

    /// The worst of many logits of the promised spread.
    pub fn worst_error(&self, layer: &SoftArgmax, range: f64) -> RecipeError {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut worst = RecipeError { probability: 0.0, position: 0.0 };
        let exact = SoftArgmax { temperature: 1.0, ..*layer };
        for trial in 0..TRIALS {
            let mut x: Vec<f64> = (0..layer.classes()).map(|_| rng.random_range(0.0..=1.0)).collect();
            if trial % 2 == 0 {
                // A corner: each logit high or low.
                x.iter_mut().for_each(|x| *x = x.round());
            }
            let (low, high) = x.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
            let size = if trial % 4 < 2 { 1.0 } else { rng.random_range(0.0..=1.0) };
            let factor = if high > low { range * size / (high - low) } else { 0.0 };
            x.iter_mut().for_each(|x| *x *= factor);
            let (p, expected) = (self.probabilities(&x), exact.probabilities(&x));
            let off = p.iter().zip(&expected).map(|(p, e)| (p - e).abs()).fold(0.0, f64::max);
            worst.probability = worst.probability.max(off);
            worst.position = worst.position.max((layer.position(&p) - layer.position(&expected)).abs());
        }
        worst
    }
}

/// A probability that is further off than this is none.
const TOLERABLE: f64 = 0.05;

fn check_range(range: f64) -> Result<()> {
    if range.is_finite() && range > 0.0 {
        return Ok(());
    }
    let expected = "a positive finite number";
    let setting = "the range of the logits over the temperature";
    Err(SetupError::BadSetting { setting, actual: range.to_string(), expected }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(classes: usize) -> SoftArgmax {
        SoftArgmax::new(classes, 1.0, 0).unwrap()
    }

    /// Rows of the spec (soft-argmax, 3): classes, range, link, inverses, levels, error of p, error of s. Their bounds on
    /// the sum were sampled, ours are proven and a little wider.
    #[test]
    fn errors_are_those_of_the_spec() {
        for (classes, range, degree, inverses, levels, probability, position) in [
            (3, 4.0, 7, &[3][..], 6, 9e-4, 2e-3),
            (5, 4.0, 7, &[3], 6, 1.4e-3, 5e-3),
            (10, 4.0, 7, &[3], 6, 2.2e-3, 1.7e-2),
            (3, 8.0, 7, &[1, 4], 9, 2.4e-4, 4.9e-4),
            (5, 8.0, 7, &[1, 4], 9, 1.8e-3, 5.6e-3),
            (10, 16.0, 15, &[4, 4], 13, 6.5e-4, 5.9e-3),
            (10, 16.0, 15, &[1, 3, 5], 15, 6.0e-6, 4.2e-5),
            (10, 24.0, 15, &[2, 3, 4], 15, 2.0e-3, 1.8e-2),
        ] {
            let recipe = Recipe::stages(classes, range, degree, inverses).unwrap();
            assert_eq!(recipe.levels(), levels);
            let error = recipe.worst_error(&layer(classes), range);
            println!(
                "K = {classes}, D = {range}, {inverses:?}: p off by {:.1e}, s by {:.1e}",
                error.probability, error.position
            );
            assert!(error.probability < 1.5 * probability, "{classes} {range}: {error:?}");
            assert!(error.position < 1.5 * position, "{classes} {range}: {error:?}");
        }
    }

    #[test]
    fn golden_probabilities() {
        let recipe = Recipe::stages(10, 16.0, 15, &[1, 3, 5]).unwrap();
        let x = [8.0, 5.0, 3.0, 1.0, 0.0, -1.0, -2.0, -3.0, -5.0, -6.0];
        let p = recipe.probabilities(&x);
        assert!((p[0] - 0.945214339).abs() < 1e-5, "{}", p[0]);
        assert!((layer(10).position(&p) - 0.064626559).abs() < 5e-5);
    }

    #[test]
    fn the_choice_follows_range_and_levels() {
        let choose = |classes, range, levels| Recipe::choose(&layer(classes), range, levels);
        assert!(choose(2, 8.0, 4).unwrap().worst_error(&layer(2), 8.0).probability < 1.5e-3);
        assert_eq!(choose(2, 8.0, 4).unwrap().levels(), 4);
        assert!(choose(10, 16.0, 15).unwrap().worst_error(&layer(10), 16.0).probability < 1e-5);
        assert!(choose(10, 4.0, 6).is_ok());
        for (classes, range, levels) in [(10, 16.0, 6), (2, 32.0, 3), (3, f64::NAN, 9), (3, -1.0, 9)] {
            let error = choose(classes, range, levels).unwrap_err().to_string();
            assert!(error.contains("range of the logits"), "{error}");
        }
    }
}
