//! The choice between the packings of an inference, by the number of samples.

use std::{fmt, sync::Arc};

use super::{ColumnSession, Deployment, HeadSession, Infer, InferenceSession, ParameterRequest, SplitInferenceSession};
#[cfg(feature = "wire")]
use super::{
    Session,
    wire::{Announcement, Channel},
};
#[cfg(feature = "wire")]
use crate::error::SessionError;
use crate::{
    Error, Result, SetupError,
    backend::{
        Circuit, ClearEvaluator, ClearKeyHolder, CostModel, Evaluate, EvaluationKeys, KeyHolder, KeyLevels,
        KeySwitching, Noise, SealKeyHolder,
    },
    nn::{
        Activation, Network, Weights,
        columns::ColumnInference,
        head::{Dense, Head, HeadInference, HeadShape},
        inference::Inference,
        layout::{Layout, LayoutKind},
        split::{SplitInference, SquareFolding},
    },
    program::{Plan, Program},
    seal::Parameters,
};

/// How the samples of an inference lie in ciphertexts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Packing {
    /// Features and some samples share the slots: for few samples.
    Shared,
    /// Tiles of features, units and samples, with encrypted weights: the forward half of a split step.
    Tiles,
    /// A ciphertext for each feature, with weights that the server knows.
    Columns,
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Packing::Shared => "shared",
            Packing::Tiles => "tiles",
            Packing::Columns => "columns",
        })
    }
}

/// An inference with parameters and a plan, and the weights that the client encrypts.
#[derive(Clone)]
pub enum InferenceDeployment {
    /// Encrypted weights, in a layout of trainings.
    Layout(Deployment<Inference<Layout>>, Arc<Weights>),
    /// Encrypted weights, in tiles, with the activation between the layers.
    Tiles(Deployment<SplitInference>, Arc<(Activation, Vec<Dense>)>),
    /// Known weights, a sample's features in one ciphertext.
    Head(Deployment<HeadInference>),
    /// Known weights, a feature's samples in one ciphertext.
    Columns(Deployment<ColumnInference>),
}

/// The expression for whatever program it is.
macro_rules! each {
    ($deployment:expr, $name:ident => $value:expr) => {
        match $deployment {
            InferenceDeployment::Layout($name, _) => $value,
            InferenceDeployment::Tiles($name, _) => $value,
            InferenceDeployment::Head($name) => $value,
            InferenceDeployment::Columns($name) => $value,
        }
    };
}

impl InferenceDeployment {
    /// How samples lie in ciphertexts.
    pub fn packing(&self) -> Packing {
        match self {
            InferenceDeployment::Layout(..) | InferenceDeployment::Head(_) => Packing::Shared,
            InferenceDeployment::Tiles(..) => Packing::Tiles,
            InferenceDeployment::Columns(_) => Packing::Columns,
        }
    }

    /// The equal shares of a request, which several can compute at the same time.
    pub fn shares(&self) -> usize {
        each!(self, deployment => deployment.program.shares())
    }

    /// The largest number of samples at a time, in all shares.
    pub fn batch(&self) -> usize {
        match self {
            InferenceDeployment::Layout(deployment, _) => deployment.program.batch(),
            InferenceDeployment::Tiles(deployment, _) => deployment.program.batch(),
            InferenceDeployment::Head(deployment) => deployment.program.program().batch(),
            InferenceDeployment::Columns(deployment) => deployment.program.batch(),
        }
    }

    /// Encryption parameters.
    pub fn parameters(&self) -> &Parameters {
        each!(self, deployment => &deployment.parameters)
    }

    /// The plan of a block of samples.
    pub fn plan(&self) -> &Plan {
        each!(self, deployment => &deployment.plan)
    }

    /// The keys that the server needs.
    pub fn keys(&self) -> &KeyLevels {
        each!(self, deployment => &deployment.keys)
    }

    /// See [`Deployment::in_the_clear`].
    pub fn in_the_clear(&self, noise: Option<Noise>) -> (ClearKeyHolder, Circuit<ClearEvaluator>) {
        each!(self, deployment => deployment.in_the_clear(noise))
    }

    /// See [`Deployment::make_keys`].
    ///
    /// # Errors
    /// An error of SEAL if it rejects the parameters.
    pub fn make_keys(&self, key_switching: KeySwitching) -> Result<(SealKeyHolder, EvaluationKeys)> {
        each!(self, deployment => deployment.make_keys(key_switching))
    }

    /// Both parties in this process. Encrypted weights that are sent once are sent here. Samples have the bias input where
    /// [`takes_bias_input`](InferenceDeployment::takes_bias_input) says so.
    ///
    /// # Errors
    /// An error for weights that cannot be encrypted.
    pub fn in_process<K, E>(&self, holder: K, circuit: Circuit<E>) -> Result<Box<dyn Infer>>
    where
        E: Evaluate + 'static,
        K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext> + 'static,
    {
        Ok(match self {
            InferenceDeployment::Layout(deployment, weights) => {
                Box::new(InferenceSession::in_process(deployment, holder, circuit, weights)?)
            }
            InferenceDeployment::Tiles(deployment, model) => {
                let (activation, layers) = &**model;
                Box::new(SplitInferenceSession::in_process(deployment, holder, circuit, activation, layers)?)
            }
            InferenceDeployment::Head(deployment) => Box::new(HeadSession::in_process(deployment, holder, circuit)),
            InferenceDeployment::Columns(deployment) => {
                Box::new(ColumnSession::in_process(deployment, holder, circuit))
            }
        })
    }

    /// What a server in another process has to know.
    ///
    /// # Errors
    /// `KnownWeights` for weights that the server knows; as [`Deployment::to_bytes`].
    #[cfg(feature = "wire")]
    pub fn announcement(&self) -> Result<Announcement> {
        match self {
            InferenceDeployment::Layout(deployment, _) => Announcement::of(deployment, 0),
            // The weights.
            InferenceDeployment::Tiles(deployment, _) => Announcement::of(deployment, 1),
            InferenceDeployment::Head(_) | InferenceDeployment::Columns(_) => Err(SessionError::KnownWeights.into()),
        }
    }

    /// As [`in_process`](InferenceDeployment::in_process), with a server behind a channel to this program alone.
    ///
    /// # Errors
    /// As there; `KnownWeights` for weights that the server knows; any error of the channel.
    #[cfg(feature = "wire")]
    pub fn on_channel<C: Channel + 'static>(&self, holder: SealKeyHolder, channel: C) -> Result<Box<dyn Infer>> {
        Ok(match self {
            InferenceDeployment::Layout(deployment, weights) => {
                let session = Session::on_channel(deployment, holder, channel)?;
                Box::new(InferenceSession::of(session, weights)?)
            }
            InferenceDeployment::Tiles(deployment, model) => {
                let (activation, layers) = &**model;
                let session = Session::on_channel(deployment, holder, channel)?;
                Box::new(SplitInferenceSession::new(session, activation, layers)?)
            }
            InferenceDeployment::Head(_) | InferenceDeployment::Columns(_) => {
                return Err(SessionError::KnownWeights.into());
            }
        })
    }

    /// Whether samples have the bias input behind their features, if the network has one.
    pub fn takes_bias_input(&self) -> bool {
        matches!(self, InferenceDeployment::Layout(..))
    }

    /// Estimated seconds of so many samples, on one thread for each share: keys, weights that are sent once, and every
    /// request.
    pub fn seconds(&self, samples: usize, costs: &CostModel) -> f64 {
        let plan = self.plan();
        let weights: f64 = plan.kept.iter().map(|&level| costs.refresh(plan.chain.poly_modulus_degree(), level)).sum();
        let keys = costs.keys(self.keys(), &plan.chain, KeySwitching::default());
        let request = match self.shares() {
            1 => plan.seconds(costs),
            shares => plan.seconds(costs) - (1.0 - 1.0 / shares as f64) * costs.of(&plan.operations, &plan.chain),
        };
        keys + weights + samples.div_ceil(self.batch()) as f64 * request
    }
}

/// The packings that an inference can use.
pub struct InferenceChoice {
    /// Those that fit, the fastest for the number of samples first. There is at least one.
    pub candidates: Vec<InferenceDeployment>,
    /// The others, with the reason.
    pub refused: Vec<(Packing, Error)>,
}

impl InferenceChoice {
    /// Packings for a server that sees neither samples nor weights, and computes so many equal shares of the samples at the
    /// same time.
    ///
    /// # Errors
    /// `WrongShape` for weights of another network; `OutOfBounds` for no shares; the reason of the first packing if none fits.
    pub fn with_encrypted_weights(
        network: &Network,
        weights: &Weights,
        layout: LayoutKind,
        samples: usize,
        shares: usize,
        request: &ParameterRequest,
        costs: &CostModel,
    ) -> Result<InferenceChoice> {
        let head = Head::of_network(network, weights)?;
        let widths = HeadShape::without_soft_argmax(&head)?.widths;
        let shared = Deployment::of_network_in_memory(network, samples, shares, request, |slots, samples| {
            layout.layout(network, slots, samples)
        });
        let tiles = SquareFolding::new(network.activation())
            .and_then(|_| Deployment::of_split_inference(&widths, samples, shares, request, costs, 0.0));
        let sent = (network.activation().clone(), head.layers().to_vec());
        let all = [
            (Packing::Shared, shared.map(|found| InferenceDeployment::Layout(found, Arc::new(weights.clone())))),
            (Packing::Tiles, tiles.map(|found| InferenceDeployment::Tiles(found, Arc::new(sent)))),
        ];
        InferenceChoice::of(all, samples, costs)
    }

    /// Packings for a server that sees the weights, but not the samples.
    ///
    /// # Errors
    /// `ActivationNotEncryptable` if the activation has no encrypted form; the reason of the first packing if none fits.
    pub fn with_known_weights(
        head: &Head,
        samples: usize,
        request: &ParameterRequest,
        costs: &CostModel,
    ) -> Result<InferenceChoice> {
        InferenceChoice::of_known_head(&HeadShape::without_soft_argmax(head)?, head, samples, request, costs)
    }

    /// The same for a head with what its shape ends with, such as a soft-argmax.
    ///
    /// # Errors
    /// `WrongHeadShape` for a head of another shape; the reason of the first packing if none fits.
    pub fn of_known_head(
        shape: &HeadShape,
        head: &Head,
        samples: usize,
        request: &ParameterRequest,
        costs: &CostModel,
    ) -> Result<InferenceChoice> {
        let shared = Deployment::of_head(shape, Some(head), request);
        let columns = Deployment::of_head_columns(shape, head, request);
        let all = [
            (Packing::Shared, shared.map(InferenceDeployment::Head)),
            (Packing::Columns, columns.map(InferenceDeployment::Columns)),
        ];
        InferenceChoice::of(all, samples, costs)
    }

    fn of<const COUNT: usize>(
        all: [(Packing, Result<InferenceDeployment>); COUNT],
        samples: usize,
        costs: &CostModel,
    ) -> Result<InferenceChoice> {
        let (mut candidates, mut refused) = (Vec::new(), Vec::new());
        for (packing, found) in all {
            match found {
                Ok(deployment) => candidates.push(deployment),
                Err(error) => refused.push((packing, error)),
            }
        }
        candidates.sort_by(|a, b| a.seconds(samples, costs).total_cmp(&b.seconds(samples, costs)));
        match candidates.is_empty() {
            false => Ok(InferenceChoice { candidates, refused }),
            true => Err(refused
                .into_iter()
                .next()
                .map(|(_, error)| error)
                .unwrap_or_else(|| SetupError::NoLayout { network: String::new(), refused: Vec::new() }.into())),
        }
    }

    /// The packing of that name, if it fits.
    ///
    /// # Errors
    /// The reason why it does not.
    pub fn forced(self, packing: Packing) -> Result<Option<InferenceDeployment>> {
        let found = self.candidates.into_iter().find(|candidate| candidate.packing() == packing);
        match self.refused.into_iter().find(|(refused, _)| *refused == packing) {
            Some((_, error)) if found.is_none() => Err(error),
            _ => Ok(found),
        }
    }

    /// The packings that are the fastest for some numbers of samples up to `most`, each with the least such number: the
    /// first from one sample on.
    pub fn crossings(&self, costs: &CostModel, most: usize) -> Vec<(usize, Packing)> {
        let mut crossings: Vec<(usize, Packing)> = Vec::new();
        for samples in 1..=most {
            let timed = self.candidates.iter().map(|candidate| (candidate.seconds(samples, costs), candidate));
            let Some((_, fastest)) = timed.min_by(|a, b| a.0.total_cmp(&b.0)) else { break };
            let packing = fastest.packing();
            if !crossings.iter().any(|(_, known)| *known == packing) {
                crossings.push((samples, packing));
            }
        }
        crossings
    }
}
