//! A head on packed embeddings.

use ndarray::{Array2, ArrayView2, s};

use super::{Head, HeadShape, explain_width};
use crate::{
    PackingError, Result,
    backend::{Circuit, Evaluate, Slots},
    nn::{
        diagonal::sum_of_products,
        layout::only,
        polynomial::{Polynomial, PolynomialProgram},
        shapes::check_shape,
        soft_argmax::SoftArgmaxProgram,
        training::check_batch,
    },
    packing::{Conversion, DiagonalLayout, DiagonalMatrix, MatrixLayout, Product},
    record,
};

/// A [`Head`](super::Head), usually with a soft-argmax, on packed embeddings, for any backend, with clear or encrypted weights
/// and many samples per ciphertext.
///
/// Slots are `[feature][sample]`, as in [`DiagonalLayout`], and matrices are stored by their diagonals with baby and
/// giant steps: a rotation by a multiple of the batch is cyclic in the features and needs no mask
/// (docs/architecture.md, "Heads").
///
/// | layer, `m x n` padded to powers of two, K = min(m, n), s baby steps | rotations | products | levels |
/// |---|---|---|---|
/// | dense | s-1 hoisted, K/s-1, log2(n/m) to fold | K, with plaintexts or ciphertexts | 1 |
/// | quadratic activation | | 1 | 1 |
/// | polynomial of degree d | | those of [`PolynomialProgram`] | ceil(log2(d+1)) |
/// | soft-argmax | see [`SoftArgmaxProgram`] | | |
///
/// Shifts, scales, temperature, centring and the ranges of polynomials are folded into the dense layers.
pub struct HeadProgram {
    shape: HeadShape,
    layout: DiagonalLayout,
    batch: usize,
    layers: Vec<PackedDense>,
    /// One after every layer but the last.
    activations: Vec<Activation>,
    /// Where its logits are.
    logits: MatrixLayout,
    soft_argmax: Option<SoftArgmaxProgram>,
}

enum Activation {
    Square,
    Polynomial(PolynomialProgram),
}

impl Activation {
    /// The activation of live units and samples.
    fn new(polynomial: &Polynomial, hidden: &MatrixLayout) -> Result<Activation> {
        if polynomial.degree() == 2 {
            return Ok(Activation::Square);
        }
        let live = hidden.fill(|_, _| 1.0)?.concat();
        Ok(Activation::Polynomial(PolynomialProgram::new(polynomial).only(&live)))
    }
}

struct PackedDense {
    /// Rotates the inputs by every baby step.
    turn: Conversion,
    product: Product,
    /// Adds the giant steps.
    add_giant_steps: Option<Conversion>,
    matrix: MatrixLayout,
    outputs: MatrixLayout,
}

/// Packed weights: the diagonals of each layer, each followed by its bias.
#[derive(Debug)]
pub enum HeadWeights<'a, C> {
    /// In the clear, known to the server.
    Clear(&'a [Slots]),
    /// Encrypted, known to the key holder only.
    Encrypted(&'a [C]),
}

/// The result, still encrypted.
#[derive(Clone, Debug)]
pub struct HeadOutputs<C> {
    /// One score per class: the logits, or with a soft-argmax the probabilities, of two classes only that of the second.
    pub scores: C,
    /// The position, with a soft-argmax.
    pub position: Option<C>,
}
record!(HeadOutputs { scores: one, position: maybe });

impl HeadProgram {
    /// The program for as many samples at a time as the slots can hold.
    ///
    /// # Errors
    /// `HeadTooWide` if there are too few slots for one sample; the errors of [`HeadShape::check`].
    pub fn new(shape: &HeadShape, slots: usize) -> Result<HeadProgram> {
        shape.check()?;
        let matrices = shape.matrices()?;
        let widest = matrices.iter().map(|&(m, n)| m.max(n)).max().unwrap_or(1);
        let layout = DiagonalLayout::filling(slots, widest).map_err(explain_width)?;
        let batch = layout.sample_axis().extent();
        let layers =
            matrices.iter().map(|&(m, n)| PackedDense::new(&layout, batch, m, n)).collect::<Result<Vec<_>>>()?;
        let activations = match &shape.activation {
            None => Vec::new(),
            Some(polynomial) => {
                let hidden = layers[..layers.len() - 1].iter();
                hidden.map(|layer| Activation::new(polynomial, &layer.outputs)).collect::<Result<_>>()?
            }
        };
        let logits = layout.batch(batch, shape.logits()?);
        let soft_argmax = shape.soft_argmax.as_ref();
        let soft_argmax = soft_argmax.map(|last| SoftArgmaxProgram::new(&last.layer, &last.approximation, &logits));
        let soft_argmax = soft_argmax.transpose()?;
        Ok(HeadProgram { shape: shape.clone(), layout, batch, layers, activations, logits, soft_argmax })
    }

    /// The shape.
    pub fn shape(&self) -> &HeadShape {
        &self.shape
    }

    /// Samples per ciphertext.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The slot vectors of the weights.
    ///
    /// # Errors
    /// `WrongHeadShape` for a head of another shape.
    pub fn pack(&self, head: &Head) -> Result<Vec<Vec<f64>>> {
        let folded = self.shape.folded(head)?;
        let mut vectors = Vec::with_capacity(self.weight_vectors());
        for (dense, packed) in folded.iter().zip(&self.layers) {
            vectors.extend(packed.matrix.pack(dense.weights.view())?);
            vectors.extend(packed.outputs.fill(|_, row| dense.bias[row])?);
        }
        Ok(vectors)
    }

    /// The slot vectors of the weights as plaintexts, for a server that knows the head.
    ///
    /// # Errors
    /// `WrongHeadShape` for a head of another shape.
    pub fn pack_clear(&self, head: &Head) -> Result<Vec<Slots>> {
        Ok(self.pack(head)?.into_iter().map(Slots::from).collect())
    }

    /// The number of slot vectors.
    pub fn weight_vectors(&self) -> usize {
        self.layers.iter().map(|layer| layer.matrix.ciphertexts() + 1).sum()
    }

    /// The slot vector of up to [`batch`](HeadProgram::batch) embeddings, `samples x inputs`.
    ///
    /// # Errors
    /// `WrongBatch` for more embeddings, or none; `WrongShape` for embeddings of another width.
    pub fn pack_inputs(&self, x: ArrayView2<f64>) -> Result<Vec<f64>> {
        check_batch(self.batch, x.nrows())?;
        check_shape("a batch of embeddings", (x.nrows(), self.shape.widths[0]), x.dim())?;
        Ok(self.layout.batch(x.nrows(), self.shape.widths[0]).pack(x)?.concat())
    }

    /// The scores of all classes, `samples x classes`, from decrypted slots.
    ///
    /// # Errors
    /// `WrongCount` if the vector does not have the length of this program's slots; `WrongBatch` for more samples than
    /// it holds, or none.
    pub fn unpack_scores(&self, slots: Vec<f64>, samples: usize) -> Result<Array2<f64>> {
        check_batch(self.batch, samples)?;
        let scores = self.soft_argmax.as_ref().map_or(&self.logits, SoftArgmaxProgram::outputs).unpack(&[slots])?;
        Ok(self.shape.all_scores(&scores.slice(s![..samples, ..]).to_owned()))
    }

    /// The position of each sample, from decrypted slots.
    ///
    /// # Errors
    /// `WrongCount` if the vector does not have the length of this program's slots; `WrongBatch` for more samples than
    /// it holds, or none.
    pub fn unpack_positions(&self, slots: Vec<f64>, samples: usize) -> Result<Vec<f64>> {
        check_batch(self.batch, samples)?;
        let s = self.layout.batch(self.batch, 1).unpack(&[slots])?;
        Ok(s.column(0).iter().copied().take(samples).collect())
    }

    /// Whether decrypted probabilities of a sample, one per class, are plausible. They are not if its logits left the
    /// promised range, or if there is another number of them. Without a soft-argmax, all scores are.
    pub fn check(&self, probabilities: &[f64]) -> bool {
        self.shape.is_plausible(probabilities)
    }

    /// Computes scores and position.
    ///
    /// # Errors
    /// `WrongCount` for weights of another program; `NoLevelLeft` or `MissingRotation` if levels or rotation keys are
    /// not as planned by [`Plan::of`](crate::program::Plan::of) for a [`HeadInference`](super::HeadInference).
    pub fn run<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: HeadWeights<'_, E::Ciphertext>,
        x: &E::Ciphertext,
    ) -> Result<HeadOutputs<E::Ciphertext>> {
        self.run_watched(c, weights, x, &mut |_, _| Ok(()))
    }

    /// Like [`run`](HeadProgram::run), and passes every intermediate value with its name to `watch`, for measurements
    /// of noise.
    ///
    /// # Errors
    /// The same as for [`run`](HeadProgram::run), and any error of `watch`.
    pub fn run_watched<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: HeadWeights<'_, E::Ciphertext>,
        x: &E::Ciphertext,
        watch: &mut dyn FnMut(&'static str, &E::Ciphertext) -> Result<()>,
    ) -> Result<HeadOutputs<E::Ciphertext>> {
        watch("embeddings", x)?;
        let mut offset = 0;
        let mut current = x.clone();
        for (l, layer) in self.layers.iter().enumerate() {
            let vectors = layer.matrix.ciphertexts() + 1;
            current = layer.apply(c, weights.part(offset, vectors)?, &current)?;
            offset += vectors;
            let Some(activation) = self.activations.get(l) else {
                watch("logits", &current)?;
                continue;
            };
            watch("hidden units", &current)?;
            current = match activation {
                Activation::Square => c.square(&current)?,
                Activation::Polynomial(polynomial) => polynomial.apply(c, &current)?,
            };
            watch("activations", &current)?;
        }
        let Some(soft_argmax) = &self.soft_argmax else { return Ok(HeadOutputs { scores: current, position: None }) };
        let probabilities = soft_argmax.probabilities(c, &current)?;
        watch("probabilities", &probabilities)?;
        let position = soft_argmax.position(c, &probabilities)?;
        watch("position", &position)?;
        Ok(HeadOutputs { scores: probabilities, position: Some(position) })
    }
}

impl<'a, C> HeadWeights<'a, C> {
    fn part(&self, offset: usize, count: usize) -> Result<HeadWeights<'a, C>> {
        fn of<T>(all: &[T], offset: usize, count: usize) -> Result<&[T]> {
            let (what, expected, actual) = ("packed weights of a head".into(), offset + count, all.len());
            Ok(all.get(offset..offset + count).ok_or(PackingError::WrongCount { what, expected, actual })?)
        }
        Ok(match self {
            HeadWeights::Clear(all) => HeadWeights::Clear(of(all, offset, count)?),
            HeadWeights::Encrypted(all) => HeadWeights::Encrypted(of(all, offset, count)?),
        })
    }
}

impl PackedDense {
    fn new(layout: &DiagonalLayout, batch: usize, rows: usize, columns: usize) -> Result<PackedDense> {
        let w = DiagonalMatrix::new(rows, columns).with_giant_steps();
        let factor = layout.factor(batch, w);
        let product = Product::new(&factor, &layout.matrix(w))?;
        let outputs = layout.batch(batch, rows);
        let giant_steps = w.giant_steps() > 1;
        Ok(PackedDense {
            turn: Conversion::new(&layout.batch(batch, columns), &factor)?,
            add_giant_steps: giant_steps.then(|| Conversion::summing(product.result(), &outputs)).transpose()?,
            matrix: layout.matrix(w),
            product,
            outputs,
        })
    }

    /// `W x + b`, one level below `x`.
    fn apply<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: HeadWeights<'_, E::Ciphertext>,
        x: &E::Ciphertext,
    ) -> Result<E::Ciphertext> {
        let diagonals = self.matrix.ciphertexts();
        let add = self.add_giant_steps.as_ref();
        let mut y = match weights {
            HeadWeights::Clear(weights) => {
                let products = self.product.apply_plain(c, &self.turn, add, x, &weights[..diagonals])?;
                only("a product of diagonals", &products)?.clone()
            }
            HeadWeights::Encrypted(weights) => {
                let turned = self.turn.apply(c, std::slice::from_ref(x))?;
                sum_of_products(c, &self.product, &turned, &weights[..diagonals], add)?
            }
        };
        match weights {
            HeadWeights::Clear(weights) => c.add_plain_inplace(&mut y, &weights[diagonals])?,
            HeadWeights::Encrypted(weights) => c.add_inplace(&mut y, &weights[diagonals])?,
        }
        Ok(y)
    }
}
