//! The operations of a step, by formula.

use super::{Samples, SplitLayout, SplitSetup, SplitTraining, text_of};
use crate::{
    Level, Result, SetupError,
    backend::{Chain, CostModel, Operation, Tallies},
    nn::setup::check_samples,
};

/// Levels of a step of two layers.
pub(super) const DEPTH: usize = 3;

/// Ciphertexts of a step, each way the same number: those of the weights and of the errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitTraffic {
    /// Ciphertexts that the client encrypts at the level of entry.
    pub high: usize,
    /// Those it encrypts a level lower.
    pub low: usize,
    /// Ciphertexts of the samples of a batch: sent with the step, or once for each group.
    pub samples: usize,
}

impl SplitLayout {
    /// Operations of both halves of a step that enters at level 3, exactly: for `k` blocks, `x` tiles of inputs, `o` of
    /// outputs, `u` of rows in all and `q` of units,
    ///
    /// ```text
    /// rotations          k q (log2 P + log2 R)
    /// relinearisations   4 k q + k o + q u                     + k q (x - 1) early
    /// products           k q (2 x + 3 o + 2)                   + k q (x - 1) early
    /// rescales           as many as relinearisations
    /// ```
    ///
    /// # Errors
    /// `OutOfBounds` for batches of 0 or more than 2^20 samples.
    pub fn operations(&self, batch: usize) -> Result<Tallies> {
        check_samples(batch)?;
        let (tiles, blocks, early) = (self.tiles(), self.blocks(batch), self.is_early());
        let (outputs, units) = (tiles.outputs(), blocks * tiles.units);
        let mut tallies = Tallies::default();
        // `count` sums of `products` products in all.
        let mut sums = |level: usize, count: usize, products: usize| {
            tallies.add(Operation::MultiplyCiphertexts, Level(level), products);
            tallies.add(Operation::Relinearize, Level(level), count);
            tallies.add(Operation::Rescale, Level(level), count);
        };
        let late = if early { DEPTH - 1 } else { DEPTH };
        sums(DEPTH, units, units * tiles.inputs); // h
        sums(2, units, units); // a
        sums(1, blocks * outputs, units * outputs); // z
        sums(late, units, units * outputs); // g
        match early {
            true => sums(2, units * tiles.inputs, units * tiles.inputs), // h x
            false => sums(2, units, units),                              // d
        }
        sums(1, tiles.rows * tiles.units, units * (tiles.inputs + outputs)); // G
        let [hidden, below] = self.rotations()?.map(|rotations| rotations.len());
        for (level, count) in [(2, units * hidden), (late - 1, units * below)] {
            tallies.add(Operation::Rotate, Level(level), count);
            tallies.add(Operation::Add, Level(level), count);
        }
        tallies.add(Operation::DropLevel, Level(1), outputs * (tiles.units + blocks));
        tallies.add(Operation::DropLevel, Level(if early { 2 } else { 1 }), blocks * tiles.inputs);
        Ok(tallies)
    }

    /// Ciphertexts of a step.
    ///
    /// # Errors
    /// `OutOfBounds` for batches of 0 or more than 2^20 samples.
    pub fn traffic(&self, batch: usize) -> Result<SplitTraffic> {
        check_samples(batch)?;
        Ok(self.traffic_of(self.blocks(batch)))
    }

    /// Ciphertexts of a step of so many blocks.
    pub(super) fn traffic_of(&self, blocks: usize) -> SplitTraffic {
        let tiles = self.tiles();
        let outputs = tiles.outputs() * (tiles.units + blocks);
        let inputs = tiles.first_output * tiles.units;
        let samples = blocks * tiles.inputs;
        match self.is_early() {
            true => SplitTraffic { high: inputs, low: outputs, samples },
            false => SplitTraffic { high: inputs + outputs, low: 0, samples },
        }
    }

    /// Operations of the logits of one block at level 3, exactly: the first half of a step.
    pub fn inference_operations(&self) -> Result<Tallies> {
        let (tiles, outputs) = (self.tiles(), self.tiles().outputs());
        let mut tallies = Tallies::default();
        for (level, count, products) in [
            (DEPTH, tiles.units, tiles.units * tiles.inputs), // h
            (2, tiles.units, tiles.units),                    // a
            (1, outputs, tiles.units * outputs),              // z
        ] {
            tallies.add(Operation::MultiplyCiphertexts, Level(level), products);
            tallies.add(Operation::Relinearize, Level(level), count);
            tallies.add(Operation::Rescale, Level(level), count);
        }
        let [hidden, _] = self.rotations()?;
        tallies.add(Operation::Rotate, Level(2), tiles.units * hidden.len());
        tallies.add(Operation::Add, Level(2), tiles.units * hidden.len());
        tallies.add(Operation::DropLevel, Level(1), outputs * tiles.units);
        Ok(tallies)
    }

    /// Seconds of an inference of so many samples on one thread.
    pub(super) fn inference_seconds(
        &self,
        samples: usize,
        chain: &Chain,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<f64> {
        check_samples(samples)?;
        let (tiles, blocks, top) = (self.tiles(), self.blocks(samples), Level(DEPTH));
        let encryption =
            costs.refresh(chain.poly_modulus_degree(), top) + chain.wire_seeded_bytes(top) as f64 * seconds_per_byte;
        let answer = chain.wire_ciphertext_bytes(Level(0)) as f64 * seconds_per_byte * tiles.outputs() as f64;
        let block = costs.of(&self.inference_operations()?, chain) + answer;
        Ok((tiles.rows * tiles.units + blocks * tiles.inputs) as f64 * encryption + blocks as f64 * block)
    }

    fn seconds(&self, setup: &SplitSetup, chain: &Chain, costs: &CostModel, seconds_per_byte: f64) -> Result<f64> {
        let SplitTraffic { mut high, low, samples } = self.traffic_of(setup.blocks(self.shape().samples));
        if setup.samples == Samples::Sent {
            high += samples;
        }
        let sent = [(high, Level(DEPTH)), (low, Level(DEPTH - 1))];
        let client = |(count, level): (usize, Level)| {
            let bytes = chain.wire_seeded_bytes(level) + chain.wire_ciphertext_bytes(Level(0));
            count as f64 * (costs.refresh(chain.poly_modulus_degree(), level) + bytes as f64 * seconds_per_byte)
        };
        // Shares are computed at the same time.
        Ok(costs.of(&self.operations(setup.share())?, chain) + sent.map(client).iter().sum::<f64>())
    }

    /// All layouts of a setup with the seconds of a step on one thread, the fastest first: operations of the server,
    /// encryptions and decryptions of the client, and the bytes at `seconds_per_byte`. Samples that the server keeps do not
    /// count. A ciphertext that the client encrypts costs several rotations, so the fastest is rarely the one with the
    /// fewest.
    ///
    /// # Errors
    /// The errors of [`SplitSetup::check`] and [`SplitLayout::all`].
    pub fn ranked(
        setup: &SplitSetup,
        slots: usize,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<Vec<(SplitLayout, f64)>> {
        setup.check()?;
        let layouts = SplitLayout::all(&setup.widths, slots)?.into_iter();
        let chain = Chain::nominal(2 * slots, DEPTH, 40)?;
        let timed = layouts.map(|layout| {
            let seconds = layout.seconds(setup, &chain, costs, seconds_per_byte)?;
            Ok((layout, seconds))
        });
        let mut timed = timed.collect::<Result<Vec<_>>>()?;
        timed.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        Ok(timed)
    }
}

impl SplitTraining {
    /// The training in the tiles in which a step takes the least time ([`SplitLayout::ranked`]).
    ///
    /// # Errors
    /// As [`SplitLayout::ranked`] and [`SplitTraining::new`].
    pub fn fastest(
        setup: &SplitSetup,
        slots: usize,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<SplitTraining> {
        let ranked = SplitLayout::ranked(setup, slots, costs, seconds_per_byte)?;
        let no_tiles = || {
            let (network, refused) = (text_of(&setup.widths), Vec::new());
            SetupError::NoLayout { network, refused }
        };
        SplitTraining::new(setup, ranked.into_iter().next().ok_or_else(no_tiles)?.0)
    }
}
