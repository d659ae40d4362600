//! The two sides of an encrypted computation.

use std::collections::BTreeSet;

use super::{Bound, Chain, Combination, Slots, apart, combination::combine};
use crate::{Level, Private, Result, Rotation};

/// `plaintext * rotate(x, baby)`, a term of a group whose sum is rotated by `giant`.
#[derive(Debug)]
pub struct TransformTerm<'a, P> {
    /// The rotation of the group; 0 for no rotation.
    pub giant: Rotation,
    /// The rotation of the ciphertext; 0 for no rotation.
    pub baby: Rotation,
    /// The plaintext factor.
    pub plaintext: &'a P,
}

/// The evaluating side: operations without the secret key.
///
/// An implementation only computes. [`Circuit`](super::Circuit), through which programs call it, has already checked
/// levels, scales, sizes, rotations and values, so all backends return the same errors. A backend can override the
/// provided methods with faster ones, such as one decomposition for several rotations, and falls back on what it overrides
/// by the functions of that name in [`apart`](super::apart).
///
/// Products are asked for relinearised and rescaled, because a scheme may not have them otherwise. One that has is
/// [`Unscaled`](super::Unscaled).
///
/// References to and [`Arc`](std::sync::Arc)s of a backend are backends too, so several circuits can share one.
pub trait Evaluate: Send + Sync {
    /// An encrypted vector of slots.
    type Ciphertext: Clone + Send + Sync;
    /// An encoded vector of slots.
    type Plaintext: Send + Sync;
    /// A fresh ciphertext as sent by the key holder, as small as the scheme allows.
    type Fresh: Send + Sync;

    /// Levels, primes and canonical scales.
    fn chain(&self) -> &Chain;

    /// The rotations that have keys; `None` if every rotation is possible.
    fn rotations(&self) -> Option<&BTreeSet<Rotation>>;

    /// Unpacks a ciphertext from the key holder.
    fn receive(&self, fresh: &Self::Fresh) -> Result<Self::Ciphertext>;

    /// The level of `x`.
    fn level(&self, x: &Self::Ciphertext) -> Level;

    /// The scale of `x`.
    fn scale(&self, x: &Self::Ciphertext) -> f64;

    /// Sets the scale of `x` without changing its coefficients, so its value changes by the inverse ratio.
    fn set_scale(&self, x: &mut Self::Ciphertext, scale: f64) -> Result<()>;

    /// The level at which plaintexts for `level` are encoded, for backends whose plaintexts serve several levels: the lowest
    /// of these. A circuit keeps one encoding for all of them.
    fn encoding_level(&self, level: Level) -> Level {
        level
    }

    /// Encodes values at a level, one of those that [`encoding_level`](Evaluate::encoding_level) gives, and scale.
    fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<Self::Plaintext>;

    /// `x += y`, at equal level and scale.
    fn add_inplace(&self, x: &mut Self::Ciphertext, y: &Self::Ciphertext) -> Result<()>;

    /// `x -= y`, at equal level and scale.
    fn sub_inplace(&self, x: &mut Self::Ciphertext, y: &Self::Ciphertext) -> Result<()>;

    /// `x = -x`.
    fn negate_inplace(&self, x: &mut Self::Ciphertext) -> Result<()>;

    /// `x += y`, at equal level and scale.
    fn add_plain_inplace(&self, x: &mut Self::Ciphertext, y: &Self::Plaintext) -> Result<()>;

    /// `sum_i x_i y_i`, relinearised and rescaled. `terms` is not empty, and all products have one scale.
    fn product_sum(&self, terms: &[(&Self::Ciphertext, &Self::Ciphertext)]) -> Result<Self::Ciphertext>;

    /// `sum_i x_i p_i`, rescaled. `terms` is not empty, and all products have one scale.
    fn plain_product_sum(&self, terms: &[(&Self::Ciphertext, &Self::Plaintext)]) -> Result<Self::Ciphertext>;

    /// `sum_i w_ij x_i` for every `j`, not rescaled: a term is `x_i` with its weights, one for each sum, which are rounded to
    /// integers at `scale`. `terms` is not empty, all `x_i` have one level and scale, and no sum has only weights that round
    /// to zero.
    fn weighted_sums(&self, terms: &[(&Self::Ciphertext, &[f64])], scale: f64) -> Result<Vec<Self::Ciphertext>>;

    /// Divides a sum of [`weighted_sums`](Evaluate::weighted_sums) by `q_l`: the level decreases by one, and the scale is
    /// divided by `q_l`.
    fn rescale_inplace(&self, x: &mut Self::Ciphertext) -> Result<()>;

    /// A combination at `level`, relinearised and rescaled: the result is one level lower, at exactly `scale`. Factors may be
    /// above the level. The product of the scales of each pair is that of `scale` and the prime of `level`, up to the last
    /// bits. For circuits that state all scales themselves, such as a bootstrap; there is a product or a multiple that does not
    /// round to zero.
    fn combine_rescale(
        &self,
        terms: &Combination<'_, Self::Ciphertext>,
        level: Level,
        scale: f64,
    ) -> Result<Self::Ciphertext> {
        combine(self, terms, level, scale)
    }

    /// Removes primes down to `level`; value and scale do not change.
    fn drop_to(&self, x: &Self::Ciphertext, level: Level) -> Result<Self::Ciphertext>;

    /// Rotates the slots to the left: `y[s] = x[s + step]`.
    fn rotate(&self, x: &Self::Ciphertext, step: Rotation) -> Result<Self::Ciphertext>;

    /// One value rotated by several steps.
    fn rotate_many(&self, x: &Self::Ciphertext, rotations: &[Rotation]) -> Result<Vec<Self::Ciphertext>> {
        rotations.iter().map(|&step| self.rotate(x, step)).collect()
    }

    /// `x += rotate(x, step)` for one step after another.
    fn add_rotations(&self, x: Self::Ciphertext, rotations: &[Rotation]) -> Result<Self::Ciphertext> {
        apart::add_rotations(self, x, rotations)
    }

    /// `sum_i rotate(x_i, step_i)`. `terms` is not empty, and all have one level and scale.
    fn sum_rotations(&self, terms: &[(&Self::Ciphertext, Rotation)]) -> Result<Self::Ciphertext> {
        apart::sum_rotations(self, terms)
    }

    /// `sum over giant steps of rotate(sum over their terms of p rotate(x, baby), giant)`, rescaled. `terms` is not
    /// empty, and all plaintexts have the same scale.
    fn linear_transform(
        &self,
        x: &Self::Ciphertext,
        terms: &[TransformTerm<'_, Self::Plaintext>],
    ) -> Result<Self::Ciphertext> {
        apart::linear_transform(self, x, terms)
    }

    /// The size of a ciphertext in a message to the key holder, in bytes.
    fn ciphertext_bytes(&self, x: &Self::Ciphertext) -> Result<usize>;

    /// The size of a fresh ciphertext in a message from the key holder, in bytes.
    fn fresh_bytes(&self, x: &Self::Fresh) -> usize;

    /// The bound that `x` carries; `None` if nobody declared one, or the backend carries none.
    fn bound(&self, _x: &Self::Ciphertext) -> Option<Bound> {
        None
    }

    /// Attaches a bound, which every other operation of the backend removes. The circuit works it out. A backend without
    /// data, or with values that it can look at, carries bounds; others may ignore them.
    fn set_bound(&self, _x: &mut Self::Ciphertext, _bound: Option<Bound>) {}

    /// Compares the slots of `x` with a declared bound, if the backend can look at them.
    fn check_bound(&self, _what: &str, _x: &Self::Ciphertext, _bound: &Bound) -> Result<()> {
        Ok(())
    }

    /// States that the mean absolute slot of `x` stays below `mean_abs`. A plan checks that such a value fits its
    /// level; other backends may ignore it.
    fn expect_mean(&self, _what: &str, _x: &Self::Ciphertext, _mean_abs: f64) -> Result<()> {
        Ok(())
    }
}

/// The encrypting side, under the secret key or under a key that several owners share.
pub trait Encrypt: Send + Sync {
    /// The ciphertexts that are sent to the evaluating side.
    type Fresh: Send + Sync;

    /// Levels, primes and canonical scales.
    fn chain(&self) -> &Chain;

    /// Encrypts up to `slots` values at the canonical scale of `at`.
    ///
    /// # Errors
    /// `TooManyValues`, `NotFinite`, `OutOfRange` if values are too large for the level, or `NoLevelLeft` above the top
    /// level.
    fn encrypt(&self, values: &[f64], at: Level) -> Result<Self::Fresh>;

    /// Encrypts the vectors of a message, each at its level, in their order. A backend whose encryptions do not depend on
    /// their order can override this to use all threads of the current pool.
    ///
    /// # Errors
    /// As [`encrypt`](Encrypt::encrypt).
    fn encrypt_all(&self, vectors: &[(&[f64], Level)]) -> Result<Vec<Self::Fresh>> {
        vectors.iter().map(|(values, at)| self.encrypt(values, *at)).collect()
    }
}

/// The decrypting side.
pub trait Decrypt: Send + Sync {
    /// The ciphertexts that the evaluating side computes with.
    type Ciphertext;

    /// Decrypts to `slots` values, for the key holder only.
    ///
    /// A value that was too large for its level has wrapped around its modulus, and only what is left is seen here. If its
    /// mean `|slot|` times the scale exceeds a quarter of the modulus, it is refused. That happens to most vectors of many
    /// different values and to those of another key, but only to half of the values that are the same in every slot, such
    /// as sums over slots and dot products: the others are wrong without a sign (docs/ckks.md, "What decryption sees").
    /// Declare a [`Bound`] on the inputs of a circuit to have this excluded by its plan.
    ///
    /// # Errors
    /// `OutOfRange` for values that are so large for their level and scale that they may have wrapped around.
    fn decrypt(&self, x: &Self::Ciphertext) -> Result<Private<Vec<f64>>>;

    /// Decrypts the ciphertexts of a message, in their order. A backend can override this to use all threads of the current
    /// pool.
    ///
    /// # Errors
    /// As [`decrypt`](Decrypt::decrypt).
    fn decrypt_all(&self, message: &[&Self::Ciphertext]) -> Result<Vec<Private<Vec<f64>>>> {
        message.iter().map(|x| self.decrypt(x)).collect()
    }
}

/// The side that holds the secret key, which encrypts and decrypts. No type implements both this trait and
/// [`Evaluate`], so an evaluator cannot decrypt. [`KeyHolderRefresh`](crate::program::KeyHolderRefresh) refreshes with
/// it.
pub trait KeyHolder: Encrypt + Decrypt {}

impl<T: Encrypt + Decrypt> KeyHolder for T {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CircuitError, Error,
        backend::{ClearEvaluator, ClearKeyHolder},
    };

    /// A circuit never requests these, but the methods are public.
    #[test]
    fn sums_of_nothing_are_refused() {
        let chain = Chain::nominal(64, 2, 40).unwrap();
        let x = ClearKeyHolder::new(chain.clone(), None).encrypt(&[1.0], Level(1)).unwrap();
        let clear = ClearEvaluator::new(chain, None);
        let empty = |refused| matches!(refused, Err(Error::Circuit(CircuitError::Empty { .. })));
        assert!(empty(clear.linear_transform(&x, &[])));
        assert!(empty(clear.sum_rotations(&[])));
        assert!(empty(clear.plain_product_sum(&[])));
        assert!(matches!(clear.weighted_sums(&[], 1.0), Err(Error::Circuit(CircuitError::Empty { .. }))));
    }
}
