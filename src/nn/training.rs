//! The training of a network as a program, with whole steps in one round trip.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

pub use super::{
    early_stopping::{Best, EarlyStopping, Losses, Lowering, OnDivergence},
    optimizer::{Schedule, Sgd},
    server_loss::ServerLoss,
    setup::TrainingSetup,
    spec::{Bounds, TrainingSpec},
    trainer::Trainer,
    training_state::TrainingState,
};

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::{Batch, Inference, Network, State, TrainingLayout, TrainingProgram, trainer::Update};
use crate::{
    CircuitError, Error, Level, RequestError, Result, SetupError,
    backend::{Chain, Circuit, Evaluate, PlanEvaluator},
    packing::MatrixLayout,
    program::{Division, Kept, Owner, Precision, Program, Record, Rehearsal, Team, Workspace, with_levels},
};

/// Training in a layout: the server keeps batches, receives weights and velocity, and returns them after one or more
/// steps.
///
/// The rates divided by the number of samples, and the client's factors for them, are folded into scales
/// (`docs/packing.md`, "Folding the learning rate into the scale"). The plan reserves room for the smallest fraction of
/// the initial rates that any step uses ([`Bounds::least_rate`](super::Bounds)).
pub struct Training<L: TrainingLayout> {
    layout: L,
    setup: TrainingSetup,
    /// By number of samples, because a shorter batch has other masks.
    trainers: Cache<Trainer<L>>,
    /// By number of samples in all batches of a step, because the factors of weight decay depend on it.
    updates: Cache<Update>,
}

/// Sizes of batches: full ones and last ones, and few others.
const MOST_CACHED: usize = 8;

type Cache<T> = Mutex<HashMap<usize, Arc<T>>>;

/// Which steps a request asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// The first batch, counted from 0 among those that the server keeps. Steps use the following ones in turn.
    pub batch: usize,
    /// For each step, the fraction of the initial learning rates: the factor of the schedule times the factor by which
    /// the client lowers rates if training diverges.
    pub shares: Vec<f64>,
}

impl<L: TrainingLayout> Training<L> {
    /// A training in a layout.
    ///
    /// # Errors
    /// `WrongShape` for a layout of another network; the errors of [`TrainingSetup::check`]; any error of the layout.
    pub fn new(layout: L, setup: &TrainingSetup) -> Result<Self> {
        setup.check()?;
        let training = Training { layout, setup: setup.clone(), trainers: Mutex::default(), updates: Mutex::default() };
        training.trainer(setup.batch)?;
        Ok(training)
    }

    /// The layout.
    pub fn layout(&self) -> &L {
        &self.layout
    }

    /// The network, optimiser and sizes of the training.
    pub fn setup(&self) -> &TrainingSetup {
        &self.setup
    }

    /// The network, optimiser and bounds.
    pub fn spec(&self) -> &TrainingSpec {
        &self.setup.spec
    }

    /// The slot vectors of a batch's samples (`samples x inputs`), times [`TrainingSpec::input_factor`].
    ///
    /// # Errors
    /// `WrongShape` for samples of another width; any error of the loss or the layout.
    pub fn pack_inputs(&self, x: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        match self.setup.spec.input_factor()? {
            1.0 => self.layout.pack_inputs(x),
            factor => self.layout.pack_inputs((&x * factor).view()),
        }
    }

    /// The inference of the trained network in the same layout.
    ///
    /// # Errors
    /// Any error of the layout.
    pub fn inference(&self) -> Result<Inference<L>> {
        Inference::new(self.layout.clone(), &self.setup.spec.network, self.setup.batch)
    }

    /// Built once per number of samples, because its masks may take longer than a plan.
    fn trainer(&self, live: usize) -> Result<Arc<Trainer<L>>> {
        cached(&self.trainers, live, || Trainer::new(&self.layout, &self.setup.spec, live))
    }

    fn update(&self, samples: usize) -> Result<Arc<Update>> {
        let concentration = self.trainer(self.setup.batch)?.program().concentration();
        cached(&self.updates, samples, || Update::new(&self.layout, &self.setup.spec, concentration, samples))
    }

    /// One step on one or more batches, whose gradients are added: first those of the batches that are here, then those of
    /// all members of the team. Everyone makes the same update.
    fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        team: &dyn Team<E>,
        state: &State<E::Ciphertext>,
        batches: &[&Kept<Self, E::Ciphertext>],
        share: f64,
    ) -> Result<State<E::Ciphertext>> {
        let mut sums = Vec::<E::Ciphertext>::new();
        for batch in batches.iter().filter(|batch| batch.is_here()) {
            let gradients = self.trainer(batch.part)?.gradients(c, state, batch.data()?)?;
            match sums.is_empty() {
                true => sums = gradients,
                false => sums.iter_mut().zip(&gradients).try_for_each(|(sum, g)| c.add_inplace(sum, g))?,
            }
        }
        let sums = team.sum(sums)?;
        // Of everyone, so that rates and decay are those of all samples.
        let samples = batches.iter().map(|batch| batch.part).sum::<usize>();
        let fold = share * self.setup.spec.optimizer.rate(0, 0) / samples as f64;
        self.update(samples)?.apply(c, state, sums, fold)
    }

    /// Weights and velocity that are all the same.
    fn state_of<T: Clone>(&self, value: T) -> State<T> {
        let weights = vec![value; self.layout.weight_ciphertexts()];
        let velocity = if self.setup.spec.optimizer.momentum() > 0.0 { weights.clone() } else { Vec::new() };
        State { weights, velocity }
    }

    fn check_call(&self, call: &Steps, batches: usize) -> Result<()> {
        if call.batch >= batches {
            return Err(RequestError::UnknownBatch { expected: batches, actual: call.batch }.into());
        }
        if call.shares.is_empty() {
            return Err(RequestError::NoStep.into());
        }
        match call.shares.iter().find(|share| !(**share > 0.0 && **share <= 1.0)) {
            Some(&actual) => Err(RequestError::RateShare { actual }.into()),
            None => Ok(()),
        }
    }

    /// The error of a step that needs a refresh before it.
    fn explain(&self, error: Error, step: usize) -> Error {
        match error {
            Error::Circuit(source @ CircuitError::ScaleMismatch { .. }) if step > 0 => {
                SetupError::NeedsRefresh { layout: self.layout.kind().name(), steps: self.setup.refresh_every, source }
                    .into()
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

    /// Targets are subtracted from the outputs or their probabilities at a lower level, and weights of the errors follow from
    /// them one level above.
    fn kept(&self, &live: &usize, entry: Level, chain: &Chain) -> Result<Batch<Level>> {
        check_batch(self.setup.batch, live)?;
        let program = self.trainer(self.setup.batch)?;
        let outputs = exit_of_forward(&self.layout, program.program(), self.setup.batch, chain, entry)?;
        let TrainingSpec { network, loss, .. } = &self.setup.spec;
        let probabilities = Level(outputs.0.saturating_sub(loss.levels(network.outputs())?));
        let targets = Level(probabilities.0 + usize::from(loss.is_weighted()));
        Ok(Batch {
            inputs: vec![entry; input_ciphertexts(&self.layout, live)],
            targets: vec![targets; self.layout.outputs(live).ciphertexts()],
        })
    }

    fn asked(&self, _: &Steps, entry: Level, _: &Chain) -> Result<State<Level>> {
        Ok(self.state_of(entry))
    }

    /// Its batches.
    fn shares(&self) -> usize {
        self.setup.batches_per_step
    }

    /// Everyone has the weights, and the batches that it keeps. Gradients are summed within a request.
    fn divide(&self, call: &Steps, members: usize) -> Result<Option<Division<Self>>> {
        let asked = self.state_of(Owner::Everyone);
        Ok(Some(Division { calls: vec![Some(call.clone()); members], answer: asked.clone(), asked }))
    }

    fn rehearsal(&self) -> Rehearsal<Self> {
        let TrainingSetup { spec, batch, refresh_every, batches_per_step, .. } = &self.setup;
        let call = Steps { batch: 0, shares: vec![spec.bounds.least_rate; *refresh_every] };
        Rehearsal { parts: vec![*batch; *batches_per_step], calls: vec![call] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        call: &Steps,
        asked: &State<E::Ciphertext>,
    ) -> Result<State<E::Ciphertext>> {
        let Workspace { circuit: c, kept, refresh, team, checkpoints, .. } = workspace;
        self.check_call(call, kept.len())?;
        // Every step consumes as many levels as the first one, and leaves those that a refresh takes.
        let (mut state, mut made, mut levels) = (asked.clone(), 0, 0);
        if let Some(reached) = checkpoints.load()? {
            check_reached(reached.steps, call.shares.len())?;
            made = reached.steps;
            levels = lowest(c, &state).0;
            state = State::<()>::with_items(&state, reached.values)?;
        }
        for (step, share) in call.shares.iter().enumerate().skip(made) {
            state = with_levels::<E, State<()>>(c, "a training step", state, levels, refresh)?;
            let entry = lowest(c, &state);
            let (count, first) = (self.setup.batches_per_step, call.batch + step * self.setup.batches_per_step);
            let batches: Vec<_> = (first..first + count).map(|batch| &kept[batch % kept.len()]).collect();
            state = self.step(c, team, &state, &batches, *share).map_err(|error| self.explain(error, step))?;
            levels = entry.0 - lowest(c, &state).0 + refresh.input_level().0;
            if step + 1 < call.shares.len() {
                checkpoints.save(step + 1, &State::<()>::items(&state))?;
            }
        }
        // In a sequence of steps, some masks are encoded at the scale of the fold. Those of past rates would
        // accumulate.
        if call.shares.len() > 1 && self.setup.spec.optimizer.is_scheduled() {
            c.forget_encodings();
        }
        Ok(state)
    }

    fn least_exit(&self) -> Level {
        Level(self.setup.left_levels)
    }

    fn precision(&self) -> Precision {
        Precision::Repeated
    }

    fn terms(&self) -> String {
        format!("{} ({:?})", self.title(), self.setup)
    }

    fn title(&self) -> String {
        let (network, layout) = (&self.setup.spec.network, self.layout.kind().name());
        match self.setup.refresh_every {
            1 => format!("a training step of network {network} in layout {layout}"),
            steps => format!("a chain of {steps} training steps of network {network} in layout {layout}"),
        }
    }

    fn remedy(&self) -> &'static str {
        "a smaller network, a smaller batch, fewer steps between refreshes or another layout"
    }
}

fn cached<T>(cache: &Cache<T>, key: usize, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = cache.get(&key) {
        return Ok(known.clone());
    }
    // Clients choose the sizes of their batches.
    if cache.len() >= MOST_CACHED {
        cache.clear();
    }
    let made = Arc::new(make()?);
    cache.insert(key, made.clone());
    Ok(made)
}

/// Returns an error for a checkpoint of another call.
fn check_reached(actual: usize, steps: usize) -> Result<()> {
    match actual < steps {
        true => Ok(()),
        false => {
            let reason = format!("step {actual} was reached, of a request for {steps}");
            Err(RequestError::OtherCheckpoint { reason }.into())
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
pub(super) fn check_network<L: TrainingLayout>(layout: &L, network: &Network) -> Result<()> {
    let expected: Vec<_> = network.dimensions().windows(2).map(|ends| (ends[1], ends[0])).collect();
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
