//! The training step with HETAL's products.

use crate::{
    Result,
    nn::{
        Network,
        layout::{LayoutKind, Placed, TrainingLayout, explain_room},
        packed_errors::PackedLoss,
        training::{TrainingSpec, check_batch},
        two_layers::{Backward, BlockActivation, FirstGradient, TwoLayers, one_hidden_layer},
    },
    packing::{MatrixLayout, baselines::DiagonalTiles},
};

/// Training with HETAL's DiagABT and DiagATB ([`DiagonalTiles`]; Lee et al., ICML 2023, arXiv 2403.14111): forward by
/// `X W^T`, gradients by `D^T X`. HETAL itself trains one layer. The backward pass through the second layer is the
/// natural extension: DiagABT with `W2` transposed by a masked linear transform.
///
/// With all dimensions padded and s0 the padded batch, a step of `f -> h -> o` takes:
///
/// ```text
/// rotations         3 h + 2 o - 5 for the turned factors and at most 2 h - 2 for the transposition, hoisted;
///                   2 h log2 f + 2 o log2 h + 2 h log2 o + (h + o) log2 s0 for the sums; 2
/// relinearisations  3 h + 2 o + 2
/// levels            13: z (3), a, y (3), g (3), g phi'(z), G, G masked
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hetal {
    layout: DiagonalTiles,
    dimensions: [usize; 3],
}

impl Hetal {
    /// The layout for a two-layer network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if there are too few slots; `LayoutUnsuited` unless the network has two layers.
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<Hetal> {
        let dimensions = one_hidden_layer(LayoutKind::Hetal, network)?;
        let longest = dimensions.into_iter().fold(1, usize::max);
        DiagonalTiles::new(slots, longest, batch).map(|layout| Hetal { layout, dimensions }).map_err(explain_room(
            LayoutKind::Hetal,
            network,
            batch,
        ))
    }
}

impl TrainingLayout for Hetal {
    type Program = TwoLayers;

    fn kind(&self) -> LayoutKind {
        LayoutKind::Hetal
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers> {
        let (layout, [f, h, o]) = (&self.layout, self.dimensions);
        let capacity = layout.capacity();
        check_batch(capacity, live)?;
        let transposed = layout.matrix(o, h).transposed();
        Ok(TwoLayers {
            spec: spec.clone(),
            loss: PackedLoss::new(spec.loss, &self.outputs(live))?,
            weights: self.weights(),
            blocks: 1,
            forms: 1,
            input_ciphertexts: 1,
            first: layout.abt(capacity, (h, f), None)?,
            activation: BlockActivation::new(spec.network.activation(), live, capacity, |samples| {
                layout.batch(samples, h)
            })?,
            gather: None,
            spread: None,
            second: layout.abt(capacity, (o, h), None)?,
            backward: Backward::Product(Box::new(layout.abt(capacity, (h, o), Some(transposed))?)),
            gradients: (FirstGradient::Delta(Box::new(layout.atb(capacity, (h, f))?)), layout.atb(capacity, (o, h))?),
        })
    }

    fn weights(&self) -> Vec<Placed> {
        let [f, h, o] = self.dimensions;
        Placed::in_turn([self.layout.matrix(h, f), self.layout.matrix(o, h)])
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        vec![self.layout.batch(samples, self.dimensions[0])]
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.layout.batch(samples, self.dimensions[2])
    }
}
