//! What the suites share: a pair of key holder and circuit for each backend.
#![allow(dead_code, reason = "each test binary uses its part")]

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use seal_nn::{
    Level, Result, Step,
    backend::{
        Chain, Circuit, ClearEvaluator, ClearKeyHolder, Evaluate, KeyHolder, Noise, SealEvaluator, SealKeyHolder,
    },
    seal::{DepthRequest, Parameters},
};

/// A backend with the key holder that belongs to it, both for exactly these rotation steps.
pub trait Backend {
    type Evaluator: Evaluate;
    type Holder: KeyHolder<Ciphertext = <Self::Evaluator as Evaluate>::Ciphertext, Fresh = <Self::Evaluator as Evaluate>::Fresh>;

    /// At N = 16384 (the clear one may be smaller), `depth` levels of `SCALE_BITS`.
    fn pair(depth: usize, steps: &[Step]) -> (Circuit<Self::Evaluator>, Self::Holder);
}

/// Clear slots with SEAL's noise.
pub struct Clear;

impl Backend for Clear {
    type Evaluator = ClearEvaluator;
    type Holder = ClearKeyHolder;

    fn pair(depth: usize, steps: &[Step]) -> (Circuit<ClearEvaluator>, ClearKeyHolder) {
        let chain = Chain::nominal(DEGREE, depth, SCALE_BITS).unwrap();
        let noise = Some(Noise { seed: 7 });
        let evaluator = ClearEvaluator::new(chain.clone(), noise).with_steps(steps);
        (Circuit::new(evaluator), ClearKeyHolder::new(chain, noise))
    }
}

/// SEAL's ciphertexts.
pub struct Seal;

impl Backend for Seal {
    type Evaluator = SealEvaluator;
    type Holder = SealKeyHolder;

    fn pair(depth: usize, steps: &[Step]) -> (Circuit<SealEvaluator>, SealKeyHolder) {
        let request = DepthRequest { poly_modulus_degree: Some(DEGREE), ..DepthRequest::new(depth, SCALE_BITS) };
        let parameters = Parameters::for_depth(&request).unwrap();
        let holder = SealKeyHolder::generate(&parameters).unwrap();
        let keys = holder.evaluation_keys(steps).unwrap();
        (Circuit::new(SealEvaluator::new(&parameters, &keys).unwrap()), holder)
    }
}

pub const DEGREE: usize = 16384;
pub const SCALE_BITS: u32 = 41;

/// Real standard deviation of a rescale or a rotation in units of the value: N / sqrt(18) / sqrt(2) / scale. Encryption
/// (415, complex, before division by the scale) and encoding (37) are small beside its 3,862.
pub const ROUNDING: f64 = DEGREE as f64 / 6.0 / (1u64 << SCALE_BITS) as f64;

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

/// `T` of an error that must be a circuit's refusal.
pub fn refusal<T>(result: Result<T>) -> seal_nn::CircuitError {
    match result {
        Err(seal_nn::Error::Circuit(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("not refused"),
    }
}
