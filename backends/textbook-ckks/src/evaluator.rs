//! The side that computes without the secret key.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use seal_nn::{
    CircuitError, Level, Result, Rotation,
    backend::{Chain, Combination, Evaluate, Slots, Unscaled, apart},
};

use crate::{
    Fresh,
    modulus::Modulus,
    ring::{Poly, Ring, permuted},
    switching::{EvaluationKeys, SwitchingKey, switch},
};

/// `c_0 + c_1 s (+ c_2 s^2)` is the message times the scale.
#[derive(Clone)]
pub struct Ciphertext {
    /// Two polynomials, or three after a product; never none.
    pub(crate) parts: Vec<Poly>,
    pub(crate) scale: f64,
}

impl Ciphertext {
    pub(crate) fn level(&self) -> Level {
        Level(self.parts[0].len() - 1)
    }
}

/// An encoded message.
pub struct Plaintext {
    poly: Poly,
    scale: f64,
}

/// The evaluating side, made from evaluation keys: there is no way to give it a secret key.
pub struct TextbookEvaluator {
    ring: Arc<Ring>,
    relin: SwitchingKey,
    galois: BTreeMap<Rotation, (Vec<usize>, SwitchingKey)>,
    steps: BTreeSet<Rotation>,
}

impl TextbookEvaluator {
    /// An evaluator on the chain of these keys.
    pub fn new(keys: EvaluationKeys) -> TextbookEvaluator {
        let EvaluationKeys { ring, relin, galois } = keys;
        TextbookEvaluator { ring, relin, steps: galois.keys().copied().collect(), galois }
    }

    fn combine(&self, x: &mut Ciphertext, y: &Ciphertext, f: impl Fn(Modulus, u64, u64) -> u64) -> Result<()> {
        x.parts.iter_mut().zip(&y.parts).for_each(|(x, y)| self.ring.combine(x, y, &f));
        Ok(())
    }

    /// `x(X^g)`, of which `digits` are those of the second polynomial. Digits may be taken before they are rotated, so
    /// one decomposition does for many rotations (hoisting).
    fn rotate_decomposed(&self, x: &Ciphertext, digits: &[Poly], step: Rotation) -> Result<Ciphertext> {
        let available = || self.steps.iter().copied().collect();
        let (places, key) =
            self.galois.get(&step).ok_or_else(|| CircuitError::MissingRotation { step, available: available() })?;
        let digits: Vec<Poly> = digits.iter().map(|digit| permuted(digit, places)).collect();
        let mut parts = switch(&self.ring, &digits, key);
        self.ring.combine(&mut parts[0], &permuted(&x.parts[0], places), Modulus::add);
        Ok(Ciphertext { parts: parts.into(), scale: x.scale })
    }
}

impl Evaluate for TextbookEvaluator {
    type Ciphertext = Ciphertext;
    type Plaintext = Plaintext;
    type Fresh = Fresh;

    fn chain(&self) -> &Chain {
        &self.ring.chain
    }

    fn rotations(&self) -> Option<&BTreeSet<Rotation>> {
        Some(&self.steps)
    }

    fn receive(&self, fresh: &Fresh) -> Result<Ciphertext> {
        Ok(fresh.expand(&self.ring))
    }

    fn level(&self, x: &Ciphertext) -> Level {
        x.level()
    }

    fn scale(&self, x: &Ciphertext) -> f64 {
        x.scale
    }

    fn set_scale(&self, x: &mut Ciphertext, scale: f64) -> Result<()> {
        x.scale = scale;
        Ok(())
    }

    fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<Plaintext> {
        let slots: Vec<f64> = values.iter(self.ring.chain.slots()).collect();
        self.ring.chain.check_slots("plaintext", level, scale, &slots)?;
        Ok(Plaintext { poly: self.ring.encode(values, level, scale), scale })
    }

    fn add_inplace(&self, x: &mut Ciphertext, y: &Ciphertext) -> Result<()> {
        self.combine(x, y, Modulus::add)
    }

    fn sub_inplace(&self, x: &mut Ciphertext, y: &Ciphertext) -> Result<()> {
        self.combine(x, y, Modulus::sub)
    }

    fn negate_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        let y = x.clone();
        self.combine(x, &y, |q, x, _| q.negate(x))
    }

    fn add_plain_inplace(&self, x: &mut Ciphertext, y: &Plaintext) -> Result<()> {
        self.ring.combine(&mut x.parts[0], &y.poly, Modulus::add);
        Ok(())
    }

    fn product_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        apart::product_sum(self, terms)
    }

    fn plain_product_sum(&self, terms: &[(&Ciphertext, &Plaintext)]) -> Result<Ciphertext> {
        apart::plain_product_sum(self, terms)
    }

    fn weighted_sums(&self, terms: &[(&Ciphertext, &[f64])], scale: f64) -> Result<Vec<Ciphertext>> {
        apart::weighted_sums(self, terms, scale)
    }

    fn rescale_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        let level = x.level();
        if level == Level(0) {
            return Err(CircuitError::NoLevelLeft { op: "rescale", needed: Level(1), actual: level }.into());
        }
        x.parts.iter_mut().for_each(|part| self.ring.divide(part, level.0));
        x.scale /= self.ring.chain.prime(level);
        Ok(())
    }

    fn combine_rescale(&self, terms: &Combination<'_, Ciphertext>, level: Level, scale: f64) -> Result<Ciphertext> {
        apart::combine_rescale(self, terms, level, scale)
    }

    fn drop_to(&self, x: &Ciphertext, level: Level) -> Result<Ciphertext> {
        let parts = x.parts.iter().map(|part| part.iter().take(level.0 + 1).cloned().collect()).collect();
        Ok(Ciphertext { parts, scale: x.scale })
    }

    fn rotate(&self, x: &Ciphertext, step: Rotation) -> Result<Ciphertext> {
        self.rotate_decomposed(x, &self.ring.decompose(&x.parts[1]), step)
    }

    fn rotate_many(&self, x: &Ciphertext, steps: &[Rotation]) -> Result<Vec<Ciphertext>> {
        let digits = self.ring.decompose(&x.parts[1]);
        steps.iter().map(|&step| self.rotate_decomposed(x, &digits, step)).collect()
    }

    fn ciphertext_bytes(&self, x: &Ciphertext) -> Result<usize> {
        Ok(8 * x.parts.iter().flatten().map(Vec::len).sum::<usize>() + size_of_val(&x.scale))
    }

    fn fresh_bytes(&self, x: &Fresh) -> usize {
        x.bytes()
    }
}

impl Unscaled for TextbookEvaluator {
    fn multiply_plain(&self, x: &Ciphertext, y: &Plaintext) -> Result<Ciphertext> {
        let mut product = Ciphertext { scale: x.scale * y.scale, ..x.clone() };
        product.parts.iter_mut().for_each(|part| self.ring.combine(part, &y.poly, Modulus::multiply));
        Ok(product)
    }

    fn multiply_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        let (x, y) = terms.first().ok_or(CircuitError::Empty { op: "product" })?;
        let zero = vec![vec![0; self.ring.chain.poly_modulus_degree()]; x.parts[0].len()];
        let mut sum = Ciphertext { parts: vec![zero; 3], scale: x.scale * y.scale };
        for (x, y) in terms {
            for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                self.ring.add_product(&mut sum.parts[i + j], &x.parts[i], &y.parts[j]);
            }
        }
        Ok(sum)
    }

    fn relinearize_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        // Two polynomials need nothing.
        if let [_, _, third] = &x.parts[..] {
            let switched = switch(&self.ring, &self.ring.decompose(third), &self.relin);
            x.parts.truncate(2);
            x.parts.iter_mut().zip(&switched).for_each(|(part, add)| self.ring.combine(part, add, Modulus::add));
        }
        Ok(())
    }
}
