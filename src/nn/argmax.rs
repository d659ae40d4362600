//! The largest of packed logits, as a one-hot vector.

pub use super::comparison::Comparison;

use super::PolynomialProgram;
use crate::{
    CircuitError, Level, Result, Rotation, SetupError,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    packing::{Index, MatrixLayout, SlotAxis},
    program::{Refresh, refreshes_of, with_levels},
};

/// `y_i = prod_(j != i) step(x_i - x_j)`: 1 for the class whose logit is the largest, 0 for the others, for every
/// sample of one ciphertext at once.
///
/// It decides where the largest logit is ahead of the next by the [`Comparison`]'s gap times the promised range; closer
/// ones share the decision (two equal ones get 1/2 each), which the client sees. With an error `e` of the comparison a
/// result is off by at most `(K - 1) e`.
///
/// # Shapes
/// Logits are a matrix `samples x classes`, divided by the promised spread, so that no two differ by more than 1; they
/// need not be centred. The slots are three axes: samples innermost, the class `i` of period `K'` (K rounded up to a
/// power of two), and outermost `r`, on which everything repeats at first. At `r` class `i` meets class `i + r`, so all
/// comparisons are one. `samples K'^2` slots are needed. The result lies where the logits lay.
///
/// # Levels, products and keys
/// One level for the differences (`K' - 1` rotations), three levels and five products for each polynomial of the
/// comparison, `log2 K'` of each, with as many rotations, for the product over `r`.
pub struct Argmax {
    classes: usize,
    comparison: Vec<PolynomialProgram>,
    /// Rotations by `r` and what they are multiplied by.
    differences: Vec<(Rotation, Slots)>,
    /// 1 where a class meets itself or none, -1 where there is no class.
    decided: Slots,
    /// Rotations of the product over `r`.
    doublings: Vec<Rotation>,
    logits: MatrixLayout,
}

impl Argmax {
    /// The program for so many samples and classes in ciphertexts of `slots` slots.
    ///
    /// # Errors
    /// `BadSetting` for fewer than two classes or no sample; `TooManyValues` when the slots do not hold all
    /// comparisons.
    pub fn new(comparison: &Comparison, classes: usize, samples: usize, slots: usize) -> Result<Argmax> {
        for (setting, actual, least, expected) in
            [("the number of classes", classes, 2, "at least 2"), ("the number of samples", samples, 1, "at least 1")]
        {
            if actual < least {
                return Err(SetupError::BadSetting { setting, actual: actual.to_string(), expected }.into());
            }
        }
        let sizes = samples.checked_next_power_of_two().zip(classes.checked_next_power_of_two());
        let needed = sizes.and_then(|(b, k)| k.checked_mul(k)?.checked_mul(b)).unwrap_or(usize::MAX);
        let (Some((stride, period)), true) = (sizes, needed <= slots && slots.is_power_of_two()) else {
            return Err(CircuitError::TooManyValues { expected: slots, actual: needed }.into());
        };
        let samples_axis = SlotAxis::new(stride, 1);
        let class = SlotAxis::new(slots / stride, stride);
        let logits = MatrixLayout::new(
            slots,
            Index::new(samples).along(samples_axis),
            Index::new(classes).along(class).modulo(period),
        );
        // The two that meet in a slot.
        let pair = |slot: usize| (slot / stride % period, slot / stride / period % period);
        let mask = |keep: &dyn Fn(usize, usize) -> f64| -> Slots {
            (0..slots).map(|slot| keep(pair(slot).0, pair(slot).1)).collect::<Vec<_>>().into()
        };
        let meet = |i: usize, r: usize| r > 0 && i < classes && (i + r) % period < classes;
        let of_step = |r: usize| {
            let weight = |i, at| match meet(i, at) {
                true if r == 0 => 1.0,
                true if r == at => -1.0,
                _ => 0.0,
            };
            (Rotation((r * stride) as i32), mask(&weight))
        };
        let decided = |i: usize, r: usize| match meet(i, r) {
            true => 0.0,
            false if i < classes => 1.0,
            false => -1.0,
        };
        Ok(Argmax {
            classes,
            comparison: comparison.polynomials().iter().map(PolynomialProgram::new).collect(),
            differences: (0..period).map(of_step).collect(),
            decided: mask(&decided),
            doublings: (0..period.ilog2()).map(|bit| Rotation(((stride * period) << bit) as i32)).collect(),
            logits,
        })
    }

    /// Where logits and result lie.
    pub fn layout(&self) -> &MatrixLayout {
        &self.logits
    }

    /// K.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The levels of each step, between which the client may refresh.
    pub fn steps(&self) -> Vec<usize> {
        let polynomials = self.comparison.iter().map(PolynomialProgram::levels);
        [1].into_iter().chain(polynomials).chain(self.doublings.iter().map(|_| 1)).collect()
    }

    /// All levels.
    pub fn levels(&self) -> usize {
        self.steps().iter().sum()
    }

    /// The plan: how many refreshes [`one_hot`](Argmax::one_hot) asks for. `None` when a refresh gives too few levels.
    pub fn refreshes(&self, entry: usize, refreshed: usize) -> Option<usize> {
        refreshes_of(&self.steps(), entry, refreshed, 0)
    }

    /// The one-hot vectors. Where a step needs more levels than are left, `refresh` asks the client, who decrypts and
    /// encrypts again; without that, refuse in it.
    ///
    /// # Errors
    /// `NoLevelLeft` when a refresh does not give a step its levels; what `refresh` refuses; rotations need their keys.
    pub fn one_hot<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        logits: &E::Ciphertext,
        refresh: &mut dyn Refresh<E>,
    ) -> Result<E::Ciphertext> {
        let op = "a step of the argmax";
        let x = with_levels(c, op, logits.clone(), 1, refresh)?;
        let terms: Vec<_> = self.differences.iter().map(|(step, weights)| (*step, weights)).collect();
        let below = Level(c.level(&x).0.saturating_sub(1));
        let mut y = c.linear_transform(&x, &terms, TargetScale::At(below))?;
        c.add_plain_inplace(&mut y, &self.decided)?;
        for polynomial in &self.comparison {
            y = with_levels(c, op, y, polynomial.levels(), refresh)?;
            y = polynomial.apply(c, &y)?;
        }
        for step in &self.doublings {
            y = with_levels(c, op, y, 1, refresh)?;
            y = c.multiply(&y, &c.rotate(&y, *step)?)?;
        }
        Ok(y)
    }

    /// What the client reads out of a decrypted result: for each sample the class, or `None` where no class is ahead of
    /// the others by the gap (its result is below 3/4).
    ///
    /// # Errors
    /// As [`MatrixLayout::unpack`].
    pub fn decisions(&self, decrypted: Vec<f64>) -> Result<Vec<Option<usize>>> {
        let one_hot = self.logits.unpack(&[decrypted])?;
        Ok(one_hot.rows().into_iter().map(|row| row.iter().position(|&y| y > 0.75)).collect())
    }
}
