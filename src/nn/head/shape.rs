//! What both parties must agree on about a head: everything but its weights.

use super::{Head, HeadActivation};
use crate::{
    Result, SetupError,
    nn::{
        polynomial::{Polynomial, PolynomialProgram},
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
    },
};

/// Widths, activation and soft-argmax of an encrypted head.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadShape {
    /// Width of the embedding, hidden units if there are any, classes.
    pub widths: Vec<usize>,
    /// Between two layers; none for one.
    pub activation: Option<Polynomial>,
    /// The last layer.
    pub soft_argmax: SoftArgmax,
    /// By which polynomials it is computed.
    pub approximation: SoftmaxApproximation,
}

impl HeadShape {
    /// The shape of a head with a soft-argmax behind it.
    ///
    /// # Errors
    /// `BadSetting` when the activation has no encrypted form, or the soft-argmax is for another number of classes.
    pub fn new(head: &Head, soft_argmax: SoftArgmax, approximation: SoftmaxApproximation) -> Result<HeadShape> {
        let bad = |setting, actual: String, expected| Err(SetupError::BadSetting { setting, actual, expected }.into());
        if soft_argmax.classes() != head.classes() {
            let actual = format!("{} for a head of {}", soft_argmax.classes(), head.classes());
            return bad("the number of classes of the soft-argmax", actual, "that of the head");
        }
        let activation = match head.activation() {
            None => None,
            Some(HeadActivation::Polynomial(polynomial)) if polynomial.degree() >= 2 => Some(polynomial.clone()),
            Some(other) => {
                let actual = match other {
                    HeadActivation::Relu => "ReLU".into(),
                    HeadActivation::Polynomial(p) => format!("a polynomial of degree {}", p.degree()),
                };
                return bad("the activation of an encrypted head", actual, "a polynomial of degree 2 or more");
            }
        };
        let widths = std::iter::once(head.inputs()).chain(head.layers().iter().map(|layer| layer.bias.len()));
        Ok(HeadShape { widths: widths.collect(), activation, soft_argmax, approximation })
    }

    /// The cheapest approximation for logits of spread up to `range` over the temperature: the fewest levels whose error is
    /// below a hundredth, else the best that up to `most_levels` give.
    ///
    /// # Errors
    /// As [`SoftmaxApproximation::choose`].
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

    /// Rows of the last matrix on packed values: what the approximation reads of a sample.
    pub(super) fn logits(&self) -> usize {
        self.approximation.inputs(self.soft_argmax.classes()).nrows()
    }

    /// Outputs and inputs of each packed matrix.
    pub(super) fn matrices(&self) -> Vec<(usize, usize)> {
        let last = self.widths.len() - 2;
        let rows = |l: usize| if l == last { self.logits() } else { self.widths[l + 1] };
        (0..=last).map(|l| (rows(l), self.widths[l])).collect()
    }

    /// Levels from the embedding to the probabilities.
    pub fn levels(&self) -> usize {
        let activation = self.activation.as_ref().map_or(0, |polynomial| match polynomial.degree() {
            2 => 1,
            _ => PolynomialProgram::new(polynomial).levels(),
        });
        self.widths.len() - 1 + activation + self.approximation.levels()
    }
}
