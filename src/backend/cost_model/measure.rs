//! Measuring every operation on a backend.

use std::hint::black_box;

use cpu_time::ProcessTime;

use super::{CostModel, Point, Refresh};
use crate::{
    Level, Result, Rotation,
    backend::{Circuit, Evaluate, KeyHolder, Operation, Slots, TargetScale},
};

/// Rotations that a measurement needs keys for.
const ROTATIONS: [Rotation; 2] = [Rotation(1), Rotation(2)];
/// Weighted sums that are computed together.
const SUMS: usize = 16;
/// Of so many passes the median counts.
const PASSES: usize = 5;

impl CostModel {
    /// The rotations for which [`CostModel::measure`] needs keys.
    pub fn rotations() -> &'static [Rotation] {
        &ROTATIONS
    }

    /// Measures every operation at the top, in the middle and near the bottom of the chain of a circuit, in processor time of
    /// all threads, which other programs hardly change. Earlier measurements for the same ring are replaced.
    ///
    /// # Errors
    /// What circuit and key holder refuse; [`CostModel::rotations`] need keys, and the chain three levels.
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
                let (x, encryption) = timed(|| c.backend().receive(&holder.encrypt(&values, level)?))?;
                let lowest = c.drop_to(&x, Level(0))?;
                let (_, decryption) = timed(|| holder.decrypt(&lowest))?;
                let refresh = encryption + decryption;
                let each = every_operation(c, &x, values.into())?;
                // The first pass warms up.
                if pass > 0 {
                    refreshes.push(refresh);
                    passes.push(each);
                }
            }
            self.refreshes.push(Refresh { poly_modulus_degree: degree, level: level.0, seconds: median(refreshes) });
            for (place, operation) in OPERATIONS.into_iter().enumerate() {
                let seconds = median(passes.iter().map(|pass| pass[place]).collect());
                self.points.push(Point { operation, poly_modulus_degree: degree, level: level.0, seconds });
            }
        }
        Ok(())
    }
}

const OPERATIONS: [Operation; 9] = [
    Operation::Rotate,
    Operation::RotateHoisted,
    Operation::MultiplyCiphertexts,
    Operation::Relinearize,
    Operation::MultiplyPlain,
    Operation::Rescale,
    Operation::MultiplyConstant,
    Operation::Add,
    Operation::AddPlain,
];

/// Seconds of every operation at the level of `x`.
fn every_operation<E: Evaluate>(c: &Circuit<E>, x: &E::Ciphertext, values: Slots) -> Result<[f64; OPERATIONS.len()]> {
    let level = c.level(x);
    let below = || TargetScale::At(Level(level.0.saturating_sub(1)));
    // The time of a single product is the additional time of a sum with one more product.
    let product = seconds_more(&|count| c.product_sum(&vec![(x, x); count]).map(drop))?;
    let plain_product = seconds_more(&|count| c.plain_product_sum(&vec![(x, &values); count], below()).map(drop))?;
    let weighted = |count: usize| {
        let weights = [0.5; SUMS];
        c.weighted_sums(&vec![(x, &weights[..]); count], Level(level.0.saturating_sub(1))).map(drop)
    };
    let constant_product = seconds_more(&weighted)? / SUMS as f64;
    let (_, rotation) = timed(|| c.rotate(x, ROTATIONS[0]))?;
    let (_, hoisted) = timed(|| c.rotate_many(x, &ROTATIONS))?;
    // With a rescale, and the product itself.
    let (_, relinearization) = timed(|| c.multiply(x, x))?;
    let (_, rescale) = timed(|| c.multiply_plain(x, &values, below()))?;
    let (mut sum, addition) = timed(|| c.add(x, x))?;
    // The first time it is encoded.
    c.add_plain_inplace(&mut sum, &values)?;
    let (_, plain_addition) = timed(|| c.add_plain_inplace(&mut sum, &values))?;
    c.meter().take();
    Ok([
        rotation,
        hoisted / ROTATIONS.len() as f64,
        product,
        (relinearization - product).max(0.0),
        plain_product,
        (rescale - plain_product).max(0.0),
        constant_product,
        addition,
        plain_addition,
    ])
}

/// By how much longer nine take than one, for each more.
fn seconds_more(work: &dyn Fn(usize) -> Result<()>) -> Result<f64> {
    let time = |count| timed(|| work(count)).map(|(_, seconds)| seconds);
    Ok(((time(9)? - time(1)?) / 8.0).max(0.0))
}

/// The result of some work, and the seconds of the processor that it took.
pub(super) fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let started = ProcessTime::now();
    let done = black_box(work()?);
    Ok((done, started.elapsed().as_secs_f64()))
}

pub(super) fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Chain, ClearEvaluator, ClearKeyHolder};

    #[test]
    fn what_was_measured_replaces_the_model() {
        let chain = Chain::nominal(64, 5, 40).unwrap();
        let mut costs = CostModel::default();
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
        let rotation = |costs: &CostModel| costs.seconds(Operation::Rotate, &other, Level(3));
        assert_eq!(rotation(&costs), rotation(&model));
    }
}
