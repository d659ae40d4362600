//! Where numbers lie.

use ndarray::{Array2, ArrayView2};

use super::{Arrangement, TileShape};
use crate::{
    Result, Rotation,
    backend::doublings,
    nn::{
        shapes::{check_block, check_shape, check_vectors},
        training::check_batch,
    },
};

/// The tiles of a network of one hidden layer.
///
/// Its rows are the inputs, of which the constant 1 is the last, and behind them the outputs. One matrix holds all
/// weights by row and unit: `U[row][unit]` is that of the first layer on rows of inputs, and that of the second on rows
/// of outputs. Tile `m` of rows begins with row `m P`, tile `n` of units with unit `n Q`, and block `k` of samples has up
/// to `B`, for tiles of `P x Q x B` slots `(i, s, t)`:
///
/// | value | ciphertext | slot `(i, s, t)` |
/// |---|---|---|
/// | samples `x` | block `k`, inputs `m` | `x[t][m P + i]` for every `s`, 0 where the row is no input |
/// | errors `e` | block `k`, outputs `m` | `e[t][m P + i]` for every `s`, 0 where the row is no output |
/// | weights `U` | rows `m`, units `n` | `U[m P + i][n Q + s]` for every `t` |
/// | units `h`, `a` | block `k`, units `n` | `h[t][n Q + s]` for every `i` |
///
/// Everything beyond the network and the batch is zero, the constant of missing samples too.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitLayout {
    shape: TileShape,
    slots: usize,
    inputs: usize,
    units: usize,
    outputs: usize,
    /// The row of the first output.
    first_output: usize,
    /// Rows after which outputs repeat within a tile: the length of a sum over them.
    period: usize,
    tiles: Tiles,
}

/// Numbers of tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// Tiles of rows with inputs: the first ones.
    pub inputs: usize,
    /// The first tile of rows with outputs: the last one with inputs if they share it.
    pub first_output: usize,
    /// All tiles of rows.
    pub rows: usize,
    /// Tiles of units.
    pub units: usize,
}

impl Tiles {
    /// Tiles of rows with outputs.
    pub fn outputs(&self) -> usize {
        self.rows - self.first_output
    }
}

impl SplitLayout {
    /// The layout of a network of these widths in tiles of a shape. To its inputs a constant for the first biases is
    /// appended.
    ///
    /// # Errors
    /// The errors of [`TileShape::check`]; `BadNetwork` for a layer of 0 or more than 4096 units; `LayoutUnsuited` unless
    /// the network has one hidden layer.
    pub fn new(widths: &[usize], shape: TileShape, slots: usize) -> Result<SplitLayout> {
        shape.check(slots)?;
        let [inputs, units, outputs] = rows_of(widths)?;
        let TileShape { rows, arrangement, .. } = shape;
        let input_tiles = inputs.div_ceil(rows);
        let (first_output, period) = match arrangement {
            Arrangement::Merged => (inputs, rows),
            Arrangement::Apart | Arrangement::Early => (input_tiles * rows, rows.min(outputs.next_power_of_two())),
        };
        let tiles = Tiles {
            inputs: input_tiles,
            first_output: first_output / rows,
            rows: (first_output + outputs).div_ceil(rows),
            units: units.div_ceil(shape.units),
        };
        Ok(SplitLayout { shape, slots, inputs, units, outputs, first_output, period, tiles })
    }

    /// All layouts of a network, each numbers of tiles and sums once.
    ///
    /// # Errors
    /// `NotPowerOfTwo` or `OutOfBounds` for slots that no ciphertext has; `BadNetwork` for a layer of 0 or more than 4096
    /// units; `LayoutUnsuited` unless the network has one hidden layer.
    pub fn all(widths: &[usize], slots: usize) -> Result<Vec<SplitLayout>> {
        super::check_slots(slots)?;
        let [inputs, units, outputs] = rows_of(widths)?;
        let shapes = TileShape::all(inputs + outputs, units, slots).into_iter();
        let mut layouts = shapes.map(|shape| SplitLayout::new(widths, shape, slots)).collect::<Result<Vec<_>>>()?;
        // Merged is apart where the inputs fill their tiles and the outputs theirs.
        layouts.dedup_by(|b, a| {
            let alike = |layout: &SplitLayout| (layout.tiles, layout.period, layout.shape.rows, layout.shape.samples);
            a.shape.arrangement == Arrangement::Merged && !b.is_early() && alike(a) == alike(b)
        });
        Ok(layouts)
    }

    /// The shape of the tiles.
    pub fn shape(&self) -> &TileShape {
        &self.shape
    }

    /// Features, hidden units and outputs.
    pub(super) fn widths(&self) -> [usize; 3] {
        [self.inputs - 1, self.units, self.outputs]
    }

    /// Numbers of tiles.
    pub fn tiles(&self) -> Tiles {
        self.tiles
    }

    /// Whether slopes enter early ([`Arrangement::Early`]).
    pub fn is_early(&self) -> bool {
        self.shape.arrangement == Arrangement::Early
    }

    /// The number of blocks of a batch.
    pub fn blocks(&self, samples: usize) -> usize {
        samples.div_ceil(self.shape.samples)
    }

    /// The rotations of a sum over inputs and of one over outputs, by doubling.
    pub(super) fn rotations(&self) -> Result<[Vec<Rotation>; 2]> {
        let distance = self.shape.units * self.shape.samples;
        let of = |count| doublings(count, distance, self.slots);
        Ok([of(self.shape.rows)?, of(self.period)?])
    }

    fn input(&self, m: usize, i: usize) -> Option<usize> {
        Some(m * self.shape.rows + i).filter(|&row| row < self.inputs)
    }

    fn output(&self, m: usize, i: usize) -> Option<usize> {
        let row = m * self.shape.rows + i % self.period;
        row.checked_sub(self.first_output).filter(|&output| output < self.outputs)
    }

    /// The slot vectors of a block of samples (`samples x inputs`, with the constant).
    ///
    /// # Errors
    /// `WrongShape` for samples of another width; `WrongBatch` for none, or for more than a tile has.
    pub fn pack_samples(&self, x: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        check_block("a block of samples", self.inputs, self.shape.samples, x.dim())?;
        Ok((0..self.tiles.inputs).map(|m| self.pack_rows(x, |i| self.input(m, i))).collect())
    }

    /// The slot vectors of the errors of a block (`samples x outputs`).
    ///
    /// # Errors
    /// `WrongShape` for errors of other outputs; `WrongBatch` for those of no samples, or of more than a tile has.
    pub fn pack_errors(&self, e: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        check_block("the errors of a block", self.outputs, self.shape.samples, e.dim())?;
        let tiles = self.tiles.first_output..self.tiles.rows;
        Ok(tiles.map(|m| self.pack_rows(e, |i| self.output(m, i))).collect())
    }

    /// Columns of a matrix on the rows of a tile.
    fn pack_rows(&self, values: ArrayView2<f64>, column: impl Fn(usize) -> Option<usize>) -> Vec<f64> {
        let TileShape { rows, units, samples, .. } = self.shape;
        let mut slots = vec![0.0; self.slots];
        for (i, row) in slots.chunks_mut(units * samples).enumerate().take(rows) {
            let Some(column) = column(i) else { continue };
            for copy in row.chunks_mut(samples) {
                copy.iter_mut().zip(values.column(column)).for_each(|(slot, value)| *slot = *value);
            }
        }
        slots
    }

    /// The slot vectors of both matrices (`units x inputs`, with the constant, and `outputs x units`), by rows and then by
    /// units.
    ///
    /// # Errors
    /// `WrongShape` for matrices of another network.
    pub fn pack_weights(&self, first: ArrayView2<f64>, second: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        check_shape("the weights of the hidden layer, with the constant,", (self.units, self.inputs), first.dim())?;
        check_shape("the weights of the outputs", (self.outputs, self.units), second.dim())?;
        let TileShape { units, samples, .. } = self.shape;
        let tile = |m: usize, n: usize| {
            let mut slots = vec![0.0; self.slots];
            for (at, copies) in slots.chunks_mut(samples).enumerate() {
                let (i, unit) = (at / units, n * units + at % units);
                let value = match (self.input(m, i), self.output(m, i)) {
                    (Some(input), _) => first.get((unit, input)),
                    (None, Some(output)) => second.get((output, unit)),
                    _ => None,
                };
                copies.fill(value.copied().unwrap_or(0.0));
            }
            slots
        };
        Ok(self.weight_tiles().map(|(m, n)| tile(m, n)).collect())
    }

    fn weight_tiles(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.tiles.rows).flat_map(|m| (0..self.tiles.units).map(move |n| (m, n)))
    }

    /// The logits of a block (`samples x outputs`) from the products for each unit, which are summed here.
    ///
    /// # Errors
    /// `WrongCount` for another number of vectors or of slots; `WrongBatch` for no samples, or for more than a tile has.
    pub fn unpack_logits(&self, slots: &[Vec<f64>], count: usize) -> Result<Array2<f64>> {
        check_batch(self.shape.samples, count)?;
        check_vectors("packed logits of a block", self.tiles.outputs(), self.slots, slots)?;
        let TileShape { units, samples, .. } = self.shape;
        let mut logits = Array2::zeros((count, self.outputs));
        for (m, slots) in (self.tiles.first_output..).zip(slots) {
            for (i, row) in slots.chunks(units * samples).enumerate().take(self.period) {
                let Some(output) = self.output(m, i) else { continue };
                let mut column = logits.column_mut(output);
                for unit in row.chunks(samples) {
                    column.iter_mut().zip(unit).for_each(|(logit, product)| *logit += product);
                }
            }
        }
        Ok(logits)
    }

    /// The gradients of both matrices, in the shapes of [`pack_weights`](SplitLayout::pack_weights), from the products for
    /// each sample, which are summed here.
    ///
    /// # Errors
    /// `WrongCount` for another number of vectors or of slots.
    pub fn unpack_gradients(&self, slots: &[Vec<f64>]) -> Result<[Array2<f64>; 2]> {
        check_vectors("packed gradients", self.tiles.rows * self.tiles.units, self.slots, slots)?;
        let TileShape { units, samples, .. } = self.shape;
        let mut first = Array2::zeros((self.units, self.inputs));
        let mut second = Array2::zeros((self.outputs, self.units));
        for ((m, n), slots) in self.weight_tiles().zip(slots) {
            for (at, products) in slots.chunks(samples).enumerate() {
                let (i, unit) = (at / units, n * units + at % units);
                let place = match (self.input(m, i), self.output(m, i)) {
                    (Some(input), _) => first.get_mut((unit, input)),
                    (None, Some(output)) if i < self.period => second.get_mut((output, unit)),
                    _ => None,
                };
                if let Some(place) = place {
                    *place = products.iter().sum();
                }
            }
        }
        Ok([first, second])
    }
}

/// Inputs with their constant, units and outputs.
fn rows_of(widths: &[usize]) -> Result<[usize; 3]> {
    let [features, units, outputs] = super::one_hidden_layer(widths)?;
    Ok([features + 1, units, outputs])
}
