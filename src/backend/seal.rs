//! The backend on Microsoft SEAL.

use std::{collections::BTreeSet, sync::OnceLock};

use rayon::prelude::*;

use super::{
    Chain, Evaluate, Kernels, KeyHolder, KeyLevels, Slots, TransformTerm,
    evaluate::{add_rotations_apart, plain_products_apart, sum_rotations_apart, transform_apart},
};
use crate::{
    Error, Level, Private, Result, Step,
    seal::{
        self, Ciphertext, Context, Decryptor, Encoder, Evaluator, ExtendedPlaintext, GaloisKeys, KeyGenerator,
        Parameters, Plaintext, RealEncoder, RelinKeys, SecretKey, Seeded, Switcher, SwitchingKeys, SwitchingLevels,
        SymmetricEncryptor,
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
        )?
        .with_special_primes(parameters.special_primes())
    }
}

/// What the evaluating side gets from the key holder, seed-compressed: keys for relinearisation and for rotations by
/// an exact set of steps.
#[derive(Debug)]
pub struct EvaluationKeys {
    keys: SeededKeys,
    relin_bytes: usize,
    galois_bytes: usize,
    steps: BTreeSet<Step>,
}

#[derive(Debug)]
enum SeededKeys {
    Own(Seeded<SwitchingKeys>),
    Seal(Seeded<RelinKeys>, Seeded<GaloisKeys>),
}

impl EvaluationKeys {
    /// Bytes of the relinearisation key.
    pub fn relin_bytes(&self) -> usize {
        self.relin_bytes
    }

    /// Bytes of the Galois keys.
    pub fn galois_bytes(&self) -> usize {
        self.galois_bytes
    }

    /// Whose keys they are.
    pub fn kernels(&self) -> Kernels {
        match self.keys {
            SeededKeys::Own(_) => Kernels::Own,
            SeededKeys::Seal(..) => Kernels::Seal,
        }
    }

    /// The steps that can be rotated by.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        self.steps.iter().copied()
    }
}

/// Our encoder goes with our kernels.
fn real_encoder(kernels: Kernels, context: &Context) -> Result<Option<RealEncoder>> {
    Ok(match kernels {
        Kernels::Own => Some(RealEncoder::new(context)?),
        Kernels::Seal => None,
    })
}

fn encode(real: Option<&RealEncoder>, seal: &Encoder, values: &[f64], at: Level, scale: f64) -> Result<Plaintext> {
    Ok(match real {
        Some(encoder) => encoder.encode(values, at, scale)?,
        None => seal.encode(values, at, scale)?,
    })
}

/// Keys as they are used, with what uses them.
enum Keys {
    Own(Switcher, SwitchingKeys),
    Seal(RelinKeys, GaloisKeys),
}

/// An encoded vector. What a sum of rotated products needs of it beside its own residues is made once, when it is first
/// part of such a sum.
pub struct SealPlaintext {
    plaintext: Plaintext,
    extended: OnceLock<ExtendedPlaintext>,
}

impl SealPlaintext {
    fn extended(&self, switcher: &Switcher) -> Result<&ExtendedPlaintext> {
        if let Some(extended) = self.extended.get() {
            return Ok(extended);
        }
        let extended = switcher.extend(&self.plaintext)?;
        Ok(self.extended.get_or_init(|| extended))
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
    /// Beside keys of our own.
    real: Option<RealEncoder>,
    keys: Keys,
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
            real: real_encoder(keys.kernels(), &context)?,
            keys: match &keys.keys {
                SeededKeys::Own(keys) => Keys::Own(Switcher::new(&context)?, keys.expand(&context)?),
                SeededKeys::Seal(relin, galois) => Keys::Seal(relin.expand(&context)?, galois.expand(&context)?),
            },
            steps: keys.steps.clone(),
            context,
        })
    }
}

impl Evaluate for SealEvaluator {
    type Ciphertext = Ciphertext;
    type Plaintext = SealPlaintext;
    type Fresh = Seeded<Ciphertext>;

    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn rotation_steps(&self) -> Option<&BTreeSet<Step>> {
        Some(&self.steps)
    }

    fn receive(&self, fresh: &Seeded<Ciphertext>) -> Result<Ciphertext> {
        Ok(match &self.keys {
            Keys::Own(switcher, _) => switcher.expand(fresh)?,
            Keys::Seal(..) => fresh.expand(&self.context)?,
        })
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

    fn encode(&self, values: &Slots, level: Level, scale: f64) -> Result<SealPlaintext> {
        let plaintext = match values {
            Slots::Constant(value) => self.encoder.encode_constant(*value, level, scale)?,
            Slots::Vector(values) => encode(self.real.as_ref(), &self.encoder, values, level, scale)?,
        };
        Ok(SealPlaintext { plaintext, extended: OnceLock::new() })
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

    fn add_plain_inplace(&self, x: &mut Ciphertext, y: &SealPlaintext) -> Result<()> {
        Ok(self.evaluator.add_plain_inplace(x, &y.plaintext)?)
    }

    fn multiply_plain(&self, x: &Ciphertext, y: &SealPlaintext) -> Result<Ciphertext> {
        Ok(self.evaluator.multiply_plain(x, &y.plaintext)?)
    }

    fn multiply_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        Ok(self.evaluator.multiply_sum(terms)?)
    }

    fn product_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        let relin = match &self.keys {
            Keys::Own(switcher, keys) => return Ok(switcher.multiply_sum_rescale(terms, keys)?),
            Keys::Seal(relin, _) => relin,
        };
        let mut sum = match *terms {
            [(x, y)] if std::ptr::eq(x, y) => self.evaluator.square(x)?,
            _ => self.evaluator.multiply_sum(terms)?,
        };
        self.evaluator.relinearize_inplace(&mut sum, relin)?;
        self.evaluator.rescale_inplace(&mut sum)?;
        Ok(sum)
    }

    fn plain_product_sum(&self, terms: &[(&Ciphertext, &SealPlaintext)]) -> Result<Ciphertext> {
        let Keys::Own(switcher, _) = &self.keys else { return plain_products_apart(self, terms) };
        let terms: Vec<_> = terms.iter().map(|(x, p)| (*x, &p.plaintext)).collect();
        Ok(switcher.multiply_plain_sum_rescale(&terms)?)
    }

    fn relinearize_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        match &self.keys {
            Keys::Own(switcher, keys) => switcher.relinearize_inplace(x, keys)?,
            Keys::Seal(relin, _) => self.evaluator.relinearize_inplace(x, relin)?,
        }
        Ok(())
    }

    fn rescale_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        match &self.keys {
            Keys::Own(switcher, _) => switcher.rescale_inplace(x)?,
            Keys::Seal(..) => self.evaluator.rescale_inplace(x)?,
        }
        Ok(())
    }

    fn drop_to(&self, x: &Ciphertext, level: Level) -> Result<Ciphertext> {
        Ok(self.evaluator.drop_to(x, level)?)
    }

    fn rotate(&self, x: &Ciphertext, step: Step) -> Result<Ciphertext> {
        Ok(match &self.keys {
            Keys::Own(switcher, keys) => switcher.rotate(x, step, keys)?,
            Keys::Seal(_, galois) => self.evaluator.rotate(x, step, galois)?,
        })
    }

    fn rotate_many(&self, x: &Ciphertext, steps: &[Step]) -> Result<Vec<Ciphertext>> {
        let Keys::Own(switcher, keys) = &self.keys else {
            return steps.par_iter().map(|&step| self.rotate(x, step)).collect();
        };
        let hoisted = switcher.hoist(x)?;
        let rotate = |&step: &Step| match step.canonical(self.chain.slots()) {
            Step(0) => Ok(x.clone()),
            step => Ok(switcher.rotate_hoisted(&hoisted, step, keys)?),
        };
        steps.par_iter().map(rotate).collect()
    }

    fn add_rotations(&self, x: Ciphertext, steps: &[Step]) -> Result<Ciphertext> {
        match &self.keys {
            Keys::Own(switcher, keys) => Ok(switcher.add_rotations(&x, steps, keys)?),
            Keys::Seal(..) => add_rotations_apart(self, x, steps),
        }
    }

    fn sum_rotations(&self, terms: &[(&Ciphertext, Step)]) -> Result<Ciphertext> {
        match &self.keys {
            Keys::Own(switcher, keys) => Ok(switcher.sum_rotations(terms, keys)?),
            Keys::Seal(..) => sum_rotations_apart(self, terms),
        }
    }

    fn linear_transform(&self, x: &Ciphertext, terms: &[TransformTerm<'_, SealPlaintext>]) -> Result<Ciphertext> {
        let Keys::Own(switcher, keys) = &self.keys else { return transform_apart(self, x, terms) };
        let terms = terms.par_iter().map(|term| {
            let extended = term.plaintext.extended(switcher)?;
            let TransformTerm { giant, baby, plaintext } = *term;
            Ok(seal::TransformTerm { giant, baby, plaintext: &plaintext.plaintext, extended })
        });
        let terms = terms.collect::<Result<Vec<_>>>()?;
        Ok(switcher.transform_rescale(x, &terms, keys)?)
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
    real: Option<RealEncoder>,
    encryptor: SymmetricEncryptor,
    decryptor: Decryptor,
    context: Context,
    key: SecretKey,
    kernels: Kernels,
}

impl SealKeyHolder {
    /// A new secret key.
    ///
    /// # Errors
    /// What SEAL refuses about the parameters.
    pub fn generate(parameters: &Parameters) -> Result<SealKeyHolder> {
        let context = Context::new(parameters)?;
        let key = KeyGenerator::new(&context)?.secret_key()?;
        let chain = Chain::try_from(parameters)?;
        let kernels = Kernels::default().on(&chain);
        Ok(SealKeyHolder {
            kernels,
            chain,
            encoder: Encoder::new(&context)?,
            real: real_encoder(kernels, &context)?,
            encryptor: SymmetricEncryptor::new(&context, &key)?,
            decryptor: Decryptor::new(&context, &key)?,
            context,
            key,
        })
    }

    /// The same key holder, which makes evaluation keys of another kind.
    pub fn with_kernels(self, kernels: Kernels) -> SealKeyHolder {
        let kernels = kernels.on(&self.chain);
        SealKeyHolder { real: self.real.filter(|_| kernels == Kernels::Own), kernels, ..self }
    }

    /// Keys for the evaluating side: relinearisation, and rotations by exactly these steps, at every level.
    ///
    /// # Errors
    /// What SEAL refuses about the steps.
    pub fn evaluation_keys(&self, steps: &[Step]) -> Result<EvaluationKeys> {
        self.evaluation_keys_for(&KeyLevels::all(&self.chain, steps))
    }

    /// Keys for exactly what a plan needs, each cut to the highest level at which the plan uses it. SEAL's own keys serve
    /// every level, whatever the plan.
    ///
    /// # Errors
    /// `LevelTooHigh` for levels above the chain; what SEAL refuses about the steps.
    pub fn evaluation_keys_for(&self, levels: &KeyLevels) -> Result<EvaluationKeys> {
        let slots = self.chain.slots();
        let steps: BTreeSet<Step> = levels.rotations.keys().map(|s| s.canonical(slots)).filter(|s| s.0 != 0).collect();
        let mut generator = KeyGenerator::from_secret_key(&self.context, &self.key)?;
        if self.kernels == Kernels::Seal {
            let listed: Vec<Step> = steps.iter().copied().collect();
            let (relin, galois) =
                (generator.create_seeded_relin_keys()?, generator.create_seeded_galois_keys(&listed)?);
            let (relin_bytes, galois_bytes) = (relin.serialized_bytes(), galois.serialized_bytes());
            return Ok(EvaluationKeys { keys: SeededKeys::Seal(relin, galois), relin_bytes, galois_bytes, steps });
        }
        let levels = SwitchingLevels { relin: levels.relin, rotations: levels.rotations.clone() };
        let keys = generator.create_seeded_switching_keys(&levels)?;
        let galois = SwitchingLevels { relin: None, ..levels };
        let galois_bytes = galois.bytes(self.context.parameters());
        let relin_bytes = keys.serialized_bytes() - galois_bytes;
        Ok(EvaluationKeys { keys: SeededKeys::Own(keys), relin_bytes, galois_bytes, steps })
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
        let plain = encode(self.real.as_ref(), &self.encoder, values, at, self.chain.scale(at))?;
        Ok(self.encryptor.encrypt_seeded(&plain)?)
    }

    fn decrypt(&self, x: &Ciphertext) -> Result<Private<Vec<f64>>> {
        let values = self.decryptor.decrypt_decode(x)?.open_as_key_owner();
        self.chain.check_slots("decryption", x.level(), x.scale(), &values)?;
        Ok(Private::new(values))
    }
}
