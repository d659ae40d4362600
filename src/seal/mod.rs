//! A safe interface to Microsoft SEAL's CKKS: parameters, keys, encoding, encryption and arithmetic.
//!
//! This module does not depend on networks and is useful by itself. Ciphertexts know their level, scale and size.
//! Invalid operations return a [`SealError`](crate::SealError) that says what to do, no C++ exception reaches the
//! caller, and no result wraps around silently where this can be detected. BFV and BGV, which compute with integers,
//! are in [`integer`].
//!
//! ```
//! use seal_nn::seal::*;
//! # fn main() -> Result<(), seal_nn::SealError> {
//! // One product deep; primes near 2^40, chosen so that scales stay where they are.
//! let parameters = Parameters::builder().depth(1, 40).build()?;
//! let context = Context::new(&parameters)?;
//! let mut keys = KeyGenerator::new(&context)?;
//! let secret = keys.secret_key()?;
//! let relin = keys.create_relin_keys()?;
//!
//! let (top, scale) = (parameters.top_level(), parameters.default_scale());
//! let encoder = Encoder::new(&context)?;
//! let x = SymmetricEncryptor::new(&context, &secret)?.encrypt(&encoder.encode(&[1.5, -2.0], top, scale)?)?;
//!
//! let evaluator = Evaluator::new(&context)?;
//! let mut squared = evaluator.square(&x)?;
//! evaluator.relinearize_inplace(&mut squared, &relin)?;
//! evaluator.rescale_inplace(&mut squared)?;
//! assert_eq!(squared.level(), seal_nn::Level(0));
//!
//! let values = Decryptor::new(&context, &secret)?.decrypt_decode(&squared)?.open_as_key_owner();
//! assert!((values[0] - 2.25).abs() < 1e-6 && (values[1] - 4.0).abs() < 1e-6);
//! # Ok(())
//! # }
//! ```

mod adopt;
mod arithmetic;
mod automorphism;
mod builder;
mod bytes;
mod check;
mod ciphertext;
mod code_path;
mod common;
mod context;
mod decryptor;
mod encoder;
mod encryptor;
mod evaluator;
mod flood;
mod hybrid;
mod hybrid_combination;
mod hybrid_keys;
mod hybrid_products;
pub mod integer;
mod kernel_profile;
mod keygenerator;
mod keys;
mod levels;
mod limits;
mod memory;
mod params;
mod periodic;
mod plaintext;
mod primes;
mod products;
mod publish;
mod real_encoder;
mod real_encryptor;
mod rotation;
mod scheme;
mod security_table;
mod seeded;
mod sparse;
#[cfg(all(test, target_os = "linux"))]
mod wiping;

pub use crate::error::{BytesRefusal, ExceptionClass, ObjectKind, ParameterRefusal};
pub use builder::ParametersBuilder;
pub use bytes::{
    Bytes, Compression, Container, Header, InsecureParameters, Limits, Packed, PackedParameters, SealVersion,
    SecretContainer, Wire,
};
pub use ciphertext::Ciphertext;
pub use code_path::{code_paths, transform_on};
pub use common::{Ckks, SchemeType};
pub use context::Context;
pub use decryptor::Decryptor;
pub use encoder::Encoder;
pub use encryptor::{Encryptor, SymmetricEncryptor};
pub use evaluator::Evaluator;
pub use flood::CiphertextFlood;
pub use hybrid::{ExtendedPlaintext, Hoisted, HybridEvaluator, TransformTerm};
pub use hybrid_combination::Combination;
pub use hybrid_keys::{HybridKeyLevels, HybridKeys};
pub use kernel_profile::KernelProfile;
pub use keygenerator::KeyGenerator;
pub use keys::{GaloisKeys, PublicKey, RelinKeys, SecretKey};
pub use memory::release_memory;
pub use params::Parameters;
pub use periodic::{PeriodicPlaintext, PeriodicTerm};
pub use plaintext::Plaintext;
pub use publish::{NoiseBound, ReleaseBudget};
pub use real_encoder::RealEncoder;
pub use real_encryptor::{RealEncryptor, RealSymmetricEncryptor};
pub use scheme::Scheme;
pub use security_table::SecurityTable;
pub use seeded::Seeded;
pub use sparse::{Raiser, RaisingKeys, SeededRaisingKeys, SparseParameters};

pub use crate::units::GiantSteps;
