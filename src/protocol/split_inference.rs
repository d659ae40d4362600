//! The client of the forward half of a split step: whole files for a server that must not know the weights.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis};

use super::{
    Deployment, Infer, Known, ParameterRequest, Peer, Server, Session, Traffic, batch_learner::by_block,
    split_client::with_constant, training::check_samples,
};
use crate::{
    CircuitError, Error, Result,
    backend::{Circuit, CostModel, Evaluate, KeyHolder},
    nn::{
        Activation,
        head::Dense,
        split::{Blocks, Folded, SplitInference, SplitSamples, SplitWeights, SquareFolding},
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
    /// The same in tiles.
    sent: Vec<Known<(), SplitWeights<()>>>,
}

impl Deployment<SplitInference> {
    /// The tiles in which so many samples, in so many equal shares, take the least time by a cost model, at the cheapest
    /// sufficient parameters of 128-bit security. Bytes count with `seconds_per_byte`, 0 where both parties share a machine.
    ///
    /// # Errors
    /// `LayoutUnsuited` unless the network has one hidden layer; `NoParameters` if no ring fits; `OutOfBounds` without
    /// samples.
    pub fn of_split_inference(
        widths: &[usize],
        samples: usize,
        shares: usize,
        request: &ParameterRequest,
        costs: &CostModel,
        seconds_per_byte: f64,
    ) -> Result<Self> {
        let share = samples.div_ceil(shares.max(1));
        Deployment::choose(request, |slots| {
            SplitInference::fastest(widths, share, slots, costs, seconds_per_byte)?.with_shares(shares)
        })
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
        let (layers, sent) = (layers.to_vec(), Vec::new());
        let mut session = SplitInferenceSession { session, folding, layers, exponent: 0, folded, sent };
        session.send_weights()?;
        Ok(session)
    }

    /// Replaces the weights at the peer.
    fn send_weights(&mut self) -> Result<()> {
        self.folded = self.folding.fold(&self.layers, self.exponent)?;
        let layout = self.session.program().layout();
        let weights = layout.pack_weights(self.folded.first().view(), self.folded.second().view())?;
        self.session.forget()?;
        self.sent = vec![((), SplitWeights { weights })];
        self.sent.iter().try_for_each(|(part, weights)| self.session.keep(part, weights))
    }

    /// The products of blocks. Weights are divided by a power of two before, if the products would leave their range.
    fn products(&mut self, blocks: Blocks, asked: &SplitSamples<Vec<f64>>) -> Result<Vec<Vec<f64>>> {
        for division in 0..=MOST_DIVISIONS {
            match self.session.check_room(&self.sent, 1, |_| Ok((blocks, asked.clone()))) {
                Err(Error::Circuit(CircuitError::OutOfRange { .. })) if division < MOST_DIVISIONS => {
                    self.exponent += 2;
                    self.send_weights()?;
                }
                other => {
                    other?;
                    break;
                }
            }
        }
        Ok(self.session.call(&blocks, asked)?.products)
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

    fn outputs(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let program: Arc<SplitInference> = self.session.program().clone();
        check_samples(x, program.batch(), program.widths()[0])?;
        let (layout, outputs) = (program.layout(), self.outputs_per_sample());
        let blocks: Vec<_> = x.axis_chunks_iter(Axis(0), program.block()).collect();
        let sizes: Vec<_> = blocks.iter().map(|block| block.nrows()).collect();
        let pack = |block: &ArrayView2<f64>| layout.pack_samples(with_constant(*block).view());
        let asked = SplitSamples { inputs: blocks.iter().map(pack).collect::<Result<Vec<_>>>()?.concat() };
        let products = self.products(Blocks(sizes.len()), &asked)?;
        let read = |slots: &[Vec<f64>], size: usize| layout.unpack_logits(slots, size);
        self.folded.logits(by_block("packed logits", &products, layout.tiles().outputs(), &sizes, outputs, read)?)
    }

    fn traffic(&self) -> Traffic {
        self.session.traffic()
    }
}
