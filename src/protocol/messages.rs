//! What the parties send each other.

use crate::nn::{Batch, State};

/// Client to server, once for each batch: its samples and targets.
pub struct TrainingBatch<F> {
    /// Encrypted samples and targets.
    pub packed: Batch<F>,
    /// How many samples are in it.
    pub live: usize,
}

/// Client to server, at every refresh: fresh weights and velocity.
pub struct StepRequest<F> {
    /// Encrypted weights and velocity.
    pub state: State<F>,
    /// The first step, counted from 0: the schedule of the learning rate needs it.
    pub step: usize,
    /// How many steps to make before the reply.
    pub steps: usize,
    /// Which of the batches sent before to train on first; further steps take those after it, in turn.
    pub batch: usize,
    /// What all learning rates are multiplied with, beside their schedule: above 0, at most 1. The client lowers them
    /// when training diverges.
    pub rate_factor: f64,
}

/// Server to client: weights and velocity after the steps.
pub struct StepReply<C> {
    /// At the lowest level, with the factor of the scale fold declared.
    pub state: State<C>,
}

/// Client to server: a trained network and samples for it.
pub struct InferenceRequest<F> {
    /// Encrypted weights.
    pub weights: Vec<F>,
    /// Encrypted samples.
    pub inputs: Vec<F>,
    /// How many samples are in it.
    pub live: usize,
}

/// Server to client: the network's outputs.
pub struct InferenceReply<C> {
    /// Encrypted outputs.
    pub outputs: Vec<C>,
}

/// Bytes that went over the wire, by SEAL's serialised sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Evaluation keys excluded.
    pub client_to_server: usize,
    /// All replies.
    pub server_to_client: usize,
}
