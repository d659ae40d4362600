//! Softmax regression on encrypted samples, in the size of HETAL's case: 60,000 samples of 768 features in 10 classes, as
//! features of MNIST's images by a vision transformer. The samples are made up, since times do not depend on them. A few
//! steps run, and the time of an epoch is extrapolated from these.
//!
//! Run it with `cargo run --release --example 13_softmax_regression [STEPS [BATCH]]`; `RAYON_NUM_THREADS` sets the threads.

use std::time::{Duration, Instant};

use ndarray::Array2;
use seal_nn::{
    Result,
    backend::{Circuit, CostModel, KeySwitching, SealEvaluator},
    nn::{
        head::HeadActivation,
        learning::{LearningSettings, Loss, Targets, random_layers},
        split::{Samples, SplitSetup},
    },
    protocol::{Deployment, ParameterRequest, SplitTask, SplitTrainingSession},
};

const SAMPLES: usize = 60_000;
const WIDTHS: [usize; 2] = [768, 10];
/// HETAL trains MNIST for 7 epochs in batches of 1024 (`hyperparams.py` of github.com/CryptoLabInc/HETAL), and reports 3442
/// seconds for the longest of its five trainings (Lee et al., ICML 2023, arXiv 2403.14111), which is taken for this one here.
const HETAL_BATCH: usize = 1024;
const HETAL_SECONDS: f64 = 3442.0;
const HETAL_EPOCHS: f64 = 7.0;

fn main() -> Result<()> {
    let given = |at| std::env::args().nth(at).and_then(|argument| argument.parse::<usize>().ok());
    let (steps, batch) = (given(1).unwrap_or(3).max(1), given(2).unwrap_or(HETAL_BATCH));

    // Samples travel with every step, encrypted anew: the server needs no memory for them.
    let setup = SplitSetup::new(&WIDTHS, batch).with_samples(Samples::Sent);
    let costs = CostModel::default();
    let deployment = Deployment::of_layerwise_training(&setup, &ParameterRequest::default(), &costs, 0.0)?;
    let plan = &deployment.plan;
    let sides = deployment.program.layers()[0].sides();
    println!(
        "{} features, {} classes, batches of {batch}: N = {}, tiles of {} inputs x {} outputs x {} samples",
        WIDTHS[0],
        WIDTHS[1],
        deployment.parameters.poly_modulus_degree(),
        sides[0],
        sides[1],
        sides[2]
    );
    let labels: Vec<usize> = (0..SAMPLES).map(|i| i % WIDTHS[1]).collect();
    let task = SplitTask {
        activation: HeadActivation::Relu, // there is no hidden layer, so it is not used
        settings: LearningSettings::for_steps(steps),
        layers: random_layers(&WIDTHS, 0)?,
        samples: Array2::from_shape_fn((SAMPLES, WIDTHS[0]), |(i, j)| ((31 * i + 17 * j) % 101) as f64 / 50.0 - 1.0),
        targets: Targets::classes(&labels, WIDTHS[1], Loss::CrossEntropy)?,
        seed: 0,
    };
    let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
    let server = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys)?);
    let mut session = SplitTrainingSession::in_process(&deployment, holder, server, task)?;

    let (mut client, mut waited, started) = (Duration::ZERO, Duration::ZERO, Instant::now());
    for _ in 0..steps {
        let step = session.step()?;
        (client, waited) = (client + step.client_time, waited + step.server_time);
    }
    let each = |time: Duration| time.as_secs_f64() / steps as f64;
    let epoch = SAMPLES.div_ceil(batch);
    println!(
        "{steps} steps ran on {} threads: {:.2} s each, {:.2} s at the client and {:.2} s at the server",
        rayon::current_num_threads(),
        each(started.elapsed()),
        each(client),
        each(waited)
    );
    let gigabytes = |bytes: usize| (epoch * bytes) as f64 / 1e9;
    println!(
        "extrapolated to an epoch of {epoch} steps: {:.0} s, {:.2} GB to the server and {:.2} GB back",
        epoch as f64 * each(started.elapsed()),
        gigabytes(plan.bytes_up()),
        gigabytes(plan.bytes_down())
    );
    println!(
        "HETAL, as published, not measured here: {:.0} s an epoch if its longest training is this one, without a client between the steps",
        HETAL_SECONDS / HETAL_EPOCHS
    );
    Ok(())
}
