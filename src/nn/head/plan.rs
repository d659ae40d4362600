//! What an encrypted head will need, from a run without data.

use super::{HeadProgram, HeadWeights};
use crate::{
    Level, Result, Rotation, SetupError,
    backend::{Chain, Circuit, KeyLevels, PlanEvaluator, Slots, Tallies},
};

/// Levels, rotation steps and counts of a head.
#[derive(Clone, Debug)]
pub struct HeadPlan {
    /// The chain planned on.
    pub chain: Chain,
    /// The level at which embeddings, and encrypted weights, enter.
    pub entry: Level,
    /// The rotations that need Galois keys.
    pub steps: Vec<Rotation>,
    /// The same with the highest level at which each is used, and that of relinearisations.
    pub keys: KeyLevels,
    /// Operations, by level.
    pub operations: Tallies,
}

/// More levels than any parameters have.
const DEEPEST: usize = 40;

impl HeadPlan {
    /// Levels consumed, position and probabilities.
    ///
    /// # Errors
    /// None that the program itself does not have.
    pub fn depth_of(program: &HeadProgram, slots: usize) -> Result<usize> {
        let chain = Chain::nominal(2 * slots, DEEPEST, 40)?;
        let (_, exit) = HeadPlan::run(program, false, chain, Level(DEEPEST))?;
        Ok(DEEPEST - exit.0)
    }

    /// Plans a run that enters at the lowest level that serves, with weights in the clear or encrypted.
    ///
    /// # Errors
    /// `TooFewLevels` when the chain is too short.
    pub fn new(program: &HeadProgram, encrypted_weights: bool, chain: Chain) -> Result<HeadPlan> {
        let (needed, actual) = (HeadPlan::depth_of(program, chain.slots())?, chain.top().0);
        if needed > actual {
            let widths: Vec<String> = program.shape().widths.iter().map(usize::to_string).collect();
            return Err(SetupError::TooFewLevels {
                network: widths.join("-"),
                layout: "diagonal-bsgs",
                steps: 0,
                needed,
                actual,
            }
            .into());
        }
        Ok(HeadPlan::run(program, encrypted_weights, chain, Level(needed))?.0)
    }

    fn run(program: &HeadProgram, encrypted: bool, chain: Chain, entry: Level) -> Result<(HeadPlan, Level)> {
        let circuit = Circuit::new(PlanEvaluator::new(chain.clone()));
        let count = program.weight_vectors();
        let weights = match encrypted {
            true => HeadWeights::Encrypted(vec![circuit.backend().input(entry); count]),
            // What a plan does not look at; zeros would be left out.
            false => HeadWeights::Clear(vec![Slots::Vector(vec![1.0].into()); count]),
        };
        let outputs = program.run(&circuit, &weights, &circuit.backend().input(entry))?;
        let exit = circuit.level(&outputs.probabilities).min(circuit.level(&outputs.position));
        let (keys, operations) = (circuit.backend().keys(), circuit.meter().take());
        let steps = keys.rotations.keys().copied().collect();
        Ok((HeadPlan { chain, entry, steps, keys, operations }, exit))
    }
}
