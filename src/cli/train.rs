//! `seal-nn train`: encrypted training next to the same training in the clear.

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::Args;
use seal_nn::{
    Error, Result, SetupError,
    backend::{Circuit, KeyHolder, Noise, SealEvaluator},
    model::{Model, TrainingFacts},
    nn::{Weights, inference::Inference, layout::TrainingLayout, training::Training},
    protocol::{Deployment, Peer, TrainingSession},
    report::{Machine, format},
};

use super::{
    backend_args::{BackendArgs, BackendName},
    experiment::{Chosen, Experiment},
    interrupt, notes,
    plain_run::PlainRun,
    plan::headline,
    print::{print_and_write, warn},
    run::{Run, Trained, bits},
    run_folder::RunFolder,
    settings::Settings,
    training_report::{self as report, TrainReport},
};

#[derive(Args)]
pub struct TrainArgs {
    #[command(flatten)]
    settings: Settings,

    /// Output folder for model.json, report.json, report.md and the plot [default: runs/DATASET, unless the model there
    /// was trained on other data]
    #[arg(long)]
    out: Option<PathBuf>,

    /// Continue the training of the output folder from its last checkpoint, with the same settings; only the number of
    /// steps, the patience and the layout may be others
    #[arg(long)]
    resume: bool,

    #[command(flatten)]
    execution: BackendArgs,
}

pub fn run(args: &TrainArgs) -> anyhow::Result<ExitCode> {
    let pool = args.execution.pool()?;
    let experiment = args.settings.prepare()?;
    pool.install(|| train(args, &experiment))
}

fn train(args: &TrainArgs, experiment: &Experiment) -> anyhow::Result<ExitCode> {
    let chosen = experiment.choose()?;
    let inputs: Vec<&Path> = args.settings.data.file().into_iter().collect();
    let settings = experiment.settings(args.execution.backend);
    let out = RunFolder::create(args.out.as_deref(), args.resume, experiment, settings, &inputs)?;
    let Trained { report, weights, step, is_interrupted } = match run_and_describe(args, experiment, &chosen, &out) {
        Ok(trained) => trained,
        Err(error) => {
            match out.resumable_step() {
                Some(step) if !is_divergence(&error) => warn(&how_to_go_on(step, &out)),
                _ => out.abandon(),
            }
            return Err(error);
        }
    };
    if report.steps.is_empty() {
        out.abandon();
        return Ok(interrupt::EXIT_CODE.into());
    }
    if let Some(test) = &report.test {
        let [encrypted, clear, ordinary] =
            [test.encrypted_accuracy, test.clear_accuracy, test.ordinary_accuracy].map(format::percent);
        let samples = test.samples;
        say!(
            "\ntest        {encrypted} right of {samples} held-out samples, {clear} in the clear, {ordinary} by an \
             ordinary network"
        );
    }
    // First: from the checkpoint, a report can be made again.
    let file = model_of(experiment, &chosen, &report, weights, step)?.save(out.output().path())?;
    print_and_write(out.output(), &report)?;
    say!("wrote {}: the trained weights in the clear; keep this file private", file.display());
    match out.resumable_step() {
        Some(step) if is_interrupted => {
            say!("{}", how_to_go_on(step, &out));
            Ok(interrupt::EXIT_CODE.into())
        }
        _ => {
            out.finish()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Whether the same steps would diverge again.
fn is_divergence(error: &anyhow::Error) -> bool {
    match error.downcast_ref() {
        Some(Error::Setup(error)) => error.is_divergence() || matches!(error, SetupError::DivergedAgain { .. }),
        _ => false,
    }
}

/// The command line that continues from a checkpoint.
fn how_to_go_on(step: usize, out: &RunFolder) -> String {
    let mut line: Vec<String> = env::args().map(quoted).collect();
    if !line.iter().any(|word| word == "--resume") {
        line.push("--resume".into());
    }
    let folder = out.output().path().display();
    format!("the training ended after step {step}, which is kept in {folder}; to continue it:\n  {}", line.join(" "))
}

/// A word for the shell.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Trains on the requested backend and completes the report.
fn run_and_describe(
    args: &TrainArgs,
    experiment: &Experiment,
    chosen: &Chosen,
    out: &RunFolder,
) -> anyhow::Result<Trained> {
    let Chosen { deployment, .. } = chosen;
    let Deployment { parameters, plan, keys: needed, .. } = &deployment.training;
    let (training, held_out) = (experiment.train.labels.len(), experiment.test.labels.len());
    let validation = experiment.validation.as_ref();
    let validation = validation.map_or_else(String::new, |part| format!("{} for validation, ", part.labels.len()));
    say!("data        {}, {training} samples to train on, {validation}{held_out} held out", experiment.dataset);
    say!("{}", experiment.description);
    notes::print(&experiment.notes);
    say!("{}\n{}", headline(experiment, chosen), experiment.schedule_line());
    args.execution.announce();
    let folder = out.output().path().display();
    match out.checkpoint() {
        Some(checkpoint) => say!("checkpoint  {folder}: continues after step {}", checkpoint.course.training.step),
        None if out.replaces_model => say!("output      {folder}: the model there will be replaced"),
        None => {}
    }

    let noise = Some(Noise { seed: args.settings.seed });
    let in_the_clear = || {
        let (holder, circuit) = deployment.training.in_the_clear(noise);
        TrainingSession::in_process(deployment, holder, circuit, experiment.weights.clone())
    };
    let predicted_bits = predicted_bits(in_the_clear()?, experiment)?;

    let key_switching = experiment.request.key_switching;
    let run = Run { experiment, plan, folder: out };
    let (mut trained, sizes) = match args.execution.backend {
        BackendName::Clear => {
            let galois_bytes = needed.galois_bytes(&plan.chain, key_switching) as u64;
            let relin_bytes = needed.relin_bytes(&plan.chain, key_switching) as u64;
            (run.through(in_the_clear()?)?, report::Keys { galois_bytes, relin_bytes, ..Default::default() })
        }
        BackendName::Seal => {
            let started = Instant::now();
            let (holder, keys) = deployment.training.make_keys(key_switching)?;
            let circuit = Circuit::new(SealEvaluator::new(parameters, &keys)?);
            let (galois_bytes, relin_bytes) = (keys.galois_bytes() as u64, keys.relin_bytes() as u64);
            say!(
                "keys        {} rotation keys, {} sent to the server, generated in {}",
                needed.rotations.len(),
                format::bytes(galois_bytes + relin_bytes),
                format::seconds(started.elapsed().as_secs_f64())
            );
            // The server keeps the expanded form only.
            drop(keys);
            let session = TrainingSession::in_process(deployment, holder, circuit, experiment.weights.clone())?;
            (run.through(session)?, report::Keys { galois_bytes, relin_bytes, ..Default::default() })
        }
    };
    let report = &mut trained.report;
    report.precision.predicted_bits = predicted_bits;
    report.keys = report::Keys { galois_steps: needed.rotations.keys().map(|rotation| rotation.0).collect(), ..sizes };
    describe(report, args, experiment, chosen);
    Ok(trained)
}

/// Adds the settings of the run to the report.
fn describe(report: &mut TrainReport, args: &TrainArgs, experiment: &Experiment, chosen: &Chosen) {
    let parameters = &chosen.deployment.training.parameters;
    let Experiment { spec, batch, dataset, .. } = experiment;
    report.version = env!("CARGO_PKG_VERSION").into();
    report.dataset = dataset.clone();
    report.seed = args.settings.seed;
    report.network = spec.network.to_string();
    report.layout = chosen.deployment.layout().kind().to_string();
    report.activation = spec.network.activation().to_string();
    report.backend = args.execution.backend.to_string();
    report.batch = *batch;
    report.schedule = experiment.schedule();
    report.refresh_every = experiment.refresh_every;
    report.learning_rates = (0..spec.network.layers()).map(|l| spec.optimizer.rate(l, 0)).collect();
    report.momentum = spec.optimizer.momentum();
    report.l2 = spec.optimizer.l2();
    report.machine = Machine::detect(option_env!("SEAL_NN_HEXL") == Some("1"), rayon::current_num_threads());
    report.parameters = report::Parameters {
        poly_modulus_degree: parameters.poly_modulus_degree(),
        coeff_modulus_bits: parameters.coeff_modulus_bits(),
        security_bits: parameters.security_bits(),
    };
}

/// The model to be saved.
fn model_of(
    experiment: &Experiment,
    chosen: &Chosen,
    report: &TrainReport,
    weights: Weights,
    steps: usize,
) -> Result<Model> {
    let training = TrainingFacts {
        backend: report.backend.clone(),
        data: experiment.data.clone(),
        seed: report.seed,
        steps,
        batch: report.batch,
        learning_rates: report.learning_rates.clone(),
        momentum: report.momentum,
        poly_modulus_degree: report.parameters.poly_modulus_degree,
        coeff_modulus_bits: report.parameters.coeff_modulus_bits.clone(),
        security_bits: report.parameters.security_bits,
    };
    let model = Model::new(experiment.spec.network.clone(), weights, experiment.preparation.scaler().clone())?
        .with_preparation(experiment.preparation.clone())?
        .with_dataset(&experiment.dataset)
        .with_layout(chosen.deployment.layout().kind())
        .with_training(training);
    model.with_classes(&experiment.classes)
}

/// Precision of a weight in bits at the first refresh, according to the noise model; `None` if that step diverges.
fn predicted_bits<K, S, I, L>(mut session: TrainingSession<K, S, I, L>, experiment: &Experiment) -> Result<Option<f64>>
where
    L: TrainingLayout,
    S: Peer<Training<L>>,
    I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
{
    let mut plain = PlainRun::new(experiment)?;
    let (x, t) = &plain.batches[0];
    session.add_batch(x.view(), t.view())?;
    match session.advance(experiment.steps_after(0)) {
        Err(Error::Setup(error)) if error.is_divergence() => return Ok(None),
        outcome => outcome?,
    };
    plain.advance()?;
    Ok(bits(session.weights().max_difference(&plain.weights)))
}
