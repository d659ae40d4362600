//! What the suites share: the backends of this crate, for the suite of `backends/conformance`.
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod training;

use seal_nn::{
    Step,
    backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder, Noise, SealEvaluator, SealKeyHolder},
    seal::{DepthRequest, Parameters},
};

pub use seal_nn_conformance::*;

pub const DEGREE: usize = 16384;
pub const SCALE_BITS: u32 = 41;
/// Of both backends.
pub const ROUNDING: f64 = rounding::<Seal>();

/// Clear slots with SEAL's noise.
pub struct Clear;

impl Backend for Clear {
    type Evaluator = ClearEvaluator;
    type Holder = ClearKeyHolder;
    const DEGREE: usize = DEGREE;
    const SCALE_BITS: u32 = SCALE_BITS;

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
    const DEGREE: usize = DEGREE;
    const SCALE_BITS: u32 = SCALE_BITS;

    fn pair(depth: usize, steps: &[Step]) -> (Circuit<SealEvaluator>, SealKeyHolder) {
        // Eight levels take a bit less of scale: roundings twice as large, which the tolerances leave room for.
        let parameters = [SCALE_BITS, SCALE_BITS - 1].map(|bits| {
            let request = DepthRequest { poly_modulus_degree: Some(DEGREE), ..DepthRequest::new(depth, bits) };
            Parameters::for_depth(&request)
        });
        let parameters = parameters.into_iter().find_map(|p| p.ok()).unwrap();
        let holder = SealKeyHolder::generate(&parameters).unwrap();
        let keys = holder.evaluation_keys(steps).unwrap();
        (Circuit::new(SealEvaluator::new(&parameters, &keys).unwrap()), holder)
    }
}
