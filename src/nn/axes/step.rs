//! Forward pass, errors, gradients and update, tile by tile.

use rayon::prelude::*;

use super::{AxesProgram, GradientMode, Grid};
use crate::{
    Level, Result,
    backend::{Circuit, Evaluate, Landing, Slots},
    nn::{
        Batch, State,
        layout::{update, wrong_count},
        packed_activation::Shifted,
    },
    packing::Role,
};

/// What the forward pass leaves for the backward pass.
pub(super) struct Forward<C> {
    /// Activations of each index, inputs first.
    activations: Vec<Grid<C>>,
    /// Shifted products of the hidden layers.
    shifted: Vec<Grid<Shifted<C>>>,
    pub outputs: Grid<C>,
}

impl AxesProgram {
    fn sum<E: Evaluate>(&self, c: &Circuit<E>, x: E::Ciphertext, role: Role) -> Result<E::Ciphertext> {
        self.axes.layout.axis(role).sum(c, x, &self.first[role as usize])
    }

    pub(super) fn run_forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Forward<E::Ciphertext>> {
        let mut activations = vec![self.axes.batch_grid("packed inputs", inputs, self.blocks, 0)?];
        let mut shifted = Vec::new();
        for (l, tiles) in self.axes.matrices(weights)?.into_iter().enumerate() {
            let dropped;
            let mut tiles = tiles;
            if l > 0 {
                dropped =
                    drop_tiles(c, &tiles, self.activations[l - 1][0].value_factor(), c.level(&activations[l][0][0]))?;
                tiles = dropped.iter().map(Vec::as_slice).collect();
            }
            let inputs = &activations[l];
            let products: Grid<E::Ciphertext> = grid(self.blocks, self.axes.tiles(l + 1), |n, o| {
                let terms: Vec<_> = tiles[o].iter().zip(&inputs[n]).collect();
                self.sum(c, c.product_sum(&terms)?, Role::of_inputs(l))
            })?;
            if l + 1 == self.axes.layers() {
                return Ok(Forward { activations, shifted, outputs: products });
            }
            let z = grid(self.blocks, self.axes.tiles(l + 1), |n, o| {
                self.activations[l][o].shifted(c, products[n][o].clone())
            })?;
            activations
                .push(grid(self.blocks, self.axes.tiles(l + 1), |n, o| self.activations[l][o].value(c, &z[n][o]))?);
            shifted.push(z);
        }
        wrong_count("weight matrices", self.axes.layers(), weights)
    }

    /// The factor of each layer's gradient that comes from above: the error of the last layer, and below it `g`
    /// (early) or `g phi'(z)` (delta).
    fn errors<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[Vec<&[E::Ciphertext]>],
        forward: &Forward<E::Ciphertext>,
        last: Grid<E::Ciphertext>,
    ) -> Result<Vec<Grid<E::Ciphertext>>> {
        let mut errors = vec![last];
        for l in (1..self.axes.layers()).rev() {
            let above = &errors[errors.len() - 1];
            let at = c.level(&above[0][0]);
            let early = self.axes.gradient == GradientMode::Early && l + 1 < self.axes.layers();
            let plain = if early { Vec::new() } else { drop_tiles(c, &weights[l], 1.0, at)? };
            let mut below = grid(self.blocks, self.axes.tiles(l), |n, i| {
                let sloped;
                let terms: Vec<_> = if early {
                    let slopes = &forward.shifted[l];
                    let slope = |o: usize| {
                        let partner = &weights[l][o][i];
                        let activation = &self.activations[l][o];
                        let factor = Slots::Constant(activation.slope_factor());
                        let landing = Landing::For { partner, at: Level(at.0 + 1) };
                        let slope = c.multiply_plain(&activation.slope(c, &slopes[n][o])?, &factor, landing)?;
                        c.multiply(&slope, partner)
                    };
                    sloped = (0..self.axes.tiles(l + 1)).map(slope).collect::<Result<Vec<_>>>()?;
                    sloped.iter().zip(&above[n]).collect()
                } else {
                    plain.iter().map(|row| &row[i]).zip(&above[n]).collect()
                };
                self.sum(c, c.product_sum(&terms)?, Role::of_inputs(l + 1))
            })?;
            if self.axes.gradient == GradientMode::Delta {
                below = grid(self.blocks, self.axes.tiles(l), |n, i| {
                    let slope = self.activations[l - 1][i].slope(c, &forward.shifted[l - 1][n][i])?;
                    let at = Landing::At(c.level(&below[n][i]));
                    c.multiply(&below[n][i], &c.multiply_plain(&slope, &self.slope_weights[l - 1][n][i], at)?)
                })?;
            }
            errors.push(below);
        }
        errors.reverse();
        Ok(errors)
    }

    /// The gradient of every tile of layer `l`, summed over the batch. Its products are formed at level `at`.
    fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        l: usize,
        forward: &Forward<E::Ciphertext>,
        errors: &Grid<E::Ciphertext>,
        at: Level,
    ) -> Result<Vec<E::Ciphertext>> {
        let inputs = &forward.activations[l];
        let early = self.axes.gradient == GradientMode::Early && l + 1 < self.axes.layers();
        let (inputs_of, outputs_of) = (self.axes.tiles(l), self.axes.tiles(l + 1));
        let (errors, inputs) = if early {
            (grid(self.blocks, outputs_of, |n, o| c.drop_to(&errors[n][o], at))?, inputs.clone())
        } else if l == 0 {
            (errors.clone(), grid(self.blocks, inputs_of, |n, i| c.drop_to(&inputs[n][i], at))?)
        } else {
            let weigh = |n: usize, i: usize| {
                let partner = &errors[n][0];
                c.multiply_plain(&inputs[n][i], &self.value_weights[l - 1][n][i], Landing::For { partner, at })
            };
            (errors.clone(), grid(self.blocks, inputs_of, weigh)?)
        };
        let sloped = if early {
            grid(self.blocks, outputs_of, |n, o| {
                let slope = self.activations[l][o].slope(c, &forward.shifted[l][n][o])?;
                let landing = Landing::For { partner: &inputs[n][0], at: Level(at.0 + 1) };
                c.multiply_plain(&slope, &self.slope_weights[l][n][o], landing)
            })?
        } else {
            Vec::new()
        };
        let tile = |o: usize, i: usize| {
            let early: Vec<_> =
                sloped.iter().zip(&inputs).map(|(s, x)| c.multiply(&s[o], &x[i])).collect::<Result<_>>()?;
            let factors: Vec<&E::Ciphertext> =
                if sloped.is_empty() { inputs.iter().map(|x| &x[i]).collect() } else { early.iter().collect() };
            let terms: Vec<_> = errors.iter().map(|e| &e[o]).zip(factors).collect();
            self.sum(c, c.product_sum(&terms)?, Role::B)
        };
        Ok(grid(outputs_of, inputs_of, tile)?.into_iter().flatten().collect())
    }

    pub(super) fn run_step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        batch: &Batch<E::Ciphertext>,
        fold: f64,
    ) -> Result<State<E::Ciphertext>> {
        let forward = self.run_forward(c, &state.weights, &batch.inputs)?;
        let targets = self.axes.batch_grid("packed targets", &batch.targets, self.blocks, self.axes.layers())?;
        let tiles = self.axes.tiles(self.axes.layers());
        let last = grid(self.blocks, tiles, |n, o| c.sub(&forward.outputs[n][o], &targets[n][o]))?;
        let errors = self.errors(c, &self.axes.matrices(&state.weights)?, &forward, last)?;

        // The lowest level that any gradient needs serves all: what follows is cheapest there.
        let at = c.level(&errors[0][0][0]);
        let mut gradients = Vec::with_capacity(state.weights.len());
        for (l, errors) in errors.iter().enumerate() {
            gradients.extend(self.gradients(c, l, &forward, errors, at)?);
        }

        // A tile holds few weights of one matrix: their mean may well be twice that of all.
        let mean_weight = 2.0 * self.spec.bounds.mean_weight;
        update(c, &self.spec, mean_weight, state, gradients, fold)
    }
}

/// All tiles times a factor, at a lower level.
fn drop_tiles<E: Evaluate>(
    c: &Circuit<E>,
    tiles: &[&[E::Ciphertext]],
    factor: f64,
    at: Level,
) -> Result<Grid<E::Ciphertext>> {
    let factor = Slots::Constant(factor);
    grid(tiles.len(), tiles[0].len(), |o, i| c.multiply_plain(&tiles[o][i], &factor, Landing::At(at)))
}

/// Computes a grid in parallel.
fn grid<T: Send>(rows: usize, columns: usize, f: impl Fn(usize, usize) -> Result<T> + Sync) -> Result<Grid<T>> {
    (0..rows).into_par_iter().map(|r| (0..columns).into_par_iter().map(|i| f(r, i)).collect()).collect()
}
