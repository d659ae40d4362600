//! The backend on Microsoft SEAL.

use std::{collections::BTreeSet, sync::OnceLock};

use super::{
    Chain, Combination, Decrypt, Encrypt, Evaluate, EvaluationKeys, KeyLevels, KeySwitching, Slots, TransformTerm,
    Unscaled, apart, evaluation_keys::SeededKeys,
};
use crate::{
    Error, Level, Private, Result, Rotation, SealError, parallel,
    seal::{
        self, Ciphertext, Context, Decryptor, Encoder, Evaluator, ExtendedPlaintext, GaloisKeys, HybridEvaluator,
        HybridKeyLevels, HybridKeys, KeyGenerator, Parameters, Plaintext, PublicKey, RealEncoder,
        RealSymmetricEncryptor, RelinKeys, SecretContainer, SecretKey, Seeded, SeededRaisingKeys, SparseParameters,
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

/// Our encoder is used together with our kernels.
fn real_encoder(key_switching: KeySwitching, context: &Context) -> Result<Option<RealEncoder>> {
    Ok(match key_switching {
        KeySwitching::Hybrid => Some(RealEncoder::new(context)?),
        KeySwitching::Seal => None,
    })
}

fn encode(real: Option<&RealEncoder>, seal: &Encoder, values: &[f64], at: Level, scale: f64) -> Result<Plaintext> {
    let encoded = match real {
        Some(encoder) => encoder.encode(values, at, scale),
        None => seal.encode(values, at, scale),
    };
    or_zeros(encoded, || seal.encode(&[], at, scale))
}

/// Values that round to zero are zeros: at a canonical scale they are far below the noise. Factors that do so do not come
/// here.
fn or_zeros<T>(encoded: Result<T, SealError>, zeros: impl FnOnce() -> Result<T, SealError>) -> Result<T> {
    Ok(match encoded {
        Err(SealError::RoundsToZero { .. }) => zeros()?,
        encoded => encoded?,
    })
}

/// The expanded keys, with the evaluator that uses them.
enum Keys {
    Hybrid(HybridEvaluator, HybridKeys),
    Seal(RelinKeys, GaloisKeys),
}

/// An encoded vector. Its residues modulo the special primes, which sums of rotated products need, are computed when it
/// is first used in such a sum.
pub struct SealPlaintext {
    plaintext: Plaintext,
    extended: OnceLock<ExtendedPlaintext>,
}

impl SealPlaintext {
    fn extended(&self, hybrid: &HybridEvaluator) -> Result<&ExtendedPlaintext> {
        if let Some(extended) = self.extended.get() {
            return Ok(extended);
        }
        let extended = hybrid.extend(&self.plaintext)?;
        Ok(self.extended.get_or_init(|| extended))
    }
}

/// The evaluating side. It is constructed from parameters and evaluation keys; there is no way to give it a secret key.
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
    /// Present with our own key switching.
    real: Option<RealEncoder>,
    keys: Keys,
    rotations: BTreeSet<Rotation>,
}

impl SealEvaluator {
    /// Expands the keys.
    ///
    /// # Errors
    /// `ForeignContext` for keys of other parameters, or an error of SEAL.
    pub fn new(parameters: &Parameters, keys: &EvaluationKeys) -> Result<SealEvaluator> {
        let context = Context::new(parameters)?;
        Ok(SealEvaluator {
            chain: Chain::try_from(parameters)?,
            evaluator: Evaluator::new(&context)?,
            encoder: Encoder::new(&context)?,
            real: real_encoder(keys.key_switching(), &context)?,
            keys: match keys.seeded() {
                SeededKeys::Hybrid(keys) => Keys::Hybrid(HybridEvaluator::new(&context)?, keys.expand(&context)?),
                SeededKeys::Seal(relin, galois) => Keys::Seal(relin.expand(&context)?, galois.expand(&context)?),
            },
            rotations: keys.rotations().collect(),
            context,
        })
    }

    /// An evaluator on a taller chain with scales of its own, for bootstraps.
    pub(crate) fn taller(context: &Context, chain: Chain, keys: HybridKeys) -> Result<SealEvaluator> {
        let (context, rotations) = (context.clone(), keys.levels().rotations.into_keys().collect());
        Ok(SealEvaluator {
            chain,
            evaluator: Evaluator::new(&context)?,
            encoder: Encoder::new(&context)?,
            real: None,
            keys: Keys::Hybrid(HybridEvaluator::new(&context)?, keys),
            rotations,
            context,
        })
    }

    /// Our own key switching.
    pub(crate) fn hybrid(&self) -> Result<(&HybridEvaluator, &HybridKeys)> {
        match &self.keys {
            Keys::Hybrid(hybrid, keys) => Ok((hybrid, keys)),
            Keys::Seal(..) => Err(SealError::MissingRelinKey { op: "our own key switching" }.into()),
        }
    }

    /// The context, for whoever reads ciphertexts from bytes: its tables take tens of megabytes.
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl Evaluate for SealEvaluator {
    type Ciphertext = Ciphertext;
    type Plaintext = SealPlaintext;
    type Fresh = Seeded<Ciphertext>;

    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn rotations(&self) -> Option<&BTreeSet<Rotation>> {
        Some(&self.rotations)
    }

    fn receive(&self, fresh: &Seeded<Ciphertext>) -> Result<Ciphertext> {
        Ok(match &self.keys {
            Keys::Hybrid(hybrid, _) => hybrid.expand(fresh)?,
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
            Slots::Constant(value) => {
                or_zeros(self.encoder.encode_constant(*value, level, scale), || self.encoder.encode(&[], level, scale))?
            }
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

    fn product_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        let relin = match &self.keys {
            Keys::Hybrid(hybrid, keys) => return Ok(hybrid.multiply_sum_rescale(terms, keys)?),
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
        let Keys::Hybrid(hybrid, _) = &self.keys else { return apart::plain_product_sum(self, terms) };
        let terms: Vec<_> = terms.iter().map(|(x, p)| (*x, &p.plaintext)).collect();
        Ok(hybrid.multiply_plain_sum_rescale(&terms)?)
    }

    fn weighted_sums(&self, terms: &[(&Ciphertext, &[f64])], scale: f64) -> Result<Vec<Ciphertext>> {
        match &self.keys {
            Keys::Hybrid(hybrid, _) => Ok(hybrid.weighted_sums(terms, scale)?),
            Keys::Seal(..) => apart::weighted_sums(self, terms, scale),
        }
    }

    fn rescale_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        match &self.keys {
            Keys::Hybrid(hybrid, _) => hybrid.rescale_inplace(x)?,
            Keys::Seal(..) => self.evaluator.rescale_inplace(x)?,
        }
        Ok(())
    }

    fn combine_rescale(&self, terms: &Combination<'_, Ciphertext>, level: Level, scale: f64) -> Result<Ciphertext> {
        let Keys::Hybrid(hybrid, keys) = &self.keys else { return apart::combine_rescale(self, terms, level, scale) };
        let &Combination { products, multiples, constant } = terms;
        Ok(hybrid.combine_rescale(&seal::Combination { products, multiples, constant }, level, scale, keys)?)
    }

    fn drop_to(&self, x: &Ciphertext, level: Level) -> Result<Ciphertext> {
        Ok(self.evaluator.drop_to(x, level)?)
    }

    fn rotate(&self, x: &Ciphertext, step: Rotation) -> Result<Ciphertext> {
        Ok(match &self.keys {
            Keys::Hybrid(hybrid, keys) => hybrid.rotate(x, step, keys)?,
            Keys::Seal(_, galois) => self.evaluator.rotate(x, step, galois)?,
        })
    }

    fn rotate_many(&self, x: &Ciphertext, rotations: &[Rotation]) -> Result<Vec<Ciphertext>> {
        let Keys::Hybrid(hybrid, keys) = &self.keys else {
            return parallel::try_map(rotations, |&step| self.rotate(x, step));
        };
        let hoisted = hybrid.hoist(x)?;
        let rotate = |&step: &Rotation| match step.canonical(self.chain.slots()) {
            Rotation(0) => Ok(x.clone()),
            step => Ok(hybrid.rotate_hoisted(&hoisted, step, keys)?),
        };
        parallel::try_map(rotations, rotate)
    }

    fn add_rotations(&self, x: Ciphertext, rotations: &[Rotation]) -> Result<Ciphertext> {
        match &self.keys {
            Keys::Hybrid(hybrid, keys) => Ok(hybrid.add_rotations(&x, rotations, keys)?),
            Keys::Seal(..) => apart::add_rotations(self, x, rotations),
        }
    }

    fn sum_rotations(&self, terms: &[(&Ciphertext, Rotation)]) -> Result<Ciphertext> {
        match &self.keys {
            Keys::Hybrid(hybrid, keys) => Ok(hybrid.sum_rotations(terms, keys)?),
            Keys::Seal(..) => apart::sum_rotations(self, terms),
        }
    }

    fn linear_transform(&self, x: &Ciphertext, terms: &[TransformTerm<'_, SealPlaintext>]) -> Result<Ciphertext> {
        let Keys::Hybrid(hybrid, keys) = &self.keys else { return apart::linear_transform(self, x, terms) };
        let terms = parallel::try_map(terms, |term| {
            let extended = term.plaintext.extended(hybrid)?;
            let TransformTerm { giant, baby, plaintext } = *term;
            Ok(seal::TransformTerm { giant, baby, plaintext: &plaintext.plaintext, extended })
        })?;
        Ok(hybrid.transform_rescale(x, &terms, keys)?)
    }

    fn ciphertext_bytes(&self, x: &Ciphertext) -> Result<usize> {
        Ok(self.chain.wire_ciphertext_bytes(x.level()))
    }

    fn fresh_bytes(&self, x: &Seeded<Ciphertext>) -> usize {
        self.chain.wire_seeded_bytes(x.level())
    }
}

impl Unscaled for SealEvaluator {
    fn multiply_plain(&self, x: &Ciphertext, y: &SealPlaintext) -> Result<Ciphertext> {
        Ok(self.evaluator.multiply_plain(x, &y.plaintext)?)
    }

    fn multiply_sum(&self, terms: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext> {
        Ok(self.evaluator.multiply_sum(terms)?)
    }

    fn relinearize_inplace(&self, x: &mut Ciphertext) -> Result<()> {
        match &self.keys {
            Keys::Hybrid(hybrid, keys) => hybrid.relinearize_inplace(x, keys)?,
            Keys::Seal(relin, _) => self.evaluator.relinearize_inplace(x, relin)?,
        }
        Ok(())
    }
}

/// Encryption by the kernels that come with our key switching, or by SEAL.
enum Encryption {
    Kernels(RealSymmetricEncryptor),
    Seal(Encoder, SymmetricEncryptor),
}

impl Encryption {
    fn new(key_switching: KeySwitching, context: &Context, key: &SecretKey) -> Result<Encryption> {
        Ok(match key_switching {
            KeySwitching::Hybrid => Encryption::Kernels(RealSymmetricEncryptor::new(context, key)?),
            KeySwitching::Seal => Encryption::Seal(Encoder::new(context)?, SymmetricEncryptor::new(context, key)?),
        })
    }

    fn encrypt(&self, values: &[f64], at: Level, scale: f64) -> Result<Seeded<Ciphertext>> {
        match self {
            Encryption::Kernels(encryptor) => {
                or_zeros(encryptor.encrypt(values, at, scale), || encryptor.encrypt(&[], at, scale))
            }
            Encryption::Seal(encoder, encryptor) => {
                Ok(encryptor.encrypt_seeded(&encode(None, encoder, values, at, scale)?)?)
            }
        }
    }
}

/// The side with the secret key. It generates the key, never exposes it, and clears it when it is dropped.
pub struct SealKeyHolder {
    chain: Chain,
    encryption: Encryption,
    decryptor: Decryptor,
    context: Context,
    key: SecretKey,
    key_switching: KeySwitching,
}

impl SealKeyHolder {
    /// Generates a new secret key.
    ///
    /// # Errors
    /// `SealError::Parameters` if SEAL rejects the parameters, or another error of SEAL.
    pub fn generate(parameters: &Parameters) -> Result<SealKeyHolder> {
        let key = KeyGenerator::new(&Context::new(parameters)?)?.secret_key()?;
        SealKeyHolder::from_secret_key(parameters, key)
    }

    /// A key holder with an existing secret key. Evaluation keys that were generated from it remain valid.
    ///
    /// # Errors
    /// [`ForeignContext`](crate::SealError::ForeignContext) for a key of other parameters.
    pub fn from_secret_key(parameters: &Parameters, key: SecretKey) -> Result<SealKeyHolder> {
        let context = Context::new(parameters)?;
        let chain = Chain::try_from(parameters)?;
        let key_switching = KeySwitching::default().on(&chain);
        Ok(SealKeyHolder {
            encryption: Encryption::new(key_switching, &context, &key)?,
            key_switching,
            chain,
            decryptor: Decryptor::new(&context, &key)?,
            context,
            key,
        })
    }

    /// A key holder with the parameters and secret key of a container, checked for 128-bit security.
    ///
    /// # Errors
    /// The same as for [`SecretContainer::parameters`] and [`SecretContainer::secret_key`].
    pub fn from_secret_container(container: &SecretContainer) -> Result<SealKeyHolder> {
        let parameters = container.parameters()?;
        SealKeyHolder::from_secret_key(&parameters, container.secret_key(&Context::new(&parameters)?)?)
    }

    /// Parameters and secret key, to be stored where nobody else can read them. [`SecretContainer::save`] writes a file
    /// that only its owner can read.
    ///
    /// ```no_run
    /// # fn main() -> seal_nn::Result<()> {
    /// use seal_nn::{backend::SealKeyHolder, seal::{Parameters, SecretContainer}};
    /// let holder = SealKeyHolder::generate(&Parameters::new(8192, &[50, 40, 50])?)?;
    /// holder.secret_container()?.save("client.key")?;
    /// // Later, in another process.
    /// let holder = SealKeyHolder::from_secret_container(&SecretContainer::load("client.key")?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Library`](crate::SealError::Library) if memory runs out.
    pub fn secret_container(&self) -> Result<SecretContainer> {
        Ok(SecretContainer::new(&self.key)?)
    }

    /// The same key holder, with evaluation keys for another implementation of key switching.
    pub fn with_key_switching(self, key_switching: KeySwitching) -> SealKeyHolder {
        SealKeyHolder { key_switching: key_switching.on(&self.chain), ..self }
    }

    /// Keys for the evaluating side: relinearisation, and exactly these rotations, at every level.
    ///
    /// # Errors
    /// An error of SEAL, for example if memory runs out.
    pub fn evaluation_keys(&self, rotations: &[Rotation]) -> Result<EvaluationKeys> {
        self.evaluation_keys_for(&KeyLevels::all(&self.chain, rotations))
    }

    /// Keys for exactly the requirements of a plan, each cut to the highest level at which the plan uses it. SEAL's own
    /// keys support every level.
    ///
    /// # Errors
    /// `LevelTooHigh` for levels above the top of the chain, or an error of SEAL.
    pub fn evaluation_keys_for(&self, levels: &KeyLevels) -> Result<EvaluationKeys> {
        let mut generator = KeyGenerator::from_secret_key(&self.context, &self.key)?;
        let keys = match self.key_switching {
            KeySwitching::Hybrid => {
                let levels =
                    HybridKeyLevels { relin: levels.relin, rotations: levels.rotations.clone(), conjugation: None };
                SeededKeys::Hybrid(generator.create_seeded_hybrid_keys(&levels)?)
            }
            KeySwitching::Seal => {
                let slots = self.chain.slots();
                let rotations: BTreeSet<Rotation> =
                    levels.rotations.keys().map(|step| step.canonical(slots)).filter(|step| step.0 != 0).collect();
                let rotations: Vec<Rotation> = rotations.into_iter().collect();
                SeededKeys::Seal(
                    generator.create_seeded_relin_keys()?,
                    generator.create_seeded_galois_keys(&rotations)?,
                )
            }
        };
        EvaluationKeys::new(self.context.parameters(), keys)
    }

    /// Keys of bootstraps in a taller context, under the same secret: those of the chain, and those to and from an ephemeral
    /// sparse secret.
    pub(crate) fn keys_of_taller(
        &self,
        tall: &Context,
        levels: &HybridKeyLevels,
        sparse: &SparseParameters,
        raised: &[Rotation],
    ) -> Result<(Seeded<HybridKeys>, SeededRaisingKeys)> {
        let mut generator = KeyGenerator::from_secret_key(tall, &tall.adopt_secret_key(&self.key)?)?;
        Ok((generator.create_seeded_hybrid_keys(levels)?, generator.create_seeded_raising_keys(sparse, raised)?))
    }

    /// A public key, different for each call, with which others encrypt for this key holder.
    ///
    /// # Errors
    /// An error of SEAL, for example if memory runs out.
    pub fn public_key(&self) -> Result<Seeded<PublicKey>> {
        Ok(KeyGenerator::from_secret_key(&self.context, &self.key)?.create_seeded_public_key()?)
    }
}

impl Encrypt for SealKeyHolder {
    type Fresh = Seeded<Ciphertext>;

    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn encrypt(&self, values: &[f64], at: Level) -> Result<Seeded<Ciphertext>> {
        self.chain.check_encryption(values, at)?;
        self.encryption.encrypt(values, at, self.chain.scale(at))
    }

    /// Every encryption has a generator of its own, with a seed from the operating system.
    fn encrypt_all(&self, vectors: &[(&[f64], Level)]) -> Result<Vec<Seeded<Ciphertext>>> {
        parallel::try_map(vectors, |(values, at)| self.encrypt(values, *at))
    }
}

impl Decrypt for SealKeyHolder {
    type Ciphertext = Ciphertext;

    fn decrypt(&self, x: &Ciphertext) -> Result<Private<Vec<f64>>> {
        let values = self.decryptor.decrypt_decode(x)?.open_as_key_owner();
        self.chain.check_slots("decryption", x.level(), x.scale(), &values)?;
        Ok(Private::new(values))
    }

    fn decrypt_all(&self, message: &[&Ciphertext]) -> Result<Vec<Private<Vec<f64>>>> {
        parallel::try_map(message, |x| self.decrypt(x))
    }
}
