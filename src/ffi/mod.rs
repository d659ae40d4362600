//! The bridge to C++: one cxx bridge per pair of files in `cpp/`. It contains the only unsafe code of the crate, which
//! states which C++ types may be sent to or shared between threads. This follows the guarantees in SEAL's headers
//! ("reading is thread-safe as long as no other thread is concurrently mutating"), checked against its sources.
//!
//! Functions of all bridges share one namespace in the linker, so their Rust names must be unique.
#![allow(unsafe_code)]

pub(crate) mod adopt;
pub(crate) mod batchencoder;
pub(crate) mod bytes;
pub(crate) mod ciphertext;
#[cfg(feature = "mpi")]
pub(crate) mod cluster;
pub(crate) mod constants;
pub(crate) mod context;
pub(crate) mod decryptor;
pub(crate) mod encoder;
pub(crate) mod encryptor;
pub(crate) mod entropy;
pub(crate) mod evaluator;
pub(crate) mod flood;
pub(crate) mod integerevaluator;
pub(crate) mod kernels;
pub(crate) mod keygenerator;
pub(crate) mod keys;
pub(crate) mod modulus;
pub(crate) mod plaintext;
pub(crate) mod pool;
#[cfg(all(test, target_os = "linux"))]
pub(crate) mod released;
pub(crate) mod transform;
