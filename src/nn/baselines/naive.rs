//! One ciphertext per row of a matrix.

use crate::{
    Result,
    nn::{
        Network,
        layout::{LayoutKind, Placed, TrainingLayout, explain_room},
        packed_errors::PackedLoss,
        training::{TrainingSpec, check_batch},
        two_layers::{Backward, BlockActivation, FirstGradient, TwoLayers, one_hidden_layer},
    },
    packing::{Conversion, ConvertedProduct, DiagonalLayout, Index, MatrixLayout, Product, SlotAxis},
};

/// The row-wise method, with which the diagonal method was compared (Halevi and Shoup, Algorithms in HElib, CRYPTO
/// 2014): one ciphertext per row of a matrix, and a product and a sum over the slots for every entry of the result.
///
/// Vectors are stored as `[f][b]`, the batch innermost. A product leaves every entry in its own ciphertext, and masks
/// gather them into a vector for the next product; the rows of `W2^T` are gathered from those of `W2` by rotations and
/// masks. With F the largest dimension, padded, a step of `f -> h -> o` on B samples takes
///
/// ```text
/// rotations         (2 h + o) log2 F + o (h - 1) hoisted + 2 (h + o) log2 B
/// relinearisations  4 h + 2 o + 1
/// levels            8: z, z gathered, a, y, d gathered, g, G, G summed
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naive {
    slots: usize,
    dimensions: [usize; 3],
    features: SlotAxis,
    samples: SlotAxis,
}

impl Naive {
    /// The layout for a two-layer network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if there are too few slots; `LayoutUnsuited` unless the network has two layers.
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<Naive> {
        let dimensions = one_hidden_layer(LayoutKind::Naive, network)?;
        let longest = dimensions.into_iter().fold(1, usize::max).next_power_of_two();
        // The slots are divided as in the layout by diagonals.
        let samples = DiagonalLayout::new(slots, longest, batch)
            .map_err(explain_room(LayoutKind::Naive, network, batch))?
            .sample_axis();
        Ok(Naive { slots, dimensions, features: SlotAxis::new(longest, samples.extent())?, samples })
    }

    /// A batch in one ciphertext.
    fn vectors(&self, samples: usize, length: usize) -> MatrixLayout {
        let (samples, length) = (Index::new(samples).along(self.samples), Index::new(length).along(self.features));
        MatrixLayout::new(self.slots, samples, length)
    }

    /// A batch with one entry per ciphertext, copied along the axis of the features.
    fn entries(&self, samples: usize, length: usize) -> MatrixLayout {
        let (samples, index) = (Index::new(samples).along(self.samples), Index::new(length).over(0, 1));
        MatrixLayout::new(self.slots, samples, index).grid(&[length])
    }

    /// A matrix with one row per ciphertext.
    fn rows(&self, rows: usize, columns: usize) -> MatrixLayout {
        let (index, columns) = (Index::new(rows).over(0, 1), Index::new(columns).along(self.features));
        MatrixLayout::new(self.slots, index, columns).grid(&[rows])
    }
}

impl TrainingLayout for Naive {
    type Program = TwoLayers;

    fn kind(&self) -> LayoutKind {
        LayoutKind::Naive
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<TwoLayers> {
        let [inputs, hidden, outputs] = self.dimensions;
        let capacity = self.samples.extent();
        check_batch(capacity, live)?;
        let (x, a) = (self.vectors(capacity, inputs), self.vectors(capacity, hidden));
        let (z, y) = (self.entries(capacity, hidden), self.entries(capacity, outputs));
        let (w1, w2) = (self.rows(hidden, inputs), self.rows(outputs, hidden));
        let activation = spec.network.activation();
        let apart = BlockActivation::new(activation, live, capacity, |samples| self.entries(samples, hidden))?;
        let together = BlockActivation::new(activation, live, capacity, |samples| self.vectors(samples, hidden))?;
        let gather = Conversion::new(&z, &a)?;
        let errors = [y.clone(), self.vectors(capacity, outputs)];
        let transposed = [w2.transposed(), self.rows(hidden, outputs)];
        Ok(TwoLayers {
            spec: spec.clone(),
            loss: PackedLoss::new(spec.loss, &self.outputs(live))?,
            weights: self.weights(),
            blocks: 1,
            forms: 1,
            input_ciphertexts: 1,
            first: ConvertedProduct::new(std::slice::from_ref(&x), &[w1])?,
            activation: apart,
            gather: Some((gather, together)),
            spread: None,
            second: ConvertedProduct::new(std::slice::from_ref(&a), &[w2])?,
            backward: Backward::Product(Box::new(ConvertedProduct::new(&errors, &transposed)?)),
            gradients: (
                FirstGradient::Early(Box::new(Product::new(&z.transposed(), &x.transposed())?)),
                ConvertedProduct::new(&[y.transposed()], &[a.transposed()])?,
            ),
        })
    }

    fn weights(&self) -> Vec<Placed> {
        let [inputs, hidden, outputs] = self.dimensions;
        Placed::in_turn([self.rows(hidden, inputs), self.rows(outputs, hidden)])
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        vec![self.vectors(samples, self.dimensions[0])]
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.entries(samples, self.dimensions[2])
    }
}
