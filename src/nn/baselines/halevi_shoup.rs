//! All diagonals in one ciphertext, with a packed transposition.

use crate::{
    Result,
    nn::{
        Network,
        layout::{DiagonalPacked, LayoutKind, Placed, TrainingLayout},
        training::TrainingSpec,
        two_layers::{Backward, TwoLayers},
    },
    packing::{ConvertedProduct, MatrixLayout},
};

/// The diagonal method (Halevi and Shoup, Algorithms in HElib, CRYPTO 2014) with all diagonals in one ciphertext, as in
/// [`DiagonalPacked`], but with `W2^T` made from `W2` by a linear transform under masks: the diagonals move, and each
/// of them turns. The errors are skewed for it as the activations are. Against [`DiagonalPacked`] a step skews once more
/// for every block, and the levels are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaleviShoup {
    packed: DiagonalPacked,
}

impl HaleviShoup {
    /// The layout for a two-layer network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// As [`DiagonalPacked::new`].
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<HaleviShoup> {
        DiagonalPacked::of_kind(LayoutKind::HaleviShoup, network, slots, batch).map(|packed| HaleviShoup { packed })
    }
}

impl TrainingLayout for HaleviShoup {
    type Program = TwoLayers;

    fn kind(&self) -> LayoutKind {
        LayoutKind::HaleviShoup
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers> {
        let (layout, [_, hidden, outputs]) = (self.packed.layout(), self.packed.dimensions());
        let block = layout.block();
        let errors = [layout.batch(block, outputs), layout.skewed_for(block, outputs, hidden)];
        let weights = [layout.matrix(outputs, hidden).transposed(), layout.matrix(hidden, outputs)];
        self.packed.program_with(spec, live, Backward::Product(Box::new(ConvertedProduct::new(&errors, &weights)?)))
    }

    fn weights(&self) -> Vec<Placed> {
        self.packed.weights()
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        self.packed.inputs(samples)
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.packed.outputs(samples)
    }
}
