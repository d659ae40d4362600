//! Where the numbers of a dense layer lie.

use ndarray::{Array2, ArrayView2};

use crate::{
    Argument, Result,
    nn::{
        network::MOST_UNITS,
        shapes::{check_block, check_shape, check_vectors},
        split::check_sides,
        training::check_batch,
    },
};

/// The tiles of a dense layer `z = a W^T` in which no sum runs within a ciphertext, so that nothing is rotated: the client
/// adds up what it decrypts.
///
/// Tile `m` of inputs begins with input `m P`, tile `n` of outputs with output `n Q`, and a block has up to `B` samples,
/// for tiles of `P x Q x B` slots `(i, s, t)`, slot `(i Q + s) B + t`:
///
/// | value | ciphertext | slot `(i, s, t)` |
/// |---|---|---|
/// | samples `a` | inputs `m` | `a[t][m P + i]` for every `s` |
/// | weights `W` | inputs `m`, outputs `n` | `W[n Q + s][m P + i]` for every `t` |
/// | errors `e` | outputs `n` | `e[t][n Q + s]` for every `i` |
#[derive(Clone, Debug, PartialEq)]
pub struct LayerLayout {
    /// `P`, `Q` and `B`.
    sides: [usize; 3],
    inputs: usize,
    outputs: usize,
}

impl LayerLayout {
    /// The layout of a layer of so many inputs and outputs in tiles of these sides.
    ///
    /// # Errors
    /// `BadTiles` for sides that are no powers of two, or that do not fill the slots; `NotPowerOfTwo` or `OutOfBounds` for
    /// slots that no ciphertext has; `OutOfBounds` for 0 or more than 4096 inputs or outputs.
    pub fn new([inputs, outputs]: [usize; 2], sides: [usize; 3], slots: usize) -> Result<LayerLayout> {
        check_sides(sides, slots)?;
        Argument::Inputs.check_count(inputs, 1, Some(MOST_UNITS))?;
        Argument::Outputs.check_count(outputs, 1, Some(MOST_UNITS))?;
        Ok(LayerLayout { sides, inputs, outputs })
    }

    /// Inputs, outputs and samples of a tile.
    pub fn sides(&self) -> [usize; 3] {
        self.sides
    }

    /// Tiles of inputs and of outputs.
    pub fn tiles(&self) -> [usize; 2] {
        [self.inputs.div_ceil(self.sides[0]), self.outputs.div_ceil(self.sides[1])]
    }

    /// The slot vectors of a block of samples (`samples x inputs`).
    ///
    /// # Errors
    /// `WrongShape` for samples of another width; `WrongBatch` for none, or for more than a tile has.
    pub fn pack_samples(&self, a: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        let [width, _, samples] = self.sides;
        check_block("a block of samples", self.inputs, samples, a.dim())?;
        Ok((0..self.tiles()[0]).map(|m| self.pack(|i, _, t| a.get((t, m * width + i)))).collect())
    }

    /// The slot vectors of the weights (`outputs x inputs`), by tiles of inputs and then of outputs.
    ///
    /// # Errors
    /// `WrongShape` for the weights of another layer.
    pub fn pack_weights(&self, w: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        let [width, height, _] = self.sides;
        check_shape("the weights of a layer", (self.outputs, self.inputs), w.dim())?;
        Ok(self.weight_tiles().map(|(m, n)| self.pack(|i, s, _| w.get((n * height + s, m * width + i)))).collect())
    }

    /// The slot vectors of the errors of a block (`samples x outputs`).
    ///
    /// # Errors
    /// `WrongShape` for errors of other outputs; `WrongBatch` for those of no samples, or of more than a tile has.
    pub fn pack_errors(&self, e: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        let [_, height, samples] = self.sides;
        check_block("the errors of a block", self.outputs, samples, e.dim())?;
        Ok((0..self.tiles()[1]).map(|n| self.pack(|_, s, t| e.get((t, n * height + s)))).collect())
    }

    fn weight_tiles(&self) -> impl Iterator<Item = (usize, usize)> {
        let [inputs, outputs] = self.tiles();
        (0..inputs).flat_map(move |m| (0..outputs).map(move |n| (m, n)))
    }

    /// Numbers by place; what is beyond the matrix is zero.
    fn pack<'a>(&self, value: impl Fn(usize, usize, usize) -> Option<&'a f64>) -> Vec<f64> {
        self.places().map(|(i, s, t)| value(i, s, t).copied().unwrap_or(0.0)).collect()
    }

    fn slots(&self) -> usize {
        self.sides.iter().product()
    }

    fn places(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let [_, height, samples] = self.sides;
        (0..self.slots()).map(move |slot| (slot / samples / height, slot / samples % height, slot % samples))
    }

    /// The products `a W^T` of a block (`samples x outputs`), summed over the inputs of a tile.
    ///
    /// # Errors
    /// `WrongCount` for another number of vectors or of slots; `WrongBatch` for no samples, or for more than a tile has.
    pub fn unpack_products(&self, slots: &[Vec<f64>], samples: usize) -> Result<Array2<f64>> {
        let ([_, height, most], [_, tiles]) = (self.sides, self.tiles());
        check_batch(most, samples)?;
        check_vectors("packed products of a block", tiles, self.slots(), slots)?;
        Ok(self.sum((samples, self.outputs), slots, |n, (_, s, t)| (t, n * height + s)))
    }

    /// The products `e W` of a block (`samples x inputs`), summed over the outputs of a tile.
    ///
    /// # Errors
    /// As [`LayerLayout::unpack_products`].
    pub fn unpack_below(&self, slots: &[Vec<f64>], samples: usize) -> Result<Array2<f64>> {
        let ([width, _, most], [tiles, _]) = (self.sides, self.tiles());
        check_batch(most, samples)?;
        check_vectors("packed errors of a block", tiles, self.slots(), slots)?;
        Ok(self.sum((samples, self.inputs), slots, |m, (i, _, t)| (t, m * width + i)))
    }

    /// The products `e^T a` (`outputs x inputs`), summed over the samples of a tile.
    ///
    /// # Errors
    /// `WrongCount` for another number of vectors or of slots.
    pub fn unpack_gradient(&self, slots: &[Vec<f64>]) -> Result<Array2<f64>> {
        let ([width, height, _], [inputs, outputs]) = (self.sides, self.tiles());
        check_vectors("packed gradients of a layer", inputs * outputs, self.slots(), slots)?;
        let place = |at: usize, (i, s, _)| (at % outputs * height + s, at / outputs * width + i);
        Ok(self.sum((self.outputs, self.inputs), slots, place))
    }

    /// Adds the slots of every vector to the places that they belong to; those beyond the matrix are left out.
    fn sum(
        &self,
        shape: (usize, usize),
        slots: &[Vec<f64>],
        place: impl Fn(usize, (usize, usize, usize)) -> (usize, usize),
    ) -> Array2<f64> {
        let mut sums = Array2::zeros(shape);
        for (at, slots) in slots.iter().enumerate() {
            for (position, value) in self.places().zip(slots) {
                if let Some(sum) = sums.get_mut(place(at, position)) {
                    *sum += value;
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the server multiplies slot by slot comes back as the three products of a layer, whatever the tiles.
    #[test]
    fn slotwise_products_are_those_of_matrices() {
        let number = |seed: usize| move |(i, j): (usize, usize)| ((seed + 3 * i + 5 * j) as f64 * 0.7).sin();
        let (a, w, e) = (
            Array2::from_shape_fn((6, 5), number(1)),
            Array2::from_shape_fn((3, 5), number(2)),
            Array2::from_shape_fn((6, 3), number(3)),
        );
        for sides in [[4, 2, 8], [8, 1, 8], [1, 4, 16], [2, 2, 16]] {
            let layout = LayerLayout::new([5, 3], sides, 64).unwrap();
            let packed_a = layout.pack_samples(a.view()).unwrap();
            let packed_w = layout.pack_weights(w.view()).unwrap();
            let packed_e = layout.pack_errors(e.view()).unwrap();
            let [inputs, outputs] = layout.tiles();
            let product = |x: &[f64], y: &[f64]| -> Vec<f64> { x.iter().zip(y).map(|(x, y)| x * y).collect() };
            let add = |x: Vec<f64>, y: Vec<f64>| -> Vec<f64> { x.iter().zip(&y).map(|(x, y)| x + y).collect() };
            let products: Vec<_> = (0..outputs)
                .map(|n| (0..inputs).map(|m| product(&packed_a[m], &packed_w[m * outputs + n])).reduce(add).unwrap())
                .collect();
            let below: Vec<_> = (0..inputs)
                .map(|m| (0..outputs).map(|n| product(&packed_e[n], &packed_w[m * outputs + n])).reduce(add).unwrap())
                .collect();
            let gradient: Vec<_> = layout.weight_tiles().map(|(m, n)| product(&packed_a[m], &packed_e[n])).collect();
            let close = |found: Array2<f64>, expected: Array2<f64>| {
                assert_eq!(found.dim(), expected.dim());
                assert!((found - expected).iter().all(|d| d.abs() < 1e-14), "{sides:?}");
            };
            close(layout.unpack_products(&products, 6).unwrap(), a.dot(&w.t()));
            close(layout.unpack_below(&below, 6).unwrap(), e.dot(&w));
            close(layout.unpack_gradient(&gradient).unwrap(), e.t().dot(&a));
        }
    }
}
