//! The side that holds the secret key.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha20Rng};
use seal_nn::{
    Level, Private, Result, Rotation,
    backend::{Chain, Decrypt, Encrypt, Slots},
};

use crate::{
    evaluator::Ciphertext,
    modulus::Modulus,
    ring::{Poly, Ring, permuted, rotation},
    switching::{EvaluationKeys, SwitchingKey},
};

/// A fresh ciphertext: `b = m + e - a s`, and the seed from which `a` comes.
pub struct Fresh {
    b: Poly,
    seed: [u8; 32],
    scale: f64,
}

impl Fresh {
    pub(crate) fn expand(&self, ring: &Ring) -> Ciphertext {
        let a = ring.uniform(&mut ChaCha20Rng::from_seed(self.seed), self.b.len());
        Ciphertext { parts: vec![self.b.clone(), a], scale: self.scale }
    }

    pub(crate) fn bytes(&self) -> usize {
        8 * self.b.iter().map(Vec::len).sum::<usize>() + self.seed.len() + size_of_val(&self.scale)
    }
}

/// Holds a ternary secret key. **Not secure**: all it draws follows from a seed, and nothing is wiped.
pub struct InsecureKeyHolder {
    ring: Arc<Ring>,
    secret: Poly,
    rng: Mutex<ChaCha20Rng>,
}

impl InsecureKeyHolder {
    /// A secret key for a chain of real primes, as [`insecure_chain`](crate::insecure_chain) or SEAL's parameters give:
    /// the same one each time.
    ///
    /// # Errors
    /// `BadChain` when the primes are not all different primes of at most 60 bits that are `1 mod 2N`, as in nominal
    /// chains.
    pub fn generate(chain: Chain, seed: u64) -> Result<InsecureKeyHolder> {
        let ring = Ring::new(chain)?;
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let ternary: Vec<i64> = (0..ring.chain.poly_modulus_degree()).map(|_| rng.random_range(-1..=1)).collect();
        let secret = ring.small(&ternary, ring.special() + 1);
        Ok(InsecureKeyHolder { ring: Arc::new(ring), secret, rng: Mutex::new(rng) })
    }

    /// Keys for the evaluating side: relinearisation, and rotations by exactly these steps.
    pub fn evaluation_keys(&self, steps: &[Rotation]) -> EvaluationKeys {
        let chain = &self.ring.chain;
        let steps: BTreeSet<Rotation> = steps.iter().map(|s| s.canonical(chain.slots())).filter(|s| s.0 != 0).collect();
        let galois: BTreeMap<_, _> = steps
            .into_iter()
            .map(|step| {
                let places = rotation(chain.poly_modulus_degree(), step);
                let key = self.switching_key(&permuted(&self.secret, &places));
                (step, (places, key))
            })
            .collect();
        let mut square = self.secret.clone();
        self.ring.combine(&mut square, &self.secret, Modulus::multiply);
        EvaluationKeys { ring: self.ring.clone(), relin: self.switching_key(&square), galois }
    }

    fn switching_key(&self, from: &Poly) -> SwitchingKey {
        let (rng, special) = (&mut *self.rng(), self.ring.special());
        let digit = |j: usize| {
            let a = self.ring.uniform(rng, special + 1);
            let mut b = self.zero(&a, rng);
            let q = self.ring.modulus(j);
            let p = q.factor(self.ring.modulus(special).value % q.value);
            b[j].iter_mut().zip(&from[j]).for_each(|(b, &s)| *b = q.add(*b, q.multiply_factor(s, p)));
            [b, a]
        };
        SwitchingKey((0..special).map(digit).collect())
    }

    /// `e - a s`, modulo the primes of `a`: with it, `a` encrypts zero.
    fn zero(&self, a: &Poly, rng: &mut impl Rng) -> Poly {
        // Centred binomial with standard deviation sqrt(42/4) = 3.24, as in SEAL.
        let mut bits = || i64::from((rng.random::<u64>() >> (64 - 21)).count_ones());
        let error: Vec<i64> = (0..self.ring.chain.poly_modulus_degree()).map(|_| bits() - bits()).collect();
        let mut masked = a.clone();
        self.ring.combine(&mut masked, &self.secret, Modulus::multiply);
        let mut zero = self.ring.small(&error, a.len());
        self.ring.combine(&mut zero, &masked, Modulus::sub);
        zero
    }

    fn rng(&self) -> impl std::ops::DerefMut<Target = ChaCha20Rng> + '_ {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Encrypt for InsecureKeyHolder {
    type Fresh = Fresh;

    fn chain(&self) -> &Chain {
        &self.ring.chain
    }

    fn encrypt(&self, values: &[f64], at: Level) -> Result<Fresh> {
        self.ring.chain.check_encryption(values, at)?;
        let scale = self.ring.chain.scale(at);
        let message = self.ring.encode(&Slots::from(values.to_vec()), at, scale);
        let rng = &mut *self.rng();
        let seed = rng.random();
        let a = self.ring.uniform(&mut ChaCha20Rng::from_seed(seed), message.len());
        let mut b = self.zero(&a, rng);
        self.ring.combine(&mut b, &message, Modulus::add);
        Ok(Fresh { b, seed, scale })
    }
}

impl Decrypt for InsecureKeyHolder {
    type Ciphertext = Ciphertext;

    fn decrypt(&self, x: &Ciphertext) -> Result<Private<Vec<f64>>> {
        // Horner: c_0 + s (c_1 + s c_2).
        let mut message = vec![vec![0; self.secret[0].len()]; x.level().0 + 1];
        for part in x.parts.iter().rev() {
            self.ring.combine(&mut message, &self.secret, Modulus::multiply);
            self.ring.combine(&mut message, part, Modulus::add);
        }
        let slots = self.ring.decode(message, x.scale);
        self.ring.chain.check_slots("decryption", x.level(), x.scale, &slots)?;
        Ok(Private::new(slots))
    }
}
