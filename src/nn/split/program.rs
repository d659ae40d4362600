//! The server's two halves of a step.

use serde::{Deserialize, Serialize};

use super::{Samples, SplitLayout, SplitSetup, SplitTraffic, text_of};
use crate::{
    Level, RequestError, Result, Rotation, SetupError,
    backend::{Chain, Circuit, Evaluate},
    nn::layout::check_count,
    parallel::try_map,
    program::{Division, Owner, Precision, Program, Rehearsal, Workspace, dealt},
    record,
};

/// The training of a network of one hidden layer in steps of two rounds. Depth 3: with `D_l` the canonical scale of level
/// `l`, and "loose" for the scale that comes out of operands that were only dropped,
///
/// ```text
/// h[k][n] = sum over rows of sum_m x[k][m] U[m][n]          3 -> 2
/// a[k][n] = h[k][n]^2                                       2 -> 1
/// z[k][m] = sum_n a[k][n] U[m][n],  m with outputs          1 -> 0  loose
///
/// g[k][n] = sum over rows of sum_m e[k][m] U[m][n]          3 -> 2
/// d[k][n] = g[k][n] h[k][n]                                 2 -> 1
/// G[m][n] = sum_k x[k][m] d[k][n] + a[k][n] e[k][m]         1 -> 0  loose
/// ```
///
/// for blocks `k` of samples, tiles `m` of rows and `n` of units. Every sum of products has one relinearisation and one
/// rescale. In a tile that inputs and outputs share, samples are zero on the rows of outputs and errors on those of
/// inputs, so neither disturbs the other. With [early](super::Arrangement::Early) slopes, `h[k][n] x[k][m]` (2 -> 1) is
/// multiplied by `g` (2 -> 1) instead of `x` by `d`, and errors and outputs' weights enter at level 2.
pub struct SplitTraining {
    setup: SplitSetup,
    layout: SplitLayout,
    blocks: usize,
    /// Of the sums of `h` and of `g`.
    rotations: [Vec<Rotation>; 2],
}

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SplitCall {
    /// The logits of these groups of samples, counted from 0 in the order in which they were sent. The server holds what
    /// the gradients need.
    Forward(Vec<usize>),
    /// The same for samples in the request: their number of blocks.
    ForwardSent(usize),
    /// The gradients for the errors of so many blocks. May be asked again.
    Backward(usize),
    /// The logits of samples in the request, without gradients to follow: their number of blocks.
    Infer(usize),
}

/// A group of samples, in tiles of inputs.
#[derive(Clone, Debug)]
pub struct SplitSamples<T> {
    /// The tiles.
    pub inputs: Vec<T>,
}
record!(SplitSamples { inputs: many });

/// What a request brings: weights and, unless the server has them, samples in a forward pass; errors in a backward one.
#[derive(Clone, Debug)]
pub struct SplitRequest<T> {
    /// Both matrices, by tiles of rows and then of units.
    pub weights: Vec<T>,
    /// Samples, by blocks and then by tiles of inputs.
    pub samples: Vec<T>,
    /// Errors, by blocks and then by tiles of outputs.
    pub errors: Vec<T>,
}
record!(SplitRequest { weights: many, samples: many, errors: many });

/// What the server holds between the rounds of a step.
#[derive(Clone, Debug)]
pub struct SplitHeld<T> {
    /// The samples at the level of the last products.
    pub samples: Vec<T>,
    /// `h`, by blocks and then by tiles of units; empty if slopes entered early.
    pub hidden: Vec<T>,
    /// `h x` by blocks, tiles of units and tiles of inputs; empty unless slopes enter early.
    pub sloped: Vec<T>,
    /// `a`.
    pub activated: Vec<T>,
    /// The tiles of weights with outputs.
    pub outputs: Vec<T>,
}
record!(SplitHeld { samples: many, hidden: many, sloped: many, activated: many, outputs: many });

/// Products that the client sums: for each unit those of the logits, or for each sample those of the gradients.
#[derive(Clone, Debug)]
pub struct SplitAnswer<T> {
    /// By blocks and then by tiles of outputs, or by tiles of rows and then of units.
    pub products: Vec<T>,
}
record!(SplitAnswer { products: many });

/// The logits, and what the second half needs beside the samples.
struct Forward<C> {
    products: Vec<C>,
    held: SplitHeld<C>,
}

impl SplitTraining {
    /// A training in tiles.
    ///
    /// # Errors
    /// The errors of [`SplitSetup::check`]; `WrongShape` for the layout of another network; `LayoutUnsuited` for tiles of
    /// which a step takes more than 16384.
    pub fn new(setup: &SplitSetup, layout: SplitLayout) -> Result<SplitTraining> {
        setup.check()?;
        let (widths, planned) = (super::one_hidden_layer(&setup.widths)?, layout.widths());
        if let Some((&expected, actual)) = widths.iter().zip(planned).find(|(expected, actual)| **expected != *actual) {
            let (what, expected, actual) = ("a layer of a split layout", (expected, 1), (actual, 1));
            return Err(SetupError::WrongShape { what, expected, actual }.into());
        }
        let blocks = setup.blocks(layout.shape().samples);
        let SplitTraffic { high, low, samples } = layout.traffic_of(blocks);
        setup.check_ciphertexts("split", high + low + samples)?;
        let rotations = layout.rotations()?;
        Ok(SplitTraining { setup: setup.clone(), layout, blocks, rotations })
    }

    /// What both parties agree on.
    pub fn setup(&self) -> &SplitSetup {
        &self.setup
    }

    /// The tiles.
    pub fn layout(&self) -> &SplitLayout {
        &self.layout
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.setup.widths.last().copied().unwrap_or_default()
    }

    /// The largest number of blocks of samples in a request.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// The first half.
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        samples: &[&E::Ciphertext],
        weights: &[E::Ciphertext],
    ) -> Result<Forward<E::Ciphertext>> {
        let tiles = self.layout.tiles();
        let blocks = samples.len() / tiles.inputs;
        let hidden = try_map(0..blocks * tiles.units, |at| {
            let (k, n) = (at / tiles.units, at % tiles.units);
            let term = |m: usize| (samples[k * tiles.inputs + m], &weights[m * tiles.units + n]);
            let sum = c.product_sum(&(0..tiles.inputs).map(term).collect::<Vec<_>>())?;
            c.add_rotations(sum, &self.rotations[0])
        })?;
        let activated = try_map(0..hidden.len(), |at| c.square(&hidden[at]))?;
        let last = c.level(&activated[0]);
        let outputs = weights[tiles.first_output * tiles.units..].to_vec();
        let low = try_map(0..outputs.len(), |at| c.drop_loosely(&outputs[at], last))?;
        let logits = try_map(0..blocks * tiles.outputs(), |at| {
            let (k, m) = (at / tiles.outputs(), at % tiles.outputs());
            let term = |n: usize| (&activated[k * tiles.units + n], &low[m * tiles.units + n]);
            let products = c.product_sum_loosely(&(0..tiles.units).map(term).collect::<Vec<_>>(), last)?;
            c.expect_mean("the products of the logits", &products, self.setup.mean_product)?;
            Ok(products)
        })?;
        let held = SplitHeld { samples: Vec::new(), hidden, sloped: Vec::new(), activated, outputs };
        Ok(Forward { products: logits, held })
    }

    /// The products of the logits alone.
    pub(super) fn logits<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        samples: &[&E::Ciphertext],
        weights: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        Ok(self.forward(c, samples, weights)?.products)
    }

    /// Adds what the second half needs of the samples, which a server that sends its answers at once could do while the
    /// client reads the logits.
    fn hold<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        samples: &[&E::Ciphertext],
        forward: SplitHeld<E::Ciphertext>,
    ) -> Result<SplitHeld<E::Ciphertext>> {
        let (inputs, units) = (self.layout.tiles().inputs, self.layout.tiles().units);
        let at = c.level(if self.layout.is_early() { &forward.hidden[0] } else { &forward.activated[0] });
        let low = try_map(0..samples.len(), |x| c.drop_loosely(samples[x], at))?;
        if !self.layout.is_early() {
            return Ok(SplitHeld { samples: low, ..forward });
        }
        let sloped = try_map(0..forward.hidden.len() * inputs, |index| {
            let (hidden, m) = (index / inputs, index % inputs);
            c.multiply_loosely(&forward.hidden[hidden], &low[hidden / units * inputs + m], at)
        })?;
        Ok(SplitHeld { hidden: Vec::new(), sloped, ..forward })
    }

    /// The products of both gradients.
    fn backward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        errors: &[E::Ciphertext],
        held: &SplitHeld<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let (tiles, early) = (self.layout.tiles(), self.layout.is_early());
        let blocks = errors.len() / tiles.outputs();
        let last = c.level(&held.activated[0]);
        let low = try_map(0..errors.len(), |at| c.drop_loosely(&errors[at], last))?;
        let deltas = try_map(0..blocks * tiles.units, |at| {
            let (k, n) = (at / tiles.units, at % tiles.units);
            let term = |m: usize| (&errors[k * tiles.outputs() + m], &held.outputs[m * tiles.units + n]);
            let sum = c.product_sum(&(0..tiles.outputs()).map(term).collect::<Vec<_>>())?;
            let below = c.add_rotations(sum, &self.rotations[1])?;
            if early { Ok(below) } else { c.multiply(&below, &held.hidden[at]) }
        })?;
        try_map(0..tiles.rows * tiles.units, |at| {
            let (m, n) = (at / tiles.units, at % tiles.units);
            let mut terms = Vec::with_capacity(2 * blocks);
            for k in 0..blocks {
                let unit = k * tiles.units + n;
                if m < tiles.inputs {
                    let factor = match early {
                        true => &held.sloped[unit * tiles.inputs + m],
                        false => &held.samples[k * tiles.inputs + m],
                    };
                    terms.push((&deltas[unit], factor));
                }
                if m >= tiles.first_output {
                    terms.push((&held.activated[unit], &low[k * tiles.outputs() + m - tiles.first_output]));
                }
            }
            let products = c.product_sum_loosely(&terms, last)?;
            c.expect_mean("the products of the gradients", &products, self.setup.mean_product)?;
            Ok(products)
        })
    }

    pub(super) fn check_blocks(&self, actual: usize) -> Result<()> {
        match (1..=self.blocks).contains(&actual) {
            true => Ok(()),
            false => Err(RequestError::WrongBlocks { most: self.blocks, actual }.into()),
        }
    }
}

impl Program for SplitTraining {
    /// The server does not learn how many samples a group has.
    type Part = ();
    type Call = SplitCall;
    type Kept = SplitSamples<()>;
    type Held = SplitHeld<()>;
    type Asked = SplitRequest<()>;
    type Answer = SplitAnswer<()>;

    fn kept(&self, (): &(), entry: Level, _: &Chain) -> Result<SplitSamples<Level>> {
        Ok(SplitSamples { inputs: vec![entry; self.layout.tiles().inputs] })
    }

    fn asked(&self, call: &SplitCall, entry: Level, _: &Chain) -> Result<SplitRequest<Level>> {
        let tiles = self.layout.tiles();
        // Where slopes enter early, nothing that belongs to outputs shares a tile with inputs.
        let late = if self.layout.is_early() { Level(entry.0.saturating_sub(1)) } else { entry };
        let mut levels = SplitRequest { weights: Vec::new(), samples: Vec::new(), errors: Vec::new() };
        if let SplitCall::Backward(blocks) = *call {
            self.check_blocks(blocks)?;
            levels.errors = vec![late; blocks * tiles.outputs()];
            return Ok(levels);
        }
        levels.weights = vec![entry; tiles.first_output * tiles.units];
        levels.weights.resize(tiles.rows * tiles.units, late);
        match call {
            SplitCall::Forward(groups) => self.check_blocks(groups.len())?,
            SplitCall::ForwardSent(blocks) | SplitCall::Infer(blocks) | SplitCall::Backward(blocks) => {
                self.check_blocks(*blocks)?;
                levels.samples = vec![entry; blocks * tiles.inputs];
            }
        }
        Ok(levels)
    }

    fn begins(&self, call: &SplitCall) -> bool {
        !matches!(call, SplitCall::Backward(_))
    }

    /// Whichever groups there are, only their number matters.
    fn kind(&self, call: &SplitCall) -> Option<u64> {
        let (half, blocks) = match call {
            SplitCall::Forward(groups) => (0, groups.len()),
            SplitCall::ForwardSent(blocks) => (1, *blocks),
            SplitCall::Backward(blocks) => (2, *blocks),
            SplitCall::Infer(blocks) => (3, *blocks),
        };
        Some(4 * blocks as u64 + half)
    }

    fn shares(&self) -> usize {
        self.setup.shares
    }

    /// Everyone has the weights, and block `k` is computed by member `k % members`, who keeps its samples. The products of a
    /// gradient are summed, those of logits are not.
    fn divide(&self, call: &SplitCall, members: usize) -> Result<Option<Division<Self>>> {
        let tiles = self.layout.tiles();
        let blocks = match call {
            SplitCall::Forward(groups) => {
                check_places(groups, members)?;
                groups.len()
            }
            SplitCall::ForwardSent(blocks) | SplitCall::Backward(blocks) | SplitCall::Infer(blocks) => *blocks,
        };
        self.check_blocks(blocks)?;
        let own = |member| {
            let own = dealt(blocks, member, members);
            match (own.len(), call) {
                (0, _) => None,
                (_, SplitCall::Forward(groups)) => Some(SplitCall::Forward(own.map(|k| groups[k]).collect())),
                (count, SplitCall::ForwardSent(_)) => Some(SplitCall::ForwardSent(count)),
                (count, SplitCall::Backward(_)) => Some(SplitCall::Backward(count)),
                (count, SplitCall::Infer(_)) => Some(SplitCall::Infer(count)),
            }
        };
        let by_block = |each: usize| (0..blocks * each).map(|at| Owner::Member(at / each % members)).collect();
        let weights = |owner: Owner| vec![owner; tiles.rows * tiles.units];
        let mut asked = SplitRequest { weights: Vec::new(), samples: Vec::new(), errors: Vec::new() };
        let products = match call {
            SplitCall::Backward(_) => {
                asked.errors = by_block(tiles.outputs());
                weights(Owner::Sum)
            }
            _ => {
                asked.weights = weights(Owner::Everyone);
                by_block(tiles.outputs())
            }
        };
        if matches!(call, SplitCall::ForwardSent(_) | SplitCall::Infer(_)) {
            asked.samples = by_block(tiles.inputs);
        }
        Ok(Some(Division { calls: (0..members).map(own).collect(), asked, answer: SplitAnswer { products } }))
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        let blocks = self.blocks;
        let (parts, forward) = match self.setup.samples {
            Samples::Kept => (vec![(); blocks], SplitCall::Forward((0..blocks).collect())),
            Samples::Sent => (Vec::new(), SplitCall::ForwardSent(blocks)),
        };
        Rehearsal { parts, calls: vec![forward, SplitCall::Backward(blocks)] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        call: &SplitCall,
        asked: &SplitRequest<E::Ciphertext>,
    ) -> Result<SplitAnswer<E::Ciphertext>> {
        let Workspace { circuit: c, kept, held, .. } = workspace;
        if let SplitCall::Backward(_) = call {
            let forward = held.as_ref().ok_or(RequestError::NothingKept { what: "a forward pass" })?;
            let expected = forward.activated.len() / self.layout.tiles().units * self.layout.tiles().outputs();
            check_count("packed errors of a forward pass", expected, &asked.errors)?;
            return Ok(SplitAnswer { products: self.backward(c, &asked.errors, forward)? });
        }
        // Memory for one step at a time.
        *held = None;
        let samples: Vec<&E::Ciphertext> = match call {
            SplitCall::Forward(groups) => {
                let group = |&actual: &usize| {
                    let unknown = RequestError::UnknownBatch { expected: kept.len(), actual };
                    Ok(kept.get(actual).ok_or(unknown)?.data()?.inputs.iter())
                };
                groups.iter().map(group).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect()
            }
            _ => asked.samples.iter().collect(),
        };
        let Forward { products, held: forward } = self.forward(c, &samples, &asked.weights)?;
        if !matches!(call, SplitCall::Infer(_)) {
            *held = Some(self.hold(c, &samples, forward)?);
        }
        Ok(SplitAnswer { products })
    }

    /// Products that come back are at most of the mean that was promised; nothing is computed from them here.
    fn precision(&self) -> Precision {
        Precision::Returned { room_bits: self.setup.mean_product.max(1.0).log2().ceil() as u32, rotates: true }
    }

    fn title(&self) -> String {
        format!("a split training step of network {} in tiles of {}", text_of(&self.setup.widths), self.layout.shape())
    }

    fn remedy(&self) -> &'static str {
        "a smaller network or a smaller batch"
    }
}

/// Returns an error unless every group of samples is kept by the member that computes the block in its place.
pub(in crate::nn) fn check_places(groups: &[usize], members: usize) -> Result<()> {
    match groups.iter().enumerate().all(|(block, group)| block % members == group % members) {
        true => Ok(()),
        false => Err(RequestError::KeptElsewhere.into()),
    }
}
