//! The client of a trained network's inference.

use ndarray::{Array2, ArrayView2, Axis};

use super::{Deployment, ParameterRequest, Peer, Server, Session, Traffic, training::check_samples};
use crate::{
    Error, Result, SetupError,
    backend::{Circuit, Evaluate, KeyHolder},
    nn::{
        Network, Weights,
        inference::{Inference, Question},
        layout::TrainingLayout,
    },
};

/// The party that holds the secret key, the trained weights and the samples, with a peer that computes.
pub struct InferenceSession<K, S, L: TrainingLayout> {
    session: Session<K, S, Inference<L>>,
    weights: Vec<Vec<f64>>,
}

impl<L: TrainingLayout> Deployment<Inference<L>> {
    /// The smallest ring at 128-bit security in which the inference of a network fits, with up to `samples` samples at
    /// a time, as many as its slots hold. `layout` constructs the layout for a number of slots and of samples.
    ///
    /// # Errors
    /// `LayoutUnsuited` if the layout does not support the network; `NoParameters` if no ring fits.
    pub fn of_network(
        network: &Network,
        samples: usize,
        request: &ParameterRequest,
        layout: impl Fn(usize, usize) -> Result<L>,
    ) -> Result<Self> {
        Deployment::choose(request, |slots| {
            let (layout, batch) = largest_batch(samples, slots, &layout)?;
            Inference::new(layout, network, batch)
        })
    }

    /// As [`of_network`](Deployment::of_network), in so many equal shares, with fewer samples at a time than the slots of many
    /// ciphertexts hold if those would take too much memory: a request with its answer may take half a GiB.
    ///
    /// # Errors
    /// As [`of_network`](Deployment::of_network); `OutOfBounds` for no shares.
    pub fn of_network_in_memory(
        network: &Network,
        samples: usize,
        shares: usize,
        request: &ParameterRequest,
        layout: impl Fn(usize, usize) -> Result<L>,
    ) -> Result<Self> {
        let mut most = samples.div_ceil(shares.max(1)).clamp(1, LARGEST_BATCH);
        loop {
            let found = Deployment::choose(request, |slots| {
                let (layout, block) = largest_batch(most, slots, &layout)?;
                Inference::new(layout, network, block)?.with_shares(shares)
            })?;
            let block = found.program.block();
            if block == 1 || found.plan.memory_bytes() <= MOST_MEMORY {
                return Ok(found);
            }
            most = block.div_ceil(2);
        }
    }
}

/// Memory that a request in a layout of trainings may take with its answer, in bytes.
const MOST_MEMORY: usize = 1 << 29;
/// No layout holds more samples of a feature in a ciphertext of the smallest ring.
const LARGEST_BATCH: usize = 4096;

/// The layout for half, a quarter, ... of the samples, until they fit.
fn largest_batch<L>(samples: usize, slots: usize, layout: &impl Fn(usize, usize) -> Result<L>) -> Result<(L, usize)> {
    let mut batch = samples.clamp(1, slots);
    loop {
        match layout(slots, batch) {
            Err(Error::Setup(SetupError::LayoutDoesNotFit { .. })) if batch > 1 => batch = batch.div_ceil(2),
            layout => return Ok((layout?, batch)),
        }
    }
}

impl<K, E, L> InferenceSession<K, Server<E, Inference<L>>, L>
where
    E: Evaluate,
    K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
    L: TrainingLayout,
{
    /// Both parties in this process.
    ///
    /// # Errors
    /// `WrongCount` or `WrongShape` for weights of another network.
    pub fn in_process(
        deployment: &Deployment<Inference<L>>,
        holder: K,
        circuit: Circuit<E>,
        weights: &Weights,
    ) -> Result<Self> {
        let Deployment { program, plan, .. } = deployment.clone();
        InferenceSession::of(Session::in_process(holder, circuit, program, plan), weights)
    }
}

impl<K, S, L> InferenceSession<K, S, L>
where
    L: TrainingLayout,
    S: Peer<Inference<L>>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    /// A session for a network's weights.
    ///
    /// # Errors
    /// `WrongCount` or `WrongShape` for weights of another network.
    pub fn of(session: Session<K, S, Inference<L>>, weights: &Weights) -> Result<Self> {
        let weights = session.program().layout().pack_weights(weights)?;
        Ok(InferenceSession { session, weights })
    }

    /// Replaces the weights.
    ///
    /// # Errors
    /// `WrongCount` or `WrongShape` for weights of another network.
    pub fn set_weights(&mut self, weights: &Weights) -> Result<()> {
        self.weights = self.session.program().layout().pack_weights(weights)?;
        Ok(())
    }

    /// The outputs (`samples x outputs`) of up to [`Inference::batch`] encrypted samples (`samples x inputs`, including
    /// the bias input).
    ///
    /// # Errors
    /// `WrongBatch` or `WrongShape`; an error for values that cannot be encoded; `OutOfRange` for samples of which a unit or
    /// an output has no room in its level, before they are encrypted; any error of the peer or of decryption.
    pub fn outputs(&mut self, x: ArrayView2<f64>) -> Result<Array2<f64>> {
        let program = self.session.program().clone();
        check_samples(x, program.batch(), program.network().dimensions()[0])?;
        let (layout, network) = (program.layout(), program.network());
        let blocks = || x.axis_chunks_iter(Axis(0), program.block());
        let inputs = blocks().map(|block| layout.pack_inputs(block)).collect::<Result<Vec<_>>>()?.concat();
        let asked = Question { weights: self.weights.clone(), inputs };
        self.session.check_room(&[], 1, |_| Ok((x.nrows(), asked.clone())))?;
        let answer = self.session.call(&x.nrows(), &asked)?;
        let mut outputs = Array2::zeros((x.nrows(), network.outputs()));
        let mut rest = &answer.outputs[..];
        for mut place in outputs.axis_chunks_iter_mut(Axis(0), program.block()) {
            let (block, after) = rest.split_at(layout.outputs(place.nrows()).ciphertexts().min(rest.len()));
            let outputs = layout.unpack_outputs(block, place.nrows())?;
            place.assign(&outputs);
            rest = after;
        }
        Ok(outputs)
    }

    /// The largest number of samples at a time.
    pub fn batch(&self) -> usize {
        self.session.program().batch()
    }

    /// The number of outputs of the network.
    pub fn outputs_per_sample(&self) -> usize {
        self.session.program().network().outputs()
    }

    /// Bytes sent so far, without evaluation keys.
    pub fn traffic(&self) -> Traffic {
        self.session.traffic()
    }
}
