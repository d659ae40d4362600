//! Numbers that a caller chooses, and their ranges.

use std::{
    fmt,
    ops::{Bound, RangeBounds},
};

use super::ArgumentError;

/// A number that a caller chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Argument {
    /// N, the degree of the polynomial modulus.
    PolyModulusDegree,
    /// The learning rate of a layer.
    LearningRate,
    /// Momentum.
    Momentum,
    /// The decay of the learning rates.
    RateDecay,
    /// Training steps between two refreshes.
    RefreshEvery,
    /// Batches whose gradients are added in a step.
    BatchesPerStep,
    /// Classes.
    Classes,
    /// Samples.
    Samples,
    /// A sample of several, counted from 0.
    Sample,
    /// Inputs of a dense layer.
    Inputs,
    /// Outputs of a dense layer.
    Outputs,
    /// The largest dimension of the vectors of a layout.
    Dimension,
    /// The largest weight that a plan keeps room for.
    MaxWeight,
    /// The mean absolute weight that a plan keeps room for.
    MeanWeight,
    /// The smallest factor of the learning rates that a plan keeps room for.
    LeastRate,
    /// A factor of the learning rates.
    RateFactor,
    /// The largest weight of a model.
    LargestWeight,
    /// The inverse temperature with which a calibration starts.
    Start,
    /// The temperature of a soft-argmax.
    Temperature,
    /// The range promised to the polynomials of a soft-argmax.
    Range,
    /// The largest spread of logits.
    LogitSpread,
    /// The degree of a polynomial.
    Degree,
    /// The smallest sum of which an inverse is approximated.
    LeastSum,
    /// The levels of an approximate inverse.
    InverseLevels,
    /// The smallest difference that a comparison decides.
    Gap,
    /// The error that a comparison may have.
    ComparisonError,
    /// Slots of a ciphertext.
    Slots,
    /// The number of positions of a slot axis.
    AxisExtent,
    /// The distance between the positions of a slot axis.
    AxisStride,
    /// The period of an index.
    IndexPeriod,
    /// Entries that a conversion adds up for each entry of its result.
    Summands,
    /// The factor of a layer's random weights.
    Reach,
    /// The sum of the results of an inverse.
    InverseTarget,
    /// Weight decay.
    WeightDecay,
    /// Training steps.
    TrainingSteps,
    /// A declared bound on the slots of a value.
    SlotBound,
    /// The number that Adam adds to the root of the mean square.
    Epsilon,
    /// The largest norm of a gradient.
    GradientNorm,
    /// The residual beyond which a Huber loss is linear.
    HuberDelta,
    /// The weight of a class in a loss.
    ClassWeight,
    /// The mean absolute product that a plan keeps room for.
    MeanProduct,
    /// The equal shares of a batch.
    Shares,
    /// The multiples of its modulus that a bootstrap removes.
    SineRange,
    /// Doublings of the angle in a bootstrap.
    Doublings,
    /// The bits between the largest value of a bootstrap and its modulus.
    RatioBits,
    /// The period with which slots repeat.
    Period,
    /// The largest value that is bootstrapped.
    BootstrapBound,
    /// The ciphertexts that one bootstrap restores together.
    BootstrapParts,
    /// Training steps between two looks of the client.
    LookEvery,
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Argument::PolyModulusDegree => "the degree of the polynomial modulus",
            Argument::LearningRate => "the learning rate",
            Argument::Momentum => "the momentum",
            Argument::RateDecay => "the decay of the learning rates",
            Argument::RefreshEvery => "the number of training steps between two refreshes",
            Argument::BatchesPerStep => "the number of batches per step",
            Argument::Classes => "the number of classes",
            Argument::Samples => "the number of samples",
            Argument::Sample => "a sample, counted from 0,",
            Argument::Inputs => "the number of inputs",
            Argument::Outputs => "the number of outputs",
            Argument::Dimension => "the dimension",
            Argument::MaxWeight => "the largest weight of the bounds",
            Argument::MeanWeight => "the mean weight of the bounds",
            Argument::LeastRate => "the smallest factor of the learning rates in the bounds",
            Argument::RateFactor => "the factor of the learning rates",
            Argument::LargestWeight => "the largest weight of the model",
            Argument::Start => "the inverse temperature at the start",
            Argument::Temperature => "the temperature",
            Argument::Range => "the range of the logits divided by the temperature",
            Argument::LogitSpread => "the largest spread of the logits",
            Argument::Degree => "the degree of the polynomial",
            Argument::LeastSum => "the smallest sum to be inverted",
            Argument::InverseLevels => "the number of levels of an inverse",
            Argument::Gap => "the gap of a comparison",
            Argument::ComparisonError => "the error of a comparison",
            Argument::Slots => "the number of slots",
            Argument::AxisExtent => "the number of positions of a slot axis",
            Argument::AxisStride => "the distance between the positions of a slot axis",
            Argument::IndexPeriod => "the period of an index",
            Argument::Summands => "the number of summands per entry",
            Argument::Reach => "the reach of the random weights",
            Argument::InverseTarget => "the sum of the results of an inverse",
            Argument::WeightDecay => "the weight decay",
            Argument::TrainingSteps => "the number of training steps",
            Argument::SlotBound => "the declared bound on |slot|",
            Argument::Epsilon => "Adam's epsilon",
            Argument::GradientNorm => "the largest norm of a gradient",
            Argument::HuberDelta => "the delta of the Huber loss",
            Argument::ClassWeight => "the weight of a class",
            Argument::MeanProduct => "the mean product of the bounds",
            Argument::Shares => "the number of shares of a batch, for as many ranks,",
            Argument::SineRange => "the range of the sine",
            Argument::Doublings => "the number of doublings of the angle",
            Argument::RatioBits => "the ratio of the modulus to the largest value, in bits,",
            Argument::Period => "the period of the slots",
            Argument::BootstrapBound => "the bound of what is bootstrapped",
            Argument::BootstrapParts => "the number of ciphertexts in one bootstrap",
            Argument::LookEvery => "the number of training steps between two looks",
        })
    }
}

impl Argument {
    /// Returns an error unless the number is finite and in the range.
    pub(crate) fn check(self, actual: f64, range: impl RangeBounds<f64>) -> Result<(), ArgumentError> {
        if actual.is_finite() && range.contains(&actual) {
            return Ok(());
        }
        let (least, most) = (range.start_bound().cloned(), range.end_bound().cloned());
        Err(ArgumentError::OutOfBounds { argument: self, actual, least, most })
    }

    /// Like [`Argument::check`], for a count.
    pub(crate) fn check_count(self, actual: usize, least: usize, most: Option<usize>) -> Result<(), ArgumentError> {
        let most = most.map_or(Bound::Unbounded, |most| Bound::Included(most as f64));
        self.check(actual as f64, (Bound::Included(least as f64), most))
    }

    /// Returns an error unless the number is a power of two.
    pub(crate) fn check_power_of_two(self, actual: usize) -> Result<(), ArgumentError> {
        match actual.is_power_of_two() {
            true => Ok(()),
            false => Err(ArgumentError::NotPowerOfTwo { argument: self, actual }),
        }
    }

    /// Returns an error unless the number is finite and above 0.
    pub(crate) fn check_positive(self, actual: f64) -> Result<(), ArgumentError> {
        self.check(actual, (Bound::Excluded(0.0), Bound::Unbounded))
    }
}

/// What a number must be, such as "at least 0 and below 1".
pub(super) fn range(actual: f64, least: Bound<f64>, most: Bound<f64>) -> String {
    let finite = (!actual.is_finite()).then(|| "finite".into());
    let least = match least {
        Bound::Included(least) => Some(format!("at least {}", number(least))),
        Bound::Excluded(least) => Some(format!("above {}", number(least))),
        Bound::Unbounded => None,
    };
    let most = match most {
        Bound::Included(most) => Some(format!("at most {}", number(most))),
        Bound::Excluded(most) => Some(format!("below {}", number(most))),
        Bound::Unbounded => None,
    };
    [finite, least, most].into_iter().flatten().collect::<Vec<String>>().join(" and ")
}

/// In decimals, or with an exponent if it is tiny or huge.
pub(super) fn number(x: f64) -> String {
    if x == 0.0 || (1e-4..1e6).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_range_says_what_it_must_be() {
        let said = |refused: Result<(), ArgumentError>| refused.unwrap_err().to_string();
        assert_eq!(
            said(Argument::Momentum.check(1.0, 0.0..1.0)),
            "the momentum is 1, but must be at least 0 and below 1"
        );
        assert_eq!(
            said(Argument::Temperature.check_positive(f64::INFINITY)),
            "the temperature is inf, but must be finite and above 0"
        );
        assert_eq!(
            said(Argument::LearningRate.check(f64::NAN, 1e-6..=1e6)),
            "the learning rate is NaN, but must be finite and at least 1e-6 and at most 1e6"
        );
        assert_eq!(
            said(Argument::Classes.check_count(1, 2, None)),
            "the number of classes is 1, but must be at least 2"
        );
        assert!(Argument::Classes.check_count(2, 2, None).is_ok() && Argument::Momentum.check(0.0, 0.0..1.0).is_ok());
    }
}
