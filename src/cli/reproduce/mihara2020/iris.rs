//! A training on Iris, encrypted beside clear, for one seed.

use seal_nn::{
    Result,
    backend::{Circuit, SealEvaluator},
    data::{DataSet, Preparation},
    nn::{Weights, accuracy, reference},
    protocol::TrainingSession,
    report::median,
};

use super::{
    record::{IrisRun, IrisStep},
    workload::{IRIS_STEPS, Workload},
};
use crate::cli::{
    problem::Problem,
    training::{Part, Samples},
};

/// The share of the samples that is held out.
const TEST_SHARE: f64 = 0.2;

/// Trains as `seal-nn train --seed` does with all training samples in each step, in the default layout.
pub fn train(workload: &Workload, seed: u64) -> Result<IrisRun> {
    let data = Problem::Classes(DataSet::load("iris")?.try_into()?);
    let spec = workload.spec()?;
    let (train, test) = data.split(TEST_SHARE, seed)?;
    let (preparation, task) = (Preparation::fit(train.table())?, train.task()?);
    let samples = |part| Samples::new(&spec.network, &Part::new(part, &task, &preparation)?);
    let (training, test) = (samples(&train)?, samples(&test)?);

    let deployment = workload.choose()?;
    let (holder, keys) = deployment.training.make_keys(workload.key_switching.into())?;
    let circuit = Circuit::new(SealEvaluator::new(&deployment.training.parameters, &keys)?);
    let mut weights = Weights::random(&spec.network, &workload.reach, seed)?;
    let mut velocity = Weights::zeros(&spec.network);
    let mut session = TrainingSession::in_process(&deployment, holder, circuit, weights.clone())?;
    session.add_batch(training.inputs.view(), training.targets.view())?;

    let held_out =
        |weights: &Weights| accuracy(&reference::outputs(&spec.network, weights, test.inputs.view())?, &test.labels);
    let (mut steps, mut seconds) = (Vec::new(), Vec::new());
    for t in 0..IRIS_STEPS {
        let outcome = session.step()?;
        reference::step(&spec, &mut weights, &mut velocity, training.inputs.view(), training.targets.view(), t)?;
        seconds.push(outcome.server_time.as_secs_f64());
        let (encrypted_accuracy, clear_accuracy) = (held_out(session.weights())?, held_out(&weights)?);
        steps.push(IrisStep { step: outcome.step, encrypted_accuracy, clear_accuracy });
    }
    Ok(IrisRun {
        seed,
        encrypted_test_accuracy: accuracy(&session.infer(test.inputs.view())?, &test.labels)?,
        clear_test_accuracy: held_out(&weights)?,
        test_samples: test.labels.len(),
        steps,
        max_weight_difference: session.weights().max_difference(&weights),
        seconds_per_step: median(&seconds).unwrap_or_default(),
    })
}
