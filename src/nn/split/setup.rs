//! What both parties of a training with the loss at the client agree on.

use serde::{Deserialize, Serialize};

use super::text_of;
use crate::{
    Argument, Result, SetupError,
    nn::{setup::check_samples, shapes::check_widths},
};

/// What both parties of a split training agree on, in one round a half or [layer by layer](crate::nn::layerwise), beside
/// the tiles. Loss, optimiser and activation do not belong to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitSetup {
    /// Units of every layer, features first. All layers have biases.
    pub widths: Vec<usize>,
    /// The largest number of samples per step.
    pub batch: usize,
    /// Whether samples travel with every step, so that batches can be drawn anew, or are kept by the server in groups.
    pub samples: Samples,
    /// The largest mean absolute product that comes back, for which the lowest modulus has room. Products are not summed
    /// and stay far below the logits; beyond it, the client's decryption refuses.
    pub mean_product: f64,
    /// Equal shares of a batch that can be computed at the same time, by as many ranks. Each has blocks of its own.
    #[serde(default = "one_share", skip_serializing_if = "is_one_share")]
    pub shares: usize,
}

/// Of descriptions that say nothing of shares, as those of earlier versions.
pub(crate) fn one_share() -> usize {
    1
}

/// Whether nothing is said of them.
pub(crate) fn is_one_share(shares: &usize) -> bool {
    *shares == 1
}

/// Where the samples of a step come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Samples {
    /// From groups of samples that were sent once and are kept by the server.
    Kept,
    /// From the request.
    Sent,
}

/// A step of more would take hours, and a plan of it minutes: it is a mistake, or a description made to harm.
const MOST_CIPHERTEXTS: usize = 1 << 14;

impl SplitSetup {
    /// A training with batches of up to `batch` samples that the server keeps in groups, and room for products of 12.
    pub fn new(widths: &[usize], batch: usize) -> SplitSetup {
        SplitSetup { widths: widths.to_vec(), batch, samples: Samples::Kept, mean_product: 12.0, shares: 1 }
    }

    /// The same in so many equal shares.
    pub fn with_shares(self, shares: usize) -> SplitSetup {
        SplitSetup { shares, ..self }
    }

    /// The largest number of samples of a share.
    pub fn share(&self) -> usize {
        self.batch.div_ceil(self.shares.max(1))
    }

    /// Blocks of a batch, for blocks of up to so many samples: as many for every share.
    pub fn blocks(&self, block: usize) -> usize {
        self.share().div_ceil(block.max(1)).saturating_mul(self.shares)
    }

    /// The same with samples from there.
    pub fn with_samples(self, samples: Samples) -> SplitSetup {
        SplitSetup { samples, ..self }
    }

    /// Returns an error for what no split step supports.
    ///
    /// # Errors
    /// `OutOfBounds` for batches of 0 or more than 2^20 samples, for no shares or more than samples, or for a mean product
    /// that is not positive and finite; `BadNetwork` for fewer than two or more than eight widths, or for a layer of 0 or more than 4096 units.
    pub fn check(&self) -> Result<()> {
        check_samples(self.batch)?;
        Argument::Shares.check_count(self.shares, 1, Some(self.batch))?;
        Argument::MeanProduct.check_positive(self.mean_product)?;
        check_widths(&self.widths)
    }

    /// Returns an error for tiles of which a step takes too many.
    pub(in crate::nn) fn check_ciphertexts(&self, layout: &'static str, count: usize) -> Result<()> {
        if count <= MOST_CIPHERTEXTS {
            return Ok(());
        }
        let (network, alternative) = (text_of(&self.widths), "axis");
        let reason = "a step of it in these tiles takes more than 16384 ciphertexts";
        Err(SetupError::LayoutUnsuited { layout, network, reason, alternative }.into())
    }
}
