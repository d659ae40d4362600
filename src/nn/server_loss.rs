//! Losses that a server computes on encrypted outputs.

use std::{fmt, str::FromStr};

use ndarray::{Array2, ArrayView2, Zip};
use serde::{Deserialize, Serialize};

use super::shapes::check_shape;
use crate::{ArgumentError, Error, Result, SetupError};

/// The loss of a training step in one round trip, where nobody sees the outputs `y` before the weights are updated. With
/// centred one-hot targets `t` of `C` classes ([`centred_one_hot`](crate::data::centred_one_hot)) and `u = y - t`:
///
/// | loss | of an output | its gradient |
/// |---|---|---|
/// | `squared` | `u^2 / 2` | `u` |
/// | `weighted-squared` | `Q u^2 / 2` | `Q u` |
/// | `weighted-cubic` | `Q (u^2 / 2 + 5 u^4 / 2)` | `Q (u + 10 u^3)` |
///
/// `Q = 1 + (C - 1) (t + 1/C)` is `C` for the right class and 1 for the others. So the right class counts as much as all
/// others together, where the plain squared error of many classes is small for outputs that never rise. Both are
/// polynomials: weights take no level, the cube takes two (docs/packing.md, "Weighted errors").
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerLoss {
    /// Half the squared error.
    #[default]
    Squared,
    /// The same, with the errors of right classes weighted.
    WeightedSquared,
    /// The same, with a term of degree 4 that takes large errors more seriously.
    WeightedCubic,
}

/// What a cubed error is multiplied with.
pub(super) const CUBE_FACTOR: f64 = 10.0;

impl ServerLoss {
    /// All of them.
    pub const ALL: [ServerLoss; 3] = [ServerLoss::Squared, ServerLoss::WeightedSquared, ServerLoss::WeightedCubic];

    const NAMES: &[&str] = &["squared", "weighted-squared", "weighted-cubic"];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            ServerLoss::Squared => "squared",
            ServerLoss::WeightedSquared => "weighted-squared",
            ServerLoss::WeightedCubic => "weighted-cubic",
        }
    }

    /// Whether the error of the right class counts more than those of others.
    pub fn is_weighted(self) -> bool {
        self != ServerLoss::Squared
    }

    /// Whether errors are cubed.
    pub fn is_cubic(self) -> bool {
        self == ServerLoss::WeightedCubic
    }

    /// The gradient of the loss with respect to the outputs (`samples x classes`).
    ///
    /// # Errors
    /// `WrongShape` for targets of another shape.
    pub fn errors(self, outputs: ArrayView2<f64>, targets: ArrayView2<f64>) -> Result<Array2<f64>> {
        self.of_each(outputs, targets, |u| if self.is_cubic() { u + CUBE_FACTOR * u.powi(3) } else { u })
    }

    /// The sum of the losses of a sample's outputs, as a mean over samples.
    ///
    /// # Errors
    /// `WrongShape` for targets of another shape; `Empty` without samples.
    pub fn value(self, outputs: ArrayView2<f64>, targets: ArrayView2<f64>) -> Result<f64> {
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

impl fmt::Display for ServerLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The inverse of [`ServerLoss::name`]; `UnknownLoss` for other names.
impl FromStr for ServerLoss {
    type Err = Error;

    fn from_str(name: &str) -> Result<ServerLoss> {
        let found = ServerLoss::ALL.into_iter().find(|loss| loss.name() == name);
        found.ok_or_else(|| SetupError::UnknownLoss { name: name.into(), known: ServerLoss::NAMES }.into())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

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
            for (index, &error) in errors.indexed_iter() {
                let moved = |by: f64| {
                    let mut outputs = outputs.clone();
                    outputs[index] += by;
                    4.0 * loss.value(outputs.view(), targets.view()).unwrap()
                };
                // Central difference: h^2 f'''/6 is below 1e-8 for h = 1e-5 and f''' up to 3 * 60 * 2, rounding 2^-52 f/h
                // below 1e-8 for f up to 400.
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((error - difference).abs() < 2e-8, "{loss} {index:?}: {error} {difference}");
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

    #[test]
    fn names_are_read_back() {
        for loss in ServerLoss::ALL {
            assert_eq!(loss.to_string().parse::<ServerLoss>().unwrap(), loss);
            assert_eq!(serde_json::to_string(&loss).unwrap(), format!("\"{loss}\""));
        }
        let unknown = "hinge".parse::<ServerLoss>().unwrap_err();
        assert!(unknown.to_string().contains("weighted-squared"), "{unknown}");
    }
}
