//! The backend without data, for planning a program.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Bound, Chain, Combination, Evaluate, KeyLevels, Operation, Slots, Tallies, TransformTerm, Unscaled, apart,
};
use crate::{CircuitError, Level, Result, Rotation};

/// Runs a program on levels and scales alone, and records the rotations that it requests and the lowest level that it
/// reaches. Together with the counts of [`Circuit::meter`](super::Circuit::meter), parameters and keys follow from
/// this.
///
/// ```
/// use seal_nn::{Level, Rotation, backend::{Chain, Circuit, PlanEvaluator}};
/// let circuit = Circuit::new(PlanEvaluator::new(Chain::nominal(8192, 3, 40)?));
/// let x = circuit.backend().input(Level(3));
/// let y = circuit.rotate(&circuit.square(&x)?, Rotation(-5))?;
/// assert_eq!(circuit.level(&y), Level(2));
/// assert_eq!(circuit.backend().rotations(), [Rotation(-5)]);
/// assert_eq!(circuit.backend().lowest(), Level(2));
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub struct PlanEvaluator {
    chain: Chain,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    keys: KeyLevels,
    lowest: Option<Level>,
    operations: Tallies,
}

/// The level and scale of a ciphertext, and the bound of its slots where one was declared.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanCiphertext {
    level: Level,
    scale: f64,
    bound: Option<Bound>,
}

impl PlanCiphertext {
    /// A result, whose bound the circuit will attach.
    fn at(level: Level, scale: f64) -> PlanCiphertext {
        PlanCiphertext { level, scale, bound: None }
    }

    /// The level.
    pub fn level(&self) -> Level {
        self.level
    }
}

impl PlanEvaluator {
    /// A plan on a chain.
    pub fn new(chain: Chain) -> Self {
        PlanEvaluator { chain, seen: Mutex::default() }
    }

    /// A fresh value at a level.
    pub fn input(&self, level: Level) -> PlanCiphertext {
        PlanCiphertext::at(level, self.chain.scale(level))
    }

    /// The rotations requested so far, which are exactly those that need Galois keys.
    pub fn rotations(&self) -> Vec<Rotation> {
        self.seen().keys.rotations.keys().copied().collect()
    }

    /// The keys needed so far, with the highest level at which each was used.
    pub fn keys(&self) -> KeyLevels {
        self.seen().keys.clone()
    }

    /// The lowest level reached so far (the top level if nothing was rescaled).
    pub fn lowest(&self) -> Level {
        self.seen().lowest.unwrap_or(self.chain.top())
    }

    /// The operations of the backend so far, for computations that are no circuit's, which has a
    /// [`Meter`](super::Meter) of its own.
    pub fn operations(&self) -> Tallies {
        self.seen().operations.clone()
    }

    fn count(&self, operation: Operation, x: &PlanCiphertext, count: usize) {
        self.seen().operations.add(operation, x.level, count);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Evaluate for PlanEvaluator {
    type Ciphertext = PlanCiphertext;
    type Plaintext = f64;
    type Fresh = PlanCiphertext;

    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn rotations(&self) -> Option<&BTreeSet<Rotation>> {
        None
    }

    fn receive(&self, fresh: &PlanCiphertext) -> Result<PlanCiphertext> {
        Ok(fresh.clone())
    }

    fn level(&self, x: &PlanCiphertext) -> Level {
        x.level
    }

    fn scale(&self, x: &PlanCiphertext) -> f64 {
        x.scale
    }

    fn set_scale(&self, x: &mut PlanCiphertext, scale: f64) -> Result<()> {
        *x = PlanCiphertext::at(x.level, scale);
        Ok(())
    }

    fn encode(&self, _values: &Slots, _level: Level, scale: f64) -> Result<f64> {
        Ok(scale)
    }

    fn add_inplace(&self, x: &mut PlanCiphertext, _y: &PlanCiphertext) -> Result<()> {
        self.count(Operation::Add, x, 1);
        x.bound = None;
        Ok(())
    }

    fn sub_inplace(&self, x: &mut PlanCiphertext, _y: &PlanCiphertext) -> Result<()> {
        self.count(Operation::Add, x, 1);
        x.bound = None;
        Ok(())
    }

    fn negate_inplace(&self, x: &mut PlanCiphertext) -> Result<()> {
        x.bound = None;
        Ok(())
    }

    fn add_plain_inplace(&self, x: &mut PlanCiphertext, _y: &f64) -> Result<()> {
        self.count(Operation::AddPlain, x, 1);
        x.bound = None;
        Ok(())
    }

    fn product_sum(&self, terms: &[(&PlanCiphertext, &PlanCiphertext)]) -> Result<PlanCiphertext> {
        apart::product_sum(self, terms)
    }

    fn plain_product_sum(&self, terms: &[(&PlanCiphertext, &f64)]) -> Result<PlanCiphertext> {
        apart::plain_product_sum(self, terms)
    }

    fn weighted_sums(&self, terms: &[(&PlanCiphertext, &[f64])], scale: f64) -> Result<Vec<PlanCiphertext>> {
        let (x, weights) = terms.first().ok_or(CircuitError::Empty { op: "weighted sum" })?;
        self.count(Operation::MultiplyConstant, x, terms.len() * weights.len());
        Ok(vec![PlanCiphertext::at(x.level, x.scale * scale); weights.len()])
    }

    fn rescale_inplace(&self, x: &mut PlanCiphertext) -> Result<()> {
        let op = "rescale";
        let below = x.level.down(1).ok_or(CircuitError::NoLevelLeft { op, needed: Level(1), actual: x.level })?;
        self.count(Operation::Rescale, x, 1);
        *x = PlanCiphertext::at(below, x.scale / self.chain.prime(x.level));
        let mut seen = self.seen();
        seen.lowest = Some(seen.lowest.map_or(below, |lowest| lowest.min(below)));
        Ok(())
    }

    fn combine_rescale(
        &self,
        terms: &Combination<'_, PlanCiphertext>,
        level: Level,
        scale: f64,
    ) -> Result<PlanCiphertext> {
        apart::combine_rescale(self, terms, level, scale)
    }

    fn drop_to(&self, x: &PlanCiphertext, level: Level) -> Result<PlanCiphertext> {
        Ok(PlanCiphertext::at(level, x.scale))
    }

    fn rotate(&self, x: &PlanCiphertext, step: Rotation) -> Result<PlanCiphertext> {
        self.count(Operation::Rotate, x, 1);
        self.seen().keys.rotate(step, x.level);
        Ok(PlanCiphertext::at(x.level, x.scale))
    }

    fn rotate_many(&self, x: &PlanCiphertext, rotations: &[Rotation]) -> Result<Vec<PlanCiphertext>> {
        self.count(Operation::RotateHoisted, x, rotations.len());
        rotations.iter().for_each(|&step| self.seen().keys.rotate(step, x.level));
        Ok(vec![PlanCiphertext::at(x.level, x.scale); rotations.len()])
    }

    fn linear_transform(&self, x: &PlanCiphertext, terms: &[TransformTerm<'_, f64>]) -> Result<PlanCiphertext> {
        // If one division ends the whole transform, giant steps come before the rescale.
        for giant in terms.iter().map(|term| term.giant).filter(|giant| giant.0 != 0) {
            self.seen().keys.rotate(giant, x.level);
        }
        apart::linear_transform(self, x, terms)
    }

    fn ciphertext_bytes(&self, x: &PlanCiphertext) -> Result<usize> {
        Ok(self.chain.wire_ciphertext_bytes(x.level))
    }

    fn fresh_bytes(&self, x: &PlanCiphertext) -> usize {
        self.chain.wire_seeded_bytes(x.level)
    }

    fn bound(&self, x: &PlanCiphertext) -> Option<Bound> {
        x.bound
    }

    fn set_bound(&self, x: &mut PlanCiphertext, bound: Option<Bound>) {
        x.bound = bound;
    }

    fn expect_mean(&self, what: &str, x: &PlanCiphertext, mean_abs: f64) -> Result<()> {
        self.chain.check_mean(what, x.level, x.scale, mean_abs)
    }
}

impl Unscaled for PlanEvaluator {
    fn multiply_plain(&self, x: &PlanCiphertext, y: &f64) -> Result<PlanCiphertext> {
        self.count(Operation::MultiplyPlain, x, 1);
        Ok(PlanCiphertext::at(x.level, x.scale * y))
    }

    fn multiply_sum(&self, terms: &[(&PlanCiphertext, &PlanCiphertext)]) -> Result<PlanCiphertext> {
        let (x, y) = terms.first().ok_or(CircuitError::Empty { op: "product" })?;
        self.count(Operation::MultiplyCiphertexts, x, terms.len());
        Ok(PlanCiphertext::at(x.level, x.scale * y.scale))
    }

    fn relinearize_inplace(&self, x: &mut PlanCiphertext) -> Result<()> {
        self.count(Operation::Relinearize, x, 1);
        let mut seen = self.seen();
        seen.keys.relin = seen.keys.relin.max(Some(x.level));
        Ok(())
    }
}
