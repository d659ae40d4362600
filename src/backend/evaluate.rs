//! The two sides of an encrypted computation.

use std::collections::BTreeSet;

use super::{Chain, Slots};
use crate::{Level, Private, Result, Step};

/// The evaluating side: what can be computed without the secret key.
///
/// An implementation only computes. [`Circuit`](super::Circuit), through which programs call it, has checked levels,
/// scales, sizes, rotation steps and values before, so that every backend refuses the same things in the same words.
/// The provided methods are where a backend can be clever: one decomposition for many rotations, one division for a
/// sum of them, or for a relinearisation and the rescale that follows it.
pub trait Evaluate: Send + Sync {
    /// An encrypted vector of slots.
    type Ciphertext: Clone + Send + Sync;
    /// An encoded vector of slots.
    type Plaintext: Send + Sync;
    /// A ciphertext as the key holder sends it: fresh, and as small as the scheme allows.
    type Fresh: Send + Sync;

    /// Levels, primes and canonical scales.
    fn chain(&self) -> &Chain;

    /// The rotations there are keys for; `None` when any will do.
    fn rotation_steps(&self) -> Option<&BTreeSet<Step>>;

    /// Unpacks what the key holder sent.
    fn receive(&self, fresh: &Self::Fresh) -> Result<Self::Ciphertext>;

    /// The level of `x`.
    fn level(&self, x: &Self::Ciphertext) -> Level;

    /// The scale of `x`.
    fn scale(&self, x: &Self::Ciphertext) -> f64;

    /// Calls the scale of `x` another number: its value changes by the inverse ratio.
    fn set_scale(&self, x: &mut Self::Ciphertext, scale: f64) -> Result<()>;

    /// Encodes values at a level and scale.
    fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<Self::Plaintext>;

    /// `x += y`, at equal level and scale.
    fn add_inplace(&self, x: &mut Self::Ciphertext, y: &Self::Ciphertext) -> Result<()>;

    /// `x -= y`, at equal level and scale.
    fn sub_inplace(&self, x: &mut Self::Ciphertext, y: &Self::Ciphertext) -> Result<()>;

    /// `x = -x`.
    fn negate_inplace(&self, x: &mut Self::Ciphertext) -> Result<()>;

    /// `x += y`, at equal level and scale.
    fn add_plain_inplace(&self, x: &mut Self::Ciphertext, y: &Self::Plaintext) -> Result<()>;

    /// `x y`, slot by slot, at the product of the scales.
    fn multiply_plain(&self, x: &Self::Ciphertext, y: &Self::Plaintext) -> Result<Self::Ciphertext>;

    /// `sum_i x_i y_i`, of three polynomials, at the product of the scales, which is the same for all terms.
    fn multiply_sum(&self, terms: &[(&Self::Ciphertext, &Self::Ciphertext)]) -> Result<Self::Ciphertext>;

    /// `x^2`, of three polynomials.
    fn square(&self, x: &Self::Ciphertext) -> Result<Self::Ciphertext>;

    /// Three polynomials to two.
    fn relinearize_inplace(&self, x: &mut Self::Ciphertext) -> Result<()>;

    /// Divides by `q_l`: one level down, scale divided by `q_l`.
    fn rescale_inplace(&self, x: &mut Self::Ciphertext) -> Result<()>;

    /// Relinearises, then rescales.
    fn relinearize_rescale_inplace(&self, x: &mut Self::Ciphertext) -> Result<()> {
        self.relinearize_inplace(x)?;
        self.rescale_inplace(x)
    }

    /// Leaves primes out until `level`; value and scale stay.
    fn drop_to(&self, x: &Self::Ciphertext, level: Level) -> Result<Self::Ciphertext>;

    /// Slots moved to the left: `y[s] = x[s + step]`.
    fn rotate(&self, x: &Self::Ciphertext, step: Step) -> Result<Self::Ciphertext>;

    /// One value rotated by many steps.
    fn rotate_many(&self, x: &Self::Ciphertext, steps: &[Step]) -> Result<Vec<Self::Ciphertext>> {
        steps.iter().map(|&step| self.rotate(x, step)).collect()
    }

    /// `sum_i p_i rotate(x, step_i)` at the product of the scales. `terms` is not empty.
    fn linear_transform(&self, x: &Self::Ciphertext, terms: &[(Step, &Self::Plaintext)]) -> Result<Self::Ciphertext>;

    /// Bytes of a ciphertext on its way to the key holder.
    fn ciphertext_bytes(&self, x: &Self::Ciphertext) -> Result<usize>;

    /// Bytes of a fresh ciphertext on its way from the key holder.
    fn fresh_bytes(&self, x: &Self::Fresh) -> usize;

    /// The program's promise that the mean absolute slot of `x` stays below `mean_abs`. A plan checks that such a
    /// value fits its level; other backends may ignore it.
    fn expect_mean(&self, _what: &str, _x: &Self::Ciphertext, _mean_abs: f64) -> Result<()> {
        Ok(())
    }
}

/// The side that holds the secret key. No type implements this and [`Evaluate`]: who evaluates cannot decrypt.
pub trait KeyHolder: Send + Sync {
    /// What the evaluating side computes with.
    type Ciphertext;
    /// What it is sent.
    type Fresh;

    /// Levels, primes and canonical scales.
    fn chain(&self) -> &Chain;

    /// Encrypts up to `slots` values at the canonical scale of `at`.
    ///
    /// # Errors
    /// Too many values, NaN or infinite ones, values too large for the level.
    fn encrypt(&self, values: &[f64], at: Level) -> Result<Self::Fresh>;

    /// Decrypts to `slots` values, for the key holder's own eyes.
    ///
    /// # Errors
    /// `OutOfRange` when they are so large for level and scale that they may have wrapped: nothing else notices.
    fn decrypt(&self, x: &Self::Ciphertext) -> Result<Private<Vec<f64>>>;

    /// A fresh encryption at level `at` of what `x` holds, after `clean` has put padding back to zero. Nothing but
    /// the fresh encryption leaves the key holder.
    fn refresh(&self, x: &Self::Ciphertext, at: Level, clean: impl FnOnce(&mut [f64])) -> Result<Self::Fresh> {
        let mut values = self.decrypt(x)?.open_as_key_owner();
        clean(&mut values);
        self.encrypt(&values, at)
    }
}
