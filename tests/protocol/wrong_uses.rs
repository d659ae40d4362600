//! Parts that do not belong together are refused when a session is made or used.

use std::sync::Arc;

use ndarray::Array2;
use seal_nn::{
    Argument, ArgumentError,
    Error::{Argument as BadArgument, Request, Setup},
    RequestError, SetupError,
    backend::Circuit,
    nn::{
        Weights,
        calibration::CalibrationSpec,
        head::EncryptedTrainingSpec,
        layout::LayoutKind,
        soft_argmax::SoftmaxApproximation,
        training::{Training, TrainingSetup, TrainingSpec, TrainingState},
    },
    protocol::{CalibrationSession, Deployment, HeadTrainingSession, InferenceSession, Server, TrainingSession},
};

use crate::{
    kit::{iris, iris::Iris, refusals::check},
    wrong_use,
};

#[test]
fn trainings() {
    let iris = Iris::new(LayoutKind::Merged, iris::SAMPLES);
    let other = || Weights::zeros(&"4-8-2".parse().unwrap());
    let zeros = || Weights::zeros(&iris.spec.network);
    let inference = || {
        let (holder, circuit) = iris.deployment.inference.in_the_clear(None);
        InferenceSession::in_process(&iris.deployment.inference, holder, circuit, &zeros()).unwrap()
    };
    // A server whose rates are half of those that the client expects.
    let optimizer = iris.spec.optimizer.clone().scaled(0.5).unwrap();
    let setup = TrainingSetup::new(&TrainingSpec { optimizer, ..iris.spec.clone() }, iris::SAMPLES);
    let slower: Arc<Training<_>> = Arc::new(setup.on(iris.layout().clone()).unwrap());
    let with_other_rates = || {
        let (training, inference) = (&iris.deployment.training, &iris.deployment.inference);
        let (holder, circuit) = training.in_the_clear(None);
        let circuit: Arc<Circuit<_>> = Arc::new(circuit);
        let trainer = Server::new(circuit.clone(), slower.clone(), training.plan.clone());
        let inferrer = Server::new(circuit, inference.program.clone(), inference.plan.clone());
        TrainingSession::new(&iris.deployment, Arc::new(holder), trainer, inferrer, zeros())
    };
    check(vec![
        wrong_use!(
            "to go on from weights of another network",
            iris.in_the_clear(None).resume(TrainingState::new(other())),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "to go on with another velocity",
            iris.in_the_clear(None).resume(TrainingState { velocity: other(), ..TrainingState::new(zeros()) }),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("no step", iris.in_the_clear(None).advance(0), BadArgument(ArgumentError::OutOfBounds { .. })),
        wrong_use!(
            "more steps than were planned",
            iris.in_the_clear(None).advance(2),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::TrainingSteps, .. })
        ),
        wrong_use!(
            "rates of NaN",
            iris.in_the_clear(None).set_rate_factor(f64::NAN),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::RateFactor, .. })
        ),
        wrong_use!("a server with other rates", with_other_rates(), Request(RequestError::OtherTerms { .. })),
        wrong_use!(
            "weights of another network",
            inference().set_weights(&other()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "samples of another width",
            inference().outputs(Array2::zeros((3, 5)).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "more samples",
            inference().outputs(Array2::zeros((iris::SAMPLES + 1, 4)).view()),
            Setup(SetupError::WrongBatch { .. })
        ),
    ]);
}

#[test]
fn heads_and_calibrations() {
    let approximation = SoftmaxApproximation::sigmoid(7, 4.0).unwrap();
    let spec =
        EncryptedTrainingSpec { width: 3, classes: 2, range: 4.0, approximation, batch: 4, rate: 0.5, momentum: 0.5 };
    let training = Deployment::of_head_training(&spec, &Default::default()).unwrap();
    let train = |samples: usize, width: usize, labels: &[usize]| {
        let (holder, circuit) = training.in_the_clear(None);
        HeadTrainingSession::in_process(&training, holder, circuit, Array2::zeros((samples, width)).view(), labels)
    };
    let logits = Array2::from_shape_fn((4, 2), |(i, j)| ((i + j) % 2) as f64);
    let deployment =
        Deployment::of_calibration(&CalibrationSpec::new(&logits, 4.0, 4).unwrap(), 4, &Default::default()).unwrap();
    let calibrate = |logits: &Array2<f64>, labels: &[usize]| {
        let (holder, circuit) = deployment.in_the_clear(None);
        CalibrationSession::in_process(&deployment, holder, circuit, logits, labels)
    };
    check(vec![
        wrong_use!("fewer labels", train(3, 3, &[0, 1]), BadArgument(ArgumentError::WrongCount { .. })),
        wrong_use!("other embeddings", train(2, 4, &[0, 1]), Setup(SetupError::WrongShape { .. })),
        wrong_use!("a label that is no class", train(2, 3, &[0, 2]), BadArgument(ArgumentError::UnknownLabel { .. })),
        wrong_use!("fewer logits", calibrate(&Array2::zeros((3, 2)), &[0, 1, 0]), Setup(SetupError::WrongShape { .. })),
        wrong_use!(
            "fewer labels than logits",
            calibrate(&logits, &[0, 1, 0]),
            BadArgument(ArgumentError::WrongCount { .. })
        ),
        wrong_use!("another class", calibrate(&logits, &[0, 1, 0, 2]), BadArgument(ArgumentError::UnknownLabel { .. })),
    ]);
    assert!(train(2, 3, &[0, 1]).is_ok() && calibrate(&logits, &[0, 1, 0, 1]).is_ok());
}
