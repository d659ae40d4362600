//! An encrypted training with the loss at the client, of Iris or of any table: one setting for all of them.
//!
//! Run it with `cargo run --release --example 12_split_step [FILE.csv [STEPS]]`; the last column of the file has the classes.

use std::time::Duration;

use seal_nn::{
    Result,
    backend::{Circuit, CostModel, KeySwitching, SealEvaluator},
    data::DataSet,
    nn::{
        Activation,
        learning::{LearningSettings, Loss, Targets, random_layers, reference},
        split::SplitSetup,
    },
    protocol::{Deployment, ParameterRequest, SplitTask, SplitTrainingSession},
};

const UNITS: usize = 32;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let data = match arguments.first() {
        Some(file) => DataSet::read_csv(file, None)?,
        None => DataSet::load("iris")?,
    };
    let steps = arguments.get(1).and_then(|steps| steps.parse().ok()).unwrap_or(20);
    let split = data.split(0.2, 0)?;
    let scaler = split.train.scaler()?;
    let (samples, test) = (scaler.apply(&split.train.features)?, scaler.apply(&split.test.features)?);

    // What both parties agree on, and what it takes: tiles and parameters follow from costs and from a run without data.
    let widths = [samples.ncols(), UNITS, data.classes.len()];
    let setup = SplitSetup::new(&widths, samples.nrows().min(128));
    let deployment = Deployment::of_split_training(&setup, &ParameterRequest::default(), &CostModel::default(), 0.0)?;
    let (program, plan) = (&deployment.program, &deployment.plan);
    println!(
        "{}: {} samples, {widths:?} units, tiles of {}, N = {}, primes of {:?} bits",
        data.name,
        samples.nrows(),
        program.layout().shape(),
        deployment.parameters.poly_modulus_degree(),
        deployment.parameters.coeff_modulus_bits()
    );
    println!(
        "a step: {} rotations, {} ciphertexts each way, {:.1} MB up and {:.1} MB down",
        plan.operations.rotations(),
        plan.ciphertexts_up(),
        plan.bytes_up() as f64 / 1e6,
        plan.bytes_down() as f64 / 1e6
    );

    // The client has everything but the products: loss, optimiser, weights and labels do not leave it.
    let activation: Activation = "poly:0,1,0.5".parse()?;
    let task = SplitTask {
        activation: activation.clone(),
        settings: LearningSettings::for_steps(steps),
        layers: random_layers(&widths, 0)?,
        targets: Targets::classes(&split.train.labels, data.classes.len(), Loss::CrossEntropy)?,
        samples,
        seed: 0,
    };
    let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
    println!("keys: {:.1} MB", (keys.relin_bytes() + keys.galois_bytes()) as f64 / 1e6);
    let server = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys)?);
    let mut session = SplitTrainingSession::in_process(&deployment, holder, server, task)?;
    let mut times = [Duration::ZERO; 2];
    for _ in 0..steps {
        let step = session.step()?;
        times = [times[0] + step.server_time, times[1] + step.client_time];
        if step.step % steps.div_ceil(10) == 0 {
            let (loss, accuracy) = step.batch.map_or((f64::NAN, None), |batch| (batch.loss, batch.accuracy));
            println!(
                "step {:>4}: loss {loss:.4}, {:.1}% of the batch right",
                step.step,
                100.0 * accuracy.unwrap_or_default()
            );
        }
    }
    let each = |time: Duration| 1e3 * time.as_secs_f64() / steps as f64;
    println!("a step takes {:.1} ms at the server and {:.1} ms at the client", each(times[0]), each(times[1]));

    // Held-out samples, by the forward half of the step, and by the same weights in the clear.
    let targets = Targets::classes(&split.test.labels, data.classes.len(), Loss::CrossEntropy)?;
    let right = |logits| Ok::<_, seal_nn::Error>(100.0 * targets.accuracy(logits)?.unwrap_or_default());
    let encrypted = session.infer(test.view())?;
    let clear = reference::logits(&activation, session.layers(), test.view())?;
    println!(
        "{:.1}% of {} test samples are right, in the clear {:.1}%",
        right(&encrypted)?,
        test.nrows(),
        right(&clear)?
    );
    Ok(())
}
