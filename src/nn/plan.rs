//! What a training run will need, from a run without data.

use super::{Batch, InferencePlan, State, Trainer, TrainingLayout, TrainingSpec};
use crate::{
    CircuitError, Error, Level, Result, Rotation, SetupError,
    backend::{Chain, Circuit, KeyLevels, PlanEvaluator, Tallies},
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
    /// Steps between two refreshes.
    pub refresh_every: usize,
    /// Levels at which the client encrypts for a step.
    pub entry: InputLevels,
    /// The level at which weights and velocity come back.
    pub exit: Level,
    /// The inference that follows, on the same chain.
    pub inference: InferencePlan,
    /// The rotations that need Galois keys, for training and inference.
    pub steps: Vec<Rotation>,
    /// The same with the highest level at which each is used, and that of relinearisations.
    pub keys: KeyLevels,
    /// Operations of the steps between two refreshes, by level: of one step where every step is followed by one.
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
        Self::depth_of_steps(layout, spec, slots, 1)
    }

    /// The levels that `steps` steps without a refresh consume, whatever the parameters.
    ///
    /// # Errors
    /// As [`TrainingPlan::with_refresh_every`].
    pub fn depth_of_steps<L: TrainingLayout>(
        layout: &L,
        spec: &TrainingSpec,
        slots: usize,
        steps: usize,
    ) -> Result<usize> {
        Self::check_refresh_every(spec, 1, steps)?;
        depth(layout, spec, &Trainer::new(layout, spec, 1)?, slots, steps)
    }

    /// Plans training on a chain with a refresh after every step, entering it at the lowest level that serves: its
    /// depth, or more where the lowest modulus would be too small for the updated weights.
    ///
    /// # Errors
    /// `TooFewLevels` when the chain is too short; `OutOfRange` when weights in their bounds would not fit.
    pub fn new<L: TrainingLayout>(layout: &L, spec: &TrainingSpec, live: usize, chain: Chain) -> Result<TrainingPlan> {
        Self::with_refresh_every(layout, spec, live, chain, 1)
    }

    /// The same with `refresh_every` steps between two refreshes.
    ///
    /// # Errors
    /// As [`TrainingPlan::new`] and [`TrainingPlan::check_refresh_every`]; `NeedsRefresh` for a layout whose steps cannot follow each other.
    pub fn with_refresh_every<L: TrainingLayout>(
        layout: &L,
        spec: &TrainingSpec,
        live: usize,
        chain: Chain,
        refresh_every: usize,
    ) -> Result<TrainingPlan> {
        Self::check_refresh_every(spec, live, refresh_every)?;
        // Built once for all runs: its masks may take longer than they.
        let trainer = Trainer::new(layout, spec, live)?;
        let needed = depth(layout, spec, &trainer, chain.slots(), refresh_every)?;
        let too_few = SetupError::TooFewLevels {
            network: spec.network.to_string(),
            layout: layout.kind().name(),
            steps: refresh_every,
            needed,
            actual: chain.top().0,
        };
        let mut refused = Error::from(too_few);
        for entry in needed..=chain.top().0 {
            match run_steps(layout, spec, &trainer, chain.clone(), Level(entry), refresh_every) {
                Err(error @ Error::Circuit(CircuitError::OutOfRange { .. })) => refused = error,
                Err(error) => return Err(error),
                Ok(run) => {
                    let plan = Self::with_inference(layout, spec, &trainer, chain, run)?;
                    return Ok(TrainingPlan { refresh_every, ..plan });
                }
            }
        }
        Err(refused)
    }

    fn with_inference<L: TrainingLayout>(
        layout: &L,
        spec: &TrainingSpec,
        trainer: &Trainer<L>,
        chain: Chain,
        step: StepRun,
    ) -> Result<TrainingPlan> {
        let live = trainer.live();
        let depth = depth(layout, spec, trainer, chain.slots(), 1)?;
        let inference = InferencePlan::with_program(layout, spec, trainer.program(), live, chain.clone())?;
        let mut keys = step.keys;
        keys.merge(&inference.keys);
        let steps = keys.rotations.keys().copied().collect();
        Ok(TrainingPlan {
            chain,
            batch: live,
            depth,
            refresh_every: 1,
            entry: step.entry,
            exit: step.exit,
            inference,
            steps,
            keys,
            step_operations: step.operations,
            weight_ciphertexts: layout.weight_ciphertexts(),
            input_ciphertexts: input_ciphertexts(layout, live),
            target_ciphertexts: layout.outputs(live).ciphertexts(),
            momentum: spec.optimizer.momentum() > 0.0,
        })
    }

    /// Refuses a number of steps between two refreshes that no layout can make.
    ///
    /// # Errors
    /// `BadSetting` for 0 or more than 16 steps, or rates so small that the samples of later steps would lose more than
    /// 16 bits.
    pub fn check_refresh_every(spec: &TrainingSpec, live: usize, steps: usize) -> Result<()> {
        let refuse = |expected| {
            Err(SetupError::BadSetting { setting: "--refresh-every", actual: steps.to_string(), expected }.into())
        };
        if !(1..=MOST_STEPS).contains(&steps) {
            return refuse("at least 1 and at most 16");
        }
        if steps > 1 && -least_fold(spec, live).log2() > MOST_LOST_BITS {
            return refuse(
                "1 at learning rates below the number of samples over 65536: later steps lose the logarithm of their ratio \
                 in bits of precision",
            );
        }
        Ok(())
    }

    /// Ciphertexts of a state: weights, and velocity with momentum.
    pub fn state_ciphertexts(&self) -> usize {
        self.weight_ciphertexts * if self.momentum { 2 } else { 1 }
    }

    /// Bytes from client to server at every refresh.
    pub fn refresh_bytes_up(&self) -> usize {
        self.state_ciphertexts() * self.chain.seeded_bytes(self.entry.weights)
    }

    /// Bytes from server to client at every refresh.
    pub fn refresh_bytes_down(&self) -> usize {
        self.state_ciphertexts() * self.chain.ciphertext_bytes(self.exit)
    }

    /// Bytes each way that refreshes cost, for each step.
    pub fn refresh_bytes_a_step(&self) -> usize {
        (self.refresh_bytes_up() + self.refresh_bytes_down()).div_ceil(self.refresh_every)
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
    keys: KeyLevels,
    operations: Tallies,
}

/// Ciphertexts of a batch's samples.
pub(super) fn input_ciphertexts<L: TrainingLayout>(layout: &L, samples: usize) -> usize {
    layout.inputs(samples).iter().map(MatrixLayout::ciphertexts).sum()
}

/// More steps than any parameters have levels for.
const MOST_STEPS: usize = 16;
/// Bits that samples may lose to the scale of the fold.
const MOST_LOST_BITS: f64 = 16.0;

/// The least rate of the first layer over the number of samples.
fn least_fold(spec: &TrainingSpec, live: usize) -> f64 {
    spec.optimizer.rate(0, 0) * spec.bounds.least_rate / live as f64
}

/// The levels that steps without a refresh consume.
fn depth<L: TrainingLayout>(
    layout: &L,
    spec: &TrainingSpec,
    trainer: &Trainer<L>,
    slots: usize,
    steps: usize,
) -> Result<usize> {
    let chain = Chain::nominal(2 * slots, steps * DEEPEST, 40)?;
    let run = run_steps(layout, spec, trainer, chain.clone(), chain.top(), steps)?;
    Ok(chain.top().0 - run.exit.0)
}

fn run_steps<L: TrainingLayout>(
    layout: &L,
    spec: &TrainingSpec,
    trainer: &Trainer<L>,
    chain: Chain,
    entry: Level,
    steps: usize,
) -> Result<StepRun> {
    let live = trainer.live();
    let outputs_at = InferencePlan::at(layout, trainer.program(), live, chain.clone(), entry)?.exit;
    let circuit = Circuit::new(PlanEvaluator::new(chain));
    let plan = circuit.backend();
    let weights = vec![plan.input(entry); layout.weight_ciphertexts()];
    let velocity = if spec.optimizer.momentum() > 0.0 { weights.clone() } else { Vec::new() };
    let batch = Batch {
        inputs: vec![plan.input(entry); input_ciphertexts(layout, live)],
        targets: vec![plan.input(outputs_at); layout.outputs(live).ciphertexts()],
    };
    let fold = least_fold(spec, live);
    let mut state = State { weights, velocity };
    for step in 0..steps {
        state = trainer.step(&circuit, &state, &batch, fold).map_err(|error| match error {
            Error::Circuit(source @ CircuitError::ScaleMismatch { .. }) if step > 0 => {
                SetupError::NeedsRefresh { layout: layout.kind().name(), steps, source }.into()
            }
            other => other,
        })?;
    }
    let exit = state.weights.iter().map(|w| circuit.level(w)).min().unwrap_or(entry);
    Ok(StepRun {
        entry: InputLevels { weights: entry, targets: outputs_at },
        exit,
        keys: circuit.backend().keys(),
        operations: circuit.meter().take(),
    })
}
