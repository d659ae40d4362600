//! The properties of a head that both parties must agree on: everything except its weights.

use ndarray::Array2;

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
    /// Width of the embedding, units of every hidden layer, and number of classes.
    pub widths: Vec<usize>,
    /// The activation between layers; `None` for one layer.
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

/// No approximation takes more levels.
const MOST_LEVELS: usize = 32;

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
    /// `BadHeadShape` unless there are two or more widths of at least 1, and an activation of degree 2 or more if and
    /// only if there are three or more; `WrongClasses` unless they end with the number of classes of the soft-argmax.
    pub fn check(&self) -> Result<()> {
        let degree = self.activation.as_ref().map(Polynomial::degree);
        let fits = match self.widths.len() {
            0 | 1 => false,
            2 => degree.is_none(),
            _ => degree.is_some_and(|degree| degree >= 2),
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
            (approximation.worst_error(soft_argmax, range).ok()?.probability < GOOD).then_some(approximation)
        };
        (2..=most_levels.min(MOST_LEVELS))
            .find_map(good)
            .map_or_else(|| SoftmaxApproximation::choose(soft_argmax, range, most_levels), Ok)
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.widths.last().copied().unwrap_or_default()
    }

    /// The scores of all classes from those that a circuit computes: of two probabilities only the second.
    pub(in crate::nn) fn all_scores(&self, computed: &Array2<f64>) -> Array2<f64> {
        let only_second = computed.ncols() < self.classes();
        Array2::from_shape_fn((computed.nrows(), self.classes()), |(i, class)| match (only_second, class) {
            (true, 0) => 1.0 - computed[[i, 0]],
            (true, _) => computed[[i, 0]],
            (false, _) => computed[[i, class]],
        })
    }

    /// Whether decrypted scores of a sample, one per class, are plausible: probabilities are not if the logits left the
    /// promised range, or if there is another number of them. Without a soft-argmax, all scores are.
    pub fn is_plausible(&self, scores: &[f64]) -> bool {
        let Some(HeadSoftArgmax { approximation, .. }) = &self.soft_argmax else { return true };
        // Of two classes, only the probability of the second is computed.
        let computed = scores.len().checked_sub(approximation.results(self.classes()));
        scores.len() == self.classes()
            && computed.and_then(|from| scores.get(from..)).is_some_and(|scores| approximation.is_plausible(scores))
    }

    /// Scores that a circuit computes for a sample.
    pub(in crate::nn) fn computed_scores(&self) -> usize {
        self.soft_argmax.as_ref().map_or(self.classes(), |last| last.approximation.results(self.classes()))
    }

    /// Rows of the last packed matrix: the logits, or the inputs of the approximation per sample.
    pub(in crate::nn) fn logits(&self) -> Result<usize> {
        let classes = self.classes();
        match &self.soft_argmax {
            None => Ok(classes),
            Some(last) => Ok(last.approximation.inputs(classes)?.nrows()),
        }
    }

    /// Outputs and inputs of each packed matrix.
    pub(super) fn matrices(&self) -> Result<Vec<(usize, usize)>> {
        let mut matrices: Vec<(usize, usize)> = self.widths.windows(2).map(|ends| (ends[1], ends[0])).collect();
        if let Some(last) = matrices.last_mut() {
            last.0 = self.logits()?;
        }
        Ok(matrices)
    }

    /// Levels from the embedding to the scores.
    pub fn levels(&self) -> usize {
        let activation = self.activation.as_ref().map_or(0, |polynomial| match polynomial.degree() {
            2 => 1,
            _ => PolynomialProgram::new(polynomial).levels(),
        });
        let last = self.soft_argmax.as_ref().map_or(0, |last| last.approximation.levels());
        let layers = self.widths.len().saturating_sub(1);
        layers + activation * layers.saturating_sub(1) + last
    }
}
