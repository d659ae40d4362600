//! Trains Iris under encryption, saves the model, and classifies encrypted samples with the loaded one.
//!
//! Run it with `cargo run --release --example 11_save_and_infer`.

use seal_nn::{
    Result,
    backend::{Circuit, KeySwitching, SealEvaluator},
    data::{DataSet, centred_one_hot},
    model::Model,
    ndarray::Array2,
    nn::{
        Network, Weights, accuracy, half_squared_error,
        layout::Merged,
        reference,
        training::{Bounds, EarlyStopping, Losses, OnDivergence, Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    protocol::{
        Course, CourseEvent, InferenceSession, ParameterRequest, StepOutcome, TrainingDeployment, TrainingSession,
    },
};

fn main() -> Result<()> {
    let split = DataSet::load("iris")?.split(0.2, 0)?;
    let folder = std::env::temp_dir().join(format!("seal-nn-{}", std::process::id()));
    train(&split.train)?.save(&folder)?;
    let model = Model::load(&folder)?;

    // The client encrypts weights and samples; the server sees neither.
    let deployment = model.deployment(split.test.labels.len(), &ParameterRequest::default())?;
    let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
    let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys)?);
    let mut session = InferenceSession::in_process(&deployment, holder, circuit, &model.network()?.1)?;
    let encrypted = session.outputs(model.inputs(&split.test.features)?.view())?;
    let clear = model.outputs(&split.test.features)?;
    println!(
        "{:.0}% of the test samples are right; the scores differ from those in the clear by at most {:.0e}",
        100.0 * accuracy(&encrypted, &split.test.labels)?,
        (&encrypted - &clear).iter().fold(0f64, |largest, difference| largest.max(difference.abs())),
    );

    // It contains the weights in the clear, and this one is not needed any more.
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

/// The best of up to 24 steps, by the loss on samples that are set aside.
fn train(data: &DataSet) -> Result<Model> {
    let parts = data.split(0.2, 0)?;
    let scaler = parts.train.scaler()?;
    let network: Network = "4-8-3".parse()?;
    let part = |data: &DataSet| -> Result<_> { Ok((scaler.apply(&data.features)?, centred_one_hot(&data.labels, 3)?)) };
    let (training, validation) = (part(&parts.train)?, part(&parts.test)?);

    // If training diverges, it continues at lower rates, for which the plan reserves room.
    let policy = OnDivergence::LowerRate;
    let optimizer = Sgd::new(&[1.5, 0.1], 0.75, Schedule::Constant)?;
    let bounds = Bounds { least_rate: policy.least_rate(), ..Bounds::default() };
    let spec = TrainingSpec { network: network.clone(), optimizer, bounds, loss: Default::default() };
    let samples = training.0.nrows();
    let setup = TrainingSetup::new(&spec, samples);
    let layout = |slots| Merged::new(&network, slots, samples);
    let deployment = TrainingDeployment::choose(&setup, &ParameterRequest::default(), layout)?;
    let (holder, keys) = deployment.training.make_keys(KeySwitching::default())?;
    let circuit = Circuit::new(SealEvaluator::new(&deployment.training.parameters, &keys)?);
    let first = Weights::random(&network, &[1.0, 0.5], 0)?;
    let mut session = TrainingSession::in_process(&deployment, holder, circuit, first.clone())?;
    session.add_batch(training.0.view(), training.1.view())?;

    // The client decides when to stop, from the weights that it decrypts.
    let losses = |weights: &Weights| {
        let loss = |(x, targets): &(Array2<f64>, Array2<f64>)| {
            half_squared_error(&reference::outputs(&network, weights, x.view())?, targets.view())
        };
        Ok(Losses { training: loss(&training)?, validation: Some(loss(&validation)?) })
    };
    let stopping = EarlyStopping::new(24, first.clone(), losses(&first)?).with_patience(5).with_policy(policy);
    let mut course = Course::new(session, stopping, |weights: &Weights, _: &StepOutcome| losses(weights))?;
    while let Some(event) = course.advance()? {
        match event {
            CourseEvent::Advanced { outcome, losses } => println!(
                "step {}: loss {:.4}, validation loss {:.4}",
                outcome.step,
                losses.training,
                losses.validation.unwrap_or_default()
            ),
            CourseEvent::Lowered(lowering) => println!("step {} diverged, so the rates are halved", lowering.step),
        }
    }
    let (_, stopping) = course.finish()?;
    Model::new(network, stopping.into_best().weights, scaler)?
        .with_dataset(&data.name)
        .with_features(&data.feature_names)?
        .with_classes(&data.classes)
}
