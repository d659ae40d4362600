//! Seconds of every operation, for comparing programs that have not run yet.

use std::{collections::BTreeMap, time::Instant};

use serde::{Deserialize, Serialize};

use super::{
    Chain, Circuit, Evaluate, KeyHolder, Operation, Slots, Tallies, TargetScale,
    cost::{switch_work, weight},
};
use crate::{Level, Result, Rotation};

/// Seconds of every operation by ring and level: measured on a machine, or, where nothing was measured, modelled.
///
/// ```
/// use seal_nn::{Level, backend::{Chain, CostTable, Operation}};
/// let (costs, chain) = (CostTable::default(), Chain::nominal(16384, 8, 40)?);
/// let rotation = |level| costs.seconds(Operation::Rotate, &chain, Level(level));
/// assert!(rotation(7) > 3.0 * rotation(2)); // a key switch grows with the square of the level
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostTable {
    points: Vec<Point>,
    refreshes: Vec<Refresh>,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    operation: Operation,
    poly_modulus_degree: usize,
    level: usize,
    seconds: f64,
}

/// One measurement of the client's part: encrypting at a level, unpacking, decrypting at level 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    poly_modulus_degree: usize,
    level: usize,
    seconds: f64,
}

/// Rotation rotations that a measurement needs keys for.
const ROTATIONS: [Rotation; 2] = [Rotation(1), Rotation(2)];
/// Of so many passes the median counts.
const PASSES: usize = 5;
/// Seconds of a key switch at N = 16384 with 8 data primes that the model assumes; only ratios matter.
const KEY_SWITCH: f64 = 0.01;
/// Work of a refresh beside such a key switch.
const REFRESH: f64 = 0.6;

impl CostTable {
    /// The rotation rotations for which [`CostTable::measure`] needs keys.
    pub fn rotations() -> &'static [Rotation] {
        &ROTATIONS
    }

    /// Measures every operation at the top, in the middle and near the bottom of a circuit's chain. What was measured
    /// for its ring before is replaced.
    ///
    /// # Errors
    /// What circuit and key holder refuse; [`CostTable::rotations`] need keys, and the chain three levels.
    pub fn measure<E, K>(&mut self, c: &Circuit<E>, holder: &K) -> Result<()>
    where
        E: Evaluate,
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    {
        let (degree, top) = (c.chain().poly_modulus_degree(), c.chain().top());
        self.points.retain(|p| p.poly_modulus_degree != degree);
        self.refreshes.retain(|r| r.poly_modulus_degree != degree);
        for level in [Level(1), Level(top.0.div_ceil(2)), top] {
            let (mut passes, mut refreshes) = (Vec::new(), Vec::new());
            for pass in 0..=PASSES {
                let values = vec![0.5 + 0.01 * pass as f64; c.slots()];
                let started = Instant::now();
                let x = c.backend().receive(&holder.encrypt(&values, level)?)?;
                let _unread = holder.decrypt(&c.drop_to(&x, Level(0))?)?;
                let refresh = started.elapsed().as_secs_f64();
                let each = every_operation(c, &x, values.into())?;
                // The first pass warms up.
                if pass > 0 {
                    refreshes.push(refresh);
                    passes.push(each);
                }
            }
            self.refreshes.push(Refresh { poly_modulus_degree: degree, level: level.0, seconds: median(refreshes) });
            for &operation in passes[0].keys() {
                let seconds = median(passes.iter().filter_map(|pass| pass.get(&operation)).copied().collect());
                self.points.push(Point { operation, poly_modulus_degree: degree, level: level.0, seconds });
            }
        }
        Ok(())
    }

    /// Whether a ring was measured.
    pub fn knows(&self, poly_modulus_degree: usize) -> bool {
        self.points.iter().any(|p| p.poly_modulus_degree == poly_modulus_degree)
    }

    /// Seconds of one operation at a level: between measured levels along a line, in proportion to the model elsewhere.
    pub fn seconds(&self, operation: Operation, chain: &Chain, level: Level) -> f64 {
        let here = |p: &&Point| (p.operation, p.poly_modulus_degree) == (operation, chain.poly_modulus_degree());
        let measured: Vec<_> = self.points.iter().filter(here).map(|p| (p.level, p.seconds)).collect();
        let model = |level: usize| modelled(operation, chain, Level(level));
        interpolate(&measured, level.0, model)
    }

    /// Seconds of all operations of a circuit, one after another.
    pub fn of(&self, tallies: &Tallies, chain: &Chain) -> f64 {
        let seconds = |operation, level| self.seconds(operation, chain, level);
        // Encodings are cached: a program that repeats itself pays for none.
        let counted = tallies.iter().filter(|(operation, ..)| *operation != Operation::Encode);
        counted.map(|(operation, level, tally)| tally.count as f64 * seconds(operation, level)).sum()
    }

    /// Seconds in which the client encrypts a ciphertext at `level`, and later decrypts one at the bottom.
    pub fn refresh(&self, poly_modulus_degree: usize, level: Level) -> f64 {
        let here = |r: &&Refresh| r.poly_modulus_degree == poly_modulus_degree;
        let measured: Vec<_> = self.refreshes.iter().filter(here).map(|r| (r.level, r.seconds)).collect();
        let model = |level: usize| KEY_SWITCH * REFRESH * ring(poly_modulus_degree) * primes(Level(level)) / 8.0;
        interpolate(&measured, level.0, model)
    }

    /// Whether every figure is one that a clock can show.
    pub fn is_sound(&self) -> bool {
        let seconds = self.points.iter().map(|p| p.seconds).chain(self.refreshes.iter().map(|r| r.seconds));
        seconds.into_iter().all(|seconds| seconds.is_finite() && (0.0..1e3).contains(&seconds))
    }
}

/// Seconds of every operation at the level of `x`.
fn every_operation<E: Evaluate>(c: &Circuit<E>, x: &E::Ciphertext, values: Slots) -> Result<BTreeMap<Operation, f64>> {
    let level = c.level(x);
    let below = || TargetScale::At(Level(level.0.saturating_sub(1)));
    // A product by itself is what a sum takes longer for one more.
    let products = |count| c.product_sum(&vec![(x, x); count]).map(|_| ());
    let product = seconds_more(&products)?;
    let plain_products = |count| c.plain_product_sum(&vec![(x, &values); count], below()).map(|_| ());
    let plain_product = seconds_more(&plain_products)?;
    c.meter().take();
    c.rotate(x, ROTATIONS[0])?;
    c.rotate_many(x, &ROTATIONS)?;
    c.multiply(x, x)?;
    c.multiply_plain(x, &values, below())?;
    let mut sum = c.add(x, x)?;
    c.add_plain_inplace(&mut sum, &values)?;
    let tallies = c.meter().take();
    let each = tallies.iter().filter(|(_, at, _)| *at == level).map(|(operation, _, tally)| {
        let all = tally.time.as_secs_f64();
        let seconds = match operation {
            Operation::MultiplyCiphertexts => product,
            Operation::MultiplyPlain => plain_product,
            // The product and its rescale are one with the relinearisation; the other rescale is one with its product.
            Operation::Relinearize => all - product,
            Operation::Rescale => all - plain_product,
            _ => all / tally.count.max(1) as f64,
        };
        (operation, seconds.max(0.0))
    });
    Ok(each.collect())
}

/// By how much longer nine take than one, for each more.
fn seconds_more(work: &dyn Fn(usize) -> Result<()>) -> Result<f64> {
    let time = |count| {
        let started = Instant::now();
        work(count).map(|()| started.elapsed().as_secs_f64())
    };
    Ok(((time(9)? - time(1)?) / 8.0).max(0.0))
}

/// Between the two measured levels beside it, or in proportion to the model beyond them.
fn interpolate(measured: &[(usize, f64)], level: usize, model: impl Fn(usize) -> f64) -> f64 {
    let below = measured.iter().filter(|(l, _)| *l <= level).max_by_key(|(l, _)| *l);
    let above = measured.iter().filter(|(l, _)| *l >= level).min_by_key(|(l, _)| *l);
    match (below, above) {
        (Some(&(low, a)), Some(&(high, b))) if high > low => a + (b - a) * (level - low) as f64 / (high - low) as f64,
        (Some(&(near, seconds)), _) | (_, Some(&(near, seconds))) => seconds * model(level) / model(near),
        (None, None) => model(level),
    }
}

/// The model (spec: packing, 0): key switches grow with the polynomials that they transform, the rest with the level.
fn modelled(operation: Operation, chain: &Chain, level: Level) -> f64 {
    let growth = match operation {
        Operation::Rotate | Operation::RotateHoisted | Operation::Relinearize => switch_work(chain, level),
        _ => primes(level) / 8.0,
    };
    KEY_SWITCH * ring(chain.poly_modulus_degree()) * weight(operation) * growth
}

fn ring(poly_modulus_degree: usize) -> f64 {
    poly_modulus_degree as f64 / 16384.0
}

fn primes(level: Level) -> f64 {
    (level.0 + 1) as f64
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{ClearEvaluator, ClearKeyHolder};

    #[test]
    fn what_was_measured_replaces_the_model() {
        let chain = Chain::nominal(64, 5, 40).unwrap();
        let mut costs = CostTable::default();
        let model = costs.clone();
        assert!(!costs.knows(64));
        costs
            .measure(&Circuit::new(ClearEvaluator::new(chain.clone(), None)), &ClearKeyHolder::new(chain.clone(), None))
            .unwrap();
        assert!(costs.knows(64) && costs.is_sound());
        for level in 0..=9 {
            let seconds = costs.seconds(Operation::Rotate, &chain, Level(level));
            assert!(seconds > 0.0 && seconds != model.seconds(Operation::Rotate, &chain, Level(level)));
        }
        let other = Chain::nominal(128, 5, 40).unwrap();
        let rotation = |costs: &CostTable| costs.seconds(Operation::Rotate, &other, Level(3));
        assert_eq!(rotation(&costs), rotation(&model));
    }

    #[test]
    fn a_second_special_prime_makes_key_switches_cheaper() {
        let one = Chain::nominal(16384, 8, 40).unwrap();
        let two = one.clone().with_special_primes(&[one.special_prime(); 2]).unwrap();
        // 8 data primes: 90 polynomials in 8 digits, 60 in 4.
        assert_eq!([&one, &two].map(|chain| chain.key_switch_transforms(Level(7))), [90, 60]);
        let costs = CostTable::default();
        let [slow, fast] = [&one, &two].map(|chain| costs.seconds(Operation::Relinearize, chain, Level(7)));
        assert!((slow / fast - 1.5).abs() < 1e-12);
    }

    #[test]
    fn levels_between_lie_between() {
        let double = |level: usize| 2.0 * level as f64;
        assert_eq!(interpolate(&[(1, 10.0), (5, 30.0)], 2, double), 15.0);
        assert_eq!(interpolate(&[(1, 10.0), (5, 30.0)], 10, double), 60.0);
        assert_eq!(interpolate(&[], 3, double), 6.0);
    }
}
