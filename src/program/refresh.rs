//! Ways to restore the levels of values.

use super::Record;
use crate::{
    CircuitError, Level, PackingError, Result,
    backend::{Circuit, Evaluate, KeyHolder, PlanCiphertext, PlanEvaluator},
};

/// Restores the levels of values: by the key holder, who encrypts them again, or by a bootstrapping circuit.
pub trait Refresh<E: Evaluate> {
    /// The lowest level at which values may arrive.
    fn input_level(&self) -> Level;

    /// The level of refreshed values.
    fn output_level(&self) -> Level;

    /// The same values at the output level.
    ///
    /// # Errors
    /// Any error of decryption, encryption or the circuit.
    fn refresh(&mut self, values: Vec<E::Ciphertext>) -> Result<Vec<E::Ciphertext>>;
}

/// For programs that have enough levels: does not refresh.
#[derive(Clone, Copy, Debug)]
pub struct NoRefresh;

impl<E: Evaluate> Refresh<E> for NoRefresh {
    fn input_level(&self) -> Level {
        Level(0)
    }

    fn output_level(&self) -> Level {
        Level(0)
    }

    fn refresh(&mut self, values: Vec<E::Ciphertext>) -> Result<Vec<E::Ciphertext>> {
        // A value without enough levels is returned unchanged, and the operation that needs them returns an error.
        Ok(values)
    }
}

/// The refresh by the key holder: it decrypts, checks the values, sets padding to zero and encrypts them again. Only
/// the fresh encryptions leave the key holder.
///
/// `look` receives the slots of all values and may change them, to clean padding, check their range, or record them.
pub struct KeyHolderRefresh<'a, K, E, F> {
    holder: &'a K,
    evaluator: &'a E,
    level: Level,
    look: F,
    count: usize,
}

impl<'a, K, E, F> KeyHolderRefresh<'a, K, E, F>
where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    F: FnMut(&mut [Vec<f64>]) -> Result<()>,
{
    /// A refresh to a level.
    pub fn new(holder: &'a K, evaluator: &'a E, level: Level, look: F) -> Self {
        KeyHolderRefresh { holder, evaluator, level, look, count: 0 }
    }

    /// The number of refreshes.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl<K, E, F> Refresh<E> for KeyHolderRefresh<'_, K, E, F>
where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    F: FnMut(&mut [Vec<f64>]) -> Result<()>,
{
    fn input_level(&self) -> Level {
        Level(0)
    }

    fn output_level(&self) -> Level {
        self.level
    }

    fn refresh(&mut self, values: Vec<E::Ciphertext>) -> Result<Vec<E::Ciphertext>> {
        self.count += 1;
        let open = |x: &E::Ciphertext| Ok(self.holder.decrypt(x)?.open_as_key_owner());
        let mut slots = values.iter().map(open).collect::<Result<Vec<_>>>()?;
        (self.look)(&mut slots)?;
        let again = |(slots, x): (&Vec<f64>, &E::Ciphertext)| {
            let mut fresh = self.evaluator.receive(&self.holder.encrypt(slots, self.level)?)?;
            if let Some(bound) = self.evaluator.bound(x) {
                self.evaluator.check_bound("refresh", &fresh, &bound)?;
                self.evaluator.set_bound(&mut fresh, Some(bound));
            }
            Ok(fresh)
        };
        slots.iter().zip(&values).map(again).collect()
    }
}

/// A refresh in a plan, which counts how many there are.
pub struct PlannedRefresh<'a> {
    plan: &'a PlanEvaluator,
    level: Level,
    count: usize,
}

impl<'a> PlannedRefresh<'a> {
    /// A refresh to a level.
    pub fn new(plan: &'a PlanEvaluator, level: Level) -> Self {
        PlannedRefresh { plan, level, count: 0 }
    }

    /// The number of refreshes.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl Refresh<PlanEvaluator> for PlannedRefresh<'_> {
    fn input_level(&self) -> Level {
        Level(0)
    }

    fn output_level(&self) -> Level {
        self.level
    }

    fn refresh(&mut self, values: Vec<PlanCiphertext>) -> Result<Vec<PlanCiphertext>> {
        self.count += 1;
        let again = |x: &PlanCiphertext| {
            let mut fresh = self.plan.input(self.level);
            self.plan.set_bound(&mut fresh, self.plan.bound(x));
            fresh
        };
        Ok(values.iter().map(again).collect())
    }
}

/// A record whose values all have the levels that a stage needs: itself, or all of it refreshed at once. A single
/// ciphertext is the record [`One`](super::One).
///
/// # Errors
/// `NoLevelLeft` if a refresh does not provide enough levels; `WrongCount` if it returns another number of values; any
/// error of the refresh.
pub fn with_levels<E: Evaluate, R: Record>(
    c: &Circuit<E>,
    op: &'static str,
    record: R::Of<E::Ciphertext>,
    levels: usize,
    refresh: &mut dyn Refresh<E>,
) -> Result<R::Of<E::Ciphertext>> {
    let lowest = |values: &[&E::Ciphertext]| values.iter().map(|x| c.level(x)).min();
    let values = R::items(&record);
    if lowest(&values).is_none_or(|level| level.0 >= levels) {
        return Ok(record);
    }
    let expected = values.len();
    let refreshed = refresh.refresh(values.into_iter().cloned().collect())?;
    let (what, actual) = ("a refreshed record".into(), refreshed.len());
    let wrong_count = PackingError::WrongCount { what, expected, actual };
    match lowest(&refreshed.iter().collect::<Vec<_>>()) {
        Some(actual) if actual.0 < levels => {
            Err(CircuitError::NoLevelLeft { op, needed: Level(levels), actual }.into())
        }
        Some(_) if actual == expected => {
            let mut refreshed = refreshed.into_iter();
            R::try_map(&record, |_| refreshed.next().ok_or_else(|| wrong_count.clone().into()))
        }
        _ => Err(wrong_count.into()),
    }
}

/// The number of refreshes that a sequence of stages with the given levels takes, if `entry` levels are left before it
/// and `refreshed` after a refresh, and `spare` must remain at the end. Each stage starts with a refresh only if it
/// needs one. `None` if a stage takes more levels than a refresh provides.
///
/// ```
/// use seal_nn::program::refreshes_of;
/// assert_eq!(refreshes_of(&[4, 1, 1, 3, 1, 5], 16, 16, 1), Some(0));
/// assert_eq!(refreshes_of(&[4, 1, 1, 3, 1, 5], 8, 8, 1), Some(2));
/// assert_eq!(refreshes_of(&[4, 1, 1, 3, 1, 5], 8, 5, 1), None);
/// ```
pub fn refreshes_of(stages: &[usize], entry: usize, refreshed: usize, spare: usize) -> Option<usize> {
    let (mut left, mut count) = (entry, 0);
    for (at, levels) in stages.iter().enumerate() {
        let needed = levels.saturating_add(if at + 1 == stages.len() { spare } else { 0 });
        if left < needed {
            (left, count) = (refreshed, count + 1);
        }
        if left < needed {
            return None;
        }
        left -= levels;
    }
    Some(count)
}
