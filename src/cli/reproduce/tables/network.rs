//! The network of `seal-nn train` on one split, under encryption or in the clear, and a ReLU network of the same width.

use std::time::Instant;

use seal_nn::{
    Result,
    backend::{Circuit, SealEvaluator},
    nn::{Network, ReluBaseline, head::Dense, learning::Loss},
    protocol::Train,
};

use super::{
    record::{ModelRun, Recipe},
    split::Split,
};
use crate::cli::training::{Experiment, Method, course_of};

/// Trains the network on the training part and tests it.
///
/// # Errors
/// Those of the training.
pub fn train(split: &Split, encrypted: bool) -> Result<ModelRun> {
    let method = &split.method;
    let start = Instant::now();
    let layers = match encrypted {
        true => {
            let (holder, keys) = method.make_keys()?;
            let server = Circuit::new(SealEvaluator::new(method.parameters(), &keys)?);
            finish(split, method.on_seal(holder, server)?)?
        }
        false => finish(split, method.in_the_clear()?)?,
    };
    let seconds = start.elapsed().as_secs_f64();
    let outputs = method.outputs(&layers, split.experiment().test.features.view())?;
    Ok(ModelRun { scores: split.scores_of(&outputs)?, seconds })
}

/// All steps, as `seal-nn train` makes them.
fn finish(split: &Split, session: impl Train<Weights = Vec<Dense>>) -> Result<Vec<Dense>> {
    let mut course = course_of(&split.method, session, None)?;
    course.run()?;
    Ok(course.finish()?.1.into_best().weights)
}

/// Trains a ReLU network of the same width, on one feature per number and one per word, and tests it.
///
/// # Errors
/// Those of the training.
pub fn train_relu(split: &Split) -> Result<ModelRun> {
    let Experiment { train, seed, .. } = split.experiment();
    let loss = if split.is_regression() { Loss::SquaredError } else { Loss::CrossEntropy };
    let (inputs, targets) = (&split.train.inputs, train.targets(loss)?);
    let units = split.method.rounds.widths[1];
    let network = Network::builder().inputs(inputs.ncols()).hidden(units).outputs(targets.outputs()).build()?;
    let start = Instant::now();
    let trained = ReluBaseline::train_on(&network, inputs.view(), &targets, loss, *seed)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(ModelRun { scores: split.scores_of(&trained.outputs(split.test.inputs.view())?)?, seconds })
}

/// How the network is trained, and what a step takes under encryption.
pub fn recipe(split: &Split) -> Recipe {
    let (method, experiment) = (&split.method, split.experiment());
    Recipe {
        network: method.network(),
        activation: method.activation(),
        steps: experiment.steps,
        batch: experiment.batch,
        weight_decay: method.rounds.settings.weight_decay,
        poly_modulus_degree: method.parameters().poly_modulus_degree(),
        bytes_up: method.plan().bytes_up() as u64,
        bytes_down: method.plan().bytes_down() as u64,
    }
}
