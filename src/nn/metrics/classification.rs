//! Measures of a classifier.

use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::{
    ArgumentError, Result,
    nn::{
        classes_of_scores,
        shapes::{check_classes, check_count, check_labels},
    },
};

/// A classifier on samples of known classes.
///
/// ```
/// use ndarray::array;
/// use seal_nn::nn::metrics::Classification;
/// let logits = array![[2.0, 0.0], [1.0, 0.5], [0.5, 1.5], [0.0, 3.0]];
/// let found = Classification::of(&logits, &[0, 1, 1, 1], &["no".into(), "yes".into()])?;
/// assert_eq!(found.confusion, [[1, 0], [1, 2]]);
/// assert_eq!((found.classes[1].precision, found.classes[1].recall), (1.0, 2.0 / 3.0));
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// The number of samples.
    pub samples: usize,
    /// The share of samples that are assigned to their class.
    pub accuracy: f64,
    /// The mean of the classes' F1, in which every class counts the same. Classes without samples count too, with 0.
    pub macro_f1: f64,
    /// The mean negative log-likelihood of the true classes, in nats; `None` if there are no probabilities.
    pub log_loss: Option<f64>,
    /// The measures of each class.
    pub classes: Vec<ClassScores>,
    /// `confusion[i][j]`: the number of samples of class `i` that are assigned to class `j`.
    pub confusion: Vec<Vec<usize>>,
}

/// A class of a classifier. A share of nothing is 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// Its name.
    pub class: String,
    /// The share of samples assigned to this class that belong to it.
    pub precision: f64,
    /// The share of samples of this class that are assigned to it.
    pub recall: f64,
    /// The harmonic mean of precision and recall, `2 p r / (p + r)`.
    pub f1: f64,
    /// The number of samples of this class.
    pub support: usize,
}

impl Classification {
    /// The measures of logits, `samples x classes`, whose softmax is the probability of the classes. A sample is assigned
    /// to the class of its largest logit. Two classes may have one logit, whose sigmoid is the probability of the second
    /// class, which a sample is assigned to if it is positive. Labels count from 0 in `classes`.
    ///
    /// The log loss is computed from the logits, so it is also right where a probability rounds to 0 or 1, which
    /// scikit-learn clips.
    ///
    /// # Errors
    /// `OutOfBounds` for fewer than two classes or more than 4096; `WrongCount` for another number of labels than samples
    /// or of logits than classes; `UnknownLabel` for a label that is no class; `NotFinite` for NaN; `Empty` without
    /// samples.
    pub fn of(logits: &Array2<f64>, labels: &[usize], classes: &[String]) -> Result<Classification> {
        let found = Classification::of_scores(logits, labels, classes)?;
        let loss = |(z, &label): (ArrayView1<f64>, &usize)| match z.len() {
            // log(1 + exp(-z)) for the second class, log(1 + exp(z)) for the first.
            1 => log_sum_exp([0.0, if label == 1 { -z[0] } else { z[0] }]),
            _ => log_sum_exp(z.iter().copied()) - z[label],
        };
        let sum: f64 = logits.rows().into_iter().zip(labels).map(loss).sum();
        Ok(Classification { log_loss: Some(sum / labels.len() as f64), ..found })
    }

    /// The measures of scores that are no logits, such as outputs of a network that was trained by squared errors. Samples
    /// are assigned to classes as by [`Classification::of`]; there is no log loss.
    ///
    /// # Errors
    /// As [`Classification::of`].
    pub fn of_scores(scores: &Array2<f64>, labels: &[usize], classes: &[String]) -> Result<Classification> {
        let single = scores.ncols() == 1 && classes.len() == 2;
        check_count("outputs", if single { 1 } else { classes.len() }, scores.ncols())?;
        Classification::of_predicted(&classes_of_scores(scores)?, labels, classes)
    }

    /// The measures of predicted classes, counted from 0.
    ///
    /// # Errors
    /// `OutOfBounds` for fewer than two classes or more than 4096; `WrongCount` for another number of labels than
    /// predictions; `UnknownLabel` for a label or a prediction that is no class; `Empty` without samples.
    pub fn of_predicted(predicted: &[usize], labels: &[usize], classes: &[String]) -> Result<Classification> {
        check_classes(classes.len())?;
        check_labels(labels, predicted.len(), classes.len())?;
        check_labels(predicted, labels.len(), classes.len())?;
        if labels.is_empty() {
            return Err(ArgumentError::Empty { what: "samples" }.into());
        }
        let mut confusion = vec![vec![0; classes.len()]; classes.len()];
        labels.iter().zip(predicted).for_each(|(&label, &class)| confusion[label][class] += 1);
        let scores: Vec<ClassScores> =
            classes.iter().enumerate().map(|(class, name)| ClassScores::of(name, class, &confusion)).collect();
        let right = (0..classes.len()).map(|class| confusion[class][class]).sum();
        Ok(Classification {
            samples: labels.len(),
            accuracy: share(right, labels.len()),
            macro_f1: scores.iter().map(|scores| scores.f1).sum::<f64>() / classes.len() as f64,
            log_loss: None,
            classes: scores,
            confusion,
        })
    }
}

impl ClassScores {
    fn of(name: &str, class: usize, confusion: &[Vec<usize>]) -> ClassScores {
        let right = confusion[class][class];
        let support = confusion[class].iter().sum();
        let assigned = confusion.iter().map(|row| row[class]).sum();
        ClassScores {
            class: name.to_owned(),
            precision: share(right, assigned),
            recall: share(right, support),
            // The harmonic mean, which is defined here even where one of the two is 0 / 0.
            f1: share(2 * right, assigned + support),
            support,
        }
    }
}

/// 0 for a share of nothing, as scikit-learn's `zero_division` does.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// `log(sum_k exp(z_k))`, which does not overflow.
fn log_sum_exp(z: impl IntoIterator<Item = f64, IntoIter: Clone>) -> f64 {
    let z = z.into_iter();
    let top = z.clone().fold(f64::NEG_INFINITY, f64::max);
    // An infinite logit is a certain class.
    if top.is_infinite() { top } else { top + z.map(|z| (z - top).exp()).sum::<f64>().ln() }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn names(classes: usize) -> Vec<String> {
        (0..classes).map(|class| format!("class {class}")).collect()
    }

    #[track_caller]
    fn assert_scores(found: &Classification, expected: &[[f64; 4]]) {
        let scores = |s: &ClassScores| [s.precision, s.recall, s.f1, s.support as f64];
        let found: Vec<[f64; 4]> = found.classes.iter().map(scores).collect();
        // Quotients of small integers, rounded once or twice.
        let apart = found.iter().flatten().zip(expected.iter().flatten()).map(|(a, b)| (a - b).abs());
        assert!(found.len() == expected.len() && apart.fold(0.0, f64::max) < 1e-15, "{found:?}");
    }

    /// Golden values: scikit-learn 1.9.1 with `labels=range(4)`. No sample is assigned to the third class, and the fourth
    /// has none.
    #[test]
    fn four_classes_as_scikit_learn_measures_them() -> Result<()> {
        let logits = array![
            [2.0, 0.5, -1.0, 0.0],
            [0.1, 1.2, 0.3, -0.5],
            [1.5, 0.2, 0.9, 0.0],
            [0.3, 0.8, 0.7, 0.1],
            [-1.0, 2.5, 0.0, 0.4],
            [0.9, 1.1, -0.2, 0.3],
            [3.0, -1.0, 0.5, 0.2]
        ];
        let found = Classification::of(&logits, &[0, 1, 2, 2, 1, 0, 0], &names(4))?;
        assert_eq!(found.samples, 7);
        assert_eq!(found.confusion, [[2, 1, 0, 0], [0, 2, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]);
        let two_thirds = 0.6666666666666666;
        let expected = [[two_thirds, two_thirds, two_thirds, 3.0], [0.5, 1.0, two_thirds, 2.0], [0.0, 0.0, 0.0, 2.0]];
        assert_scores(&found, &[expected[0], expected[1], expected[2], [0.0; 4]]);
        assert_eq!((found.accuracy, found.macro_f1), (0.5714285714285714, 0.3333333333333333));
        // Seven logarithms and exponentials of numbers below 10, each with a relative error of 2^-52.
        assert!((found.log_loss.unwrap_or_default() - 0.7149857649499144).abs() < 1e-14, "{:?}", found.log_loss);
        assert_eq!(Classification::of_scores(&logits, &[0, 1, 2, 2, 1, 0, 0], &names(4))?.log_loss, None);
        Ok(())
    }

    /// Golden values: scikit-learn 1.9.1.
    #[test]
    fn one_logit_decides_between_two_classes() -> Result<()> {
        let logits = array![[-1.5], [0.2], [0.7], [-0.1], [2.0]];
        let found = Classification::of(&logits, &[0, 0, 1, 1, 1], &names(2))?;
        assert_eq!(found.confusion, [[1, 1], [1, 2]]);
        let two_thirds = 0.6666666666666666;
        assert_scores(&found, &[[0.5, 0.5, 0.5, 2.0], [two_thirds, two_thirds, two_thirds, 3.0]]);
        assert_eq!((found.accuracy, found.macro_f1), (0.6, 0.5833333333333333));
        assert!((found.log_loss.unwrap_or_default() - 0.4548125734732692).abs() < 1e-14, "{:?}", found.log_loss);
        Ok(())
    }

    /// Their probabilities round to 0: `log(1 + exp(2000)) = 2000`.
    #[test]
    fn large_logits_have_a_finite_loss() -> Result<()> {
        for logits in [array![[1000.0, -1000.0]], array![[-2000.0]]] {
            assert_eq!(Classification::of(&logits, &[1], &names(2))?.log_loss, Some(2000.0));
            assert_eq!(Classification::of(&logits, &[0], &names(2))?.log_loss, Some(0.0));
        }
        let certain = array![[f64::INFINITY, 0.0]];
        assert_eq!(Classification::of(&certain, &[1], &names(2))?.log_loss, Some(f64::INFINITY));
        Ok(())
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let logits = array![[1.0, 0.0], [0.0, 1.0]];
        for (labels, classes) in [(&[0][..], 2), (&[0, 2], 2), (&[0, 1], 3), (&[0, 0], 1)] {
            assert!(Classification::of(&logits, labels, &names(classes)).is_err(), "{labels:?} {classes}");
        }
        assert!(Classification::of(&array![[f64::NAN, 0.0]], &[0], &names(2)).is_err());
        assert!(Classification::of(&Array2::zeros((0, 2)), &[], &names(2)).is_err());
        assert!(Classification::of_predicted(&[2], &[0], &names(2)).is_err());
    }
}
