//! The suite that every backend of [`seal_nn`] passes: what a circuit computes on it, at which level and scale, with how
//! much noise, and what is refused.
//!
//! A test crate says how to make a pair of key holder and circuit, and runs everything:
//!
//! ```
//! use seal_nn::{Rotation, backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder}};
//! use seal_nn_conformance::Backend;
//!
//! struct Clear;
//!
//! impl Backend for Clear {
//!     type Evaluator = ClearEvaluator;
//!     type Holder = ClearKeyHolder;
//!     const DEGREE: usize = 4096;
//!     const SCALE_BITS: u32 = 41;
//!
//!     fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<ClearEvaluator>, ClearKeyHolder) {
//!         let chain = Chain::nominal(Self::DEGREE, depth, Self::SCALE_BITS).unwrap();
//!         let evaluator = ClearEvaluator::new(chain.clone(), None).with_rotations(steps);
//!         (Circuit::new(evaluator), ClearKeyHolder::new(chain, None))
//!     }
//! }
//!
//! seal_nn_conformance::operations!(clear: Clear);
//! # fn main() { seal_nn_conformance::computes::<Clear>() }
//! ```
//!
//! [`operations!`] stands for one test a function; [`training_step`] takes a network and a layout. They fail by a panic
//! that says which slot of what is off by how much. [`train`] is a whole training, of which the caller judges.
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod operations;
mod planned;
mod trained;
mod training;

use ndarray::Array2;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::{
    Level, Result, Rotation,
    backend::{Circuit, Evaluate, KeyHolder},
};

pub use operations::{computes, counts, refreshes, refuses};
pub use planned::follows_plan;
pub use trained::{Trained, train};
pub use training::training_step;

/// A backend with the key holder that belongs to it, both for exactly these rotation steps.
pub trait Backend {
    /// The evaluating side.
    type Evaluator: Evaluate;
    /// The side with the key.
    type Holder: KeyHolder<Ciphertext = <Self::Evaluator as Evaluate>::Ciphertext, Fresh = <Self::Evaluator as Evaluate>::Fresh>;

    /// N, at least 512. It need not be secure.
    const DEGREE: usize;
    /// Binary logarithm of the scale, about 41: tolerances follow it.
    const SCALE_BITS: u32;

    /// A pair at `DEGREE` with `depth` levels of `SCALE_BITS`.
    fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<Self::Evaluator>, Self::Holder);
}

/// Runs [`computes`], [`refuses`], [`refreshes`], [`counts`] and [`follows_plan`] on a [`Backend`], each as a test in a module of this name.
#[macro_export]
macro_rules! operations {
    ($name:ident: $backend:ty) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn computes() {
                $crate::computes::<$backend>()
            }

            #[test]
            fn refuses() {
                $crate::refuses::<$backend>()
            }

            #[test]
            fn refreshes() {
                $crate::refreshes::<$backend>()
            }

            #[test]
            fn counts() {
                $crate::counts::<$backend>()
            }

            #[test]
            fn follows_plan() {
                $crate::follows_plan::<$backend>()
            }
        }
    };
}

/// Real standard deviation of a rescale or a rotation in units of the value: N / sqrt(18) / sqrt(2) / scale. Encryption
/// and encoding (`3.24 sqrt(N)` and `sqrt(N/12)`, complex, before division by the scale) are small beside it.
pub const fn rounding<B: Backend>() -> f64 {
    B::DEGREE as f64 / 6.0 / (1_u64 << B::SCALE_BITS) as f64
}

/// Encrypts, as the server receives it.
pub fn send<E: Evaluate, K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>>(
    circuit: &Circuit<E>,
    holder: &K,
    values: &[f64],
    at: Level,
) -> E::Ciphertext {
    circuit.backend().receive(&holder.encrypt(values, at).unwrap()).unwrap()
}

/// Decrypts.
pub fn read<K: KeyHolder>(holder: &K, x: &K::Ciphertext) -> Vec<f64> {
    holder.decrypt(x).map(|p| p.open_as_key_owner()).unwrap()
}

/// Encrypts vectors, as [`send`].
pub fn send_all<E: Evaluate, K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>>(
    circuit: &Circuit<E>,
    holder: &K,
    vectors: &[Vec<f64>],
    at: Level,
) -> Vec<E::Ciphertext> {
    vectors.iter().map(|v| send(circuit, holder, v, at)).collect()
}

/// Decrypts ciphertexts, as [`read`].
pub fn read_all<K: KeyHolder>(holder: &K, packed: &[K::Ciphertext]) -> Vec<Vec<f64>> {
    packed.iter().map(|x| read(holder, x)).collect()
}

/// Uniform in `[-1, 1]`.
pub fn random(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..=1.0)).collect()
}

/// A matrix of [`random`] numbers.
pub fn random_matrix(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    Array2::from_shape_vec((rows, columns), random(rows * columns, seed)).unwrap()
}

/// The largest difference; prints it beside what is allowed, and fails when it is more.
#[track_caller]
pub fn assert_close(what: &str, actual: &[f64], expected: impl IntoIterator<Item = f64>, tolerance: f64) {
    let worst = actual.iter().zip(expected).map(|(a, e)| (a - e).abs()).fold(0.0, f64::max);
    println!("{what}: worst slot off by {worst:.2e}, allowed {tolerance:.2e}");
    assert!(worst <= tolerance, "{what}: worst slot off by {worst:e}, allowed {tolerance:e}");
}

/// The error of a result that must be a circuit's refusal.
#[track_caller]
pub fn refusal<T>(result: Result<T>) -> seal_nn::CircuitError {
    match result {
        Err(seal_nn::Error::Circuit(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("not refused"),
    }
}
