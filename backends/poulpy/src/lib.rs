//! `poulpy-ckks` (Phantom Zone, Apache-2.0) below the circuits of [`seal_nn`]: a CKKS in pure Rust at secure parameters, to
//! compare SEAL with, and an example of a backend whose moduli are not primes (`docs/backend.md`).
//!
//! poulpy computes modulo `2^k`, in limbs of 52 bits. Level `l` is a width `k_l`, a rescale divides by a power of two, and
//! every canonical scale is the same. Products are relinearised and rescaled in one, so nothing here is
//! [`Unscaled`](seal_nn::backend::Unscaled). poulpy keeps the logarithm of a scale as an integer; the `f64` of a circuit
//! travels beside the ciphertext.
//!
//! | module | concept |
//! |---|---|
//! | `engine` | what poulpy transforms with: plain Rust, AVX2 or AVX-512 |
//! | `parameters` | a chain of powers of two, digits of keys, and their security |
//! | `ring` | the sizes that follow, and scratch memory |
//! | `encoding` | slots to coefficients at any scale, and back |
//! | `key_holder` | the secret key: encryption, decryption, evaluation keys |
//! | `evaluator`, `products`, `transform` | what can be computed without it |
//!
//! ```
//! use seal_nn::{Level, Rotation, backend::{Circuit, Decrypt, Encrypt, Evaluate}};
//! use seal_nn_poulpy::{Parameters, PoulpyEvaluator, PoulpyKeyHolder};
//!
//! let client = PoulpyKeyHolder::generate(&Parameters::insecure(1024, 2, 40)?);
//! let server = Circuit::new(PoulpyEvaluator::new(&client.evaluation_keys(&[Rotation(1)])));
//! let x = server.backend().receive(&client.encrypt(&[1.0, 2.0, 3.0], Level(2))?)?;
//! let y = server.rotate(&server.square(&x)?, Rotation(1))?;
//! let y = client.decrypt(&y)?.open_as_key_owner();
//! assert!((y[0] - 4.0).abs() < 1e-6 && (y[1] - 9.0).abs() < 1e-6);
//! # Ok::<(), seal_nn::Error>(())
//! ```
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod encoding;
mod engine;
mod evaluator;
mod key_holder;
mod parameters;
mod products;
mod ring;
mod transform;

pub use engine::{ENGINE, Engine};
pub use evaluator::{Ciphertext, Plaintext, PoulpyEvaluator};
pub use key_holder::{EvaluationKeys, Fresh, PoulpyKeyHolder};
pub use parameters::Parameters;
