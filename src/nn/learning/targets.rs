//! What a network is to learn.

use ndarray::{Array2, Axis};

use super::Loss;
use crate::{
    Argument, ArgumentError, Result,
    nn::{
        classes_of_scores,
        shapes::{check_classes, check_finite, check_labels, check_shape},
    },
};

/// The targets of samples: classes, or numbers. They never leave the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    values: Array2<f64>,
    labels: Option<Vec<usize>>,
    weights: Option<Vec<f64>>,
}

impl Targets {
    /// Classes, as the loss takes them: one-hot rows, or for a [logistic](Loss::Logistic) loss with two classes a column
    /// of 0 and 1.
    ///
    /// # Errors
    /// `OutOfBounds` for fewer than two classes or more than 4096; `UnknownLabel` for a label that is none of them.
    pub fn classes(labels: &[usize], classes: usize, loss: Loss) -> Result<Targets> {
        check_classes(classes)?;
        check_labels(labels, labels.len(), classes)?;
        let outputs = loss.outputs(classes);
        let mut values = Array2::zeros((labels.len(), outputs));
        for (mut row, &label) in values.rows_mut().into_iter().zip(labels) {
            match outputs {
                1 => row[0] = label as f64,
                _ => row[label] = 1.0,
            }
        }
        Ok(Targets { values, labels: Some(labels.to_vec()), weights: None })
    }

    /// Numbers, `samples x outputs`.
    ///
    /// # Errors
    /// `NotFinite` for a number that is not finite.
    pub fn numbers(values: Array2<f64>) -> Result<Targets> {
        check_finite("a target", &values)?;
        Ok(Targets { values, labels: None, weights: None })
    }

    /// The same targets with a weight for the samples of each class; those of numbers stay as they are.
    ///
    /// # Errors
    /// `WrongShape` unless there is a weight for every class; `OutOfBounds` for one that is not positive and finite.
    pub fn with_class_weights(self, weights: &[f64]) -> Result<Targets> {
        let Some(labels) = &self.labels else { return Ok(self) };
        weights.iter().try_for_each(|&weight| Argument::ClassWeight.check_positive(weight))?;
        let expected = if self.outputs() == 1 { 2 } else { self.outputs() };
        check_shape("the weights of classes", (expected, 1), (weights.len(), 1))?;
        let of_samples = labels.iter().map(|&label| weights[label]).collect();
        Ok(Targets { weights: Some(of_samples), ..self })
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.values.nrows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of outputs that they ask of a network.
    pub fn outputs(&self) -> usize {
        self.values.ncols()
    }

    /// The numbers that outputs should take, `samples x outputs`.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// The weights of the samples, if they do not all count the same.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// Those of some of the samples, counted from 0.
    ///
    /// # Errors
    /// `OutOfBounds` for a sample that there is not.
    pub fn select(&self, rows: &[usize]) -> Result<Targets> {
        rows.iter().try_for_each(|&row| Argument::Sample.check(row as f64, 0.0..self.len() as f64))?;
        Ok(Targets {
            values: self.values.select(Axis(0), rows),
            labels: self.labels.as_ref().map(|labels| rows.iter().map(|&row| labels[row]).collect()),
            weights: self.weights.as_ref().map(|weights| rows.iter().map(|&row| weights[row]).collect()),
        })
    }

    /// The share of the samples that logits assign to their class: that of the largest, or for one output the second class
    /// if it is positive. `None` for targets that are numbers.
    ///
    /// # Errors
    /// `WrongShape` for logits of other samples; `NotFinite` for a logit that is NaN; `Empty` without samples.
    pub fn accuracy(&self, logits: &Array2<f64>) -> Result<Option<f64>> {
        check_shape("the logits", self.values.dim(), logits.dim())?;
        let Some(labels) = &self.labels else { return Ok(None) };
        if labels.is_empty() {
            return Err(ArgumentError::Empty { what: "samples" }.into());
        }
        let predicted = classes_of_scores(logits)?;
        let right = predicted.iter().zip(labels).filter(|(predicted, label)| predicted == label).count();
        Ok(Some(right as f64 / labels.len() as f64))
    }
}

/// Weights with which all classes count the same, however many samples they have: `samples / (classes count_c)`, and 1 for
/// a class without samples.
///
/// ```
/// use seal_nn::nn::learning::balanced_class_weights;
/// assert_eq!(balanced_class_weights(&[0, 0, 0, 1], 2)?, [2.0 / 3.0, 2.0]);
/// # Ok::<(), seal_nn::Error>(())
/// ```
///
/// # Errors
/// `OutOfBounds` for fewer than two classes or more than 4096; `UnknownLabel` for a label that is none of them.
pub fn balanced_class_weights(labels: &[usize], classes: usize) -> Result<Vec<f64>> {
    check_classes(classes)?;
    check_labels(labels, labels.len(), classes)?;
    let count = |class: usize| labels.iter().filter(|&&label| label == class).count();
    let weight = |count: usize| if count == 0 { 1.0 } else { labels.len() as f64 / (classes * count) as f64 };
    Ok((0..classes).map(|class| weight(count(class))).collect())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn two_classes_take_one_output_or_two() {
        let labels = [0, 1, 1];
        let of = |loss| Targets::classes(&labels, 2, loss).unwrap();
        assert_eq!(*of(Loss::CrossEntropy).values(), array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]);
        assert_eq!(*of(Loss::Logistic).values(), array![[0.0], [1.0], [1.0]]);
        assert_eq!(of(Loss::Logistic).accuracy(&array![[-1.0], [2.0], [-0.5]]).unwrap(), Some(2.0 / 3.0));
        let selected = of(Loss::CrossEntropy).select(&[2, 0]).unwrap();
        assert_eq!(selected, Targets::classes(&[1, 0], 2, Loss::CrossEntropy).unwrap());
        assert_eq!(Targets::numbers(array![[0.5]]).unwrap().accuracy(&array![[0.5]]).unwrap(), None);
    }

    #[test]
    fn classes_that_do_not_exist_are_refused() {
        assert!(Targets::classes(&[0, 3], 3, Loss::CrossEntropy).is_err());
        assert!(Targets::classes(&[0, 0], 1, Loss::CrossEntropy).is_err());
        let targets = Targets::classes(&[0, 2], 3, Loss::CrossEntropy).unwrap();
        for wrong in [&[1.0, 1.0][..], &[1.0, 0.0, 1.0], &[1.0, f64::NAN, 1.0]] {
            assert!(targets.clone().with_class_weights(wrong).is_err());
        }
        assert_eq!(targets.with_class_weights(&[1.0, 2.0, 3.0]).unwrap().weights(), Some(&[1.0, 3.0][..]));
    }
}
