//! Classifies embeddings that share a ciphertext with an encrypted head and measures the cost.

use std::time::Instant;

use ndarray::{ArrayView2, s};
use seal_nn::{
    Result,
    backend::{Circuit, Evaluate, KeyHolder, KeySwitching, Noise, SealEvaluator},
    nn::head::{Head, HeadInference, HeadShape},
    protocol::{Deployment, HeadSession, ParameterRequest, Peer, Server, Session, wire::Announcement},
};

use super::{
    Stage,
    classified::{Classified, Setup},
};
use crate::cli::{backend_args::BackendName, remote::Server as RemoteServer};

/// The parts of a classification.
pub struct Classification<'a> {
    pub head: &'a Head,
    pub shape: &'a HeadShape,
    /// Whether the server holds the head encrypted.
    pub encrypted_weights: bool,
    pub backend: BackendName,
    pub deployment: Deployment<HeadInference>,
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
        let setup = Setup { seconds: started.elapsed().as_secs_f64(), key_bytes: bytes, stages: Vec::new() };
        Classified::read(&mut session, setup, ALONE, (self.head, self.shape), x)
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
        let seconds = started.elapsed().as_secs_f64();
        let stages = self.stages(&session, x.slice(s![..self.batch().min(x.nrows()), ..]))?;
        Classified::read(&mut session, Setup { seconds, key_bytes, stages }, ALONE, (self.head, self.shape), x)
    }

    /// Sends the head, unless it is the server's.
    fn send_head<K, S>(&self, session: &mut HeadSession<K, S>) -> Result<()>
    where
        S: Peer<HeadInference>,
        K: KeyHolder<Ciphertext = S::Ciphertext, Fresh = S::Fresh>,
    {
        if self.encrypted_weights { session.send_head(self.head) } else { Ok(()) }
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
