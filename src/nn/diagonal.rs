//! The training step with every weight matrix stored by diagonals, after Mihara et al. 2020.

use super::{
    Batch, LayoutKind, Network, Placed, TrainingLayout, TrainingProgram, TrainingSpec,
    layout::{explain_room, only, weigh},
    packed_activation::{PackedActivation, Shifted},
    packed_errors::PackedLoss,
};
use crate::{
    Level, Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    packing::{Conversion, DiagonalLayout, DiagonalMatrix, MatrixLayout, Product, SumMode},
    parallel,
};

/// Training in the [`DiagonalLayout`], for any number of layers (docs/packing.md, "Diagonals"). A step of a 4-8-3
/// network on a batch of 120 takes 125 rotations, 13 relinearisations and 7 levels; most rotations are for the sums
/// over the batch. A single sample needs no such sum, and takes 13 rotations and 13 relinearisations.
///
/// Padding stays zero because activations act on live units and samples only. All gradients are computed at the level
/// of the first layer's gradient, the lowest one, before their sums over the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagonal {
    layout: DiagonalLayout,
    matrices: Vec<DiagonalMatrix>,
    transposition: Transposition,
}

/// How the transposed product is computed from the same diagonals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transposition {
    /// Every diagonal is rotated before its product: one relinearisation (Mihara et al. 2020).
    Turned,
    /// Baby and giant steps, forward and backward: fewer rotations, more relinearisations.
    GiantSteps,
}

/// The [`Diagonal`] program.
pub struct DiagonalProgram {
    loss: PackedLoss,
    layers: Vec<Layer>,
}

/// The products of one layer.
struct Layer {
    weights: Placed,
    /// Rotates the layer's inputs by every baby step.
    turn_inputs: Conversion,
    forward: Product,
    /// Adds the giant steps of the forward product.
    add_giant_steps: Option<Conversion>,
    backward: Option<Backward>,
    /// Rotates the layer's errors by every giant step.
    turn_errors: Option<Conversion>,
    gradient: Product,
    /// If no masked sum carries it: the rate divided by that of the first layer, times the missing factor of the
    /// inputs.
    gradient_weight: Option<Slots>,
    /// The factor that is missing in the layer's inputs.
    input_factor: f64,
    /// The activation of the layer's outputs; `None` for the last layer.
    activation: Option<PackedActivation>,
}

/// The transposed product of a layer.
struct Backward {
    /// Rotates the diagonals, so that there are no giant steps to add.
    turn_weights: Option<Conversion>,
    turn_errors: Conversion,
    product: Product,
    /// Adds the baby steps.
    add_baby_steps: Option<Conversion>,
}

/// Values of the forward pass that the backward pass needs.
struct Forward<C> {
    /// The rotated inputs of each layer.
    turned: Vec<Vec<C>>,
    /// The shifted products of the hidden layers.
    shifted: Vec<Shifted<C>>,
    outputs: C,
}

impl Diagonal {
    /// The layout for a network and batches of up to `batch` samples.
    ///
    /// # Errors
    /// `LayoutDoesNotFit` if there are too few slots.
    pub fn new(network: &Network, slots: usize, batch: usize, transposition: Transposition) -> Result<Self> {
        let dimensions = network.dimensions();
        let widest = dimensions.iter().copied().max().unwrap_or(0);
        let layout =
            DiagonalLayout::new(slots, widest, batch).map_err(explain_room(kind(transposition), network, batch))?;
        let matrix = |d: &[usize]| {
            let matrix = DiagonalMatrix::new(d[1], d[0]);
            if transposition == Transposition::GiantSteps { matrix.with_giant_steps() } else { matrix }
        };
        Ok(Diagonal { layout, matrices: dimensions.windows(2).map(matrix).collect(), transposition })
    }

    /// The products of layer `l`.
    fn layer(&self, weights: Placed, spec: &TrainingSpec, l: usize, live: usize) -> Result<Layer> {
        let (layout, w) = (&self.layout, self.matrices[l]);
        let (inputs, errors) = (layout.batch(live, w.columns()), layout.batch(live, w.rows()));
        let (factor, turned_errors) = (layout.factor(live, w), layout.transposed_factor(live, w));
        let form = spec.network.activation().normal_form();
        let lacked = PackedActivation::new(form, None).value_factor();
        let input_factor = if l == 0 { 1.0 } else { lacked };
        let forward = Product::new(&factor, &weights.layout)?;
        let gradient = Product::new(&turned_errors.transposed(), &factor.transposed())?;
        let weight = input_factor * spec.optimizer.relative_rate(l);
        let masked = gradient.sum_modes().contains(&SumMode::Mask);
        let giant_steps = w.giant_steps() > 1;
        Ok(Layer {
            turn_inputs: Conversion::new(&inputs, &factor)?,
            add_giant_steps: giant_steps.then(|| Conversion::summing(forward.result(), &errors)).transpose()?,
            backward: (l > 0).then(|| self.backward(&weights.layout, w, live)).transpose()?,
            turn_errors: giant_steps.then(|| Conversion::new(&errors, &turned_errors)).transpose()?,
            gradient: gradient.weighted(weight),
            gradient_weight: (!masked).then_some(Slots::Constant(weight)),
            input_factor,
            activation: match l + 1 < self.matrices.len() {
                true => Some(PackedActivation::new(form, Some(&errors.fill(|_, _| 1.0)?.concat()))),
                false => None,
            },
            forward,
            weights,
        })
    }

    fn backward(&self, weights: &MatrixLayout, w: DiagonalMatrix, live: usize) -> Result<Backward> {
        let (layout, errors) = (&self.layout, self.layout.batch(live, w.rows()));
        Ok(match self.transposition {
            Transposition::Turned => {
                let (matrix, factor) = (layout.transposed_matrix(w), layout.turned_back(live, w));
                Backward {
                    turn_weights: Some(Conversion::new(weights, &matrix)?),
                    turn_errors: Conversion::new(&errors, &factor)?,
                    product: Product::new(&factor, &matrix.transposed())?,
                    add_baby_steps: None,
                }
            }
            Transposition::GiantSteps => {
                let factor = layout.transposed_factor(live, w);
                let product = Product::new(&factor, &weights.transposed())?;
                Backward {
                    turn_weights: None,
                    turn_errors: Conversion::new(&errors, &factor)?,
                    add_baby_steps: Some(Conversion::summing(product.result(), &layout.batch(live, w.columns()))?),
                    product,
                }
            }
        })
    }
}

fn kind(transposition: Transposition) -> LayoutKind {
    match transposition {
        Transposition::Turned => LayoutKind::Diagonal,
        Transposition::GiantSteps => LayoutKind::DiagonalGiantSteps,
    }
}

impl TrainingLayout for Diagonal {
    type Program = DiagonalProgram;

    fn kind(&self) -> LayoutKind {
        kind(self.transposition)
    }

    fn program(&self, spec: &TrainingSpec, live: usize) -> Result<DiagonalProgram> {
        let layers = self.weights().into_iter().enumerate().map(|(l, weights)| self.layer(weights, spec, l, live));
        Ok(DiagonalProgram {
            loss: PackedLoss::new(spec.loss, &self.outputs(live))?,
            layers: layers.collect::<Result<_>>()?,
        })
    }

    fn weights(&self) -> Vec<Placed> {
        Placed::in_turn(self.matrices.iter().map(|&w| self.layout.matrix(w)))
    }

    fn inputs(&self, samples: usize) -> Vec<MatrixLayout> {
        vec![self.layout.batch(samples, self.matrices[0].columns())]
    }

    fn outputs(&self, samples: usize) -> MatrixLayout {
        self.layout.batch(samples, self.matrices[self.matrices.len() - 1].rows())
    }
}

impl DiagonalProgram {
    /// The outputs are multiplied with a factor.
    fn run_forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
        output_factor: f64,
    ) -> Result<Forward<E::Ciphertext>> {
        let (mut turned, mut shifted) = (Vec::new(), Vec::new());
        let mut current = only("packed inputs", inputs)?.clone();
        for (l, layer) in self.layers.iter().enumerate() {
            let factor = layer.turn_inputs.apply(c, std::slice::from_ref(&current))?;
            let w = layer.weights.of(weights)?;
            current = if l == 0 {
                sum_of_products(c, &layer.forward, &factor, w, layer.add_giant_steps.as_ref())?
            } else {
                let factor_of = if layer.activation.is_none() { output_factor } else { 1.0 };
                let w = weigh(c, w, layer.input_factor * factor_of, c.level(&current))?;
                sum_of_products(c, &layer.forward, &factor, &w, layer.add_giant_steps.as_ref())?
            };
            turned.push(factor);
            if let Some(activation) = &layer.activation {
                let z = activation.shifted(c, current)?;
                current = activation.value(c, &z)?;
                shifted.push(z);
            }
        }
        Ok(Forward { turned, shifted, outputs: current })
    }

    /// The errors before the activation of the previous layer, from those of layer `l`.
    fn run_backward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        backward: &Backward,
        w: &[E::Ciphertext],
        d: &E::Ciphertext,
    ) -> Result<E::Ciphertext> {
        // Use the lowest level at which they are needed, where rotations cost least.
        let w = w.iter().map(|w| c.drop_to(w, c.level(d))).collect::<Result<Vec<_>>>()?;
        let w = backward.turn_weights.as_ref().map_or(Ok(w.clone()), |turn| turn.apply(c, &w))?;
        let d = backward.turn_errors.apply(c, std::slice::from_ref(d))?;
        sum_of_products(c, &backward.product, &d, &w, backward.add_baby_steps.as_ref())
    }

    /// The gradient of a layer by diagonals; its products are computed at level `at`.
    fn layer_gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        layer: &Layer,
        d: &E::Ciphertext,
        inputs: &[E::Ciphertext],
        at: Level,
    ) -> Result<Vec<E::Ciphertext>> {
        let d = std::slice::from_ref(d);
        let turned = layer.turn_errors.as_ref().map_or(Ok(d.to_vec()), |turn| turn.apply(c, d))?;
        let gradient = |terms: Vec<(&E::Ciphertext, &E::Ciphertext)>| {
            // The mask of the batch sum corrects the scale.
            let (d, x) = terms[0];
            match &layer.gradient_weight {
                None => layer.gradient.sum(c, c.multiply_loosely(d, x, at)?),
                Some(weight) => {
                    let product = c.multiply_loosely(d, x, at)?;
                    let below = Level(c.level(&product).0.saturating_sub(1));
                    c.multiply_plain(&product, weight, TargetScale::At(below))
                }
            }
        };
        parallel::try_map(layer.gradient.terms(&turned, inputs)?, gradient)
    }
}

/// The only ciphertext of a product: all products, rotated if there are steps to add, and their sum.
pub(super) fn sum_of_products<E: Evaluate>(
    c: &Circuit<E>,
    product: &Product,
    a: &[E::Ciphertext],
    b: &[E::Ciphertext],
    add_steps: Option<&Conversion>,
) -> Result<E::Ciphertext> {
    let products = parallel::try_map(product.terms(a, b)?, |terms| c.product_sum(&terms))?;
    let products = add_steps.map_or(Ok(products.clone()), |add| add.apply(c, &products))?;
    product.sum(c, only("a product of diagonals", &products)?.clone())
}

impl TrainingProgram for DiagonalProgram {
    fn forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        Ok(vec![self.run_forward(c, weights, inputs, 1.0)?.outputs])
    }

    fn gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let Forward { turned, shifted, outputs } =
            self.run_forward(c, weights, &batch.inputs, self.loss.input_factor())?;

        // Errors of every layer, from last to first.
        let mut errors = self.loss.errors(c, &[outputs], &batch.targets)?.unweighted;
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let (Some(backward), Some(below)) = (&layer.backward, l.checked_sub(1)) else { break };
            let g = self.run_backward(c, backward, layer.weights.of(weights)?, &errors[errors.len() - 1])?;
            if let Some(activation) = &self.layers[below].activation {
                let slope = activation.slope(c, &shifted[below])?;
                let factor = Slots::Constant(activation.slope_factor());
                let slope = c.multiply_plain(&slope, &factor, TargetScale::At(c.level(&g)))?;
                errors.push(c.multiply(&g, &slope)?);
            }
        }
        errors.reverse();

        let at = c.level(&errors[0]);
        let mut gradients = Vec::with_capacity(weights.len());
        for ((layer, d), inputs) in self.layers.iter().zip(&errors).zip(&turned) {
            gradients.extend(self.layer_gradients(c, layer, d, inputs, at)?);
        }
        Ok(gradients)
    }
}
