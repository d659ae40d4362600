//! A training step of a linear head with encrypted embeddings, labels and weights.

use ndarray::{Array2, ArrayView2, Axis, s};

use super::{Dense, Head, explain_width};
use crate::{
    Argument, ArgumentError, Level, RequestError, Result, SetupError,
    backend::{Chain, Circuit, Evaluate, Slots, TargetScale},
    nn::{
        diagonal::sum_of_products,
        layout::check_count,
        network::with_constant,
        shapes::{self, check_labels, check_shape},
        soft_argmax::{SoftArgmax, SoftArgmaxProgram, SoftmaxApproximation},
        training::check_batch,
    },
    packing::{Conversion, DiagonalLayout, DiagonalMatrix, MatrixLayout, Product, SumMode},
    parallel,
    program::{Program, Rehearsal, Workspace},
    record,
};

/// The training of a linear head under encryption: softmax regression by SGD with momentum, as in transfer learning
/// (HETAL, Lee et al. 2023, arXiv 2403.14111), with probabilities by the polynomials of the soft-argmax.
#[derive(Clone, Debug, PartialEq)]
pub struct EncryptedTrainingSpec {
    /// Width of the embeddings. A constant `1 / sqrt(width)` for the bias is appended to them; it has the size of the
    /// entries of an embedding of unit length, so that one rate suits both.
    pub width: usize,
    /// Number of classes.
    pub classes: usize,
    /// The spread of logits for which the polynomials are valid.
    pub range: f64,
    /// The polynomials.
    pub approximation: SoftmaxApproximation,
    /// Samples per step.
    pub batch: usize,
    /// Learning rate.
    pub rate: f64,
    /// Momentum.
    pub momentum: f64,
}

impl EncryptedTrainingSpec {
    /// Returns an error for settings with which nothing can be learned.
    ///
    /// # Errors
    /// `OutOfBounds` for a width or batch of 0, for fewer than two classes, for a range or rate that is not positive and
    /// finite, or for a momentum that is not from 0 to below 1.
    pub fn check(&self) -> Result<()> {
        Argument::Inputs.check_count(self.width, 1, None)?;
        Argument::Classes.check_count(self.classes, 2, None)?;
        Argument::Samples.check_count(self.batch, 1, None)?;
        Argument::Range.check_positive(self.range)?;
        Argument::LearningRate.check_positive(self.rate)?;
        Argument::Momentum.check(self.momentum, 0.0..1.0)?;
        Ok(())
    }

    fn constant(&self) -> f64 {
        1.0 / (self.width.max(1) as f64).sqrt()
    }

    /// Returns an error for samples (`samples x width`) and labels of another training.
    fn check_samples(&self, x: ArrayView2<f64>, labels: &[usize]) -> Result<()> {
        check_shape("the embeddings to train on", (x.nrows(), self.width), x.dim())?;
        check_labels(labels, x.nrows(), self.classes)
    }
}

/// Softmax regression for any backend: `W -= rate/n (p - y)^T x`, by diagonals with baby and giant steps as in
/// [`DiagonalLayout`]. A step uses several ciphertexts of samples, whose gradients share a relinearisation and a sum.
///
/// | value | levels |
/// |---|---|
/// | logits | 1 |
/// | probabilities | those of the approximation |
/// | gradient | 1 |
/// | its sum over the samples of a ciphertext, replicated, with the rate in the mask | 1 |
///
/// With the 4 levels of a sigmoid it fits into N = 16384. For two classes the weights are those of the difference of
/// the logits.
pub struct EncryptedTraining {
    spec: EncryptedTrainingSpec,
    layout: DiagonalLayout,
    batch: usize,
    matrix: MatrixLayout,
    turn: Conversion,
    forward: Product,
    add_giant_steps: Option<Conversion>,
    soft_argmax: SoftArgmaxProgram,
    turn_errors: Option<Conversion>,
    gradient: Product,
}

/// Encrypted samples of a step: one ciphertext of embeddings and one of labels per group of samples.
#[derive(Clone, Debug)]
pub struct TrainingSamples<C> {
    /// Embeddings with their constant.
    pub inputs: Vec<C>,
    /// One-hot labels, or 1 for the second of two classes.
    pub labels: Vec<C>,
}
record!(TrainingSamples { inputs: many, labels: many });

/// Weights divided by the reach of the approximation, and their velocity, by diagonals.
#[derive(Clone, Debug)]
pub struct HeadState<C> {
    /// Weights.
    pub weights: Vec<C>,
    /// Velocity.
    pub velocity: Vec<C>,
}
record!(HeadState { weights: many, velocity: many });

/// The contribution of a group of samples to the gradient.
struct Pass<C> {
    /// `p - y`, rotated by every giant step.
    errors: Vec<C>,
    /// The embeddings, rotated by every baby step.
    turned: Vec<C>,
}

impl EncryptedTraining {
    /// The program for a ring.
    ///
    /// # Errors
    /// `HeadTooWide` if there are too few slots for two samples; `UnsuitedApproximation` for an approximation that does
    /// not have one input per class; the errors of [`EncryptedTrainingSpec::check`].
    pub fn new(spec: &EncryptedTrainingSpec, slots: usize) -> Result<EncryptedTraining> {
        spec.check()?;
        let rows = spec.approximation.inputs(spec.classes)?.nrows();
        if rows > spec.classes {
            let (what, classes) = ("an encrypted training", spec.classes);
            return Err(ArgumentError::UnsuitedApproximation { what, classes, inputs: rows }.into());
        }
        let columns = spec.width.saturating_add(1);
        let layout = DiagonalLayout::filling(slots, columns.max(rows)).map_err(explain_width)?;
        let batch = layout.sample_axis().extent();
        let w = DiagonalMatrix::new(rows, columns).with_giant_steps();
        let (matrix, factor, errors) = (layout.matrix(w), layout.factor(batch, w), layout.batch(batch, rows));
        let turned_errors = layout.transposed_factor(batch, w);
        let forward = Product::new(&factor, &matrix)?;
        let gradient = Product::new(&turned_errors.transposed(), &factor.transposed())?;
        // The sum over the samples of a ciphertext applies the rate.
        if !gradient.sum_modes().contains(&SumMode::Mask) {
            return Err(SetupError::HeadTooWide { needed: slots.saturating_mul(2), slots }.into());
        }
        let giant_steps = w.giant_steps() > 1;
        let layer = SoftArgmax::new(spec.classes, 1.0, 0)?;
        Ok(EncryptedTraining {
            spec: spec.clone(),
            batch,
            turn: Conversion::new(&layout.batch(batch, columns), &factor)?,
            add_giant_steps: giant_steps.then(|| Conversion::summing(forward.result(), &errors)).transpose()?,
            turn_errors: giant_steps.then(|| Conversion::new(&errors, &turned_errors)).transpose()?,
            soft_argmax: SoftArgmaxProgram::new(&layer, &spec.approximation, &errors)?,
            // Weights are divided by the reach, so their products are the inputs of the polynomials.
            gradient: gradient.weighted(-spec.rate / (spec.batch as f64 * spec.approximation.reach())),
            forward,
            matrix,
            layout,
        })
    }

    /// The specification.
    pub fn spec(&self) -> &EncryptedTrainingSpec {
        &self.spec
    }

    /// Samples per ciphertext.
    pub fn samples_a_ciphertext(&self) -> usize {
        self.batch
    }

    /// The number of ciphertexts of the weights, which is also that of the velocity.
    pub fn weight_ciphertexts(&self) -> usize {
        self.matrix.ciphertexts()
    }

    /// The slot vectors of samples (`samples x width`) and their labels, in as many groups as needed.
    ///
    /// # Errors
    /// `WrongShape` for samples of another width; `WrongCount` for another number of labels; `UnknownLabel` for a label
    /// that is not a class.
    pub fn pack_samples(&self, x: ArrayView2<f64>, labels: &[usize]) -> Result<TrainingSamples<Vec<f64>>> {
        self.spec.check_samples(x, labels)?;
        let inputs = with_constant(x, self.spec.constant());
        let rows = self.shape().0;
        // Of two classes, the label is that of the second.
        let first = usize::from(rows == 1);
        let targets = Array2::from_shape_fn((labels.len(), rows), |(i, row)| f64::from(labels[i] == first + row));
        let pack = |all: &Array2<f64>| -> Result<Vec<Vec<f64>>> {
            let groups = all.axis_chunks_iter(Axis(0), self.batch);
            groups.map(|group| Ok(self.layout.batch(group.nrows(), all.ncols()).pack(group)?.concat())).collect()
        };
        Ok(TrainingSamples { inputs: pack(&inputs)?, labels: pack(&targets)? })
    }

    /// The slot vectors of a matrix of weights or velocity (`rows x width + 1`, the bias last; one row for two
    /// classes).
    ///
    /// # Errors
    /// `WrongShape` for a matrix of another shape.
    pub fn pack(&self, weights: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        self.matrix.pack((&weights / self.spec.approximation.reach()).view())
    }

    /// The inverse of [`pack`](EncryptedTraining::pack).
    ///
    /// # Errors
    /// `WrongCount` if the number of vectors is not that of this program.
    pub fn unpack(&self, slots: &[Vec<f64>]) -> Result<Array2<f64>> {
        let mut weights = self.matrix.unpack(slots)? * self.spec.approximation.reach();
        // The rows of more than two classes remain centred except for noise, which would accumulate.
        if weights.nrows() > 1 {
            weights = centred(&weights);
        }
        Ok(weights)
    }

    /// The head with the given weights.
    ///
    /// # Errors
    /// `WrongShape` for weights of another shape; `NotFinite` for weights that are not finite.
    pub fn head(&self, weights: &Array2<f64>) -> Result<Head> {
        check_shape("the weights of the head", self.shape(), weights.dim())?;
        let all = match weights.nrows() {
            // The difference of both logits, with half of it in each.
            1 => Array2::from_shape_fn((2, weights.ncols()), |(i, j)| weights[[0, j]] * (i as f64 - 0.5)),
            _ => weights.clone(),
        };
        let width = self.spec.width;
        Head::linear(Dense {
            weights: all.slice(s![.., ..width]).to_owned(),
            bias: all.column(width).to_owned() * self.spec.constant(),
        })
    }

    /// The rows and columns of the weights: one row for two classes, and a column for the bias.
    pub fn shape(&self) -> (usize, usize) {
        self.matrix.shape()
    }

    /// One step on encrypted samples.
    ///
    /// # Errors
    /// `WrongCount` if the numbers of ciphertexts are not those of this program; `NoLevelLeft` or `MissingRotation` if
    /// levels or rotation keys are not as planned.
    pub fn step<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        state: &HeadState<E::Ciphertext>,
        samples: &TrainingSamples<E::Ciphertext>,
    ) -> Result<HeadState<E::Ciphertext>> {
        shapes::check_count("ciphertexts of labels", samples.inputs.len().max(1), samples.labels.len())?;
        check_count("packed velocity", self.matrix.ciphertexts(), &state.velocity)?;
        let groups = samples.inputs.iter().zip(&samples.labels);
        let passes = parallel::try_map(groups, |(x, y)| self.pass(c, &state.weights, x, y))?;
        let diagonal = |k: usize| {
            // Summed over all groups before the relinearisation.
            let mut terms = Vec::with_capacity(passes.len());
            for pass in &passes {
                terms.extend(self.gradient.terms(&pass.errors, &pass.turned)?.swap_remove(k));
            }
            let slope = self.gradient.sum(c, c.product_sum(&terms)?)?;
            let mut velocity =
                c.multiply_plain(&state.velocity[k], &self.spec.momentum.into(), TargetScale::Like(&slope))?;
            c.add_inplace(&mut velocity, &slope)?;
            let mut weights = c.multiply_plain(&state.weights[k], &Slots::Constant(1.0), TargetScale::Like(&slope))?;
            c.add_inplace(&mut weights, &velocity)?;
            Ok((weights, velocity))
        };
        let moved = parallel::try_map(0..self.matrix.ciphertexts(), diagonal)?;
        let (weights, velocity) = moved.into_iter().unzip();
        Ok(HeadState { weights, velocity })
    }

    /// The computation of a group from embeddings to errors.
    fn pass<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        weights: &[E::Ciphertext],
        x: &E::Ciphertext,
        labels: &E::Ciphertext,
    ) -> Result<Pass<E::Ciphertext>> {
        let turned = self.turn.apply(c, std::slice::from_ref(x))?;
        let logits = sum_of_products(c, &self.forward, &turned, weights, self.add_giant_steps.as_ref())?;
        let mut wrong = self.soft_argmax.probabilities(c, &logits)?;
        c.sub_inplace(&mut wrong, labels)?;
        let errors = match &self.turn_errors {
            None => vec![wrong],
            Some(turn) => turn.apply(c, &[wrong])?,
        };
        Ok(Pass { errors, turned })
    }
}

fn centred(weights: &Array2<f64>) -> Array2<f64> {
    let mean = weights.sum_axis(Axis(0)) / weights.nrows() as f64;
    weights - &mean
}

/// A step in the clear, which returns the weights and velocity after it. If `exact`, probabilities are those of
/// softmax, otherwise those of the polynomials, as under encryption.
///
/// # Errors
/// `WrongShape` for weights, velocity or samples of other shapes; `WrongCount` for another number of labels;
/// `UnknownLabel` for a label that is not a class; the errors of [`EncryptedTrainingSpec::check`].
pub fn train_step_in_clear(
    spec: &EncryptedTrainingSpec,
    weights: &mut Array2<f64>,
    velocity: &mut Array2<f64>,
    x: ArrayView2<f64>,
    labels: &[usize],
    exact: bool,
) -> Result<()> {
    spec.check()?;
    spec.check_samples(x, labels)?;
    let rows = spec.approximation.inputs(spec.classes)?.nrows();
    check_shape("the weights", (rows, spec.width.saturating_add(1)), weights.dim())?;
    check_shape("the velocity", weights.dim(), velocity.dim())?;
    let inputs = with_constant(x, spec.constant());
    let logits = inputs.dot(&weights.t());
    let mut wrong = logits.clone();
    for ((z, mut d), &label) in logits.rows().into_iter().zip(wrong.rows_mut()).zip(labels) {
        let both = if z.len() == 1 { vec![0.0, z[0]] } else { z.to_vec() };
        let p = match exact {
            true => SoftArgmax::softmax(both.iter().copied()),
            false => spec.approximation.probabilities(&both)?,
        };
        let first = usize::from(z.len() == 1);
        for (i, d) in d.iter_mut().enumerate() {
            *d = p[first + i] - f64::from(label == first + i);
        }
    }
    let slope = wrong.t().dot(&inputs) * (spec.rate / spec.batch as f64);
    *velocity *= spec.momentum;
    *velocity -= &slope;
    *weights += &*velocity;
    Ok(())
}

impl Program for EncryptedTraining {
    /// Groups of samples, with one ciphertext of embeddings and one of labels each.
    type Part = usize;
    /// The batch, counted from 0.
    type Call = usize;
    type Kept = TrainingSamples<()>;
    type Held = ();
    type Asked = HeadState<()>;
    type Answer = HeadState<()>;

    fn kept(&self, &groups: &usize, entry: Level, _: &Chain) -> Result<TrainingSamples<Level>> {
        check_batch(self.spec.batch.div_ceil(self.batch.max(1)), groups)?;
        Ok(TrainingSamples { inputs: vec![entry; groups], labels: vec![entry; groups] })
    }

    fn asked(&self, _: &usize, entry: Level, _: &Chain) -> Result<HeadState<Level>> {
        let all = || vec![entry; self.weight_ciphertexts()];
        Ok(HeadState { weights: all(), velocity: all() })
    }

    /// One group: more groups have the same requirements.
    fn rehearsal(&self) -> Rehearsal<Self> {
        Rehearsal { parts: vec![1], calls: vec![0] }
    }

    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        &batch: &usize,
        asked: &HeadState<E::Ciphertext>,
    ) -> Result<HeadState<E::Ciphertext>> {
        let expected = workspace.kept.len();
        let samples = workspace.kept.get(batch).ok_or(RequestError::UnknownBatch { expected, actual: batch })?;
        self.step(workspace.circuit, asked, samples.data()?)
    }

    fn terms(&self) -> String {
        format!("{} ({:?})", self.title(), self.spec)
    }

    fn title(&self) -> String {
        format!("a training step of a head {}-{}", self.spec.width, self.spec.classes)
    }

    fn remedy(&self) -> &'static str {
        "a narrower range of the logits, fewer classes or a smaller batch"
    }
}
