//! Iris with bootstraps in a ring without security, in which the layout of half of the samples has just room.

use std::sync::{Arc, Mutex};

use ndarray::{Array2, Axis};
use seal_nn::{
    backend::{
        Circuit, ClearEvaluator, ClearKeyHolder, EvaluationKeys, KeySwitching, Noise, SealEvaluator, SealKeyHolder,
    },
    nn::{
        Weights,
        inference::Inference,
        layout::{Layout, LayoutKind},
        reference,
        training::{Bounds, Training, TrainingSetup, TrainingSpec},
    },
    program::RefreshTally,
    protocol::{
        BootstrapRequest, Bootstrapping, TrainingDeployment, TrainingSession,
        wire::{Announcement, Channel, Opening, RemotePeer},
    },
};

use super::iris::{self, Iris};

const BOUND: f64 = 4.0;
const BATCH: usize = 60;
const DEGREE: usize = 8192;

/// The client's side.
pub type Session<C> =
    TrainingSession<SealKeyHolder, RemotePeer<Training<Layout>, C>, RemotePeer<Inference<Layout>, C>, Layout>;

pub struct Bootstrapped {
    pub iris: Iris,
    pub deployment: TrainingDeployment<Layout>,
    pub bootstrapping: Bootstrapping,
    pub x: Array2<f64>,
    pub t: Array2<f64>,
    steps: usize,
    batch: usize,
}

impl Bootstrapped {
    /// With so many steps between two looks.
    pub fn new(steps: usize) -> Bootstrapped {
        Bootstrapped::of(steps, BATCH, 1)
    }

    /// The same with so many samples in a batch, and so many batches in a step.
    pub fn of(steps: usize, batch: usize, batches: usize) -> Bootstrapped {
        let iris = Iris::new(LayoutKind::Merged, batch);
        let mut spec = iris.spec.clone();
        spec.bounds = Bounds { max_weight: BOUND, ..spec.bounds };
        let setup = TrainingSetup::new(&spec, batch).with_look_every(steps).with_batches_per_step(batches);
        let layout = |slots| LayoutKind::Merged.layout(&spec.network, slots, batch);
        let request = BootstrapRequest::new(BOUND);
        let (deployment, bootstrapping) =
            TrainingDeployment::choose_insecure_bootstrapped(&setup, DEGREE, &request, layout).unwrap();
        let (x, t) = iris.batches(batch * batches).swap_remove(0);
        Bootstrapped { iris, deployment, bootstrapping, x, t, steps, batch }
    }

    pub fn announced(&self) -> Vec<Announcement> {
        let batches = self.x.nrows() / self.batch;
        vec![
            Announcement::of_bootstrapped(&self.deployment, &self.bootstrapping, batches).unwrap(),
            Announcement::of(&self.deployment.inference, 0).unwrap(),
        ]
    }

    /// What opens a session, with keys of bootstraps that are made here.
    pub fn opening(&self, holder: &SealKeyHolder, keys: &EvaluationKeys) -> Opening {
        let bootstraps = self.bootstrapping.make_keys(holder).unwrap();
        Opening::with_bootstrap_keys(self.announced(), keys, &bootstraps).unwrap()
    }

    /// A client, which sends the samples.
    pub fn session<C: Channel>(&self, holder: SealKeyHolder, channel: C) -> Session<C> {
        let (deployment, channel) = (&self.deployment, Arc::new(Mutex::new(channel)));
        let trainer = RemotePeer::new(&channel, 0, &deployment.training).unwrap();
        let trainer = trainer.with_refresh(self.bootstrapping.planned());
        let inferrer = RemotePeer::new(&channel, 1, &deployment.inference).unwrap();
        let weights = self.iris.weights.clone();
        let mut session = TrainingSession::new(deployment, Arc::new(holder), trainer, inferrer, weights).unwrap();
        let batches = self.x.axis_chunks_iter(Axis(0), self.batch).zip(self.t.axis_chunks_iter(Axis(0), self.batch));
        batches.for_each(|(x, t)| session.add_batch(x, t).unwrap());
        session
    }

    /// The weights after all steps in the clear.
    pub fn in_the_clear(&self) -> Weights {
        steps_in_the_clear(&self.iris.spec, &self.iris.weights, &self.x, &self.t, self.steps)
    }
}

/// A training, and the bootstraps of its server.
pub type Planned = (TrainingDeployment<Layout>, Bootstrapping);

/// Both parties on SEAL in this process, and what their server refreshes by itself.
pub fn on_seal(
    (deployment, bootstrapping): &Planned,
    weights: &Weights,
) -> (iris::Session<SealKeyHolder, SealEvaluator>, RefreshTally) {
    let (holder, keys) = deployment.training.make_keys(KeySwitching::default()).unwrap();
    let circuit = Circuit::new(SealEvaluator::new(&deployment.training.parameters, &keys).unwrap());
    let refresh = bootstrapping.make_keys(&holder).unwrap();
    let refresh = bootstrapping.on_seal(circuit.backend().context(), refresh).unwrap();
    let tally = refresh.tally();
    (TrainingSession::in_process_with(deployment, holder, circuit, weights.clone(), refresh).unwrap(), tally)
}

/// The same on clear slots.
pub fn on_clear_slots(
    (deployment, bootstrapping): &Planned,
    weights: &Weights,
    noise: Option<Noise>,
) -> (iris::Session<ClearKeyHolder, ClearEvaluator>, RefreshTally) {
    let (holder, circuit) = deployment.training.in_the_clear(noise);
    let refresh = bootstrapping.in_the_clear(noise);
    let tally = refresh.tally();
    (TrainingSession::in_process_with(deployment, holder, circuit, weights.clone(), refresh).unwrap(), tally)
}

/// The weights after steps in the clear on one batch.
pub fn steps_in_the_clear(
    spec: &TrainingSpec,
    weights: &Weights,
    x: &Array2<f64>,
    t: &Array2<f64>,
    steps: usize,
) -> Weights {
    let (mut weights, mut velocity) = (weights.clone(), Weights::zeros(&spec.network));
    for step in 0..steps {
        reference::step(spec, &mut weights, &mut velocity, x.view(), t.view(), step).unwrap();
    }
    weights
}
