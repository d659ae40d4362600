//! A bootstrap on any backend.

use std::sync::OnceLock;

use super::{BootstrapParameters, ClearRaise, Raise, eval_mod::eval_mod_summed};
use crate::{
    BootstrapError, CircuitError, Level, Result,
    backend::{Chain, ClearEvaluator, Combination, Evaluate, Noise},
};

/// Restores the levels of values without the secret key.
pub struct Bootstrap<R: Raise> {
    pub(super) place: R,
    pub(super) parameters: BootstrapParameters,
    /// Of a second pass, on the error of the first.
    second: Option<BootstrapParameters>,
    /// The blocks of a period, where parts are taken apart.
    pub(super) blocks: OnceLock<Vec<<R::Evaluator as Evaluate>::Plaintext>>,
}

impl<R: Raise> Bootstrap<R> {
    /// A bootstrap at a place that was made for the same parameters.
    pub fn new(parameters: BootstrapParameters, place: R) -> Bootstrap<R> {
        let second = parameters.second_pass();
        Bootstrap { place, parameters, second, blocks: OnceLock::new() }
    }

    /// What it restores, and its levels.
    pub fn parameters(&self) -> &BootstrapParameters {
        &self.parameters
    }

    /// The place where it runs.
    pub fn place(&self) -> &R {
        &self.place
    }

    /// The same values at the top of the step's chain and its canonical scale. Live slots change by the sine's bend
    /// ([`BootstrapSpec::bent`](super::BootstrapSpec::bent)) and by noise; the others become 0.
    ///
    /// With a second pass, what the first has changed is bootstrapped too, for a bound that is `2^bits` times smaller, and
    /// added.
    ///
    /// Source of the second pass: Bae, Cheon, Cho, Kim and Kim 2022 ("META-BTS: Bootstrapping precision beyond the limit").
    ///
    /// # Errors
    /// `NoLevelLeft` for values below the [level of the map](super::BootstrapSpec::map_level); `LiveSlots` for another number
    /// of marks than the period; `OtherPeriod`, in the clear, for values that do not repeat; any error of the backend.
    pub fn bootstrap(
        &self,
        x: &<R::Evaluator as Evaluate>::Ciphertext,
        live: &[bool],
    ) -> Result<<R::Evaluator as Evaluate>::Ciphertext> {
        self.place.lower(self.restored(self.place.lift(x)?, live)?)
    }

    /// The same of a value of the taller chain, whose result is one too.
    pub(super) fn restored(
        &self,
        x: <R::Evaluator as Evaluate>::Ciphertext,
        live: &[bool],
    ) -> Result<<R::Evaluator as Evaluate>::Ciphertext> {
        let tall = self.place.tall();
        check_input(&self.parameters, tall, &x, live)?;
        let first = self.pass(&self.parameters, &x, live)?;
        let Some(second) = &self.second else { return Ok(first) };
        let input = self.parameters.spec().map_level();
        let x = if tall.level(&x) > input { tall.drop_to(&x, input)? } else { x };
        let same = Combination { products: &[], multiples: &[(&first, 1.0)], constant: 0.0 };
        let restored = tall.combine_rescale(&same, Level(input.0 + 1), tall.scale(&x))?;
        let mut error = x;
        tall.sub_inplace(&mut error, &restored)?;
        let mut sum = self.pass(second, &error, live)?;
        tall.add_inplace(&mut sum, &first)?;
        Ok(sum)
    }

    /// One pass of it.
    fn pass(
        &self,
        parameters: &BootstrapParameters,
        x: &<R::Evaluator as Evaluate>::Ciphertext,
        live: &[bool],
    ) -> Result<<R::Evaluator as Evaluate>::Ciphertext> {
        let tall = self.place.tall();
        let coefficients = self.place.coefficients(parameters, x, live)?;
        // Rounding errors of copies are independent, so their mean has less; their number is a factor of the scale.
        let (sine, copies) = (&parameters.spec().sine, parameters.copy_rotations());
        let mut sum = eval_mod_summed(tall, sine, &coefficients, parameters.end_scale(), &copies)?;
        tall.set_scale(&mut sum, parameters.restored_scale())?;
        Ok(sum)
    }
}

impl BootstrapParameters {
    /// The standard deviation of the noise of a bootstrap in a live slot, from runs in the clear on zeros, without the sine's
    /// bend, which [`bent`](super::BootstrapSpec::bent) tells.
    ///
    /// # Errors
    /// An error for a chain of which no bootstrap can be made.
    pub fn deviation(&self, step: &Chain) -> Result<f64> {
        const VALUES: usize = 256;
        let noise = Some(Noise { seed: 0 });
        let bootstrap = Bootstrap::new(self.clone(), ClearRaise::new(self, noise));
        let (spec, evaluator) = (self.spec(), ClearEvaluator::new(step.clone(), None));
        let (input, period, live) = (spec.input_level(), spec.part_period(), vec![true; spec.part_period()]);
        let (mut sum, mut count) = (0.0, 0);
        while count < VALUES {
            // Another input each time, far below the noise, because noise depends on the values.
            let inputs = (0..spec.parts).map(|part| {
                let zeros = vec![f64::EPSILON * spec.bound * (count + part * period) as f64; step.slots()];
                evaluator.rescaled(zeros, input, step.scale(input))
            });
            let inputs = inputs.collect::<Result<Vec<_>>>()?;
            let marked: Vec<_> = inputs.iter().map(|x| (x, &live[..])).collect();
            for y in bootstrap.bootstrap_parts(&marked)? {
                sum += y.slots()[..period].iter().map(|v| v * v).sum::<f64>();
                count += period;
            }
        }
        Ok((sum / count as f64).sqrt())
    }
}

/// Returns an error for values without levels for the first map, or for marks of another period.
fn check_input<E: Evaluate>(
    parameters: &BootstrapParameters,
    backend: &E,
    x: &E::Ciphertext,
    live: &[bool],
) -> Result<()> {
    let (actual, period) = (backend.level(x), parameters.spec().period);
    if live.len() != period {
        return Err(BootstrapError::LiveSlots { period, actual: live.len() }.into());
    }
    let needed = parameters.spec().map_level();
    if actual < needed {
        return Err(CircuitError::NoLevelLeft { op: "bootstrap", needed, actual }.into());
    }
    let expected = parameters.restored_level();
    if actual > expected {
        return Err(CircuitError::ForeignValue { op: "bootstrap", expected, actual }.into());
    }
    Ok(())
}
