//! Layouts: what each must know to train a network, those there are, and which is the cheapest.

use ndarray::{Array2, ArrayView2};

pub use super::{
    any_layout::{Layout, LayoutKind, LayoutProgram},
    axes::{Axes, AxesProgram, GradientMode, ShapeCost, axis_shapes},
    choice::{Candidate, Choice},
    diagonal::{Diagonal, DiagonalProgram, Transposition},
    diagonal_packed::DiagonalPacked,
    layout_description::LayoutDescription,
    merged::{Merged, MergedProgram},
    repetition::Repetition,
    two_layers::{TwoLayers, TwoLayersLayout},
};

use super::{Network, TrainingSpec, Weights};
use crate::{
    ArgumentError, Error, LayoutRemedy, Level, PackingError, Result, SetupError,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    packing::MatrixLayout,
    parallel, record,
};

/// Packed weights and the velocity of their momentum (empty without momentum).
#[derive(Clone, Debug)]
pub struct State<C> {
    /// The weights.
    pub weights: Vec<C>,
    /// As many ciphertexts as for the weights, or none.
    pub velocity: Vec<C>,
}
record!(State { weights: many, velocity: many });

/// A packed batch.
#[derive(Clone, Debug)]
pub struct Batch<C> {
    /// The samples.
    pub inputs: Vec<C>,
    /// Their targets.
    pub targets: Vec<C>,
}
record!(Batch { inputs: many, targets: many });

/// A layout of a network and a batch in slots, with its training step.
///
/// It states the places of weights, samples and outputs; the client packs and unpacks accordingly. The server runs
/// the [`program`](TrainingLayout::program).
pub trait TrainingLayout: Clone + Send + Sync {
    /// The forward pass and the training step.
    type Program: TrainingProgram;

    /// The kind of layout.
    fn kind(&self) -> LayoutKind;

    /// The program for batches of `live` samples.
    ///
    /// # Errors
    /// Currently cannot fail if the layout was made for this network; a mismatch gives `NotAligned` or `NoSource`.
    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<Self::Program>;

    /// The layout of the weights of each layer, `outputs x inputs`.
    fn weights(&self) -> Vec<Placed>;

    /// The layouts in which the client sends a batch, `samples x inputs`, one after another.
    fn inputs(&self, samples: usize) -> Vec<MatrixLayout>;

    /// The layout of outputs and targets, `samples x outputs`.
    fn outputs(&self, samples: usize) -> MatrixLayout;

    /// The number of ciphertexts of the weights.
    fn weight_ciphertexts(&self) -> usize {
        self.weights().iter().map(Placed::end).max().unwrap_or(0)
    }

    /// The slot vectors of a set of weights (or of its velocity).
    ///
    /// # Errors
    /// `WrongCount` or `WrongShape` for weights of another network.
    fn pack_weights(&self, weights: &Weights) -> Result<Vec<Vec<f64>>> {
        let layouts = self.weights();
        let (what, expected, actual) = ("layers of the weights", layouts.len(), weights.0.len());
        if expected != actual {
            return Err(ArgumentError::WrongCount { what, expected, actual }.into());
        }
        let mut packed: Vec<Vec<f64>> = Vec::new();
        for (Placed { first, layout }, w) in layouts.iter().zip(&weights.0) {
            packed.resize_with(packed.len().max(first + layout.ciphertexts()), || vec![0.0; layout.slots()]);
            for (slots, values) in packed[*first..].iter_mut().zip(layout.pack(w.view())?) {
                slots.iter_mut().zip(values).for_each(|(slot, value)| *slot += value);
            }
        }
        Ok(packed)
    }

    /// The inverse of [`pack_weights`](TrainingLayout::pack_weights).
    ///
    /// # Errors
    /// `WrongCount` if the number of vectors is not that of the layout.
    fn unpack_weights(&self, slots: &[Vec<f64>]) -> Result<Weights> {
        check_count("packed weights", self.weight_ciphertexts(), slots)?;
        let unpack = |placed: Placed| placed.layout.unpack(&slots[placed.first..placed.end()]);
        self.weights().into_iter().map(unpack).collect::<Result<_>>().map(Weights)
    }

    /// The slot vectors of a batch (`samples x inputs`).
    ///
    /// # Errors
    /// `WrongShape` for samples of another network; `IndexTooLong` for more samples than the layout holds.
    fn pack_inputs(&self, x: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        let packed = self.inputs(x.nrows()).iter().map(|layout| layout.pack(x)).collect::<Result<Vec<_>>>()?;
        Ok(packed.concat())
    }

    /// The slot vectors of targets (`samples x outputs`).
    ///
    /// # Errors
    /// `WrongShape` for targets of another network; `IndexTooLong` for more samples than the layout holds.
    fn pack_targets(&self, t: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        self.outputs(t.nrows()).pack(t)
    }

    /// The outputs (`samples x outputs`) of [`forward`](TrainingProgram::forward).
    ///
    /// # Errors
    /// `WrongCount` if the number of vectors is not that of the layout.
    fn unpack_outputs(&self, slots: &[Vec<f64>], samples: usize) -> Result<Array2<f64>> {
        self.outputs(samples).unpack(slots)
    }
}

/// A layout within a list of ciphertexts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The index of its first ciphertext. Layouts may share ciphertexts if their live slots are disjoint.
    pub first: usize,
    /// The layout.
    pub layout: MatrixLayout,
}

impl Placed {
    /// Layouts in consecutive ciphertexts, without sharing any.
    pub fn in_turn(layouts: impl IntoIterator<Item = MatrixLayout>) -> Vec<Placed> {
        let place = |first: &mut usize, layout: MatrixLayout| {
            let placed = Placed { first: *first, layout };
            *first = placed.end();
            Some(placed)
        };
        layouts.into_iter().scan(0, place).collect()
    }

    /// The index after its last ciphertext.
    pub fn end(&self) -> usize {
        self.first + self.layout.ciphertexts()
    }

    /// Its part of a list of ciphertexts.
    ///
    /// # Errors
    /// `WrongCount` if the list is too short.
    pub fn of<'a, C>(&self, row: &'a [C]) -> Result<&'a [C]> {
        match row.get(self.first..self.end()) {
            Some(part) => Ok(part),
            None => check_count("a row of ciphertexts", self.end(), row).map(|()| row),
        }
    }
}

/// The program that a server runs on any backend. It contains its plaintexts, which are built and encoded once.
pub trait TrainingProgram: Send + Sync {
    /// The network's outputs for a batch.
    ///
    /// # Errors
    /// `NoLevelLeft` or `MissingRotation` if levels or rotation keys are missing; `WrongCount` if the number of
    /// ciphertexts is not that of the layout.
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>>;

    /// Forward and backward pass. Returns, for each ciphertext of weights, the gradient of half the squared error, summed
    /// over the samples of a batch. Gradients of layer `l` are multiplied by `rate_l / rate_0`.
    ///
    /// # Errors
    /// `NoLevelLeft` or `MissingRotation` if levels or rotation keys are missing; `WrongCount` if the number of
    /// ciphertexts is not that of the layout.
    fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>>;

    /// By how much the mean absolute slot of one ciphertext of weights may exceed that of all weights
    /// ([`Bounds::mean_weight`](super::Bounds)). A ciphertext that contains few weights of one matrix may have twice the
    /// mean of all weights.
    fn concentration(&self) -> f64 {
        2.0
    }
}

/// Ciphertexts multiplied by a factor, at a lower level.
pub(super) fn weigh<E: Evaluate>(
    c: &Circuit<E>,
    w: &[E::Ciphertext],
    factor: f64,
    at: Level,
) -> Result<Vec<E::Ciphertext>> {
    parallel::try_map(w, |w| c.multiply_plain(w, &Slots::Constant(factor), TargetScale::At(at)))
}

/// The only ciphertext of a value that must have exactly one.
pub(super) fn only<'a, C>(what: &'static str, packed: &'a [C]) -> Result<&'a C> {
    check_count(what, 1, packed).map(|()| &packed[0])
}

/// Returns an error unless the number of ciphertexts is that of the layout.
pub(super) fn check_count<C>(what: &str, expected: usize, packed: &[C]) -> Result<()> {
    let actual = packed.len();
    if actual == expected {
        Ok(())
    } else {
        Err(PackingError::WrongCount { what: what.into(), expected, actual }.into())
    }
}

/// If the network and batch of a layout need more slots than are available, names them and a remedy.
pub(super) fn explain_room(layout: LayoutKind, network: &Network, batch: usize) -> impl FnOnce(Error) -> Error {
    move |error| {
        let Error::Packing(PackingError::TooFewSlots { needed, slots }) = error else { return error };
        let remedy = match (batch as u128 * slots as u128 / needed as u128) as usize {
            0 => LayoutRemedy::LargerRing,
            fitting => LayoutRemedy::SmallerBatch(fitting),
        };
        let (layout, network) = (layout.name(), network.to_string());
        SetupError::LayoutDoesNotFit { layout, network, batch, needed, slots, remedy }.into()
    }
}
