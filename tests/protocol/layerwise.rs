//! Trainings layer by layer, with any activation or none.

use ndarray::Array2;
use seal_nn::{
    Error, Level, RequestError,
    backend::{CostModel, Noise, Operation},
    data::DataSet,
    nn::{
        head::HeadActivation,
        layerwise::{LayerCall, LayerRequest, LayerwiseTraining},
        learning::{Batches, Learner, LearningSettings, Loss, Targets, random_layers, reference},
        split::{Samples, SplitSetup},
    },
    program::{Plan, Program},
    protocol::{Deployment, Session, SplitTask, SplitTrainingSession},
};

use crate::kit::sessions::on_seal_session;

const BATCH: usize = 50;

struct Training {
    task: SplitTask<HeadActivation>,
    deployment: Deployment<LayerwiseTraining>,
}

impl Training {
    /// Iris on a network.
    fn new(widths: &[usize], samples: Samples, steps: usize) -> Training {
        let data = DataSet::load("iris").unwrap();
        let setup = SplitSetup::new(widths, BATCH).with_samples(samples);
        let costs = CostModel::default();
        let deployment = Deployment::of_layerwise_training(&setup, &Default::default(), &costs, 0.0).unwrap();
        let task = SplitTask {
            activation: HeadActivation::Relu,
            settings: LearningSettings::for_steps(steps),
            layers: random_layers(widths, 2).unwrap(),
            samples: data.scaler().unwrap().apply(&data.features).unwrap(),
            targets: Targets::classes(&data.labels, 3, Loss::CrossEntropy).unwrap(),
            seed: 1,
        };
        Training { task, deployment }
    }

    /// The losses of the same training in plain numbers, and logits of all samples at its end.
    fn reference(&self, steps: usize) -> (Vec<f64>, Array2<f64>) {
        let SplitTask { activation, settings, layers, samples, targets, seed } = &self.task;
        let program = &self.deployment.program;
        let blocks = BATCH.div_ceil(program.tiles().samples);
        let mut batches = match program.setup().samples {
            Samples::Kept => Batches::of_groups(targets.len(), BATCH.div_ceil(blocks), blocks, *seed).unwrap(),
            Samples::Sent => Batches::drawn_anew(targets.len(), BATCH, *seed).unwrap(),
        };
        let mut learner = Learner::new(settings, layers.clone()).unwrap();
        let mut losses = Vec::new();
        for _ in 0..steps {
            let batch = batches.next_batch();
            let rows: Vec<usize> = batch.iter().flat_map(|&group| batches.groups()[group].clone()).collect();
            let (x, t) = (samples.select(ndarray::Axis(0), &rows), targets.select(&rows).unwrap());
            losses.push(reference::step(&mut learner, activation, x.view(), &t).unwrap());
        }
        (losses, reference::logits(activation, learner.layers(), samples.view()).unwrap())
    }
}

fn largest(m: &Array2<f64>) -> f64 {
    m.iter().fold(0f64, |m, v| m.max(v.abs()))
}

/// Softmax regression, and networks of ReLU units with one and two hidden layers, as in plain numbers.
#[test]
fn any_number_of_layers_trains_as_in_plain_numbers() {
    for (widths, samples) in [
        (&[4, 3][..], Samples::Kept),
        (&[4, 3], Samples::Sent),
        (&[4, 9, 3], Samples::Kept),
        (&[4, 9, 6, 3], Samples::Kept),
        (&[4, 9, 6, 5, 3], Samples::Sent),
    ] {
        let steps = 6;
        let training = Training::new(widths, samples, steps);
        let (losses, logits) = training.reference(steps);
        let (holder, circuit) = training.deployment.in_the_clear(None);
        let mut session =
            SplitTrainingSession::in_process(&training.deployment, holder, circuit, training.task.clone()).unwrap();
        for loss in losses {
            let step = session.step().unwrap();
            assert!((step.batch.unwrap().loss - loss).abs() < 1e-12, "{widths:?}: {} {loss}", step.batch.unwrap().loss);
            assert_eq!(step.operations.rotations(), 0);
        }
        let found = session.infer(training.task.samples.view()).unwrap();
        // Both compute in f64, in another order: some thousand roundings of 2^-53 of numbers up to 10.
        assert!(largest(&(found - logits)) < 1e-10, "{widths:?}");
    }
}

/// One level fits into a ring of 4096, with 109 bits.
#[test]
fn regression_takes_one_level_each_way() {
    let training = Training::new(&[4, 3], Samples::Kept, 10);
    let Deployment { parameters, plan, program, .. } = &training.deployment;
    assert_eq!((parameters.poly_modulus_degree(), parameters.coeff_modulus_bits()), (4096, vec![39, 33, 34]));
    assert_eq!((plan.depth, plan.entry, plan.rounds.len()), (1, Level(1), 2));
    assert!(plan.keys.rotations.is_empty());
    let layer = program.layers()[0].tiles();
    assert_eq!(plan.ciphertexts_up(), layer[0] * layer[1] + program.blocks() * layer[1]);

    let (losses, logits) = training.reference(10);
    let mut session = SplitTrainingSession::new(on_seal_session(&training.deployment), training.task.clone()).unwrap();
    let worst =
        losses.iter().map(|loss| (session.step().unwrap().batch.unwrap().loss - loss).abs()).fold(0.0, f64::max);
    let apart = largest(&(session.infer(training.task.samples.view()).unwrap() - &logits));
    println!("losses {worst:.1e}, logits {apart:.1e} apart");
    // A rounding error of N / sqrt(18) beside a scale of 2^33 is 2^-23, in sums of some dozen numbers; Adam makes steps of
    // 0.05 that depend on it smoothly, ten of them.
    assert!(worst < 1e-5 && apart < 1e-4, "{worst:e}, {apart:e}");
}

/// With noise of that size a deep network still learns the same.
#[test]
fn a_deep_network_bears_the_noise() {
    let training = Training::new(&[4, 9, 6, 3], Samples::Kept, 10);
    let (losses, _) = training.reference(10);
    let (holder, circuit) = training.deployment.in_the_clear(Some(Noise { seed: 3 }));
    let mut session =
        SplitTrainingSession::in_process(&training.deployment, holder, circuit, training.task.clone()).unwrap();
    let worst =
        losses.iter().map(|loss| (session.step().unwrap().batch.unwrap().loss - loss).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-4, "{worst:e}");
}

/// Counts by formula are those of the plan.
#[test]
fn counts_are_those_of_the_plan() {
    for widths in [&[4, 3][..], &[20, 40, 10], &[4, 9, 6, 3]] {
        for samples in [Samples::Kept, Samples::Sent] {
            let training = Training::new(&[4, 3], samples, 1).deployment;
            let setup = SplitSetup { widths: widths.to_vec(), ..training.program.setup().clone() };
            let program = LayerwiseTraining::fastest(&setup, 2048, &CostModel::default(), 0.0).unwrap();
            let plan = Plan::of(&program, &training.plan.chain).unwrap();
            let counts = |tallies: &seal_nn::backend::Tallies| -> Vec<_> {
                tallies.iter().map(|(operation, level, tally)| (operation, level, tally.count)).collect()
            };
            assert_eq!(counts(&plan.operations), counts(&program.operations()), "{widths:?}");
            assert_eq!(plan.ciphertexts_up(), program.ciphertexts(), "{widths:?}");
            assert_eq!(plan.operations.count(Operation::Rotate), 0);
        }
    }
}

#[test]
fn layers_out_of_order_are_refused() {
    let training = Training::new(&[4, 9, 3], Samples::Sent, 1);
    let Deployment { program, plan, .. } = &training.deployment;
    let (holder, circuit) = training.deployment.in_the_clear(None);
    let mut session = Session::in_process(holder, circuit, program.clone(), plan.clone());
    let mut call = |call: LayerCall| {
        let levels = program.asked(&call, plan.entry, &plan.chain)?;
        let vectors = |levels: &[Level]| vec![vec![0.5]; levels.len()];
        let asked = LayerRequest {
            weights: vectors(&levels.weights),
            samples: vectors(&levels.samples),
            errors: vectors(&levels.errors),
        };
        session.call(&call, &asked).map(drop)
    };
    let nothing = |error: Error| matches!(error, Error::Request(RequestError::NothingKept { .. }));
    assert!(nothing(call(LayerCall::Backward { layer: 1, blocks: 1 }).unwrap_err()));
    assert!(nothing(call(LayerCall::Forward { layer: 1, blocks: 1 }).unwrap_err()));
    call(LayerCall::Forward { layer: 0, blocks: 1 }).unwrap();
    // The second layer is missing, and a layer that there is not.
    assert!(call(LayerCall::Backward { layer: 1, blocks: 1 }).is_err());
    let unknown = call(LayerCall::Forward { layer: 2, blocks: 1 }).unwrap_err();
    assert!(matches!(unknown, Error::Request(RequestError::UnknownLayer { expected: 2, actual: 2 })), "{unknown}");
    call(LayerCall::Forward { layer: 0, blocks: 1 }).unwrap();
    call(LayerCall::Forward { layer: 1, blocks: 1 }).unwrap();
    call(LayerCall::Backward { layer: 1, blocks: 1 }).unwrap();
    call(LayerCall::Backward { layer: 0, blocks: 1 }).unwrap();
}
