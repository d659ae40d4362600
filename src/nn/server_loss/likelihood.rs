//! Losses whose gradient contains probabilities, by polynomials on a promised range.

use std::sync::{Mutex, PoisonError};

use ndarray::{Array2, ArrayView2};

use super::ServerLoss;
use crate::{
    Argument, Result, SetupError,
    nn::{
        learning::{Loss, Targets},
        shapes::larger,
        soft_argmax::{SoftmaxApproximation, check_classes},
    },
};

/// Approximations that were chosen before. Choosing one for many classes takes milliseconds, and a training in the clear
/// asks for it at every step.
static CHOSEN: Mutex<Vec<(ServerLoss, usize, Option<SoftmaxApproximation>)>> = Mutex::new(Vec::new());
/// Those of a few trainings.
const MOST_CHOSEN: usize = 8;

/// Ranges down to 3% of the one that was asked for.
const NARROWER_STEPS: i32 = 16;

/// Two digits.
fn round(range: f64) -> f64 {
    let unit = 10f64.powf(range.log10().floor() - 1.0);
    (range / unit).floor() * unit
}

impl ServerLoss {
    /// The range of `logistic` if nothing else is asked for: it takes four levels, as narrower ones down to 7 do.
    pub const LOGISTIC_RANGE: f64 = 12.0;
    /// The range of `softmax` if nothing else is asked for: wider ones take more levels.
    pub const SOFTMAX_RANGE: f64 = 8.0;

    /// The promised range of the logits, for a loss with probabilities: the largest absolute logit for `logistic`, and the
    /// largest spread `max - min` of a sample's logits for `softmax`.
    pub fn range(self) -> Option<f64> {
        match self {
            ServerLoss::Logistic { range } | ServerLoss::Softmax { range } => Some(range),
            ServerLoss::Squared | ServerLoss::WeightedSquared | ServerLoss::WeightedCubic => None,
        }
    }

    /// The same loss with another range. Others than `logistic` and `softmax` have none.
    pub fn with_range(self, range: f64) -> ServerLoss {
        match self {
            ServerLoss::Logistic { .. } => ServerLoss::Logistic { range },
            ServerLoss::Softmax { .. } => ServerLoss::Softmax { range },
            other => other,
        }
    }

    /// The weight `r` of `y^2 / 2` beside a likelihood. Without it, logits of samples that are classified correctly grow for
    /// as long as a network is trained, and leave any range; its gradient is linear, so it takes no level. With a softmax,
    /// where probabilities depend on differences of two logits, it takes more to hold them.
    pub fn logit_decay(self) -> f64 {
        match self {
            ServerLoss::Logistic { .. } => 0.05,
            ServerLoss::Softmax { .. } => 0.1,
            ServerLoss::Squared | ServerLoss::WeightedSquared | ServerLoss::WeightedCubic => 0.0,
        }
    }

    /// Whether the logits of a sample must sum to 0, because the server does not centre them: those of weights that are
    /// [centred](crate::nn::Weights::centred) do.
    pub fn takes_centred_logits(self) -> bool {
        matches!(self, ServerLoss::Softmax { .. })
    }

    /// The polynomials for the probabilities of `outputs` outputs, of the fewest levels in which their largest error is
    /// small enough; `None` for a loss without probabilities.
    ///
    /// # Errors
    /// `OutOfBounds` for a range that is not positive and finite, or for fewer than two outputs; `LossRangeTooWide` if no
    /// polynomials serve the range.
    pub fn approximation(self, outputs: usize) -> Result<Option<SoftmaxApproximation>> {
        let Some(range) = self.range() else { return Ok(None) };
        if let Some(chosen) = self.chosen(range, outputs)? {
            return Ok(Some(chosen));
        }
        let widest = self.narrower_than(outputs, usize::MAX).first().map(ServerLoss::to_string);
        Err(SetupError::LossRangeTooWide { loss: self.to_string(), classes: outputs, widest }.into())
    }

    /// The approximation; `None` if no polynomials serve the range.
    fn chosen(self, range: f64, outputs: usize) -> Result<Option<SoftmaxApproximation>> {
        Argument::Range.check_positive(range)?;
        check_classes(outputs)?;
        let mut chosen = CHOSEN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = chosen.iter().find(|(loss, classes, _)| *loss == self && *classes == outputs);
        if let Some((.., known)) = known {
            return Ok(known.clone());
        }
        let found = match self {
            ServerLoss::Logistic { .. } => SoftmaxApproximation::shallowest_one_vs_rest(range)?,
            _ => SoftmaxApproximation::shallowest(outputs, range)?,
        };
        if chosen.len() >= MOST_CHOSEN {
            chosen.remove(0);
        }
        chosen.push((self, outputs, found.clone()));
        Ok(found)
    }

    /// What outputs are multiplied with before the polynomials, and 1 for a loss without.
    ///
    /// # Errors
    /// Those of [`approximation`](ServerLoss::approximation).
    pub(in crate::nn) fn input_factor(self, outputs: usize) -> Result<f64> {
        Ok(self.approximation(outputs)?.map_or(1.0, |approximation| {
            // Of two classes whose logits sum to 0, each is half the difference that the sigmoid takes.
            let shrunk = if matches!(approximation, SoftmaxApproximation::Sigmoid { .. }) { 2.0 } else { 1.0 };
            shrunk / approximation.reach()
        }))
    }

    /// Levels from the outputs to their probabilities, without the masks of sums over classes; 0 for a loss without.
    ///
    /// # Errors
    /// The errors of [`approximation`](ServerLoss::approximation).
    pub fn levels(self, outputs: usize) -> Result<usize> {
        Ok(self.approximation(outputs)?.map_or(0, |approximation| approximation.levels()))
    }

    /// The same loss on narrower ranges: for each smaller number of levels the widest, down to 3% of its range.
    pub(in crate::nn) fn narrower(self, outputs: usize) -> Vec<ServerLoss> {
        self.levels(outputs).map_or_else(|_| Vec::new(), |levels| self.narrower_than(outputs, levels))
    }

    fn narrower_than(self, outputs: usize, mut levels: usize) -> Vec<ServerLoss> {
        let Some(range) = self.range() else { return Vec::new() };
        let mut found = Vec::new();
        for step in 1..NARROWER_STEPS {
            let range = round(range * 0.8f64.powi(step));
            let narrower = self.with_range(range);
            if let Ok(Some(approximation)) = narrower.chosen(range, outputs)
                && approximation.levels() < levels
            {
                levels = approximation.levels();
                found.push(narrower);
            }
        }
        found
    }

    /// How far the logits of any sample (`samples x classes`) reach into the [range](ServerLoss::range): NaN if one of
    /// them is, and 0 for a loss without a range.
    pub fn reach(self, logits: ArrayView2<f64>) -> f64 {
        let of_sample = |row: ndarray::ArrayView1<f64>| {
            let extreme = |of: fn(f64, f64) -> f64| row.iter().copied().reduce(of).unwrap_or_default();
            match self {
                ServerLoss::Logistic { .. } => row.iter().fold(0.0, |m, y| larger(m, y.abs())),
                ServerLoss::Softmax { .. } if row.iter().any(|y| y.is_nan()) => f64::NAN,
                ServerLoss::Softmax { .. } => extreme(f64::max) - extreme(f64::min),
                _ => 0.0,
            }
        };
        logits.rows().into_iter().map(of_sample).fold(0.0, larger)
    }

    /// Returns an error if the logits of a sample (`samples x classes`) after a step, counted from 1, are outside the
    /// promised range. Nothing inside the encryption notices that.
    ///
    /// # Errors
    /// `LeftRange`, also for logits that are no numbers.
    pub fn check_logits(self, step: usize, logits: ArrayView2<f64>) -> Result<()> {
        let Some(range) = self.range() else { return Ok(()) };
        match self.reach(logits) {
            reached if reached <= range => Ok(()),
            reached => Err(SetupError::LeftRange { step, reached, range }.into()),
        }
    }

    /// `p - Y + r y` for outputs and one-hot targets, with the probabilities of the polynomials.
    pub(super) fn likelihood_errors(
        self,
        approximation: &SoftmaxApproximation,
        outputs: ArrayView2<f64>,
        one_hot: Array2<f64>,
    ) -> Result<Array2<f64>> {
        let mut errors = -one_hot;
        for (mut errors, logits) in errors.rows_mut().into_iter().zip(outputs.rows()) {
            let probabilities = approximation.probabilities(&logits.to_vec())?;
            for ((error, p), y) in errors.iter_mut().zip(probabilities).zip(logits) {
                *error += p + self.logit_decay() * y;
            }
        }
        Ok(errors)
    }

    /// The loss that the client would compute: the negative log-likelihood itself, and the decay of the logits.
    pub(super) fn exact_value(self, outputs: ArrayView2<f64>, one_hot: Array2<f64>) -> Result<f64> {
        let exact = if self.takes_centred_logits() { Loss::CrossEntropy } else { Loss::Logistic };
        // Logits that are no numbers have no likelihood.
        if outputs.iter().any(|y| !y.is_finite()) {
            return Ok(f64::NAN);
        }
        let squares: f64 = outputs.iter().map(|y| y * y).sum();
        let decay = self.logit_decay() * squares / (2.0 * outputs.nrows().max(1) as f64);
        Ok(exact.evaluate(&outputs.to_owned(), &Targets::numbers(one_hot)?)?.value + decay)
    }
}
