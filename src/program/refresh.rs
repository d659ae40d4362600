//! Ways to restore the levels of values.

use super::Record;
use crate::{
    CircuitError, Level, Result,
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
        slots.iter().map(|slots| self.evaluator.receive(&self.holder.encrypt(slots, self.level)?)).collect()
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
        Ok(vec![self.plan.input(self.level); values.len()])
    }
}

/// The value itself if it has the levels that a stage needs, otherwise refreshed.
///
/// # Errors
/// `NoLevelLeft` if a refresh does not provide enough levels; any error of the refresh.
pub fn with_levels<E: Evaluate>(
    c: &Circuit<E>,
    op: &'static str,
    x: E::Ciphertext,
    levels: usize,
    refresh: &mut dyn Refresh<E>,
) -> Result<E::Ciphertext> {
    let needed = Level(levels);
    let x = match c.level(&x) < needed {
        true => refresh.refresh(vec![x])?.pop().ok_or(CircuitError::Empty { op: "refresh" })?,
        false => x,
    };
    match c.level(&x) {
        actual if actual < needed => Err(CircuitError::NoLevelLeft { op, needed, actual }.into()),
        _ => Ok(x),
    }
}

/// Refreshes a whole record at once if its lowest value has fewer levels than a stage needs. If a refresh does not
/// provide enough of them, the operation that lacks one refuses.
///
/// # Errors
/// `Empty` if a refresh returns fewer values than it was given; any error of the refresh.
pub(crate) fn record_with_levels<E: Evaluate, R: Record>(
    c: &Circuit<E>,
    record: R::Of<E::Ciphertext>,
    levels: usize,
    refresh: &mut dyn Refresh<E>,
) -> Result<R::Of<E::Ciphertext>> {
    if R::items(&record).into_iter().all(|x| c.level(x).0 >= levels) {
        return Ok(record);
    }
    let values: Vec<E::Ciphertext> = R::items(&record).into_iter().cloned().collect();
    let mut refreshed = refresh.refresh(values)?.into_iter();
    R::try_map(&record, |_| refreshed.next().ok_or_else(|| CircuitError::Empty { op: "refresh" }.into()))
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
        let needed = levels + if at + 1 == stages.len() { spare } else { 0 };
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
