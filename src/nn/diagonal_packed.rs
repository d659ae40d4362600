//! The training step with all diagonals of a weight matrix in one ciphertext.

use super::{
    LayoutKind, Network, Placed, TrainingLayout, TrainingSpec,
    layout::explain_room,
    packed_errors::PackedLoss,
    two_layers::{Backward, BlockActivation, FirstGradient, TwoLayers, one_hidden_layer},
};
use crate::{
    Result,
    packing::{Conversion, ConvertedProduct, MatrixLayout, PackedDiagonals, Product, SkewedSum},
};

/// Training in [`PackedDiagonals`]: one ciphertext per weight matrix, one relinearisation per product, and no
/// transposition, because a skewed sum computes the transposed product from the same ciphertext. A step of
/// `f -> h -> o` on `N_b` blocks of B samples, with n the largest dimension, padded, takes:
///
/// ```text
/// rotations         N_b (3 log2 n + (n - 1) + (h + o - 2)) + 4 log2 B at most, the brackets hoisted
/// relinearisations  5 N_b + 2
/// levels            8: z, a, a skewed, y, W2 d, g, G, G summed over the batch
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagonalPacked {
    layout: PackedDiagonals,
    dimensions: [usize; 3],
}

impl DiagonalPacked {
    /// The layout for a two-layer network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if there are too few slots for a sample; `LayoutUnsuited` unless the network has two layers.
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<DiagonalPacked> {
        DiagonalPacked::of_kind(LayoutKind::DiagonalPacked, network, slots, batch)
    }

    /// The same layout, with errors that name another layout.
    pub(super) fn of_kind(kind: LayoutKind, network: &Network, slots: usize, batch: usize) -> Result<DiagonalPacked> {
        let dimensions = one_hidden_layer(kind, network)?;
        let longest = dimensions.into_iter().fold(1, usize::max);
        PackedDiagonals::new(slots, longest, batch)
            .map(|layout| DiagonalPacked { layout, dimensions })
            .map_err(explain_room(kind, network, 1))
    }

    /// The layout of its values.
    pub fn layout(&self) -> &PackedDiagonals {
        &self.layout
    }

    /// Numbers of inputs, hidden units and outputs.
    pub(super) fn dimensions(&self) -> [usize; 3] {
        self.dimensions
    }

    /// The program with the given backward pass through the second layer.
    pub(super) fn program_with(&self, spec: &TrainingSpec, live: usize, backward: Backward) -> Result<TwoLayers> {
        let (layout, block, [inputs, hidden, outputs]) = (&self.layout, self.layout.block(), self.dimensions);
        let x = layout.skewed(block, inputs);
        let (z, a) = (layout.batch(block, hidden), layout.skewed_for(block, hidden, outputs));
        let d = layout.batch(block, outputs);
        let [w1, w2] = [layout.matrix(hidden, inputs), layout.matrix(outputs, hidden)];
        let of_hidden = |samples| layout.batch(samples, hidden);
        Ok(TwoLayers {
            spec: spec.clone(),
            loss: PackedLoss::new(spec.loss, &self.outputs(live))?,
            weights: self.weights(),
            blocks: live.div_ceil(block).max(1),
            forms: 1,
            input_ciphertexts: 1,
            first: ConvertedProduct::new(std::slice::from_ref(&x), &[w1])?,
            activation: BlockActivation::new(spec.network.activation(), live, block, of_hidden)?,
            gather: None,
            spread: Some(Conversion::new(&z, &a)?),
            second: ConvertedProduct::new(std::slice::from_ref(&a), &[w2])?,
            backward,
            gradients: (
                FirstGradient::Early(Box::new(Product::new(&z.transposed(), &x.transposed())?)),
                ConvertedProduct::new(&[d.transposed()], &[a.transposed()])?,
            ),
        })
    }
}

impl TrainingLayout for DiagonalPacked {
    type Program = TwoLayers;

    fn kind(&self) -> LayoutKind {
        LayoutKind::DiagonalPacked
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers> {
        let [_, hidden, outputs] = self.dimensions;
        self.program_with(spec, live, Backward::SkewedSum(Box::new(SkewedSum::new(&self.layout, outputs, hidden)?)))
    }

    fn weights(&self) -> Vec<Placed> {
        let [inputs, hidden, outputs] = self.dimensions;
        Placed::in_turn([self.layout.matrix(hidden, inputs), self.layout.matrix(outputs, hidden)])
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        vec![self.layout.skewed(samples, self.dimensions[0])]
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.layout.batch(samples, self.dimensions[2])
    }
}
