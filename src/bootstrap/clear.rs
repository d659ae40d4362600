//! Bootstrapping in the clear.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use rand_distr::{Distribution, StandardNormal};

use super::{BootstrapParameters, Raise, parameters::SPARSE_WEIGHT};
use crate::{
    BootstrapError, Result,
    backend::{ClearCiphertext, ClearEvaluator, Noise},
};

/// The raise of clear values: the multiples of q' are drawn as an ephemeral secret makes them, and noise comes on request.
pub struct ClearRaise {
    tall: ClearEvaluator,
    parameters: BootstrapParameters,
}

/// Copies of a value that differ by more than this part of the bound are no copies.
const COPY_TOLERANCE: f64 = 1.0 / 16.0;

impl ClearRaise {
    /// For a bootstrap, exact or noisy.
    pub fn new(parameters: &BootstrapParameters, noise: Option<Noise>) -> ClearRaise {
        let tall = ClearEvaluator::new(parameters.chain().clone(), noise);
        ClearRaise { tall, parameters: parameters.clone() }
    }

    /// The mean of the copies of each slot: what is left of values that do not quite repeat.
    fn mean_of_copies(&self, slots: &[f64]) -> Result<Vec<f64>> {
        let (period, copies) = (self.parameters.spec().period, self.parameters.copies());
        let mut means = vec![0.0; period];
        slots.chunks_exact(period).for_each(|copy| means.iter_mut().zip(copy).for_each(|(sum, x)| *sum += x));
        means.iter_mut().for_each(|sum| *sum /= copies);
        let differences = slots.iter().zip(means.iter().cycle()).map(|(x, mean)| (x - mean).abs());
        let difference = differences.fold(0.0, f64::max);
        let allowed = COPY_TOLERANCE * self.parameters.spec().bound;
        match difference <= allowed {
            true => Ok(means),
            false => Err(BootstrapError::OtherPeriod { period, difference, allowed }.into()),
        }
    }
}

impl Raise for ClearRaise {
    type Evaluator = ClearEvaluator;

    fn tall(&self) -> &ClearEvaluator {
        &self.tall
    }

    fn coefficients(
        &self,
        parameters: &BootstrapParameters,
        x: &ClearCiphertext,
        live: &[bool],
    ) -> Result<ClearCiphertext> {
        let values = self.mean_of_copies(x.slots())?;
        let noise = self.tall.noise();
        let mut rng = generator(noise, &values);
        let deviation = noise.map_or(0.0, |_| parameters.coefficient_deviation());
        let range = parameters.spec().sine.range();
        let coefficient = |(value, &live): (&f64, &bool)| {
            let message = if live { value * parameters.message() } else { 0.0 };
            // Of h + 1 uniform numbers, one for each component that the secret adds.
            let sum: f64 = (0..=SPARSE_WEIGHT).map(|_| rng.random_range(-0.5..0.5)).sum();
            let draw: f64 = StandardNormal.sample(&mut rng);
            (message + sum.round() + deviation * draw) / range
        };
        let period: Vec<f64> = values.iter().zip(live).map(coefficient).collect();
        let slots = period.iter().copied().cycle().take(x.slots().len()).collect();
        self.tall.rescaled(slots, parameters.sine_level(), parameters.sine_scale())
    }
}

/// A generator that depends on the seed and on the values alone, so on no order.
fn generator(noise: Option<Noise>, values: &[f64]) -> ChaCha8Rng {
    let mut hasher = DefaultHasher::new();
    noise.map(|noise| noise.seed).hash(&mut hasher);
    values.iter().for_each(|v| v.to_bits().hash(&mut hasher));
    ChaCha8Rng::seed_from_u64(hasher.finish())
}
