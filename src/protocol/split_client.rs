//! The client of a split step.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis, s};

use super::{
    Answer, Client, Peer, Request, Session,
    batch_learner::{BatchLearner, BatchLoss, SplitTask, blocks_of, boost_of, by_block, exponent_for},
    kept_groups::KeptGroups,
    split_training::{LossAtClient, LossProgram},
};
use crate::{
    Result,
    backend::KeyHolder,
    nn::{
        shapes::check_count,
        split::{Folded, Samples, SplitCall, SplitRequest, SplitTraining, SquareFolding},
    },
};

/// The client's half of a split training, a step at a time.
pub struct SplitClient {
    program: Arc<SplitTraining>,
    folding: SquareFolding,
    batch: BatchLearner,
    kept: KeptGroups,
    /// The power of two by which the second weights are divided.
    exponent: i32,
    /// That by which errors are smaller than about 1.
    error_exponent: i32,
    /// How much larger both are than the last products ask for, because others left their room.
    spare: i32,
    /// What the forward pass of this step told, before the backward pass.
    forward: Option<Forward>,
}

struct Forward {
    folded: Folded,
    loss: BatchLoss,
    /// The power of two by which errors are multiplied.
    boost: f64,
}

impl SplitClient {
    /// The request for the logits of blocks of samples, which are sent if there are any.
    fn ask_forward(&self, call: SplitCall, blocks: &[ArrayView2<f64>]) -> Result<Request<SplitTraining>> {
        let layout = self.program.layout();
        let folded = self.fold()?;
        let weights = layout.pack_weights(folded.first().view(), folded.second().view())?;
        let samples = blocks.iter().map(|block| self.pack_samples(*block)).collect::<Result<Vec<_>>>()?.concat();
        Ok((call, SplitRequest { weights, samples, errors: Vec::new() }))
    }

    fn fold(&self) -> Result<Folded> {
        self.folding.fold(self.batch.learner().layers(), self.exponent)
    }

    /// The logits in the answer to such a request, for blocks of so many samples.
    fn read_logits(&self, products: &[Vec<f64>], folded: &Folded, sizes: &[usize]) -> Result<Array2<f64>> {
        let layout = self.program.layout();
        let read = |slots: &[Vec<f64>], size: usize| layout.unpack_logits(slots, size);
        folded.logits(by_block(
            "packed logits",
            products,
            layout.tiles().outputs(),
            sizes,
            self.program.outputs(),
            read,
        )?)
    }
}

/// Samples with a constant 1 behind their features, for the first biases.
pub(super) fn with_constant(x: ArrayView2<f64>) -> Array2<f64> {
    let mut inputs = Array2::ones((x.nrows(), x.ncols() + 1));
    inputs.slice_mut(s![.., ..x.ncols()]).assign(&x);
    inputs
}

impl LossAtClient<SplitTraining> for SplitClient {
    type Task = SplitTask;

    /// # Errors
    /// `BadActivation` for an activation that is no quadratic; the errors of [`BatchLearner::new`].
    fn new(program: Arc<SplitTraining>, task: SplitTask) -> Result<SplitClient> {
        let folding = SquareFolding::new(&task.activation)?;
        let batch = BatchLearner::new(program.setup(), program.block(), task)?;
        Ok(SplitClient {
            folding,
            batch,
            kept: KeptGroups::default(),
            exponent: 0,
            error_exponent: 0,
            spare: 0,
            forward: None,
            program,
        })
    }

    fn batch(&self) -> &BatchLearner {
        &self.batch
    }

    fn batch_mut(&mut self) -> &mut BatchLearner {
        &mut self.batch
    }

    fn kept_mut(&mut self) -> &mut KeptGroups {
        &mut self.kept
    }

    fn begin_step(&mut self) {
        self.forward = None;
    }

    fn make_room(&mut self) {
        self.spare += 2;
        self.exponent += 2;
        self.error_exponent += 2;
    }

    fn exponents(&self) -> Vec<i32> {
        vec![self.exponent, self.error_exponent, self.spare]
    }

    fn set_exponents(&mut self, exponents: &[i32]) -> Result<()> {
        check_count("powers of two of weights and errors", 3, exponents.len())?;
        (self.exponent, self.error_exponent, self.spare) = (exponents[0], exponents[1], exponents[2]);
        Ok(())
    }

    /// With the constant input.
    fn pack_samples(&self, x: ArrayView2<f64>) -> Result<Vec<Vec<f64>>> {
        self.program.layout().pack_samples(with_constant(x).view())
    }

    fn infer<K, S>(&self, session: &mut Session<K, S, SplitTraining>, x: ArrayView2<f64>) -> Result<Array2<f64>>
    where
        S: Peer<SplitTraining>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        let blocks: Vec<_> = x.axis_chunks_iter(Axis(0), self.program.layout().shape().samples).collect();
        let (call, asked) = self.ask_forward(SplitCall::Infer(blocks.len()), &blocks)?;
        let sizes: Vec<usize> = blocks.iter().map(|block| block.nrows()).collect();
        self.read_logits(&session.call(&call, &asked)?.products, &self.fold()?, &sizes)
    }
}

impl Client<SplitTraining> for SplitClient {
    fn rounds(&self) -> usize {
        2
    }

    fn ask(&self) -> Result<Request<SplitTraining>> {
        let Some(Forward { loss, boost, .. }) = &self.forward else {
            return match self.program.setup().samples {
                Samples::Kept => self.ask_forward(SplitCall::Forward(self.kept.places(self.batch.groups())), &[]),
                Samples::Sent => {
                    let blocks = self.batch.blocks();
                    let views: Vec<_> = blocks.iter().map(|block| block.view()).collect();
                    self.ask_forward(SplitCall::ForwardSent(views.len()), &views)
                }
            };
        };
        let (errors, sizes) = (&loss.evaluation.errors * *boost, self.batch.sizes());
        let packed = blocks_of(&errors, &sizes).into_iter().map(|e| self.program.layout().pack_errors(e));
        let errors = packed.collect::<Result<Vec<_>>>()?.concat();
        let asked = SplitRequest { weights: Vec::new(), samples: Vec::new(), errors };
        Ok((SplitCall::Backward(sizes.len()), asked))
    }

    /// # Errors
    /// `Diverged` if a weight would exceed its bound; `WrongCount` for an answer of another layout.
    fn absorb(&mut self, answer: Answer<SplitTraining>) -> Result<()> {
        let products = answer.products;
        match self.forward.take() {
            None => {
                let folded = self.fold()?;
                let logits = self.read_logits(&products, &folded, &self.batch.sizes())?;
                self.exponent = self.spare + exponent_for(&products, self.exponent, self.program.setup().mean_product);
                let loss = self.batch.evaluate(&logits)?;
                let boost = boost_of(&loss.evaluation.errors) * 2f64.powi(-self.error_exponent);
                self.forward = Some(Forward { folded, loss, boost });
                Ok(())
            }
            Some(Forward { folded, loss, boost }) => {
                let room = self.program.setup().mean_product;
                self.error_exponent = self.spare + exponent_for(&products, self.error_exponent, room);
                let products = self.program.layout().unpack_gradients(&products)?;
                let gradients = folded.gradients(products, loss.evaluation.errors.view(), boost)?;
                self.batch.finish(&loss, &gradients).map(drop)
            }
        }
    }
}
