//! Classifies embeddings with an encrypted head and measures the cost.

use std::time::Instant;

use ndarray::{Array2, ArrayView2, s};
use seal_nn::{
    Result,
    backend::{Circuit, Evaluate, KeyHolder, KeySwitching, Noise, SealEvaluator},
    nn::head::{Head, HeadInference, HeadShape},
    protocol::{Deployment, HeadSession, ParameterRequest, Peer, Server, Session, wire::Announcement},
    report::median,
};

use super::Stage;
use crate::cli::{backend_args::BackendName, progress::Progress, remote::Server as RemoteServer};

/// The parts of a classification.
pub struct Classification<'a> {
    pub head: &'a Head,
    pub shape: &'a HeadShape,
    /// Whether the server holds the head encrypted.
    pub encrypted_weights: bool,
    pub backend: BackendName,
    pub deployment: Deployment<HeadInference>,
}

/// The results and their cost.
pub struct Classified {
    /// `samples x classes`.
    pub probabilities: Array2<f64>,
    pub positions: Vec<f64>,
    /// Samples whose probabilities are invalid, because their logits left the promised range.
    pub garbage: Vec<usize>,
    /// Median time of the server for a ciphertext, in seconds.
    pub seconds: f64,
    /// Median time of the server for a single sentence, in seconds.
    pub seconds_alone: f64,
    /// Time to generate keys, and to encrypt the weights if they are encrypted, in seconds.
    pub setup_seconds: f64,
    /// Bytes of a ciphertext and its answer.
    pub bytes: usize,
    pub key_bytes: usize,
    /// Largest difference of a probability from the same circuit in the clear, without noise.
    pub difference: f64,
    /// Noise after each stage, measured on the first ciphertext; none at a server elsewhere.
    pub stages: Vec<Stage>,
}

/// Number of single sentences that are timed.
const ALONE: usize = 3;

impl<'a> Classification<'a> {
    /// Chooses parameters.
    pub fn new(
        head: &'a Head,
        shape: &'a HeadShape,
        encrypted_weights: bool,
        backend: BackendName,
        request: &ParameterRequest,
    ) -> Result<Classification<'a>> {
        let deployment = Deployment::of_head(shape, (!encrypted_weights).then_some(head), request)?;
        Ok(Classification { head, shape, encrypted_weights, backend, deployment })
    }

    /// Samples per ciphertext.
    pub fn batch(&self) -> usize {
        self.deployment.program.program().batch()
    }

    /// Classifies all embeddings, `samples x width`, in this process.
    pub fn run(&self, x: ArrayView2<f64>) -> Result<Classified> {
        let started = Instant::now();
        match self.backend {
            BackendName::Clear => {
                let (holder, circuit) = self.deployment.in_the_clear(Some(Noise { seed: 0 }));
                self.in_process(holder, circuit, x, started, 0)
            }
            BackendName::Seal => {
                let (holder, keys) = self.deployment.make_keys(KeySwitching::default())?;
                let bytes = keys.galois_bytes() + keys.relin_bytes();
                let circuit = Circuit::new(SealEvaluator::new(&self.deployment.parameters, &keys)?);
                drop(keys);
                self.in_process(holder, circuit, x, started, bytes)
            }
        }
    }

    /// The same at a server elsewhere, without the noise of stages: nobody can look into that one.
    pub fn run_at(&self, server: &RemoteServer, x: ArrayView2<f64>) -> Result<Classified> {
        let started = Instant::now();
        let (holder, keys) = self.deployment.make_keys(KeySwitching::default())?;
        let bytes = keys.galois_bytes() + keys.relin_bytes();
        let parts = usize::from(self.encrypted_weights);
        let channel = server.channel(vec![Announcement::of(&self.deployment, parts)?], &keys, &self.deployment.plan)?;
        drop(keys);
        let mut session = HeadSession::new(Session::on_channel(&self.deployment, holder, channel)?);
        self.send_head(&mut session)?;
        self.through(session, x, started.elapsed().as_secs_f64(), bytes, Vec::new())
    }

    fn in_process<K, E>(
        &self,
        holder: K,
        circuit: Circuit<E>,
        x: ArrayView2<f64>,
        started: Instant,
        key_bytes: usize,
    ) -> Result<Classified>
    where
        E: Evaluate,
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    {
        let mut session = HeadSession::in_process(&self.deployment, holder, circuit);
        self.send_head(&mut session)?;
        let setup_seconds = started.elapsed().as_secs_f64();
        let stages = self.stages(&session, x.slice(s![..self.batch().min(x.nrows()), ..]))?;
        self.through(session, x, setup_seconds, key_bytes, stages)
    }

    /// Sends the head, unless it is the server's.
    fn send_head<K, S>(&self, session: &mut HeadSession<K, S>) -> Result<()>
    where
        S: Peer<HeadInference>,
        K: KeyHolder<Ciphertext = S::Ciphertext, Fresh = S::Fresh>,
    {
        if self.encrypted_weights { session.send_head(self.head) } else { Ok(()) }
    }

    fn through<K, S>(
        &self,
        mut session: HeadSession<K, S>,
        x: ArrayView2<f64>,
        setup_seconds: f64,
        key_bytes: usize,
        stages: Vec<Stage>,
    ) -> Result<Classified>
    where
        S: Peer<HeadInference>,
        K: KeyHolder<Ciphertext = S::Ciphertext, Fresh = S::Fresh>,
    {
        let classes = self.shape.classes();
        let mut read = Classified {
            probabilities: Array2::zeros((x.nrows(), classes)),
            positions: Vec::new(),
            garbage: Vec::new(),
            seconds: 0.0,
            seconds_alone: 0.0,
            setup_seconds,
            bytes: 0,
            key_bytes,
            difference: 0.0,
            stages,
        };
        let starts: Vec<usize> = (0..x.nrows()).step_by(self.batch()).collect();
        let progress = Progress::new(starts.len(), "ciphertexts classified");
        let mut seconds = Vec::new();
        for start in starts {
            let rows = start..(start + self.batch()).min(x.nrows());
            let batch = x.slice(s![rows.clone(), ..]);
            let before = session.traffic();
            let (answer, waited) = session.classify(batch)?;
            seconds.push(waited);
            let after = session.traffic();
            read.bytes =
                after.client_to_server - before.client_to_server + after.server_to_client - before.server_to_client;
            read.garbage.extend(answer.garbage.iter().map(|i| start + i));
            read.positions.extend(answer.positions);
            read.probabilities.slice_mut(s![rows, ..]).assign(&answer.scores);
            progress.advance();
        }
        drop(progress);
        let mut alone = Vec::new();
        for sample in x.rows().into_iter().take(ALONE) {
            alone.push(session.classify(sample.insert_axis(ndarray::Axis(0)))?.1);
        }
        read.seconds = median(&seconds).unwrap_or_default();
        read.seconds_alone = median(&alone).unwrap_or_default();
        let meant = self.shape.scores(self.head, x)?;
        read.difference = (&read.probabilities - &meant).iter().fold(0.0, |m, d| d.abs().max(m));
        Ok(read)
    }

    /// Compares every value of the circuit with the same value without noise. This is a measurement that only a key
    /// holder can make.
    fn stages<K, E>(&self, session: &HeadSession<K, Server<E, HeadInference>>, x: ArrayView2<f64>) -> Result<Vec<Stage>>
    where
        E: Evaluate,
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    {
        let (holder, circuit) = self.deployment.in_the_clear(None);
        let mut exact_session = HeadSession::in_process(&self.deployment, holder, circuit);
        self.send_head(&mut exact_session)?;
        let mut exact = Vec::new();
        exact_session.watch(x, &mut |_, _, slots| {
            exact.push(slots);
            Ok(())
        })?;
        let mut stages = Vec::new();
        let mut expected = exact.into_iter();
        session.watch(x, &mut |name, level, slots| {
            let exact = expected.next().unwrap_or_default();
            let error = slots.iter().zip(&exact).fold(0f64, |m, (a, b)| m.max((a - b).abs()));
            let largest = exact.iter().fold(0f64, |m, v| m.max(v.abs()));
            let modulus_bits = self.deployment.plan.chain.modulus_bits(level);
            stages.push(Stage { name: name.into(), level: level.0, modulus_bits, largest, error });
            Ok(())
        })?;
        Ok(stages)
    }
}
