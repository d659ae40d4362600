//! The properties of a head that both parties must agree on: everything except its weights.

use super::{Head, HeadActivation};
use crate::{
    Result, SetupError,
    nn::{
        checks,
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
    /// `BadSetting` if the activation has no encrypted form, or the soft-argmax is for another number of classes.
    pub fn new(head: &Head, soft_argmax: SoftArgmax, approximation: SoftmaxApproximation) -> Result<HeadShape> {
        if soft_argmax.classes() != head.classes() {
            let actual = format!("{} for a head of {}", soft_argmax.classes(), head.classes());
            let (setting, expected) = ("the number of classes of the soft-argmax", "that of the head");
            return Err(SetupError::BadSetting { setting, actual, expected }.into());
        }
        let soft_argmax = Some(HeadSoftArgmax { layer: soft_argmax, approximation });
        Ok(HeadShape { soft_argmax, ..HeadShape::without_soft_argmax(head)? })
    }

    /// The shape of a head whose scores are its logits.
    ///
    /// # Errors
    /// `BadSetting` if the activation has no encrypted form.
    pub fn without_soft_argmax(head: &Head) -> Result<HeadShape> {
        let activation = match head.activation() {
            None => None,
            Some(HeadActivation::Polynomial(polynomial)) if polynomial.degree() >= 2 => Some(polynomial.clone()),
            Some(other) => {
                let actual = match other {
                    HeadActivation::Relu => "ReLU".into(),
                    HeadActivation::Polynomial(p) => format!("a polynomial of degree {}", p.degree()),
                };
                let (setting, expected) = ("the activation of an encrypted head", "a polynomial of degree 2 or more");
                return Err(SetupError::BadSetting { setting, actual, expected }.into());
            }
        };
        let widths = std::iter::once(head.inputs()).chain(head.layers().iter().map(|layer| layer.bias.len()));
        Ok(HeadShape { widths: widths.collect(), activation, soft_argmax: None })
    }

    /// Returns an error for widths, activation and soft-argmax that no head has.
    ///
    /// # Errors
    /// `BadSetting` unless there are two or three widths of at least 1, ending with the number of classes of the
    /// soft-argmax, and an activation of degree 2 or more between two layers only.
    pub fn check(&self) -> Result<()> {
        let names: Vec<String> = self.widths.iter().map(usize::to_string).collect();
        let fits = matches!(self.widths.len(), 2 | 3)
            && self.widths.iter().all(|&width| width > 0)
            && self.soft_argmax.as_ref().is_none_or(|last| last.layer.classes() == self.classes());
        let expected = "inputs, hidden units if there are any, and the number of classes of the soft-argmax";
        checks::within("the widths of a head", names.join("-"), fits, expected)?;
        let (layers, degree) = (self.widths.len() - 1, self.activation.as_ref().map_or(0, Polynomial::degree));
        let expected = "2 or more between two layers, and 0 (no activation) for one layer";
        let fits = if layers == 1 { self.activation.is_none() } else { degree >= 2 };
        checks::within("the degree of the activation of a head", degree, fits, expected)
    }

    /// The cheapest approximation for logits whose spread, divided by the temperature, is at most `range`: the one with
    /// the fewest levels among those with an error below 0.01, or else the most accurate one with up to `most_levels`
    /// levels.
    ///
    /// # Errors
    /// `BadSetting` for a range that is not positive and finite; `RangeTooWide` if the levels do not suffice.
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
