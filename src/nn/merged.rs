//! The training step of a two-layer network with both weight matrices in one ciphertext.

use super::{
    Batch, LayoutKind, Network, Placed, TrainingLayout, TrainingProgram, TrainingSpec,
    layout::{explain_room, only},
    packed_activation::{PackedActivation, Shifted},
    packed_errors::PackedLoss,
    two_layers::one_hidden_layer,
};
use crate::{
    CircuitError, Level, Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    packing::{Half, MatrixLayout, MergedLayout, Product, sum_left, sum_right},
};

/// Training in the [`MergedLayout`]: 20 rotations, 6 relinearisations and 6 levels for a step of a 4-8-3 network on
/// a batch of 120 (docs/packing.md, "Merged").
///
/// With the state entering at level e, for a quadratic activation (a cubic takes one more level for `a`):
///
/// ```text
/// t  = W X, summed over k to the right             e-1
/// u0 = t + rot(t, m) + shift   on the first half,
/// u1 = t + rot(t, -m) + shift  on the second
/// a  = u1^2                                        e-2
/// y  = Sum_h (W2 a), masked and replicated         e-4
/// d  = y - T                                       e-4
/// g  = W2 d, summed over k to the left             e-5
/// E  = (weight phi'(u0)) X,  A = weight a          e-5
/// G  = Sum_b (g E + d A)                           e-6
/// V  = mu V - G,  W = W + V                        e-6
/// ```
///
/// With weighted errors, `g` is made of `Q W2` and `G` of `Q d`, at the same levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    layout: MergedLayout,
}

/// The [`Merged`] program.
pub struct MergedProgram {
    layout: MergedLayout,
    activation: PackedActivation,
    loss: PackedLoss,
    /// The product of the second layer.
    outputs: Product,
    /// The second half of the weights, with the factor of the error's weights and with that of the activation.
    second: Slots,
    second_weighted: Slots,
    /// The same, with the factor of outputs whose errors are computed.
    second_for_errors: Slots,
    /// Weights of the two gradients: factors of the activation and relative rates, zero in all padding.
    slope_weight: Slots,
    value_weight: Slots,
}

/// Values of the forward pass that the backward pass needs.
struct Forward<C> {
    shifted_first: Shifted<C>,
    value: C,
    outputs: C,
}

impl Merged {
    /// The layout for a two-layer network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if there are too few slots; `LayoutUnsuited` unless the network has two layers.
    pub fn new(network: &Network, slots: usize, batch: usize) -> Result<Self> {
        let dimensions = one_hidden_layer(LayoutKind::Merged, network)?;
        let fit = MergedLayout::new(slots, dimensions, batch);
        fit.map(|layout| Merged { layout }).map_err(explain_room(LayoutKind::Merged, network, batch))
    }
}

impl TrainingLayout for Merged {
    type Program = MergedProgram;

    fn kind(&self) -> LayoutKind {
        LayoutKind::Merged
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<MergedProgram> {
        let layout = &self.layout;
        // A number in the given places, and zeros elsewhere.
        let fill =
            |places: MatrixLayout, value: f64| -> Result<Slots> { Ok(places.fill(|_, _| value)?.concat().into()) };
        let activation = PackedActivation::new(spec.network.activation().normal_form(), None);
        let (value, slope) = (activation.value_factor(), activation.slope_factor());
        let (rate, loss) = (spec.optimizer.relative_rate(1), PackedLoss::new(spec.loss, &self.outputs(live))?);
        let second_weighted = fill(layout.half(Half::Second), value)?;
        Ok(MergedProgram {
            layout: *layout,
            activation,
            outputs: Product::new(&layout.hidden(Half::Second, live), &layout.weights()[1])?,
            second: fill(layout.half(Half::Second), loss.factor())?,
            second_for_errors: match loss.input_factor() {
                1.0 => second_weighted.clone(),
                factor => fill(layout.half(Half::Second), value * factor)?,
            },
            second_weighted,
            slope_weight: fill(layout.hidden(Half::First, live), slope)?,
            value_weight: fill(layout.hidden(Half::Second, live), value * rate * loss.factor())?,
            loss,
        })
    }

    fn weights(&self) -> Vec<Placed> {
        // Both matrices are in one ciphertext.
        self.layout.weights().map(|layout| Placed { first: 0, layout }).into()
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        vec![self.layout.inputs(samples)]
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.layout.outputs(samples)
    }
}

impl MergedProgram {
    fn run_forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &E::Ciphertext,
        inputs: &E::Ciphertext,
        second: &Slots,
    ) -> Result<Forward<E::Ciphertext>> {
        let m = self.layout.feature_axis().extent();
        let t = sum_right(c, c.multiply(weights, inputs)?, m, 1)?;
        let mut halves = c.rotate_many(&t, &[Rotation(m as i32), Rotation(-(m as i32))])?.into_iter();
        let mut shifted = || -> Result<Shifted<E::Ciphertext>> {
            let mut z = halves.next().ok_or(CircuitError::Empty { op: "rotation of the halves" })?;
            c.add_inplace(&mut z, &t)?;
            self.activation.shifted(c, z)
        };
        let (shifted_first, shifted_second) = (shifted()?, shifted()?);
        let value = self.activation.value(c, &shifted_second)?;
        let w2 = c.multiply_plain(weights, second, TargetScale::At(c.level(&value)))?;
        let outputs = self.outputs.sum(c, c.multiply(&w2, &value)?)?;
        Ok(Forward { shifted_first, value, outputs })
    }
}

impl TrainingProgram for MergedProgram {
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        let (weights, inputs) = (only(WEIGHTS, weights)?, only(INPUTS, inputs)?);
        Ok(vec![self.run_forward(c, weights, inputs, &self.second_weighted)?.outputs])
    }

    fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let (layout, weights) = (&self.layout, only(WEIGHTS, weights)?);
        let inputs = only(INPUTS, &batch.inputs)?;
        let Forward { shifted_first, value, outputs } =
            self.run_forward(c, weights, inputs, &self.second_for_errors)?;
        let errors = self.loss.errors(c, &[outputs], &batch.targets)?;
        let d = only(ERRORS, &errors.unweighted)?;

        let second = |at| c.multiply_plain(weights, &self.second, TargetScale::At(at));
        let w2 = match &errors.weights {
            None => second(c.level(d))?,
            Some(weights) => c.multiply(&second(Level(c.level(d).0 + 1))?, &only(ERRORS, weights)?.above)?,
        };
        let g = sum_left(c, c.multiply(&w2, d)?, 2 * layout.feature_axis().extent(), 1)?;
        let d = errors.weighted(c)?;
        let d = only(ERRORS, &d)?;

        // Both gradients are added at the level of g, in one ciphertext with one relinearisation.
        let at = c.level(&g);
        let slope = self.activation.slope(c, &shifted_first)?;
        let partner = TargetScale::For { partner: inputs, at: Level(at.0 + 1) };
        let e = c.multiply(&c.multiply_plain(&slope, &self.slope_weight, partner)?, inputs)?;
        let a = c.multiply_plain(&value, &self.value_weight, TargetScale::For { partner: d, at })?;
        let gradient = c.product_sum(&[(&g, &e), (d, &a)])?;
        let samples = layout.sample_axis();
        Ok(vec![sum_left(c, gradient, samples.extent(), samples.stride())?])
    }

    /// The one ciphertext holds all weights.
    fn concentration(&self) -> f64 {
        1.0
    }
}

const WEIGHTS: &str = "packed weights";
const INPUTS: &str = "packed inputs";
const ERRORS: &str = "packed errors";
