//! The two parties of an encrypted training of a head.

use std::{ops::Range, sync::Arc};

use ndarray::{Array2, ArrayView2, s};

use super::{
    Client, Deployment, ParameterRequest, Peer, Server, Session,
    batches::{Batches, KEPT_BYTES},
};
use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate, KeyHolder},
    nn::{
        head::{EncryptedTraining, EncryptedTrainingSpec, Head, HeadState, TrainingSamples, largest_spread},
        shapes::check_count,
    },
};

/// An encrypted training of a linear head. The client sends its samples when their turn comes. After every step it decrypts the weights,
/// checks that logits stay in the promised range, and encrypts them again.
pub struct HeadTrainingSession<K, S> {
    client: HeadLearner,
    /// The rows of each batch.
    batches: Batches<Range<usize>>,
    session: Session<K, S, EncryptedTraining>,
}

/// The client.
struct HeadLearner {
    program: Arc<EncryptedTraining>,
    /// Its samples.
    inputs: Array2<f64>,
    labels: Vec<usize>,
    /// The place of the next batch among those that the server keeps.
    batch: usize,
    weights: Array2<f64>,
    velocity: Array2<f64>,
    steps: usize,
}

impl Client<EncryptedTraining> for HeadLearner {
    fn ask(&self) -> Result<(usize, HeadState<Vec<f64>>)> {
        let (weights, velocity) = (self.program.pack(self.weights.view())?, self.program.pack(self.velocity.view())?);
        Ok((self.batch, HeadState { weights, velocity }))
    }

    /// # Errors
    /// `LeftRange` if logits of its samples leave the promised range, beyond which training diverges.
    fn absorb(&mut self, answer: HeadState<Vec<f64>>) -> Result<()> {
        self.weights = self.program.unpack(&answer.weights)?;
        self.velocity = self.program.unpack(&answer.velocity)?;
        self.steps += 1;
        let reached = largest_spread(&self.program.head(&self.weights)?.logits(self.inputs.view())?);
        let range = self.program.spec().range;
        if reached.is_finite() && reached <= range {
            return Ok(());
        }
        Err(SetupError::LeftRange { step: self.steps, reached, range }.into())
    }
}

/// The samples of a batch, and the number of their ciphertexts.
fn pack(
    program: &EncryptedTraining,
    x: ArrayView2<f64>,
    labels: &[usize],
    rows: &Range<usize>,
) -> Result<(usize, TrainingSamples<Vec<f64>>)> {
    let packed = program.pack_samples(x.slice(s![rows.clone(), ..]), &labels[rows.clone()])?;
    Ok((packed.inputs.len(), packed))
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
    /// A training on samples (`samples x width`) and labels, in batches of the specification's size.
    ///
    /// # Errors
    /// `WrongShape` for samples of another width; `WrongCount` for another number of labels; `UnknownLabel` for a label
    /// that is not a class; an error for values that cannot be
    /// encoded.
    pub fn new(session: Session<K, S, EncryptedTraining>, x: ArrayView2<f64>, labels: &[usize]) -> Result<Self> {
        let program = session.program().clone();
        check_count("labels", x.nrows(), labels.len())?;
        let size = program.spec().batch.max(1);
        let mut batches = Batches::new(KEPT_BYTES / session.plan().kept_memory().max(1));
        for start in (0..labels.len()).step_by(size) {
            let rows = start..(start + size).min(labels.len());
            let (part, packed) = pack(&program, x, labels, &rows)?;
            session.check(&part, &packed)?;
            batches.push(rows);
        }
        let zeros = Array2::zeros(program.shape());
        let (weights, velocity) = (zeros.clone(), zeros);
        let (inputs, labels) = (x.to_owned(), labels.to_vec());
        let client = HeadLearner { program, inputs, labels, batch: 0, weights, velocity, steps: 0 };
        Ok(HeadTrainingSession { client, batches, session })
    }

    /// The number of batches per epoch.
    pub fn batches(&self) -> usize {
        self.batches.len()
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
        let HeadLearner { program, inputs, labels, steps, .. } = &self.client;
        self.client.batch =
            self.batches.send(&mut self.session, *steps, 1, |rows| pack(program, inputs.view(), labels, rows))?;
        self.session.exchange(&mut self.client).map(|_| ())
    }
}
