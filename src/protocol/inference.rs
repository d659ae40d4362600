//! Inference alone: the client of a trained network, and parameters that are no larger than it takes.

use ndarray::{Array2, ArrayView2};

use super::{
    InferenceReply, InferenceRequest,
    client::{check_samples, decrypt_all, encrypt_all},
    ring::smallest_ring,
};
use crate::{
    Error, Result, SetupError,
    backend::{Chain, KeyHolder},
    nn::{InferencePlan, TrainingLayout, TrainingSpec, Weights},
    seal::Parameters,
};

/// The party that holds the secret key, the trained weights and the samples. A [`Server`](super::Server) answers it.
pub struct InferenceClient<K, L> {
    holder: K,
    layout: L,
    plan: InferencePlan,
    weights: Vec<Vec<f64>>,
    inputs: usize,
}

impl<K: KeyHolder, L: TrainingLayout> InferenceClient<K, L> {
    /// A client with its key, for a network's weights.
    pub fn new(holder: K, layout: L, plan: InferencePlan, weights: &Weights) -> Self {
        let inputs = weights.0.first().map_or(0, Array2::ncols);
        InferenceClient { weights: layout.pack_weights(weights), holder, layout, plan, inputs }
    }

    /// Encrypts the weights and samples (`samples x inputs`, the bias input included).
    ///
    /// # Errors
    /// `WrongBatch`, `WrongShape`; values that cannot be encoded.
    pub fn request(&self, x: ArrayView2<f64>) -> Result<InferenceRequest<K::Fresh>> {
        check_samples(x, self.plan.batch, self.inputs)?;
        Ok(InferenceRequest {
            weights: encrypt_all(&self.holder, &self.weights, self.plan.entry)?,
            inputs: encrypt_all(&self.holder, &self.layout.pack_inputs(x), self.plan.entry)?,
            live: x.nrows(),
        })
    }

    /// Reads the outputs (`samples x outputs`).
    ///
    /// # Errors
    /// What decryption refuses.
    pub fn read(&self, reply: &InferenceReply<K::Ciphertext>, samples: usize) -> Result<Array2<f64>> {
        self.layout.unpack_outputs(&decrypt_all(&self.holder, &reply.outputs)?, samples)
    }
}

/// The smallest ring at 128-bit security in which the network's inference fits, with as many samples at a time, up to
/// `samples`, as its slots hold; `layout` makes the layout for a number of slots and of samples.
///
/// # Errors
/// `LayoutUnsuited`; `NoParameters` when no ring holds the network.
pub fn choose_inference<L: TrainingLayout>(
    spec: &TrainingSpec,
    samples: usize,
    layout: impl Fn(usize, usize) -> Result<L>,
) -> Result<(Parameters, L, InferencePlan)> {
    let plan = |slots| {
        let (layout, batch) = largest_batch(samples, slots, &layout)?;
        Ok((InferencePlan::depth_of(&layout, spec, slots)?, (layout, batch)))
    };
    let too_small = |error: &SetupError| matches!(error, SetupError::LayoutDoesNotFit { .. });
    let (parameters, (layout, batch)) = smallest_ring(None, plan, too_small)?;
    let plan = InferencePlan::new(&layout, spec, batch, Chain::try_from(&parameters)?)?;
    Ok((parameters, layout, plan))
}

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
