//! Losses that a server computes on encrypted outputs.

mod likelihood;

use std::{fmt, str::FromStr};

use ndarray::{Array2, ArrayView2, Zip};
use serde::{Deserialize, Serialize};

use super::shapes::check_shape;
use crate::{Argument, ArgumentError, Error, Result, SetupError};

/// The loss of a training step in one round trip, where nobody sees the outputs `y` before the weights are updated. With
/// centred one-hot targets `t` of `C` classes ([`centred_one_hot`](crate::data::centred_one_hot)) and `u = y - t`:
///
/// | loss | of an output | its gradient |
/// |---|---|---|
/// | `squared` | `u^2 / 2` | `u` |
/// | `weighted-squared` | `Q u^2 / 2` | `Q u` |
/// | `weighted-cubic` | `Q (u^2 / 2 + 5 u^4 / 2)` | `Q (u + 10 u^3)` |
/// | `logistic` | `log(1 + e^y) - Y y + r y^2 / 2` | `sigmoid(y) - Y + r y` |
/// | `softmax` | `log(sum e^y) - sum Y y + sum r y^2 / 2`, of all outputs | `softmax(y) - Y + r y` |
///
/// `Y = t + 1/C` is 1 for the right class and 0 for the others, and `r` is 0.05 for `logistic` and 0.1
/// for `softmax`.
/// `Q = 1 + (C - 1) (t + 1/C)` is `C` for the right class and 1 for the others. So the right class counts as much as all
/// others together, where the plain squared error of many classes is small for outputs that never rise. Both are
/// polynomials: weights take no level, the cube takes two (docs/packing.md, "Weighted errors").
///
/// The probabilities of `logistic` (one class against the rest) and `softmax` are [polynomials](ServerLoss::approximation)
/// that are accurate on a promised [range](ServerLoss::range) of the logits, in the clear as under encryption, and wrong
/// outside it. They take 3 to 6 levels slot by slot, and `softmax` of three classes or more 5 and more levels with sums over
/// the classes (docs/packing.md, "Probabilities").
///
/// ```
/// use ndarray::array;
/// use seal_nn::{data::centred_one_hot, nn::training::ServerLoss};
/// let (outputs, targets) = (array![[0.5, 0.0, 0.0]], centred_one_hot(&[0], 3)?);
/// let errors = ServerLoss::WeightedSquared.errors(outputs.view(), targets.view())?;
/// // The plain errors are -1/6, 1/3 and 1/3.
/// assert!((errors - array![[-0.5, 1.0 / 3.0, 1.0 / 3.0]]).iter().all(|e| e.abs() < 1e-15));
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ServerLoss {
    /// Half the squared error.
    #[default]
    Squared,
    /// The same, with the errors of right classes weighted.
    WeightedSquared,
    /// The same, with a term of degree 4 that takes large errors more seriously.
    WeightedCubic,
    /// The negative log-likelihood of a sigmoid for every class by itself: this class against the rest.
    Logistic {
        /// The largest absolute logit for which the polynomials are accurate.
        range: f64,
    },
    /// The negative log-likelihood of a softmax, for logits that sum to 0.
    Softmax {
        /// The largest spread of a sample's logits for which the polynomials are accurate.
        range: f64,
    },
}

/// What a cubed error is multiplied with.
pub(super) const CUBE_FACTOR: f64 = 10.0;

impl ServerLoss {
    /// All of them, with the ranges that they have if nothing else is asked for.
    pub const ALL: [ServerLoss; 5] = [
        ServerLoss::Squared,
        ServerLoss::WeightedSquared,
        ServerLoss::WeightedCubic,
        ServerLoss::Logistic { range: ServerLoss::LOGISTIC_RANGE },
        ServerLoss::Softmax { range: ServerLoss::SOFTMAX_RANGE },
    ];

    const NAMES: &[&str] = &["squared", "weighted-squared", "weighted-cubic", "logistic[:range]", "softmax[:range]"];

    /// The name, without the range.
    pub fn name(self) -> &'static str {
        match self {
            ServerLoss::Squared => "squared",
            ServerLoss::WeightedSquared => "weighted-squared",
            ServerLoss::WeightedCubic => "weighted-cubic",
            ServerLoss::Logistic { .. } => "logistic",
            ServerLoss::Softmax { .. } => "softmax",
        }
    }

    /// Whether the error of the right class counts more than those of others.
    pub fn is_weighted(self) -> bool {
        matches!(self, ServerLoss::WeightedSquared | ServerLoss::WeightedCubic)
    }

    /// The factor that the weights of packed errors lack: `C - 1` for weighted ones of several classes, and 1 otherwise.
    pub(super) fn weight_factor(self, outputs: usize) -> f64 {
        if self.is_weighted() && outputs > 1 { outputs as f64 - 1.0 } else { 1.0 }
    }

    /// Whether errors are cubed.
    pub fn is_cubic(self) -> bool {
        self == ServerLoss::WeightedCubic
    }

    /// The gradient of the loss with respect to the outputs (`samples x classes`), with the probabilities of the
    /// [polynomials](ServerLoss::approximation).
    ///
    /// # Errors
    /// `WrongShape` for targets of another shape; the errors of [`approximation`](ServerLoss::approximation).
    pub fn errors(self, outputs: ArrayView2<f64>, targets: ArrayView2<f64>) -> Result<Array2<f64>> {
        if let Some(approximation) = self.approximation(outputs.ncols())? {
            return self.likelihood_errors(&approximation, outputs, one_hot(outputs, targets)?);
        }
        self.of_each(outputs, targets, |u| if self.is_cubic() { u + CUBE_FACTOR * u.powi(3) } else { u })
    }

    /// The sum of the losses of a sample's outputs, as a mean over samples. Likelihoods are exact, without polynomials.
    ///
    /// # Errors
    /// `WrongShape` for targets of another shape; `Empty` without samples.
    pub fn value(self, outputs: ArrayView2<f64>, targets: ArrayView2<f64>) -> Result<f64> {
        if self.range().is_some() {
            return self.exact_value(outputs, one_hot(outputs, targets)?);
        }
        let quartic = if self.is_cubic() { CUBE_FACTOR / 2.0 } else { 0.0 };
        let losses = self.of_each(outputs, targets, |u| (u * u + quartic * u.powi(4)) / 2.0)?;
        match losses.nrows() {
            0 => Err(ArgumentError::Empty { what: "samples" }.into()),
            samples => Ok(losses.sum() / samples as f64),
        }
    }

    /// A function of every difference, times its weight.
    fn of_each(
        self,
        outputs: ArrayView2<f64>,
        targets: ArrayView2<f64>,
        f: impl Fn(f64) -> f64,
    ) -> Result<Array2<f64>> {
        check_shape("the targets", outputs.dim(), targets.dim())?;
        let classes = outputs.ncols() as f64;
        let weight = |t: f64| if self.is_weighted() { 1.0 + (classes - 1.0) * (t + 1.0 / classes) } else { 1.0 };
        Ok(Zip::from(outputs).and(targets).map_collect(|y, t| weight(*t) * f(y - t)))
    }
}

/// One-hot targets of centred ones.
fn one_hot(outputs: ArrayView2<f64>, targets: ArrayView2<f64>) -> Result<Array2<f64>> {
    check_shape("the targets", outputs.dim(), targets.dim())?;
    Ok(&targets + 1.0 / outputs.ncols().max(1) as f64)
}

impl fmt::Display for ServerLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.range() {
            None => f.pad(self.name()),
            Some(range) => f.pad(&format!("{}:{range}", self.name())),
        }
    }
}

/// The inverse of `Display`, where the range may be left out; `UnknownLoss` for other names, and `OutOfBounds` for a range
/// that is not positive and finite.
impl FromStr for ServerLoss {
    type Err = Error;

    fn from_str(text: &str) -> Result<ServerLoss> {
        let unknown = || SetupError::UnknownLoss { name: text.into(), known: ServerLoss::NAMES };
        let (name, range) = text.split_once(':').map_or((text, None), |(name, range)| (name, Some(range)));
        let loss = ServerLoss::ALL.into_iter().find(|loss| loss.name() == name).ok_or_else(unknown)?;
        let Some(range) = range else { return Ok(loss) };
        let range = range.parse().ok().filter(|_| loss.range().is_some()).ok_or_else(unknown)?;
        Argument::Range.check_positive(range)?;
        Ok(loss.with_range(range))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::nn::soft_argmax::TOLERATED;

    fn centred_one_hot(labels: &[usize], classes: usize) -> Array2<f64> {
        let hot = |(sample, class): (usize, usize)| f64::from(u8::from(labels[sample] == class));
        Array2::from_shape_fn((labels.len(), classes), |at| hot(at) - 1.0 / classes as f64)
    }

    #[test]
    fn errors_are_the_gradient_of_the_value() {
        let outputs = Array2::from_shape_fn((4, 3), |(i, j)| ((i * 3 + j) as f64).sin());
        let targets = centred_one_hot(&[0, 2, 1, 2], 3);
        for loss in ServerLoss::ALL {
            let errors = loss.errors(outputs.view(), targets.view()).unwrap();
            // Of polynomials, how far they may be from the probabilities of the exact value.
            let off = loss.range().map_or(0.0, |_| TOLERATED);
            for (index, &error) in errors.indexed_iter() {
                let moved = |by: f64| {
                    let mut outputs = outputs.clone();
                    outputs[index] += by;
                    4.0 * loss.value(outputs.view(), targets.view()).unwrap()
                };
                // Central difference: h^2 f'''/6 is below 1e-8 for h = 1e-5 and f''' up to 3 * 60 * 2, rounding 2^-52 f/h
                // below 1e-8 for f up to 400.
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((error - difference).abs() < 2e-8 + off, "{loss} {index:?}: {error} {difference}");
            }
        }
    }

    #[test]
    fn the_right_class_counts_as_much_as_the_others_together() {
        let targets = centred_one_hot(&[1], 4);
        let errors = ServerLoss::WeightedSquared.errors((&targets + 1.0).view(), targets.view()).unwrap();
        assert_eq!(errors, array![[1.0, 4.0, 1.0, 1.0]]);
        // One class, one output: nothing to weigh.
        let one = ServerLoss::WeightedSquared.errors(array![[2.0]].view(), array![[0.5]].view()).unwrap();
        assert_eq!(one, array![[1.5]]);
    }

    /// The errors of a softmax sum to 0 but for the error of the inverse, and only the decay sees a common shift of the logits.
    #[test]
    fn errors_of_a_softmax_sum_to_zero() {
        for classes in [2, 3, 10] {
            let loss = ServerLoss::Softmax { range: 4.0 };
            let outputs = Array2::from_shape_fn((5, classes), |(i, j)| 1.9 * ((i * 3 + j) as f64).sin());
            let outputs = &outputs - &outputs.mean_axis(ndarray::Axis(1)).unwrap().insert_axis(ndarray::Axis(1));
            let labels: Vec<usize> = (0..5).map(|i| i % classes).collect();
            let errors =
                |by: f64| loss.errors((&outputs + by).view(), centred_one_hot(&labels, classes).view()).unwrap();
            assert!(errors(0.0).sum_axis(ndarray::Axis(1)).iter().all(|sum| sum.abs() < TOLERATED), "{classes}");
            assert!(
                (errors(0.0) + 0.7 * loss.logit_decay() - errors(0.7)).iter().all(|d| d.abs() < 1e-12),
                "{classes}"
            );
        }
    }

    #[test]
    fn logits_outside_the_range_are_refused() {
        let inside = array![[-1.0, 2.0, 0.5], [0.0, 0.0, 0.0]];
        for (loss, reach) in [(ServerLoss::Logistic { range: 2.5 }, 2.0), (ServerLoss::Softmax { range: 3.5 }, 3.0)] {
            assert_eq!(loss.reach(inside.view()), reach);
            assert!(loss.check_logits(7, inside.view()).is_ok());
            for outside in [&inside * 1.3, array![[0.0, f64::NAN]]] {
                match loss.check_logits(7, outside.view()) {
                    Err(Error::Setup(SetupError::LeftRange { step: 7, range, .. })) => {
                        assert_eq!(Some(range), loss.range());
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(ServerLoss::Squared.check_logits(1, array![[1e9]].view()).is_ok());
    }

    #[test]
    fn polynomials_are_as_shallow_as_the_range_allows() {
        let levels = |loss: ServerLoss, outputs| loss.levels(outputs).unwrap();
        assert_eq!([4.0, 8.0, 12.0].map(|range| levels(ServerLoss::Logistic { range }, 10)), [3, 4, 4]);
        assert_eq!([4.0, 8.0, 12.0].map(|range| levels(ServerLoss::Softmax { range }, 2)), [3, 4, 4]);
        let found =
            [3, 10, 26].map(|classes| [2.0, 4.0, 8.0].map(|range| levels(ServerLoss::Softmax { range }, classes)));
        println!("levels of softmax: {found:?}");
        assert!(found.iter().all(|levels| levels.is_sorted()), "{found:?}");
        assert_eq!(ServerLoss::ALL.map(|loss| loss.levels(2).unwrap()), [0, 0, 0, 4, 4]);
        for (range, outputs) in [(0.0, 2), (-1.0, 2), (f64::NAN, 2), (f64::INFINITY, 2), (8.0, 1), (1e6, 2)] {
            for loss in [ServerLoss::Logistic { range }, ServerLoss::Softmax { range }] {
                assert!(loss.approximation(outputs).is_err(), "{loss} {outputs}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for loss in ServerLoss::ALL {
            assert_eq!(loss.to_string().parse::<ServerLoss>().unwrap(), loss);
            assert_eq!(loss.name().parse::<ServerLoss>().unwrap(), loss);
            let text = serde_json::to_string(&loss).unwrap();
            assert_eq!(serde_json::from_str::<ServerLoss>(&text).unwrap(), loss, "{text}");
            assert!(text.contains(loss.name()), "{text}");
        }
        assert_eq!("logistic:12.5".parse::<ServerLoss>().unwrap(), ServerLoss::Logistic { range: 12.5 });
        for unknown in ["hinge", "squared:3", "softmax:wide", "softmax:"] {
            let error = unknown.parse::<ServerLoss>().unwrap_err();
            assert!(error.to_string().contains("weighted-squared"), "{error}");
        }
        assert!(
            ["softmax:0", "logistic:-1", "logistic:nan", "softmax:inf"]
                .iter()
                .all(|t| t.parse::<ServerLoss>().is_err())
        );
    }
}
