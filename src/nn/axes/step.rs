//! Forward pass, errors, gradients and update by tiles.

use super::{AxesProgram, GradientMode, Hidden, Layer};
use crate::{
    Level, Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    nn::{
        layout::{Batch, weigh},
        packed_activation::Shifted,
        packed_errors::OutputErrors,
    },
    packing::Product,
    parallel,
};

/// Values of the forward pass that the backward pass needs.
pub(super) struct Forward<C> {
    /// Activations of every index, inputs first.
    activations: Vec<Vec<C>>,
    /// Shifted products of the hidden layers.
    shifted: Vec<Vec<Shifted<C>>>,
    pub outputs: Vec<C>,
}

impl Layer {
    /// The hidden activation, if its slope is multiplied with the layer's inputs before the error arrives.
    fn slope_of(&self, mode: GradientMode) -> Option<&Hidden> {
        self.hidden.as_ref().filter(|_| mode == GradientMode::Early)
    }
}

impl AxesProgram {
    /// The outputs are multiplied with a factor.
    pub(super) fn run_forward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        inputs: &[E::Ciphertext],
        output_factor: f64,
    ) -> Result<Forward<E::Ciphertext>> {
        let mut factor = 1.0; // which the current activations lack
        let (mut activations, mut shifted) = (Vec::new(), Vec::new());
        let mut current = inputs.to_vec();
        for (l, layer) in self.layers.iter().enumerate() {
            let w = layer.weights.of(weights)?;
            if layer.hidden.is_none() {
                factor *= output_factor;
            }
            let outputs = match current.first() {
                Some(first) if l > 0 => layer.forward.apply(c, &current, &weigh(c, w, factor, c.level(first))?)?,
                _ => layer.forward.apply(c, &current, w)?,
            };
            activations.push(std::mem::replace(&mut current, outputs));
            if let Some(Hidden { activations: packed, .. }) = &layer.hidden {
                let z = parallel::try_map(0..packed.len(), |i| packed[i].shifted(c, current[i].clone()))?;
                current = parallel::try_map(0..packed.len(), |i| packed[i].value(c, &z[i]))?;
                shifted.push(z);
                factor = packed[0].value_factor();
            }
        }
        Ok(Forward { activations, shifted, outputs: current })
    }

    /// The factor of each layer's gradient that comes from the layer above: the weighted error of the last layer, and for
    /// the others `g` (early) or `g phi'(z)` (delta).
    fn errors<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        forward: &Forward<E::Ciphertext>,
        last: OutputErrors<E::Ciphertext>,
    ) -> Result<Vec<Vec<E::Ciphertext>>> {
        let mut errors: Vec<Vec<E::Ciphertext>> = Vec::new();
        for (l, layer) in self.layers.iter().enumerate().skip(1).rev() {
            let Some(product) = &layer.backward else { continue };
            let above = errors.last().unwrap_or(&last.unweighted);
            let (at, w) = (c.level(&above[0]), layer.weights.of(weights)?);
            let of_errors = last.weights.as_ref().filter(|_| errors.is_empty());
            let mut below = match (layer.slope_of(self.gradient), of_errors) {
                (None, None) => product.apply(c, above, &weigh(c, w, 1.0, at)?)?,
                (None, Some(of_errors)) => {
                    let w = weigh(c, w, self.loss.factor(), Level(at.0 + 1))?;
                    products_of(c, product, |i, j| Ok((&above[i], c.multiply(&w[j], &of_errors[i].above)?)))?
                }
                (Some(Hidden { activations, .. }), _) => {
                    let slopes =
                        parallel::try_map(0..above.len(), |i| activations[i].slope(c, &forward.shifted[l][i]))?;
                    products_of(c, product, |i, j| {
                        let target = TargetScale::For { partner: &w[j], at: Level(at.0 + 1) };
                        let factor = Slots::Constant(activations[i].slope_factor());
                        let sloped = c.multiply(&c.multiply_plain(&slopes[i], &factor, target)?, &w[j])?;
                        Ok((&above[i], sloped))
                    })?
                }
            };
            if let (GradientMode::Delta, Some(hidden)) = (self.gradient, &self.layers[l - 1].hidden) {
                below = parallel::try_map(0..below.len(), |i| {
                    let slope = hidden.activations[i].slope(c, &forward.shifted[l - 1][i])?;
                    let at = TargetScale::At(c.level(&below[i]));
                    c.multiply(&below[i], &c.multiply_plain(&slope, &hidden.slope_weights[i], at)?)
                })?;
            }
            errors.push(below);
        }
        errors.reverse();
        errors.push(last.weighted(c)?);
        Ok(errors)
    }

    /// The gradient of every tile of layer `l`, summed over the batch. Its products are computed at level `at`.
    fn layer_gradients<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        l: usize,
        forward: &Forward<E::Ciphertext>,
        errors: &[E::Ciphertext],
        at: Level,
    ) -> Result<Vec<E::Ciphertext>> {
        let (layer, inputs) = (&self.layers[l], &forward.activations[l]);
        if let Some(hidden) = layer.slope_of(self.gradient) {
            let errors = parallel::try_map(0..errors.len(), |i| c.drop_to(&errors[i], at))?;
            let slopes = parallel::try_map(0..errors.len(), |i| {
                let target = TargetScale::For { partner: &inputs[0], at: Level(at.0 + 1) };
                let slope = hidden.activations[i].slope(c, &forward.shifted[l][i])?;
                c.multiply_plain(&slope, &hidden.slope_weights[i], target)
            })?;
            return products_of(c, &layer.gradient, |i, j| Ok((&errors[i], c.multiply(&slopes[i], &inputs[j])?)));
        }
        let inputs = match l.checked_sub(1).and_then(|below| self.layers[below].hidden.as_ref()) {
            None => parallel::try_map(0..inputs.len(), |i| c.drop_to(&inputs[i], at))?,
            Some(Hidden { value_weights, .. }) => parallel::try_map(0..inputs.len(), |i| {
                c.multiply_plain(&inputs[i], &value_weights[i], TargetScale::For { partner: &errors[0], at })
            })?,
        };
        layer.gradient.apply(c, errors, &inputs)
    }

    pub(super) fn run_backward<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        batch: &Batch<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let forward = self.run_forward(c, weights, &batch.inputs, self.loss.input_factor())?;
        let last = self.loss.errors(c, &forward.outputs, &batch.targets)?;
        let errors = self.errors(c, weights, &forward, last)?;

        // The lowest level that any gradient needs is used for all, because the following operations are cheapest
        // there.
        let at = c.level(&errors[0][0]);
        let mut gradients = Vec::with_capacity(weights.len());
        for (l, errors) in errors.iter().enumerate() {
            gradients.extend(self.layer_gradients(c, l, &forward, errors, at)?);
        }
        Ok(gradients)
    }
}

/// A product whose right factors are computed for each pair: `factors(i, j)` returns the two factors that replace the
/// `i`-th left and the `j`-th right ciphertext.
fn products_of<'x, E: Evaluate>(
    c: &Circuit<E>,
    product: &Product,
    factors: impl Fn(usize, usize) -> Result<(&'x E::Ciphertext, E::Ciphertext)> + Sync,
) -> Result<Vec<E::Ciphertext>>
where
    E::Ciphertext: 'x,
{
    let sum = |pairs: &Vec<(usize, usize)>| {
        let factors = pairs.iter().map(|&(i, j)| factors(i, j)).collect::<Result<Vec<_>>>()?;
        let terms: Vec<_> = factors.iter().map(|(left, right)| (*left, right)).collect();
        product.sum(c, c.product_sum(&terms)?)
    };
    parallel::try_map(product.pairs(), sum)
}
