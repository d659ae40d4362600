//! The split-step network on one split, under encryption or in the clear, and a ReLU network of the same width.

use std::time::Instant;

use ndarray::{Array1, Array2, Axis};
use seal_nn::{
    Result,
    backend::{Circuit, KeySwitching, SealEvaluator},
    nn::{
        Activation, Network, ReluBaseline,
        head::Dense,
        learning::{Batches, Learner, LearningSettings, Loss, Targets, random_layers, reference},
        predicted_classes,
        split::{SplitSetup, SplitTraining},
    },
    protocol::{Deployment, ParameterRequest, SplitTask, SplitTrainingSession},
};

use super::{
    problem::{Split, Target, labels},
    record::{ModelRun, Scores, StepCost, Training},
};
use crate::cli::costs::Costs;

/// Hidden units.
pub const UNITS: usize = 32;
/// `u + u^2 / 2`.
pub const ACTIVATION: &str = "poly:0,1,0.5";
pub const STEPS: usize = 600;
pub const BATCH: usize = 128;

/// Trains the network on the training part and tests it; the second figure is what a step takes.
///
/// # Errors
/// Those of the plan and of the training.
pub fn train(split: &Split, training: &Training) -> Result<(ModelRun, StepCost)> {
    let inputs = &split.train.inputs;
    let (loss, targets) = goal(split)?;
    let widths = [inputs.ncols(), training.units, targets.outputs()];
    let setup = SplitSetup::new(&widths, training.batch.min(inputs.nrows()));
    let deployment = Deployment::of_split_training(&setup, &ParameterRequest::default(), &Costs::load().table, 0.0)?;
    let activation: Activation = training.activation.parse()?;
    let task = SplitTask {
        activation: activation.clone(),
        settings: LearningSettings { loss, ..LearningSettings::for_steps(training.steps) },
        layers: random_layers(&widths, split.seed)?,
        targets,
        samples: inputs.clone(),
        seed: split.seed,
    };
    let start = Instant::now();
    let layers = match training.encrypted {
        true => encrypted(&deployment, task, training.steps)?,
        false => in_the_clear(&deployment, task, training.steps)?,
    };
    let seconds = start.elapsed().as_secs_f64();
    let outputs = reference::logits(&activation, &layers, split.test.inputs.view())?;
    let cost = StepCost {
        poly_modulus_degree: deployment.parameters.poly_modulus_degree(),
        bytes_up: deployment.plan.bytes_up() as u64,
        bytes_down: deployment.plan.bytes_down() as u64,
    };
    Ok((ModelRun { scores: scores(split, &outputs)?, seconds }, cost))
}

/// Trains a ReLU network of the same width, on one feature per number and one per word, and tests it.
///
/// # Errors
/// Those of the training.
pub fn train_relu(split: &Split, training: &Training) -> Result<ModelRun> {
    let inputs = &split.train.plain;
    let (loss, targets) = goal(split)?;
    let network =
        Network::builder().inputs(inputs.ncols()).hidden(training.units).outputs(targets.outputs()).build()?;
    let start = Instant::now();
    let trained = ReluBaseline::train_on(&network, inputs.view(), &targets, loss, split.seed)?;
    let seconds = start.elapsed().as_secs_f64();
    let outputs = trained.outputs(split.test.plain.view())?;
    Ok(ModelRun { scores: scores(split, &outputs)?, seconds })
}

/// What a network is to learn from the training part.
///
/// # Errors
/// Those of the targets.
fn goal(split: &Split) -> Result<(Loss, Targets)> {
    let targets = &split.train.targets;
    match &split.target {
        Target::Classes(classes) => {
            let loss = Loss::CrossEntropy;
            Ok((loss, Targets::classes(&labels(targets), classes.len(), loss)?))
        }
        Target::Number(scale) => {
            let column = Array1::from(scale.apply(targets)).insert_axis(Axis(1));
            Ok((Loss::SquaredError, Targets::numbers(column)?))
        }
    }
}

/// What the outputs of a network for the test part are worth.
fn scores(split: &Split, outputs: &Array2<f64>) -> Result<Scores> {
    let predicted = match &split.target {
        Target::Classes(_) => predicted_classes(outputs)?.into_iter().map(|class| class as f64).collect(),
        Target::Number(scale) => outputs.iter().map(|&output| scale.undo(output)).collect::<Vec<_>>(),
    };
    split.scores(&predicted)
}

fn encrypted(deployment: &Deployment<SplitTraining>, task: SplitTask, steps: usize) -> Result<Vec<Dense>> {
    let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
    let server = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys)?);
    let mut session = SplitTrainingSession::in_process(deployment, holder, server, task)?;
    for _ in 0..steps {
        session.step()?;
    }
    Ok(session.layers().to_vec())
}

/// The same steps on the same batches.
fn in_the_clear(deployment: &Deployment<SplitTraining>, task: SplitTask, steps: usize) -> Result<Vec<Dense>> {
    let SplitTask { activation, settings, layers, samples, targets, seed } = task;
    let (setup, block) = (deployment.program.setup(), deployment.program.layout().shape().samples);
    let blocks = setup.batch.div_ceil(block);
    let mut batches = Batches::of_groups(targets.len(), setup.batch.div_ceil(blocks), blocks, seed)?;
    let mut learner = Learner::new(&settings, layers)?;
    for _ in 0..steps {
        let groups = batches.next_batch();
        let rows: Vec<usize> = groups.iter().flat_map(|&group| batches.groups()[group].iter().copied()).collect();
        let x = samples.select(Axis(0), &rows);
        reference::step(&mut learner, &activation, x.view(), &targets.select(&rows)?)?;
    }
    Ok(learner.layers().to_vec())
}
