//! The properties of a head that both parties must agree on: everything except its weights.

use super::{Head, HeadActivation};
use crate::{
    ArgumentError, Result,
    nn::{
        polynomial::{Polynomial, PolynomialProgram},
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
    },
};

/// Widths, activation and last layer of an encrypted head.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadShape {
    /// Width of the embedding, hidden units if there are any, and number of classes.
    pub widths: Vec<usize>,
    /// The activation between two layers; `None` for one layer.
    pub activation: Option<Polynomial>,
    /// The soft-argmax at the end; `None` if the scores are the logits.
    pub soft_argmax: Option<HeadSoftArgmax>,
}

/// A soft-argmax with its polynomials.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadSoftArgmax {
    /// The layer.
    pub layer: SoftArgmax,
    /// The polynomials that approximate it.
    pub approximation: SoftmaxApproximation,
}

impl HeadShape {
    /// The shape of a head followed by a soft-argmax.
    ///
    /// # Errors
    /// `ActivationNotEncryptable` if the activation has no encrypted form; `WrongClasses` if the soft-argmax is for
    /// another number of classes.
    pub fn new(head: &Head, soft_argmax: SoftArgmax, approximation: SoftmaxApproximation) -> Result<HeadShape> {
        let soft_argmax = Some(HeadSoftArgmax { layer: soft_argmax, approximation });
        let shape = HeadShape { soft_argmax, ..HeadShape::without_soft_argmax(head)? };
        shape.check()?;
        Ok(shape)
    }

    /// The shape of a head whose scores are its logits.
    ///
    /// # Errors
    /// `ActivationNotEncryptable` if the activation has no encrypted form.
    pub fn without_soft_argmax(head: &Head) -> Result<HeadShape> {
        let activation = match head.activation() {
            None => None,
            Some(HeadActivation::Polynomial(polynomial)) if polynomial.degree() >= 2 => Some(polynomial.clone()),
            Some(other) => {
                let degree = match other {
                    HeadActivation::Relu => None,
                    HeadActivation::Polynomial(p) => Some(p.degree()),
                };
                return Err(ArgumentError::ActivationNotEncryptable { degree }.into());
            }
        };
        let widths = std::iter::once(head.inputs()).chain(head.layers().iter().map(|layer| layer.bias.len()));
        Ok(HeadShape { widths: widths.collect(), activation, soft_argmax: None })
    }

    /// Returns an error for widths, activation and soft-argmax that no head has.
    ///
    /// # Errors
    /// `BadHeadShape` unless there are two or three widths of at least 1, and an activation of degree 2 or more between
    /// two layers only; `WrongClasses` unless they end with the number of classes of the soft-argmax.
    pub fn check(&self) -> Result<()> {
        let degree = self.activation.as_ref().map(Polynomial::degree);
        let fits = match self.widths.len() {
            2 => degree.is_none(),
            3 => degree.is_some_and(|degree| degree >= 2),
            _ => false,
        };
        if !fits || self.widths.contains(&0) {
            return Err(ArgumentError::BadHeadShape { widths: self.widths.clone(), degree }.into());
        }
        let expected = self.classes();
        match &self.soft_argmax {
            Some(last) if last.layer.classes() != expected => {
                let (what, actual) = ("the soft-argmax of a head", last.layer.classes());
                Err(ArgumentError::WrongClasses { what, expected, actual }.into())
            }
            _ => Ok(()),
        }
    }

    /// The cheapest approximation for logits whose spread, divided by the temperature, is at most `range`: the one with
    /// the fewest levels among those with an error below 0.01, or else the most accurate one with up to `most_levels`
    /// levels.
    ///
    /// # Errors
    /// `OutOfBounds` for a range that is not positive and finite; `RangeTooWide` if the levels do not suffice.
    pub fn approximation(soft_argmax: &SoftArgmax, range: f64, most_levels: usize) -> Result<SoftmaxApproximation> {
        const GOOD: f64 = 0.01;
        let good = |levels| {
            let approximation = SoftmaxApproximation::choose(soft_argmax, range, levels).ok()?;
            (approximation.worst_error(soft_argmax, range).probability < GOOD).then_some(approximation)
        };
        (2..=most_levels)
            .find_map(good)
            .map_or_else(|| SoftmaxApproximation::choose(soft_argmax, range, most_levels), Ok)
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.widths.last().copied().unwrap_or_default()
    }

    /// Rows of the last packed matrix: the logits, or the inputs of the approximation per sample.
    pub(super) fn logits(&self) -> usize {
        let classes = self.classes();
        self.soft_argmax.as_ref().map_or(classes, |last| last.approximation.inputs(classes).nrows())
    }

    /// Outputs and inputs of each packed matrix.
    pub(super) fn matrices(&self) -> Vec<(usize, usize)> {
        let last = self.widths.len() - 2;
        let rows = |l: usize| if l == last { self.logits() } else { self.widths[l + 1] };
        (0..=last).map(|l| (rows(l), self.widths[l])).collect()
    }

    /// Levels from the embedding to the scores.
    pub fn levels(&self) -> usize {
        let activation = self.activation.as_ref().map_or(0, |polynomial| match polynomial.degree() {
            2 => 1,
            _ => PolynomialProgram::new(polynomial).levels(),
        });
        let last = self.soft_argmax.as_ref().map_or(0, |last| last.approximation.levels());
        self.widths.len() - 1 + activation + last
    }
}
