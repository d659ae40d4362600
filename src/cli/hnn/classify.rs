//! Classifies embeddings with an encrypted head and measures the cost.

use std::time::Instant;

use ndarray::{Array2, ArrayView2, s};
use seal_nn::{
    Error, Result,
    backend::{Chain, ClearEvaluator, ClearKeyHolder, Evaluate, KeyHolder, Noise, SealEvaluator, SealKeyHolder},
    nn::{Head, HeadPlan, HeadProgram, HeadShape},
    protocol::{HeadClient, HeadServer, ParameterRequest, choose_head},
    report::{lima::Stage, median},
    seal::Parameters,
};

use crate::cli::{backend_args::BackendName, progress::Progress};

/// The parts of a classification.
pub struct Classification<'a> {
    pub head: &'a Head,
    pub shape: &'a HeadShape,
    /// Whether the server holds the head encrypted.
    pub encrypted_weights: bool,
    pub backend: BackendName,
    pub parameters: Parameters,
    program: HeadProgram,
    pub plan: HeadPlan,
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
    /// Noise after each stage, measured on the first ciphertext.
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
        let (parameters, program, plan) = choose_head(shape, encrypted_weights, request)?;
        Ok(Classification { head, shape, encrypted_weights, backend, parameters, program, plan })
    }

    /// Samples per ciphertext.
    pub fn batch(&self) -> usize {
        self.program.batch()
    }

    /// Classifies all embeddings, `samples x width`.
    pub fn run(&self, x: ArrayView2<f64>) -> Result<Classified> {
        let started = Instant::now();
        match self.backend {
            BackendName::Clear => {
                let noise = Some(Noise { seed: 0 });
                let holder = ClearKeyHolder::new(self.plan.chain.clone(), noise);
                let evaluator = ClearEvaluator::new(self.plan.chain.clone(), noise).with_rotations(&self.plan.steps);
                self.through(holder, evaluator, x, started, 0)
            }
            BackendName::Seal => {
                let holder = SealKeyHolder::generate(&self.parameters)?;
                let keys = holder.evaluation_keys_for(&self.plan.keys)?;
                let bytes = keys.galois_bytes() + keys.relin_bytes();
                let evaluator = SealEvaluator::new(&self.parameters, &keys)?;
                drop(keys);
                self.through(holder, evaluator, x, started, bytes)
            }
        }
    }

    fn through<K, E>(
        &self,
        holder: K,
        evaluator: E,
        x: ArrayView2<f64>,
        started: Instant,
        key_bytes: usize,
    ) -> Result<Classified>
    where
        E: Evaluate,
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    {
        let client = HeadClient::new(holder, self.program()?, self.plan.clone());
        let server = match self.encrypted_weights {
            true => HeadServer::with_encrypted_head(evaluator, self.program()?, &client.encrypt_head(self.head)?)?,
            false => HeadServer::with_head(evaluator, self.program()?, self.head)?,
        };
        let setup_seconds = started.elapsed().as_secs_f64();
        let classes = self.shape.soft_argmax.classes();
        let mut read = Classified {
            probabilities: Array2::zeros((0, classes)),
            positions: Vec::new(),
            garbage: Vec::new(),
            seconds: 0.0,
            seconds_alone: 0.0,
            setup_seconds,
            bytes: 0,
            key_bytes,
            difference: 0.0,
            stages: self.stages(&client, &server, x.slice(s![..self.batch().min(x.nrows()), ..]))?,
        };
        let starts: Vec<usize> = (0..x.nrows()).step_by(self.batch()).collect();
        let progress = Progress::new(starts.len(), "ciphertexts classified");
        let mut seconds = Vec::new();
        for start in starts {
            let rows = start..(start + self.batch()).min(x.nrows());
            let batch = x.slice(s![rows.clone(), ..]);
            let request = client.encrypt(batch)?;
            let asked = Instant::now();
            let reply = server.classify(&request)?;
            seconds.push(asked.elapsed().as_secs_f64());
            let traffic = server.traffic(&request, &reply)?;
            read.bytes = traffic.client_to_server + traffic.server_to_client;
            let answer = client.read(&reply, rows.len())?;
            read.garbage.extend(answer.garbage.iter().map(|i| start + i));
            read.positions.extend(answer.positions);
            for row in answer.probabilities.rows() {
                // All rows have the same number of classes.
                let _ = read.probabilities.push_row(row);
            }
            progress.advance();
        }
        drop(progress);
        let mut alone = Vec::new();
        for sample in x.rows().into_iter().take(ALONE) {
            let request = client.encrypt(sample.insert_axis(ndarray::Axis(0)))?;
            let asked = Instant::now();
            server.classify(&request)?;
            alone.push(asked.elapsed().as_secs_f64());
        }
        read.seconds = median(&seconds).unwrap_or_default();
        read.seconds_alone = median(&alone).unwrap_or_default();
        let meant = self.shape.probabilities(self.head, x)?;
        read.difference = (&read.probabilities - &meant).iter().fold(0.0, |m, d| d.abs().max(m));
        Ok(read)
    }

    fn program(&self) -> Result<HeadProgram> {
        HeadProgram::new(self.shape, self.parameters.slots())
    }

    /// Compares every value of the circuit with the same value without noise. This is a measurement that only a key
    /// holder can make.
    fn stages<K, E>(&self, client: &HeadClient<K>, server: &HeadServer<E>, x: ArrayView2<f64>) -> Result<Vec<Stage>>
    where
        E: Evaluate,
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    {
        let chain: &Chain = &self.plan.chain;
        let exact_client =
            HeadClient::new(ClearKeyHolder::new(chain.clone(), None), self.program()?, self.plan.clone());
        let exact_server = HeadServer::with_head(ClearEvaluator::new(chain.clone(), None), self.program()?, self.head)?;
        let mut exact = Vec::new();
        exact_server.classify_watched(&exact_client.encrypt(x)?, &mut |_, value| {
            exact.push(exact_client.open(value)?.open_as_key_owner());
            Ok(())
        })?;
        let mut stages = Vec::new();
        let mut expected = exact.into_iter();
        server.classify_watched(&client.encrypt(x)?, &mut |name, value| {
            let slots = client.open(value)?.open_as_key_owner();
            let exact = expected.next().unwrap_or_default();
            let error = slots.iter().zip(&exact).fold(0f64, |m, (a, b)| m.max((a - b).abs()));
            let largest = exact.iter().fold(0f64, |m, v| m.max(v.abs()));
            let level = server.circuit().level(value);
            let modulus_bits = (0..=level.0).map(|l| chain.prime(seal_nn::Level(l)).log2()).sum();
            stages.push(Stage { name: name.into(), level: level.0, modulus_bits, largest, error });
            Ok::<_, Error>(())
        })?;
        Ok(stages)
    }
}
