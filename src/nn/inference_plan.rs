//! What an inference alone will need, from a run without data.

use super::{
    TrainingLayout, TrainingProgram, TrainingSpec,
    plan::{DEEPEST, input_ciphertexts},
};
use crate::{
    Level, Result, Rotation, SetupError,
    backend::{Chain, Circuit, KeyLevels, PlanEvaluator, Tallies},
};

/// Depth, rotation steps and counts of an inference: less than a training needs, so smaller parameters and fewer keys
/// do.
#[derive(Clone, Debug)]
pub struct InferencePlan {
    /// The chain planned on.
    pub chain: Chain,
    /// The most samples at a time.
    pub batch: usize,
    /// The level at which the client encrypts weights and samples.
    pub entry: Level,
    /// The level at which outputs come back.
    pub exit: Level,
    /// The rotations that need Galois keys.
    pub steps: Vec<Rotation>,
    /// The same with the highest level at which each is used, and that of relinearisations.
    pub keys: KeyLevels,
    /// Operations, by level.
    pub operations: Tallies,
}

impl InferencePlan {
    /// The levels an inference consumes, whatever the parameters.
    ///
    /// # Errors
    /// What the layout refuses.
    pub fn depth_of<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, slots: usize) -> Result<usize> {
        depth(layout, &layout.program(spec, 1)?, 1, slots)
    }

    /// Plans the inference of up to `batch` samples on a chain, entering at the lowest level that serves.
    ///
    /// # Errors
    /// `TooFewLevels` when the chain is too short; what the layout refuses.
    pub fn new<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, batch: usize, chain: Chain) -> Result<Self> {
        InferencePlan::with_program(layout, spec, &layout.program(spec, batch)?, batch, chain)
    }

    /// The same with the layout's program for `batch` samples, which may take long to build.
    pub(super) fn with_program<L: TrainingLayout>(
        layout: &L,
        spec: &TrainingSpec,
        program: &L::Program,
        batch: usize,
        chain: Chain,
    ) -> Result<Self> {
        let (needed, actual) = (depth(layout, program, batch, chain.slots())?, chain.top().0);
        if needed > actual {
            let network = spec.network.to_string();
            return Err(
                SetupError::TooFewLevels { network, layout: layout.kind().name(), steps: 0, needed, actual }.into()
            );
        }
        InferencePlan::at(layout, program, batch, chain, Level(needed))
    }

    /// Plans the forward pass from a level, whether or not a lower one would serve.
    pub(super) fn at<L: TrainingLayout>(
        layout: &L,
        program: &L::Program,
        batch: usize,
        chain: Chain,
        entry: Level,
    ) -> Result<InferencePlan> {
        let circuit = Circuit::new(PlanEvaluator::new(chain.clone()));
        let weights = vec![circuit.backend().input(entry); layout.weight_ciphertexts()];
        let inputs = vec![circuit.backend().input(entry); input_ciphertexts(layout, batch)];
        let outputs = program.forward(&circuit, &weights, &inputs)?;
        let exit = outputs.iter().map(|y| circuit.level(y)).min().unwrap_or(entry);
        let (keys, operations) = (circuit.backend().keys(), circuit.meter().take());
        let steps = keys.rotations.keys().copied().collect();
        Ok(InferencePlan { chain, batch, entry, exit, steps, keys, operations })
    }
}

fn depth<L: TrainingLayout>(layout: &L, program: &L::Program, batch: usize, slots: usize) -> Result<usize> {
    let plan = InferencePlan::at(layout, program, batch, Chain::nominal(2 * slots, DEEPEST, 40)?, Level(DEEPEST))?;
    Ok(plan.entry.0 - plan.exit.0)
}
