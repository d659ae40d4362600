//! The training step of a two-layer network in layouts that convert between their products.

mod layout;

pub use layout::TwoLayersLayout;

use super::{
    Activation, Batch, LayoutKind, Network, Placed, TrainingProgram, TrainingSpec,
    layout::{check_count, only},
    packed_activation::{PackedActivation, Shifted},
    packed_errors::PackedLoss,
};
use crate::{
    Level, Result, SetupError,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    packing::{Conversion, ConvertedProduct, MatrixLayout, Product, SkewedSum},
    parallel,
};

/// The step of all layouts that are described by their products and conversions alone. Every block of samples is
/// processed separately with the same plaintexts, until the gradients of the batch are summed.
///
/// ```text
/// z = X W1^T, brought together       a = phi(z), spread for what follows
/// y = a W2^T                         d = y - T
/// g = d W2
/// early: G1 = g^T (phi'(z) X)        delta: G1 = (g phi'(z))^T X
/// G2 = d^T a                         W -= G
/// ```
pub struct TwoLayers {
    pub(super) spec: TrainingSpec,
    pub(super) loss: PackedLoss,
    pub(super) weights: Vec<Placed>,
    /// The number of blocks of samples, which follow one another in inputs and targets.
    pub(super) blocks: usize,
    /// The number of forms in which the inputs are sent: the forward pass reads the first, the gradient the last.
    pub(super) forms: usize,
    /// Ciphertexts per block of inputs in one form.
    pub(super) input_ciphertexts: usize,
    pub(super) first: ConvertedProduct,
    pub(super) activation: BlockActivation,
    /// Converts `z` for the activation, if slopes are needed in the original layout.
    pub(super) gather: Option<(Conversion, BlockActivation)>,
    /// Converts `a` to the layout that the second layer and its gradient read.
    pub(super) spread: Option<Conversion>,
    pub(super) second: ConvertedProduct,
    pub(super) backward: Backward,
    pub(super) gradients: (FirstGradient, ConvertedProduct),
}

/// The backward pass of the errors through the second layer.
pub(super) enum Backward {
    /// A product with weights that are transposed by a conversion.
    Product(Box<ConvertedProduct>),
    /// Sums of products with the weights in their usual layout.
    SkewedSum(Box<SkewedSum>),
}

/// The point at which the slope enters the first layer's gradient.
pub(super) enum FirstGradient {
    /// With the inputs, before the error arrives, which saves a level.
    Early(Box<Product>),
    /// With the error, if the product has to convert it.
    Delta(Box<ConvertedProduct>),
}

/// An activation of live units and samples: one vector per ciphertext, for a full block and for the last one.
pub(super) struct BlockActivation {
    full: Vec<PackedActivation>,
    last: Vec<PackedActivation>,
}

/// Values of the forward pass of a block that the backward pass needs.
struct Forward<C> {
    shifted: Vec<Shifted<C>>,
    values: Vec<C>,
    outputs: Vec<C>,
}

impl BlockActivation {
    /// An activation for `live` samples in blocks, where `layout(n)` is the layout of a block of `n` samples.
    ///
    /// # Errors
    /// The errors of [`MatrixLayout::entries`].
    pub fn new(
        activation: &Activation,
        live: usize,
        block: usize,
        layout: impl Fn(usize) -> MatrixLayout,
    ) -> Result<Self> {
        let form = activation.normal_form();
        let pack = |samples: usize| -> Result<Vec<PackedActivation>> {
            let alive = layout(samples).fill(|_, _| 1.0)?;
            Ok(alive.iter().map(|alive| PackedActivation::new(form, Some(alive))).collect())
        };
        Ok(BlockActivation { full: pack(block)?, last: pack(live - live.saturating_sub(1) / block * block)? })
    }

    fn of(&self, last: bool) -> &[PackedActivation] {
        if last { &self.last } else { &self.full }
    }

    fn value_factor(&self) -> f64 {
        self.last.first().map_or(1.0, PackedActivation::value_factor)
    }
}

impl TwoLayers {
    /// The part of packed inputs in one form, or of targets, that belongs to a block.
    fn block<'x, C>(&self, packed: &'x [C], block: usize) -> &'x [C] {
        let count = packed.len() / self.blocks;
        &packed[block * count..(block + 1) * count]
    }

    /// The inputs in the forms that the forward pass and the gradient read.
    fn forms<'x, C>(&self, inputs: &'x [C]) -> Result<[&'x [C]; 2]> {
        check_count("packed inputs", self.forms * self.blocks * self.input_ciphertexts, inputs)?;
        let count = self.blocks * self.input_ciphertexts;
        Ok([&inputs[..count], &inputs[inputs.len() - count..]])
    }

    /// The outputs are multiplied with a factor.
    fn run_forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
        block: usize,
        output_factor: f64,
    ) -> Result<Forward<E::Ciphertext>> {
        let last = block + 1 == self.blocks;
        let z = self.first.apply(c, inputs, self.weights[0].of(weights)?, 1.0)?;
        let shift = |z: &[E::Ciphertext], activations: &[PackedActivation]| {
            parallel::try_map(0..z.len(), |i| activations[i].shifted(c, z[i].clone()))
        };
        let values = |shifted: &[Shifted<E::Ciphertext>], activations: &[PackedActivation]| {
            parallel::try_map(0..shifted.len(), |i| activations[i].value(c, &shifted[i]))
        };
        let shifted = shift(&z, self.activation.of(last))?;
        let values = match &self.gather {
            None => values(&shifted, self.activation.of(last))?,
            Some((gather, activation)) => {
                values(&shift(&gather.apply(c, &z)?, activation.of(last))?, activation.of(last))?
            }
        };
        let values = self.spread.as_ref().map_or(Ok(values.clone()), |spread| spread.apply(c, &values))?;
        let factor = self.activation.value_factor() * output_factor;
        let outputs = self.second.apply(c, &values, self.weights[1].of(weights)?, factor)?;
        Ok(Forward { shifted, values, outputs })
    }

    /// `phi'(z)` times its factor, at a target scale.
    fn slope<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        activation: &PackedActivation,
        shifted: &Shifted<E::Ciphertext>,
        target: TargetScale<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        c.multiply_plain(&activation.slope(c, shifted)?, &Slots::Constant(activation.slope_factor()), target)
    }

    /// The first layer's gradient, and the level at which its factors were multiplied.
    fn first_gradient<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        forward: &[Forward<E::Ciphertext>],
        errors: &[Vec<E::Ciphertext>],
        inputs: &[E::Ciphertext],
    ) -> Result<(Vec<E::Ciphertext>, Level)> {
        let activations = |block: usize| self.activation.of(block + 1 == self.blocks);
        match &self.gradients.0 {
            FirstGradient::Early(product) => {
                let at = c.level(&errors[0][0]);
                let sum = |pairs: &Vec<(usize, usize)>| {
                    let sloped = |block: usize| {
                        let (x, shifted) = (self.block(inputs, block), &forward[block].shifted);
                        let sloped = |&(i, j): &(usize, usize)| {
                            let target = TargetScale::For { partner: &x[j], at: Level(at.0 + 1) };
                            c.multiply(&self.slope(c, &activations(block)[i], &shifted[i], target)?, &x[j])
                        };
                        pairs.iter().map(sloped).collect::<Result<Vec<_>>>()
                    };
                    let sloped = parallel::try_map(0..self.blocks, sloped)?;
                    let left = errors.iter().flat_map(|errors| pairs.iter().map(|&(i, _)| &errors[i]));
                    let terms: Vec<_> = left.zip(sloped.iter().flatten()).collect();
                    product.sum(c, c.product_sum(&terms)?)
                };
                Ok((parallel::try_map(product.pairs(), sum)?, at))
            }
            FirstGradient::Delta(product) => {
                let deltas = parallel::try_map(0..self.blocks, |block| {
                    let (g, shifted) = (&errors[block], &forward[block].shifted);
                    parallel::try_map(0..g.len(), |i| {
                        let target = TargetScale::At(c.level(&g[i]));
                        c.multiply(&g[i], &self.slope(c, &activations(block)[i], &shifted[i], target)?)
                    })
                })?;
                let at = product.level(c, &deltas[0], self.block(inputs, 0), 1.0);
                let factors = |block: usize| product.factors(c, &deltas[block], self.block(inputs, block), 1.0, at);
                Ok((product.sum(c, &parallel::try_map(0..self.blocks, factors)?)?, at))
            }
        }
    }
}

impl TrainingProgram for TwoLayers {
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        let [inputs, _] = self.forms(inputs)?;
        let outputs = parallel::try_map(0..self.blocks, |block| {
            Ok(self.run_forward(c, weights, self.block(inputs, block), block, 1.0)?.outputs)
        })?;
        Ok(outputs.concat())
    }

    fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let [inputs, for_gradient] = self.forms(&batch.inputs)?;
        let factor = self.loss.input_factor();
        let mut forward = parallel::try_map(0..self.blocks, |block| {
            self.run_forward(c, weights, self.block(inputs, block), block, factor)
        })?;
        let outputs: Vec<_> = forward.iter_mut().flat_map(|block| std::mem::take(&mut block.outputs)).collect();
        let errors = self.loss.errors(c, &outputs, &batch.targets)?.unweighted;
        let errors: Vec<_> = (0..self.blocks).map(|block| self.block(&errors, block).to_vec()).collect();

        let w2 = self.weights[1].of(weights)?;
        let below = parallel::try_map(0..self.blocks, |block| match &self.backward {
            Backward::Product(product) => product.apply(c, &errors[block], w2, 1.0),
            Backward::SkewedSum(sum) => {
                Ok(vec![sum.apply(c, only("packed errors", &errors[block])?, only("packed weights", w2)?)?])
            }
        })?;
        let (mut gradients, at) = self.first_gradient(c, &forward, &below, for_gradient)?;
        let product = &self.gradients.1;
        let weight = self.activation.value_factor() * self.spec.optimizer.relative_rate(1);
        let factors = parallel::try_map(0..self.blocks, |block| {
            product.factors(c, &errors[block], &forward[block].values, weight, at)
        })?;
        gradients.extend(product.sum(c, &factors)?);
        Ok(gradients)
    }
}

/// The numbers of inputs, hidden units and outputs of a network with one hidden layer.
pub(super) fn one_hidden_layer(kind: LayoutKind, network: &Network) -> Result<[usize; 3]> {
    network.dimensions().try_into().map_err(|_| {
        let (layout, network) = (kind.name(), network.to_string());
        let (reason, alternative) = ("it requires exactly one hidden layer", LayoutKind::Axis.name());
        SetupError::LayoutUnsuited { layout, network, reason, alternative }.into()
    })
}
