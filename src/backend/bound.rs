//! Declared bounds on the slots of values.

use std::{
    iter::Sum,
    ops::{Add, Mul},
};

use super::Slots;
use crate::{Argument, CircuitError, Result, Rotation};

/// A bound on the slots of a value that somebody declared: on the largest `|slot|`, and on the sum of all.
///
/// A value whose mean `|slot|` times its scale reaches its modulus may wrap around, and its decryption does not show it
/// (docs/ckks.md, "Range of values"). Only a bound from before the computation tells. Once the inputs of a circuit have
/// one, each operation works out that of its result (sums add bounds, products multiply them, plaintexts count with their
/// values), and the circuit refuses the first result that its level may have no room for. On a
/// [`PlanEvaluator`](super::PlanEvaluator) this happens before there is a key. A
/// [`ClearEvaluator`](super::ClearEvaluator) also compares declared bounds with real values. A value computed from one
/// without a bound has none, and nothing is promised for it.
///
/// ```
/// use seal_nn::{CircuitError, Error, Level, backend::{Bound, Chain, Circuit, PlanEvaluator}};
/// // A first modulus of 50 bits has room for a mean |slot| of 2^(50 - 2 - 40) = 256 at a scale of 40 bits.
/// let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(8192, 1, 40)?));
/// let x = plan.declare_bound("x", plan.backend().input(Level(0)), Bound::max_abs(1.0))?;
/// assert_eq!(plan.bound(&plan.sum_slots(&x, 256)?).unwrap().largest(), 256.0);
/// let refused = plan.sum_slots(&x, 1024).unwrap_err();
/// assert!(matches!(refused, Error::Circuit(CircuitError::OutOfRange { .. })), "{refused}");
/// // One level higher there is room.
/// let x = plan.declare_bound("x", plan.backend().input(Level(1)), Bound::max_abs(1.0))?;
/// plan.sum_slots(&x, 1024)?;
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    largest: f64,
    /// Infinite where only the largest is known.
    sum: f64,
}

/// Real values may exceed their bound by this fraction, for roundings: a value has to be twice as large as a bound in the
/// room to wrap around.
const TOLERANCE: f64 = 1.0 / 1024.0;

impl Bound {
    /// No `|slot|` is larger than this. It must be finite and not negative, which is checked when it is declared.
    pub fn max_abs(largest: f64) -> Bound {
        Bound { largest, sum: f64::INFINITY }
    }

    /// The same bound for a value of which only so many slots are not zero. The mean over all slots, and with it the room
    /// that the value takes, is smaller by their share.
    ///
    /// ```
    /// use seal_nn::backend::Bound;
    /// assert_eq!(Bound::max_abs(4.0).mean(1024), 4.0);
    /// assert_eq!(Bound::max_abs(4.0).with_live_slots(256).mean(1024), 1.0);
    /// ```
    pub fn with_live_slots(self, count: usize) -> Bound {
        Bound { sum: self.sum.min(self.largest * count as f64), ..self }
    }

    /// The bound of clear values.
    pub(crate) fn of(values: &Slots, slots: usize) -> Bound {
        let sum = match values {
            Slots::Constant(value) => value.abs() * slots as f64,
            Slots::Vector(values) => values.iter().map(|v| v.abs()).sum(),
        };
        Bound { largest: values.max_abs(), sum }
    }

    /// The largest possible `|slot|`.
    pub fn largest(&self) -> f64 {
        self.largest.min(self.sum)
    }

    /// The largest possible mean `|slot|` over so many slots.
    pub fn mean(&self, slots: usize) -> f64 {
        self.largest.min(self.sum / slots as f64)
    }

    /// What both bounds say.
    pub(crate) fn and(self, other: Bound) -> Bound {
        Bound { largest: self.largest.min(other.largest), sum: self.sum.min(other.sum) }
    }

    /// `x += rotate(x, step)` for one step after the other. If no slot enters a sum twice, a sum is at most that of all
    /// slots.
    pub(crate) fn with_rotations(self, rotations: &[Rotation], slots: usize) -> Bound {
        let copies = 2f64.powi(rotations.len() as i32);
        let largest = self.largest * copies;
        let largest = if distinct_sums(rotations, slots) { largest.min(self.sum) } else { largest };
        Bound { largest, sum: self.sum * copies }
    }

    /// `sum_i rotate(p_i x_i, giant_i)`, slot by slot: masks that complement each other do not add up.
    pub(crate) fn weighted<'a>(terms: impl IntoIterator<Item = (Bound, Rotation, &'a Slots)>, slots: usize) -> Bound {
        let (mut sums, mut everywhere, mut sum) = (vec![0.0; slots], 0.0, 0.0);
        for (bound, giant, values) in terms {
            match values {
                Slots::Constant(value) => everywhere += bound.largest * value.abs(),
                Slots::Vector(values) => {
                    let right = i64::from(giant.0).rem_euclid(slots.max(1) as i64) as usize;
                    for (s, value) in values.iter().enumerate().take(slots) {
                        sums[(s + slots - right) % slots] += bound.largest * value.abs();
                    }
                }
            }
            sum += (bound * Bound::of(values, slots)).sum;
        }
        let largest = everywhere + sums.iter().fold(0.0, |m: f64, &v| m.max(v));
        Bound { largest, sum: sum.min(everywhere * slots as f64 + sums.iter().sum::<f64>()) }
    }

    /// Refuses a bound that is negative or not finite.
    pub(crate) fn check_valid(&self) -> Result<()> {
        Ok(Argument::SlotBound.check(self.largest, 0.0..)?)
    }

    /// Compares real values with the bound. Each may carry noise of up to `noise`.
    ///
    /// # Errors
    /// `BeyondBound` if they exceed it. NaN is left to the encoder.
    pub(crate) fn check(&self, what: &str, values: &[f64], noise: f64) -> Result<()> {
        let largest = values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let sum: f64 = values.iter().map(|v| v.abs()).sum();
        let checks = [
            ("the largest |slot|", largest, self.largest, noise),
            ("the sum of all |slot|", sum, self.sum, noise * values.len() as f64),
        ];
        match checks.into_iter().find(|&(_, actual, bound, noise)| actual > bound * (1.0 + TOLERANCE) + noise) {
            Some((quantity, actual, bound, _)) => {
                Err(CircuitError::BeyondBound { what: what.into(), quantity, actual, bound }.into())
            }
            None => Ok(()),
        }
    }
}

/// Whether the sums of different sets of rotations differ modulo the number of slots: where each is larger than all
/// smaller ones together, as in a sum by doubling.
fn distinct_sums(rotations: &[Rotation], slots: usize) -> bool {
    let mut sizes: Vec<u64> = rotations.iter().map(|step| u64::from(step.0.unsigned_abs())).collect();
    sizes.sort_unstable();
    let reached = sizes.into_iter().try_fold(0, |sum, size| (size > sum).then_some(sum + size));
    reached.is_some_and(|sum| sum < slots as u64)
}

/// The bound of a sum, or of a difference.
impl Add for Bound {
    type Output = Bound;

    fn add(self, other: Bound) -> Bound {
        Bound { largest: self.largest + other.largest, sum: self.sum + other.sum }
    }
}

/// The bound of a product, slot by slot.
impl Mul for Bound {
    type Output = Bound;

    fn mul(self, other: Bound) -> Bound {
        // 0 times infinity would be NaN: zeros stay zeros, whatever is not known of the others.
        let times = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        let sum = times(self.largest, other.sum).min(times(self.sum, other.largest));
        Bound { largest: self.largest * other.largest, sum }
    }
}

/// The bound of a multiple.
impl Mul<f64> for Bound {
    type Output = Bound;

    fn mul(self, factor: f64) -> Bound {
        Bound { largest: self.largest * factor.abs(), sum: self.sum * factor.abs() }
    }
}

impl Sum for Bound {
    fn sum<I: Iterator<Item = Bound>>(bounds: I) -> Bound {
        bounds.fold(Bound { largest: 0.0, sum: 0.0 }, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(largest: f64, sum: f64) -> Bound {
        Bound { largest, sum }
    }

    #[test]
    fn sums_by_doubling_reach_each_slot_once() {
        let doublings = [Rotation(1), Rotation(2), Rotation(4)];
        assert_eq!(bound(3.0, 6.0).with_rotations(&doublings, 8), bound(6.0, 48.0));
        assert_eq!(bound(3.0, 6.0).with_rotations(&doublings, 4).largest, 24.0, "round the ring");
        for again in [[Rotation(1), Rotation(1), Rotation(2)], [Rotation(1), Rotation(2), Rotation(-3)]] {
            assert_eq!(bound(3.0, 6.0).with_rotations(&again, 64).largest, 24.0);
        }
        let strided = [Rotation(-8), Rotation(4), Rotation(-16)];
        assert_eq!(bound(3.0, 6.0).with_rotations(&strided, 32).largest, 6.0);
    }

    #[test]
    fn masks_that_complement_each_other_do_not_add_up() {
        let (left, right): (Slots, Slots) = (vec![1.0, 0.0, 0.0, 0.0].into(), vec![0.0, -1.0, 0.0, 0.0].into());
        let x = Bound::max_abs(3.0);
        let terms = [(x, Rotation(0), &left), (x, Rotation(0), &right)];
        assert_eq!(Bound::weighted(terms, 4), bound(3.0, 6.0));
        // Rotated by one to the left, the second lands on the first.
        let terms = [(x, Rotation(0), &left), (x, Rotation(1), &right)];
        assert_eq!(Bound::weighted(terms, 4), bound(6.0, 6.0));
        let half = Slots::Constant(0.5);
        assert_eq!(Bound::weighted([(x, Rotation(0), &left), (x, Rotation(0), &half)], 4), bound(4.5, 9.0));
        assert_eq!(Bound::weighted([(x.with_live_slots(1), Rotation(0), &half)], 4), bound(1.5, 1.5));
    }

    #[test]
    fn zeros_stay_zeros() {
        let zero = Bound::max_abs(0.0) * Bound::max_abs(5.0);
        assert_eq!((zero.largest(), zero.mean(8)), (0.0, 0.0));
        assert_eq!(Bound::weighted([(Bound::max_abs(0.0), Rotation(0), &1.0.into())], 8).mean(8), 0.0);
    }

    #[test]
    fn real_values_are_compared() {
        let declared = Bound::max_abs(1.0).with_live_slots(2);
        assert!(declared.check("x", &[1.0, -1.0, 0.0], 0.0).is_ok());
        assert!(declared.check("x", &[1.0, -1.0, 1e-9], 1e-6).is_ok());
        let refused = |values: &[f64]| match declared.check("x", values, 0.0) {
            Err(crate::Error::Circuit(CircuitError::BeyondBound { quantity, actual, bound, .. })) => {
                (quantity, actual, bound)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(&[0.0, -1.5]), ("the largest |slot|", 1.5, 1.0));
        assert_eq!(refused(&[1.0, 1.0, 1.0]), ("the sum of all |slot|", 3.0, 2.0));
    }
}
