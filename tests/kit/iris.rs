//! The training of the command line, for suites of the library: Iris on 4-8-3, with both parties.

use ndarray::{Array2, s};
use seal_nn::{
    backend::{
        ClearEvaluator, ClearKeyHolder, Evaluate, EvaluationKeys, KeyHolder, Noise, SealEvaluator, SealKeyHolder,
    },
    data::{DataSet, Scaler, centred_one_hot},
    nn::{Bounds, Layout, LayoutKind, Network, Schedule, Sgd, TrainingPlan, TrainingSpec, Weights},
    protocol::{Client, ParameterRequest, Server, TrainingSession, choose_parameters},
    seal::Parameters,
};

/// Samples to train on.
pub const SAMPLES: usize = 120;

/// What is trained, in a layout for batches of one size, with the plan on SEAL's chain.
pub struct Iris {
    pub spec: TrainingSpec,
    pub x: Array2<f64>,
    pub t: Array2<f64>,
    pub weights: Weights,
    pub layout: Layout,
    pub plan: TrainingPlan,
    pub parameters: Parameters,
}

impl Iris {
    pub fn new(kind: LayoutKind, batch: usize) -> Iris {
        let data = DataSet::load("iris").unwrap().split(0.2, 0).unwrap().train;
        let network: Network = "4-8-3".parse().unwrap();
        // The learning rate falls, so that a step number gone wrong is seen.
        let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::InverseTime { decay: 0.05 }).unwrap();
        let spec = TrainingSpec { network, optimizer, bounds: Bounds::default() };
        let (parameters, layout, plan) = choose_parameters(&spec, batch, &ParameterRequest::default(), |slots| {
            kind.layout(&spec.network, slots, batch)
        })
        .unwrap();
        Iris {
            x: Scaler::fit(&data.features).unwrap().apply(&data.features).unwrap(),
            t: centred_one_hot(&data.labels, 3).unwrap(),
            weights: Weights::random(&spec.network, &[1.0, 0.5], 0),
            spec,
            layout,
            plan,
            parameters,
        }
    }

    /// Samples and targets, cut into batches.
    pub fn batches(&self, size: usize) -> Vec<(Array2<f64>, Array2<f64>)> {
        let cut = |from: usize| {
            let rows = s![from..(from + size).min(SAMPLES), ..];
            (self.x.slice(rows).to_owned(), self.t.slice(rows).to_owned())
        };
        (0..SAMPLES).step_by(size).map(cut).collect()
    }

    pub fn client<K: KeyHolder>(&self, holder: K) -> Client<K, Layout> {
        Client::new(holder, self.layout.clone(), self.spec.clone(), self.plan.clone())
    }

    pub fn server<E: Evaluate>(&self, backend: E) -> Server<E, Layout> {
        Server::new(backend, self.layout.clone(), self.spec.clone())
    }

    pub fn session<K, E>(&self, client: Client<K, Layout>, server: Server<E, Layout>) -> TrainingSession<K, E, Layout>
    where
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
        E: Evaluate,
    {
        TrainingSession::new(client, server, self.weights.clone())
    }

    /// Both parties without encryption.
    pub fn in_the_clear(
        &self,
        noise: Option<Noise>,
    ) -> (Client<ClearKeyHolder, Layout>, Server<ClearEvaluator, Layout>) {
        let chain = &self.plan.chain;
        let evaluator = ClearEvaluator::new(chain.clone(), noise).with_rotations(&self.plan.steps);
        (self.client(ClearKeyHolder::new(chain.clone(), noise)), self.server(evaluator))
    }

    /// Both parties on SEAL, and what the server got of the keys.
    pub fn on_seal(&self) -> (Client<SealKeyHolder, Layout>, Server<SealEvaluator, Layout>, EvaluationKeys) {
        let holder = SealKeyHolder::generate(&self.parameters).unwrap();
        let keys = holder.evaluation_keys_for(&self.plan.keys).unwrap();
        let evaluator = SealEvaluator::new(&self.parameters, &keys).unwrap();
        (self.client(holder), self.server(evaluator), keys)
    }
}
