//! Our own key switching: rotations, the conjugation, relinearisation and sums of rotated products.

use std::fmt;

use cxx::UniquePtr;

use super::{Ciphertext, Context, HybridKeys, Plaintext, Seeded, automorphism, check};
use crate::error::SealError;
use crate::ffi::kernels as ffi;
use crate::{Level, Rotation};

/// Key switching with several special primes (hybrid, centred digits, transforms in doubles; docs/performance.md, "How
/// it works"), several times faster than SEAL's and with less noise. Ciphertexts and plaintexts are SEAL's. It can be
/// shared by threads; the memory of an operation is kept for the next one.
///
/// Noise, as the standard deviation of a complex slot before division by the scale: `N / sqrt(18)` from the division by
/// P, which is that of a rescale, and `sqrt(sum_j N / 12 (D_j / P)^2) sigma sqrt(N)` from the keys, with digits
/// `D_j` that are exactly centred. The latter is negligible if P is 10 bits larger than the digits, as with two or three
/// special primes of 50 bits and data primes near 40 bits, and four times the former if both have 50 bits.
/// Relinearisation with a rescale has the noise of the rescale alone.
///
/// # Errors
/// Common to all: [`ForeignContext`](SealError::ForeignContext), [`Components`](SealError::Components) for a ciphertext
/// of another size, [`MissingGaloisKey`](SealError::MissingGaloisKey) and
/// [`MissingRelinKey`](SealError::MissingRelinKey), [`KeyLevel`](SealError::KeyLevel) for a key that was cut to lower
/// levels.
///
/// Source: Han and Ki 2020; Halevi and Shoup 2018 (hoisting); Bossuat et al. 2021 (double hoisting).
pub struct HybridEvaluator {
    pub(super) context: Context,
}

/// A ciphertext with its extended digits, for several rotations.
pub struct Hoisted<'a> {
    raw: ffi::Hoisted<'a>,
    /// The evaluator whose tables and code path the digits are for.
    hybrid: &'a HybridEvaluator,
    level: Level,
}

/// The residues of a plaintext modulo the special primes, which [`HybridEvaluator::transform`] needs in addition.
pub struct ExtendedPlaintext {
    raw: UniquePtr<ffi::ExtendedPlaintext>,
    context: Context,
}

/// `plaintext * rotate(x, baby)`, a term of a group whose sum is rotated by `giant`.
#[derive(Clone, Copy)]
pub struct TransformTerm<'a> {
    /// The rotation of the group.
    pub giant: Rotation,
    /// The rotation of the ciphertext.
    pub baby: Rotation,
    /// The factor, at the level of the ciphertext.
    pub plaintext: &'a Plaintext,
    /// The result of [`HybridEvaluator::extend`] for the factor.
    pub extended: &'a ExtendedPlaintext,
}

impl HybridEvaluator {
    /// An evaluator for ciphertexts and keys of the context's parameters.
    ///
    /// # Errors
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for unsupported parameters;
    /// [`WrongTransform`](SealError::WrongTransform) if the transforms give wrong results.
    pub fn new(context: &Context) -> Result<HybridEvaluator, SealError> {
        context.hybrid()?;
        Ok(HybridEvaluator { context: context.clone() })
    }

    /// The code path in use, one of [`code_paths`](super::code_paths).
    pub fn code_path(&self) -> Result<String, SealError> {
        ffi::path_of(self.raw()?).map_err(|e| SealError::from_exception("code path", &e))
    }

    /// The result of [`Seeded::expand`], several times faster, because several blocks of the generator are computed at
    /// once.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a ciphertext of other parameters.
    pub fn expand(&self, seeded: &Seeded<Ciphertext>) -> Result<Ciphertext, SealError> {
        const OP: &str = "expand";
        check::same_context(OP, &self.context, seeded.context())?;
        self.made(OP, ffi::expand_ciphertext(self.raw()?, seeded.as_bytes()))
    }

    /// Rotates the slots to the left, as [`Evaluator::rotate`](super::Evaluator::rotate).
    pub fn rotate(&self, x: &Ciphertext, step: Rotation, keys: &HybridKeys) -> Result<Ciphertext, SealError> {
        const OP: &str = "rotate";
        self.check(OP, x, 2, keys)?;
        match self.key(OP, step, x.level(), keys)? {
            Rotation(0) => Ok(x.clone()),
            step => {
                let element = automorphism::rotation(step, self.context.parameters().poly_modulus_degree());
                self.made(OP, ffi::switch_automorphism(self.raw()?, &x.raw, element, &keys.raw))
            }
        }
    }

    /// Conjugates every slot, as [`Evaluator::conjugate`](super::Evaluator::conjugate): real values do not change. The
    /// automorphism `X -> X^(2N-1)`; level and scale unchanged, cost and noise those of a rotation. With digits as large
    /// as P the noise of the key is the larger part: conjugate before a rescale, which takes it away.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext), [`Components`](SealError::Components),
    /// [`MissingConjugationKey`](SealError::MissingConjugationKey), [`KeyLevel`](SealError::KeyLevel).
    pub fn conjugate(&self, x: &Ciphertext, keys: &HybridKeys) -> Result<Ciphertext, SealError> {
        const OP: &str = "conjugate";
        self.check(OP, x, 2, keys)?;
        serves(OP, x.level(), keys.conjugation_level().ok_or(SealError::MissingConjugationKey)?)?;
        let element = automorphism::conjugation(self.context.parameters().poly_modulus_degree());
        self.made(OP, ffi::switch_automorphism(self.raw()?, &x.raw, element, &keys.raw))
    }

    /// Decomposes a ciphertext once for all rotations of it.
    pub fn hoist<'a>(&'a self, x: &'a Ciphertext) -> Result<Hoisted<'a>, SealError> {
        const OP: &str = "hoist";
        check::same_context(OP, &self.context, &x.context)?;
        check::two_components(OP, x)?;
        let raw = ffi::hoist(self.raw()?, &x.raw).map_err(|e| SealError::from_exception(OP, &e))?;
        Ok(Hoisted { raw, hybrid: self, level: x.level() })
    }

    /// A rotation of a hoisted ciphertext: the same residues as [`rotate`](HybridEvaluator::rotate), in about half the time.
    /// A rotation by 0 has nothing to rotate and is refused as a missing key.
    pub fn rotate_hoisted(&self, x: &Hoisted<'_>, step: Rotation, keys: &HybridKeys) -> Result<Ciphertext, SealError> {
        const OP: &str = "rotate";
        check::same_context(OP, &self.context, &x.hybrid.context)?;
        check::same_context(OP, &self.context, &keys.context)?;
        match self.key(OP, step, x.level, keys)? {
            Rotation(0) => Err(SealError::MissingGaloisKey { step: Rotation(0), available: keys.rotations() }),
            Rotation(k) => self.made(OP, ffi::rotate_hoisted(x.hybrid.raw()?, &x.raw.raw, k, &keys.raw)),
        }
    }

    /// `x += rotate(x, step)` for one step after the other, as in sums over slots by doubling: the same as so many rotations
    /// and additions, but one component is divided by the special primes once, at the end. Level and scale unchanged.
    ///
    /// If there is also a key for the sum of two consecutive steps, the two share a decomposition, `1 + g + h + g h`: three
    /// keys and less time in place of two.
    ///
    /// # Errors
    /// Also [`Transparent`](SealError::Transparent).
    pub fn add_rotations(
        &self,
        x: &Ciphertext,
        rotations: &[Rotation],
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        const OP: &str = "add rotations";
        self.check(OP, x, 2, keys)?;
        let mut moving = Vec::with_capacity(rotations.len());
        for &step in rotations {
            moving.push(match self.key(OP, step, x.level(), keys)? {
                Rotation(0) => {
                    return Err(SealError::MissingGaloisKey { step: Rotation(0), available: keys.rotations() });
                }
                Rotation(k) => k,
            });
        }
        self.made(OP, ffi::switch_add_rotations(self.raw()?, &x.raw, &moving, &keys.raw))
    }

    /// `sum_i rotate(x_i, step_i)` of ciphertexts at one level and scale, with one division by the special primes in
    /// total.
    ///
    /// # Errors
    /// Also [`EmptySum`](SealError::EmptySum), [`LevelMismatch`](SealError::LevelMismatch),
    /// [`ScaleMismatch`](SealError::ScaleMismatch), [`Transparent`](SealError::Transparent).
    pub fn sum_rotations(&self, terms: &[(&Ciphertext, Rotation)], keys: &HybridKeys) -> Result<Ciphertext, SealError> {
        const OP: &str = "sum rotations";
        let &(first, _) = terms.first().ok_or(SealError::EmptySum { op: OP })?;
        let mut raw = Vec::with_capacity(terms.len());
        for &(x, step) in terms {
            self.check(OP, x, 2, keys)?;
            check::same_level(OP, first.level(), x.level())?;
            check::same_scale(OP, first.scale(), x.scale())?;
            raw.push(ffi::RotatedTerm { x: &x.raw, step: self.key(OP, step, x.level(), keys)?.0 });
        }
        self.made(OP, ffi::switch_sum_rotations(self.raw()?, &raw, &keys.raw))
    }

    /// The residues of a plaintext modulo the special primes.
    ///
    /// # Errors
    /// [`ForeignContext`](SealError::ForeignContext) for a plaintext of other parameters.
    pub fn extend(&self, plaintext: &Plaintext) -> Result<ExtendedPlaintext, SealError> {
        const OP: &str = "extend a plaintext";
        check::same_context(OP, &self.context, &plaintext.context)?;
        let raw = ffi::extend_plaintext(self.raw()?, &plaintext.raw).map_err(|e| SealError::from_exception(OP, &e))?;
        Ok(ExtendedPlaintext { raw, context: self.context.clone() })
    }

    /// `sum over groups of rotate(sum over their terms of plaintext * rotate(x, baby), giant)`: a matrix by its
    /// diagonals, with baby steps and giant steps. It takes one decomposition of `x`, one of each group's sum, and one
    /// division in total. The terms of a group need not be adjacent. The level is unchanged, and the scale is
    /// multiplied by that of the plaintexts. The result is not rescaled;
    /// [`transform_rescale`](HybridEvaluator::transform_rescale) does that in the same division.
    ///
    /// # Errors
    /// Also [`EmptySum`](SealError::EmptySum), [`LevelMismatch`](SealError::LevelMismatch),
    /// [`ScaleMismatch`](SealError::ScaleMismatch) between plaintexts, [`ScaleTooLarge`](SealError::ScaleTooLarge),
    /// [`OtherPlaintext`](SealError::OtherPlaintext), [`Transparent`](SealError::Transparent) for a plaintext of zeros:
    /// leave that term out.
    pub fn transform(
        &self,
        x: &Ciphertext,
        terms: &[TransformTerm<'_>],
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        self.transform_to(x, terms, keys, false)
    }

    /// Like [`transform`](HybridEvaluator::transform), with a rescale.
    ///
    /// # Errors
    /// The same as for [`transform`](HybridEvaluator::transform), [`OutOfLevels`](SealError::OutOfLevels) at level 0, and
    /// [`ScaleTooSmall`](SealError::ScaleTooSmall).
    pub fn transform_rescale(
        &self,
        x: &Ciphertext,
        terms: &[TransformTerm<'_>],
        keys: &HybridKeys,
    ) -> Result<Ciphertext, SealError> {
        self.transform_to(x, terms, keys, true)
    }

    fn transform_to(
        &self,
        x: &Ciphertext,
        terms: &[TransformTerm<'_>],
        keys: &HybridKeys,
        rescale: bool,
    ) -> Result<Ciphertext, SealError> {
        const OP: &str = "linear_transform";
        self.check(OP, x, 2, keys)?;
        let first = terms.first().ok_or(SealError::EmptySum { op: OP })?.plaintext;
        let mut raw = Vec::with_capacity(terms.len());
        for term in terms {
            check::same_context(OP, &self.context, &term.plaintext.context)?;
            check::same_context(OP, &self.context, &term.extended.context)?;
            let belongs = ffi::is_extended(&term.extended.raw, &term.plaintext.raw);
            if !belongs.map_err(|e| SealError::from_exception(OP, &e))? {
                return Err(SealError::OtherPlaintext { op: OP });
            }
            check::same_level(OP, x.level(), term.plaintext.level())?;
            check::same_scale(OP, first.scale(), term.plaintext.scale())?;
            if term.plaintext.is_zero() {
                return Err(SealError::Transparent { op: OP });
            }
            raw.push(ffi::TransformTerm {
                giant: self.key(OP, term.giant, x.level(), keys)?.0,
                baby: self.key(OP, term.baby, x.level(), keys)?.0,
                plaintext: &term.plaintext.raw,
                extended: &term.extended.raw,
            });
        }
        let scale = x.scale() * first.scale();
        check::scale_fits(OP, &self.context, x.level(), scale)?;
        if rescale {
            self.rescaled(OP, x.level(), scale)?;
        }
        self.made(OP, ffi::switch_transform(self.raw()?, &x.raw, &raw, &keys.raw, rescale))
    }

    pub(super) fn raw(&self) -> Result<&ffi::HybridEvaluator, SealError> {
        self.context.hybrid()
    }

    pub(super) fn check(
        &self,
        op: &'static str,
        x: &Ciphertext,
        components: usize,
        keys: &HybridKeys,
    ) -> Result<(), SealError> {
        check::same_context(op, &self.context, &x.context)?;
        check::same_context(op, &self.context, &keys.context)?;
        match x.size() == components {
            true => Ok(()),
            false => Err(SealError::Components { op, expected: components, actual: x.size() }),
        }
    }

    /// The canonical step, after checking that there is a key for it at the level.
    pub(super) fn key(
        &self,
        op: &'static str,
        step: Rotation,
        level: Level,
        keys: &HybridKeys,
    ) -> Result<Rotation, SealError> {
        let step = step.canonical(self.context.slots());
        let missing = || SealError::MissingGaloisKey { step, available: keys.rotations() };
        let highest = keys.rotation_level(step).ok_or_else(missing)?;
        serves(op, level, highest)?;
        Ok(step)
    }

    pub(super) fn made(
        &self,
        op: &'static str,
        result: Result<UniquePtr<crate::ffi::ciphertext::Ciphertext>, cxx::Exception>,
    ) -> Result<Ciphertext, SealError> {
        let raw = result.map_err(|e| SealError::from_exception(op, &e))?;
        Ok(Ciphertext { raw, context: self.context.clone() })
    }
}

/// Checks that a key cut to levels up to `highest` supports the level.
pub(super) fn serves(op: &'static str, level: Level, highest: Level) -> Result<(), SealError> {
    match level <= highest {
        true => Ok(()),
        false => Err(SealError::KeyLevel { op, level, highest }),
    }
}

impl fmt::Debug for HybridEvaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HybridEvaluator").field(&self.context).finish()
    }
}

impl fmt::Debug for Hoisted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hoisted").field("level", &self.level).finish_non_exhaustive()
    }
}

impl fmt::Debug for ExtendedPlaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExtendedPlaintext") // never its values
    }
}
