//! One training step of any layout: against the plain one, and against differences of its own loss.

use seal_nn::{
    backend::{Chain, Circuit, ClearEvaluator, ClearKeyHolder},
    nn::{
        Network, Weights, half_squared_error,
        layout::{Batch, LayoutKind, State, TrainingLayout, TrainingProgram},
        training::{Schedule, Sgd, Trainer, TrainingSetup, TrainingSpec},
    },
    program::{Plan, Program},
};

use super::backends::*;

/// Learning rates 1.5, 0.1 and 0.2.
pub fn spec(network: &str, activation: &str, bias: bool, momentum: f64) -> TrainingSpec {
    let network: Network = network.parse().unwrap();
    let network = network.with_activation(activation.parse().unwrap());
    TrainingSpec {
        network: if bias { network.with_bias() } else { network },
        optimizer: Sgd::new(&[1.5, 0.1, 0.2], momentum, Schedule::Constant).unwrap(),
        bounds: Default::default(),
        loss: Default::default(),
    }
}

/// One step in a layout for this batch.
pub fn check<B: Backend>(kind: LayoutKind, spec: &TrainingSpec, live: usize) {
    training_step::<B>(spec, live, kind.layout(&spec.network, B::DEGREE / 2, live).unwrap());
}

/// The gradient that a step on exact clear slots applies, against differences of the loss that the packed forward pass
/// gives: no derivative is written down here.
pub fn gradient_is_finite_differences(kind: LayoutKind, network: &str, activation: &str, live: usize) {
    let spec = spec(network, activation, false, 0.0);
    let slots = DEGREE / 2;
    let layout = kind.layout(&spec.network, slots, live).unwrap();
    let training = TrainingSetup::new(&spec, live).on(layout.clone()).unwrap();
    let depth = Plan::depth_of(&training, slots).unwrap();
    let chain = Chain::nominal(2 * slots, depth, SCALE_BITS).unwrap();
    let plan = Plan::of(&training, &chain).unwrap();
    let levels = training.kept(&live, plan.entry, &chain).unwrap();
    let holder = ClearKeyHolder::new(chain.clone(), None);
    let c = Circuit::new(ClearEvaluator::new(chain, None));
    let program = layout.program(&spec, live).unwrap();
    let encrypt = |w: &Weights| -> Vec<_> { send_all(&c, &holder, &layout.pack_weights(w).unwrap(), plan.entry) };

    let weights = Weights::random(&spec.network, &[1.0, 0.5], 5).unwrap();
    let x = random_matrix(live, spec.network.features(), 6);
    let t = random_matrix(live, spec.network.outputs(), 7);
    let inputs = send_all(&c, &holder, &layout.pack_inputs(x.view()).unwrap(), plan.entry);
    let targets = send_all(&c, &holder, &layout.pack_targets(t.view()).unwrap(), levels.targets[0]);
    let loss = |w: &Weights| {
        let outputs = program.forward(&c, &encrypt(w), &inputs).unwrap();
        half_squared_error(&layout.unpack_outputs(&read_all(&holder, &outputs), live).unwrap(), t.view()).unwrap()
    };

    let state = State { weights: encrypt(&weights), velocity: vec![] };
    let batch = Batch { inputs: inputs.clone(), targets };
    let after = Trainer::new(&layout, &spec, live)
        .unwrap()
        .step(&c, &state, &batch, spec.optimizer.rate(0, 0) / live as f64)
        .unwrap();
    let packed: Vec<_> = after.weights.iter().map(|w| read(&holder, w)).collect();
    let after = layout.unpack_weights(&packed).unwrap();
    for (l, (before, after)) in weights.0.iter().zip(&after.0).enumerate() {
        for (index, w) in before.indexed_iter() {
            let gradient = (w - after[index]) / spec.optimizer.rate(l, 0);
            let moved = |by: f64| {
                let mut weights = weights.clone();
                weights.0[l][index] += by;
                loss(&weights)
            };
            // Central difference: error of order h^2, and rounding 2^-52 f/h; both below 1e-8 for h = 1e-5.
            let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!(
                (gradient - difference).abs() < 1e-7,
                "{} {network} layer {l} {index:?}: {gradient} {difference}",
                layout.kind()
            );
        }
    }
}
