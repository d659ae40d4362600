//! What the tests of `seal_nn::seal` share: a context with everything made from it, random values, and how far a result
//! may be off.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::seal::*;
use seal_nn::{Level, Rotation};

pub struct Kit {
    pub context: Context,
    pub secret: SecretKey,
    pub relin: RelinKeys,
    pub galois: GaloisKeys,
    pub encoder: Encoder,
    pub encryptor: SymmetricEncryptor,
    pub decryptor: Decryptor,
    pub evaluator: Evaluator,
}

impl Kit {
    pub fn new(parameters: &Parameters, steps: &[Rotation]) -> Kit {
        let context = Context::new(parameters).unwrap();
        let mut keys = KeyGenerator::new(&context).unwrap();
        let secret = keys.secret_key().unwrap();
        Kit {
            relin: keys.create_relin_keys().unwrap(),
            galois: keys.create_galois_keys(steps).unwrap(),
            encoder: Encoder::new(&context).unwrap(),
            encryptor: SymmetricEncryptor::new(&context, &secret).unwrap(),
            decryptor: Decryptor::new(&context, &secret).unwrap(),
            evaluator: Evaluator::new(&context).unwrap(),
            context,
            secret,
        }
    }

    /// A small ring, insecure but quick: `depth` products at 40 bits.
    pub fn small(depth: usize, steps: &[Rotation]) -> Kit {
        Kit::new(&small(depth), steps)
    }

    /// To make more keys with.
    pub fn keys(&self) -> KeyGenerator {
        KeyGenerator::from_secret_key(&self.context, &self.secret).unwrap()
    }

    pub fn top(&self) -> Level {
        self.context.top_level()
    }

    pub fn scale(&self) -> f64 {
        self.context.parameters().default_scale()
    }

    pub fn plain(&self, values: &[f64]) -> Plaintext {
        self.encoder.encode(values, self.top(), self.scale()).unwrap()
    }

    pub fn encrypt(&self, values: &[f64]) -> Ciphertext {
        self.encryptor.encrypt(&self.plain(values)).unwrap()
    }

    pub fn decrypt(&self, x: &Ciphertext) -> Vec<f64> {
        self.decryptor.decrypt_decode(x).unwrap().open_as_key_owner()
    }

    /// Relinearises and rescales.
    pub fn finish(&self, mut product: Ciphertext) -> Ciphertext {
        self.evaluator.relinearize_inplace(&mut product, &self.relin).unwrap();
        self.evaluator.rescale_inplace(&mut product).unwrap();
        product
    }

    /// One random value between -1 and 1 for each slot.
    pub fn random(&self, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..self.context.slots()).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    pub fn noise(&self) -> Noise {
        Noise { degree: self.context.parameters().poly_modulus_degree() as f64 }
    }
}

pub fn small(depth: usize) -> Parameters {
    Parameters::builder().depth(depth, 40).degree(2048).insecure().build().unwrap()
}

/// Variances of the error in a complex slot, before it is divided by the scale (the noise table of the specification;
/// sigma = 3.24 is the standard deviation of SEAL's binomial errors, and 2/3 of the secret key's coefficients are not
/// zero).
pub struct Noise {
    degree: f64,
}

impl Noise {
    pub fn at(poly_modulus_degree: usize) -> Noise {
        Noise { degree: poly_modulus_degree as f64 }
    }

    /// Rounding N coefficients.
    pub fn encoding(&self) -> f64 {
        self.degree / 12.0
    }

    pub fn secret_key_encryption(&self) -> f64 {
        3.24 * 3.24 * self.degree
    }

    /// `r_0 + r_1 s` with both r's rounding errors: N/12 (1 + 2N/3).
    pub fn rounding(&self) -> f64 {
        self.degree * self.degree / 18.0
    }

    /// An encoded and encrypted value.
    pub fn fresh(&self) -> f64 {
        self.encoding() + self.secret_key_encryption()
    }

    /// A rotation, under a special prime 10 bits above the data primes.
    pub fn rotation(&self) -> f64 {
        self.rounding()
    }
}

/// Asserts that the worst slot is within 13 standard deviations, `variance` being that of the complex slot and the real
/// part having half of it. The tails are those of a product of two Gaussians: 13 has one false alarm in 10,000 runs.
#[track_caller]
pub fn assert_within(actual: &[f64], expected: &[f64], variance: f64, scale: f64) {
    assert_eq!(actual.len(), expected.len());
    let deviation = (variance / 2.0).sqrt() / scale;
    let (slot, worst) = actual
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs() / deviation)
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap();
    println!("worst slot {slot}: {worst:.1} sd of {deviation:.2e}");
    assert!(worst < 13.0, "slot {slot} is off by {worst:.1} sd: {} for {}", actual[slot], expected[slot]);
}

/// `f` slot by slot.
pub fn map(x: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    x.iter().map(|&a| f(a)).collect()
}

/// `f` slot by slot.
pub fn zip(x: &[f64], y: &[f64], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    x.iter().zip(y).map(|(&a, &b)| f(a, b)).collect()
}

/// Slot s of the result is slot s + k of x.
pub fn rotated(x: &[f64], k: i32) -> Vec<f64> {
    let mut y = x.to_vec();
    y.rotate_left(k.rem_euclid(x.len() as i32) as usize);
    y
}
