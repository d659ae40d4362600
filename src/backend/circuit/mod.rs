//! Encrypted programs at canonical scales.

mod encodings;
mod plain;
mod products;
mod rotations;
mod sums;
mod weighted;

use std::{borrow::Cow, cmp::Ordering, sync::Arc};

use encodings::Encodings;

pub(super) use encodings::check_values;
pub use plain::TargetScale;
pub(crate) use sums::doublings;

use super::{Bound, Chain, Evaluate, Meter, Operation, Slots};
use crate::{CircuitError, Level, Result};

/// An evaluator that keeps every value at the canonical scale of its level, so that programs never handle scales.
///
/// Operands at different levels are brought to the lower one. Operations that cannot be computed (without levels,
/// without a rotation key, with a factor of zeros) return an error before the backend is called. Every operation is
/// counted and timed in [`Circuit::meter`]. Where the inputs have a declared [`Bound`], every result has one too, and the
/// first that its level may have no room for is an error (`OutOfRange`), of any operation below.
///
/// ```
/// use seal_nn::{Level, backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder, Decrypt, Encrypt, Evaluate}};
/// let chain = Chain::nominal(16, 2, 40)?;
/// let client = ClearKeyHolder::new(chain.clone(), None);
/// let server = Circuit::new(ClearEvaluator::new(chain, None));
/// let x = server.backend().receive(&client.encrypt(&[1.0, 2.0, 3.0], Level(2))?)?;
/// let y = server.multiply(&x, &x)?;
/// assert_eq!(server.level(&y), Level(1));
/// assert_eq!(client.decrypt(&y)?.open_as_key_owner()[..3], [1.0, 4.0, 9.0]);
/// # Ok::<(), seal_nn::Error>(())
/// ```
pub struct Circuit<E: Evaluate> {
    backend: E,
    meter: Meter,
    encodings: Encodings<E::Plaintext>,
}

/// Scales that agree up to this relative error are the same number computed in another order.
const SCALE_TOLERANCE: f64 = 1.0 / (1u64 << 45) as f64;

fn same_scale(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() <= SCALE_TOLERANCE
}

impl<E: Evaluate> Circuit<E> {
    /// A circuit on a backend, which may be shared with others by a reference or an [`Arc`].
    ///
    /// ```
    /// use std::sync::Arc;
    /// use seal_nn::{Level, Rotation, backend::{Chain, Circuit, PlanEvaluator}};
    /// let plan = Arc::new(PlanEvaluator::new(Chain::nominal(8192, 3, 40)?));
    /// let (first, second) = (Circuit::new(plan.clone()), Circuit::new(plan.clone()));
    /// let x = first.rotate(&plan.input(Level(3)), Rotation(1))?;
    /// second.rotate(&x, Rotation(2))?;
    /// assert_eq!(plan.rotations(), [Rotation(1), Rotation(2)]); // what both need
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    pub fn new(backend: E) -> Self {
        Circuit { backend, meter: Meter::default(), encodings: Encodings::new() }
    }

    /// The backend.
    pub fn backend(&self) -> &E {
        &self.backend
    }

    /// Counts and times of all operations.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Levels and scales.
    pub fn chain(&self) -> &Chain {
        self.backend.chain()
    }

    /// Removes the cached encodings of vectors, which are kept for each level and scale, for programs whose scales do
    /// not recur.
    pub fn forget_encodings(&self) {
        self.encodings.clear();
    }

    /// The number of cached encodings, for whoever has to bound their memory.
    pub fn encodings(&self) -> usize {
        self.encodings.len()
    }

    /// The number of slots.
    pub fn slots(&self) -> usize {
        self.chain().slots()
    }

    /// The level of a value.
    pub fn level(&self, x: &E::Ciphertext) -> Level {
        self.backend.level(x)
    }

    /// `x + y`. Consumes no level; operands are brought to the lower one.
    ///
    /// # Errors
    /// `ScaleMismatch` if one of them has a declared factor that the other does not have.
    pub fn add(&self, x: &E::Ciphertext, y: &E::Ciphertext) -> Result<E::Ciphertext> {
        let mut sum = x.clone();
        self.add_inplace(&mut sum, y)?;
        Ok(sum)
    }

    /// `x += y`, see [`Circuit::add`].
    pub fn add_inplace(&self, x: &mut E::Ciphertext, y: &E::Ciphertext) -> Result<()> {
        self.meet_inplace("addition", x, y, |x, y| self.backend.add_inplace(x, y))
    }

    /// `x - y`, see [`Circuit::add`].
    pub fn sub(&self, x: &E::Ciphertext, y: &E::Ciphertext) -> Result<E::Ciphertext> {
        let mut difference = x.clone();
        self.sub_inplace(&mut difference, y)?;
        Ok(difference)
    }

    /// `x -= y`, see [`Circuit::add`].
    pub fn sub_inplace(&self, x: &mut E::Ciphertext, y: &E::Ciphertext) -> Result<()> {
        self.meet_inplace("subtraction", x, y, |x, y| self.backend.sub_inplace(x, y))
    }

    /// `-x`.
    pub fn negate(&self, x: &E::Ciphertext) -> Result<E::Ciphertext> {
        self.own("negation", x)?;
        let mut negative = x.clone();
        self.backend.negate_inplace(&mut negative)?;
        self.bounded("negation", negative, self.bound(x))
    }

    /// `x += values`, encoded at the level and scale of `x`.
    ///
    /// # Errors
    /// `NotFinite`, `TooManyValues`, or an error of the backend for values that are too large.
    pub fn add_plain_inplace(&self, x: &mut E::Ciphertext, values: &Slots) -> Result<()> {
        self.own("addition of a plaintext", x)?;
        let bound = self.bound(x).map(|bound| bound + Bound::of(values, self.slots()));
        let plain = self.encode(values, self.level(x), self.backend.scale(x))?;
        self.measure(Operation::AddPlain, self.level(x), || self.backend.add_plain_inplace(x, &plain))?;
        self.set_bound("addition of a plaintext", x, bound)
    }

    /// `x + constant` in every slot. Consumes no level and needs no key.
    ///
    /// ```
    /// use seal_nn::prelude::*;
    /// let chain = Chain::nominal(16, 1, 40)?;
    /// let client = ClearKeyHolder::new(chain.clone(), None);
    /// let server = Circuit::new(ClearEvaluator::new(chain, None));
    /// let x = server.backend().receive(&client.encrypt(&[1.0, 2.0], Level(1))?)?;
    /// assert_eq!(client.decrypt(&server.add_constant(&x, 0.5)?)?.open_as_key_owner()[..3], [1.5, 2.5, 0.5]);
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFinite`, or an error of the backend for a constant that is too large.
    pub fn add_constant(&self, x: &E::Ciphertext, constant: f64) -> Result<E::Ciphertext> {
        let mut sum = x.clone();
        self.add_plain_inplace(&mut sum, &Slots::Constant(constant))?;
        Ok(sum)
    }

    /// `x` at a lower level and at the canonical scale of that level, by a product with 1 at the appropriate scale.
    /// Free if `x` is already there.
    ///
    /// # Errors
    /// `NoLevelLeft` if `x` is below `level`.
    pub fn drop_to(&self, x: &E::Ciphertext, level: Level) -> Result<E::Ciphertext> {
        self.meet(x, level).map(Cow::into_owned)
    }

    /// Divides `x` by `factor` by declaring its scale to be larger by that factor: no operation, no noise. It needs
    /// `log2(factor)` bits of headroom. The result can be added to values brought to its scale by
    /// [`TargetScale::Like`].
    ///
    /// # Errors
    /// An error of the backend if the scale exceeds the modulus of the level.
    pub fn divide_by_relabelling(&self, mut x: E::Ciphertext, factor: f64) -> Result<E::Ciphertext> {
        let scale = self.backend.scale(&x) * factor;
        let bound = self.bound(&x).map(|bound| bound * (1.0 / factor));
        self.backend.set_scale(&mut x, scale)?;
        self.bounded("division by a factor of the scale", x, bound)
    }

    /// The bound of a value: declared, or worked out from those of the values it was computed from. `None` if one of them
    /// has none, and on backends that do not carry bounds, such as [`SealEvaluator`](super::SealEvaluator).
    pub fn bound(&self, x: &E::Ciphertext) -> Option<Bound> {
        self.backend.bound(x)
    }

    /// Declares a bound on the slots of an input, or a narrower one of a result where a program knows more than its
    /// operations do. A value that has a bound keeps what is narrower.
    ///
    /// ```
    /// use seal_nn::{CircuitError, prelude::*};
    /// let chain = Chain::nominal(16, 1, 40)?;
    /// let x = ClearKeyHolder::new(chain.clone(), None).encrypt(&[1.0, 2.0], Level(1))?;
    /// let server = Circuit::new(ClearEvaluator::new(chain, None));
    /// let declared = server.declare_bound("x", x.clone(), Bound::max_abs(2.0))?;
    /// assert_eq!(server.bound(&server.square(&declared)?).map(|bound| bound.largest()), Some(4.0));
    /// let refused = server.declare_bound("x", x, Bound::max_abs(1.5)).unwrap_err();
    /// assert!(matches!(refused, Error::Circuit(CircuitError::BeyondBound { actual: 2.0, .. })));
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// `OutOfBounds` for a bound that is negative or not finite; `OutOfRange` if the level has no room for it;
    /// `BeyondBound` if the backend sees that the slots exceed it.
    pub fn declare_bound(&self, what: &str, x: E::Ciphertext, bound: Bound) -> Result<E::Ciphertext> {
        self.own("declaration of a bound", &x)?;
        bound.check_valid()?;
        self.backend.check_bound(what, &x, &bound)?;
        let narrowed = self.bound(&x).map_or(bound, |known| known.and(bound));
        self.bounded(what, x, Some(narrowed))
    }

    /// States that the mean absolute slot of `x` stays below `mean_abs`, for programs whose client checks that after every
    /// decryption. A plan returns an error if such values do not fit; nothing follows from it for other values, unlike from a
    /// [declared bound](Circuit::declare_bound).
    ///
    /// # Errors
    /// `OutOfRange`, in a plan.
    pub fn expect_mean(&self, what: &str, x: &E::Ciphertext, mean_abs: f64) -> Result<()> {
        self.backend.expect_mean(what, x, mean_abs)
    }

    /// Attaches the bound of a result, after checking that its level has room for it.
    fn set_bound(&self, op: &str, x: &mut E::Ciphertext, bound: Option<Bound>) -> Result<()> {
        if let Some(bound) = bound {
            self.chain().check_mean(op, self.level(x), self.backend.scale(x), bound.mean(self.slots()))?;
        }
        self.backend.set_bound(x, bound);
        Ok(())
    }

    fn bounded(&self, op: &str, mut x: E::Ciphertext, bound: Option<Bound>) -> Result<E::Ciphertext> {
        self.set_bound(op, &mut x, bound)?;
        Ok(x)
    }

    /// Refuses a value of another chain, as far as it shows.
    fn own(&self, op: &'static str, x: &E::Ciphertext) -> Result<()> {
        let (actual, top) = (self.level(x), self.chain().top());
        match actual <= top {
            true => Ok(()),
            false => Err(CircuitError::ForeignValue { op, expected: top, actual }.into()),
        }
    }

    fn measure<T>(&self, operation: Operation, level: Level, work: impl FnOnce() -> T) -> T {
        self.meter.measure(operation, level, 1, work)
    }

    fn mismatch<T>(&self, op: &'static str, expected: f64, actual: f64) -> Result<T> {
        Err(CircuitError::ScaleMismatch { op, expected, actual }.into())
    }

    /// Removes primes down to `level`; the scale does not change.
    fn drop_primes<'x>(&self, op: &'static str, x: &'x E::Ciphertext, level: Level) -> Result<Cow<'x, E::Ciphertext>> {
        self.own(op, x)?;
        let actual = self.level(x);
        match actual.cmp(&level) {
            Ordering::Less => Err(CircuitError::NoLevelLeft { op, needed: level, actual }.into()),
            Ordering::Equal => Ok(Cow::Borrowed(x)),
            Ordering::Greater => {
                self.measure(Operation::DropLevel, level, || self.backend.drop_to(x, level)).map(Cow::Owned)
            }
        }
    }

    /// The canonical value of `x` at `level`.
    fn meet<'x>(&self, x: &'x E::Ciphertext, level: Level) -> Result<Cow<'x, E::Ciphertext>> {
        if self.level(x) == level {
            return Ok(Cow::Borrowed(x));
        }
        self.plain_sum("level drop", &[(x, &Slots::Constant(1.0))], TargetScale::At(level)).map(Cow::Owned)
    }

    fn meet_inplace(
        &self,
        op: &'static str,
        x: &mut E::Ciphertext,
        y: &E::Ciphertext,
        combine: impl FnOnce(&mut E::Ciphertext, &E::Ciphertext) -> Result<()>,
    ) -> Result<()> {
        self.own(op, x)?;
        self.own(op, y)?;
        let level = self.level(x).min(self.level(y));
        if self.level(x) > level {
            *x = self.drop_to(x, level)?;
        }
        let y = self.meet(y, level)?;
        let (expected, actual) = (self.backend.scale(x), self.backend.scale(&y));
        // Exactly equal: every result is given the scale of its target, not a product with other rounding.
        if expected != actual {
            return self.mismatch(op, expected, actual);
        }
        let bound = self.bound(x).zip(self.bound(&y)).map(|(x, y)| x + y);
        self.measure(Operation::Add, level, || combine(x, &y))?;
        self.set_bound(op, x, bound)
    }

    /// Sets the scale of a result to exactly the required value.
    fn settle(&self, op: &'static str, x: &mut E::Ciphertext, target: f64) -> Result<()> {
        let actual = self.backend.scale(x);
        if !same_scale(actual, target) {
            return self.mismatch(op, target, actual);
        }
        self.backend.set_scale(x, target)
    }

    fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<Arc<E::Plaintext>> {
        let at = self.backend.encoding_level(level);
        self.encodings.get(values, at, scale, || {
            check_values(values.as_slice(), self.slots())?;
            self.measure(Operation::Encode, level, || self.backend.encode(values, at, scale))
        })
    }
}
