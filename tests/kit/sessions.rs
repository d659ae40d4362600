//! Both parties of any program in one process.

use std::sync::Arc;

use seal_nn::{
    backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder, KeySwitching, Noise, SealEvaluator, SealKeyHolder},
    program::{Plan, Program},
    protocol::{Deployment, Server, Session},
};

use super::backends::{DEGREE, SCALE_BITS};

/// On clear slots with SEAL's noise, on a chain as long as the program needs.
pub fn in_the_clear<P: Program>(program: P) -> Session<ClearKeyHolder, Server<ClearEvaluator, P>, P> {
    let depth = Plan::depth_of(&program, DEGREE / 2).unwrap();
    let plan = Plan::of(&program, &Chain::nominal(DEGREE, depth, SCALE_BITS).unwrap()).unwrap();
    let noise = Some(Noise { seed: 3 });
    let evaluator = ClearEvaluator::new(plan.chain.clone(), noise).with_rotations(&plan.rotations());
    let holder = ClearKeyHolder::new(plan.chain.clone(), noise);
    Session::in_process(holder, Circuit::new(evaluator), Arc::new(program), plan)
}

/// On SEAL.
pub fn on_seal_session<P: Program>(deployment: &Deployment<P>) -> Session<SealKeyHolder, Server<SealEvaluator, P>, P> {
    let (holder, keys) = deployment.make_keys(KeySwitching::default()).unwrap();
    let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys).unwrap());
    Session::in_process(holder, circuit, deployment.program.clone(), deployment.plan.clone())
}
