//! Data, network and optimiser, checked against each other.

use ndarray::{Array2, Axis, concatenate, s};
use seal_nn::{
    Result,
    data::{DataSet, Scaler, centred_one_hot},
    nn::{
        Network, Weights,
        layout::{Layout, LayoutKind},
        training::{TrainingSetup, TrainingSpec},
    },
    protocol::{ParameterRequest, TrainingDeployment, choose_layout},
};

use super::{costs::Costs, early_stopping::OnDivergence};

/// Everything that a training starts from.
pub struct Experiment {
    pub dataset: String,
    pub classes: Vec<String>,
    /// Names of the features.
    pub features: Vec<String>,
    pub scaler: Scaler,
    pub spec: TrainingSpec,
    /// The requested layout; `None` for the cheapest.
    pub layout: Option<LayoutKind>,
    /// The largest number of samples per batch.
    pub batch: usize,
    /// Batches whose gradients are added before an update.
    pub batches_per_step: usize,
    pub steps: usize,
    /// Steps between two refreshes.
    pub refresh_every: usize,
    pub train: Part,
    /// The validation part, known to the client only.
    pub validation: Option<Part>,
    /// Steps without a lower validation loss after which training stops.
    pub patience: Option<usize>,
    pub on_divergence: OnDivergence,
    pub test: Part,
    pub weights: Weights,
    pub seed: u64,
    pub request: ParameterRequest,
}

impl Experiment {
    /// What is trained, for a layout to hold.
    pub fn setup(&self) -> TrainingSetup {
        let setup = TrainingSetup::new(&self.spec, self.batch).with_refresh_every(self.refresh_every);
        setup.with_batches_per_step(self.batches_per_step)
    }

    /// Steps from step `t` (counted from 0) to the next refresh.
    pub fn steps_after(&self, t: usize) -> usize {
        self.refresh_every.min(self.steps.saturating_sub(t)).max(1)
    }

    /// The requested layout or the cheapest one, with the cheapest sufficient parameters and the plan.
    pub fn choose(&self) -> Result<Chosen> {
        let (spec, batch, request, setup) = (&self.spec, self.batch, &self.request, self.setup());
        if let Some(kind) = self.layout {
            let layout = |slots| kind.layout_of_steps(&spec.network, slots, batch, self.refresh_every);
            let deployment = TrainingDeployment::choose(&setup, request, layout)?;
            return Ok(Chosen { deployment, reason: "as asked".into() });
        }
        let (deployment, choice) = choose_layout(&setup, request, &Costs::load().table)?;
        Ok(Chosen { deployment, reason: choice.reason() })
    }
}

/// A layout with parameters for it.
pub struct Chosen {
    pub deployment: TrainingDeployment<Layout>,
    /// Why this layout.
    pub reason: String,
}

/// A part of the data, ready for a network.
pub struct Part {
    pub inputs: Array2<f64>,
    pub targets: Array2<f64>,
    pub labels: Vec<usize>,
}

impl Part {
    pub fn new(data: &DataSet, scaler: &Scaler, network: &Network) -> Result<Part> {
        Ok(Part {
            inputs: inputs_of(&data.features, scaler, network)?,
            targets: centred_one_hot(&data.labels, data.classes.len())?,
            labels: data.labels.clone(),
        })
    }

    /// The samples in their order, in the smallest number of batches of at most `size` samples, whose lengths differ by
    /// at most one. A short batch at the end would have as much weight as the others, but be less accurate.
    pub fn batches(&self, size: usize) -> impl Iterator<Item = (Array2<f64>, Array2<f64>)> + '_ {
        let samples = self.labels.len();
        let batches = samples.div_ceil(size);
        (0..batches).map(move |batch| {
            let rows = s![batch * samples / batches..(batch + 1) * samples / batches, ..];
            (self.inputs.slice(rows).to_owned(), self.targets.slice(rows).to_owned())
        })
    }
}

/// Scaled features, with a constant 1 as the last column if the network has a bias.
pub fn inputs_of(features: &Array2<f64>, scaler: &Scaler, network: &Network) -> Result<Array2<f64>> {
    let inputs = scaler.apply(features)?;
    if !network.has_bias() {
        return Ok(inputs);
    }
    let ones = Array2::ones((inputs.nrows(), 1));
    // The shapes agree by construction.
    Ok(concatenate(Axis(1), &[inputs.view(), ones.view()]).unwrap_or(inputs))
}
