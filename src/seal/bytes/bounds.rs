//! What the parameters allow: all that a walk over bytes compares them with.

use zeroize::Zeroizing;

use super::Bytes;
use super::header::Header;
use super::limits::Limits;
use super::packed_parameters::PackedParameters;
use crate::Level;
use crate::error::SealError;
use crate::seal::Scheme;
use crate::seal::common::{Context, Parameters, SchemeType, SecretKey};

/// The identity of the parameters at a level, as SEAL computes it: a hash.
pub type ParametersId = [u8; 32];

/// Facts about one context. The last three say what differs between the schemes.
pub struct Bounds {
    /// N
    pub degree: usize,
    /// All primes, the special ones last.
    pub primes: Vec<u64>,
    /// The lowest level that there is: with a plaintext modulus not always 0.
    pub lowest_level: usize,
    /// Of this level, the next one, ...
    pub level_ids: Vec<ParametersId>,
    pub key_id: ParametersId,
    /// Whether ciphertexts lie in NTT form, as in CKKS, and in BGV since SEAL 4.1.
    pub ntt_ciphertexts: bool,
    /// Where there is a plaintext modulus, plaintexts are polynomials modulo it, and scales are 1; else plaintexts lie
    /// in NTT form modulo the primes of a level, and scales must fit under their product.
    pub plain_modulus: Option<u64>,
    /// Whether ciphertexts carry a factor modulo the plaintext modulus, as in BGV.
    pub correction_factor: bool,
}

/// Bytes of the fields of an object before its residues: header, identity and numbers, header and length of an array.
const PLAINTEXT_FIELDS: usize = Header::BYTES + 32 + 2 * 8 + ARRAY_FIELDS;
const CIPHERTEXT_FIELDS: usize = Header::BYTES + 32 + 1 + 5 * 8 + ARRAY_FIELDS;
const ARRAY_FIELDS: usize = Header::BYTES + 8;
/// A generator's kind and its seed.
const SEED_FIELDS: usize = Header::BYTES + 1 + SEED_BYTES;
pub const SEED_BYTES: usize = 64;
/// Header, identity, and the number of keys of a set.
pub const SET_FIELDS: usize = Header::BYTES + 32 + 8;

/// A context of any scheme: what is loaded belongs to it.
pub trait Bounded: Clone {
    type Parameters: PackedParameters;
    type SecretKey: Bytes<Context = Self, Buffer = Zeroizing<Vec<u8>>>;

    fn parameters(&self) -> &Self::Parameters;
    fn bounds(&self) -> Result<Bounds, SealError>;
    /// Whether objects of the two work together.
    fn agrees_with(&self, other: &Self) -> bool;
}

impl<S: SchemeType> Bounded for Context<S> {
    type Parameters = Parameters<S>;
    type SecretKey = SecretKey<S>;

    fn parameters(&self) -> &Parameters<S> {
        self.parameters()
    }

    fn agrees_with(&self, other: &Context<S>) -> bool {
        Context::agrees_with(self, other)
    }

    fn bounds(&self) -> Result<Bounds, SealError> {
        let (parameters, lowest) = (self.parameters(), self.lowest_level().0);
        Ok(Bounds {
            degree: parameters.poly_modulus_degree,
            primes: parameters.primes().collect(),
            lowest_level: lowest,
            level_ids: (lowest..=self.top_level().0)
                .map(|level| self.parms_id(Level(level)))
                .collect::<Result<_, _>>()?,
            key_id: self.key_parms_id()?,
            ntt_ciphertexts: self.keeps_transformed()?,
            plain_modulus: (S::SCHEME != Scheme::Ckks).then_some(parameters.plain_modulus),
            correction_factor: S::SCHEME == Scheme::Bgv,
        })
    }
}

impl Bounds {
    /// The primes of ciphertexts at a level.
    pub fn level_primes(&self, level: usize) -> &[u64] {
        &self.primes[..=level]
    }

    /// What can have been compressed to so many bytes, but for plaintexts: residues are random, and primes have 13 bits
    /// of 64 at least in rings of any use. The empty places of Galois keys shrink to nothing.
    pub fn inflated_bytes(&self, compressed: usize) -> usize {
        compressed.saturating_mul(8).saturating_add(8 * self.degree + 4096)
    }

    fn top_primes(&self) -> usize {
        self.lowest_level + self.level_ids.len()
    }

    /// Digits of SEAL's keys: to SEAL all primes but the last are data primes.
    pub fn digits(&self) -> usize {
        self.primes.len() - 1
    }

    pub fn plaintext_bytes(&self) -> usize {
        let residues = if self.plain_modulus.is_some() { self.degree } else { self.degree * self.top_primes() };
        PLAINTEXT_FIELDS + 8 * residues
    }

    pub fn secret_key_bytes(&self) -> usize {
        PLAINTEXT_FIELDS + 8 * self.degree * self.primes.len()
    }

    pub fn ciphertext_bytes(&self, form: Form) -> usize {
        form.bytes(self.degree * self.top_primes())
    }

    pub fn public_key_bytes(&self, form: Form) -> usize {
        form.bytes(self.degree * self.primes.len())
    }

    /// Every place of a set, so many of them with a key.
    pub fn galois_keys_bytes(&self, form: Form, limits: &Limits) -> usize {
        let key = self.switching_key_bytes(form);
        let keys = key.saturating_mul(limits.galois_keys().min(self.degree));
        limits.bytes().min(keys.saturating_add(SET_FIELDS + 8 * self.degree))
    }

    /// One key of a set, with the number of its digits.
    pub fn switching_key_bytes(&self, form: Form) -> usize {
        8 + self.digits() * self.public_key_bytes(form)
    }
}

/// The form of what is a ciphertext to SEAL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Two components, the second one as a seed.
    Seeded,
    /// Up to so many components.
    Whole(usize),
}

impl Form {
    fn bytes(self, residues: usize) -> usize {
        CIPHERTEXT_FIELDS
            + match self {
                Form::Seeded => 8 * residues + SEED_FIELDS,
                Form::Whole(components) => 8 * residues * components,
            }
    }

    pub fn most_components(self) -> usize {
        match self {
            Form::Seeded => 2,
            Form::Whole(components) => components,
        }
    }
}
