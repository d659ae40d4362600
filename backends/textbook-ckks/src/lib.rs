//! # Not secure
//!
//! A textbook RNS-CKKS (Cheon, Han, Kim, Kim and Song 2018) in pure Rust, as a backend of [`seal_nn`]: a worked example
//! of `docs/backend.md`, a second opinion on what SEAL computes, and something to compare with. It is **for tests and
//! comparisons only**: nobody has audited it, nothing runs in constant time, keys are not wiped, all randomness comes
//! from a seed that the caller gives, and no parameter set is checked for its security. What a key depends on says
//! `Insecure` in its name.
//!
//! | module | concept |
//! |---|---|
//! | `modulus` | arithmetic modulo one prime |
//! | `primes` | primes `1 mod 2N`, and a chain of them |
//! | `transform` | the negacyclic number-theoretic transform |
//! | `embedding` | slots to coefficients and back |
//! | `ring` | polynomials modulo several primes: conversion, division by a prime, rotation |
//! | `switching` | key switching: one digit a prime, one special prime |
//! | `key_holder` | the secret key: encryption, decryption, evaluation keys |
//! | `evaluator` | what can be computed without it |
//!
//! ```
//! use seal_nn::{Level, Rotation, backend::{Circuit, Decrypt, Encrypt, Evaluate}};
//! use seal_nn_textbook_ckks::{InsecureKeyHolder, TextbookEvaluator, insecure_chain};
//!
//! let client = InsecureKeyHolder::generate(insecure_chain(64, 2, 40)?, 1)?;
//! let server = Circuit::new(TextbookEvaluator::new(client.evaluation_keys(&[Rotation(1)])));
//! let x = server.backend().receive(&client.encrypt(&[1.0, 2.0, 3.0], Level(2))?)?;
//! let y = server.rotate(&server.square(&x)?, Rotation(1))?;
//! let y = client.decrypt(&y)?.open_as_key_owner();
//! assert!((y[0] - 4.0).abs() < 1e-6 && (y[1] - 9.0).abs() < 1e-6);
//! # Ok::<(), seal_nn::Error>(())
//! ```
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod embedding;
mod evaluator;
mod key_holder;
mod modulus;
mod primes;
mod ring;
mod switching;
mod transform;

pub use evaluator::{Ciphertext, Plaintext, TextbookEvaluator};
pub use key_holder::{Fresh, InsecureKeyHolder};
pub use primes::insecure_chain;
pub use switching::EvaluationKeys;
