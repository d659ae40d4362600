//! A network of one output learns a number.

use ndarray::{Array2, s};
use seal_nn::{
    data::{DataSet, Scaler},
    nn::{
        Network, Weights,
        layout::LayoutKind,
        reference,
        training::{Bounds, Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    protocol::{TrainingDeployment, TrainingSession},
};

/// The width of a petal of Iris from the other three lengths, by 40 steps of the circuit without noise.
#[test]
fn the_width_of_a_petal_is_learned() {
    const STEPS: usize = 40;
    let split = DataSet::load("iris").unwrap().split(0.2, 0).unwrap();
    let scaler = Scaler::fit(&split.train.features).unwrap();
    let network = "3-4-1".parse::<Network>().unwrap().with_bias();
    let parts = |data: &DataSet| {
        let scaled = scaler.apply(&data.features).unwrap();
        (network.inputs(scaled.slice(s![.., ..3]).to_owned()).unwrap(), scaled.slice(s![.., 3..]).to_owned())
    };
    let ((x, t), (test_x, test_t)) = (parts(&split.train), parts(&split.test));

    let optimizer = Sgd::new(&[0.1], 0.75, Schedule::Constant).unwrap();
    let spec =
        TrainingSpec { network: network.clone(), optimizer, bounds: Bounds::default(), loss: Default::default() };
    let samples = x.nrows();
    let layout = |slots| LayoutKind::Axis.layout(&network, slots, samples);
    let deployment =
        TrainingDeployment::choose(&TrainingSetup::new(&spec, samples), &Default::default(), layout).unwrap();
    let (holder, circuit) = deployment.training.in_the_clear(None);
    let first = Weights::random(&network, &[1.0], 0).unwrap();
    let mut session = TrainingSession::in_process(&deployment, holder, circuit, first.clone()).unwrap();
    session.add_batch(x.view(), t.view()).unwrap();
    let (mut weights, mut velocity) = (first.clone(), Weights::zeros(&network));
    for step in 0..STEPS {
        session.step().unwrap();
        reference::step(&spec, &mut weights, &mut velocity, x.view(), t.view(), step).unwrap();
    }
    // Without noise: roundings of f64 only.
    assert!(session.weights().max_difference(&weights) < 1e-9);

    let mean = t.mean().unwrap();
    let explained = |outputs: Array2<f64>| {
        let squares = |difference: Array2<f64>| difference.mapv(|d| d * d).sum();
        1.0 - squares(&test_t - &outputs) / squares(&test_t - mean)
    };
    let before = explained(reference::outputs(&network, &first, test_x.view()).unwrap());
    let after = explained(session.infer(test_x.view()).unwrap());
    println!("R^2 on test samples: {before:.3} before, {after:.3} after {STEPS} steps");
    assert!(before < 0.5 && after > 0.8, "{before} {after}");
}
