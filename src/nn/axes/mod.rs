//! The training step in the axis layout: any number of layers, tiles and batch blocks.

mod choice;
mod step;

use std::fmt;

use ndarray::{Array2, ArrayView2};

use super::{
    Batch, LayoutKind, Network, State, TrainingLayout, TrainingProgram, TrainingSpec, Weights, layout::wrong_count,
    packed_activation::PackedActivation,
};
pub use choice::{Candidate, candidates};

use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate, Slots},
    packing::{AxisLayout, AxisShape, Role},
};

/// Training in the [`AxisLayout`] (spec: packing, 1).
///
/// Activations of index `l` (0 are the inputs) are cut into tiles along the axis that layer `l` reads, weights into
/// tiles along both of their axes, a batch into blocks along B. Forward and backward pass use the same weight
/// ciphertexts; products of all tiles and blocks that go into one sum share its relinearisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    shape: AxisShape,
    gradient: GradientMode,
    layout: AxisLayout,
    dimensions: Vec<usize>,
}

/// Where the slope of the activation enters the gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientMode {
    /// With the layer's inputs, before the error arrives: a level less, one relinearisation a weight tile.
    Early,
    /// With the error (`delta = g phi'(z)`): a level more, one relinearisation a hidden tile.
    Delta,
}

impl fmt::Display for GradientMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GradientMode::Early => "early",
            GradientMode::Delta => "delta",
        })
    }
}

/// The [`Axes`] program.
pub struct AxesProgram {
    axes: Axes,
    spec: TrainingSpec,
    blocks: usize,
    /// For each hidden activation and tile; silent in padding, where early gradients have no other mask.
    activations: Vec<Vec<PackedActivation>>,
    /// Position 0 of P, Q and B.
    first: [Slots; 3],
    /// For each hidden activation, block and tile: weights of its value in a gradient, zero in all padding.
    value_weights: Vec<Grid<Slots>>,
    /// The same for its slope.
    slope_weights: Vec<Grid<Slots>>,
}

/// Tiles of a batch: one row a block. Or tiles of a matrix: one row a tile of its outputs.
type Grid<T> = Vec<Vec<T>>;

impl Axes {
    /// The cheapest shape for a network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` when no shape has a depth that parameters of this size can have.
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<Self> {
        let (shape, gradient) = choice::choose(network, slots, batch)?;
        Axes::with_shape(network, slots, shape, gradient)
    }

    /// The layout of a chosen shape, for comparisons.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` when the shape leaves no slot for a sample.
    pub fn with_shape(network: &Network, slots: usize, shape: AxisShape, gradient: GradientMode) -> Result<Axes> {
        let layout = AxisLayout::new(slots, &shape).ok_or_else(|| SetupError::LayoutDoesNotFit {
            layout: LayoutKind::Axis.name(),
            network: network.to_string(),
            batch: 1,
            needed: 2 * slots,
            slots,
            remedy: "take smaller tiles, fewer guards or a larger --poly-modulus-degree".into(),
        })?;
        Ok(Axes { shape, gradient, layout, dimensions: network.dimensions() })
    }

    /// Where its values lie.
    pub fn layout(&self) -> &AxisLayout {
        &self.layout
    }

    /// Its shape.
    pub fn shape(&self) -> &AxisShape {
        &self.shape
    }

    /// Where slopes enter the gradients.
    pub fn gradient_mode(&self) -> GradientMode {
        self.gradient
    }

    fn layers(&self) -> usize {
        self.dimensions.len() - 1
    }

    fn tiles(&self, index: usize) -> usize {
        self.layout.tiles(self.dimensions[index], Role::of_inputs(index))
    }

    fn blocks(&self, samples: usize) -> usize {
        samples.div_ceil(self.layout.axis(Role::B).size).max(1)
    }

    /// Cuts what is packed layer by layer, tile by tile of outputs and of inputs.
    fn matrices<'a, C>(&self, packed: &'a [C]) -> Result<Vec<Vec<&'a [C]>>> {
        let expected = (0..self.layers()).map(|l| self.tiles(l) * self.tiles(l + 1)).sum();
        if packed.len() != expected {
            return wrong_count("packed weights", expected, packed);
        }
        let mut rest = packed;
        let cut = |l| {
            let (now, later) = rest.split_at(self.tiles(l) * self.tiles(l + 1));
            rest = later;
            now.chunks(self.tiles(l)).collect()
        };
        Ok((0..self.layers()).map(cut).collect())
    }

    fn batch_grid<C: Clone>(&self, what: &'static str, packed: &[C], blocks: usize, index: usize) -> Result<Grid<C>> {
        if packed.len() != blocks * self.tiles(index) {
            return wrong_count(what, blocks * self.tiles(index), packed);
        }
        Ok(packed.chunks(self.tiles(index)).map(<[C]>::to_vec).collect())
    }

    fn pack_batch(&self, x: ArrayView2<f64>, index: usize) -> Vec<Vec<f64>> {
        let role = Role::of_inputs(index);
        let tiles = (0..self.blocks(x.nrows())).flat_map(|n| (0..self.tiles(index)).map(move |i| (n, i)));
        tiles.map(|(n, i)| self.layout.pack_batch_tile(x, role, n, i)).collect()
    }
}

impl TrainingLayout for Axes {
    type Program = AxesProgram;

    fn kind(&self) -> LayoutKind {
        LayoutKind::Axis
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> AxesProgram {
        let form = spec.network.activation().normal_form();
        let factors = PackedActivation::new(form, None);
        let (value, slope) = (factors.value_factor(), factors.slope_factor());
        let (blocks, samples) = (self.blocks(live), self.layout.axis(Role::B).size);
        let rate = |l| spec.optimizer.relative_rate(l);
        // Weights of hidden activation `index`, 1 where unit and sample are live.
        let weights = |index: usize, weight: f64| -> Grid<Slots> {
            let role = Role::of_inputs(index);
            let mask = |n: usize, i: usize| -> Slots {
                let units = self.dimensions[index] - i * self.layout.axis(role).size;
                let live = live - n * samples;
                let alive = |p, q, b| (if role == Role::P { p } else { q }) < units && b < live;
                self.layout.fill(|p, q, b| if alive(p, q, b) { weight } else { 0.0 }).into()
            };
            let tiles = |n| (0..self.tiles(index)).map(|i| mask(n, i)).collect();
            // All blocks but the last are full, and share their masks.
            let (full, last): (Vec<Slots>, _) = (tiles(0), tiles(blocks - 1));
            (0..blocks).map(|n| if n + 1 < blocks { full.clone() } else { last.clone() }).collect()
        };
        let activations = |index: usize| -> Vec<PackedActivation> {
            let role = Role::of_inputs(index);
            let tile = |i: usize| {
                let units = self.dimensions[index] - i * self.layout.axis(role).size;
                let alive = |p, q| (if role == Role::P { p } else { q }) < units;
                let live = self.layout.fill(|p, q, _| if alive(p, q) { 1.0 } else { 0.0 });
                let padded = units < self.layout.axis(role).size;
                PackedActivation::new(form, padded.then_some(&live[..]))
            };
            (0..self.tiles(index)).map(tile).collect()
        };
        let hidden = 1..self.layers();
        let slope_of = |index: usize| match self.gradient {
            // Meets the inputs of its layer, which lack a factor when they are activations.
            GradientMode::Early => slope * rate(index - 1) * if index > 1 { value } else { 1.0 },
            GradientMode::Delta => slope,
        };
        AxesProgram {
            axes: self.clone(),
            spec: spec.clone(),
            blocks,
            first: [Role::P, Role::Q, Role::B].map(|role| self.layout.first(role).into()),
            value_weights: hidden.clone().map(|index| weights(index, value * rate(index))).collect(),
            slope_weights: hidden.clone().map(|index| weights(index, slope_of(index))).collect(),
            activations: hidden.map(activations).collect(),
        }
    }

    fn pack_weights(&self, weights: &Weights) -> Vec<Vec<f64>> {
        let mut packed = Vec::new();
        for (l, w) in weights.0.iter().enumerate() {
            for o in 0..self.tiles(l + 1) {
                packed.extend((0..self.tiles(l)).map(|i| self.layout.pack_matrix_tile(w.view(), l, (o, i))));
            }
        }
        packed
    }

    fn unpack_weights(&self, slots: &[Vec<f64>]) -> Result<Weights> {
        let matrix = |(l, tiles): (usize, &Vec<&[Vec<f64>]>)| {
            let rows = self.layout.axis(Role::of_inputs(l + 1)).size;
            let columns = self.layout.axis(Role::of_inputs(l)).size;
            Array2::from_shape_fn((self.dimensions[l + 1], self.dimensions[l]), |(r, i)| {
                self.layout.matrix_entry(&tiles[r / rows][i / columns], l, r % rows, i % columns)
            })
        };
        Ok(Weights(self.matrices(slots)?.iter().enumerate().map(matrix).collect()))
    }

    fn pack_inputs(&self, x: ArrayView2<f64>) -> Vec<Vec<f64>> {
        self.pack_batch(x, 0)
    }

    fn pack_targets(&self, t: ArrayView2<f64>) -> Vec<Vec<f64>> {
        self.pack_batch(t, self.layers())
    }

    fn unpack_outputs(&self, slots: &[Vec<f64>], samples: usize) -> Result<Array2<f64>> {
        let index = self.layers();
        let grid = self.batch_grid("packed outputs", slots, self.blocks(samples), index)?;
        let (role, block) = (Role::of_inputs(index), self.layout.axis(Role::B).size);
        let tile = self.layout.axis(role).size;
        Ok(Array2::from_shape_fn((samples, self.dimensions[index]), |(s, o)| {
            self.layout.batch_entry(&grid[s / block][o / tile], role, s % block, o % tile)
        }))
    }
}

impl TrainingProgram for AxesProgram {
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        Ok(self.run_forward(c, weights, inputs)?.outputs.into_iter().flatten().collect())
    }

    fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        batch: &Batch<E::Ciphertext>,
        fold: f64,
    ) -> Result<State<E::Ciphertext>> {
        self.run_step(c, state, batch, fold)
    }
}
