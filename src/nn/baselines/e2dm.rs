//! The training step on square matrices.

use Form::{Plain, Skewed, Turned};
use Vector::{Features, Samples};

use crate::{
    Result,
    nn::{
        Network,
        layout::{LayoutKind, Placed, TrainingLayout, explain_room},
        packed_errors::PackedLoss,
        training::{TrainingSpec, check_batch},
        two_layers::{Backward, BlockActivation, FirstGradient, TwoLayers, one_hidden_layer},
    },
    packing::{
        ConvertedProduct, MatrixLayout,
        baselines::{Form, SquareMatrices, Vector},
    },
};

/// Training on [`SquareMatrices`] (E2DM: Jiang, Kim, Lauter, Song, CCS 2018), with five products
/// `sum over q < d of phi^q(sigma(A)) psi^q(tau(B))`. `W2` and the activations are transposed for two of them. The
/// client sends X and its transpose, both with tau applied.
///
/// With d the largest dimension, padded, and g copies, a step takes the following for full matrices (padding saves some
/// of sigma and tau):
///
/// ```text
/// rotations         30 (d - 1) for the products, 2 (d - 1) less for what the client does, 4 (d - 1) for the
///                   transpositions, all hoisted; 4 log2 g
/// relinearisations  7
/// levels            13: z (3), a, y (2), g (2), g phi'(z), G (3), G summed over the copies
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct E2dm {
    layout: SquareMatrices,
    dimensions: [usize; 3],
}

impl E2dm {
    /// The layout for a two-layer network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if there are too few slots; `LayoutUnsuited` unless the network has two layers.
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<E2dm> {
        let dimensions = one_hidden_layer(LayoutKind::E2dm, network)?;
        let longest = dimensions.into_iter().fold(1, usize::max);
        SquareMatrices::new(slots, longest, batch).map(|layout| E2dm { layout, dimensions }).map_err(explain_room(
            LayoutKind::E2dm,
            network,
            batch,
        ))
    }
}

impl TrainingLayout for E2dm {
    type Program = TwoLayers;

    fn kind(&self) -> LayoutKind {
        LayoutKind::E2dm
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers> {
        let layout = &self.layout;
        let capacity = layout.capacity();
        check_batch(capacity, live)?;
        let ([f, h, o], s) = (self.dimensions.map(Features), Samples(capacity));
        let hidden = |samples| layout.right(Samples(samples), h, Plain);
        let sent = |rows, common| [Skewed, Turned].map(|form| layout.right(rows, common, form));
        let transposed = |first: MatrixLayout, way: [MatrixLayout; 3]| [vec![first.transposed()], way.into()].concat();
        let w2 = transposed(layout.left(o, h, Plain), layout.left_way(h, o));
        let a = transposed(hidden(capacity), layout.right_way(h, s));
        Ok(TwoLayers {
            spec: spec.clone(),
            loss: PackedLoss::new(spec.loss, &self.outputs(live))?,
            weights: self.weights(),
            blocks: 1,
            forms: 2,
            input_ciphertexts: 1,
            first: ConvertedProduct::new(&sent(s, f), &layout.left_way(h, f))?,
            activation: BlockActivation::new(spec.network.activation(), live, capacity, hidden)?,
            gather: None,
            spread: None,
            second: ConvertedProduct::new(&layout.right_way(s, h), &layout.left_way(o, h))?,
            backward: Backward::Product(Box::new(ConvertedProduct::new(&layout.right_way(s, o), &w2)?)),
            gradients: (
                FirstGradient::Delta(Box::new(ConvertedProduct::new(&layout.left_way(h, s), &sent(f, s))?)),
                ConvertedProduct::new(&layout.left_way(o, s), &a)?,
            ),
        })
    }

    fn weights(&self) -> Vec<Placed> {
        let [f, h, o] = self.dimensions.map(Features);
        Placed::in_turn([self.layout.left(h, f, Plain), self.layout.left(o, h, Plain)])
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        let (f, s) = (Features(self.dimensions[0]), Samples(samples));
        vec![self.layout.right(s, f, Skewed), self.layout.right(f, s, Skewed).transposed()]
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.layout.right(Samples(samples), Features(self.dimensions[2]), Plain)
    }
}
