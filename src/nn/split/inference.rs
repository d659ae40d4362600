//! The forward half of a split step, as an inference of its own.

use serde::{Deserialize, Serialize};

use super::{SplitAnswer, SplitLayout, SplitSamples, SplitSetup, SplitTraining, text_of};
use crate::{
    Level, RequestError, Result, SetupError,
    backend::{Chain, CostModel, Evaluate},
    nn::layout::check_count,
    program::{Division, Owner, Precision, Program, Rehearsal, Workspace, dealt},
    record,
};

/// The logits of a network of one hidden layer with encrypted weights, which are sent once, for as many blocks of samples at
/// a time as there are shares: what a [`SplitTraining`] computes before the client has errors. Depth 3.
///
/// A block of `B` samples in tiles of `P x Q x B` takes a ciphertext for every `P` inputs. In tiles of few units all samples
/// together take few ciphertexts, in tiles of many the weights do: the planner weighs one against the other by the number
/// of samples ([`SplitInference::fastest`]).
pub struct SplitInference {
    step: SplitTraining,
}

/// Both matrices, by tiles of rows and then of units.
#[derive(Clone, Debug)]
pub struct SplitWeights<T> {
    /// The tiles.
    pub weights: Vec<T>,
}
record!(SplitWeights { weights: many });

/// The blocks of a request. Of a single one, nothing is said, as earlier versions have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<usize>", into = "Option<usize>")]
pub struct Blocks(pub usize);

impl From<Option<usize>> for Blocks {
    fn from(blocks: Option<usize>) -> Blocks {
        Blocks(blocks.unwrap_or(1))
    }
}

impl From<Blocks> for Option<usize> {
    fn from(Blocks(blocks): Blocks) -> Option<usize> {
        (blocks != 1).then_some(blocks)
    }
}

/// Memory that encrypted weights may take at the server, in bytes: half of a gibibyte.
const MOST_KEPT: usize = 1 << 29;

impl SplitInference {
    /// An inference in tiles, of a block of as many samples as a tile has.
    ///
    /// # Errors
    /// As [`SplitTraining::new`].
    pub fn new(widths: &[usize], layout: SplitLayout) -> Result<SplitInference> {
        let setup = SplitSetup::new(widths, layout.shape().samples);
        Ok(SplitInference { step: SplitTraining::new(&setup, layout)? })
    }

    /// The same for so many blocks at a time, which several members of a team compute at the same time.
    ///
    /// # Errors
    /// As [`SplitTraining::new`].
    pub fn with_shares(self, shares: usize) -> Result<SplitInference> {
        let setup = SplitSetup::new(self.widths(), self.block().saturating_mul(shares)).with_shares(shares);
        Ok(SplitInference { step: SplitTraining::new(&setup, self.step.layout().clone())? })
    }

    /// The inference in the tiles in which so many samples take the least time by a cost model: the weights once, and every
    /// block with its encryptions, operations and bytes (at `seconds_per_byte`). Tiles whose weights would take more than
    /// half a GiB are left out unless all do.
    ///
    /// # Errors
    /// `OutOfBounds` without samples; the errors of [`SplitLayout::all`] and [`SplitInference::new`].
    pub fn fastest(
        widths: &[usize],
        samples: usize,
        slots: usize,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<SplitInference> {
        let layouts = SplitLayout::all(widths, slots)?.into_iter().filter(|layout| !layout.is_early());
        let chain = Chain::nominal(slots.saturating_mul(2), super::counts::DEPTH, 40)?;
        let timed = layouts.map(|layout| {
            let tiles = layout.tiles();
            let kept = tiles.rows * tiles.units * chain.ciphertext_bytes(chain.top());
            let seconds = layout.inference_seconds(samples, &chain, costs, seconds_per_byte)?;
            Ok((kept > MOST_KEPT, seconds, layout))
        });
        let timed = timed.collect::<Result<Vec<_>>>()?;
        let fastest = timed.into_iter().min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let no_tiles = || SetupError::NoLayout { network: text_of(widths), refused: Vec::new() };
        let (.., layout) = fastest.ok_or_else(no_tiles)?;
        SplitInference::new(widths, layout)
    }

    /// The tiles.
    pub fn layout(&self) -> &SplitLayout {
        self.step.layout()
    }

    /// Units of every layer, features first.
    pub fn widths(&self) -> &[usize] {
        &self.step.setup().widths
    }

    /// The largest number of samples at a time, in all shares.
    pub fn batch(&self) -> usize {
        self.block() * self.shares()
    }

    /// The samples of a block.
    pub fn block(&self) -> usize {
        self.layout().shape().samples
    }
}

impl Program for SplitInference {
    type Part = ();
    type Call = Blocks;
    type Kept = SplitWeights<()>;
    type Held = ();
    type Asked = SplitSamples<()>;
    type Answer = SplitAnswer<()>;

    fn kept(&self, (): &(), entry: Level, _: &Chain) -> Result<SplitWeights<Level>> {
        let tiles = self.layout().tiles();
        Ok(SplitWeights { weights: vec![entry; tiles.rows * tiles.units] })
    }

    fn asked(&self, &Blocks(blocks): &Blocks, entry: Level, _: &Chain) -> Result<SplitSamples<Level>> {
        self.step.check_blocks(blocks)?;
        Ok(SplitSamples { inputs: vec![entry; blocks * self.layout().tiles().inputs] })
    }

    fn kind(&self, &Blocks(blocks): &Blocks) -> Option<u64> {
        Some(blocks as u64)
    }

    fn shares(&self) -> usize {
        self.step.shares()
    }

    /// Everyone has the weights.
    fn keeper(&self, _: usize, _: usize) -> Owner {
        Owner::Everyone
    }

    /// Block `k` is computed by member `k % members`.
    fn divide(&self, &Blocks(blocks): &Blocks, members: usize) -> Result<Option<Division<Self>>> {
        self.step.check_blocks(blocks)?;
        let tiles = self.layout().tiles();
        let own = |member| Some(Blocks(dealt(blocks, member, members).len())).filter(|own| own.0 > 0);
        let by_block = |each: usize| (0..blocks * each).map(|at| Owner::Member(at / each % members)).collect();
        Ok(Some(Division {
            calls: (0..members).map(own).collect(),
            asked: SplitSamples { inputs: by_block(tiles.inputs) },
            answer: SplitAnswer { products: by_block(tiles.outputs()) },
        }))
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        Rehearsal { parts: vec![()], calls: vec![Blocks(self.shares())] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        &Blocks(blocks): &Blocks,
        asked: &SplitSamples<E::Ciphertext>,
    ) -> Result<SplitAnswer<E::Ciphertext>> {
        let kept = workspace.kept.last().ok_or(RequestError::NothingKept { what: "encrypted weights" })?;
        check_count("packed samples", blocks * self.layout().tiles().inputs, &asked.inputs)?;
        let samples: Vec<&E::Ciphertext> = asked.inputs.iter().collect();
        Ok(SplitAnswer { products: self.step.logits(workspace.circuit, &samples, &kept.data()?.weights)? })
    }

    fn precision(&self) -> Precision {
        self.step.precision()
    }

    fn title(&self) -> String {
        format!("an inference of network {} in tiles of {}", text_of(self.widths()), self.layout().shape())
    }

    fn remedy(&self) -> &'static str {
        "a smaller network"
    }
}
