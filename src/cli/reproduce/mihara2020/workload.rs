//! The training steps that are compared.

use ndarray::Array2;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::{
    Result, SetupError,
    backend::CostModel,
    nn::{
        Network,
        layout::{Candidate, Layout, LayoutKind, TrainingLayout},
        training::{Bounds, Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    protocol::{ParameterRequest, TrainingDeployment, choose_layout},
};
use serde::{Deserialize, Serialize};

use super::layouts;
use crate::cli::{backend_args::KeySwitchingName, defaults::Defaults};

/// A network of the paper's kind with the optimiser and the batch of a step: all that decides what the step costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// Inputs of every layer; a bias input is one of them.
    pub network: String,
    pub activation: String,
    pub learning_rates: Vec<f64>,
    pub momentum: f64,
    /// Reach of the first weights, a layer.
    pub reach: Vec<f64>,
    pub batch: usize,
    /// Who switches keys.
    pub key_switching: KeySwitchingName,
}

/// Plain numbers for a step.
pub struct Samples {
    pub inputs: Array2<f64>,
    pub targets: Array2<f64>,
}

/// Networks whose steps are compared, with the data set whose settings they take.
const COMPARED: [(&str, &str); 4] =
    [("4-8-3", "iris"), ("4-16-3", "iris"), ("31-16-2", "breast-cancer"), ("62-32-10", "digits")];

/// Steps of a training on Iris.
pub const IRIS_STEPS: usize = 30;

/// Widths of the networks d-d-d.
pub const WIDTHS: [usize; 8] = [4, 8, 16, 32, 64, 128, 256, 512];
/// Samples in their steps.
pub const DENSE_BATCH: usize = 16;

impl Workload {
    /// Each network with the batch of its data set's defaults and with one sample.
    pub fn compared(key_switching: KeySwitchingName) -> Vec<Workload> {
        let mut all = Vec::new();
        for (network, dataset) in COMPARED {
            let defaults = Defaults::of(dataset);
            let training = defaults.training(2);
            all.extend([defaults.batch, 1].map(|batch| Workload {
                network: network.into(),
                activation: defaults.activation.into(),
                learning_rates: training.rates.clone(),
                momentum: training.momentum,
                reach: training.reach.clone(),
                batch,
                key_switching,
            }));
        }
        all
    }

    /// The network d-d-d, by plain gradient descent.
    pub fn dense(d: usize, key_switching: KeySwitchingName) -> Workload {
        Workload {
            network: format!("{d}-{d}-{d}"),
            activation: "square:0.5".into(),
            learning_rates: vec![0.5],
            momentum: 0.0,
            reach: vec![1.0, 0.5],
            batch: DENSE_BATCH,
            key_switching,
        }
    }

    pub fn spec(&self) -> Result<TrainingSpec> {
        Ok(TrainingSpec {
            network: self.network.parse::<Network>()?.with_activation(self.activation.parse()?),
            optimizer: Sgd::new(&self.learning_rates, self.momentum, Schedule::Constant)?,
            bounds: Bounds::default(),
            loss: Default::default(),
        })
    }

    fn request(&self) -> ParameterRequest {
        ParameterRequest { key_switching: self.key_switching.into(), ..Default::default() }
    }

    /// The cheapest parameters in which a layout holds it, with the plan.
    pub fn plan(&self, kind: LayoutKind) -> Result<TrainingDeployment<Layout>> {
        let spec = self.spec()?;
        let layout = |slots| kind.layout(&spec.network, slots, self.batch);
        TrainingDeployment::choose(&TrainingSetup::new(&spec, self.batch), &self.request(), layout)
    }

    /// The layout that a training chooses by default, published ones left out. The modelled costs decide, so that the
    /// choice is the same on every machine.
    pub fn choose(&self) -> Result<TrainingDeployment<Layout>> {
        let spec = self.spec()?;
        let request = self.request();
        let (_, choice) = choose_layout(&TrainingSetup::new(&spec, self.batch), &request, &CostModel::default())?;
        let ours = choice.candidates.into_iter().find(|candidate| !layouts::is_published(candidate.layout.kind()));
        let Candidate { layout, plan, .. } =
            ours.ok_or_else(|| SetupError::NoLayout { network: self.network.clone(), refused: Vec::new() })?;
        let request = ParameterRequest { poly_modulus_degree: Some(plan.chain.poly_modulus_degree()), ..request };
        TrainingDeployment::choose(&TrainingSetup::new(&spec, self.batch), &request, |_| Ok(layout.clone()))
    }

    /// Inputs in -1 ... 1 and one-hot targets, centred. The cost of a step does not depend on them.
    pub fn samples(&self, network: &Network, seed: u64) -> Samples {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Streams 1 and 2 are those of splits and weights.
        rng.set_stream(3);
        let inputs =
            Array2::from_shape_simple_fn((self.batch, network.dimensions()[0]), || rng.random_range(-1.0..=1.0));
        let classes = network.outputs();
        let mut targets = Array2::from_elem((self.batch, classes), -1.0 / classes as f64);
        targets.rows_mut().into_iter().for_each(|mut row| row[rng.random_range(0..classes)] += 1.0);
        Samples { inputs, targets }
    }
}
