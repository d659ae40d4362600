//! What a training run will need, from a run without data.

use super::{Batch, InferencePlan, State, Trainer, TrainingLayout, TrainingSpec};
use crate::{
    CircuitError, Error, Level, Result, SetupError, Step,
    backend::{Chain, Circuit, PlanEvaluator, Tallies},
    packing::MatrixLayout,
};

/// Depth, levels, rotation steps and counts of a training run, before a key is made.
#[derive(Clone, Debug)]
pub struct TrainingPlan {
    /// The chain planned on.
    pub chain: Chain,
    /// The most samples of a batch.
    pub batch: usize,
    /// Levels that a step consumes.
    pub depth: usize,
    /// Levels at which the client encrypts for a step.
    pub entry: InputLevels,
    /// The level at which weights and velocity come back.
    pub exit: Level,
    /// The inference that follows, on the same chain.
    pub inference: InferencePlan,
    /// The rotations that need Galois keys, for training and inference.
    pub steps: Vec<Step>,
    /// Operations of a step, by level.
    pub step_operations: Tallies,
    /// Ciphertexts of the packed weights.
    pub weight_ciphertexts: usize,
    /// Ciphertexts of a batch's samples.
    pub input_ciphertexts: usize,
    /// Ciphertexts of a batch's targets.
    pub target_ciphertexts: usize,
    /// Whether as many ciphertexts of velocity travel with them.
    pub momentum: bool,
}

/// At which levels a step takes its inputs: the lowest that serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLevels {
    /// Weights, velocity and samples.
    pub weights: Level,
    /// Targets, which meet the outputs further down.
    pub targets: Level,
}

/// Deeper than any chain; a step that needs more is refused as one that needs this.
pub(super) const DEEPEST: usize = 60;

impl TrainingPlan {
    /// The levels a step consumes, whatever the parameters.
    ///
    /// # Errors
    /// What the layout refuses.
    pub fn depth_of<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, slots: usize) -> Result<usize> {
        let chain = Chain::nominal(2 * slots, DEEPEST, 40)?;
        let run = run_step(layout, spec, 1, chain.clone(), chain.top())?;
        Ok(DEEPEST - run.exit.0)
    }

    /// Plans training on a chain, entering a step at the lowest level that serves: its depth, or more where the
    /// lowest modulus would be too small for the updated weights.
    ///
    /// # Errors
    /// `TooFewLevels` when the chain is too short; `OutOfRange` when weights in their bounds would not fit.
    pub fn new<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, live: usize, chain: Chain) -> Result<TrainingPlan> {
        let depth = Self::depth_of(layout, spec, chain.slots())?;
        let too_few = SetupError::TooFewLevels {
            network: spec.network.to_string(),
            layout: layout.kind().name(),
            needed: depth,
            actual: chain.top().0,
        };
        let mut refused = Error::from(too_few);
        for entry in depth..=chain.top().0 {
            match run_step(layout, spec, live, chain.clone(), Level(entry)) {
                Err(error @ Error::Circuit(CircuitError::OutOfRange { .. })) => refused = error,
                Err(error) => return Err(error),
                Ok(step) => return Self::with_inference(layout, spec, live, chain, depth, step),
            }
        }
        Err(refused)
    }

    fn with_inference<L: TrainingLayout>(
        layout: &L,
        spec: &TrainingSpec,
        live: usize,
        chain: Chain,
        depth: usize,
        step: StepRun,
    ) -> Result<TrainingPlan> {
        let inference = InferencePlan::new(layout, spec, live, chain.clone())?;
        let mut steps = step.steps;
        steps.extend(&inference.steps);
        steps.sort();
        steps.dedup();
        Ok(TrainingPlan {
            chain,
            batch: live,
            depth,
            entry: step.entry,
            exit: step.exit,
            inference,
            steps,
            step_operations: step.operations,
            weight_ciphertexts: layout.weight_ciphertexts(),
            input_ciphertexts: input_ciphertexts(layout, live),
            target_ciphertexts: layout.outputs(live).ciphertexts(),
            momentum: spec.optimizer.momentum() > 0.0,
        })
    }

    /// Ciphertexts of a state: weights, and velocity with momentum.
    pub fn state_ciphertexts(&self) -> usize {
        self.weight_ciphertexts * if self.momentum { 2 } else { 1 }
    }

    /// Bytes from client to server at every refresh.
    pub fn refresh_bytes_up(&self) -> usize {
        self.state_ciphertexts() * self.chain.seeded_bytes(self.entry.weights)
    }

    /// Bytes from server to client after every step.
    pub fn refresh_bytes_down(&self) -> usize {
        self.state_ciphertexts() * self.chain.ciphertext_bytes(self.exit)
    }

    /// Bytes of a batch with its targets, sent once.
    pub fn batch_bytes(&self) -> usize {
        self.input_ciphertexts * self.chain.seeded_bytes(self.entry.weights)
            + self.target_ciphertexts * self.chain.seeded_bytes(self.entry.targets)
    }
}

struct StepRun {
    entry: InputLevels,
    exit: Level,
    steps: Vec<Step>,
    operations: Tallies,
}

/// Ciphertexts of a batch's samples.
pub(super) fn input_ciphertexts<L: TrainingLayout>(layout: &L, samples: usize) -> usize {
    layout.inputs(samples).iter().map(MatrixLayout::ciphertexts).sum()
}

fn run_step<L: TrainingLayout>(
    layout: &L,
    spec: &TrainingSpec,
    live: usize,
    chain: Chain,
    entry: Level,
) -> Result<StepRun> {
    let outputs_at = InferencePlan::at(layout, spec, live, chain.clone(), entry)?.exit;
    let circuit = Circuit::new(PlanEvaluator::new(chain));
    let plan = circuit.backend();
    let weights = vec![plan.input(entry); layout.weight_ciphertexts()];
    let velocity = if spec.optimizer.momentum() > 0.0 { weights.clone() } else { Vec::new() };
    let batch = Batch {
        inputs: vec![plan.input(entry); input_ciphertexts(layout, live)],
        targets: vec![plan.input(outputs_at); layout.outputs(live).ciphertexts()],
    };
    let fold = spec.optimizer.rate(0, 0) * spec.bounds.least_rate / live as f64;
    let state = State { weights, velocity };
    let after = Trainer::new(layout, spec, live)?.step(&circuit, &state, &batch, fold)?;
    let exit = after.weights.iter().map(|w| circuit.level(w)).min().unwrap_or(entry);
    Ok(StepRun {
        entry: InputLevels { weights: entry, targets: outputs_at },
        exit,
        steps: circuit.backend().steps(),
        operations: circuit.meter().take(),
    })
}
