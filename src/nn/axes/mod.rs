//! The training step in the axis layout, for any number of layers, tiles and blocks of samples.

mod choice;
mod step;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Batch, LayoutKind, Network, Placed, TrainingLayout, TrainingProgram, TrainingSpec,
    packed_activation::PackedActivation, packed_errors::PackedLoss,
};
use crate::{
    Error, LayoutRemedy, PackingError, Result, SetupError,
    backend::{Circuit, Evaluate, Slots},
    packing::{AxisLayout, AxisShape, MatrixLayout, Product, Role},
};
pub(super) use choice::most_levels;
pub use choice::{ShapeCost, axis_shapes};

/// Training in the [`AxisLayout`] (docs/packing.md, "Axis layout").
///
/// Activation `l` (0 are the inputs) is cut into tiles along the axis that layer `l` reads, weights into tiles along
/// both of their axes, and a batch into blocks along B. The forward and the backward pass use the same weight
/// ciphertexts. Products of all tiles and blocks that enter one sum share its relinearisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    kind: LayoutKind,
    shape: AxisShape,
    gradient: GradientMode,
    layout: AxisLayout,
    dimensions: Vec<usize>,
}

/// The point at which the slope of the activation enters the gradients (docs/packing.md, "Axis layout").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GradientMode {
    /// With the layer's inputs, before the error arrives: one level less, one relinearisation per weight tile.
    Early,
    /// With the error (`delta = g phi'(z)`): one level more, one relinearisation per hidden tile.
    Delta,
}

impl fmt::Display for GradientMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GradientMode::Early => "early",
            GradientMode::Delta => "delta",
        })
    }
}

/// The number of shapes to plan.
const PLANNED: usize = 6;

/// The [`Axes`] program.
pub struct AxesProgram {
    gradient: GradientMode,
    loss: PackedLoss,
    layers: Vec<Layer>,
}

/// The products of one layer, and the plaintexts of the activation after it.
struct Layer {
    weights: Placed,
    forward: Product,
    /// The product of the errors with the weights; `None` for the first layer.
    backward: Option<Product>,
    gradient: Product,
    /// `None` for the last layer.
    hidden: Option<Hidden>,
}

/// The plaintexts of a hidden activation, one per ciphertext.
struct Hidden {
    /// Zero in padding, where early gradients have no other mask.
    activations: Vec<PackedActivation>,
    /// Weights of its value in the gradient of the next layer, zero in all padding.
    value_weights: Vec<Slots>,
    /// Weights of its slope in the gradient of this layer, zero in all padding.
    slope_weights: Vec<Slots>,
}

impl Axes {
    /// The cheapest shape for a network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if the depth of every shape exceeds what parameters of this size support.
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<Self> {
        let best = choice::best(LayoutKind::Axis, network, slots, batch, |_| true)?;
        Axes::with_shape(network, slots, best[0].shape, best[0].gradient)
    }

    /// The few shapes that cost least by formula, the best first; [`Layout::choose`](super::Layout::choose)
    /// plans them.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if the depth of every shape exceeds what parameters of this size support.
    pub fn best(network: &Network, slots: usize, batch: usize) -> Result<Vec<Axes>> {
        let shapes = choice::best(LayoutKind::Axis, network, slots, batch, |_| true)?;
        shapes.iter().take(PLANNED).map(|c| Axes::with_shape(network, slots, c.shape, c.gradient)).collect()
    }

    /// The cheapest shape with one ciphertext per input feature, which contains that feature for many samples. The
    /// first layer's products then need no rotations.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if the depth of every such shape exceeds what parameters of this size support.
    pub fn per_feature(network: &Network, slots: usize, batch: usize) -> Result<Self> {
        let kind = LayoutKind::PerFeature;
        let best = choice::best(kind, network, slots, batch, |shape| shape.sizes[0] == 1)?;
        Axes::of_shape(kind, network, slots, best[0].shape, best[0].gradient)
    }

    /// The layout of a given shape, for comparisons.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if the shape has more positions than there are slots; `NotPowerOfTwo` or `RepeatedAxis` for a
    /// shape that makes no sense.
    pub fn with_shape(network: &Network, slots: usize, shape: AxisShape, gradient: GradientMode) -> Result<Axes> {
        Axes::of_shape(LayoutKind::Axis, network, slots, shape, gradient).map_err(|error| match error {
            Error::Packing(PackingError::TooFewSlots { needed, slots }) => {
                let (layout, network) = (LayoutKind::Axis.name(), network.to_string());
                let remedy = LayoutRemedy::SmallerTiles;
                SetupError::LayoutDoesNotFit { layout, network, batch: 1, needed, slots, remedy }.into()
            }
            other => other,
        })
    }

    /// The same of another kind, with the errors of [`AxisLayout::new`].
    pub(super) fn of_shape(
        kind: LayoutKind,
        network: &Network,
        slots: usize,
        shape: AxisShape,
        gradient: GradientMode,
    ) -> Result<Axes> {
        let layout = AxisLayout::new(slots, &shape)?;
        Ok(Axes { kind, shape, gradient, layout, dimensions: network.dimensions() })
    }

    /// The layout of its values.
    pub fn layout(&self) -> &AxisLayout {
        &self.layout
    }

    /// The shape.
    pub fn shape(&self) -> &AxisShape {
        &self.shape
    }

    /// The point at which slopes enter the gradients.
    pub fn gradient_mode(&self) -> GradientMode {
        self.gradient
    }

    fn layers(&self) -> usize {
        self.dimensions.len() - 1
    }

    /// Activation `l`; 0 are the inputs.
    fn activations(&self, l: usize, samples: usize) -> MatrixLayout {
        self.layout.batch(samples, Role::of_inputs(l), self.dimensions[l])
    }

    fn layer(&self, weights: Placed, spec: &TrainingSpec, loss: &PackedLoss, l: usize, live: usize) -> Result<Layer> {
        let (inputs, outputs) = (self.activations(l, live), self.activations(l + 1, live));
        // Activations are not zero in a guard, and sums leave arbitrary values there, but the factors multiplied with
        // them are zero.
        let (values, errors) = (inputs.clone().without_zeros(), outputs.clone().without_zeros());
        let read = if l == 0 { &inputs } else { &values };
        let backward = || Product::new(&errors, &weights.layout.transposed());
        Ok(Layer {
            forward: Product::new(read, &weights.layout)?,
            backward: (l > 0).then(backward).transpose()?,
            gradient: Product::new(&errors.transposed(), &inputs.transposed())?,
            hidden: (l + 1 < self.layers()).then(|| self.hidden(spec, loss, l + 1, &outputs)).transpose()?,
            weights,
        })
    }

    /// The plaintexts of activation `index`.
    fn hidden(&self, spec: &TrainingSpec, loss: &PackedLoss, index: usize, live: &MatrixLayout) -> Result<Hidden> {
        let form = spec.network.activation().normal_form();
        let factors = PackedActivation::new(form, None);
        let (value, slope) = (factors.value_factor(), factors.slope_factor());
        let rate = |l| spec.optimizer.relative_rate(l);
        // Errors with weights lack a factor.
        let error_factor = if index + 1 == self.layers() { loss.factor() } else { 1.0 };
        let slope = match self.gradient {
            // Multiplied with the inputs of its layer, which lack a factor if they are activations.
            GradientMode::Early => slope * rate(index - 1) * if index > 1 { value } else { 1.0 },
            GradientMode::Delta => slope,
        };
        let (blocks, _) = live.tiles();
        let samples = blocks * self.layout.size(Role::B);
        let everywhere = self.activations(index, samples).fill(|_, _| 1.0)?;
        let padded = !self.dimensions[index].is_multiple_of(self.layout.size(Role::of_inputs(index)));
        let silent = |alive: &Vec<f64>| PackedActivation::new(form, padded.then_some(&alive[..]));
        let weigh = |weight: f64| Ok::<_, Error>(shared(live.fill(|_, _| weight)?));
        Ok(Hidden {
            activations: everywhere.iter().map(silent).collect(),
            value_weights: weigh(value * rate(index) * error_factor)?,
            slope_weights: weigh(slope)?,
        })
    }
}

/// Shares equal vectors, so that they are encoded once.
fn shared(vectors: Vec<Vec<f64>>) -> Vec<Slots> {
    let mut different: Vec<Slots> = Vec::new();
    let share = |values: Vec<f64>| match different.iter().find(|slots| slots.as_slice() == values) {
        Some(slots) => slots.clone(),
        None => {
            different.push(values.into());
            different[different.len() - 1].clone()
        }
    };
    vectors.into_iter().map(share).collect()
}

impl TrainingLayout for Axes {
    type Program = AxesProgram;

    fn kind(&self) -> LayoutKind {
        self.kind
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<AxesProgram> {
        let loss = PackedLoss::new(spec.loss, &self.outputs(live))?;
        let layer = |(l, weights)| self.layer(weights, spec, &loss, l, live);
        let layers = self.weights().into_iter().enumerate().map(layer).collect::<Result<_>>()?;
        Ok(AxesProgram { gradient: self.gradient, loss, layers })
    }

    fn weights(&self) -> Vec<Placed> {
        let matrix = |l| self.layout.matrix(l, self.dimensions[l + 1], self.dimensions[l]);
        Placed::in_turn((0..self.layers()).map(matrix))
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        vec![self.activations(0, samples)]
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.activations(self.layers(), samples)
    }
}

impl TrainingProgram for AxesProgram {
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        Ok(self.run_forward(c, weights, inputs, 1.0)?.outputs)
    }

    fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        self.run_backward(c, weights, batch)
    }
}
