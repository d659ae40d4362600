//! The bounds that follow from the parameters, with which a walk over bytes compares every field.

use zeroize::Zeroizing;

use super::Bytes;
use super::header::Header;
use super::limits::Limits;
use super::packed_parameters::PackedParameters;
use crate::Level;
use crate::error::SealError;
use crate::seal::Scheme;
use crate::seal::common::{Context, Parameters, SchemeType, SecretKey};

/// The `parms_id` of a level as SEAL computes it: a hash.
pub type ParametersId = [u8; 32];

/// Facts about one context. The last three are the differences between the schemes.
pub struct Bounds {
    /// N.
    pub degree: usize,
    /// All primes, with the special ones last.
    pub primes: Vec<u64>,
    /// The lowest level, which is not always 0 with a plaintext modulus.
    pub lowest_level: usize,
    /// The identifiers of this level, the next one, and so on.
    pub level_ids: Vec<ParametersId>,
    pub key_id: ParametersId,
    /// Whether ciphertexts are in NTT form, as in CKKS, and in BGV since SEAL 4.1.
    pub ntt_ciphertexts: bool,
    /// With a plaintext modulus, plaintexts are polynomials modulo it and scales are 1. Without, plaintexts are in NTT
    /// form modulo the primes of a level, and scales must be smaller than their product.
    pub plain_modulus: Option<u64>,
    /// Whether ciphertexts have a factor modulo the plaintext modulus, as in BGV.
    pub correction_factor: bool,
}

/// Bytes of the fields of an object before its residues: header, identifier and numbers, header and length of an array.
const PLAINTEXT_FIELDS: usize = Header::BYTES + 32 + 2 * 8 + ARRAY_FIELDS;
pub const CIPHERTEXT_FIELDS: usize = Header::BYTES + 32 + 1 + 5 * 8 + ARRAY_FIELDS;
pub const ARRAY_FIELDS: usize = Header::BYTES + 8;
/// The kind of a generator and its seed.
pub const SEED_FIELDS: usize = Header::BYTES + 1 + SEED_BYTES;
pub const SEED_BYTES: usize = 64;
/// Header, identifier and number of keys of a set.
pub const SET_FIELDS: usize = Header::BYTES + 32 + 8;

/// A context of any scheme, to which loaded objects belong.
pub trait Bounded: Clone {
    type Parameters: PackedParameters;
    type SecretKey: Bytes<Context = Self, Buffer = Zeroizing<Vec<u8>>>;

    fn parameters(&self) -> &Self::Parameters;
    fn bounds(&self) -> Result<Bounds, SealError>;
    /// Whether objects of the two contexts are compatible.
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

    /// The number of digits of SEAL's keys: for SEAL, all primes except the last are data primes.
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

    /// Every entry of a set, with the given number of keys.
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

/// The form of an object that is a ciphertext for SEAL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Two components, of which the second is a seed.
    Seeded,
    /// Up to the given number of components.
    Whole(usize),
}

impl Form {
    pub fn bytes(self, residues: usize) -> usize {
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
