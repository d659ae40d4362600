//! Five encrypted training steps from Rust: Iris, 4-8-3, client and server in one process.
//!
//! Run it with `cargo run --release --example 03_train`.

use seal_nn::{
    Result,
    backend::{Circuit, KeySwitching, SealEvaluator},
    data::{DataSet, Scaler, centred_one_hot},
    nn::{
        Network, Weights, accuracy, half_squared_error,
        layout::Merged,
        reference,
        training::{Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    protocol::{ParameterRequest, TrainingDeployment, TrainingSession},
};

fn main() -> Result<()> {
    // Data: a stratified split, scaled by statistics of the training part.
    let split = DataSet::load("iris")?.split(0.2, 0)?;
    let scaler = Scaler::fit(&split.train.features)?;
    let x = scaler.apply(&split.train.features)?;
    let targets = centred_one_hot(&split.train.labels, 3)?;

    // The training and its requirements: parameters and rotation steps follow from a run without data.
    let network: Network = "4-8-3".parse()?;
    let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant)?;
    let spec = TrainingSpec { network, optimizer, bounds: Default::default(), loss: Default::default() };
    let layout = |slots| Merged::new(&spec.network, slots, x.nrows());
    let deployment =
        TrainingDeployment::choose(&TrainingSetup::new(&spec, x.nrows()), &ParameterRequest::default(), layout)?;
    let plan = &deployment.training.plan;
    println!("a step takes {} levels and {} rotations", plan.depth, plan.operations.rotations());

    // The client generates the keys. The server receives the evaluation keys only.
    let (client_side, keys) = deployment.training.make_keys(KeySwitching::default())?;
    let server_side = Circuit::new(SealEvaluator::new(&deployment.training.parameters, &keys)?);

    let first = Weights::random(&spec.network, &[1.0, 0.5], 0)?;
    let (mut clear, mut velocity) = (first.clone(), Weights::zeros(&spec.network));
    let mut session = TrainingSession::in_process(&deployment, client_side, server_side, first)?;
    session.add_batch(x.view(), targets.view())?;
    for t in 0..5 {
        let step = session.step()?;
        reference::step(&spec, &mut clear, &mut velocity, x.view(), targets.view(), t)?;
        let outputs = reference::outputs(&spec.network, session.weights(), x.view())?;
        println!(
            "step {}: loss {:.4}, {:.0?} on the server, weights within {:.0e} of the clear run",
            step.step,
            half_squared_error(&outputs, targets.view())?,
            step.server_time,
            session.weights().max_difference(&clear),
        );
    }

    // Held-out samples, classified under encryption.
    let test = scaler.apply(&split.test.features)?;
    let outputs = session.infer(test.view())?;
    println!("after five steps {:.0}% of the test samples are right", 100.0 * accuracy(&outputs, &split.test.labels)?);
    Ok(())
}
