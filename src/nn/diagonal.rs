//! The training step with every weight matrix as its diagonals, after Mihara et al. 2020.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::{
    Batch, LayoutKind, Network, State, TrainingLayout, TrainingProgram, TrainingSpec, Weights,
    layout::{does_not_fit, only, update, wrong_count},
    packed_activation::{PackedActivation, Shifted},
};
use crate::{
    Level, Result,
    backend::{Circuit, Evaluate, Landing, Slots},
    packing::{DiagonalLayout, MatrixShape, PackedMatrix},
};

/// Training in the [`DiagonalLayout`], for any number of layers: 125 rotations, 13 relinearisations and 7 levels for
/// a step of a 4-8-3 network on a batch of 120 (spec: packing, 2 and 3), most of them for the batch sums.
///
/// Padding stays zero because activations act on live units and samples only. All gradients are formed at the level
/// of the first layer's, the lowest, before their sums over the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagonal {
    layout: DiagonalLayout,
    shapes: Vec<MatrixShape>,
}

/// The [`Diagonal`] program.
pub struct DiagonalProgram {
    diagonal: Diagonal,
    spec: TrainingSpec,
    /// One a hidden layer.
    activations: Vec<PackedActivation>,
    /// One a layer: the first sample, weighted by relative rate and activation factor.
    batch_masks: Vec<Slots>,
}

/// What the forward pass leaves for the backward pass.
struct Forward<C> {
    /// The rotated inputs of each layer.
    rotated: Vec<Vec<C>>,
    /// The shifted products of the hidden layers.
    shifted: Vec<Shifted<C>>,
    outputs: C,
}

impl Diagonal {
    fn matrices<C: Clone>(&self, diagonals: &[C]) -> Result<Vec<PackedMatrix<C>>> {
        let mut rest = diagonals;
        let mut matrices = Vec::with_capacity(self.shapes.len());
        for &shape in &self.shapes {
            let Some((now, later)) = rest.split_at_checked(shape.diagonals()) else {
                return wrong_count("diagonals", self.count(), diagonals);
            };
            matrices.push(PackedMatrix { shape, diagonals: now.to_vec() });
            rest = later;
        }
        if rest.is_empty() { Ok(matrices) } else { wrong_count("diagonals", self.count(), diagonals) }
    }

    /// Diagonals of all matrices.
    fn count(&self) -> usize {
        self.shapes.iter().map(|s| s.diagonals()).sum()
    }

    /// The layout for a network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` when the slots are too few.
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<Self> {
        let dimensions = network.dimensions();
        let widest = dimensions.iter().copied().max().unwrap_or(0);
        let layout = DiagonalLayout::new(slots, widest, batch)
            .map_err(|needed| does_not_fit(LayoutKind::Diagonal, network, batch, needed, slots))?;
        let shapes = dimensions.windows(2).map(|d| MatrixShape { rows: d[1], columns: d[0] }).collect();
        Ok(Diagonal { layout, shapes })
    }
}

const INPUTS: &str = "packed inputs";

/// The diagonals times a factor, at a lower level.
fn weigh<E: Evaluate>(
    c: &Circuit<E>,
    w: &PackedMatrix<E::Ciphertext>,
    factor: f64,
    at: Level,
) -> Result<PackedMatrix<E::Ciphertext>> {
    let weigh = |d| c.multiply_plain(d, &Slots::Constant(factor), Landing::At(at));
    Ok(PackedMatrix { shape: w.shape, diagonals: w.diagonals.par_iter().map(weigh).collect::<Result<_>>()? })
}

impl TrainingLayout for Diagonal {
    type Program = DiagonalProgram;

    fn kind(&self) -> LayoutKind {
        LayoutKind::Diagonal
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> DiagonalProgram {
        let form = spec.network.activation().normal_form();
        let activation = |shape: &MatrixShape| {
            let (units, period) = (shape.rows, shape.rows.next_power_of_two());
            let alive = self.layout.fill(|f, b| if b < live && f % period < units { 1.0 } else { 0.0 });
            PackedActivation::new(form, Some(&alive))
        };
        let hidden = self.shapes.len() - 1;
        let activations: Vec<_> = self.shapes[..hidden].iter().map(activation).collect();
        // The inputs of every layer but the first are activations, which lack a factor.
        let factors = std::iter::once(1.0).chain(activations.iter().map(PackedActivation::value_factor));
        let mask = |(l, factor)| self.layout.batch_mask(factor * spec.optimizer.relative_rate(l));
        let batch_masks = factors.enumerate().map(mask).collect();
        DiagonalProgram { diagonal: self.clone(), spec: spec.clone(), activations, batch_masks }
    }

    fn pack_weights(&self, weights: &Weights) -> Vec<Vec<f64>> {
        weights.0.iter().flat_map(|w| self.layout.pack_matrix(w.view())).collect()
    }

    fn unpack_weights(&self, slots: &[Vec<f64>]) -> Result<Weights> {
        let matrices = self.matrices(slots)?;
        Ok(Weights(matrices.iter().map(|w| self.layout.unpack_matrix(&w.diagonals, w.shape)).collect()))
    }

    fn pack_inputs(&self, x: ArrayView2<f64>) -> Vec<Vec<f64>> {
        vec![self.layout.pack_batch(x)]
    }

    fn pack_targets(&self, t: ArrayView2<f64>) -> Vec<Vec<f64>> {
        vec![self.layout.pack_batch(t)]
    }

    fn unpack_outputs(&self, slots: &[Vec<f64>], samples: usize) -> Result<Array2<f64>> {
        let outputs = self.shapes.last().map_or(0, |s| s.rows);
        Ok(self.layout.unpack_batch(only("packed outputs", slots)?, samples, outputs))
    }
}

impl DiagonalProgram {
    fn run_forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        matrices: &[PackedMatrix<E::Ciphertext>],
        inputs: &E::Ciphertext,
    ) -> Result<Forward<E::Ciphertext>> {
        let (mut rotated, mut shifted) = (Vec::new(), Vec::new());
        let mut current = inputs.clone();
        for (l, w) in matrices.iter().enumerate() {
            let turned = self.diagonal.layout.rotations(c, &current, w.shape)?;
            current = if l == 0 {
                self.diagonal.layout.product(c, w, &turned)?
            } else {
                let factor = self.activations[l - 1].value_factor();
                self.diagonal.layout.product(c, &weigh(c, w, factor, c.level(&current))?, &turned)?
            };
            rotated.push(turned);
            if let Some(activation) = self.activations.get(l) {
                let z = activation.shifted(c, current)?;
                current = activation.value(c, &z)?;
                shifted.push(z);
            }
        }
        Ok(Forward { rotated, shifted, outputs: current })
    }
}

impl TrainingProgram for DiagonalProgram {
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        let inputs = only(INPUTS, inputs)?;
        Ok(vec![self.run_forward(c, &self.diagonal.matrices(weights)?, inputs)?.outputs])
    }

    fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &State<E::Ciphertext>,
        batch: &Batch<E::Ciphertext>,
        fold: f64,
    ) -> Result<State<E::Ciphertext>> {
        let matrices = self.diagonal.matrices(&state.weights)?;
        let Forward { rotated, shifted, outputs } = self.run_forward(c, &matrices, only(INPUTS, &batch.inputs)?)?;

        // Errors of every layer, from the last to the first.
        let mut errors = vec![c.sub(&outputs, only("packed targets", &batch.targets)?)?];
        for l in (1..matrices.len()).rev() {
            let d = &errors[errors.len() - 1];
            let transposed = self.diagonal.layout.transpose(c, &matrices[l], c.level(d))?;
            let g = self.diagonal.layout.transposed_product(c, &transposed, d)?;
            let activation = &self.activations[l - 1];
            let slope = activation.slope(c, &shifted[l - 1])?;
            let factor = Slots::Constant(activation.slope_factor());
            let slope = c.multiply_plain(&slope, &factor, Landing::At(c.level(&g)))?;
            errors.push(c.multiply(&g, &slope)?);
        }
        errors.reverse();

        let at = c.level(&errors[0]);
        let mut gradients = Vec::with_capacity(state.weights.len());
        for ((d, x), mask) in errors.iter().zip(&rotated).zip(&self.batch_masks) {
            gradients.extend(self.diagonal.layout.batch_sum(
                c,
                self.diagonal.layout.outer_product(c, d, x, at)?,
                mask,
            )?);
        }

        // A diagonal holds few weights of one matrix: their mean may well be twice that of all.
        let mean_weight = 2.0 * self.spec.bounds.mean_weight;
        update(c, &self.spec, mean_weight, state, gradients, fold)
    }
}
