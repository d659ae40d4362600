//! What every client that computes its own loss has: samples, targets and a learner, a batch at a time.

use ndarray::{Array2, ArrayView2, Axis, s};

use crate::{
    Argument, ArgumentError, Result,
    nn::{
        head::Dense,
        learning::{Batches, Evaluation, Learner, LearningSettings, Targets, Update},
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
pub struct BatchLearner {
    learner: Learner,
    samples: Array2<f64>,
    targets: Targets,
    batches: Batches,
    /// The groups of this step.
    batch: Vec<usize>,
    /// Samples in a block.
    block: usize,
    /// The weights before the last step, and the groups of that step.
    before: Option<(Learner, Vec<usize>)>,
    outcome: Option<BatchOutcome>,
}

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
        let blocks = setup.batch.div_ceil(block);
        let mut batches = match setup.samples {
            Samples::Kept => Batches::of_groups(targets.len(), setup.batch.div_ceil(blocks), blocks, seed)?,
            Samples::Sent => Batches::drawn_anew(targets.len(), setup.batch, seed)?,
        };
        let (learner, batch) = (Learner::new(&settings, layers)?, batches.next_batch());
        Ok(BatchLearner { learner, samples, targets, batch, batches, block, before: None, outcome: None })
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
    pub(super) fn batch(&self) -> &[usize] {
        &self.batch
    }

    /// The samples of all groups, one group after another.
    pub(super) fn groups(&self) -> impl Iterator<Item = Array2<f64>> {
        self.batches.groups().iter().map(move |group| self.samples.select(Axis(0), group))
    }

    /// The samples of this step, by block.
    pub(super) fn blocks(&self) -> Vec<Array2<f64>> {
        self.rows().map(|rows| self.samples.select(Axis(0), rows)).collect()
    }

    /// The number of samples of every block of this step.
    pub(super) fn sizes(&self) -> Vec<usize> {
        self.rows().map(<[usize]>::len).collect()
    }

    fn rows(&self) -> impl Iterator<Item = &[usize]> {
        self.batch.iter().flat_map(move |&group| self.batches.groups()[group].chunks(self.block))
    }

    /// The loss of the logits of this step's samples.
    pub(super) fn evaluate(&self, logits: &Array2<f64>) -> Result<BatchLoss> {
        let targets = self.targets.select(&self.rows().flatten().copied().collect::<Vec<_>>())?;
        let evaluation = self.learner.settings().loss.evaluate(logits, &targets)?;
        Ok(BatchLoss { evaluation, accuracy: targets.accuracy(logits)? })
    }

    /// Makes the step of the optimiser and goes on to the next batch.
    ///
    /// # Errors
    /// As [`Learner::step`]: `Diverged` if a weight would exceed its bound; everything is then as before.
    pub(super) fn finish(&mut self, loss: &BatchLoss, gradients: &[Dense]) -> Result<BatchOutcome> {
        let before = self.learner.clone();
        let update = self.learner.step(gradients)?;
        let BatchLoss { evaluation, accuracy } = loss;
        let samples = evaluation.errors.nrows();
        let outcome = BatchOutcome { loss: evaluation.value, accuracy: *accuracy, samples, update };
        self.outcome = Some(outcome);
        self.before = Some((before, std::mem::replace(&mut self.batch, self.batches.next_batch())));
        Ok(outcome)
    }

    /// Goes back to the weights before the last step, to make that step again. False if there was none, or if it was made
    /// again already.
    pub(super) fn go_back(&mut self) -> bool {
        let Some((learner, batch)) = self.before.take() else { return false };
        (self.learner, self.batch) = (learner, batch);
        true
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

/// The smallest power of two by which weights must be divided for the mean of their products, which came back divided by
/// `2^exponent`, to stay below a quarter of the room.
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
