//! What the suites share: the backends of this crate, for the suite of `backends/conformance`.

use seal_nn::{
    Rotation,
    backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder, KeySwitching, Noise, SealEvaluator, SealKeyHolder},
    seal::{Parameters, ParametersBuilder},
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

    fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<ClearEvaluator>, ClearKeyHolder) {
        let chain = Chain::nominal(DEGREE, depth, SCALE_BITS).unwrap();
        let noise = Some(Noise { seed: 7 });
        let evaluator = ClearEvaluator::new(chain.clone(), noise).with_rotations(steps);
        (Circuit::new(evaluator), ClearKeyHolder::new(chain, noise))
    }
}

/// SEAL's ciphertexts, with our own key switching.
pub struct Seal;

impl Backend for Seal {
    type Evaluator = SealEvaluator;
    type Holder = SealKeyHolder;
    const DEGREE: usize = DEGREE;
    const SCALE_BITS: u32 = SCALE_BITS;

    fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<SealEvaluator>, SealKeyHolder) {
        // Where two special primes do not fit, one of 60 bits does, which SEAL's own calls take.
        let requests = [
            BITS.map(|bits| Parameters::builder().depth(depth, bits).hybrid(2)),
            BITS.map(|bits| Parameters::builder().depth(depth, bits)),
        ];
        pair_for(&requests.concat(), KeySwitching::Hybrid, steps)
    }
}

/// The same with more levels than are secure in this ring: quicker than the larger one.
pub struct InsecureSeal;

impl Backend for InsecureSeal {
    type Evaluator = SealEvaluator;
    type Holder = SealKeyHolder;
    const DEGREE: usize = DEGREE;
    const SCALE_BITS: u32 = SCALE_BITS;

    fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<SealEvaluator>, SealKeyHolder) {
        let request = Parameters::builder().depth(depth, SCALE_BITS).hybrid(2).degree(Self::DEGREE).insecure();
        pair_on(&request.build().unwrap(), KeySwitching::Hybrid, steps)
    }
}

/// The same with SEAL's own calls.
pub struct SealCalls;

impl Backend for SealCalls {
    type Evaluator = SealEvaluator;
    type Holder = SealKeyHolder;
    const DEGREE: usize = DEGREE;
    const SCALE_BITS: u32 = SCALE_BITS;

    fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<SealEvaluator>, SealKeyHolder) {
        pair_for(&BITS.map(|bits| Parameters::builder().depth(depth, bits)), KeySwitching::Seal, steps)
    }
}

/// Eight levels take a bit less of scale: roundings twice as large, which the tolerances leave room for.
const BITS: [u32; 2] = [SCALE_BITS, SCALE_BITS - 1];

/// On the first of the chains that is secure.
fn pair_for(
    requests: &[ParametersBuilder],
    key_switching: KeySwitching,
    steps: &[Rotation],
) -> (Circuit<SealEvaluator>, SealKeyHolder) {
    let at_degree = |request: &ParametersBuilder| request.clone().degree(DEGREE);
    let parameters = requests.iter().find_map(|request| at_degree(request).build().ok()).unwrap();
    pair_on(&parameters, key_switching, steps)
}

fn pair_on(
    parameters: &Parameters,
    key_switching: KeySwitching,
    steps: &[Rotation],
) -> (Circuit<SealEvaluator>, SealKeyHolder) {
    let holder = SealKeyHolder::generate(parameters).unwrap().with_key_switching(key_switching);
    let keys = holder.evaluation_keys(steps).unwrap();
    assert_eq!(
        keys.key_switching() == KeySwitching::Hybrid,
        key_switching == KeySwitching::Hybrid && parameters.fit_kernels()
    );
    (Circuit::new(SealEvaluator::new(parameters, &keys).unwrap()), holder)
}
