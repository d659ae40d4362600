//! The backend without encryption: the same slots, levels, scales and errors, in the clear.

use std::collections::BTreeSet;

use super::{
    Bound, Chain, Combination, Decrypt, Encrypt, Evaluate, Noise, Slots, Unscaled, apart,
    noise::{encoding_deviation, encryption_deviation, key_deviation, rounding_deviation},
};
use crate::{CircuitError, Level, Private, Result, Rotation};

/// Clear slots with the level and scale that a ciphertext would have, and their bound where one was declared.
#[derive(Clone, Debug, PartialEq)]
pub struct ClearCiphertext {
    slots: Vec<f64>,
    level: Level,
    scale: f64,
    bound: Option<Bound>,
}

impl ClearCiphertext {
    /// A result, whose bound the circuit will attach.
    fn at(slots: Vec<f64>, level: Level, scale: f64) -> ClearCiphertext {
        ClearCiphertext { slots, level, scale, bound: None }
    }

    /// The values, which a stand-in for encryption can look at.
    pub(crate) fn slots(&self) -> &[f64] {
        &self.slots
    }
}

/// Computes on clear slots and returns an error for values that would wrap around their modulus, and for values that
/// exceed a declared bound.
pub struct ClearEvaluator {
    chain: Chain,
    noise: Option<Noise>,
    rotations: Option<BTreeSet<Rotation>>,
}

impl ClearEvaluator {
    /// An evaluator on a chain, exact or noisy, that can rotate by any step.
    pub fn new(chain: Chain, noise: Option<Noise>) -> Self {
        ClearEvaluator { chain, noise, rotations: None }
    }

    /// The same evaluator with only these rotations, as if there were no other Galois keys.
    pub fn with_rotations(self, rotations: &[Rotation]) -> Self {
        let slots = self.chain.slots();
        ClearEvaluator { rotations: Some(rotations.iter().map(|s| s.canonical(slots)).collect()), ..self }
    }

    /// What is added to values on request.
    pub(crate) fn noise(&self) -> Option<Noise> {
        self.noise
    }

    /// A value as a rescale to this level leaves it, of an operation that is no circuit's.
    pub(crate) fn rescaled(&self, slots: Vec<f64>, level: Level, scale: f64) -> Result<ClearCiphertext> {
        let mut x = ClearCiphertext::at(slots, level, scale);
        self.disturb(&mut x, rounding_deviation(self.chain.poly_modulus_degree()));
        self.check_range("rescale", &x)?;
        Ok(x)
    }

    fn disturb(&self, x: &mut ClearCiphertext, complex_deviation: f64) {
        if let Some(noise) = self.noise {
            noise.add(&mut x.slots, complex_deviation / x.scale);
        }
    }

    /// Detects values that SEAL would silently wrap around.
    fn check_range(&self, what: &str, x: &ClearCiphertext) -> Result<()> {
        self.chain.check_slots(what, x.level, x.scale, &x.slots)
    }
}

/// Noise of so many standard deviations of a rounding is not taken for a value beyond its bound.
const ROUNDINGS: f64 = 64.0;

fn combine(x: &mut [f64], y: &[f64], f: impl Fn(f64, f64) -> f64) {
    x.iter_mut().zip(y).for_each(|(x, &y)| *x = f(*x, y));
}

impl Evaluate for ClearEvaluator {
    type Ciphertext = ClearCiphertext;
    /// Values and scale.
    type Plaintext = (Vec<f64>, f64);
    type Fresh = ClearCiphertext;

    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn rotations(&self) -> Option<&BTreeSet<Rotation>> {
        self.rotations.as_ref()
    }

    fn receive(&self, fresh: &ClearCiphertext) -> Result<ClearCiphertext> {
        Ok(fresh.clone())
    }

    fn level(&self, x: &ClearCiphertext) -> Level {
        x.level
    }

    fn scale(&self, x: &ClearCiphertext) -> f64 {
        x.scale
    }

    fn set_scale(&self, x: &mut ClearCiphertext, scale: f64) -> Result<()> {
        let ratio = x.scale / scale;
        // The value is the coefficients divided by the scale. A change in the last bits is a correction, not a factor.
        if (ratio - 1.0).abs() > 1e-12 {
            x.slots.iter_mut().for_each(|v| *v *= ratio);
        }
        (x.scale, x.bound) = (scale, None);
        Ok(())
    }

    fn encode(&self, values: &Slots, _level: Level, scale: f64) -> Result<(Vec<f64>, f64)> {
        let mut slots: Vec<f64> = values.iter(self.chain.slots()).collect();
        if let (Some(noise), Slots::Vector(_)) = (self.noise, values) {
            noise.add(&mut slots, encoding_deviation(self.chain.poly_modulus_degree()) / scale);
        }
        Ok((slots, scale))
    }

    fn add_inplace(&self, x: &mut ClearCiphertext, y: &ClearCiphertext) -> Result<()> {
        combine(&mut x.slots, &y.slots, |x, y| x + y);
        x.bound = None;
        self.check_range("sum", x)
    }

    fn sub_inplace(&self, x: &mut ClearCiphertext, y: &ClearCiphertext) -> Result<()> {
        combine(&mut x.slots, &y.slots, |x, y| x - y);
        x.bound = None;
        self.check_range("difference", x)
    }

    fn negate_inplace(&self, x: &mut ClearCiphertext) -> Result<()> {
        x.slots.iter_mut().for_each(|v| *v = -*v);
        x.bound = None;
        Ok(())
    }

    fn add_plain_inplace(&self, x: &mut ClearCiphertext, y: &Self::Plaintext) -> Result<()> {
        combine(&mut x.slots, &y.0, |x, y| x + y);
        x.bound = None;
        self.check_range("sum", x)
    }

    fn product_sum(&self, terms: &[(&ClearCiphertext, &ClearCiphertext)]) -> Result<ClearCiphertext> {
        apart::product_sum(self, terms)
    }

    fn plain_product_sum(&self, terms: &[(&ClearCiphertext, &Self::Plaintext)]) -> Result<ClearCiphertext> {
        apart::plain_product_sum(self, terms)
    }

    /// Weights are rounded as integers are, and nothing else: there is no noise before the rescale.
    fn weighted_sums(&self, terms: &[(&ClearCiphertext, &[f64])], scale: f64) -> Result<Vec<ClearCiphertext>> {
        let &(first, weights) = terms.first().ok_or(CircuitError::Empty { op: "weighted sum" })?;
        let sum_of = |j: usize| {
            let mut sum = ClearCiphertext::at(vec![0.0; first.slots.len()], first.level, first.scale * scale);
            for (x, weights) in terms {
                let weight = weights.get(j).map_or(0.0, |weight| (weight * scale).round() / scale);
                combine(&mut sum.slots, &x.slots, |sum, x| sum + weight * x);
            }
            self.check_range("weighted sum", &sum)?;
            Ok(sum)
        };
        (0..weights.len()).map(sum_of).collect()
    }

    fn rescale_inplace(&self, x: &mut ClearCiphertext) -> Result<()> {
        let op = "rescale";
        let below = x.level.down(1).ok_or(CircuitError::NoLevelLeft { op, needed: Level(1), actual: x.level })?;
        x.scale /= self.chain.prime(x.level);
        (x.level, x.bound) = (below, None);
        self.disturb(x, rounding_deviation(self.chain.poly_modulus_degree()));
        self.check_range(op, x)
    }

    fn combine_rescale(
        &self,
        terms: &Combination<'_, ClearCiphertext>,
        level: Level,
        scale: f64,
    ) -> Result<ClearCiphertext> {
        apart::combine_rescale(self, terms, level, scale)
    }

    fn drop_to(&self, x: &ClearCiphertext, level: Level) -> Result<ClearCiphertext> {
        let dropped = ClearCiphertext::at(x.slots.clone(), level, x.scale);
        self.check_range("level drop", &dropped)?;
        Ok(dropped)
    }

    fn rotate(&self, x: &ClearCiphertext, step: Rotation) -> Result<ClearCiphertext> {
        let mut rotated = ClearCiphertext::at(x.slots.clone(), x.level, x.scale);
        let left = i64::from(step.0).rem_euclid(x.slots.len() as i64) as usize;
        rotated.slots.rotate_left(left);
        let rounding = rounding_deviation(self.chain.poly_modulus_degree());
        self.disturb(&mut rotated, rounding.hypot(key_deviation(&self.chain, x.level)));
        Ok(rotated)
    }

    fn ciphertext_bytes(&self, x: &ClearCiphertext) -> Result<usize> {
        Ok(self.chain.wire_ciphertext_bytes(x.level))
    }

    fn fresh_bytes(&self, x: &ClearCiphertext) -> usize {
        self.chain.wire_seeded_bytes(x.level)
    }

    fn bound(&self, x: &ClearCiphertext) -> Option<Bound> {
        x.bound
    }

    fn set_bound(&self, x: &mut ClearCiphertext, bound: Option<Bound>) {
        x.bound = bound;
    }

    fn check_bound(&self, what: &str, x: &ClearCiphertext, bound: &Bound) -> Result<()> {
        let noise = match self.noise {
            Some(_) => ROUNDINGS * rounding_deviation(self.chain.poly_modulus_degree()) / x.scale,
            None => 0.0,
        };
        bound.check(what, &x.slots, noise)
    }
}

impl Unscaled for ClearEvaluator {
    fn multiply_plain(&self, x: &ClearCiphertext, y: &Self::Plaintext) -> Result<ClearCiphertext> {
        let mut product = ClearCiphertext::at(x.slots.clone(), x.level, x.scale * y.1);
        combine(&mut product.slots, &y.0, |x, y| x * y);
        self.check_range("plaintext product", &product)?;
        Ok(product)
    }

    fn multiply_sum(&self, terms: &[(&ClearCiphertext, &ClearCiphertext)]) -> Result<ClearCiphertext> {
        let (first, _) = terms.first().ok_or(CircuitError::Empty { op: "product" })?;
        let mut slots = vec![0.0; first.slots.len()];
        for (x, y) in terms {
            slots.iter_mut().zip(&x.slots).zip(&y.slots).for_each(|((sum, x), y)| *sum += x * y);
        }
        let sum = ClearCiphertext::at(slots, first.level, terms[0].0.scale * terms[0].1.scale);
        self.check_range("product", &sum)?;
        Ok(sum)
    }

    /// The following rescale divides the noise of the relinearisation, so it is negligible.
    fn relinearize_inplace(&self, _x: &mut ClearCiphertext) -> Result<()> {
        Ok(())
    }
}

/// Plays the role of the key holder: packs slots, and adds the noise of an encryption on request.
pub struct ClearKeyHolder {
    chain: Chain,
    noise: Option<Noise>,
}

impl ClearKeyHolder {
    /// A key holder without a key.
    pub fn new(chain: Chain, noise: Option<Noise>) -> Self {
        ClearKeyHolder { chain, noise }
    }
}

impl Encrypt for ClearKeyHolder {
    type Fresh = ClearCiphertext;

    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn encrypt(&self, values: &[f64], at: Level) -> Result<ClearCiphertext> {
        self.chain.check_encryption(values, at)?;
        let mut slots = values.to_vec();
        slots.resize(self.chain.slots(), 0.0);
        let scale = self.chain.scale(at);
        if let Some(noise) = self.noise {
            let degree = self.chain.poly_modulus_degree();
            noise.add(&mut slots, encryption_deviation(degree).hypot(encoding_deviation(degree)) / scale);
        }
        Ok(ClearCiphertext::at(slots, at, scale))
    }
}

impl Decrypt for ClearKeyHolder {
    type Ciphertext = ClearCiphertext;

    fn decrypt(&self, x: &ClearCiphertext) -> Result<Private<Vec<f64>>> {
        self.chain.check_slots("decryption", x.level, x.scale, &x.slots)?;
        Ok(Private::new(x.slots.clone()))
    }
}
