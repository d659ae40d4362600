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
/// [`DiagonalPacked`], but with `W2^T` computed from `W2` by a masked linear transform that moves and rotates the
/// diagonals. The errors are skewed for it like the activations. Compared with [`DiagonalPacked`], a step takes one
/// more skewing per block and the same number of levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaleviShoup {
    packed: DiagonalPacked,
}

impl HaleviShoup {
    /// The layout for a two-layer network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if there are too few slots for a sample; `LayoutUnsuited` unless the network has two layers.
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
