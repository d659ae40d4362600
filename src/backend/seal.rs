//! The backend on Microsoft SEAL.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::{Chain, Evaluate, KeyHolder, Slots};
use crate::{
    Error, Level, Private, Result, Step,
    seal::{
        Ciphertext, Context, Decryptor, Encoder, Evaluator, GaloisKeys, KeyGenerator, Parameters, Plaintext, RelinKeys,
        SecretKey, Seeded, SymmetricEncryptor,
    },
};

impl TryFrom<&Parameters> for Chain {
    type Error = Error;

    fn try_from(parameters: &Parameters) -> Result<Chain> {
        Chain::new(
            parameters.poly_modulus_degree(),
            parameters.data_primes(),
            parameters.special_prime(),
            parameters.default_scale(),
        )
    }
}

/// What the evaluating side gets from the key holder, seed-compressed: keys for relinearisation and for rotations by
/// an exact set of steps.
#[derive(Debug)]
pub struct EvaluationKeys {
    relin: Seeded<RelinKeys>,
    galois: Seeded<GaloisKeys>,
    steps: BTreeSet<Step>,
}

impl EvaluationKeys {
    /// Bytes of the relinearisation key.
    pub fn relin_bytes(&self) -> usize {
        self.relin.serialized_bytes()
    }

    /// Bytes of the Galois keys.
    pub fn galois_bytes(&self) -> usize {
        self.galois.serialized_bytes()
    }

    /// The steps that can be rotated by.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        self.steps.iter().copied()
    }
}

/// The evaluating side. Made from parameters and evaluation keys: there is no way to give it a secret key.
///
/// ```compile_fail
/// # use seal_nn::{backend::SealEvaluator, seal::{Context, KeyGenerator, Parameters}};
/// # let parameters = Parameters::new(8192, &[50, 40, 50]).unwrap();
/// let keys = KeyGenerator::new(&Context::new(&parameters).unwrap()).unwrap();
/// SealEvaluator::new(&parameters, &keys.secret_key().unwrap()); // expected `&EvaluationKeys`, found `&SecretKey`
/// ```
pub struct SealEvaluator {
    chain: Chain,
    context: Context,
    evaluator: Evaluator,
    encoder: Encoder,
    relin: RelinKeys,
    galois: GaloisKeys,
    steps: BTreeSet<Step>,
}

impl SealEvaluator {
    /// Unpacks the keys.
    ///
    /// # Errors
    /// Keys of other parameters.
    pub fn new(parameters: &Parameters, keys: &EvaluationKeys) -> Result<SealEvaluator> {
        let context = Context::new(parameters)?;
        Ok(SealEvaluator {
            chain: Chain::try_from(parameters)?,
            evaluator: Evaluator::new(&context)?,
            encoder: Encoder::new(&context)?,
            relin: keys.relin.expand(&context)?,
            galois: keys.galois.expand(&context)?,
            steps: keys.steps.clone(),
            context,
        })
    }
}

impl Evaluate for SealEvaluator {
    type Ciphertext = Ciphertext;
    type Plaintext = Plaintext;
    type Fresh = Seeded<Ciphertext>;

    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn rotation_steps(&self) -> Option<&BTreeSet<Step>> {
        Some(&self.steps)
    }

    fn receive(&self, fresh: &Seeded<Ciphertext>) -> Result<Ciphertext> {
        Ok(fresh.expand(&self.context)?)
    }

    fn level(&self, x: &Ciphertext) -> Level {
        x.level()
    }

    fn scale(&self, x: &Ciphertext) -> f64 {
        x.scale()
    }

    fn set_scale(&self, x: &mut Ciphertext, scale: f64) -> Result<()> {
        Ok(x.set_scale(scale)?)
    }

    fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<Plaintext> {
        Ok(match values {
            Slots::Constant(value) => self.encoder.encode_constant(*value, level, scale)?,
            Slots::Vector(values) => self.encoder.encode(values, level, scale)?,
        })
    }

    fn add_inplace(&self, x: &mut Ciphertext, y: &Ciphertext) -> Result<()> {
        Ok(self.evaluator.add_inplace(x, y)?)
    }

    fn sub_inplace(&self, x: &mut Ciphertext, y: &Ciphertext) -> Result<()> {
        Ok(self.evaluator.sub_inplace(x, y)?)
    }

    fn negate_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        Ok(self.evaluator.negate_inplace(x)?)
    }

    fn add_plain_inplace(&self, x: &mut Ciphertext, y: &Plaintext) -> Result<()> {
        Ok(self.evaluator.add_plain_inplace(x, y)?)
    }

    fn multiply_plain(&self, x: &Ciphertext, y: &Plaintext) -> Result<Ciphertext> {
        Ok(self.evaluator.multiply_plain(x, y)?)
    }

    fn multiply_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        Ok(self.evaluator.multiply_sum(terms)?)
    }

    fn square(&self, x: &Ciphertext) -> Result<Ciphertext> {
        Ok(self.evaluator.square(x)?)
    }

    fn relinearize_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        Ok(self.evaluator.relinearize_inplace(x, &self.relin)?)
    }

    fn rescale_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        Ok(self.evaluator.rescale_inplace(x)?)
    }

    fn drop_to(&self, x: &Ciphertext, level: Level) -> Result<Ciphertext> {
        Ok(self.evaluator.drop_to(x, level)?)
    }

    fn rotate(&self, x: &Ciphertext, step: Step) -> Result<Ciphertext> {
        Ok(self.evaluator.rotate(x, step, &self.galois)?)
    }

    fn rotate_many(&self, x: &Ciphertext, steps: &[Step]) -> Result<Vec<Ciphertext>> {
        steps.par_iter().map(|&step| self.rotate(x, step)).collect()
    }

    fn linear_transform(&self, x: &Ciphertext, terms: &[(Step, &Plaintext)]) -> Result<Ciphertext> {
        Ok(self.evaluator.linear_transform(x, terms, &self.galois)?)
    }

    fn ciphertext_bytes(&self, x: &Ciphertext) -> Result<usize> {
        Ok(x.serialized_bytes()?)
    }

    fn fresh_bytes(&self, x: &Seeded<Ciphertext>) -> usize {
        x.serialized_bytes()
    }
}

/// The side with the secret key, which it makes, never shows and wipes when it is dropped.
pub struct SealKeyHolder {
    chain: Chain,
    encoder: Encoder,
    encryptor: SymmetricEncryptor,
    decryptor: Decryptor,
    context: Context,
    key: SecretKey,
}

impl SealKeyHolder {
    /// A new secret key.
    ///
    /// # Errors
    /// What SEAL refuses about the parameters.
    pub fn generate(parameters: &Parameters) -> Result<SealKeyHolder> {
        let context = Context::new(parameters)?;
        let key = KeyGenerator::new(&context)?.secret_key()?;
        Ok(SealKeyHolder {
            chain: Chain::try_from(parameters)?,
            encoder: Encoder::new(&context)?,
            encryptor: SymmetricEncryptor::new(&context, &key)?,
            decryptor: Decryptor::new(&context, &key)?,
            context,
            key,
        })
    }

    /// Keys for the evaluating side: relinearisation, and rotations by exactly these steps.
    ///
    /// # Errors
    /// What SEAL refuses about the steps.
    pub fn evaluation_keys(&self, steps: &[Step]) -> Result<EvaluationKeys> {
        let slots = self.chain.slots();
        let steps: BTreeSet<Step> = steps.iter().map(|s| s.canonical(slots)).filter(|s| s.0 != 0).collect();
        let listed: Vec<Step> = steps.iter().copied().collect();
        let mut generator = KeyGenerator::from_secret_key(&self.context, &self.key)?;
        Ok(EvaluationKeys {
            relin: generator.create_seeded_relin_keys()?,
            galois: generator.create_seeded_galois_keys(&listed)?,
            steps,
        })
    }
}

impl KeyHolder for SealKeyHolder {
    type Ciphertext = Ciphertext;
    type Fresh = Seeded<Ciphertext>;

    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn encrypt(&self, values: &[f64], at: Level) -> Result<Seeded<Ciphertext>> {
        self.chain.check_encryption(values, at)?;
        let plain = self.encoder.encode(values, at, self.chain.scale(at))?;
        Ok(self.encryptor.encrypt_seeded(&plain)?)
    }

    fn decrypt(&self, x: &Ciphertext) -> Result<Private<Vec<f64>>> {
        let values = self.decryptor.decrypt_decode(x)?.open_as_key_owner();
        self.chain.check_slots("decryption", x.level(), x.scale(), &values)?;
        Ok(Private::new(values))
    }
}
