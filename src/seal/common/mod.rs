//! The types of CKKS, BFV and BGV, with the scheme as a parameter.
//!
//! Features of single schemes are in [`seal`](super) for CKKS, which has aliases without the parameter, and in
//! [`integer`](super::integer) for the others.

pub mod check;
mod ciphertext;
mod context;
mod encryptor;
mod evaluator;
mod keygenerator;
mod keys;
mod params;
mod plaintext;
mod scheme_type;

pub use ciphertext::Ciphertext;
pub use context::Context;
pub use encryptor::{Encryptor, SymmetricEncryptor};
pub use evaluator::Evaluator;
pub use keygenerator::KeyGenerator;
pub use keys::{GaloisKeys, PublicKey, RelinKeys, SecretKey};
pub use params::Parameters;
pub use plaintext::Plaintext;
pub use scheme_type::{Ckks, SchemeType};

pub(super) use encryptor::encrypted;
pub(super) use evaluator::done;
pub(super) use keygenerator::{CONJUGATION, OP as KEY_GENERATION, failed as key_generation_failed};
