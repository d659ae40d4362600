//! Measures of the quality of probabilities.

use ndarray::{Array2, ArrayView1};

use crate::{
    Result,
    nn::{loss, predicted_classes, shapes::check_labels},
};

/// Measures of the probabilities of a classifier (`samples x classes`) for samples with known classes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Share of the samples whose largest probability is that of their class.
    pub accuracy: f64,
    /// Mean negative log-likelihood of the true classes, in nats.
    pub nll: f64,
    /// Expected calibration error: the mean difference between accuracy and confidence over 15 bins of confidence,
    /// weighted by the number of samples (Guo et al. 2017, arXiv 1706.04599, equation 5).
    pub ece: f64,
    /// Mean entropy of the probabilities, in nats.
    pub entropy: f64,
    /// Mean of `sum_i (p_i - y_i)^2`.
    pub brier: f64,
}

const BINS: usize = 15;
/// Probabilities computed by polynomials may be slightly negative, where the logarithm is undefined.
const LEAST: f64 = 1e-12;

impl Calibration {
    /// The measures of the given probabilities.
    ///
    /// # Errors
    /// `WrongCount` for another number of labels; `UnknownLabel` for a label that is not a class; `Empty` without
    /// samples; `NotFinite` for NaN.
    pub fn of(probabilities: &Array2<f64>, labels: &[usize]) -> Result<Calibration> {
        check_labels(labels, probabilities.nrows(), probabilities.ncols())?;
        let accuracy = loss::accuracy(probabilities, labels)?;
        let samples = labels.len() as f64;
        let rows = || probabilities.rows().into_iter().zip(labels.iter().copied());
        let mean = |figure: &dyn Fn(ArrayView1<f64>, usize) -> f64| {
            rows().map(|(p, label)| figure(p, label)).sum::<f64>() / samples
        };
        let predicted = predicted_classes(probabilities)?;
        let mut bins = [(0.0, 0.0); BINS];
        for ((p, label), &class) in rows().zip(&predicted) {
            let confidence = p[class];
            let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
            bin.0 += f64::from(class == label);
            bin.1 += confidence;
        }
        Ok(Calibration {
            accuracy,
            nll: mean(&|p, label| -p[label].max(LEAST).ln()),
            ece: bins.iter().map(|(right, confidence)| (right - confidence).abs()).sum::<f64>() / samples,
            entropy: mean(&|p, _| -p.iter().map(|&p| p.max(LEAST) * p.max(LEAST).ln()).sum::<f64>()),
            brier: mean(&|p, label| {
                p.iter().enumerate().map(|(i, &p)| (p - f64::from(i == label)).powi(2)).sum::<f64>()
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn figures_by_hand() {
        let p = array![[0.8, 0.2], [0.4, 0.6], [0.8, 0.2]];
        let figures = Calibration::of(&p, &[0, 0, 1]).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(figures.accuracy, 1.0 / 3.0);
        close(figures.nll, -(0.8f64.ln() + 0.4f64.ln() + 0.2f64.ln()) / 3.0);
        // Of the two at 0.8 one is right: 1 against 1.6; the one at 0.6 is wrong.
        close(figures.ece, (0.6 + 0.6) / 3.0);
        close(figures.brier, (0.08 + 0.72 + 1.28) / 3.0);
        let entropy = |p: f64| -(p * p.ln() + (1.0 - p) * (1.0 - p).ln());
        close(figures.entropy, (2.0 * entropy(0.8) + entropy(0.6)) / 3.0);
    }

    #[test]
    fn certainty_has_no_entropy() {
        let figures = Calibration::of(&array![[1.0, 0.0]], &[0]).unwrap();
        assert_eq!((figures.accuracy, figures.nll, figures.ece, figures.brier), (1.0, 0.0, 0.0, 0.0));
        assert!(figures.entropy < 1e-9);
    }
}
