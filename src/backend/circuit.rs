//! Encrypted programs at canonical scales.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Chain, Evaluate, Meter, Operation, Slots};
use crate::{CircuitError, Level, Result, Step};

/// Where the product of a ciphertext and a plaintext shall land. The plaintext is encoded at whatever scale leads
/// there, so that a level drop or a change of scale costs nothing beside the product.
#[derive(Debug)]
pub enum Landing<'a, C> {
    /// At a level, canonical.
    At(Level),
    /// At the level and scale of another value, to be added to it.
    Like(&'a C),
    /// At a level, and at the scale at which the product with `partner`, only dropped to that level, is canonical.
    For {
        /// The value it will be multiplied with.
        partner: &'a C,
        /// The level of that product's operands.
        at: Level,
    },
}

/// An evaluator that keeps every value at the canonical scale of its level, so that programs never see a scale.
///
/// Operands at different levels meet at the lower one. What cannot be computed (no level left, no rotation key, a
/// factor of zeros) is refused before the backend is asked. Every operation is counted and timed in [`Circuit::meter`].
///
/// ```
/// use seal_nn::{Level, backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder, Evaluate, KeyHolder}};
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
    encodings: Mutex<HashMap<EncodingKey, Arc<E::Plaintext>>>,
}

/// Vectors are the same when they are shared; the key keeps them alive, so an address is not used again.
struct EncodingKey {
    values: Arc<[f64]>,
    level: Level,
    scale: f64,
}

impl EncodingKey {
    fn parts(&self) -> (*const f64, Level, u64) {
        (self.values.as_ptr(), self.level, self.scale.to_bits())
    }
}

impl PartialEq for EncodingKey {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for EncodingKey {}

impl std::hash::Hash for EncodingKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// Scales that agree this well are the same number computed in another order.
const SCALE_TOLERANCE: f64 = 1.0 / (1u64 << 45) as f64;
/// A plaintext at a smaller scale would be off by more than 2^-21.
const LEAST_PLAIN_SCALE: f64 = (1u64 << 20) as f64;

fn same_scale(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() <= SCALE_TOLERANCE
}

impl<E: Evaluate> Circuit<E> {
    /// A circuit on a backend.
    pub fn new(backend: E) -> Self {
        Circuit { backend, meter: Meter::default(), encodings: Mutex::default() }
    }

    /// The backend below.
    pub fn backend(&self) -> &E {
        &self.backend
    }

    /// Counts and times of everything done.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Levels and scales.
    pub fn chain(&self) -> &Chain {
        self.backend.chain()
    }

    /// Real numbers in a ciphertext.
    pub fn slots(&self) -> usize {
        self.chain().slots()
    }

    /// The level of a value.
    pub fn level(&self, x: &E::Ciphertext) -> Level {
        self.backend.level(x)
    }

    /// `x + y`. Consumes no level; operands meet at the lower one.
    ///
    /// # Errors
    /// `ScaleMismatch` when one of them has a declared factor that the other lacks.
    pub fn add(&self, x: &E::Ciphertext, y: &E::Ciphertext) -> Result<E::Ciphertext> {
        let mut sum = x.clone();
        self.add_inplace(&mut sum, y)?;
        Ok(sum)
    }

    /// `x += y`, as [`Circuit::add`].
    pub fn add_inplace(&self, x: &mut E::Ciphertext, y: &E::Ciphertext) -> Result<()> {
        self.meet_inplace("addition", x, y, |x, y| self.backend.add_inplace(x, y))
    }

    /// `x - y`, as [`Circuit::add`].
    pub fn sub(&self, x: &E::Ciphertext, y: &E::Ciphertext) -> Result<E::Ciphertext> {
        let mut difference = x.clone();
        self.sub_inplace(&mut difference, y)?;
        Ok(difference)
    }

    /// `x -= y`, as [`Circuit::add`].
    pub fn sub_inplace(&self, x: &mut E::Ciphertext, y: &E::Ciphertext) -> Result<()> {
        self.meet_inplace("subtraction", x, y, |x, y| self.backend.sub_inplace(x, y))
    }

    /// `-x`.
    pub fn negate(&self, x: &E::Ciphertext) -> Result<E::Ciphertext> {
        let mut negative = x.clone();
        self.backend.negate_inplace(&mut negative)?;
        Ok(negative)
    }

    /// `x += values`, encoded at the level and scale of `x`.
    ///
    /// # Errors
    /// Values that are not finite, too many or too large.
    pub fn add_plain_inplace(&self, x: &mut E::Ciphertext, values: &Slots) -> Result<()> {
        let plain = self.encode(values, self.level(x), self.backend.scale(x))?;
        self.measure(Operation::AddPlain, self.level(x), || self.backend.add_plain_inplace(x, &plain))
    }

    /// `x values`, slot by slot, rescaled to the landing: one level, without a key.
    ///
    /// # Errors
    /// `NoLevelLeft` unless `x` is above the landing's level; `Transparent` when all values are zero or too small.
    pub fn multiply_plain(
        &self,
        x: &E::Ciphertext,
        values: &Slots,
        landing: Landing<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        self.plain_sum("plaintext product", &[(x, values)], landing)
    }

    /// `sum_i x_i values_i`: one rescale for all. The landing must lie below every operand.
    ///
    /// # Errors
    /// As [`Circuit::multiply_plain`]; `Empty` without terms.
    pub fn plain_product_sum(
        &self,
        terms: &[(&E::Ciphertext, &Slots)],
        landing: Landing<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        self.plain_sum("sum of plaintext products", terms, landing)
    }

    /// `sum_i values_i rotate(x, step_i)`: a masked, weighted sum of rotations, asked for in one go. One level.
    ///
    /// # Errors
    /// As [`Circuit::multiply_plain`] and [`Circuit::rotate`].
    pub fn linear_transform(
        &self,
        x: &E::Ciphertext,
        terms: &[(Step, &Slots)],
        landing: Landing<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        let op = "linear transform";
        if terms.is_empty() {
            return Err(CircuitError::Empty { op }.into());
        }
        let (at, target) = self.target(&landing);
        let x = self.drop_primes(op, x, Level(at.0 + 1))?;
        let factor_scale = target * self.chain().prime(Level(at.0 + 1)) / self.backend.scale(&x);
        let plain = terms
            .iter()
            .map(|&(step, values)| {
                Ok((self.key_step(step)?, self.encode_factor(op, values, Level(at.0 + 1), factor_scale)?))
            })
            .collect::<Result<Vec<_>>>()?;
        let terms: Vec<_> = plain.iter().map(|(step, p)| (*step, &**p)).collect();
        let rotations = terms.iter().filter(|(step, _)| step.0 != 0).count();
        let level = self.level(&x);
        let kind = if rotations > 1 { Operation::RotateHoisted } else { Operation::Rotate };
        let mut sum = self.meter.measure(kind, level, rotations, || self.backend.linear_transform(&x, &terms))?;
        self.meter.measure(Operation::MultiplyPlain, level, terms.len(), || ());
        self.rescale(op, &mut sum, target)?;
        Ok(sum)
    }

    /// `x y`, relinearised and rescaled: one level.
    ///
    /// # Errors
    /// `NoLevelLeft` at level 0; `ScaleMismatch` when an operand was landed for another partner.
    pub fn multiply(&self, x: &E::Ciphertext, y: &E::Ciphertext) -> Result<E::Ciphertext> {
        self.product_sum(&[(x, y)])
    }

    /// `x^2`, as [`Circuit::multiply`].
    pub fn square(&self, x: &E::Ciphertext) -> Result<E::Ciphertext> {
        let op = "square";
        let level = self.level(x);
        let below = self.below(op, level)?;
        if !same_scale(self.backend.scale(x), self.chain().scale(level)) {
            return self.mismatch(op, self.chain().scale(level), self.backend.scale(x));
        }
        let mut y = self.measure(Operation::MultiplyCiphertexts, level, || self.backend.square(x))?;
        self.relinearize(&mut y)?;
        self.rescale(op, &mut y, self.chain().scale(below))?;
        Ok(y)
    }

    /// `sum_i x_i y_i` with one relinearisation and one rescale, at one level below the lowest operand.
    ///
    /// # Errors
    /// As [`Circuit::multiply`]; `Empty` without terms.
    pub fn product_sum(&self, terms: &[(&E::Ciphertext, &E::Ciphertext)]) -> Result<E::Ciphertext> {
        let op = "product";
        let level = self.lowest(op, terms)?;
        let below = self.below(op, level)?;
        let wanted = self.chain().scale(level).powi(2);
        let mut met = Vec::with_capacity(terms.len());
        for &(x, y) in terms {
            let product = self.backend.scale(x) * self.backend.scale(y);
            let pair = if same_scale(product, wanted) {
                (self.drop_primes(op, x, level)?, self.drop_primes(op, y, level)?)
            } else {
                (self.meet(x, level)?, self.meet(y, level)?)
            };
            let product = self.backend.scale(&pair.0) * self.backend.scale(&pair.1);
            if !same_scale(product, wanted) {
                return self.mismatch(op, wanted, product);
            }
            met.push(pair);
        }
        self.finish_products(op, &met, level, self.chain().scale(below))
    }

    /// `x y` at a level, at whatever scale comes out: both operands are only dropped there, which is free. The
    /// result may be rotated and added to its like; a plaintext product makes it canonical again.
    ///
    /// # Errors
    /// `NoLevelLeft` at level 0, or when an operand lies below `at`.
    pub fn multiply_loosely(&self, x: &E::Ciphertext, y: &E::Ciphertext, at: Level) -> Result<E::Ciphertext> {
        let op = "loose product";
        self.below(op, at)?;
        let pair = (self.drop_primes(op, x, at)?, self.drop_primes(op, y, at)?);
        let scale = self.backend.scale(&pair.0) * self.backend.scale(&pair.1) / self.chain().prime(at);
        self.finish_products(op, &[pair], at, scale)
    }

    /// `y[s] = x[s + step]`, cyclically over all slots: positive steps move to the left.
    ///
    /// # Errors
    /// `MissingRotation` without a Galois key for exactly this step.
    pub fn rotate(&self, x: &E::Ciphertext, step: Step) -> Result<E::Ciphertext> {
        match self.key_step(step)? {
            Step(0) => Ok(x.clone()),
            step => self.measure(Operation::Rotate, self.level(x), || self.backend.rotate(x, step)),
        }
    }

    /// `x` rotated by each step, in one decomposition where the backend can.
    ///
    /// # Errors
    /// As [`Circuit::rotate`].
    pub fn rotate_many(&self, x: &E::Ciphertext, steps: &[Step]) -> Result<Vec<E::Ciphertext>> {
        let steps = steps.iter().map(|&step| self.key_step(step)).collect::<Result<Vec<_>>>()?;
        let moving: Vec<Step> = steps.iter().copied().filter(|s| s.0 != 0).collect();
        if let [] | [_] = moving[..] {
            return steps.iter().map(|&step| self.rotate(x, step)).collect();
        }
        let (level, count) = (self.level(x), moving.len());
        let mut rotated = self
            .meter
            .measure(Operation::RotateHoisted, level, count, || self.backend.rotate_many(x, &moving))?
            .into_iter();
        Ok(steps.iter().filter_map(|s| if s.0 == 0 { Some(x.clone()) } else { rotated.next() }).collect())
    }

    /// `x += rotate(x, step)`: one doubling of a sum over slots.
    ///
    /// # Errors
    /// As [`Circuit::rotate`].
    pub fn add_rotated_inplace(&self, x: &mut E::Ciphertext, step: Step) -> Result<()> {
        let rotated = self.rotate(x, step)?;
        self.measure(Operation::Add, self.level(x), || self.backend.add_inplace(x, &rotated))
    }

    /// `x` at a lower level and at that level's canonical scale: a product with 1 at the one scale that leads there.
    /// Free when `x` is there already.
    ///
    /// # Errors
    /// `NoLevelLeft` when `x` lies below `level`.
    pub fn drop_to(&self, x: &E::Ciphertext, level: Level) -> Result<E::Ciphertext> {
        self.meet(x, level).map(Cow::into_owned)
    }

    /// Reads `x` as `factor` times smaller by calling its scale that much larger: no operation, no noise. Needs
    /// `log2(factor)` bits of headroom; the result can be added to what lands [`Landing::Like`] it.
    ///
    /// # Errors
    /// The scale must stay within the level's modulus.
    pub fn declare_factor(&self, mut x: E::Ciphertext, factor: f64) -> Result<E::Ciphertext> {
        let scale = self.backend.scale(&x) * factor;
        self.backend.set_scale(&mut x, scale)?;
        Ok(x)
    }

    /// Promises that the mean absolute slot of `x` stays below `mean_abs`; a plan refuses what would not fit.
    ///
    /// # Errors
    /// `OutOfRange`, on a plan.
    pub fn expect_mean(&self, what: &str, x: &E::Ciphertext, mean_abs: f64) -> Result<()> {
        self.backend.expect_mean(what, x, mean_abs)
    }

    fn measure<T>(&self, operation: Operation, level: Level, work: impl FnOnce() -> T) -> T {
        self.meter.measure(operation, level, 1, work)
    }

    fn mismatch<T>(&self, op: &'static str, expected: f64, actual: f64) -> Result<T> {
        Err(CircuitError::ScaleMismatch { op, expected, actual }.into())
    }

    /// The level a product at `level` lands on.
    fn below(&self, op: &'static str, level: Level) -> Result<Level> {
        level.down(1).ok_or_else(|| CircuitError::NoLevelLeft { op, needed: Level(1), actual: level }.into())
    }

    fn lowest(&self, op: &'static str, terms: &[(&E::Ciphertext, &E::Ciphertext)]) -> Result<Level> {
        let levels = terms.iter().map(|(x, y)| self.level(x).min(self.level(y)));
        levels.min().ok_or_else(|| CircuitError::Empty { op }.into())
    }

    /// Leaves primes out until `level`; the scale stays.
    fn drop_primes<'x>(&self, op: &'static str, x: &'x E::Ciphertext, level: Level) -> Result<Cow<'x, E::Ciphertext>> {
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
        self.plain_sum("level drop", &[(x, &Slots::Constant(1.0))], Landing::At(level)).map(Cow::Owned)
    }

    fn meet_inplace(
        &self,
        op: &'static str,
        x: &mut E::Ciphertext,
        y: &E::Ciphertext,
        combine: impl FnOnce(&mut E::Ciphertext, &E::Ciphertext) -> Result<()>,
    ) -> Result<()> {
        let level = self.level(x).min(self.level(y));
        if self.level(x) > level {
            *x = self.drop_to(x, level)?;
        }
        let y = self.meet(y, level)?;
        let (expected, actual) = (self.backend.scale(x), self.backend.scale(&y));
        // Equal to the bit: every result is given its target's scale, not a product that rounds elsewhere.
        if expected != actual {
            return self.mismatch(op, expected, actual);
        }
        self.measure(Operation::Add, level, || combine(x, &y))
    }

    fn finish_products(
        &self,
        op: &'static str,
        pairs: &[(Cow<'_, E::Ciphertext>, Cow<'_, E::Ciphertext>)],
        level: Level,
        target: f64,
    ) -> Result<E::Ciphertext> {
        let pairs: Vec<(&E::Ciphertext, &E::Ciphertext)> = pairs.iter().map(|(x, y)| (&**x, &**y)).collect();
        let multiply = || self.backend.multiply_sum(&pairs);
        let mut sum = self.meter.measure(Operation::MultiplyCiphertexts, level, pairs.len(), multiply)?;
        self.relinearize(&mut sum)?;
        self.rescale(op, &mut sum, target)?;
        Ok(sum)
    }

    fn relinearize(&self, x: &mut E::Ciphertext) -> Result<()> {
        self.measure(Operation::Relinearize, self.level(x), || self.backend.relinearize_inplace(x))
    }

    /// Rescales, and gives the result exactly the scale it must have.
    fn rescale(&self, op: &'static str, x: &mut E::Ciphertext, target: f64) -> Result<()> {
        self.measure(Operation::Rescale, self.level(x), || self.backend.rescale_inplace(x))?;
        let actual = self.backend.scale(x);
        if !same_scale(actual, target) {
            return self.mismatch(op, target, actual);
        }
        self.backend.set_scale(x, target)
    }

    fn target(&self, landing: &Landing<'_, E::Ciphertext>) -> (Level, f64) {
        match landing {
            Landing::At(level) => (*level, self.chain().scale(*level)),
            Landing::Like(other) => (self.level(other), self.backend.scale(other)),
            Landing::For { partner, at } => (*at, self.chain().scale(*at).powi(2) / self.backend.scale(partner)),
        }
    }

    fn plain_sum(
        &self,
        op: &'static str,
        terms: &[(&E::Ciphertext, &Slots)],
        landing: Landing<'_, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        let (at, target) = self.target(&landing);
        let level = Level(at.0 + 1);
        let mut sum: Option<E::Ciphertext> = None;
        for &(x, values) in terms {
            let x = self.drop_primes(op, x, level)?;
            let factor_scale = target * self.chain().prime(level) / self.backend.scale(&x);
            let plain = self.encode_factor(op, values, level, factor_scale)?;
            let mut product =
                self.measure(Operation::MultiplyPlain, level, || self.backend.multiply_plain(&x, &plain))?;
            match &mut sum {
                None => sum = Some(product),
                Some(sum) => {
                    self.backend.set_scale(&mut product, self.backend.scale(sum))?;
                    self.measure(Operation::Add, level, || self.backend.add_inplace(sum, &product))?;
                }
            }
        }
        let mut sum = sum.ok_or(CircuitError::Empty { op })?;
        self.rescale(op, &mut sum, target)?;
        Ok(sum)
    }

    /// The step under which its key is kept, if there is one.
    fn key_step(&self, step: Step) -> Result<Step> {
        let step = step.canonical(self.slots());
        match self.backend.rotation_steps() {
            Some(steps) if step.0 != 0 && !steps.contains(&step) => {
                Err(CircuitError::MissingRotation { step, available: steps.iter().copied().collect() }.into())
            }
            _ => Ok(step),
        }
    }

    fn encode_factor(&self, op: &'static str, values: &Slots, level: Level, scale: f64) -> Result<Arc<E::Plaintext>> {
        if scale < LEAST_PLAIN_SCALE || values.max_abs() * scale < 1.0 {
            return Err(CircuitError::Transparent { op, scale }.into());
        }
        self.encode(values, level, scale)
    }

    fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<Arc<E::Plaintext>> {
        let encode =
            || self.measure(Operation::Encode, level, || self.backend.encode(values, level, scale)).map(Arc::new);
        // Constants encode in microseconds: not worth their memory.
        let Slots::Vector(shared) = values else {
            check_values(values.as_slice(), self.slots())?;
            return encode();
        };
        let key = EncodingKey { values: shared.clone(), level, scale };
        if let Some(known) = self.encodings.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        check_values(values.as_slice(), self.slots())?;
        let plain = encode()?;
        self.encodings.lock().unwrap_or_else(PoisonError::into_inner).insert(key, plain.clone());
        Ok(plain)
    }
}

/// Refuses what no backend may encode: SEAL lets NaN and infinity pass.
pub(super) fn check_values(values: &[f64], slots: usize) -> Result<()> {
    if values.len() > slots {
        return Err(CircuitError::TooManyValues { expected: slots, actual: values.len() }.into());
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(CircuitError::NotFinite { index, value: values[index] }.into()),
        None => Ok(()),
    }
}
