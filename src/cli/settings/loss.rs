//! The losses that `--loss` names: each kind of step computes some of them.

use seal_nn::nn::{learning::Loss, training::ServerLoss};

use super::Settings;
use crate::cli::usage::UsageError;

/// A loss of any step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LossChoice {
    CrossEntropy,
    /// Of a range only at the server.
    Logistic {
        range: Option<f64>,
    },
    Softmax {
        range: f64,
    },
    Squared,
    Huber {
        delta: f64,
    },
    WeightedSquared,
    WeightedCubic,
}

const HUBER_DELTA: f64 = 1.0;

/// The inverse of [`LossChoice::name`], where some may have a number.
pub fn loss(text: &str) -> Result<LossChoice, String> {
    let number = |name: &str, what: &str, text: &str| match text.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err(format!("{what} must be a positive number, as in {name}:0.5")),
    };
    match text.split_once(':') {
        None => match text {
            "cross-entropy" => Ok(LossChoice::CrossEntropy),
            "logistic" => Ok(LossChoice::Logistic { range: None }),
            "softmax" => Ok(LossChoice::Softmax { range: ServerLoss::SOFTMAX_RANGE }),
            "squared" => Ok(LossChoice::Squared),
            "huber" => Ok(LossChoice::Huber { delta: HUBER_DELTA }),
            "weighted-squared" => Ok(LossChoice::WeightedSquared),
            "weighted-cubic" => Ok(LossChoice::WeightedCubic),
            _ => Err(format!("use {AT_CLIENT}; with --step whole {AT_SERVER}")),
        },
        Some(("huber", delta)) => Ok(LossChoice::Huber { delta: number("huber", "delta", delta)? }),
        Some((name @ "logistic", range)) => {
            Ok(LossChoice::Logistic { range: Some(number(name, "the range of the logits", range)?) })
        }
        Some((name @ "softmax", range)) => {
            Ok(LossChoice::Softmax { range: number(name, "the range of the logits", range)? })
        }
        Some(_) => Err("only huber, logistic and softmax take a number, as in huber:0.5".into()),
    }
}

const AT_CLIENT: &str = "cross-entropy, logistic, squared or huber[:delta]";
const AT_SERVER: &str = "squared, weighted-squared, weighted-cubic, logistic[:range] or softmax[:range]";

impl LossChoice {
    fn name(self) -> &'static str {
        match self {
            LossChoice::CrossEntropy => "cross-entropy",
            LossChoice::Logistic { range: None } => "logistic",
            LossChoice::Logistic { .. } => "logistic:range",
            LossChoice::Softmax { .. } => "softmax",
            LossChoice::Squared => "squared",
            LossChoice::Huber { .. } => "huber",
            LossChoice::WeightedSquared => "weighted-squared",
            LossChoice::WeightedCubic => "weighted-cubic",
        }
    }
}

impl Settings {
    /// Whether the requested loss is one of steps in one round trip alone.
    pub(super) fn loss_is_of_whole(&self) -> bool {
        use LossChoice::{Logistic, Softmax, WeightedCubic, WeightedSquared};
        matches!(self.loss, Some(WeightedSquared | WeightedCubic | Logistic { range: Some(_) } | Softmax { .. }))
    }

    /// The requested loss for a client to compute.
    pub(super) fn loss_at_client(&self) -> Result<Option<Loss>, UsageError> {
        let Some(loss) = self.loss else { return Ok(None) };
        match loss {
            LossChoice::CrossEntropy => Ok(Some(Loss::CrossEntropy)),
            LossChoice::Logistic { range: None } => Ok(Some(Loss::Logistic)),
            LossChoice::Squared => Ok(Some(Loss::SquaredError)),
            LossChoice::Huber { delta } => Ok(Some(Loss::Huber { delta })),
            LossChoice::WeightedSquared
            | LossChoice::WeightedCubic
            | LossChoice::Logistic { .. }
            | LossChoice::Softmax { .. } => Err(UsageError::LossOfWhole { loss: loss.name(), supported: AT_CLIENT }),
        }
    }

    /// The requested loss for a server to compute on encrypted outputs, or the squared error.
    pub(super) fn loss_at_server(&self) -> Result<ServerLoss, UsageError> {
        match self.loss {
            None | Some(LossChoice::Squared) => Ok(ServerLoss::Squared),
            Some(LossChoice::WeightedSquared) => Ok(ServerLoss::WeightedSquared),
            Some(LossChoice::WeightedCubic) => Ok(ServerLoss::WeightedCubic),
            Some(LossChoice::Logistic { range }) => {
                Ok(ServerLoss::Logistic { range: range.unwrap_or(ServerLoss::LOGISTIC_RANGE) })
            }
            Some(LossChoice::Softmax { range }) => Ok(ServerLoss::Softmax { range }),
            Some(loss) => Err(UsageError::LossOfClient { loss: loss.name(), supported: AT_SERVER }),
        }
    }
}
