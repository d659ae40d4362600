//! The server's products, layer by layer.

use serde::{Deserialize, Serialize};

use super::{LayerLayout, LayerwiseTiles};
use crate::{
    Level, RequestError, Result,
    backend::{Chain, Circuit, Evaluate},
    nn::{
        layout::check_count,
        shapes,
        split::{Samples, SplitSamples, SplitSetup, check_places, text_of},
    },
    parallel::try_map,
    program::{Division, Owner, Precision, Program, Rehearsal, Workspace, dealt},
    record,
};

/// The training of a network of any number of layers in products of one level. For blocks `k` of samples, tiles `m` of
/// inputs and `n` of outputs of a layer,
///
/// ```text
/// z[k][n] = sum_m a[k][m] W[m][n]       forward
/// G[m][n] = sum_k a[k][m] e[k][n]       backward
/// b[k][m] = sum_n e[k][n] W[m][n]       backward, unless it is the first layer
/// ```
///
/// each 1 -> 0, with one relinearisation for every sum.
pub struct LayerwiseTraining {
    setup: SplitSetup,
    tiles: LayerwiseTiles,
    layers: Vec<LayerLayout>,
    blocks: usize,
}

/// A request, for a layer counted from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LayerCall {
    /// The products of the first layer with these groups of samples, counted from 0 in the order in which they were sent.
    First(Vec<usize>),
    /// The products of a layer with samples in the request.
    Forward {
        /// The layer: the first one, or the next.
        layer: usize,
        /// Blocks of samples.
        blocks: usize,
    },
    /// The products with the errors of a layer, after a forward pass through all of them. May be asked again.
    Backward {
        /// The layer.
        layer: usize,
        /// Blocks of the forward pass.
        blocks: usize,
    },
}

/// What a request brings: weights, and samples unless the server has them, in a forward pass; errors in a backward one.
#[derive(Clone, Debug)]
pub struct LayerRequest<T> {
    /// By tiles of inputs and then of outputs.
    pub weights: Vec<T>,
    /// By blocks and then by tiles of inputs.
    pub samples: Vec<T>,
    /// By blocks and then by tiles of outputs.
    pub errors: Vec<T>,
}
record!(LayerRequest { weights: many, samples: many, errors: many });

/// What the server holds of a forward pass, layer after layer.
#[derive(Clone, Debug)]
pub struct LayerHeld<T> {
    /// Samples by layer, then by block, then by tile of inputs.
    pub samples: Vec<T>,
    /// Weights by layer, then by tiles of inputs and of outputs.
    pub weights: Vec<T>,
}
record!(LayerHeld { samples: many, weights: many });

/// Products that the client sums.
#[derive(Clone, Debug)]
pub struct LayerAnswer<T> {
    /// `z` by blocks and then by tiles of outputs, or `G` by tiles of inputs and then of outputs.
    pub products: Vec<T>,
    /// `b` by blocks and then by tiles of inputs; empty in a forward pass and for the first layer.
    pub below: Vec<T>,
}
record!(LayerAnswer { products: many, below: many });

impl LayerwiseTraining {
    /// A training in tiles.
    ///
    /// # Errors
    /// The errors of [`SplitSetup::check`] and [`LayerLayout::new`]; `WrongCount` unless there is a width of the tiles for
    /// each layer; `LayoutUnsuited` for tiles of which a step takes more than 16384.
    pub fn new(setup: &SplitSetup, tiles: LayerwiseTiles, slots: usize) -> Result<LayerwiseTraining> {
        setup.check()?;
        let LayerwiseTiles { samples, inputs } = &tiles;
        let pairs: Vec<[usize; 2]> = setup.widths.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        shapes::check_count("widths of the tiles", pairs.len(), inputs.len())?;
        let layer = |(pair, &width): (&[usize; 2], &usize)| {
            let outputs = width.checked_mul(*samples).and_then(|taken| slots.checked_div(taken)).unwrap_or_default();
            LayerLayout::new(*pair, [width, outputs, *samples], slots)
        };
        let layers = pairs.iter().zip(inputs).map(layer).collect::<Result<Vec<_>>>()?;
        let training = LayerwiseTraining { blocks: setup.blocks(*samples), setup: setup.clone(), tiles, layers };
        setup.check_ciphertexts("layerwise", training.ciphertexts())?;
        Ok(training)
    }

    /// What both parties agree on.
    pub fn setup(&self) -> &SplitSetup {
        &self.setup
    }

    /// The tiles.
    pub fn tiles(&self) -> &LayerwiseTiles {
        &self.tiles
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[LayerLayout] {
        &self.layers
    }

    /// The largest number of blocks of samples in a request.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    fn layer(&self, layer: usize) -> Result<&LayerLayout> {
        let unknown = RequestError::UnknownLayer { expected: self.layers.len(), actual: layer };
        self.layers.get(layer).ok_or_else(|| unknown.into())
    }

    fn check_blocks(&self, actual: usize) -> Result<()> {
        match (1..=self.blocks).contains(&actual) {
            true => Ok(()),
            false => Err(RequestError::WrongBlocks { most: self.blocks, actual }.into()),
        }
    }

    /// Tiles of inputs, and of weights, of all layers below.
    fn below(&self, layer: usize) -> [usize; 2] {
        let tiles = self.layers[..layer].iter().map(LayerLayout::tiles);
        tiles.fold([0, 0], |[samples, weights], [inputs, outputs]| [samples + inputs, weights + inputs * outputs])
    }

    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        layer: usize,
        samples: &[E::Ciphertext],
        weights: &[E::Ciphertext],
    ) -> Result<LayerAnswer<E::Ciphertext>> {
        let [inputs, outputs] = self.layers[layer].tiles();
        let products = try_map(0..samples.len() / inputs * outputs, |at| {
            let (k, n) = (at / outputs, at % outputs);
            let term = |m: usize| (&samples[k * inputs + m], &weights[m * outputs + n]);
            self.sum(c, "the products of a layer", (0..inputs).map(term))
        })?;
        Ok(LayerAnswer { products, below: Vec::new() })
    }

    fn backward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        layer: usize,
        errors: &[E::Ciphertext],
        held: &LayerHeld<E::Ciphertext>,
    ) -> Result<LayerAnswer<E::Ciphertext>> {
        let ([inputs, outputs], [samples_below, weights_below]) = (self.layers[layer].tiles(), self.below(layer));
        let blocks = errors.len() / outputs;
        let samples = &held.samples[blocks * samples_below..];
        let weights = &held.weights[weights_below..];
        let products = try_map(0..inputs * outputs, |at| {
            let (m, n) = (at / outputs, at % outputs);
            let term = |k: usize| (&samples[k * inputs + m], &errors[k * outputs + n]);
            self.sum(c, "the products of a gradient", (0..blocks).map(term))
        })?;
        let below = try_map(0..(if layer == 0 { 0 } else { blocks * inputs }), |at| {
            let (k, m) = (at / inputs, at % inputs);
            let term = |n: usize| (&errors[k * outputs + n], &weights[m * outputs + n]);
            self.sum(c, "the products of errors", (0..outputs).map(term))
        })?;
        Ok(LayerAnswer { products, below })
    }

    fn sum<'a, E: Evaluate>(
        &self,
        c: &Circuit<E>,
        what: &'static str,
        terms: impl Iterator<Item = (&'a E::Ciphertext, &'a E::Ciphertext)>,
    ) -> Result<E::Ciphertext>
    where
        E::Ciphertext: 'a,
    {
        let sum = c.product_sum(&terms.collect::<Vec<_>>())?;
        c.expect_mean(what, &sum, self.setup.mean_product)?;
        Ok(sum)
    }
}

impl Program for LayerwiseTraining {
    type Part = ();
    type Call = LayerCall;
    type Kept = SplitSamples<()>;
    type Held = LayerHeld<()>;
    type Asked = LayerRequest<()>;
    type Answer = LayerAnswer<()>;

    fn kept(&self, (): &(), entry: Level, _: &Chain) -> Result<SplitSamples<Level>> {
        Ok(SplitSamples { inputs: vec![entry; self.layers[0].tiles()[0]] })
    }

    fn asked(&self, call: &LayerCall, entry: Level, _: &Chain) -> Result<LayerRequest<Level>> {
        let (layer, blocks) = match call {
            LayerCall::First(groups) => (0, groups.len()),
            LayerCall::Forward { layer, blocks } | LayerCall::Backward { layer, blocks } => (*layer, *blocks),
        };
        let [inputs, outputs] = self.layer(layer)?.tiles();
        self.check_blocks(blocks)?;
        let (weights, samples, errors) = match call {
            LayerCall::First(_) => (inputs * outputs, 0, 0),
            LayerCall::Forward { .. } => (inputs * outputs, blocks * inputs, 0),
            LayerCall::Backward { .. } => (0, 0, blocks * outputs),
        };
        let levels = |count: usize| vec![entry; count];
        Ok(LayerRequest { weights: levels(weights), samples: levels(samples), errors: levels(errors) })
    }

    fn begins(&self, call: &LayerCall) -> bool {
        matches!(call, LayerCall::First(_) | LayerCall::Forward { layer: 0, .. })
    }

    /// Whichever groups there are, only their number matters.
    fn kind(&self, call: &LayerCall) -> Option<u64> {
        let (pass, layer, blocks) = match call {
            LayerCall::First(groups) => (0, 0, groups.len()),
            LayerCall::Forward { layer, blocks } => (1, *layer, *blocks),
            LayerCall::Backward { layer, blocks } => (2, *layer, *blocks),
        };
        Some((blocks as u64) << 16 | (layer as u64) << 2 | pass)
    }

    fn shares(&self) -> usize {
        self.setup.shares
    }

    /// As of a split step: everyone has the weights, block `k` is computed by member `k % members`, and the products of a
    /// gradient are summed.
    fn divide(&self, call: &LayerCall, members: usize) -> Result<Option<Division<Self>>> {
        let (layer, blocks) = match call {
            LayerCall::First(groups) => {
                check_places(groups, members)?;
                (0, groups.len())
            }
            LayerCall::Forward { layer, blocks } | LayerCall::Backward { layer, blocks } => (*layer, *blocks),
        };
        self.check_blocks(blocks)?;
        let [inputs, outputs] = self.layer(layer)?.tiles();
        let own = |member| {
            let own = dealt(blocks, member, members);
            match (own.len(), call) {
                (0, _) => None,
                (_, LayerCall::First(groups)) => Some(LayerCall::First(own.map(|k| groups[k]).collect())),
                (blocks, LayerCall::Forward { .. }) => Some(LayerCall::Forward { layer, blocks }),
                (blocks, LayerCall::Backward { .. }) => Some(LayerCall::Backward { layer, blocks }),
            }
        };
        let by_block = |each: usize| (0..blocks * each).map(|at| Owner::Member(at / each % members)).collect();
        let mut asked = LayerRequest { weights: Vec::new(), samples: Vec::new(), errors: Vec::new() };
        let mut answer = LayerAnswer { products: Vec::new(), below: Vec::new() };
        match call {
            LayerCall::Backward { .. } => {
                asked.errors = by_block(outputs);
                answer.products = vec![Owner::Sum; inputs * outputs];
                if layer > 0 {
                    answer.below = by_block(inputs);
                }
            }
            LayerCall::First(_) | LayerCall::Forward { .. } => {
                asked.weights = vec![Owner::Everyone; inputs * outputs];
                if matches!(call, LayerCall::Forward { .. }) {
                    asked.samples = by_block(inputs);
                }
                answer.products = by_block(outputs);
            }
        }
        Ok(Some(Division { calls: (0..members).map(own).collect(), asked, answer }))
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        let (blocks, layers) = (self.blocks, self.layers.len());
        let (parts, first) = match self.setup.samples {
            Samples::Kept => (vec![(); blocks], LayerCall::First((0..blocks).collect())),
            Samples::Sent => (Vec::new(), LayerCall::Forward { layer: 0, blocks }),
        };
        let forward = (1..layers).map(|layer| LayerCall::Forward { layer, blocks });
        let backward = (0..layers).rev().map(|layer| LayerCall::Backward { layer, blocks });
        Rehearsal { parts, calls: [first].into_iter().chain(forward).chain(backward).collect() }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        call: &LayerCall,
        asked: &LayerRequest<E::Ciphertext>,
    ) -> Result<LayerAnswer<E::Ciphertext>> {
        let Workspace { circuit: c, kept, held, .. } = workspace;
        let missing = RequestError::NothingKept { what: "a forward pass through the layers before" };
        let (layer, samples) = match call {
            LayerCall::Backward { layer, .. } => {
                let held = held.as_ref().ok_or(missing)?;
                let [samples, weights] = self.below(self.layers.len());
                let blocks = asked.errors.len() / self.layer(*layer)?.tiles()[1];
                check_count("the samples of a forward pass", blocks * samples, &held.samples)?;
                check_count("the weights of a forward pass", weights, &held.weights)?;
                return self.backward(c, *layer, &asked.errors, held);
            }
            LayerCall::Forward { layer, .. } => (*layer, asked.samples.clone()),
            LayerCall::First(groups) => {
                let group = |&actual: &usize| {
                    let unknown = RequestError::UnknownBatch { expected: kept.len(), actual };
                    Ok(kept.get(actual).ok_or(unknown)?.data()?.inputs.as_slice())
                };
                (0, groups.iter().map(group).collect::<Result<Vec<_>>>()?.concat())
            }
        };
        let mut forward = match layer {
            // Memory for one step at a time.
            0 => LayerHeld { samples: Vec::new(), weights: Vec::new() },
            _ => held.take().ok_or(missing)?,
        };
        let ([samples_below, weights_below], inputs) = (self.below(layer), self.layers[layer].tiles()[0]);
        check_count("the samples of the layers before", samples.len() / inputs * samples_below, &forward.samples)?;
        check_count("the weights of the layers before", weights_below, &forward.weights)?;
        let answer = self.forward(c, layer, &samples, &asked.weights)?;
        forward.samples.extend(samples);
        forward.weights.extend_from_slice(&asked.weights);
        *held = Some(forward);
        Ok(answer)
    }

    fn precision(&self) -> Precision {
        Precision::Returned { room_bits: self.setup.mean_product.max(1.0).log2().ceil() as u32, rotates: false }
    }

    fn title(&self) -> String {
        format!("a training step of network {}, layer by layer", text_of(&self.setup.widths))
    }

    fn remedy(&self) -> &'static str {
        "a smaller network or a smaller batch"
    }
}
