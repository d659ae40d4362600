//! The two parties of an encrypted training of a head.

use ndarray::{Array2, ArrayView2};

use super::{
    client::{decrypt_all, encrypt_all},
    ring::smallest_ring,
};
use crate::{
    Result, SetupError,
    backend::{Circuit, Evaluate, KeyHolder},
    nn::{
        EncryptedTraining, EncryptedTrainingPlan, EncryptedTrainingSpec, Head, HeadState, TrainingSamples,
        largest_spread,
    },
    seal::Parameters,
};

/// An encrypted training of a linear head, both parties in one process: the client sends its samples once, and after
/// every step decrypts the weights, looks whether its logits stay in the promised range, and encrypts them anew.
pub struct HeadTrainingSession<K, E: Evaluate> {
    holder: K,
    circuit: Circuit<E>,
    program: EncryptedTraining,
    spec: EncryptedTrainingSpec,
    plan: EncryptedTrainingPlan,
    batches: Vec<TrainingSamples<E::Ciphertext>>,
    /// The client's samples.
    inputs: Array2<f64>,
    weights: Array2<f64>,
    velocity: Array2<f64>,
    steps: usize,
}

impl<K, E> HeadTrainingSession<K, E>
where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
{
    /// Encrypts samples (`samples x width`) and labels, in batches of the specification's size.
    ///
    /// # Errors
    /// `WrongShape` for samples of another width, or labels of another number; values that cannot be encoded.
    pub fn new(
        holder: K,
        backend: E,
        spec: &EncryptedTrainingSpec,
        x: ArrayView2<f64>,
        labels: &[usize],
    ) -> Result<Self> {
        let (expected, actual) = ((labels.len(), spec.width), x.dim());
        if expected != actual {
            return Err(SetupError::WrongShape { what: "embeddings to train on", expected, actual }.into());
        }
        let circuit = Circuit::new(backend);
        let program = EncryptedTraining::new(spec, circuit.slots())?;
        let plan = EncryptedTrainingPlan::new(&program, circuit.slots())?;
        let mut batches = Vec::new();
        for start in (0..labels.len()).step_by(spec.batch.max(1)) {
            let rows = start..(start + spec.batch).min(labels.len());
            let packed = program.pack_samples(x.slice(ndarray::s![rows.clone(), ..]), &labels[rows]);
            let send = |all: &[Vec<f64>]| -> Result<Vec<E::Ciphertext>> {
                let fresh = encrypt_all(&holder, all, plan.entry)?;
                fresh.iter().map(|x| circuit.backend().receive(x)).collect()
            };
            batches.push(TrainingSamples { inputs: send(&packed.inputs)?, labels: send(&packed.labels)? });
        }
        let zeros = Array2::zeros(program.shape());
        Ok(HeadTrainingSession {
            holder,
            circuit,
            program,
            spec: spec.clone(),
            plan,
            batches,
            inputs: x.to_owned(),
            velocity: zeros.clone(),
            weights: zeros,
            steps: 0,
        })
    }

    /// Batches of an epoch.
    pub fn batches(&self) -> usize {
        self.batches.len()
    }

    /// The weights so far, `rows x width + 1`, the bias last; one row for two classes.
    pub fn weights(&self) -> &Array2<f64> {
        &self.weights
    }

    /// The head so far.
    ///
    /// # Errors
    /// As [`Head::linear`].
    pub fn head(&self) -> Result<Head> {
        self.program.head(&self.weights)
    }

    /// The head of any weights of that shape.
    ///
    /// # Errors
    /// As [`Head::linear`].
    pub fn head_of(&self, weights: &Array2<f64>) -> Result<Head> {
        self.program.head(weights)
    }

    /// One step on the next batch, and the client's look at it.
    ///
    /// # Errors
    /// `LeftRange` when logits of its samples leave what was promised to the polynomials: from there training diverges.
    pub fn step(&mut self) -> Result<()> {
        let send = |values: &Array2<f64>| -> Result<Vec<E::Ciphertext>> {
            let fresh = encrypt_all(&self.holder, &self.program.pack(values.view()), self.plan.entry)?;
            fresh.iter().map(|x| self.circuit.backend().receive(x)).collect()
        };
        let state = HeadState { weights: send(&self.weights)?, velocity: send(&self.velocity)? };
        let after = self.program.step(&self.circuit, &state, &self.batches[self.steps % self.batches.len()])?;
        self.weights = self.program.unpack(&decrypt_all(&self.holder, &after.weights)?)?;
        self.velocity = self.program.unpack(&decrypt_all(&self.holder, &after.velocity)?)?;
        self.steps += 1;
        let reached = largest_spread(&self.head()?.logits(self.inputs.view()));
        if reached.is_finite() && reached <= self.spec.range {
            return Ok(());
        }
        Err(SetupError::LeftRange { step: self.steps, reached, range: self.spec.range }.into())
    }
}

/// The smallest ring at 128-bit security in which a step of training fits.
///
/// # Errors
/// `NoParameters` when none holds it.
pub fn choose_head_training(spec: &EncryptedTrainingSpec) -> Result<(Parameters, EncryptedTrainingPlan)> {
    let plan = |slots| {
        let plan = EncryptedTrainingPlan::new(&EncryptedTraining::new(spec, slots)?, slots)?;
        Ok((plan.depth, plan))
    };
    smallest_ring(None, plan, |error| matches!(error, SetupError::BadSetting { .. }))
}
