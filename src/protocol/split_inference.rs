//! The client of the forward half of a split step: whole files for a server that must not know the weights.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use super::{Deployment, Infer, ParameterRequest, Peer, Server, Session, Traffic, split_client::with_constant};
use crate::{
    CircuitError, Error, Result,
    backend::{Circuit, CostModel, Evaluate, KeyHolder},
    nn::{
        Activation,
        head::Dense,
        split::{Folded, SplitInference, SplitSamples, SplitWeights, SquareFolding},
    },
};

/// The party that holds the secret key, the weights and the samples, with a peer that multiplies. Weights are encrypted and
/// sent once.
pub struct SplitInferenceSession<K, S> {
    session: Session<K, S, SplitInference>,
    folding: SquareFolding,
    layers: Vec<Dense>,
    /// The power of two by which the second weights are divided.
    exponent: i32,
    /// The weights as they were sent.
    folded: Folded,
}

impl Deployment<SplitInference> {
    /// The tiles in which so many samples take the least time by a cost model, at the cheapest sufficient parameters of
    /// 128-bit security. Bytes count with `seconds_per_byte`, 0 where both parties share a machine.
    ///
    /// # Errors
    /// `LayoutUnsuited` unless the network has one hidden layer; `NoParameters` if no ring fits; `OutOfBounds` without
    /// samples.
    pub fn of_split_inference(
        widths: &[usize],
        samples: usize,
        request: &ParameterRequest,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<Self> {
        Deployment::choose(request, |slots| SplitInference::fastest(widths, samples, slots, costs, seconds_per_byte))
    }
}

/// Divisions of the second weights by four, each for logits four times as large as those before.
const MOST_DIVISIONS: usize = 8;

impl<K, E> SplitInferenceSession<K, Server<E, SplitInference>>
where
    E: Evaluate,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
{
    /// Both parties in this process.
    ///
    /// # Errors
    /// As [`SplitInferenceSession::new`].
    pub fn in_process(
        deployment: &Deployment<SplitInference>,
        holder: K,
        circuit: Circuit<E>,
        activation: &Activation,
        layers: &[Dense],
    ) -> Result<Self> {
        let Deployment { program, plan, .. } = deployment.clone();
        SplitInferenceSession::new(Session::in_process(holder, circuit, program, plan), activation, layers)
    }
}

impl<K, S> SplitInferenceSession<K, S>
where
    S: Peer<SplitInference>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// A session with a peer, to which the weights of both layers are sent, encrypted.
    ///
    /// # Errors
    /// `BadActivation` for an activation that is no quadratic; `WrongShape` for layers of another network; an error for weights
    /// that cannot be encrypted; any error of the peer.
    pub fn new(session: Session<K, S, SplitInference>, activation: &Activation, layers: &[Dense]) -> Result<Self> {
        let folding = SquareFolding::new(activation)?;
        let folded = folding.fold(layers, 0)?;
        let mut session = SplitInferenceSession { session, folding, layers: layers.to_vec(), exponent: 0, folded };
        session.send_weights()?;
        Ok(session)
    }

    /// Replaces the weights at the peer.
    fn send_weights(&mut self) -> Result<()> {
        self.folded = self.folding.fold(&self.layers, self.exponent)?;
        let layout = self.session.program().layout();
        let weights = layout.pack_weights(self.folded.first().view(), self.folded.second().view())?;
        self.session.forget()?;
        self.session.keep(&(), &SplitWeights { weights })
    }

    /// The exchange with the peer.
    pub fn session(&self) -> &Session<K, S, SplitInference> {
        &self.session
    }
}

impl<K, S> Infer for SplitInferenceSession<K, S>
where
    S: Peer<SplitInference>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    fn batch(&self) -> usize {
        self.session.program().batch()
    }

    fn outputs_per_sample(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.bias.len())
    }

    /// Products that leave their range are computed again with weights divided by a power of two.
    fn outputs(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let program: Arc<SplitInference> = self.session.program().clone();
        let asked = SplitSamples { inputs: program.layout().pack_samples(with_constant(x).view())? };
        for _ in 0..MOST_DIVISIONS {
            match self.session.call(&(), &asked) {
                Err(Error::Circuit(CircuitError::OutOfRange { .. })) => {
                    self.exponent += 2;
                    self.send_weights()?;
                }
                answer => return self.folded.logits(program.layout().unpack_logits(&answer?.products, x.nrows())?),
            }
        }
        let answer = self.session.call(&(), &asked)?;
        self.folded.logits(program.layout().unpack_logits(&answer.products, x.nrows())?)
    }

    fn traffic(&self) -> Traffic {
        self.session.traffic()
    }
}
