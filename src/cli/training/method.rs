//! How the steps of a training are made.

use ndarray::{Array2, ArrayView2};
use seal_nn::{
    Result,
    backend::{Circuit, EvaluationKeys, KeyLevels, Noise, SealEvaluator, SealKeyHolder},
    model::Model,
    nn::training::Losses,
    program::Plan,
    protocol::{
        StepOutcome, Traffic, Train,
        wire::{Announcement, Channel, Opening},
    },
    seal::Parameters,
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Experiment, RunFolder,
    report::{self, Progress},
};
use crate::cli::costs::ordinary_seconds;

/// A planned way of making training steps: a session with a server, and the same steps in the clear.
pub trait Method {
    /// The weights.
    type Weights: Clone + Serialize + DeserializeOwned;
    /// What decides the next step.
    type State: Clone + Serialize + DeserializeOwned;
    /// The training in the clear.
    type Clear: Train<Weights = Self::Weights, State = Self::State>;
    /// Both parties with the stand-in for encryption.
    type OnStandIn: Encrypted<Weights = Self::Weights, State = Self::State>;
    /// Both parties with SEAL.
    type OnSeal: Encrypted<Weights = Self::Weights, State = Self::State>;
    /// The client with SEAL, and the server behind a channel.
    type OnChannel<C: Channel>: Encrypted<Weights = Self::Weights, State = Self::State>;

    fn experiment(&self) -> &Experiment;

    /// `split`, `layerwise` or `whole`.
    fn step(&self) -> &'static str;

    /// The widths of the layers.
    fn network(&self) -> String;

    /// The activation of hidden layers.
    fn activation(&self) -> String;

    /// How values lie in the slots.
    fn layout(&self) -> String;

    /// Network, layout and parameters in a few lines.
    fn headline(&self) -> String;

    /// What determines the training beside the data, by name.
    fn settings(&self) -> Vec<(&'static str, String)>;

    fn parameters(&self) -> &Parameters;

    /// Of the steps between two refreshes.
    fn plan(&self) -> &Plan;

    /// The steps that the plan covers, of those in one request.
    fn planned_steps(&self, request: usize) -> usize {
        request
    }

    /// The keys that the server needs.
    fn keys(&self) -> &KeyLevels;

    fn make_keys(&self) -> Result<(SealKeyHolder, EvaluationKeys)>;

    /// New evaluation keys of a key holder that was kept.
    fn keys_of(&self, holder: SealKeyHolder) -> Result<(SealKeyHolder, EvaluationKeys)> {
        let keys = holder.evaluation_keys_for(self.keys())?;
        Ok((holder, keys))
    }

    /// The training in the clear, before its first step.
    fn in_the_clear(&self) -> Result<Self::Clear>;

    fn on_stand_in(&self, noise: Option<Noise>) -> Result<Self::OnStandIn>;

    fn on_seal(&self, holder: SealKeyHolder, circuit: Circuit<SealEvaluator>) -> Result<Self::OnSeal>;

    /// The same with a folder for what the server has reached, if that was asked for.
    fn on_seal_in(
        &self,
        holder: SealKeyHolder,
        circuit: Circuit<SealEvaluator>,
        folder: &RunFolder,
    ) -> anyhow::Result<Self::OnSeal> {
        let _ = folder;
        Ok(self.on_seal(holder, circuit)?)
    }

    /// Whether the server leaves what it has reached.
    fn leaves_server_state(&self) -> bool {
        false
    }

    /// What a server in another process has to know: the programs of [`on_channel`](Method::on_channel).
    fn announcements(&self) -> Result<Vec<Announcement>>;

    /// The same with all keys.
    fn opening(&self, holder: &SealKeyHolder, keys: &EvaluationKeys) -> Result<Opening> {
        let _ = holder;
        Opening::new(self.announcements()?, keys)
    }

    /// Seconds that the longest request takes on an ordinary machine.
    fn seconds_of_request(&self) -> f64 {
        ordinary_seconds(self.plan())
    }

    fn on_channel<C: Channel>(&self, holder: SealKeyHolder, channel: C) -> Result<Self::OnChannel<C>>;

    /// What losses measure.
    fn loss_name(&self) -> &'static str;

    /// Whether the softmax, or the sigmoid, of the outputs is a probability.
    fn scores_are_logits(&self) -> bool;

    /// The losses of weights that the client knows: after steps, or before the first one.
    fn losses(&self, weights: &Self::Weights, outcome: Option<&StepOutcome>) -> Result<Losses>;

    /// The losses for the report, with an accuracy on training samples.
    fn progress(&self, weights: &Self::Weights, outcome: &StepOutcome, losses: Losses) -> Result<Progress>;

    /// The scores of samples (`samples x features`), computed in the clear.
    fn outputs(&self, weights: &Self::Weights, features: ArrayView2<f64>) -> Result<Array2<f64>>;

    /// The largest difference between two weights.
    fn difference(&self, a: &Self::Weights, b: &Self::Weights) -> f64;

    /// The learning rates of step `t`, counted from 0: one, or one per layer.
    fn rates(&self, t: usize) -> Vec<f64>;

    /// 0 for an optimiser without one.
    fn momentum(&self) -> f64;

    /// What the server's own refreshes did, if it has any, for the report of a run that ended with these weights.
    fn bootstraps(&self, weights: &Self::Weights) -> Option<report::Bootstraps> {
        let _ = weights;
        None
    }

    /// Whether the server refreshes by itself.
    fn refreshes_at_server(&self) -> bool {
        false
    }

    /// The scores of an ordinary network of the same widths, trained in the clear, for the test samples.
    fn ordinary_outputs(&self) -> Result<Option<Array2<f64>>>;

    /// A model that can be saved.
    fn model(&self, weights: &Self::Weights) -> Result<Model>;

    /// The fewest seconds between two checkpoints, unless others are asked for.
    fn seconds_between_checkpoints(&self) -> u64 {
        0
    }
}

/// A session with a server.
pub trait Encrypted: Train {
    /// The scores of samples (`samples x features`), computed by the server.
    fn outputs(&mut self, features: ArrayView2<f64>) -> Result<Array2<f64>>;

    /// Bytes sent so far, without evaluation keys.
    fn traffic(&self) -> Traffic;
}
