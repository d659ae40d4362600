//! `seal-nn train`: encrypted training next to the same training in the clear.

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use rayon::ThreadPool;
use seal_nn::{
    Error, Result, SetupError,
    backend::{Circuit, KeySwitching, Noise, SealEvaluator},
    model::{Model, Task, TrainingFacts},
    nn::{layerwise::LayerwiseTraining, split::SplitTraining},
    protocol::Train,
    report::{Machine, format},
};

use super::{
    backend_args::{BackendArgs, BackendName},
    costs::Costs,
    interrupt, job,
    job::Job,
    notes,
    print::{print_and_write, warn},
    remote::{Server, ServerArgs},
    settings::{Settings, Task as Training},
    training::{
        Experiment, Method, Run, RunFolder, StepKind, Trained, bits,
        report::{self, TrainReport},
    },
    usage::UsageError,
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

    /// Seconds between two checkpoints; 0 for one after every refresh [default: 0 for whole steps, otherwise 5, in which
    /// hundreds of steps may be made]
    #[arg(long, value_name = "SECONDS")]
    checkpoint_every: Option<u64>,

    #[command(flatten)]
    execution: BackendArgs,

    #[command(flatten)]
    server: ServerArgs,
}

impl TrainArgs {
    /// The threads to compute on.
    pub fn pool(&self) -> anyhow::Result<ThreadPool> {
        self.execution.pool()
    }
}

pub fn run(args: &TrainArgs, job: &Job) -> anyhow::Result<ExitCode> {
    let pool = args.pool()?;
    let task = args.settings.prepare(job.ranks())?;
    pool.install(|| match task {
        Training::Whole(whole) => train(args, job, &whole.plan()?),
        Training::Rounds(rounds) => {
            let costs = Costs::load().table;
            let rounds = rounds.over(args.server.line());
            match rounds.kind {
                StepKind::Split => train(args, job, &rounds.plan::<SplitTraining>(&costs)?),
                StepKind::Layerwise => train(args, job, &rounds.plan::<LayerwiseTraining>(&costs)?),
            }
        }
    })
}

fn train<M: Method>(args: &TrainArgs, job: &Job, method: &M) -> anyhow::Result<ExitCode> {
    let inputs: Vec<&Path> = args.settings.data.file().into_iter().collect();
    let experiment = method.experiment();
    let server = args.server.server(args.execution.backend, experiment.request.key_switching)?;
    if server.is_some() && method.leaves_server_state() {
        return Err(UsageError::NotAtServer { flag: "--keep-server-state" }.into());
    }
    let key_switching = experiment.request.key_switching;
    for (flag, is_given) in [
        ("--server", server.is_some()),
        ("--keep-server-state", method.leaves_server_state()),
        ("--backend clear", args.execution.backend == BackendName::Clear),
        ("--key-switching seal", key_switching == KeySwitching::Seal),
    ] {
        job.refuse(flag, is_given)?;
    }
    let settings = [experiment.settings(args.execution.backend), method.settings()].concat();
    let out = RunFolder::create(args.out.as_deref(), args.resume, experiment, settings, &inputs)?;
    let Trained { report, weights, step, is_interrupted } =
        match run_and_describe(args, job, method, server.as_ref(), &out) {
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
        say!("\ntest        {}", test.in_words());
    }
    // First: from the checkpoint, a report can be made again.
    let file = model_of(method, &report, &weights, step)?.save(out.output().path())?;
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
fn run_and_describe<M: Method>(
    args: &TrainArgs,
    job: &Job,
    method: &M,
    server: Option<&Server>,
    out: &RunFolder,
) -> anyhow::Result<Trained<M::Weights>> {
    let (experiment, plan, needed) = (method.experiment(), method.plan(), method.keys());
    let (training, held_out) = (experiment.train.len(), experiment.test.len());
    let validation = experiment.validation.as_ref();
    let validation = validation.map_or_else(String::new, |part| format!("{} for validation, ", part.len()));
    say!("data        {}, {training} samples to train on, {validation}{held_out} held out", experiment.dataset);
    say!("{}", experiment.description);
    notes::print(&experiment.notes);
    say!("{}\n{}", method.headline(), experiment.schedule_line());
    args.execution.announce();
    server.iter().for_each(|server| server.announce());
    let shares = experiment.ranks;
    if shares > 1 {
        let by = job.in_words(server.is_some());
        let compared = if job.ranks() > 1 { ", whose sums are compared in every step" } else { "" };
        say!("ranks       every batch in {shares} equal shares, computed by {by}{compared}");
    }
    let folder = out.output().path().display();
    match out.resumable_step() {
        Some(step) => say!("checkpoint  {folder}: continues after step {step}"),
        None if out.replaces_model => say!("output      {folder}: the model there will be replaced"),
        None => {}
    }

    let predicted_bits = predicted_bits(method)?;
    let key_switching = experiment.request.key_switching;
    let pause = Duration::from_secs(args.checkpoint_every.unwrap_or(method.seconds_between_checkpoints()));
    let run = Run { method, folder: out, pause };
    let (mut trained, sizes) = match args.execution.backend {
        BackendName::Clear => {
            let galois_bytes = needed.galois_bytes(&plan.chain, key_switching) as u64;
            let relin_bytes = needed.relin_bytes(&plan.chain, key_switching) as u64;
            let session = method.on_stand_in(Some(Noise { seed: experiment.seed }))?;
            (run.through(session)?, report::Keys { galois_bytes, relin_bytes, ..Default::default() })
        }
        BackendName::Seal => {
            let started = Instant::now();
            let (holder, keys) = match out.secret_key(method.plan())? {
                Some(holder) => method.keys_of(holder)?,
                None => method.make_keys()?,
            };
            let (galois_bytes, relin_bytes) = (keys.galois_bytes() as u64, keys.relin_bytes() as u64);
            say!(
                "keys        {} rotation keys, {} sent to the server, generated in {}",
                needed.rotations.len(),
                format::bytes(galois_bytes + relin_bytes),
                format::seconds(started.elapsed().as_secs_f64())
            );
            let trained = match (server, job.place()) {
                (None, Some(place)) => {
                    let channel = job::open(&*place, method.opening(&holder, &keys)?)?;
                    drop(keys);
                    run.through(method.on_channel(holder, channel)?)?
                }
                (Some(server), _) => {
                    let channel = server.open(method.opening(&holder, &keys)?, method.seconds_of_request())?;
                    drop(keys);
                    run.through(method.on_channel(holder, channel)?)?
                }
                (None, None) => {
                    let circuit = Circuit::new(SealEvaluator::new(method.parameters(), &keys)?);
                    // The server keeps the expanded form only.
                    drop(keys);
                    run.through(method.on_seal_in(holder, circuit, out)?)?
                }
            };
            (trained, report::Keys { galois_bytes, relin_bytes, ..Default::default() })
        }
    };
    let bootstraps = method.bootstraps(&trained.weights);
    let report = &mut trained.report;
    report.precision.predicted_bits = predicted_bits;
    report.line = server.map(|server| server.line());
    report.ranks = job.ranks();
    // What others took is not known.
    let is_here = server.is_none() && job.ranks() == 1;
    report.bootstraps = bootstraps.map(|made| report::Bootstraps { seconds: made.seconds.filter(|_| is_here), ..made });
    report.keys = report::Keys { galois_steps: needed.rotations.keys().map(|rotation| rotation.0).collect(), ..sizes };
    describe(report, args, method);
    Ok(trained)
}

/// Adds the settings of the run to the report.
fn describe<M: Method>(report: &mut TrainReport, args: &TrainArgs, method: &M) {
    let (parameters, experiment) = (method.parameters(), method.experiment());
    report.version = env!("CARGO_PKG_VERSION").into();
    report.dataset = experiment.dataset.clone();
    report.seed = experiment.seed;
    report.network = method.network();
    report.layout = method.layout();
    report.activation = method.activation();
    report.backend = args.execution.backend.to_string();
    report.batch = experiment.batch;
    report.schedule = experiment.schedule();
    report.settings = method.settings().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    report.machine = Machine::detect(option_env!("SEAL_NN_HEXL") == Some("1"), rayon::current_num_threads());
    report.parameters = report::Parameters {
        poly_modulus_degree: parameters.poly_modulus_degree(),
        coeff_modulus_bits: parameters.coeff_modulus_bits(),
        security_bits: parameters.security_bits(),
    };
}

/// The model to be saved.
fn model_of<M: Method>(method: &M, report: &TrainReport, weights: &M::Weights, steps: usize) -> Result<Model> {
    let Experiment { data, preparation, dataset, task, .. } = method.experiment();
    let training = TrainingFacts {
        backend: report.backend.clone(),
        data: data.clone(),
        seed: report.seed,
        steps,
        batch: report.batch,
        learning_rates: method.rates(0),
        momentum: method.momentum(),
        poly_modulus_degree: report.parameters.poly_modulus_degree,
        coeff_modulus_bits: report.parameters.coeff_modulus_bits.clone(),
        security_bits: report.parameters.security_bits,
    };
    let model = method.model(weights)?.with_preparation(preparation.clone())?;
    let model = model.with_dataset(dataset).with_training(training);
    match task {
        Task::Classes(classes) => model.with_classes(classes),
        Task::Number { .. } => Ok(model),
    }
}

/// Precision of a weight in bits at the client's first look, according to the noise model; `None` if a step before it
/// diverges. Where the server refreshes by itself, that is an error: no key is made for a run that ends out of its range.
fn predicted_bits<M: Method>(method: &M) -> Result<Option<f64>> {
    let experiment = method.experiment();
    let (mut session, mut clear) = (method.on_stand_in(Some(Noise { seed: experiment.seed }))?, method.in_the_clear()?);
    let steps = session.most_steps().min(experiment.steps).max(1);
    match session.advance(steps) {
        Err(Error::Setup(error)) if error.is_divergence() && !method.refreshes_at_server() => return Ok(None),
        outcome => outcome?,
    };
    clear.advance(steps)?;
    Ok(bits(method.difference(session.weights(), clear.weights())))
}
