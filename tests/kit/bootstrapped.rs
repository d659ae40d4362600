//! Iris with bootstraps in a ring without security, in which the layout of half of the samples has just room.

use ndarray::Array2;
use seal_nn::{
    nn::{
        Weights,
        layout::{Layout, LayoutKind},
        reference,
        training::{Bounds, TrainingSetup},
    },
    protocol::{BootstrapRequest, Bootstrapping, TrainingDeployment},
};

use super::iris::Iris;

const BOUND: f64 = 4.0;
const BATCH: usize = 60;
const DEGREE: usize = 8192;

pub struct Bootstrapped {
    pub iris: Iris,
    pub deployment: TrainingDeployment<Layout>,
    pub bootstrapping: Bootstrapping,
    pub x: Array2<f64>,
    pub t: Array2<f64>,
    steps: usize,
}

impl Bootstrapped {
    /// With so many steps between two looks.
    pub fn new(steps: usize) -> Bootstrapped {
        let iris = Iris::new(LayoutKind::Merged, BATCH);
        let mut spec = iris.spec.clone();
        spec.bounds = Bounds { max_weight: BOUND, ..spec.bounds };
        let setup = TrainingSetup::new(&spec, BATCH).with_look_every(steps);
        let layout = |slots| LayoutKind::Merged.layout(&spec.network, slots, BATCH);
        let request = BootstrapRequest::new(BOUND);
        let (deployment, bootstrapping) =
            TrainingDeployment::choose_insecure_bootstrapped(&setup, DEGREE, &request, layout).unwrap();
        let (x, t) = iris.batches(BATCH).swap_remove(0);
        Bootstrapped { iris, deployment, bootstrapping, x, t, steps }
    }

    /// The weights after all steps in the clear.
    pub fn in_the_clear(&self) -> Weights {
        let (mut weights, mut velocity) = (self.iris.weights.clone(), Weights::zeros(&self.iris.spec.network));
        for step in 0..self.steps {
            let (x, t) = (self.x.view(), self.t.view());
            reference::step(&self.iris.spec, &mut weights, &mut velocity, x, t, step).unwrap();
        }
        weights
    }
}
