//! The losses that `--loss` names: each kind of step computes some of them.

use seal_nn::nn::{learning::Loss, training::ServerLoss};

use super::Settings;
use crate::cli::usage::UsageError;

/// A loss of any step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LossChoice {
    CrossEntropy,
    Logistic,
    Squared,
    Huber { delta: f64 },
    WeightedSquared,
    WeightedCubic,
}

const HUBER_DELTA: f64 = 1.0;

/// The inverse of [`LossChoice::name`], where huber may have a number.
pub fn loss(text: &str) -> Result<LossChoice, String> {
    match text.split_once(':') {
        None => match text {
            "cross-entropy" => Ok(LossChoice::CrossEntropy),
            "logistic" => Ok(LossChoice::Logistic),
            "squared" => Ok(LossChoice::Squared),
            "huber" => Ok(LossChoice::Huber { delta: HUBER_DELTA }),
            "weighted-squared" => Ok(LossChoice::WeightedSquared),
            "weighted-cubic" => Ok(LossChoice::WeightedCubic),
            _ => Err(format!("use {AT_CLIENT}; with --step whole {AT_SERVER}")),
        },
        Some(("huber", delta)) => match delta.parse() {
            Ok(delta) if delta > 0.0 && f64::is_finite(delta) => Ok(LossChoice::Huber { delta }),
            _ => Err("delta must be a positive number, as in huber:0.5".into()),
        },
        Some(_) => Err("only huber takes a number, as in huber:0.5".into()),
    }
}

const AT_CLIENT: &str = "cross-entropy, logistic, squared or huber[:delta]";
const AT_SERVER: &str = "squared, weighted-squared or weighted-cubic";

impl LossChoice {
    fn name(self) -> &'static str {
        match self {
            LossChoice::CrossEntropy => "cross-entropy",
            LossChoice::Logistic => "logistic",
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
        matches!(self.loss, Some(LossChoice::WeightedSquared | LossChoice::WeightedCubic))
    }

    /// The requested loss for a client to compute.
    pub(super) fn loss_at_client(&self) -> Result<Option<Loss>, UsageError> {
        let Some(loss) = self.loss else { return Ok(None) };
        match loss {
            LossChoice::CrossEntropy => Ok(Some(Loss::CrossEntropy)),
            LossChoice::Logistic => Ok(Some(Loss::Logistic)),
            LossChoice::Squared => Ok(Some(Loss::SquaredError)),
            LossChoice::Huber { delta } => Ok(Some(Loss::Huber { delta })),
            LossChoice::WeightedSquared | LossChoice::WeightedCubic => {
                Err(UsageError::LossOfWhole { loss: loss.name(), supported: AT_CLIENT })
            }
        }
    }

    /// The requested loss for a server to compute on encrypted outputs, or the squared error.
    pub(super) fn loss_at_server(&self) -> Result<ServerLoss, UsageError> {
        match self.loss {
            None | Some(LossChoice::Squared) => Ok(ServerLoss::Squared),
            Some(LossChoice::WeightedSquared) => Ok(ServerLoss::WeightedSquared),
            Some(LossChoice::WeightedCubic) => Ok(ServerLoss::WeightedCubic),
            Some(loss) => Err(UsageError::LossOfClient { loss: loss.name(), supported: AT_SERVER }),
        }
    }
}
