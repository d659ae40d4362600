//! The training of the command line, for suites of the library: Iris on 4-8-3, with both parties.

use std::sync::Arc;

use ndarray::{Array2, s};
use seal_nn::{
    backend::{
        Circuit, ClearEvaluator, ClearKeyHolder, Evaluate, EvaluationKeys, KeySwitching, Noise, SealEvaluator,
        SealKeyHolder,
    },
    data::{DataSet, Scaler, centred_one_hot},
    nn::{
        Network, Weights,
        inference::Inference,
        layout::{Batch, Layout, LayoutKind, TrainingLayout},
        training::{Bounds, Schedule, Sgd, Training, TrainingSetup, TrainingSpec},
    },
    protocol::{Server, TrainingClient, TrainingDeployment, TrainingSession},
};

/// Samples to train on.
pub const SAMPLES: usize = 120;

/// Both parties in this process.
pub type Session<K, E> = TrainingSession<K, Server<E, Training<Layout>>, Server<E, Inference<Layout>>, Layout>;

/// What is trained, in a layout for batches of one size, with the plan on SEAL's chain.
pub struct Iris {
    pub spec: TrainingSpec,
    pub x: Array2<f64>,
    pub t: Array2<f64>,
    pub weights: Weights,
    pub deployment: TrainingDeployment<Layout>,
}

impl Iris {
    pub fn new(kind: LayoutKind, batch: usize) -> Iris {
        let data = DataSet::load("iris").unwrap().split(0.2, 0).unwrap().train;
        let network: Network = "4-8-3".parse().unwrap();
        // The learning rate falls, so that a step number gone wrong is seen.
        let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::InverseTime { decay: 0.05 }).unwrap();
        let spec = TrainingSpec { network, optimizer, bounds: Bounds::default(), loss: Default::default() };
        let layout = |slots| kind.layout(&spec.network, slots, batch);
        let deployment =
            TrainingDeployment::choose(&TrainingSetup::new(&spec, batch), &Default::default(), layout).unwrap();
        Iris {
            x: Scaler::fit(&data.features).unwrap().apply(&data.features).unwrap(),
            t: centred_one_hot(&data.labels, 3).unwrap(),
            weights: Weights::random(&spec.network, &[1.0, 0.5], 0).unwrap(),
            spec,
            deployment,
        }
    }

    pub fn layout(&self) -> &Layout {
        self.deployment.layout()
    }

    /// Samples and targets, cut into batches.
    pub fn batches(&self, size: usize) -> Vec<(Array2<f64>, Array2<f64>)> {
        let cut = |from: usize| {
            let rows = s![from..(from + size).min(SAMPLES), ..];
            (self.x.slice(rows).to_owned(), self.t.slice(rows).to_owned())
        };
        (0..SAMPLES).step_by(size).map(cut).collect()
    }

    /// All samples in one batch.
    pub fn packed(&self) -> Batch<Vec<f64>> {
        let layout = self.layout();
        Batch {
            inputs: layout.pack_inputs(self.x.view()).unwrap(),
            targets: layout.pack_targets(self.t.view()).unwrap(),
        }
    }

    pub fn client(&self) -> TrainingClient<Layout> {
        TrainingClient::new(self.deployment.training.program.clone(), self.weights.clone()).unwrap()
    }

    pub fn server<E: Evaluate>(&self, circuit: Circuit<E>) -> Server<E, Training<Layout>> {
        let training = &self.deployment.training;
        Server::new(Arc::new(circuit), training.program.clone(), training.plan.clone())
    }

    /// Both parties without encryption.
    pub fn in_the_clear(&self, noise: Option<Noise>) -> Session<ClearKeyHolder, ClearEvaluator> {
        let (holder, circuit) = self.deployment.training.in_the_clear(noise);
        TrainingSession::in_process(&self.deployment, holder, circuit, self.weights.clone()).unwrap()
    }

    /// Both parties on SEAL, and what the server got of the keys.
    pub fn on_seal(&self) -> (Session<SealKeyHolder, SealEvaluator>, EvaluationKeys) {
        let (holder, circuit, keys) = self.seal();
        (TrainingSession::in_process(&self.deployment, holder, circuit, self.weights.clone()).unwrap(), keys)
    }

    /// What both parties have on SEAL.
    pub fn seal(&self) -> (SealKeyHolder, Circuit<SealEvaluator>, EvaluationKeys) {
        let (holder, keys) = self.deployment.training.make_keys(KeySwitching::default()).unwrap();
        let circuit = Circuit::new(SealEvaluator::new(&self.deployment.training.parameters, &keys).unwrap());
        (holder, circuit, keys)
    }
}
