//! Plain numbers and sizes that do not belong together are refused, and nothing panics.

use ndarray::{Array1, Array2};
use proptest::prelude::*;
use seal_nn::{
    Argument, ArgumentError,
    Error::{Argument as BadArgument, Packing, Setup},
    Level, PackingError, Result, SetupError,
    backend::CostModel,
    nn::{
        Activation, Network, ReluBaseline, Weights, accuracy,
        argmax::{Argmax, Comparison},
        calibration::{Calibration, CalibrationProgram, CalibrationSpec, CalibrationState, Fit, calibrate_in_clear},
        half_squared_error,
        head::{
            Dense, EncryptedTraining, EncryptedTrainingSpec, Head, HeadActivation, HeadProgram, HeadShape,
            HeadTraining, largest_spread, train_step_in_clear,
        },
        inference::Inference,
        layerwise::{LayerLayout, LayerwiseTiles, LayerwiseTraining},
        layout::{Axes, GradientMode, Layout, LayoutKind, Merged, TrainingLayout, axis_shapes},
        learning::{
            self, Batches, Learner, LearningSettings, Loss, Targets, balanced_class_weights, network_of, random_layers,
        },
        polynomial::Polynomial,
        predicted_classes, reference,
        soft_argmax::{MinimaxInverse, SoftArgmax, SoftmaxApproximation},
        split::{Arrangement, SplitLayout, SplitSetup, SplitTraining, SquareFolding, TileShape},
        training::{Bounds, Schedule, ServerLoss, Sgd, Trainer, TrainingSetup, TrainingSpec},
    },
    packing::{AxisShape, Role},
    program::refreshes_of,
};

use crate::{
    kit::refusals::{check, returns},
    wrong_use,
};

const HUGE: usize = usize::MAX;
const SLOTS: usize = 1024;

fn network() -> Network {
    "4-3-2".parse().unwrap()
}

fn spec() -> TrainingSpec {
    let optimizer = Sgd::new(&[0.5], 0.5, Schedule::Constant).unwrap();
    TrainingSpec { network: network(), optimizer, bounds: Bounds::default(), loss: Default::default() }
}

fn zeros(rows: usize, columns: usize) -> Array2<f64> {
    Array2::zeros((rows, columns))
}

fn dense(outputs: usize, inputs: usize) -> Dense {
    Dense { weights: Array2::from_elem((outputs, inputs), 0.1), bias: Array1::zeros(outputs) }
}

fn head() -> Head {
    Head::two_layers(dense(3, 4), HeadActivation::quadratic(), dense(2, 3)).unwrap()
}

#[test]
fn plain_networks() {
    let (network, weights) = (network(), Weights::zeros(&network()));
    let other = Weights::zeros(&"4-3-3".parse().unwrap());
    let step = |x: Array2<f64>, t: Array2<f64>, velocity: &Weights| {
        let (mut weights, mut velocity) = (weights.clone(), velocity.clone());
        reference::step(&spec(), &mut weights, &mut velocity, x.view(), t.view(), 0)
    };
    check(vec![
        wrong_use!(
            "random weights that reach to NaN",
            Weights::random(&network, &[f64::NAN], 0),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Reach, .. })
        ),
        wrong_use!(
            "random weights of no end",
            Weights::random(&network, &[1.0, f64::INFINITY], 0),
            BadArgument(ArgumentError::OutOfBounds { .. })
        ),
        wrong_use!(
            "outputs of other inputs",
            reference::outputs(&network, &weights, zeros(3, 9).view()),
            Setup(SetupError::WrongShape { expected: (3, 4), actual: (3, 9), .. })
        ),
        wrong_use!(
            "outputs of other weights",
            reference::outputs(&network, &other, zeros(3, 4).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "gradients of fewer targets",
            reference::gradients(&network, ServerLoss::Squared, &weights, zeros(3, 4).view(), zeros(1, 2).view()),
            Setup(SetupError::WrongShape { expected: (3, 2), actual: (1, 2), .. })
        ),
        wrong_use!(
            "a step of other targets",
            step(zeros(3, 4), zeros(3, 1), &weights),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "a step of another velocity",
            step(zeros(3, 4), zeros(3, 2), &other),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("other features", network.inputs(zeros(3, 5)), Setup(SetupError::WrongShape { .. })),
        wrong_use!(
            "a loss of one target for all",
            half_squared_error(&zeros(3, 2), zeros(1, 2).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "a loss of no samples",
            half_squared_error(&zeros(0, 2), zeros(0, 2).view()),
            BadArgument(ArgumentError::Empty { .. })
        ),
        wrong_use!("an accuracy of no samples", accuracy(&zeros(0, 2), &[]), BadArgument(ArgumentError::Empty { .. })),
        wrong_use!(
            "an accuracy of fewer labels",
            accuracy(&zeros(3, 2), &[0, 1]),
            BadArgument(ArgumentError::WrongCount { expected: 3, actual: 2, .. })
        ),
        wrong_use!(
            "classes of NaN",
            predicted_classes(&Array2::from_elem((1, 2), f64::NAN)),
            BadArgument(ArgumentError::NotFinite { .. })
        ),
        wrong_use!("classes of no outputs", predicted_classes(&zeros(1, 0)), BadArgument(ArgumentError::Empty { .. })),
        wrong_use!(
            "a baseline for a label too high",
            ReluBaseline::train(&network, zeros(2, 4).view(), &[0, 2], 0),
            BadArgument(ArgumentError::UnknownLabel { sample: 1, label: 2, classes: 2 })
        ),
        wrong_use!(
            "a baseline of no samples",
            ReluBaseline::train(&network, zeros(0, 4).view(), &[], 0),
            BadArgument(ArgumentError::Empty { .. })
        ),
        wrong_use!(
            "a baseline of other inputs",
            ReluBaseline::train(&network, zeros(2, 5).view(), &[0, 1], 0),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "a shift that is no number",
            Activation::shifted_square(f64::NAN),
            Setup(SetupError::BadActivation { .. })
        ),
        wrong_use!(
            "a shift whose square is none",
            Activation::shifted_square(1e200),
            Setup(SetupError::BadActivation { .. })
        ),
        wrong_use!(
            "an activation of the highest degree",
            Activation::least_squares("x", |z| z * z, HUGE, 1.0),
            Setup(SetupError::BadActivation { .. })
        ),
        wrong_use!(
            "a network without inputs",
            Network::builder().hidden(4).hidden(3).outputs(2).build(),
            Setup(SetupError::BadNetwork { .. })
        ),
        wrong_use!(
            "rates of 0",
            Sgd::new(&[1.0], 0.0, Schedule::Constant)?.scaled(0.0),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::LearningRate, .. })
        ),
        wrong_use!(
            "a polynomial on too wide an interval",
            Polynomial::new(vec![1.0], -f64::MAX..=f64::MAX),
            BadArgument(ArgumentError::BadInterval { .. })
        ),
    ]);
    // What is no error says so in its value.
    assert_eq!(weights.max_difference(&other), f64::INFINITY);
    let mut broken = weights.clone();
    broken.0[1][[0, 0]] = f64::NAN;
    assert!(broken.max_difference(&weights).is_nan() && largest_spread(&broken.0[1]).is_nan());
    // The last of two numbers of inputs counts, as with outputs.
    let twice = Network::builder().inputs(9).inputs(4).hidden(3).outputs(2).build().unwrap();
    assert_eq!(twice, network);
}

#[test]
fn layouts_and_trainings() {
    let (network, spec) = (network(), spec());
    let merged = Merged::new(&network, SLOTS, 8).unwrap();
    let setup = |batch| TrainingSetup::new(&spec, batch);
    let other: Network = "4-3-3".parse().unwrap();
    let shape = |order, sizes| AxisShape { order, sizes, guards: [false; 3] };
    let good = [Role::B, Role::Q, Role::P];
    let axes = |shape| Axes::with_shape(&network, SLOTS, shape, GradientMode::Early);
    for kind in LayoutKind::ALL.into_iter().chain(LayoutKind::BASELINES) {
        if kind != LayoutKind::RowColumn {
            assert!(kind.layout(&network, SLOTS, 0).is_err(), "{kind}: a batch of 0");
        }
        assert!(kind.layout(&network, 0, 8).is_err(), "{kind}: no slots");
        assert!(kind.layout(&network, SLOTS - 1, 8).is_err(), "{kind}: 1023 slots");
        for (slots, batch) in [(HUGE, 8), (HUGE, HUGE), (1 << 63, 1 << 63), (0, 0), (SLOTS, HUGE)] {
            returns(kind.layout(&network, slots, batch));
            returns(kind.layout_of_steps(&network, slots, batch, HUGE));
        }
    }
    check(vec![
        wrong_use!(
            "weights of another network",
            merged.pack_weights(&Weights::zeros(&other)),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "weights of fewer layers",
            merged.pack_weights(&Weights(vec![zeros(3, 4)])),
            BadArgument(ArgumentError::WrongCount { expected: 2, actual: 1, .. })
        ),
        wrong_use!(
            "samples of another width",
            merged.pack_inputs(zeros(8, 5).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "more samples than fit",
            merged.pack_inputs(zeros(9, 4).view()),
            Packing(PackingError::IndexTooLong { length: 9, reached: 8 })
        ),
        wrong_use!(
            "targets of another width",
            merged.pack_targets(zeros(8, 3).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "slots of no ciphertext",
            merged.unpack_weights(&[]),
            Packing(PackingError::WrongCount { expected: 1, actual: 0, .. })
        ),
        wrong_use!("a training of a larger batch", setup(9).on(merged), Packing(PackingError::IndexTooLong { .. })),
        wrong_use!(
            "a training of the largest batch",
            setup(HUGE).on(merged),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })
        ),
        wrong_use!(
            "a step of the most batches",
            setup(8).with_batches_per_step(HUGE).on(merged),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::BatchesPerStep, .. })
        ),
        wrong_use!(
            "the most steps",
            setup(8).with_refresh_every(HUGE).check(),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::RefreshEvery, .. })
        ),
        wrong_use!(
            "a trainer for another network",
            Trainer::new(&merged, &TrainingSpec { network: other.clone(), ..spec.clone() }, 8),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "a trainer for no samples",
            Trainer::new(&merged, &spec, 0),
            BadArgument(ArgumentError::OutOfBounds { .. })
        ),
        wrong_use!(
            "an inference of another network",
            Inference::new(merged, &other, 8),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "an inference of no samples",
            Inference::new(merged, &network, 0),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })
        ),
        wrong_use!(
            "an inference of more samples",
            Inference::new(merged, &network, 9),
            Packing(PackingError::IndexTooLong { .. })
        ),
        wrong_use!(
            "shapes for the largest batch",
            axis_shapes(&network, SLOTS, HUGE),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })
        ),
        wrong_use!(
            "shapes for no slots",
            axis_shapes(&network, 0, 8),
            BadArgument(ArgumentError::NotPowerOfTwo { argument: Argument::Slots, actual: 0 })
        ),
        wrong_use!(
            "an axis twice",
            axes(shape([Role::P, Role::P, Role::B], [4, 4, 8])),
            Packing(PackingError::RepeatedAxis { .. })
        ),
        wrong_use!("a tile of three", axes(shape(good, [3, 4, 8])), BadArgument(ArgumentError::NotPowerOfTwo { .. })),
        wrong_use!(
            "tiles too large",
            axes(shape(good, [1 << 40; 3])),
            Setup(SetupError::LayoutDoesNotFit { needed: HUGE, slots: SLOTS, .. })
        ),
    ]);
    for layout in Layout::candidates(&network, SLOTS, 8).0 {
        assert!(layout.pack_weights(&Weights::zeros(&other)).is_err(), "{layout}");
        assert!(setup(8).on(layout.clone()).is_ok(), "{layout}");
        assert!(
            TrainingSetup { spec: TrainingSpec { network: other.clone(), ..spec.clone() }, ..setup(8) }
                .on(layout)
                .is_err()
        );
    }
}

#[test]
fn heads() {
    let head = head();
    let shape = HeadShape::without_soft_argmax(&head).unwrap();
    let program = HeadProgram::new(&shape, SLOTS).unwrap();
    let (most, relu) = (program.batch(), || HeadActivation::Relu);
    let training = HeadTraining::new(None, 0);
    let train = |training: HeadTraining, x: Array2<f64>, labels: &[usize]| training.train(relu(), 2, x.view(), labels);
    let nan = Array2::from_elem((2, 4), f64::NAN);
    check(vec![
        wrong_use!("logits of another width", head.logits(zeros(3, 9).view()), Setup(SetupError::WrongShape { .. })),
        wrong_use!(
            "a fit to another width",
            head.with_polynomial(3, zeros(3, 9).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("a fit to NaN", head.with_polynomial(3, nan.view()), BadArgument(ArgumentError::BadInterval { .. })),
        wrong_use!("a head of no layers", Head::of_layers(vec![], relu()), BadArgument(ArgumentError::Empty { .. })),
        wrong_use!(
            "scores of another width",
            shape.scores(&head, zeros(1, 3).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "more embeddings than fit",
            program.pack_inputs(zeros(most + 1, 4).view()),
            Setup(SetupError::WrongBatch { .. })
        ),
        wrong_use!(
            "no embeddings",
            program.pack_inputs(zeros(0, 4).view()),
            Setup(SetupError::WrongBatch { actual: 0, .. })
        ),
        wrong_use!(
            "embeddings of another width",
            program.pack_inputs(zeros(1, 5).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "scores of more samples than there are",
            program.unpack_scores(vec![0.0; SLOTS], most + 1),
            Setup(SetupError::WrongBatch { .. })
        ),
        wrong_use!(
            "scores of fewer slots",
            program.unpack_scores(vec![0.0; 8], 1),
            BadArgument(ArgumentError::WrongCount { .. })
        ),
        wrong_use!(
            "positions of more samples",
            program.unpack_positions(vec![0.0; SLOTS], HUGE),
            Setup(SetupError::WrongBatch { .. })
        ),
        wrong_use!(
            "a head wider than any ring",
            HeadProgram::new(&HeadShape { widths: vec![HUGE, 3, 2], ..shape.clone() }, SLOTS),
            Setup(SetupError::HeadTooWide { slots: SLOTS, .. })
        ),
        wrong_use!("training on nothing", train(training, zeros(0, 4), &[]), BadArgument(ArgumentError::Empty { .. })),
        wrong_use!(
            "a label that is no class",
            train(training, zeros(2, 4), &[0, 2]),
            BadArgument(ArgumentError::UnknownLabel { sample: 1, label: 2, classes: 2 })
        ),
        wrong_use!("fewer labels", train(training, zeros(2, 4), &[0]), BadArgument(ArgumentError::WrongCount { .. })),
        wrong_use!(
            "training on NaN",
            train(training, nan.clone(), &[0, 1]),
            BadArgument(ArgumentError::NotFinite { .. })
        ),
        wrong_use!(
            "batches of 0",
            train(HeadTraining { batch: 0, ..training }, zeros(2, 4), &[0, 1]),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })
        ),
        wrong_use!(
            "a rate of NaN",
            train(HeadTraining { rate: f64::NAN, ..training }, zeros(2, 4), &[0, 1]),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::LearningRate, .. })
        ),
        wrong_use!(
            "hidden units beyond memory",
            train(HeadTraining { hidden: Some(HUGE), ..training }, zeros(2, 4), &[0, 1]),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Outputs, .. })
        ),
    ]);
    let checked = HeadProgram::new(&shape, SLOTS).unwrap();
    assert!(checked.check(&[2.0, 3.0]), "scores without a soft-argmax may be anything");
    assert_eq!(HeadShape { widths: vec![], activation: None, soft_argmax: None }.levels(), 0);
}

fn encrypted_training() -> EncryptedTrainingSpec {
    let approximation = SoftmaxApproximation::sigmoid(7, 4.0).unwrap();
    EncryptedTrainingSpec { width: 3, classes: 2, range: 4.0, approximation, batch: 4, rate: 0.5, momentum: 0.5 }
}

#[test]
fn encrypted_training_of_a_head() {
    let spec = encrypted_training();
    let program = EncryptedTraining::new(&spec, SLOTS).unwrap();
    let in_clear = |rows: usize, x: Array2<f64>, labels: &[usize]| {
        train_step_in_clear(&spec, &mut zeros(rows, 4), &mut zeros(1, 4), x.view(), labels, true)
    };
    check(vec![
        wrong_use!(
            "samples of another width",
            program.pack_samples(zeros(2, 4).view(), &[0, 1]),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "fewer labels",
            program.pack_samples(zeros(2, 3).view(), &[0]),
            BadArgument(ArgumentError::WrongCount { .. })
        ),
        wrong_use!(
            "a label that is no class",
            program.pack_samples(zeros(2, 3).view(), &[0, 7]),
            BadArgument(ArgumentError::UnknownLabel { label: 7, .. })
        ),
        wrong_use!("weights of another shape", program.pack(zeros(2, 4).view()), Setup(SetupError::WrongShape { .. })),
        wrong_use!("a head of other weights", program.head(&zeros(1, 3)), Setup(SetupError::WrongShape { .. })),
        wrong_use!("a step on other weights", in_clear(2, zeros(2, 3), &[0, 1]), Setup(SetupError::WrongShape { .. })),
        wrong_use!("a step on other samples", in_clear(1, zeros(2, 2), &[0, 1]), Setup(SetupError::WrongShape { .. })),
        wrong_use!(
            "a step on another class",
            in_clear(1, zeros(2, 3), &[0, 2]),
            BadArgument(ArgumentError::UnknownLabel { .. })
        ),
        wrong_use!(
            "the widest embeddings",
            EncryptedTraining::new(&EncryptedTrainingSpec { width: HUGE, ..spec.clone() }, SLOTS),
            Setup(SetupError::HeadTooWide { slots: SLOTS, .. })
        ),
        wrong_use!(
            "the most classes",
            EncryptedTraining::new(&EncryptedTrainingSpec { classes: HUGE, ..spec.clone() }, SLOTS),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Classes, .. })
        ),
        wrong_use!(
            "an approximation of two classes for three",
            EncryptedTraining::new(&EncryptedTrainingSpec { classes: 3, ..spec.clone() }, SLOTS),
            BadArgument(ArgumentError::WrongClasses { expected: 3, actual: 2, .. })
        ),
    ]);
}

#[test]
fn soft_argmax() {
    let layer = SoftArgmax::new(3, 1.0, 0).unwrap();
    let sigmoid = SoftmaxApproximation::sigmoid(7, 4.0).unwrap();
    let comparison = Comparison::new(0.1, 0.01).unwrap();
    let count = |expected: usize, actual: usize| {
        move |result: Result<()>| match result {
            Err(BadArgument(ArgumentError::WrongCount { expected: e, actual: a, .. })) => (e, a) == (expected, actual),
            _ => false,
        }
    };
    assert!(count(3, 0)(layer.probabilities(&[]).map(|_| ())), "no logits");
    assert!(count(3, 4)(layer.position(&[0.25; 4]).map(|_| ())), "more probabilities");
    assert!(count(3, 2)(layer.backward(&[0.0; 3], &[1.0; 2]).map(|_| ())), "fewer derivatives");
    assert!(count(3, 1)(layer.backward_from_position(&[0.0], 1.0).map(|_| ())), "fewer logits");
    check(vec![
        wrong_use!("the most classes", SoftArgmax::new(HUGE, 1.0, 0), BadArgument(ArgumentError::OutOfBounds { .. })),
        wrong_use!(
            "inputs of three classes for two",
            sigmoid.inputs(3),
            BadArgument(ArgumentError::WrongClasses { .. })
        ),
        wrong_use!(
            "inputs of the most classes",
            SoftmaxApproximation::one_vs_rest(7, 4.0)?.inputs(HUGE),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Classes, .. })
        ),
        wrong_use!(
            "three logits for two classes",
            sigmoid.probabilities(&[0.0; 3]),
            BadArgument(ArgumentError::WrongClasses { .. })
        ),
        wrong_use!(
            "the error for another layer",
            sigmoid.worst_error(&layer, 4.0),
            BadArgument(ArgumentError::WrongClasses { .. })
        ),
        wrong_use!(
            "the error in no range",
            sigmoid.worst_error(&SoftArgmax::new(2, 1.0, 0)?, f64::NAN),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Range, .. })
        ),
        wrong_use!(
            "stages of one class",
            SoftmaxApproximation::stages(1, 4.0, 7, &[3]),
            BadArgument(ArgumentError::OutOfBounds { .. })
        ),
        wrong_use!(
            "stages of the most classes",
            SoftmaxApproximation::stages(HUGE, 4.0, 7, &[3]),
            BadArgument(ArgumentError::OutOfBounds { .. })
        ),
        wrong_use!(
            "stages without an inverse",
            SoftmaxApproximation::stages(3, 4.0, 7, &[]),
            BadArgument(ArgumentError::Empty { .. })
        ),
        wrong_use!(
            "an inverse of no result",
            MinimaxInverse::new(1.0, 2.0, 3, 0.0),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::InverseTarget, .. })
        ),
        wrong_use!(
            "an argmax in too many slots",
            Argmax::new(&comparison, 2, 1, 1 << 62),
            Packing(PackingError::TooLarge { .. })
        ),
        wrong_use!(
            "decisions from fewer slots",
            Argmax::new(&comparison, 2, 4, SLOTS)?.decisions(vec![1.0; 4]),
            BadArgument(ArgumentError::WrongCount { expected: SLOTS, actual: 4, .. })
        ),
    ]);
    assert_eq!(refreshes_of(&[1, HUGE], HUGE, HUGE, HUGE), Some(1));
    assert_eq!(refreshes_of(&[HUGE], 8, 8, HUGE), None);
}

#[test]
fn calibration() {
    let logits = Array2::from_shape_fn((6, 2), |(i, j)| ((i + j) % 3) as f64 - 1.0);
    let labels = [0, 1, 0, 1, 0, 1];
    let spec = CalibrationSpec { bias: true, ..CalibrationSpec::new(&logits, 4.0, 4).unwrap() };
    let program = CalibrationProgram::new(&spec, 6, SLOTS).unwrap();
    let state = |gamma: usize, bias: usize| CalibrationState {
        gamma: vec![1.0; gamma],
        gamma_velocity: vec![0.0],
        bias: Some(vec![0.0; bias]),
        bias_velocity: None,
    };
    check(vec![
        wrong_use!(
            "fewer labels",
            Calibration::of(&logits, &labels[..5]),
            BadArgument(ArgumentError::WrongCount { .. })
        ),
        wrong_use!(
            "a label that is no class",
            Calibration::of(&zeros(1, 2), &[2]),
            BadArgument(ArgumentError::UnknownLabel { sample: 0, label: 2, classes: 2 })
        ),
        wrong_use!(
            "figures of no samples",
            Calibration::of(&zeros(0, 2), &[]),
            BadArgument(ArgumentError::Empty { .. })
        ),
        wrong_use!(
            "biases of other classes",
            Fit { beta: 1.0, bias: vec![0.0; 3] }.probabilities(&logits),
            BadArgument(ArgumentError::WrongCount { expected: 2, actual: 3, .. })
        ),
        wrong_use!(
            "logits of other samples",
            program.pack(zeros(5, 2).view(), &labels),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "labels of other samples",
            program.pack(logits.view(), &labels[..5]),
            BadArgument(ArgumentError::WrongCount { .. })
        ),
        wrong_use!(
            "no gamma",
            program.pack_state(&state(0, 2)),
            BadArgument(ArgumentError::WrongCount { actual: 0, .. })
        ),
        wrong_use!(
            "a bias too much",
            program.pack_state(&state(1, 3)),
            BadArgument(ArgumentError::WrongCount { actual: 3, .. })
        ),
        wrong_use!(
            "more samples than slots",
            CalibrationProgram::new(&spec, HUGE, SLOTS),
            Setup(SetupError::SamplesDoNotFit { .. })
        ),
        wrong_use!("no slots", CalibrationProgram::new(&spec, 6, 0), Setup(SetupError::HeadTooWide { slots: 0, .. })),
        wrong_use!(
            "in the clear, other labels",
            calibrate_in_clear(&spec, &logits, &[0, 1, 0, 1, 0, 2], 1, true),
            BadArgument(ArgumentError::UnknownLabel { sample: 5, .. })
        ),
        wrong_use!(
            "in the clear, other classes",
            calibrate_in_clear(&spec, &zeros(6, 3), &labels, 1, true),
            Setup(SetupError::WrongShape { .. })
        ),
    ]);
}

#[test]
fn losses_and_learners() {
    let activation = HeadActivation::quadratic();
    let layers = || vec![dense(3, 4), dense(2, 3)];
    let classes = |labels: &[usize]| Targets::classes(labels, 2, Loss::CrossEntropy);
    let targets = classes(&[0, 1, 1]).unwrap();
    let settings = LearningSettings::for_steps(10);
    let learner = Learner::new(&settings, layers()).unwrap();
    let logits = |layers: &[Dense], x: Array2<f64>| learning::reference::logits(&activation, layers, x.view());
    let gradients =
        |errors: Array2<f64>| learning::reference::gradients(&activation, &layers(), zeros(3, 4).view(), &errors);
    let step = |x: Array2<f64>| learning::reference::step(&mut learner.clone(), &activation, x.view(), &targets);
    let nan = Array2::from_elem((3, 2), f64::NAN);
    check(vec![
        wrong_use!(
            "a loss of one logit for all",
            Loss::CrossEntropy.evaluate(&zeros(3, 1), &targets),
            Setup(SetupError::WrongShape { expected: (3, 2), actual: (3, 1), .. })
        ),
        wrong_use!(
            "a loss of other samples",
            Loss::SquaredError.evaluate(&zeros(2, 2), &targets),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "a loss of no samples",
            Loss::Logistic.evaluate(&zeros(0, 2), &classes(&[])?),
            BadArgument(ArgumentError::Empty { .. })
        ),
        wrong_use!(
            "a loss without a minimum",
            Loss::Huber { delta: -1.0 }.evaluate(&zeros(3, 2), &targets),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::HuberDelta, .. })
        ),
        wrong_use!("logits of no layers", logits(&[], zeros(3, 4)), BadArgument(ArgumentError::Empty { .. })),
        wrong_use!(
            "logits of other samples",
            logits(&layers(), zeros(3, 5)),
            Setup(SetupError::WrongShape { expected: (3, 4), actual: (3, 5), .. })
        ),
        wrong_use!(
            "logits of layers that do not match",
            logits(&[dense(3, 4), dense(2, 9)], zeros(3, 4)),
            Setup(SetupError::WrongShape { expected: (2, 3), actual: (2, 9), .. })
        ),
        wrong_use!(
            "logits of layers with fewer biases",
            logits(&[Dense { bias: Array1::zeros(1), ..dense(3, 4) }], zeros(3, 4)),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("gradients of fewer errors", gradients(zeros(2, 2)), Setup(SetupError::WrongShape { .. })),
        wrong_use!("gradients of other errors", gradients(zeros(3, 1)), Setup(SetupError::WrongShape { .. })),
        wrong_use!(
            "a loss of a network for other samples",
            learning::reference::evaluate(Loss::CrossEntropy, &activation, &layers(), zeros(2, 4).view(), &targets),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("a step on other samples", step(zeros(2, 4)), Setup(SetupError::WrongShape { .. })),
        wrong_use!("a step on samples of other width", step(zeros(3, 5)), Setup(SetupError::WrongShape { .. })),
        wrong_use!(
            "a step along NaN",
            step(Array2::from_elem((3, 4), f64::NAN)),
            Setup(SetupError::Diverged { step: 1, .. })
        ),
        wrong_use!(
            "a step along fewer gradients",
            learner.clone().step(&layers()[..1]),
            BadArgument(ArgumentError::WrongCount { expected: 2, actual: 1, .. })
        ),
        wrong_use!(
            "a step along gradients of as many other numbers",
            learner.clone().step(&[dense(4, 3), dense(2, 3)]),
            Setup(SetupError::WrongShape { expected: (3, 4), actual: (4, 3), .. })
        ),
        wrong_use!(
            "a step along fewer gradients of biases",
            learner.clone().step(&[dense(3, 4), Dense { bias: Array1::zeros(1), ..dense(2, 3) }]),
            BadArgument(ArgumentError::WrongCount { expected: 2, actual: 1, .. })
        ),
        wrong_use!(
            "a learner of layers that do not match",
            Learner::new(&settings, vec![dense(3, 4), dense(2, 4)]),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("a learner of nothing", Learner::new(&settings, vec![]), BadArgument(ArgumentError::Empty { .. })),
        wrong_use!(
            "rates of NaN",
            learner.clone().set_rate_factor(f64::NAN),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::RateFactor, .. })
        ),
        wrong_use!(
            "a network of layers that do not follow each other",
            network_of(&"poly:0,1,0.5".parse()?, &[dense(3, 4), dense(3, 3), dense(2, 4)]),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("targets of NaN", Targets::numbers(nan.clone()), BadArgument(ArgumentError::NotFinite { .. })),
        wrong_use!(
            "targets of the most classes",
            Targets::classes(&[], HUGE, Loss::CrossEntropy),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Classes, .. })
        ),
        wrong_use!(
            "the target of a sample that there is not",
            targets.select(&[0, 3]),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Sample, .. })
        ),
        wrong_use!(
            "the target of the last sample of all",
            classes(&[])?.select(&[HUGE]),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Sample, .. })
        ),
        wrong_use!(
            "an accuracy of no samples",
            classes(&[])?.accuracy(&zeros(0, 2)),
            BadArgument(ArgumentError::Empty { .. })
        ),
        wrong_use!(
            "an accuracy of one logit that is NaN",
            Targets::classes(&[1], 2, Loss::Logistic)?.accuracy(&Array2::from_elem((1, 1), f64::NAN)),
            BadArgument(ArgumentError::NotFinite { .. })
        ),
        wrong_use!(
            "weights of classes for a label too high",
            balanced_class_weights(&[0, 2], 2),
            BadArgument(ArgumentError::UnknownLabel { sample: 1, label: 2, classes: 2 })
        ),
        wrong_use!(
            "weights of the most classes",
            balanced_class_weights(&[0], HUGE),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Classes, .. })
        ),
        wrong_use!("batches of no samples", Batches::of_groups(0, 4, 2, 0), BadArgument(_)),
        wrong_use!("batches of the most samples", Batches::of_groups(HUGE, 4, 2, 0), BadArgument(_)),
        wrong_use!("groups of 0", Batches::of_groups(8, 0, 2, 0), BadArgument(_)),
        wrong_use!("batches of no groups", Batches::of_groups(8, 4, 0, 0), BadArgument(_)),
        wrong_use!("batches of 0, drawn anew", Batches::drawn_anew(8, 0, 0), BadArgument(_)),
        wrong_use!("layers of no widths", random_layers(&[], 0), Setup(SetupError::BadNetwork { .. })),
        wrong_use!("layers of 0 units", random_layers(&[4, 0, 2], 0), Setup(SetupError::BadNetwork { .. })),
        wrong_use!("layers of the most units", random_layers(&[HUGE, 3, 2], 0), Setup(SetupError::BadNetwork { .. })),
        wrong_use!("layers without end", random_layers(&[1; 99], 0), Setup(SetupError::BadNetwork { .. })),
    ]);
    // Batches larger than the samples take them all.
    assert_eq!(Batches::of_groups(3, HUGE, HUGE, 0).unwrap().next_batch(), [0]);
}

#[test]
fn split_steps() {
    let widths = [4, 3, 2];
    let shape = TileShape { rows: 4, units: 4, samples: 64, arrangement: Arrangement::Apart };
    let layout = SplitLayout::new(&widths, shape, SLOTS).unwrap();
    let tiles = layout.tiles();
    let setup = SplitSetup::new(&widths, 100);
    let folding = SquareFolding::new(&"poly:0,1,0.5".parse().unwrap()).unwrap();
    let layers = [dense(3, 4), dense(2, 3)];
    let folded = folding.fold(&layers, 0).unwrap();
    let gradients = |first: (usize, usize), second: (usize, usize), errors: (usize, usize), boost: f64| {
        folded.gradients([Array2::zeros(first), Array2::zeros(second)], Array2::zeros(errors).view(), boost)
    };
    let vectors = |count: usize, slots: usize| vec![vec![0.0; slots]; count];
    check(vec![
        wrong_use!(
            "samples without the constant",
            layout.pack_samples(zeros(8, 4).view()),
            Setup(SetupError::WrongShape { expected: (8, 5), actual: (8, 4), .. })
        ),
        wrong_use!(
            "more samples than a tile has",
            layout.pack_samples(zeros(65, 5).view()),
            Setup(SetupError::WrongBatch { expected: 64, actual: 65 })
        ),
        wrong_use!("a block of no samples", layout.pack_samples(zeros(0, 5).view()), Setup(_)),
        wrong_use!(
            "errors of other outputs",
            layout.pack_errors(zeros(8, 3).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "errors of more samples",
            layout.pack_errors(zeros(65, 2).view()),
            Setup(SetupError::WrongBatch { .. })
        ),
        wrong_use!(
            "first weights without the constant",
            layout.pack_weights(zeros(3, 4).view(), zeros(2, 3).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "second weights of other units",
            layout.pack_weights(zeros(3, 5).view(), zeros(2, 4).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "logits of no vector",
            layout.unpack_logits(&[], 8),
            BadArgument(ArgumentError::WrongCount { expected: 1, actual: 0, .. })
        ),
        wrong_use!(
            "logits of fewer slots",
            layout.unpack_logits(&vectors(tiles.outputs(), 8), 8),
            BadArgument(ArgumentError::WrongCount { expected: SLOTS, actual: 8, .. })
        ),
        wrong_use!(
            "logits of the most samples",
            layout.unpack_logits(&vectors(tiles.outputs(), SLOTS), HUGE),
            Setup(SetupError::WrongBatch { expected: 64, actual: HUGE })
        ),
        wrong_use!(
            "gradients of more vectors",
            layout.unpack_gradients(&vectors(tiles.rows * tiles.units + 1, SLOTS)),
            BadArgument(ArgumentError::WrongCount { .. })
        ),
        wrong_use!(
            "gradients of more slots",
            layout.unpack_gradients(&vectors(tiles.rows * tiles.units, SLOTS + 1)),
            BadArgument(ArgumentError::WrongCount { .. })
        ),
        wrong_use!(
            "operations of the largest batch",
            layout.operations(HUGE),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })
        ),
        wrong_use!("ciphertexts of no batch", layout.traffic(0), BadArgument(ArgumentError::OutOfBounds { .. })),
        wrong_use!(
            "a layout of the widest network",
            SplitLayout::new(&[HUGE, HUGE, HUGE], shape, SLOTS),
            Setup(SetupError::BadNetwork { .. })
        ),
        wrong_use!("a layout of no outputs", SplitLayout::new(&[4, 3, 0], shape, SLOTS), Setup(_)),
        wrong_use!(
            "tiles that no memory holds",
            SplitLayout::new(&widths, TileShape { rows: 1 << 63, units: 1, samples: 1, ..shape }, 1 << 63),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Slots, .. })
        ),
        wrong_use!(
            "layouts in no slots",
            SplitLayout::all(&widths, 0),
            BadArgument(ArgumentError::NotPowerOfTwo { argument: Argument::Slots, actual: 0 })
        ),
        wrong_use!("layouts in the most slots", SplitLayout::all(&widths, 1 << 63), BadArgument(_)),
        wrong_use!(
            "a training of the largest batch",
            SplitTraining::fastest(&SplitSetup::new(&widths, HUGE), SLOTS, &CostModel::default(), 0.0),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })
        ),
        wrong_use!(
            "a training in the layout of another network",
            SplitTraining::new(&SplitSetup::new(&[4, 3, 3], 8), layout.clone()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "the fastest of no slots",
            SplitTraining::fastest(&setup, 0, &CostModel::default(), 0.0),
            BadArgument(ArgumentError::NotPowerOfTwo { .. })
        ),
        wrong_use!(
            "weights of fewer biases",
            folding.fold(&[Dense { bias: Array1::zeros(2), ..dense(3, 4) }, dense(2, 3)], 0),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!(
            "output weights of fewer biases",
            folding.fold(&[dense(3, 4), Dense { bias: Array1::zeros(1), ..dense(2, 3) }], 0),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("weights times 0", folding.fold(&layers, i32::MAX), BadArgument(ArgumentError::NotFinite { .. })),
        wrong_use!(
            "weights without end",
            folding.fold(&layers, i32::MIN),
            BadArgument(ArgumentError::NotFinite { .. })
        ),
        wrong_use!("logits of other products", folded.logits(zeros(8, 3)), Setup(SetupError::WrongShape { .. })),
        wrong_use!("one logit for all outputs", folded.logits(zeros(8, 1)), Setup(SetupError::WrongShape { .. })),
        wrong_use!(
            "a first gradient without the constant",
            gradients((3, 4), (2, 3), (8, 2), 1.0),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("a first gradient of nothing", gradients((0, 0), (2, 3), (8, 2), 1.0), Setup(_)),
        wrong_use!("a second gradient of other units", gradients((3, 5), (2, 1), (8, 2), 1.0), Setup(_)),
        wrong_use!("gradients of other errors", gradients((3, 5), (2, 3), (8, 1), 1.0), Setup(_)),
        wrong_use!(
            "gradients of errors times 0",
            gradients((3, 5), (2, 3), (8, 2), 0.0),
            BadArgument(ArgumentError::NotFinite { .. })
        ),
    ]);
}

#[test]
fn layers_one_by_one() {
    let layout = LayerLayout::new([4, 3], [4, 4, 64], SLOTS).unwrap();
    let setup = SplitSetup::new(&[4, 3, 2], 100);
    let training = |setup: &SplitSetup, samples: usize, inputs: &[usize]| {
        LayerwiseTraining::new(setup, LayerwiseTiles { samples, inputs: inputs.to_vec() }, SLOTS)
    };
    let fastest = |slots: usize| LayerwiseTraining::fastest(&setup, slots, &CostModel::default(), 0.0);
    let vectors = |count: usize, slots: usize| vec![vec![0.0; slots]; count];
    check(vec![
        wrong_use!("a layer of no inputs", LayerLayout::new([0, 3], [4, 4, 64], SLOTS), BadArgument(_)),
        wrong_use!(
            "a layer of the most outputs",
            LayerLayout::new([4, HUGE], [4, 4, 64], SLOTS),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Outputs, .. })
        ),
        wrong_use!(
            "sides of 0",
            LayerLayout::new([4, 3], [0, 4, 64], SLOTS),
            Setup(SetupError::BadTiles { slots: SLOTS, .. })
        ),
        wrong_use!(
            "tiles too large",
            LayerLayout::new([4, 3], [1 << 40; 3], SLOTS),
            Setup(SetupError::BadTiles { .. })
        ),
        wrong_use!("tiles that no memory holds", LayerLayout::new([4, 3], [1 << 63, 1, 1], 1 << 63), BadArgument(_)),
        wrong_use!(
            "samples of another width",
            layout.pack_samples(zeros(8, 5).view()),
            Setup(SetupError::WrongShape { expected: (8, 4), actual: (8, 5), .. })
        ),
        wrong_use!(
            "more samples than a tile has",
            layout.pack_samples(zeros(65, 4).view()),
            Setup(SetupError::WrongBatch { expected: 64, actual: 65 })
        ),
        wrong_use!(
            "weights of another layer",
            layout.pack_weights(zeros(4, 3).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("errors of other outputs", layout.pack_errors(zeros(8, 2).view()), Setup(_)),
        wrong_use!(
            "products of fewer slots",
            layout.unpack_products(&vectors(1, 8), 8),
            BadArgument(ArgumentError::WrongCount { expected: SLOTS, actual: 8, .. })
        ),
        wrong_use!(
            "products of the most samples",
            layout.unpack_products(&vectors(1, SLOTS), HUGE),
            Setup(SetupError::WrongBatch { .. })
        ),
        wrong_use!(
            "errors below of the most samples",
            layout.unpack_below(&vectors(1, SLOTS), HUGE),
            Setup(SetupError::WrongBatch { .. })
        ),
        wrong_use!("errors below of two vectors", layout.unpack_below(&vectors(2, SLOTS), 8), BadArgument(_)),
        wrong_use!("a gradient of no vector", layout.unpack_gradient(&[]), BadArgument(_)),
        wrong_use!("a gradient of more slots", layout.unpack_gradient(&vectors(1, 2 * SLOTS)), BadArgument(_)),
        wrong_use!(
            "tiles of fewer layers",
            training(&setup, 64, &[4]),
            BadArgument(ArgumentError::WrongCount { expected: 2, actual: 1, .. })
        ),
        wrong_use!("tiles of no samples", training(&setup, 0, &[4, 4]), Setup(SetupError::BadTiles { .. })),
        wrong_use!("tiles of the most inputs", training(&setup, 64, &[HUGE, 4]), Setup(SetupError::BadTiles { .. })),
        wrong_use!(
            "a training of the largest batch",
            training(&SplitSetup { batch: HUGE, ..setup.clone() }, 64, &[4, 4]),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })
        ),
        wrong_use!("the fastest of no slots", fastest(0), BadArgument(ArgumentError::NotPowerOfTwo { .. })),
        wrong_use!("the fastest of the most slots", fastest(1 << 63), BadArgument(ArgumentError::OutOfBounds { .. })),
    ]);
}

/// Small sizes, powers of two, and sizes for which arithmetic would overflow.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![0usize..10, (0u32..64).prop_map(|bit| 1 << bit), Just(HUGE), Just(HUGE - 1)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_size_panics(
        (slots, batch, steps, live) in (prop_oneof![size(), Just(64usize)], size(), size(), size()),
        (widths, classes) in (prop::collection::vec(size(), 0..4), size()),
        order in prop_oneof![Just([Role::B, Role::Q, Role::P]), Just([Role::P, Role::P, Role::B])],
        sizes in [size(), size(), size()],
    ) {
        // Larger ones are planned, which takes its time.
        prop_assume!(slots <= 1 << 8 || slots > 1 << 28);
        let network = network();
        for kind in LayoutKind::ALL.into_iter().chain(LayoutKind::BASELINES) {
            let Ok(layout) = kind.layout(&network, slots, batch) else { continue };
            if live <= 1 << 10 || live > 1 << 40 {
                returns(TrainingSetup::new(&spec(), live).with_refresh_every(steps).on(layout.clone()));
                returns(Inference::new(layout, &network, live));
            }
        }
        returns(kind_of_steps(&network, slots, batch, steps));
        let shape = AxisShape { order, sizes, guards: [true, false, true] };
        returns(Axes::with_shape(&network, slots, shape, GradientMode::Delta));
        let text = widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
        returns(text.parse::<Network>());
        let shape = HeadShape { widths, activation: None, soft_argmax: None };
        let _ = (shape.levels(), shape.classes());
        returns(HeadProgram::new(&shape, slots));
        returns(SoftArgmax::new(classes, 1.0, i64::MAX));
        let comparison = Comparison::new(0.3, 0.1).unwrap();
        returns(Argmax::new(&comparison, classes, batch, slots));
        returns(EncryptedTraining::new(&EncryptedTrainingSpec { width: live, classes, batch, ..encrypted_training() }, slots));
        let _ = (refreshes_of(&[steps, live], batch, steps, live), Level(batch).down(steps));
    }
}

fn kind_of_steps(network: &Network, slots: usize, batch: usize, steps: usize) -> Result<Layout> {
    LayoutKind::Axis.layout_of_steps(network, slots, batch, steps)
}
