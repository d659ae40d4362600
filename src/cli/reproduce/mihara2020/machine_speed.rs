//! A cost model in proportion to a key switch that is measured here.

use std::time::Instant;

use seal_nn::{
    Level, Result, Rotation,
    backend::{Circuit, CostModel, Encrypt, Evaluate, SealEvaluator, SealKeyHolder},
    report::median,
    seal::{DepthRequest, Parameters},
};

use crate::cli::backend_args::KeySwitchingName;

/// Data primes, and N, of the unit of [`CostModel`].
const PRIMES: usize = 8;
const DEGREE: usize = 16384;
/// Rotations to take the median of.
const ROTATIONS: usize = 5;

/// Measures a rotation and the making of its key.
pub fn measure(key_switching: KeySwitchingName) -> Result<CostModel> {
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
    Ok(CostModel::from_key_switch(median(&seconds).unwrap_or_default(), key))
}
