//! The index of the largest of packed logits, as a one-hot vector.

pub use super::comparison::Comparison;

use super::PolynomialProgram;
use crate::{
    Argument, CircuitError, Level, Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    packing::{Index, MatrixLayout, SlotAxis},
    program::{One, Refresh, refreshes_of, with_levels},
};

/// `y_i = prod_(j != i) step(x_i - x_j)`: 1 for the class with the largest logit and 0 for the others, for every sample
/// of a ciphertext at once.
///
/// The result is correct if the largest logit leads the next one by the gap of the [`Comparison`] times the promised
/// range. Closer logits share the decision (two equal ones get 1/2 each), which the client can detect. If the
/// comparison has an error `e`, a result is off by at most `(K - 1) e`.
///
/// # Shapes
/// Logits are a matrix `samples x classes`, divided by the promised spread, so that no two differ by more than 1; they
/// need not be centred. The slots have three axes: samples innermost, then the class `i` with period `K'` (K rounded up
/// to a power of two), and outermost `r`, along which everything is repeated initially. At `r`, class `i` is compared
/// with class `i + r`, so all comparisons are one operation. `samples K'^2` slots are needed. The result is in the
/// places of the logits.
///
/// # Levels, products and keys
/// One level for the differences (`K' - 1` rotations), three levels and five products for each polynomial of the
/// comparison, and `log2 K'` levels, products and rotations for the product over `r`.
pub struct Argmax {
    classes: usize,
    comparison: Vec<PolynomialProgram>,
    /// Rotations by `r` and their plaintext factors.
    differences: Vec<(Rotation, Slots)>,
    /// 1 where a class is compared with itself or with no class, -1 where there is no class.
    decided: Slots,
    /// Rotations of the product over `r`.
    doublings: Vec<Rotation>,
    logits: MatrixLayout,
}

impl Argmax {
    /// The program for `samples` samples and `classes` classes in ciphertexts of `slots` slots.
    ///
    /// # Errors
    /// `OutOfBounds` for fewer than two classes or without samples; `TooManyValues` if there are too few slots for all
    /// comparisons.
    pub fn new(comparison: &Comparison, classes: usize, samples: usize, slots: usize) -> Result<Argmax> {
        Argument::Classes.check_count(classes, 2, None)?;
        Argument::Samples.check_count(samples, 1, None)?;
        let sizes = samples.checked_next_power_of_two().zip(classes.checked_next_power_of_two());
        let needed = sizes.and_then(|(b, k)| k.checked_mul(k)?.checked_mul(b)).unwrap_or(usize::MAX);
        let (Some((stride, period)), true) = (sizes, needed <= slots && slots.is_power_of_two()) else {
            return Err(CircuitError::TooManyValues { expected: slots, actual: needed }.into());
        };
        let samples_axis = SlotAxis::new(stride, 1)?;
        let class = SlotAxis::new(slots / stride, stride)?;
        let logits = MatrixLayout::new(
            slots,
            Index::new(samples).along(samples_axis),
            Index::new(classes).along(class).modulo(period),
        );
        // Refuses more slots than any circuit has before a mask is made of them.
        logits.entries()?;
        // The two classes that are compared in a slot.
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

    /// The layout of logits and result.
    pub fn layout(&self) -> &MatrixLayout {
        &self.logits
    }

    /// K.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The levels of each step. The client may refresh between steps.
    pub fn steps(&self) -> Vec<usize> {
        let polynomials = self.comparison.iter().map(PolynomialProgram::levels);
        [1].into_iter().chain(polynomials).chain(self.doublings.iter().map(|_| 1)).collect()
    }

    /// The total number of levels.
    pub fn levels(&self) -> usize {
        self.steps().iter().sum()
    }

    /// How many refreshes [`one_hot`](Argmax::one_hot) requests. `None` if a refresh provides too few levels.
    pub fn refreshes(&self, entry: usize, refreshed: usize) -> Option<usize> {
        refreshes_of(&self.steps(), entry, refreshed, 0)
    }

    /// The one-hot vectors. If a step needs more levels than are left, `refresh` asks the client to decrypt and encrypt
    /// again. Pass a function that returns an error if there is no client to ask.
    ///
    /// # Errors
    /// `NoLevelLeft` if a refresh does not provide the levels of a step; `MissingRotation` without the keys; any error
    /// of `refresh`.
    pub fn one_hot<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        logits: &E::Ciphertext,
        refresh: &mut dyn Refresh<E>,
    ) -> Result<E::Ciphertext> {
        let op = "a step of the argmax";
        let x = with_levels::<E, One>(c, op, logits.clone(), 1, refresh)?;
        let terms: Vec<_> = self.differences.iter().map(|(step, weights)| (*step, weights)).collect();
        let below = Level(c.level(&x).0.saturating_sub(1));
        let mut y = c.linear_transform(&x, &terms, TargetScale::At(below))?;
        c.add_plain_inplace(&mut y, &self.decided)?;
        for polynomial in &self.comparison {
            y = with_levels::<E, One>(c, op, y, polynomial.levels(), refresh)?;
            y = polynomial.apply(c, &y)?;
        }
        for step in &self.doublings {
            y = with_levels::<E, One>(c, op, y, 1, refresh)?;
            y = c.multiply(&y, &c.rotate(&y, *step)?)?;
        }
        Ok(y)
    }

    /// The class of each sample of a decrypted result, or `None` if no class leads the others by the gap (its result is
    /// below 3/4).
    ///
    /// # Errors
    /// `WrongCount` if the layout has more than one ciphertext.
    pub fn decisions(&self, decrypted: Vec<f64>) -> Result<Vec<Option<usize>>> {
        let one_hot = self.logits.unpack(&[decrypted])?;
        Ok(one_hot.rows().into_iter().map(|row| row.iter().position(|&y| y > 0.75)).collect())
    }
}
