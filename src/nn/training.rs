//! The training of a network as a program, with whole steps in one round trip.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

pub use super::{
    optimizer::{Schedule, Sgd},
    spec::{Bounds, TrainingSpec},
    trainer::Trainer,
};

use super::{Batch, Inference, State, TrainingLayout, TrainingProgram};
use crate::{
    CircuitError, Error, Level, Result, SetupError,
    backend::{Chain, Circuit, Evaluate, PlanEvaluator},
    packing::MatrixLayout,
    program::{Precision, Program, Rehearsal, Workspace, record_with_levels},
};

/// Training in a layout: the server keeps batches, receives weights and velocity, and returns them after one or more
/// steps.
///
/// The rates divided by the number of samples, and the client's factors for them, are folded into scales
/// (`docs/packing.md`, "Folding the learning rate into the scale"). The plan reserves room for the smallest fraction of
/// the initial rates that any step uses ([`Bounds::least_rate`](super::Bounds)).
pub struct Training<L: TrainingLayout> {
    layout: L,
    spec: TrainingSpec,
    batch: usize,
    steps: usize,
    /// By number of samples, because a shorter batch has other masks.
    trainers: Mutex<HashMap<usize, Arc<Trainer<L>>>>,
}

/// The steps of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// The batch of the first step, counted from 0 in the order in which batches were sent. Further steps use the
    /// following ones in turn.
    pub batch: usize,
    /// For each step, the fraction of the initial learning rates: the factor of the schedule times the factor by which
    /// the client lowers rates if training diverges.
    pub shares: Vec<f64>,
}

/// More steps than the levels of any parameters allow.
const MOST_STEPS: usize = 16;
/// The precision in bits that samples may lose to the scale of the fold.
const MOST_LOST_BITS: f64 = 16.0;

impl<L: TrainingLayout> Training<L> {
    /// A training with batches of up to `batch` samples and a refresh after every step.
    ///
    /// # Errors
    /// `WrongShape` for a layout of another network; `BadSetting` for rates that are too small; any error of the
    /// layout.
    pub fn new(layout: L, spec: &TrainingSpec, batch: usize) -> Result<Self> {
        Training::with_refresh_every(layout, spec, batch, 1)
    }

    /// The same training with `steps` steps between two refreshes.
    ///
    /// # Errors
    /// `WrongShape` for a layout of another network; `BadSetting` for 0 or more than 16 steps, or for rates so small
    /// that the samples of later steps would lose more than 16 bits; any error of the layout.
    pub fn with_refresh_every(layout: L, spec: &TrainingSpec, batch: usize, steps: usize) -> Result<Self> {
        check_refresh_every(spec, batch, steps)?;
        check_network(&layout, spec)?;
        let training = Training { layout, spec: spec.clone(), batch, steps, trainers: Mutex::default() };
        training.trainer(batch)?;
        Ok(training)
    }

    /// The layout.
    pub fn layout(&self) -> &L {
        &self.layout
    }

    /// The network, optimiser and bounds.
    pub fn spec(&self) -> &TrainingSpec {
        &self.spec
    }

    /// The largest number of samples per batch.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Steps between two refreshes.
    pub fn refresh_every(&self) -> usize {
        self.steps
    }

    /// The inference of the trained network in the same layout.
    ///
    /// # Errors
    /// Any error of the layout.
    pub fn inference(&self) -> Result<Inference<L>> {
        Inference::new(self.layout.clone(), &self.spec.network, self.batch)
    }

    /// Built once per number of samples, because its masks may take longer than a plan.
    fn trainer(&self, live: usize) -> Result<Arc<Trainer<L>>> {
        let mut trainers = self.trainers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trainer) = trainers.get(&live) {
            return Ok(trainer.clone());
        }
        let trainer = Arc::new(Trainer::new(&self.layout, &self.spec, live)?);
        trainers.insert(live, trainer.clone());
        Ok(trainer)
    }

    fn check_call(&self, call: &Steps, batches: usize) -> Result<()> {
        if call.batch >= batches {
            return Err(SetupError::UnknownBatch { expected: batches, actual: call.batch }.into());
        }
        if call.shares.is_empty() {
            return Err(SetupError::NoStep.into());
        }
        match call.shares.iter().find(|share| !(**share > 0.0 && **share <= 1.0)) {
            Some(&actual) => Err(SetupError::RateShare { actual }.into()),
            None => Ok(()),
        }
    }

    /// The error of a step that needs a refresh before it.
    fn explain(&self, error: Error, step: usize) -> Error {
        match error {
            Error::Circuit(source @ CircuitError::ScaleMismatch { .. }) if step > 0 => {
                SetupError::NeedsRefresh { layout: self.layout.kind().name(), steps: self.steps, source }.into()
            }
            other => other,
        }
    }
}

impl<L: TrainingLayout> Program for Training<L> {
    /// Samples per batch.
    type Part = usize;
    type Call = Steps;
    type Kept = Batch<()>;
    type Held = ();
    type Asked = State<()>;
    type Answer = State<()>;

    /// Targets are added to the outputs at a lower level.
    fn kept(&self, &live: &usize, entry: Level, chain: &Chain) -> Result<Batch<Level>> {
        check_batch(self.batch, live)?;
        let program = self.trainer(self.batch)?;
        let outputs = exit_of_forward(&self.layout, program.program(), self.batch, chain, entry)?;
        Ok(Batch {
            inputs: vec![entry; input_ciphertexts(&self.layout, live)],
            targets: vec![outputs; self.layout.outputs(live).ciphertexts()],
        })
    }

    fn asked(&self, _: &Steps, entry: Level, _: &Chain) -> Result<State<Level>> {
        let weights = vec![entry; self.layout.weight_ciphertexts()];
        let velocity = if self.spec.optimizer.momentum() > 0.0 { weights.clone() } else { Vec::new() };
        Ok(State { weights, velocity })
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        let call = Steps { batch: 0, shares: vec![self.spec.bounds.least_rate; self.steps] };
        Rehearsal { parts: vec![self.batch], calls: vec![call] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        call: &Steps,
        asked: &State<E::Ciphertext>,
    ) -> Result<State<E::Ciphertext>> {
        let Workspace { circuit: c, kept, refresh, .. } = workspace;
        self.check_call(call, kept.len())?;
        // Every step consumes as many levels as the first one.
        let (mut state, mut depth) = (asked.clone(), 0);
        for (step, share) in call.shares.iter().enumerate() {
            let batch = &kept[(call.batch + step) % kept.len()];
            let trainer = self.trainer(batch.part)?;
            state = record_with_levels::<E, State<()>>(c, state, depth, refresh)?;
            let entry = lowest(c, &state);
            let fold = share * self.spec.optimizer.rate(0, 0) / batch.part as f64;
            state = trainer.step(c, &state, &batch.data, fold).map_err(|error| self.explain(error, step))?;
            depth = entry.0 - lowest(c, &state).0;
        }
        // In a sequence of steps, some masks are encoded at the scale of the fold. Those of past rates would
        // accumulate.
        if call.shares.len() > 1 && self.spec.optimizer.is_scheduled() {
            c.forget_encodings();
        }
        Ok(state)
    }

    fn precision(&self) -> Precision {
        Precision::Repeated
    }

    fn title(&self) -> String {
        let (network, layout) = (&self.spec.network, self.layout.kind().name());
        match self.steps {
            1 => format!("a training step of network {network} in layout {layout}"),
            steps => format!("a chain of {steps} training steps of network {network} in layout {layout}"),
        }
    }
}

fn lowest<E: Evaluate>(c: &Circuit<E>, state: &State<E::Ciphertext>) -> Level {
    state.weights.iter().map(|w| c.level(w)).min().unwrap_or(Level(0))
}

/// The level of the outputs of a forward pass.
fn exit_of_forward<L: TrainingLayout>(
    layout: &L,
    program: &L::Program,
    samples: usize,
    chain: &Chain,
    entry: Level,
) -> Result<Level> {
    let circuit = Circuit::new(PlanEvaluator::new(chain.clone()));
    let input = circuit.backend().input(entry);
    let (weights, inputs) = (layout.weight_ciphertexts(), input_ciphertexts(layout, samples));
    let outputs = program.forward(&circuit, &vec![input.clone(); weights], &vec![input; inputs])?;
    Ok(outputs.iter().map(|y| circuit.level(y)).min().unwrap_or(entry))
}

/// The ciphertexts of a batch's samples.
pub(super) fn input_ciphertexts<L: TrainingLayout>(layout: &L, samples: usize) -> usize {
    layout.inputs(samples).iter().map(MatrixLayout::ciphertexts).sum()
}

/// Returns an error for samples that exceed the program.
pub(super) fn check_batch(expected: usize, actual: usize) -> Result<()> {
    match (1..=expected).contains(&actual) {
        true => Ok(()),
        false => Err(SetupError::WrongBatch { expected, actual }.into()),
    }
}

/// Returns an error for a layout of another network.
fn check_network<L: TrainingLayout>(layout: &L, spec: &TrainingSpec) -> Result<()> {
    let expected: Vec<_> = spec.network.dimensions().windows(2).map(|ends| (ends[1], ends[0])).collect();
    let actual: Vec<_> = layout.weights().iter().map(|placed| placed.layout.shape()).collect();
    if expected.len() == actual.len() {
        return match expected.into_iter().zip(actual).find(|(expected, actual)| expected != actual) {
            None => Ok(()),
            Some((expected, actual)) => {
                Err(SetupError::WrongShape { what: "a layout's weights", expected, actual }.into())
            }
        };
    }
    let (expected, actual) = ((expected.len(), 1), (actual.len(), 1));
    Err(SetupError::WrongShape { what: "the layers of a layout", expected, actual }.into())
}

/// Returns an error for an invalid number of steps between two refreshes.
pub(crate) fn check_refresh_every(spec: &TrainingSpec, batch: usize, steps: usize) -> Result<()> {
    let refuse = |expected| {
        Err(SetupError::BadSetting { setting: "--refresh-every", actual: steps.to_string(), expected }.into())
    };
    if !(1..=MOST_STEPS).contains(&steps) {
        return refuse("at least 1 and at most 16");
    }
    let least_fold = spec.optimizer.rate(0, 0) * spec.bounds.least_rate / batch as f64;
    if steps > 1 && -least_fold.log2() > MOST_LOST_BITS {
        return refuse(
            "1 at learning rates below the number of samples over 65536: later steps lose the logarithm of their ratio \
             in bits of precision",
        );
    }
    Ok(())
}
