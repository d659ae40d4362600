//! The steps of a soft-argmax, wherever its classes lie.

use super::{MinimaxInverse, SoftmaxApproximation};
use crate::{
    Result, Rotation,
    backend::{Circuit, Evaluate},
    nn::{
        layout::only,
        polynomial::{BivariateProgram, PolynomialProgram},
    },
    packing::Product,
    parallel::try_map,
};

/// What a [`SoftmaxApproximation`] computes, step by step, on the values of some samples. All steps work slot by slot, but
/// for the sum over the classes and the pairs of a direct approximation, which depend on where the classes are.
pub(in crate::nn) struct Steps {
    steps: Vec<Step>,
    classes: Classes,
}

/// Where the inputs of a sample are.
pub(in crate::nn) enum Classes {
    /// Side by side in the slots of one ciphertext, or of several whose sum is summed over its slots.
    Packed {
        /// Sums over the classes.
        total: Box<Product>,
        /// Brings `v` to `u`, if the approximation has both.
        aligned: Option<Rotation>,
    },
    /// In a ciphertext each, in the same slot.
    Columns,
}

/// One of them.
pub(in crate::nn) enum Step {
    Polynomial(PolynomialProgram),
    Direct(BivariateProgram),
    Square,
    Normalise(MinimaxInverse),
}

impl Steps {
    /// The steps of an approximation, with results of zero where `live` is 0.
    ///
    /// # Errors
    /// `NoEvaluation` for a direct approximation that has none in so few levels.
    pub fn new(approximation: &SoftmaxApproximation, classes: Classes, live: Option<&[f64]>) -> Result<Steps> {
        let polynomial = |series| {
            let program = PolynomialProgram::new(series);
            Step::Polynomial(match live {
                Some(live) => program.only(live),
                None => program,
            })
        };
        let steps = match approximation {
            SoftmaxApproximation::Sigmoid { polynomial: series }
            | SoftmaxApproximation::OneVsRest { polynomial: series } => vec![polynomial(series)],
            SoftmaxApproximation::Direct { polynomial, .. } => {
                let program = BivariateProgram::new(polynomial)?;
                vec![Step::Direct(match live {
                    Some(live) => program.only(live),
                    None => program,
                })]
            }
            SoftmaxApproximation::Stages { link, inverses } => {
                let mut steps = vec![polynomial(link)];
                for inverse in inverses {
                    if steps.len() > 1 {
                        steps.push(Step::Square);
                    }
                    steps.push(Step::Normalise(inverse.clone()));
                }
                steps
            }
        };
        Ok(Steps { steps, classes })
    }

    /// In their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter()
    }

    /// The sums over the classes.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// The results of one step.
    ///
    /// # Errors
    /// `NoLevelLeft` if its levels are not available; `MissingRotation` without the keys for sums in slots.
    pub fn apply<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        step: &Step,
        values: Vec<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        match step {
            Step::Polynomial(polynomial) => try_map(values, |x| polynomial.apply(c, &x)),
            Step::Direct(polynomial) => try_map(self.classes.pairs(c, values)?, |(u, v)| polynomial.apply(c, &u, &v)),
            Step::Square => try_map(values, |x| c.square(&x)),
            Step::Normalise(inverse) => self.normalise(c, inverse, values),
        }
    }

    /// [`MinimaxInverse::normalise`]: the factors are the same for all classes.
    fn normalise<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        inverse: &MinimaxInverse,
        numerators: Vec<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let sum = self.classes.total(c, &numerators)?;
        let mut u = sum.clone();
        c.add_plain_inplace(&mut u, &(-inverse.start).into())?;
        let mut factor = c.negate(&sum)?;
        c.add_plain_inplace(&mut factor, &(2.0 * inverse.start).into())?;
        let mut p = try_map(numerators, |p| c.multiply(&p, &factor))?;
        for (constant, v) in &inverse.steps {
            u = c.square(&u)?;
            c.add_plain_inplace(&mut u, &(-constant).into())?;
            let mut factor = u.clone();
            c.add_plain_inplace(&mut factor, &(*v).into())?;
            p = try_map(p, |p| c.multiply(&p, &factor))?;
        }
        Ok(p)
    }
}

impl Classes {
    /// The sum over the classes, for every sample.
    ///
    /// # Errors
    /// `WrongCount` for values that are not packed as said; `MissingRotation` without the keys for sums in slots.
    pub fn total<E: Evaluate>(&self, c: &Circuit<E>, values: &[E::Ciphertext]) -> Result<E::Ciphertext> {
        let [first, others @ ..] = values else { return Ok(only("values of a soft-argmax", values)?.clone()) };
        let mut sum = first.clone();
        others.iter().try_for_each(|value| c.add_inplace(&mut sum, value))?;
        match self {
            Classes::Columns => Ok(sum),
            Classes::Packed { total, .. } => total.sum(c, sum),
        }
    }

    /// `u` and `v` of every class.
    fn pairs<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        mut values: Vec<E::Ciphertext>,
    ) -> Result<Vec<(E::Ciphertext, E::Ciphertext)>> {
        match self {
            Classes::Packed { aligned, .. } => {
                let u = only("inputs of a soft-argmax", &values)?.clone();
                let v = c.rotate(&u, aligned.unwrap_or(Rotation(0)))?;
                Ok(vec![(u, v)])
            }
            Classes::Columns => {
                let v = values.split_off(values.len() / 2);
                Ok(values.into_iter().zip(v).collect())
            }
        }
    }
}

impl Step {
    /// The levels that it takes.
    pub fn levels(&self) -> usize {
        match self {
            Step::Polynomial(polynomial) => polynomial.levels(),
            Step::Direct(polynomial) => polynomial.levels(),
            Step::Square => 1,
            Step::Normalise(inverse) => inverse.levels(),
        }
    }
}
