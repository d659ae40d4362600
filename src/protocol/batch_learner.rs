//! What every client that computes its own loss has: samples, targets and a learner, a batch at a time.

use ndarray::{Array2, ArrayView2, Axis, s};

use super::SplitState;
use crate::{
    Argument, ArgumentError, Result,
    nn::{
        head::Dense,
        learning::{Batches, Evaluation, Learner, LearnerState, LearningSettings, Targets, Update},
        shapes::{check_count, check_shape},
        split::{Samples, SplitSetup},
    },
};

/// What a client trains: its samples and what becomes of its weights. Nothing of it reaches the server but encrypted
/// samples, weights and errors.
#[derive(Clone, Debug)]
pub struct SplitTask<A = crate::nn::Activation> {
    /// The activation between the layers.
    pub activation: A,
    /// Loss, optimiser and rates.
    pub settings: LearningSettings,
    /// The first weights.
    pub layers: Vec<Dense>,
    /// Samples to train on, `samples x features`.
    pub samples: Array2<f64>,
    /// What they should become.
    pub targets: Targets,
    /// The seed of the batches.
    pub seed: u64,
}

/// A learner with its samples, at one of its batches.
#[derive(Clone, Debug)]
pub struct BatchLearner {
    learner: Learner,
    samples: Array2<f64>,
    targets: Targets,
    /// Batches from the first step on.
    start: Batches,
    /// Those of later steps.
    batches: Batches,
    batch: Batch,
    /// Samples in a block.
    block: usize,
    /// The state before the last step, to which it can go back once.
    before: Option<LearnerState>,
    /// The batch of the last step.
    last: Option<Batch>,
    /// The batch of the next step, if the present one is made again.
    postponed: Option<Batch>,
    outcome: Option<BatchOutcome>,
}

/// The samples of a step.
#[derive(Clone, Debug)]
struct Batch {
    /// The numbers of its groups.
    groups: Vec<usize>,
    /// Its samples, by block.
    rows: Vec<Vec<usize>>,
}

impl Batch {
    fn next(batches: &mut Batches, block: usize) -> Batch {
        let groups = batches.next_batch();
        let rows = groups.iter().flat_map(|&group| batches.groups()[group].chunks(block)).map(<[usize]>::to_vec);
        Batch { rows: rows.collect(), groups }
    }
}

/// A state of more steps is a mistake, or made to harm: their batches are drawn again.
const MOST_STEPS: usize = 1 << 28;

/// What a step told about its batch, at the weights before it: exact, but for the noise of the encryption.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchOutcome {
    /// The mean loss.
    pub loss: f64,
    /// The share of samples that were classified correctly; `None` for targets that are no classes.
    pub accuracy: Option<f64>,
    /// The samples.
    pub samples: usize,
    /// The step of the optimiser.
    pub update: Update,
}

/// A loss with its errors in the size in which they are encrypted.
pub(super) struct BatchLoss {
    pub evaluation: Evaluation,
    pub accuracy: Option<f64>,
}

impl BatchLearner {
    /// A learner at its first batch, whose samples are packed in blocks of up to `block`.
    ///
    /// # Errors
    /// The errors of [`SplitSetup::check`] and [`Learner::new`]; `OutOfBounds` for blocks of 0; `WrongCount` or `WrongShape`
    /// for weights, samples or targets of another network or number; `Empty` without samples.
    pub fn new<A>(setup: &SplitSetup, block: usize, task: SplitTask<A>) -> Result<BatchLearner> {
        let SplitTask { settings, layers, samples, targets, seed, .. } = task;
        setup.check()?;
        Argument::Samples.check_count(block, 1, None)?;
        check_count("layers with first weights", setup.widths.len() - 1, layers.len())?;
        for (widths, layer) in setup.widths.windows(2).zip(&layers) {
            check_shape("the first weights of a layer", (widths[1], widths[0]), layer.weights.dim())?;
            check_count("first biases of a layer", widths[1], layer.bias.len())?;
        }
        check_shape("samples to train on", (targets.len(), setup.widths[0]), samples.dim())?;
        let outputs = setup.widths[setup.widths.len() - 1];
        check_shape("targets", (samples.nrows(), outputs), targets.values().dim())?;
        if targets.is_empty() {
            return Err(ArgumentError::Empty { what: "samples to train on" }.into());
        }
        // A group fills a block, or nearly: a batch has the requested number of samples.
        let blocks = setup.blocks(block);
        let block = block.min(setup.batch.div_ceil(blocks));
        let mut batches = match setup.samples {
            Samples::Kept if setup.shares > 1 => Batches::fixed(targets.len(), setup.batch, blocks, seed)?,
            Samples::Kept => Batches::of_groups(targets.len(), block, blocks, seed)?,
            Samples::Sent => Batches::drawn_anew(targets.len(), setup.batch, seed)?,
        };
        let (learner, start) = (Learner::new(&settings, layers)?, batches.clone());
        let batch = Batch::next(&mut batches, block);
        let (before, last, postponed, outcome) = Default::default();
        Ok(BatchLearner { learner, samples, targets, start, batches, batch, block, before, last, postponed, outcome })
    }

    /// What the training has come to, with the powers of two of a client.
    pub(super) fn state(&self, exponents: Vec<i32>) -> SplitState {
        SplitState { learner: self.learner.state().clone(), before: self.before.clone(), exponents }
    }

    /// Continues from a state, with the batch that followed it. `before` is the state one step earlier, to which a training
    /// may go back.
    ///
    /// # Errors
    /// As [`Learner::resume`].
    pub fn resume(&mut self, state: LearnerState, before: Option<LearnerState>) -> Result<()> {
        let (from, to) = (self.learner.steps(), state.steps());
        Argument::TrainingSteps.check_count(to, 0, Some(MOST_STEPS))?;
        self.learner.resume(state)?;
        (self.before, self.outcome) = (before, None);
        if to < from {
            (self.batches, self.postponed) = (self.start.clone(), None);
            self.batch = Batch::next(&mut self.batches, self.block);
        }
        for _ in if to < from { 0..to } else { from..to } {
            self.go_to_next_batch();
        }
        Ok(())
    }

    fn go_to_next_batch(&mut self) {
        let next = self.postponed.take().unwrap_or_else(|| Batch::next(&mut self.batches, self.block));
        self.last = Some(std::mem::replace(&mut self.batch, next));
    }

    /// Replaces the weights, such as by the best of a training.
    ///
    /// # Errors
    /// As [`Learner::set_layers`].
    pub fn set_layers(&mut self, layers: &[Dense]) -> Result<()> {
        self.learner.set_layers(layers)
    }

    /// The weights with their optimiser.
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    /// What the last step told.
    pub fn outcome(&self) -> Option<BatchOutcome> {
        self.outcome
    }

    /// The numbers of the groups of this step.
    pub(super) fn groups(&self) -> &[usize] {
        &self.batch.groups
    }

    /// The samples of a group that the peer keeps.
    pub(super) fn samples_of(&self, group: usize) -> Array2<f64> {
        self.samples.select(Axis(0), &self.start.groups()[group])
    }

    /// The number of groups of samples, of which a peer keeps all at most.
    pub fn groups_in_all(&self) -> usize {
        self.start.groups().len()
    }

    /// The samples of this step, by block.
    pub(super) fn blocks(&self) -> Vec<Array2<f64>> {
        self.batch.rows.iter().map(|rows| self.samples.select(Axis(0), rows)).collect()
    }

    /// The number of samples of every block of this step.
    pub(super) fn sizes(&self) -> Vec<usize> {
        self.batch.rows.iter().map(Vec::len).collect()
    }

    /// The loss of the logits of this step's samples.
    pub(super) fn evaluate(&self, logits: &Array2<f64>) -> Result<BatchLoss> {
        let targets = self.targets.select(&self.batch.rows.concat())?;
        let evaluation = self.learner.settings().loss.evaluate(logits, &targets)?;
        Ok(BatchLoss { evaluation, accuracy: targets.accuracy(logits)? })
    }

    /// Makes the step of the optimiser and goes on to the next batch.
    ///
    /// # Errors
    /// As [`Learner::step`]: `Diverged` if a weight would exceed its bound; everything is then as before.
    pub(super) fn finish(&mut self, loss: &BatchLoss, gradients: &[Dense]) -> Result<BatchOutcome> {
        let before = self.learner.state().clone();
        let update = self.learner.step(gradients)?;
        let BatchLoss { evaluation, accuracy } = loss;
        let samples = evaluation.errors.nrows();
        let outcome = BatchOutcome { loss: evaluation.value, accuracy: *accuracy, samples, update };
        self.outcome = Some(outcome);
        self.before = Some(before);
        self.go_to_next_batch();
        Ok(outcome)
    }

    /// Goes back to the weights before the last step, to make that step again. Nothing changes if there was none, or if it
    /// was undone already.
    ///
    /// # Errors
    /// As [`Learner::resume`].
    pub(super) fn go_back(&mut self) -> Result<()> {
        let (Some(state), Some(batch)) = (self.before.take(), self.last.take()) else { return Ok(()) };
        self.learner.resume(state)?;
        // At most one: another step must be made before it can go back again.
        self.postponed = Some(std::mem::replace(&mut self.batch, batch));
        Ok(())
    }

    /// Multiplies all rates of later steps.
    ///
    /// # Errors
    /// As [`Learner::set_rate_factor`].
    pub(super) fn set_rate_factor(&mut self, factor: f64) -> Result<()> {
        self.learner.set_rate_factor(factor)
    }
}

/// The power of two that brings the largest error to between 1/2 and 1: errors become small late in a training, and noise
/// does not.
pub(super) fn boost_of(errors: &Array2<f64>) -> f64 {
    /// Beyond it, errors are zero for all purposes.
    const MOST: f64 = 60.0;
    let largest = errors.iter().fold(0f64, |m, e| m.max(e.abs()));
    (-largest.log2()).floor().clamp(-MOST, MOST).exp2()
}

/// The smallest power of two by which weights or errors must be divided for the mean of their products, which came back
/// divided by `2^exponent`, to stay below a quarter of the room.
pub(super) fn exponent_for(products: &[Vec<f64>], exponent: i32, room: f64) -> i32 {
    const SPARE: f64 = 4.0;
    let mean = |slots: &Vec<f64>| slots.iter().map(|v| v.abs()).sum::<f64>() / slots.len() as f64;
    let largest = products.iter().map(mean).fold(0.0, f64::max) * 2f64.powi(exponent);
    (SPARE * largest / room).max(1.0).log2().ceil() as i32
}

/// The rows of a matrix, block by block.
pub(super) fn blocks_of<'a>(rows: &'a Array2<f64>, sizes: &[usize]) -> Vec<ArrayView2<'a, f64>> {
    let mut start = 0;
    let block = |&size: &usize| {
        start += size;
        rows.slice(s![start - size..start, ..])
    };
    sizes.iter().map(block).collect()
}

/// A matrix of so many columns, read block by block from as many vectors for each.
pub(super) fn by_block(
    what: &'static str,
    slots: &[Vec<f64>],
    vectors: usize,
    sizes: &[usize],
    columns: usize,
    read: impl Fn(&[Vec<f64>], usize) -> Result<Array2<f64>>,
) -> Result<Array2<f64>> {
    check_count(what, sizes.len() * vectors, slots.len())?;
    let (mut rows, mut start) = (Array2::zeros((sizes.iter().sum(), columns)), 0);
    for (&size, slots) in sizes.iter().zip(slots.chunks(vectors)) {
        rows.slice_mut(s![start..start + size, ..]).assign(&read(slots, size)?);
        start += size;
    }
    Ok(rows)
}
