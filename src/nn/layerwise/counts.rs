//! The operations of a step, by formula, and the tiles in which it takes the least time.

use serde::{Deserialize, Serialize};

use super::{LayerLayout, LayerwiseTraining};
use crate::{
    Level, Result, SetupError,
    backend::{Chain, CostModel, Operation, Tallies},
    nn::split::{Samples, SplitSetup, check_slots},
};

/// The tiles of all layers: all have room for the same number of samples, so that a batch has the same blocks everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerwiseTiles {
    /// Samples in a tile.
    pub samples: usize,
    /// Inputs in a tile, by layer. The rest of a tile is outputs.
    pub inputs: Vec<usize>,
}

impl LayerwiseTraining {
    /// The training in the tiles in which a step takes the least time by a cost model: operations, encryptions and
    /// decryptions, and bytes at `seconds_per_byte`.
    ///
    /// # Errors
    /// The errors of [`SplitSetup::check`]; `NotPowerOfTwo` or `OutOfBounds` for slots that no ciphertext has;
    /// `LayoutUnsuited` if a step takes more than 16384 ciphertexts in all tiles.
    pub fn fastest(
        setup: &SplitSetup,
        slots: usize,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<LayerwiseTraining> {
        setup.check()?;
        check_slots(slots)?;
        let chain = Chain::nominal(2 * slots, 1, 40)?;
        let exponents = |most: usize| (0..=most.trailing_zeros()).map(|bit| 1usize << bit);
        let mut best: Option<(LayerwiseTraining, f64)> = None;
        let mut refused = None;
        for samples in exponents(slots) {
            // Layers do not depend on each other, so each takes the tiles that suit it best.
            let best_width = |layer: usize| {
                let of = |width: usize| {
                    let samples_of = if layer > 0 { Samples::Sent } else { setup.samples };
                    let widths = setup.widths[layer..layer + 2].to_vec();
                    let alone = SplitSetup { widths, samples: samples_of, ..setup.clone() };
                    let tiles = LayerwiseTiles { samples, inputs: vec![width] };
                    let training = LayerwiseTraining::new(&alone, tiles, slots).ok()?;
                    Some((width, training.seconds(&chain, costs, seconds_per_byte)))
                };
                let timed = exponents(slots / samples).filter_map(of);
                timed.min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(1, |(width, _)| width)
            };
            let inputs = (0..setup.widths.len() - 1).map(best_width).collect();
            match LayerwiseTraining::new(setup, LayerwiseTiles { samples, inputs }, slots) {
                Ok(training) => {
                    let seconds = training.seconds(&chain, costs, seconds_per_byte);
                    if best.as_ref().is_none_or(|(_, least)| seconds < *least) {
                        best = Some((training, seconds));
                    }
                }
                Err(error) => refused = Some(error),
            }
        }
        match (best, refused) {
            (Some((training, _)), _) => Ok(training),
            (None, Some(error)) => Err(error),
            (None, None) => Err(SetupError::BadTiles { sides: [0; 3], slots }.into()),
        }
    }

    /// Operations of a step that enters at level 1, exactly.
    pub fn operations(&self) -> Tallies {
        self.operations_of(self.blocks())
    }

    fn operations_of(&self, blocks: usize) -> Tallies {
        let mut tallies = Tallies::default();
        let mut sums = |count: usize, products: usize| {
            tallies.add(Operation::MultiplyCiphertexts, Level(1), products);
            tallies.add(Operation::Relinearize, Level(1), count);
            tallies.add(Operation::Rescale, Level(1), count);
        };
        for (l, layer) in self.layers().iter().enumerate() {
            let [inputs, outputs] = layer.tiles();
            let products = blocks * inputs * outputs;
            sums(blocks * outputs, products);
            sums(inputs * outputs, products);
            if l > 0 {
                sums(blocks * inputs, products);
            }
        }
        tallies
    }

    /// Ciphertexts that the client sends in a step. As many come back, but for the samples of the first layer where they
    /// are sent.
    pub fn ciphertexts(&self) -> usize {
        let sent = self.setup().samples == Samples::Sent;
        let of = |(l, layer): (usize, &LayerLayout)| {
            let [inputs, outputs] = layer.tiles();
            let samples = if l > 0 || sent { inputs } else { 0 };
            self.blocks() * (outputs + samples) + inputs * outputs
        };
        self.layers().iter().enumerate().map(of).sum()
    }

    fn seconds(&self, chain: &Chain, costs: &CostModel, seconds_per_byte: f64) -> f64 {
        let bytes = chain.wire_seeded_bytes(Level(1)) + chain.wire_ciphertext_bytes(Level(0));
        let each = costs.refresh(chain.poly_modulus_degree(), Level(1)) + bytes as f64 * seconds_per_byte;
        // Shares are computed at the same time.
        let share = self.operations_of(self.blocks() / self.setup().shares);
        costs.of(&share, chain) + self.ciphertexts() as f64 * each
    }
}
