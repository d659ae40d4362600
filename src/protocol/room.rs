//! Whether the values of an exchange have room, worked out by a client that knows all of them.

use crate::{
    CircuitError, Error, Level, Result,
    backend::{Bound, Chain, Circuit, ClearEvaluator, ClearKeyHolder, Encrypt, Evaluate, PlanEvaluator, Slots},
    program::{Alone, Kept, NoCheckpoints, NoRefresh, Of, Plan, Program, Record, Workspace},
};

/// A part of the data, or a request: what is told in the clear, and slot vectors.
pub type Known<I, R> = (I, Of<R, Vec<f64>>);

/// Runs so many calls after one another on the slots that will be encrypted, and returns an error for the first result that
/// its level has no room for. A call is made when its turn comes, and perhaps twice.
///
/// The bounds that follow from the largest number of each vector suffice for most requests, and cost no more than a plan.
/// Where they do not, the slots themselves are computed.
pub(super) fn check_room<P: Program>(
    program: &P,
    plan: &Plan,
    parts: &[Known<P::Part, P::Kept>],
    calls: usize,
    call: &impl Fn(usize) -> Result<Known<P::Call, P::Asked>>,
) -> Result<()> {
    let circuit = Circuit::new(PlanEvaluator::new(plan.chain.clone()));
    let bounded = |slots: &Vec<f64>, level: Level| {
        plan.chain.check_encryption(slots, level)?;
        let bound = Bound::of(&Slots::from(slots.clone()), plan.chain.slots());
        circuit.declare_bound("a slot vector", circuit.backend().input(level), bound)
    };
    let proven = match run(program, plan, &circuit, parts, calls, call, bounded) {
        Err(Error::Circuit(CircuitError::OutOfRange { .. })) => false,
        // Of what has no bound, nothing is known.
        answers => answers?.iter().all(|answer| circuit.bound(answer).is_some()),
    };
    if proven {
        return Ok(());
    }
    let circuit = Circuit::new(ClearEvaluator::new(plan.chain.clone(), None));
    let holder = ClearKeyHolder::new(plan.chain.clone(), None);
    let entered = |slots: &Vec<f64>, level: Level| circuit.backend().receive(&holder.encrypt(slots, level)?);
    run(program, plan, &circuit, parts, calls, call, entered).map(drop)
}

/// All that is answered.
fn run<E: Evaluate, P: Program>(
    program: &P,
    plan: &Plan,
    circuit: &Circuit<E>,
    parts: &[Known<P::Part, P::Kept>],
    calls: usize,
    call: &impl Fn(usize) -> Result<Known<P::Call, P::Asked>>,
    enter: impl Fn(&Vec<f64>, Level) -> Result<E::Ciphertext>,
) -> Result<Vec<E::Ciphertext>> {
    let (chain, entry): (&Chain, Level) = (&plan.chain, plan.entry);
    let mut kept = Vec::with_capacity(parts.len());
    for (part, data) in parts {
        let levels = program.kept(part, entry, chain)?;
        let data = P::Kept::try_zip(data, &levels, |slots, &level| enter(slots, level))?;
        kept.push(Kept::<P, _>::new(part.clone(), data));
    }
    let (mut held, mut answers) = (None, Vec::new());
    for number in 0..calls {
        let (call, asked) = call(number)?;
        let levels = program.asked(&call, entry, chain)?;
        let asked = P::Asked::try_zip(&asked, &levels, |slots, &level| enter(slots, level))?;
        let (held, refresh, checkpoints) = (&mut held, &mut NoRefresh, &mut NoCheckpoints);
        let workspace = Workspace { circuit, kept: &kept, held, refresh, team: &Alone, checkpoints };
        answers.extend(P::Answer::into_items(program.run(workspace, &call, &asked)?));
    }
    Ok(answers)
}
