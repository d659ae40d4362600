//! The server's half of an inference on columns.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, s};

use super::layer::Layer;
use crate::{
    Argument, Level, RequestError, Result,
    backend::{Chain, Circuit, Evaluate, Slots},
    nn::{
        head::{Dense, Head, HeadShape},
        layout::check_count,
        polynomial::{Polynomial, PolynomialProgram},
        shapes::{check_shape, check_vectors},
        soft_argmax::SoftArgmaxColumns,
        training::check_batch,
    },
    parallel::try_map,
    program::{Precision, Program, Rehearsal, Workspace},
    record,
};

/// The logits or probabilities of a head that the server knows, for as many samples at a time as there are slots. Each layer
/// takes a level for its products and each activation as many as its degree asks for; a layer `m x n` takes
///
/// ```text
/// m n products with constants, m rescales        and, for a quadratic activation, m squares
/// ```
///
/// and a soft-argmax as many operations for each class as a [`SoftArgmaxColumns`] takes, whatever the number of samples. The activation's shift and scale are folded into the layers, as for a
/// [`HeadProgram`](crate::nn::head::HeadProgram).
///
/// The columns come in several calls, in their order, so that neither party needs memory for all of them: the server adds
/// what they contribute to the first layer, and answers the last call with the scores.
pub struct ColumnInference {
    shape: HeadShape,
    slots: usize,
    layers: Vec<Layer>,
    activation: Activation,
    soft_argmax: Option<SoftArgmaxColumns>,
    /// The name of the server's model, if the server has one of its own.
    model: Option<String>,
    /// Whether its weights are those that the server computes with.
    known: bool,
}

enum Activation {
    Square,
    Polynomial(PolynomialProgram),
}

/// Columns of one call.
#[derive(Clone, Debug)]
pub struct Columns<T> {
    /// A vector for each feature.
    pub columns: Vec<T>,
}
record!(Columns { columns: many });

/// What the columns so far contribute to the first layer.
#[derive(Clone, Debug)]
pub struct ColumnSums<T> {
    /// One for each unit, before the rescale.
    pub sums: Vec<T>,
}
record!(ColumnSums { sums: many });

/// The answer to the last call; that to others is empty.
#[derive(Clone, Debug)]
pub struct ColumnScores<T> {
    /// One for each output, or for each class, of two probabilities only the second.
    pub scores: Vec<T>,
}
record!(ColumnScores { scores: many });

/// Columns of a call. One at level 3 of a ring of 8192 takes 0.5 MB at the server.
const COLUMNS: usize = 64;
/// The largest mean absolute logit for which the lowest modulus has room; beyond it, the client's decryption refuses. A first
/// prime with 7 bits for it may be somewhat smaller than its bits say.
const MEAN_LOGIT: f64 = 100.0;

impl ColumnInference {
    /// The program of a server that knows the head: its logits.
    ///
    /// # Errors
    /// `ActivationNotEncryptable` if the activation has no encrypted form; `NotPowerOfTwo` or `OutOfBounds` for slots that no
    /// ciphertext has.
    pub fn known(head: &Head, slots: usize) -> Result<ColumnInference> {
        ColumnInference::of_shape(&HeadShape::without_soft_argmax(head)?, head, slots)
    }

    /// The program of a server that knows the head: what its shape ends with, logits or probabilities.
    ///
    /// # Errors
    /// Those of [`HeadShape::check`]; `WrongHeadShape` for a head of another shape; `NotPowerOfTwo` or `OutOfBounds` for
    /// slots that no ciphertext has.
    pub fn of_shape(shape: &HeadShape, head: &Head, slots: usize) -> Result<ColumnInference> {
        shape.check()?;
        let known = ColumnInference::of_layers(shape.clone(), &shape.folded(head)?, slots)?;
        Ok(ColumnInference { known: true, ..known })
    }

    /// As the client of a server with weights of its own has it: for planning. It computes with ones.
    ///
    /// # Errors
    /// Those of [`HeadShape::check`]; `OutOfBounds` for a shape with a soft-argmax; `NotPowerOfTwo` or `OutOfBounds` for slots
    /// that no ciphertext has.
    pub fn unknown(shape: &HeadShape, slots: usize) -> Result<ColumnInference> {
        shape.check()?;
        let ones =
            |pair: &[usize]| Dense { weights: Array2::ones((pair[1], pair[0])), bias: vec![1.0; pair[1]].into() };
        let layers: Vec<Dense> = shape.widths.windows(2).map(ones).collect();
        ColumnInference::of_layers(HeadShape { soft_argmax: None, ..shape.clone() }, &layers, slots)
    }

    fn of_layers(shape: HeadShape, layers: &[Dense], slots: usize) -> Result<ColumnInference> {
        Argument::Slots.check_power_of_two(slots)?;
        let activation = match &shape.activation {
            Some(polynomial) if polynomial.degree() > 2 => {
                Activation::Polynomial(PolynomialProgram::new(polynomial as &Polynomial))
            }
            _ => Activation::Square,
        };
        let layers = layers.iter().map(Layer::new).collect();
        let last = shape.soft_argmax.as_ref();
        let soft_argmax = last.map(|last| SoftArgmaxColumns::new(&last.approximation, last.layer.classes()));
        let soft_argmax = soft_argmax.transpose()?;
        Ok(ColumnInference { shape, slots, layers, activation, soft_argmax, model: None, known: false })
    }

    /// The same, of a server that has the model for its own, under this name. Its answers leave it with noise on top, so the
    /// scale is larger ([`Precision::Flooded`]).
    pub fn of_server(self, model: &str) -> ColumnInference {
        ColumnInference { model: Some(model.into()), ..self }
    }

    /// The name of the server's own model.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether the weights are part of the program: not for the client of a server that keeps them to itself.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Widths and activation.
    pub fn shape(&self) -> &HeadShape {
        &self.shape
    }

    /// The largest number of samples at a time.
    pub fn batch(&self) -> usize {
        self.slots
    }

    /// The number of calls that bring all columns.
    pub fn calls(&self) -> usize {
        self.features().div_ceil(COLUMNS)
    }

    fn features(&self) -> usize {
        self.shape.widths[0]
    }

    /// The features of a call, counted from 0.
    fn columns(&self, call: usize) -> Result<Range<usize>> {
        let start = call.saturating_mul(COLUMNS);
        match start < self.features() {
            true => Ok(start..self.features().min(start + COLUMNS)),
            false => Err(RequestError::WrongBlocks { most: self.calls(), actual: call.saturating_add(1) }.into()),
        }
    }

    /// The columns of a call, for up to [`batch`](ColumnInference::batch) samples (`samples x features`).
    ///
    /// # Errors
    /// `WrongBatch` for too many samples, or none; `WrongShape` for another width; `WrongBlocks` for a call beyond the last.
    pub fn pack(&self, x: ArrayView2<f64>, call: usize) -> Result<Columns<Vec<f64>>> {
        check_batch(self.slots, x.nrows())?;
        check_shape("samples", (x.nrows(), self.features()), x.dim())?;
        let columns = x.slice(s![.., self.columns(call)?]);
        Ok(Columns { columns: columns.columns().into_iter().map(|column| column.to_vec()).collect() })
    }

    /// The scores (`samples x outputs`) in the answer to the last call.
    ///
    /// # Errors
    /// `WrongCount` for another number of vectors or slots; `WrongBatch` for more samples than slots, or none.
    pub fn unpack(&self, answer: &ColumnScores<Vec<f64>>, samples: usize) -> Result<Array2<f64>> {
        check_batch(self.slots, samples)?;
        let computed = self.shape.computed_scores();
        check_vectors("packed scores", computed, self.slots, &answer.scores)?;
        let scores = Array2::from_shape_fn((samples, computed), |(sample, output)| answer.scores[output][sample]);
        Ok(self.shape.all_scores(&scores))
    }

    /// The units of a layer from its sums: rescaled, with their biases, and activated unless it is the last.
    fn finish<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        layer: usize,
        sums: Vec<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let is_last = layer + 1 == self.layers.len();
        try_map(sums.into_iter().enumerate(), |(unit, sum)| {
            let mut value = c.rescale(sum)?;
            c.add_plain_inplace(&mut value, &Slots::Constant(self.layers[layer].bias(unit)))?;
            match &self.activation {
                _ if is_last => Ok(value),
                Activation::Square => c.square(&value),
                Activation::Polynomial(polynomial) => polynomial.apply(c, &value),
            }
        })
    }
}

impl Program for ColumnInference {
    type Part = ();
    /// The number of the call, counted from 0.
    type Call = usize;
    type Kept = ();
    type Held = ColumnSums<()>;
    type Asked = Columns<()>;
    type Answer = ColumnScores<()>;

    fn kept(&self, (): &(), _: Level, _: &Chain) -> Result<()> {
        Ok(())
    }

    fn asked(&self, &call: &usize, entry: Level, _: &Chain) -> Result<Columns<Level>> {
        Ok(Columns { columns: vec![entry; self.columns(call)?.len()] })
    }

    fn begins(&self, &call: &usize) -> bool {
        call == 0
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        Rehearsal { parts: Vec::new(), calls: (0..self.calls()).collect() }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        &call: &usize,
        asked: &Columns<E::Ciphertext>,
    ) -> Result<ColumnScores<E::Ciphertext>> {
        let Workspace { circuit: c, held, .. } = workspace;
        let inputs = self.columns(call)?;
        check_count("columns of a call", inputs.len(), &asked.columns)?;
        let below =
            |values: &[E::Ciphertext]| Level(values.first().map_or(0, |value| c.level(value).0).saturating_sub(1));
        let is_last = inputs.end == self.features();
        let mut sums = self.layers[0].partial_sums(c, inputs, &asked.columns, below(&asked.columns))?;
        if call > 0 {
            let before = held.take().ok_or(RequestError::NothingKept { what: "the columns before these" })?;
            check_count("sums of the columns before", self.layers[0].units(), &before.sums)?;
            sums.iter_mut().zip(&before.sums).try_for_each(|(sum, before)| c.add_inplace(sum, before))?;
        }
        if !is_last {
            *held = Some(ColumnSums { sums });
            return Ok(ColumnScores { scores: Vec::new() });
        }
        *held = None;
        let mut values = self.finish(c, 0, sums)?;
        for (number, layer) in self.layers.iter().enumerate().skip(1) {
            let sums = layer.partial_sums(c, 0..values.len(), &values, below(&values))?;
            values = self.finish(c, number, sums)?;
        }
        if let Some(soft_argmax) = &self.soft_argmax {
            return Ok(ColumnScores { scores: soft_argmax.probabilities(c, values)? });
        }
        values.iter().try_for_each(|score| c.expect_mean("the logits", score, MEAN_LOGIT))?;
        Ok(ColumnScores { scores: values })
    }

    fn precision(&self) -> Precision {
        let room_bits = MEAN_LOGIT.log2().ceil() as u32;
        match (&self.model, &self.soft_argmax) {
            (Some(_), _) => Precision::Flooded { room_bits },
            // As deep as a head on packed embeddings, and probabilities need no room.
            (None, Some(_)) => Precision::Once,
            (None, None) => Precision::Returned { room_bits, rotates: false },
        }
    }

    fn terms(&self) -> String {
        format!("{} ({:?})", self.title(), self.shape)
    }

    fn title(&self) -> String {
        let widths: Vec<String> = self.shape.widths.iter().map(usize::to_string).collect();
        let of = self.model.as_ref().map_or(String::new(), |name| format!(" by the model {name:?} of the server"));
        format!("an inference of head {} on columns{of}", widths.join("-"))
    }

    fn remedy(&self) -> &'static str {
        "fewer layers, an activation of lower degree or, with a soft-argmax, a narrower range"
    }
}
