//! The probabilities of packed outputs, by polynomials.

use std::sync::Arc;

use super::{
    ServerLoss,
    soft_argmax::{Classes, SoftmaxApproximation, Steps},
};
use crate::{
    Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    nn::polynomial::PolynomialProgram,
    packing::{Index, MatrixLayout, Product},
    parallel,
};

/// `p - 1/C + r y` for packed outputs `y`, which with the centred targets subtracted are the errors of a likelihood, and zero in padding
/// (docs/packing.md, "Probabilities").
pub(super) struct PackedLikelihood {
    input_factor: f64,
    /// Of the first step, for each ciphertext of outputs: zero in padding, whatever is there before.
    polynomials: Vec<Arc<PolynomialProgram>>,
    normalisation: Option<Normalisation>,
}

/// What follows an exponential.
struct Normalisation {
    steps: Steps,
    /// The ciphertexts of outputs of the same samples.
    blocks: Vec<Vec<usize>>,
    /// `-1/C` in live slots.
    prior: Vec<Slots>,
    /// What inputs are multiplied with to decay, in live slots.
    decay: Vec<Slots>,
}

impl PackedLikelihood {
    /// The probabilities of a loss for outputs in the given places; `None` for a loss without.
    ///
    /// # Errors
    /// The errors of [`ServerLoss::approximation`]; `NotAligned` if no sum over the classes is possible in these places.
    pub fn new(loss: ServerLoss, outputs: &MatrixLayout) -> Result<Option<PackedLikelihood>> {
        let classes = outputs.shape().1;
        let Some(approximation) = loss.approximation(classes)? else { return Ok(None) };
        let (prior, live) = (1.0 / classes as f64, outputs.fill(|_, _| 1.0)?);
        let input_factor = loss.input_factor(classes)?;
        let decay = loss.logit_decay() / input_factor;
        let (polynomial, has_sums) = match &approximation {
            SoftmaxApproximation::Stages { link, .. } => (link.clone(), true),
            SoftmaxApproximation::Sigmoid { polynomial } | SoftmaxApproximation::OneVsRest { polynomial } => {
                (polynomial.clone().plus(-prior, decay), false)
            }
            SoftmaxApproximation::Direct { .. } => return Ok(None), // never chosen
        };
        let program = PolynomialProgram::new(&polynomial);
        // Most ciphertexts have the same places, whose plaintexts are encoded once.
        let mut different: Vec<(&Vec<f64>, Arc<PolynomialProgram>)> = Vec::new();
        let mut polynomials = Vec::with_capacity(live.len());
        for live in &live {
            let known = different.iter().find(|(places, _)| *places == live).map(|(_, program)| program.clone());
            polynomials.push(known.unwrap_or_else(|| {
                let made = Arc::new(program.clone().only(live));
                different.push((live, made.clone()));
                made
            }));
        }
        let normalisation = || Normalisation::new(&approximation, outputs, &live, prior, decay);
        let normalisation = has_sums.then(normalisation).transpose()?;
        Ok(Some(PackedLikelihood { input_factor, polynomials, normalisation }))
    }

    /// What outputs are to be multiplied with before.
    pub fn input_factor(&self) -> f64 {
        self.input_factor
    }

    /// `p - 1/C + r y` of outputs that were multiplied with the [factor](PackedLikelihood::input_factor).
    ///
    /// # Errors
    /// `NoLevelLeft` if levels are missing; `MissingRotation` without the keys for sums over the classes.
    pub fn apply<E: Evaluate>(&self, c: &Circuit<E>, outputs: &[E::Ciphertext]) -> Result<Vec<E::Ciphertext>> {
        let values = parallel::try_map(0..outputs.len(), |i| self.polynomials[i].apply(c, &outputs[i]))?;
        match &self.normalisation {
            None => Ok(values),
            Some(normalisation) => normalisation.apply(c, outputs, values),
        }
    }
}

impl Normalisation {
    fn new(
        approximation: &SoftmaxApproximation,
        outputs: &MatrixLayout,
        live: &[Vec<f64>],
        prior: f64,
        decay: f64,
    ) -> Result<Normalisation> {
        // A row of ones, which is never multiplied: only the sum of the product is used.
        let total = Product::new(outputs, &outputs.with_rows(Index::new(1)))?;
        let of_result = |pairs: &Vec<(usize, usize)>| {
            let mut block: Vec<usize> = pairs.iter().map(|&(output, _)| output).collect();
            block.dedup();
            block
        };
        let blocks = total.pairs().iter().map(of_result).collect();
        let classes = Classes::Packed { total: Box::new(total), aligned: None };
        let times = |factor: f64| -> Vec<Slots> {
            live.iter().map(|live| live.iter().map(|l| factor * l).collect::<Vec<_>>().into()).collect()
        };
        let (prior, decay) = (times(-prior), times(decay));
        Ok(Normalisation { steps: Steps::new(approximation, classes, None)?, blocks, prior, decay })
    }

    /// Of the results of the polynomials, and of the outputs that they were computed from.
    fn apply<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        outputs: &[E::Ciphertext],
        values: Vec<E::Ciphertext>,
    ) -> Result<Vec<E::Ciphertext>> {
        let of_block = |block: &Vec<usize>| {
            let values = block.iter().map(|&i| values[i].clone()).collect();
            // The first step is the polynomial.
            let mut p = self.steps.iter().skip(1).try_fold(values, |x, step| self.steps.apply(c, step, x))?;
            for (p, &i) in p.iter_mut().zip(block) {
                c.add_plain_inplace(p, &self.prior[i])?;
                let decay = c.multiply_plain(&outputs[i], &self.decay[i], TargetScale::At(c.level(p)))?;
                c.add_inplace(p, &decay)?;
            }
            Ok(p)
        };
        let blocks = parallel::try_map(&self.blocks, of_block)?;
        let mut all: Vec<_> = self.blocks.iter().flatten().zip(blocks.into_iter().flatten()).collect();
        all.sort_by_key(|(output, _)| **output);
        Ok(all.into_iter().map(|(_, p)| p).collect())
    }
}
