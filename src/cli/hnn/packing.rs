//! How the sentences lie in ciphertexts, by their number.

use std::time::Instant;

use clap::ValueEnum;
use ndarray::ArrayView2;
use seal_nn::{
    backend::{Circuit, KeySwitching, Noise, SealEvaluator},
    nn::{
        columns::ColumnInference,
        head::{Head, HeadShape},
    },
    protocol::{ColumnSession, Deployment, InferenceChoice, InferenceDeployment, Packing, ParameterRequest},
};

use super::{Classification, Classified, classified::Setup};
use crate::cli::{
    backend_args::BackendName, costs::Costs, packing::crossings_in_words, remote::Server, usage::UsageError,
};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HeadPacking {
    /// All features of some sentences share a ciphertext: for few sentences
    Shared,
    /// A ciphertext for each feature of thousands of sentences: for many, with a head that the server knows
    Columns,
}

/// A head with the packing in which it is applied.
pub struct Packed<'a> {
    pub head: &'a Head,
    pub shape: &'a HeadShape,
    pub encrypted_weights: bool,
    pub backend: BackendName,
    pub deployment: InferenceDeployment,
    /// What it is, and why.
    pub why: String,
}

impl<'a> Packed<'a> {
    /// The packing that was asked for, or that is the fastest for so many sentences.
    pub fn choose(
        (head, shape): (&'a Head, &'a HeadShape),
        encrypted_weights: bool,
        wanted: Option<HeadPacking>,
        backend: BackendName,
        sentences: usize,
        request: &ParameterRequest,
    ) -> anyhow::Result<Packed<'a>> {
        let packed = |deployment, why| Packed { head, shape, encrypted_weights, backend, deployment, why };
        if encrypted_weights {
            if wanted == Some(HeadPacking::Columns) {
                return Err(UsageError::WeightsDoNotFit {
                    packing: "columns",
                    weights: "clear",
                    learns: "the server sees the head, but no sentences",
                }
                .into());
            }
            let deployment = InferenceDeployment::Head(Deployment::of_head(shape, None, request)?);
            return Ok(packed(deployment, "shared, the only one for an encrypted head".into()));
        }
        let Costs { table, source, .. } = Costs::load();
        let choice = InferenceChoice::of_known_head(shape, head, sentences, request, &table)?;
        let crossings = crossings_in_words(&choice, &table);
        let (deployment, why) = match wanted {
            None => (choice.candidates.into_iter().next(), format!("the fastest for {sentences} sentences")),
            Some(HeadPacking::Shared) => (choice.forced(Packing::Shared)?, "as asked for".into()),
            Some(HeadPacking::Columns) => (choice.forced(Packing::Columns)?, "as asked for".into()),
        };
        let deployment = deployment.ok_or_else(|| anyhow::anyhow!("no packing fits this head"))?;
        let why = format!("{}, {why}; by the cost model ({source}) {crossings}", deployment.packing());
        Ok(packed(deployment, why))
    }

    /// Sentences at a time, and how they lie.
    pub fn batch_in_words(&self) -> String {
        match self.deployment {
            InferenceDeployment::Columns(_) => {
                format!("{} sentences at a time, a ciphertext for each feature", self.deployment.batch())
            }
            _ => format!("{} sentences per ciphertext", self.deployment.batch()),
        }
    }

    /// Classifies all embeddings, `samples x width`, at a server elsewhere or in this process.
    pub fn run(&self, server: Option<&Server>, x: ArrayView2<f64>) -> anyhow::Result<Classified> {
        let Packed { head, shape, encrypted_weights, backend, .. } = *self;
        match (&self.deployment, server) {
            (InferenceDeployment::Head(deployment), _) => {
                let shared = Classification { head, shape, encrypted_weights, backend, deployment: deployment.clone() };
                Ok(match server {
                    Some(server) => shared.run_at(server, x)?,
                    None => shared.run(x)?,
                })
            }
            (InferenceDeployment::Columns(deployment), None) => self.run_on_columns(deployment, x),
            (InferenceDeployment::Columns(_), Some(_)) => {
                Err(UsageError::NotAtServer { flag: "--packing columns" }.into())
            }
            _ => Err(anyhow::anyhow!("no packing fits this head")),
        }
    }

    fn run_on_columns(
        &self,
        deployment: &Deployment<ColumnInference>,
        x: ArrayView2<f64>,
    ) -> anyhow::Result<Classified> {
        let started = Instant::now();
        let mut setup = Setup::default();
        let of_head = (self.head, self.shape);
        // A single sentence takes as long as a block.
        const ALONE: usize = 0;
        Ok(match self.backend {
            BackendName::Clear => {
                let (holder, circuit) = deployment.in_the_clear(Some(Noise { seed: 0 }));
                let mut session = ColumnSession::in_process(deployment, holder, circuit);
                Classified::read(&mut session, setup, ALONE, of_head, x)?
            }
            BackendName::Seal => {
                let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
                setup.key_bytes = keys.galois_bytes() + keys.relin_bytes();
                let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys)?);
                drop(keys);
                let mut session = ColumnSession::in_process(deployment, holder, circuit);
                setup.seconds = started.elapsed().as_secs_f64();
                Classified::read(&mut session, setup, ALONE, of_head, x)?
            }
        })
    }
}
