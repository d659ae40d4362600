//! The two parties of an encrypted training of a head.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, s};

use super::{Client, Deployment, ParameterRequest, Peer, Server, Session, training::check_shape};
use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate, KeyHolder},
    nn::head::{EncryptedTraining, EncryptedTrainingSpec, Head, HeadState, largest_spread},
};

/// An encrypted training of a linear head. The client sends its samples once. After every step it decrypts the weights,
/// checks that logits stay in the promised range, and encrypts them again.
pub struct HeadTrainingSession<K, S> {
    client: HeadLearner,
    session: Session<K, S, EncryptedTraining>,
}

/// The client.
struct HeadLearner {
    program: Arc<EncryptedTraining>,
    /// Its samples.
    inputs: Array2<f64>,
    batches: usize,
    weights: Array2<f64>,
    velocity: Array2<f64>,
    steps: usize,
}

impl Client<EncryptedTraining> for HeadLearner {
    fn ask(&self) -> Result<(usize, HeadState<Vec<f64>>)> {
        let [weights, velocity] = [&self.weights, &self.velocity].map(|values| self.program.pack(values.view()));
        Ok((self.steps % self.batches.max(1), HeadState { weights, velocity }))
    }

    /// # Errors
    /// `LeftRange` if logits of its samples leave the promised range, beyond which training diverges.
    fn absorb(&mut self, answer: HeadState<Vec<f64>>) -> Result<()> {
        self.weights = self.program.unpack(&answer.weights)?;
        self.velocity = self.program.unpack(&answer.velocity)?;
        self.steps += 1;
        let reached = largest_spread(&self.program.head(&self.weights)?.logits(self.inputs.view()));
        let range = self.program.spec().range;
        if reached.is_finite() && reached <= range {
            return Ok(());
        }
        Err(SetupError::LeftRange { step: self.steps, reached, range }.into())
    }
}

impl Deployment<EncryptedTraining> {
    /// The smallest ring at 128-bit security in which a step of training fits.
    ///
    /// # Errors
    /// `NoParameters` if none fits.
    pub fn of_head_training(spec: &EncryptedTrainingSpec, request: &ParameterRequest) -> Result<Self> {
        Deployment::choose(request, |slots| EncryptedTraining::new(spec, slots))
    }
}

impl<K, E> HeadTrainingSession<K, Server<E, EncryptedTraining>>
where
    E: Evaluate,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
{
    /// Both parties in this process, on samples (`samples x width`) and their labels.
    ///
    /// # Errors
    /// As [`HeadTrainingSession::new`].
    pub fn in_process(
        deployment: &Deployment<EncryptedTraining>,
        holder: K,
        circuit: Circuit<E>,
        x: ArrayView2<f64>,
        labels: &[usize],
    ) -> Result<Self> {
        let Deployment { program, plan, .. } = deployment.clone();
        HeadTrainingSession::new(Session::in_process(holder, circuit, program, plan), x, labels)
    }
}

impl<K, S> HeadTrainingSession<K, S>
where
    S: Peer<EncryptedTraining>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// Encrypts samples (`samples x width`) and labels, in batches of the specification's size.
    ///
    /// # Errors
    /// `WrongShape` for samples of another width or another number of labels; an error for values that cannot be
    /// encoded.
    pub fn new(mut session: Session<K, S, EncryptedTraining>, x: ArrayView2<f64>, labels: &[usize]) -> Result<Self> {
        let program = session.program().clone();
        check_shape("embeddings to train on", (labels.len(), program.spec().width), x.dim())?;
        let size = program.spec().batch.max(1);
        let starts = (0..labels.len()).step_by(size);
        let batches = starts.len();
        for start in starts {
            let rows = start..(start + size).min(labels.len());
            let packed = program.pack_samples(x.slice(s![rows.clone(), ..]), &labels[rows]);
            session.keep(&packed.inputs.len(), &packed)?;
        }
        let zeros = Array2::zeros(program.shape());
        let (weights, velocity) = (zeros.clone(), zeros);
        let client = HeadLearner { program, inputs: x.to_owned(), batches, weights, velocity, steps: 0 };
        Ok(HeadTrainingSession { client, session })
    }

    /// The number of batches per epoch.
    pub fn batches(&self) -> usize {
        self.client.batches
    }

    /// The weights so far, `rows x width + 1`, the bias last; one row for two classes.
    pub fn weights(&self) -> &Array2<f64> {
        &self.client.weights
    }

    /// The head so far.
    ///
    /// # Errors
    /// `NotFinite` for weights that are not finite.
    pub fn head(&self) -> Result<Head> {
        self.head_of(&self.client.weights)
    }

    /// The head with the given weights of that shape.
    ///
    /// # Errors
    /// `NotFinite` for weights that are not finite.
    pub fn head_of(&self, weights: &Array2<f64>) -> Result<Head> {
        self.client.program.head(weights)
    }

    /// One step on the next batch, after which the client checks the result.
    ///
    /// # Errors
    /// `LeftRange` if logits of its samples leave the promised range, beyond which training diverges.
    pub fn step(&mut self) -> Result<()> {
        self.session.exchange(&mut self.client).map(|_| ())
    }
}
