//! A bootstrap on any backend.

use super::{BootstrapParameters, ClearRaise, Raise, eval_mod::eval_mod_summed};
use crate::{
    BootstrapError, CircuitError, Level, Result,
    backend::{Chain, ClearEvaluator, Combination, Evaluate, Noise},
};

/// Restores the levels of values without the secret key.
pub struct Bootstrap<R: Raise> {
    place: R,
    parameters: BootstrapParameters,
    /// Of a second pass, on the error of the first.
    second: Option<BootstrapParameters>,
}

impl<R: Raise> Bootstrap<R> {
    /// A bootstrap at a place that was made for the same parameters.
    pub fn new(parameters: BootstrapParameters, place: R) -> Bootstrap<R> {
        let second = parameters.second_pass();
        Bootstrap { place, parameters, second }
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
    /// `NoLevelLeft` for values below the [input level](super::BootstrapSpec::input_level); `LiveSlots` for another number of marks than the period; `OtherPeriod`, in the
    /// clear, for values that do not repeat; any error of the backend.
    pub fn bootstrap(
        &self,
        x: &<R::Evaluator as Evaluate>::Ciphertext,
        live: &[bool],
    ) -> Result<<R::Evaluator as Evaluate>::Ciphertext> {
        let (tall, x) = (self.place.tall(), self.place.lift(x)?);
        check_input(&self.parameters, tall, &x, live)?;
        let first = self.pass(&self.parameters, &x, live)?;
        let Some(second) = &self.second else { return self.place.lower(first) };
        let input = self.parameters.spec().input_level();
        let x = if tall.level(&x) > input { tall.drop_to(&x, input)? } else { x };
        let same = Combination { products: &[], multiples: &[(&first, 1.0)], constant: 0.0 };
        let restored = tall.combine_rescale(&same, Level(input.0 + 1), tall.scale(&x))?;
        let mut error = x;
        tall.sub_inplace(&mut error, &restored)?;
        let mut sum = self.pass(second, &error, live)?;
        tall.add_inplace(&mut sum, &first)?;
        self.place.lower(sum)
    }

    /// A bootstrap of a value of the taller chain, whose result is one too.
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
        tall.set_scale(&mut sum, parameters.output_scale())?;
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
        let (period, evaluator) = (self.spec().period, ClearEvaluator::new(step.clone(), None));
        let input = self.spec().input_level();
        let (mut sum, mut count) = (0.0, 0);
        while count < VALUES {
            // Another input each time, far below the noise, because noise depends on the values.
            let zeros = vec![f64::EPSILON * self.spec().bound * count as f64; step.slots()];
            let x = evaluator.rescaled(zeros, input, step.scale(input))?;
            let y = bootstrap.bootstrap(&x, &vec![true; period])?;
            sum += y.slots()[..period].iter().map(|v| v * v).sum::<f64>();
            count += period;
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
    let needed = parameters.spec().input_level();
    if actual < needed {
        return Err(CircuitError::NoLevelLeft { op: "bootstrap", needed, actual }.into());
    }
    if actual > parameters.output_level() {
        let expected = parameters.output_level();
        return Err(CircuitError::ForeignValue { op: "bootstrap", expected, actual }.into());
    }
    Ok(())
}
