//! The errors of packed outputs, and their weights.

use super::{ServerLoss, layout::check_count, packed_likelihood::PackedLikelihood, server_loss::CUBE_FACTOR};
use crate::{
    Level, Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    packing::MatrixLayout,
    parallel,
};

/// A loss on packed outputs (docs/packing.md, "Weighted errors").
///
/// The weights `Q = g (t + shift)` follow from the encrypted targets by an addition, because `g` moves into plaintexts
/// that are multiplied anyway: see [`PackedLoss::factor`].
pub(super) struct PackedLoss {
    factor: f64,
    /// `1/C + 1/g`; `None` without weights.
    shift: Option<Slots>,
    is_cubic: bool,
    likelihood: Option<PackedLikelihood>,
}

/// The errors of all outputs.
pub(super) struct OutputErrors<C> {
    /// The errors without their weights.
    pub unweighted: Vec<C>,
    /// For each of them its weights; `None` without weights.
    pub weights: Option<Vec<ErrorWeights<C>>>,
}

/// `Q / g` of a ciphertext of outputs.
pub(super) struct ErrorWeights<C> {
    /// One level above the errors. The product with weights of a layer is at the level of the errors, which the next
    /// product multiplies, so it costs no level.
    pub above: C,
    /// At the level of the errors.
    beside: C,
}

impl PackedLoss {
    /// The loss for outputs in the given places. One output has nothing to weigh.
    ///
    /// # Errors
    /// The errors of [`ServerLoss::approximation`]; `NotAligned` if no sum over the classes is possible in these places.
    pub fn new(loss: ServerLoss, outputs: &MatrixLayout) -> Result<PackedLoss> {
        let classes = outputs.shape().1;
        let others = classes.saturating_sub(1) as f64;
        let is_weighted = loss.is_weighted() && classes > 1;
        Ok(PackedLoss {
            factor: loss.weight_factor(classes),
            shift: is_weighted.then(|| (1.0 / classes as f64 + 1.0 / others).into()),
            is_cubic: loss.is_cubic(),
            likelihood: PackedLikelihood::new(loss, outputs)?,
        })
    }

    /// What outputs are to be multiplied with before their errors are computed, 1 for most losses. It moves into a
    /// plaintext that the last layer's weights are multiplied with anyway.
    pub fn input_factor(&self) -> f64 {
        self.likelihood.as_ref().map_or(1.0, PackedLikelihood::input_factor)
    }

    /// The factor `g` that weights lack, and 1 without weights.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// The errors: one ciphertext for each of the outputs, which were multiplied with the
    /// [factor](PackedLoss::input_factor). With weights, targets must be at least one level above the outputs.
    pub fn errors<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        outputs: &[E::Ciphertext],
        targets: &[E::Ciphertext],
    ) -> Result<OutputErrors<E::Ciphertext>> {
        check_count("packed targets", outputs.len(), targets)?;
        let probabilities = self.likelihood.as_ref().map(|likelihood| likelihood.apply(c, outputs)).transpose()?;
        let outputs = probabilities.as_deref().unwrap_or(outputs);
        let unweighted = parallel::try_map(0..outputs.len(), |i| {
            let difference = c.sub(&outputs[i], &targets[i])?;
            if self.is_cubic { with_cube(c, &difference) } else { Ok(difference) }
        })?;
        let weigh = |shift: &Slots| {
            parallel::try_map(0..outputs.len(), |i| {
                let at = c.level(&unweighted[i]);
                let weights = |level: Level| -> Result<E::Ciphertext> {
                    let mut weights = c.drop_to(&targets[i], level)?;
                    c.add_plain_inplace(&mut weights, shift)?;
                    Ok(weights)
                };
                Ok(ErrorWeights { above: weights(Level(at.0 + 1))?, beside: weights(at)? })
            })
        };
        let weights = self.shift.as_ref().map(weigh).transpose()?;
        Ok(OutputErrors { unweighted, weights })
    }
}

impl<C> OutputErrors<C> {
    /// The errors with their weights, one level below, where those of the layer before are too. They lack
    /// [`PackedLoss::factor`]. Without weights, the errors as they are.
    pub fn weighted<E: Evaluate<Ciphertext = C>>(self, c: &Circuit<E>) -> Result<Vec<C>>
    where
        C: Sync + Send,
    {
        match &self.weights {
            None => Ok(self.unweighted),
            Some(weights) => {
                parallel::try_map(0..weights.len(), |i| c.multiply(&self.unweighted[i], &weights[i].beside))
            }
        }
    }
}

/// `u + 10 u^3 = 10 u (u^2 + 1/10)`, two levels below.
fn with_cube<E: Evaluate>(c: &Circuit<E>, u: &E::Ciphertext) -> Result<E::Ciphertext> {
    let mut square = c.square(u)?;
    c.add_plain_inplace(&mut square, &Slots::Constant(1.0 / CUBE_FACTOR))?;
    let scaled = c.multiply_plain(u, &Slots::Constant(CUBE_FACTOR), TargetScale::At(c.level(&square)))?;
    c.multiply(&scaled, &square)
}
