//! What the tests of `seal_nn::seal::integer` share: a context with everything made from it, and plain arithmetic.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::seal::integer::*;
use seal_nn::{Level, Rotation};

pub struct Kit<S> {
    pub context: Context<S>,
    pub secret: SecretKey<S>,
    pub relin: RelinKeys<S>,
    /// For the steps 1 and -3.
    pub galois: GaloisKeys<S>,
    pub columns: GaloisKeys<S>,
    pub encoder: BatchEncoder<S>,
    pub encryptor: SymmetricEncryptor<S>,
    pub public: Encryptor<S>,
    pub decryptor: Decryptor<S>,
    pub evaluator: Evaluator<S>,
    pub t: u64,
}

/// A small ring, insecure but quick: 150 bits of data primes, slots modulo a prime of 17 bits.
pub fn small<S: IntegerScheme>() -> Parameters<S> {
    Parameters::<S>::insecure(1024, CoeffModulus::Bits(&[50, 50, 50, 50]), PlainModulus::Batching(17)).unwrap()
}

impl<S: IntegerScheme> Kit<S> {
    pub fn new(parameters: &Parameters<S>) -> Kit<S> {
        let context = Context::new(parameters).unwrap();
        let mut keys = KeyGenerator::new(&context).unwrap();
        let secret = keys.secret_key().unwrap();
        Kit {
            relin: keys.create_relin_keys().unwrap(),
            galois: keys.create_galois_keys(&[Rotation(1), Rotation(-3)]).unwrap(),
            columns: keys.create_column_key().unwrap(),
            encoder: BatchEncoder::new(&context).unwrap(),
            encryptor: SymmetricEncryptor::new(&context, &secret).unwrap(),
            public: Encryptor::with_public_key(&context, &keys.create_public_key().unwrap()).unwrap(),
            decryptor: Decryptor::new(&context, &secret).unwrap(),
            evaluator: Evaluator::new(&context).unwrap(),
            t: parameters.plain_modulus(),
            context,
            secret,
        }
    }

    pub fn small() -> Kit<S> {
        Kit::new(&small())
    }

    /// To make more keys with.
    pub fn keys(&self) -> KeyGenerator<S> {
        KeyGenerator::from_secret_key(&self.context, &self.secret).unwrap()
    }

    pub fn top(&self) -> Level {
        self.context.top_level()
    }

    pub fn plain(&self, values: &[u64]) -> Plaintext<S> {
        self.encoder.encode(values).unwrap()
    }

    pub fn encrypt(&self, values: &[u64]) -> Ciphertext<S> {
        self.encryptor.encrypt(&self.plain(values)).unwrap()
    }

    pub fn decrypt(&self, x: &Ciphertext<S>) -> Vec<u64> {
        self.encoder.decode(&self.decryptor.decrypt(x).unwrap().open_as_key_owner()).unwrap()
    }

    pub fn budget(&self, x: &Ciphertext<S>) -> u32 {
        self.decryptor.noise_budget(x).unwrap().open_as_key_owner()
    }

    pub fn relinearized(&self, x: &Ciphertext<S>) -> Ciphertext<S> {
        self.evaluator.relinearize(x, &self.relin).unwrap()
    }

    /// One random residue for each slot.
    pub fn random(&self, seed: u64) -> Vec<u64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..self.encoder.slots()).map(|_| rng.random_range(0..self.t)).collect()
    }

    /// `f` slot by slot, modulo t.
    pub fn zip(&self, x: &[u64], y: &[u64], f: impl Fn(i128, i128) -> i128) -> Vec<u64> {
        let t = i128::from(self.t);
        x.iter().zip(y).map(|(&a, &b)| f(a.into(), b.into()).rem_euclid(t) as u64).collect()
    }
}

pub fn power(base: u64, exponent: u64, t: u64) -> u64 {
    (0..exponent).fold(1, |product, _| (u128::from(product) * u128::from(base) % u128::from(t)) as u64)
}
