//! How long a step will take on this machine, from its plan and a key switch measured here.

use std::time::Instant;

use seal_nn::{
    Level, Result, Rotation,
    backend::{Circuit, Evaluate, KeyHolder, SealEvaluator, SealKeyHolder, work},
    nn::TrainingPlan,
    report::median,
    seal::{DepthRequest, Parameters},
};
use serde::{Deserialize, Serialize};

use crate::cli::backend_args::KeySwitchingName;

/// Seconds of what the models count in.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct MachineSpeed {
    /// A key switch at N = 16384 with 8 data primes: the unit of [`work`].
    pub switch: f64,
    /// Making a Galois key there, and expanding it for the server.
    pub key: f64,
}

/// Data primes, and N, of the unit.
const PRIMES: usize = 8;
const DEGREE: usize = 16384;
/// Rotations to take the median of.
const ROTATIONS: usize = 5;
/// A step's time over that of its key switches: products, rescales and additions (spec: packing, prototype on SEAL).
const ALL_OVER_SWITCHES: f64 = 1.25;
/// Memory of a key over its seed-compressed form: that form, and the expanded one of twice its size.
const KEY_COPIES: usize = 3;
/// Copies of the packed weights while a step is computed: as they came, dropped to lower levels, their gradients.
const STATE_COPIES: usize = 4;

impl MachineSpeed {
    /// Measures a rotation and the making of its key.
    pub fn measure(key_switching: KeySwitchingName) -> Result<MachineSpeed> {
        let request = DepthRequest { poly_modulus_degree: Some(DEGREE), ..DepthRequest::new(PRIMES - 1, 40) };
        let parameters = Parameters::for_depth(&request)?;
        let holder = SealKeyHolder::generate(&parameters)?.with_key_switching(key_switching.into());
        let started = Instant::now();
        let steps = [Rotation(1), Rotation(2)];
        let circuit = Circuit::new(SealEvaluator::new(&parameters, &holder.evaluation_keys(&steps)?)?);
        // With the one for relinearisation.
        let key = started.elapsed().as_secs_f64() / (steps.len() + 1) as f64;
        let x = circuit.backend().receive(&holder.encrypt(&[1.0], Level(PRIMES - 1))?)?;
        let mut seconds = Vec::new();
        for _ in 0..ROTATIONS {
            let started = Instant::now();
            circuit.rotate(&x, steps[0])?;
            seconds.push(started.elapsed().as_secs_f64());
        }
        Ok(MachineSpeed { switch: median(&seconds).unwrap_or_default(), key })
    }

    /// Seconds of a step, on one thread.
    pub fn step(&self, plan: &TrainingPlan) -> f64 {
        work(&plan.step_operations, &plan.chain) * self.switch * ALL_OVER_SWITCHES
    }

    /// Seconds for the keys of a plan.
    pub fn keys(&self, plan: &TrainingPlan) -> f64 {
        let primes = plan.chain.top().0 + 1;
        let size = (primes * (primes + 1)) as f64 / (PRIMES * (PRIMES + 1)) as f64;
        let ring = plan.chain.poly_modulus_degree() as f64 / DEGREE as f64;
        self.key * size * ring * (plan.steps.len() + 1) as f64
    }
}

/// Memory of keys and ciphertexts in a process that runs client and server.
pub fn memory(plan: &TrainingPlan) -> u64 {
    let chain = &plan.chain;
    let keys = chain.galois_key_bytes(plan.steps.len()) + chain.relin_key_bytes();
    let entry = chain.ciphertext_bytes(plan.entry.weights);
    let batch = (plan.input_ciphertexts + plan.target_ciphertexts) * entry;
    (KEY_COPIES * keys + STATE_COPIES * plan.state_ciphertexts() * entry + batch) as u64
}
