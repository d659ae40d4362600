//! The error of an approximation.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::{SoftArgmax, SoftmaxApproximation, approximation::check_range};
use crate::{Result, nn::shapes::larger};

/// The largest errors of an approximation compared with the exact layer: on a grid for two and three classes, and on
/// random logits, faces and corners of the promised range for more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ApproximationError {
    /// Of a probability.
    pub probability: f64,
    /// Of the position.
    pub position: f64,
}

/// Steps of the grid on one side of zero. It is not a multiple of those of any fit, whose points would make errors look
/// smaller.
const GRID: i32 = 47;
/// Number of random logits.
const TRIALS: usize = 4000;

impl SoftmaxApproximation {
    /// What the approximation approximates, for logits divided by the temperature: softmax, or a sigmoid of each.
    pub fn exact(&self, logits: &[f64]) -> Vec<f64> {
        if !self.sums_to_one() {
            return logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        }
        SoftArgmax::softmax(logits.iter().copied())
    }

    /// The largest error over all logits tried, with a spread of up to `range`. For one against the rest, logits lie
    /// between `-range` and `range`, and the position is that of the probabilities divided by their sum.
    ///
    /// # Errors
    /// `WrongClasses` if the approximation is for another number of classes than the layer; `OutOfBounds` for a range
    /// that is not positive and finite.
    pub fn worst_error(&self, layer: &SoftArgmax, range: f64) -> Result<ApproximationError> {
        check_range(range)?;
        let position = |p: &[f64]| {
            let sum: f64 = if self.sums_to_one() { 1.0 } else { p.iter().sum() };
            layer.position(&p.iter().map(|p| p / sum).collect::<Vec<_>>())
        };
        let mut worst = ApproximationError { probability: 0.0, position: 0.0 };
        for x in self.trials(layer.classes(), range) {
            let (p, expected) = (self.probabilities(&x)?, self.exact(&x));
            let off = p.iter().zip(&expected).map(|(p, e)| (p - e).abs()).fold(0.0, larger);
            worst.probability = larger(worst.probability, off);
            worst.position = larger(worst.position, (position(&p)? - position(&expected)?).abs());
        }
        Ok(worst)
    }

    fn trials(&self, classes: usize, range: f64) -> Vec<Vec<f64>> {
        let step = range / f64::from(GRID);
        let axis = || (-GRID..=GRID).map(move |i| f64::from(i) * step);
        match (self, classes) {
            (SoftmaxApproximation::OneVsRest { .. }, _) => {
                // Each class goes through the whole range in its own order.
                let (points, place) = (2 * GRID as usize + 1, |i: usize, class: usize| i * (2 * class + 1));
                let x = |i: usize, class: usize| (place(i, class) % points) as f64 * step - range;
                (0..points).map(|i| (0..classes).map(|class| x(i, class)).collect()).collect()
            }
            (_, 2) => axis().map(|z| vec![0.0, z]).collect(),
            (_, 3) => {
                let spread =
                    |x: &[f64; 3]| x.iter().fold(0f64, |m, &v| m.max(v)) - x.iter().fold(0f64, |m, &v| m.min(v));
                let all = axis().flat_map(|p| axis().map(move |q| [0.0, p, q]));
                all.filter(|x| spread(x) <= range * (1.0 + 1e-9)).map(|x| x.to_vec()).collect()
            }
            _ => random(classes, range),
        }
    }
}

/// Logits in the interior, on the faces and at the corners of a spread.
fn random(classes: usize, range: f64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let trial = |trial: usize| {
        let mut x: Vec<f64> = (0..classes).map(|_| rng.random_range(0.0..=1.0)).collect();
        if trial.is_multiple_of(2) {
            // A corner: each logit high or low.
            x.iter_mut().for_each(|x| *x = x.round());
        }
        let (low, high) = x.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        let size = if trial % 4 < 2 { 1.0 } else { rng.random_range(0.0..=1.0) };
        let factor = if high > low { range * size / (high - low) } else { 0.0 };
        x.iter_mut().for_each(|x| *x *= factor);
        x
    };
    (0..TRIALS).map(trial).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(classes: usize) -> SoftArgmax {
        SoftArgmax::new(classes, 1.0, 0).unwrap()
    }

    /// Reference errors: classes, range, link, inverses, levels, error of p, error of s. Their
    /// bounds on the sum were sampled; ours are proven and slightly wider.
    #[test]
    fn errors_are_those_of_the_reference() {
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
            let approximation = SoftmaxApproximation::stages(classes, range, degree, inverses).unwrap();
            assert_eq!(approximation.levels(), levels);
            holds(&approximation, classes, range, probability, position);
        }
    }

    /// Reference errors for three classes: degree, range, error of p, error of s.
    #[test]
    fn direct_errors_are_those_of_the_reference() {
        for (degree, range, probability, position) in [
            (7, 4.0, 3.3e-3, 9.8e-3),
            (7, 6.0, 1.6e-2, 4.7e-2),
            (15, 6.0, 3.0e-4, 8e-4),
            (15, 8.0, 1.9e-3, 5e-3),
            (15, 10.0, 5.8e-3, 1.5e-2),
        ] {
            holds(&SoftmaxApproximation::direct(degree, range).unwrap(), 3, range, probability, position);
        }
    }

    /// Allows 1.5 times the reference errors, which come from other grids and fits.
    fn holds(approximation: &SoftmaxApproximation, classes: usize, range: f64, probability: f64, position: f64) {
        let error = approximation.worst_error(&layer(classes), range).unwrap();
        println!("K = {classes}, D = {range}: p off by {:.1e}, s by {:.1e}", error.probability, error.position);
        assert!(error.probability < 1.5 * probability, "{classes} {range}: {error:?}");
        assert!(error.position < 1.5 * position, "{classes} {range}: {error:?}");
    }

    /// The error of a sigmoid does not depend on the number of classes: 1.4e-3 for degree 15 and R = 8.
    #[test]
    fn one_against_the_rest_is_as_good_as_its_sigmoid() {
        for classes in [3, 10] {
            let error = SoftmaxApproximation::one_vs_rest(15, 8.0).unwrap().worst_error(&layer(classes), 8.0).unwrap();
            assert!(error.probability < 1.45e-3 && error.probability > 1e-3, "{error:?}");
        }
    }
}
