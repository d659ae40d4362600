//! Exact arithmetic on encrypted integers: a safe interface to SEAL's BFV and BGV.
//!
//! Plaintexts are polynomials modulo a plain modulus t, or vectors of N integers modulo t ([`BatchEncoder`]). Results
//! are exact modulo t, and there are no scales. Instead, computations are limited by the noise budget, which only the
//! secret key reveals ([`Decryptor::noise_budget`]). [`Decryptor::decrypt`] returns an error for a ciphertext without
//! noise budget, for which SEAL would return a wrong value.
//!
//! Everything has the scheme as a type parameter, [`Bfv`] or [`Bgv`]; CKKS is in [`seal`](super). Objects of different
//! schemes cannot be mixed:
//!
//! ```compile_fail,E0308
//! use seal_nn::seal::integer::*;
//! fn mixed(evaluator: &Evaluator<Bfv>, x: &Ciphertext<Bfv>, y: &Ciphertext<Bgv>) {
//!     let _ = evaluator.add(x, y);
//! }
//! ```
//!
//! ```compile_fail,E0308
//! use seal_nn::seal::{self, integer};
//! fn mixed(evaluator: &integer::Evaluator<integer::Bgv>, x: &seal::Ciphertext) {
//!     let _ = evaluator.negate(x);
//! }
//! ```
//!
//! ```
//! use seal_nn::seal::integer::*;
//! # fn main() -> Result<(), seal_nn::SealError> {
//! // 8,192 integers modulo a prime of 20 bits, and SEAL's choice of coefficient primes.
//! let parameters = Parameters::<Bfv>::new(8192, CoeffModulus::Default, PlainModulus::Batching(20))?;
//! let context = Context::new(&parameters)?;
//! let mut keys = KeyGenerator::new(&context)?;
//! let secret = keys.secret_key()?;
//! let relin = keys.create_relin_keys()?;
//!
//! let encoder = BatchEncoder::new(&context)?;
//! let encryptor = Encryptor::with_public_key(&context, &keys.create_public_key()?)?;
//! let x = encryptor.encrypt(&encoder.encode_signed(&[1, -2, 300])?)?;
//!
//! let evaluator = Evaluator::new(&context)?;
//! let squared = evaluator.relinearize(&evaluator.square(&x)?, &relin)?;
//! let difference = evaluator.sub(&squared, &x)?;
//!
//! let decrypted = Decryptor::new(&context, &secret)?.decrypt(&difference)?.open_as_key_owner();
//! assert_eq!(encoder.decode_signed(&decrypted)?[..4], [0, 6, 89700, 0]);
//! # Ok(())
//! # }
//! ```

mod arithmetic;
mod batch;
mod check;
mod decryptor;
mod encryptor;
mod evaluator;
mod hex;
mod keygenerator;
mod keys;
mod levels;
mod modulus;
mod ntt;
mod params;
mod plaintext;
mod products;
mod rotation;
mod scheme;

pub use super::Seeded;
pub use super::common::{
    Ciphertext, Context, Encryptor, Evaluator, GaloisKeys, KeyGenerator, Parameters, Plaintext, PublicKey, RelinKeys,
    SecretKey, SymmetricEncryptor,
};
pub use batch::BatchEncoder;
pub use decryptor::Decryptor;
pub use modulus::{CoeffModulus, PlainModulus};
pub use ntt::{NttCiphertext, NttPlaintext};
pub use scheme::{Bfv, Bgv, IntegerScheme};
