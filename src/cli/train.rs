//! `seal-nn train`: encrypted training beside the same training in the clear.

use std::{path::PathBuf, time::Instant};

use clap::{Args, ValueEnum};
use ndarray::Array2;
use seal_nn::{
    Result, SetupError,
    backend::{
        ClearEvaluator, ClearKeyHolder, Evaluate, KeyHolder, Noise, Operation, SealEvaluator, SealKeyHolder, Tallies,
    },
    nn::{
        Diagonal, Merged, TrainingLayout, TrainingPlan, TrainingSpec, Weights, accuracy, half_squared_error, reference,
    },
    protocol::{Client, Server, TrainingSession, choose_parameters},
    report::{self, Align, Machine, OperationTime, OutputDir, Precision, Table, TrainReport, format},
    seal::Parameters,
};

use super::{
    plan::headline,
    progress::Progress,
    settings::{LayoutName, Part, Prepared, Settings},
};

#[derive(Args)]
pub struct TrainArgs {
    #[command(flatten)]
    settings: Settings,

    /// Steps of training
    #[arg(long, default_value_t = 30)]
    steps: usize,

    /// Threads [default: one for each processor]
    #[arg(long)]
    threads: Option<usize>,

    /// Folder for report.json, report.md and the plot [default: runs/DATASET]
    #[arg(long)]
    out: Option<PathBuf>,

    /// What computes the encrypted side
    #[arg(long, value_enum, default_value_t = BackendName::Seal)]
    backend: BackendName,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BackendName {
    /// Microsoft SEAL's CKKS
    Seal,
    /// No encryption: the same levels, with noise of the size that SEAL gives
    Clear,
}

/// More only contend for the work: a hundred thousand threads bring a machine to a standstill.
const MOST_THREADS: usize = 1024;

pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let bad =
        |setting, actual: usize, expected| SetupError::BadSetting { setting, actual: actual.to_string(), expected };
    if args.steps == 0 {
        return Err(bad("--steps", args.steps, "at least 1").into());
    }
    if let Some(threads) = args.threads.filter(|threads| !(1..=MOST_THREADS).contains(threads)) {
        return Err(bad("--threads", threads, "at least 1 and at most 1024").into());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads.unwrap_or(0)).build()?;
    let prepared = args.settings.prepare()?;
    pool.install(|| match args.settings.layout {
        LayoutName::Merged => train::<Merged>(args, &prepared),
        LayoutName::Diagonal => train::<Diagonal>(args, &prepared),
    })
}

fn train<L: TrainingLayout + Clone>(args: &TrainArgs, prepared: &Prepared) -> anyhow::Result<()> {
    let Prepared { spec, batch, .. } = prepared;
    let (parameters, layout, plan) = choose_parameters::<L>(spec, *batch, &prepared.request)?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&prepared.dataset));
    let out = OutputDir::create(out)?;

    let (training, held_out) = (prepared.train.labels.len(), prepared.test.labels.len());
    println!("data        {}, {training} samples to train on, {held_out} held out", prepared.dataset);
    println!("{}", headline::<L>(prepared, &parameters, &plan));
    if args.backend == BackendName::Clear {
        println!("backend     clear: nothing is encrypted; noise of the size that SEAL gives");
    }

    let noise = Some(Noise { seed: args.settings.seed });
    let client_of_clear = || {
        let holder = ClearKeyHolder::new(plan.chain.clone(), noise);
        Client::new(holder, layout.clone(), spec.clone(), plan.clone())
    };
    let server_of_clear = || {
        let evaluator = ClearEvaluator::new(plan.chain.clone(), noise).with_steps(&plan.steps);
        Server::new(evaluator, layout.clone(), spec.clone())
    };
    let predicted_bits = predicted_bits(client_of_clear(), server_of_clear(), prepared)?;

    let run = Run { prepared, plan: &plan, steps: args.steps };
    let (mut report, keys) = match args.backend {
        BackendName::Clear => {
            let keys = report::Keys {
                galois_bytes: plan.chain.galois_key_bytes(plan.steps.len()) as u64,
                relin_bytes: plan.chain.relin_key_bytes() as u64,
                ..Default::default()
            };
            (run.through(client_of_clear(), server_of_clear())?, keys)
        }
        BackendName::Seal => {
            let started = Instant::now();
            let holder = SealKeyHolder::generate(&parameters)?;
            let keys = holder.evaluation_keys(&plan.steps)?;
            let evaluator = SealEvaluator::new(&parameters, &keys)?;
            let sizes = report::Keys {
                galois_bytes: keys.galois_bytes() as u64,
                relin_bytes: keys.relin_bytes() as u64,
                ..Default::default()
            };
            println!(
                "keys        {} rotations, {} for the server, made in {}",
                plan.steps.len(),
                format::bytes(sizes.galois_bytes + sizes.relin_bytes),
                format::seconds(started.elapsed().as_secs_f64())
            );
            // Their expanded form is what the server keeps.
            drop(keys);
            let client = Client::new(holder, layout.clone(), spec.clone(), plan.clone());
            let server = Server::new(evaluator, layout.clone(), spec.clone());
            (run.through(client, server)?, sizes)
        }
    };
    report.precision.predicted_bits = predicted_bits;
    report.keys = report::Keys { galois_steps: plan.steps.iter().map(|s| s.0).collect(), ..keys };
    describe::<L>(&mut report, args, prepared, &parameters);

    print_summary(&report);
    for file in report::write_report(&out, &report)? {
        println!("wrote {}", file.display());
    }
    Ok(())
}

/// What the report says of the run's settings.
fn describe<L: TrainingLayout>(
    report: &mut TrainReport,
    args: &TrainArgs,
    prepared: &Prepared,
    parameters: &Parameters,
) {
    let Prepared { spec, batch, dataset, .. } = prepared;
    report.version = env!("CARGO_PKG_VERSION").into();
    report.dataset = dataset.clone();
    report.seed = args.settings.seed;
    report.network = spec.network.to_string();
    report.layout = L::NAME.into();
    report.activation = spec.network.activation().to_string();
    report.backend = match args.backend {
        BackendName::Seal => "seal".into(),
        BackendName::Clear => "clear".into(),
    };
    report.batch = *batch;
    report.learning_rates = (0..spec.network.layers()).map(|l| spec.optimizer.rate(l, 0)).collect();
    report.momentum = spec.optimizer.momentum();
    report.machine = Machine::detect(cfg!(feature = "hexl"), rayon::current_num_threads());
    report.parameters = report::Parameters {
        poly_modulus_degree: parameters.poly_modulus_degree(),
        coeff_modulus_bits: parameters.coeff_modulus_bits(),
        security_bits: parameters.security_bits(),
    };
}

/// The same training in the clear, and what one encrypted step may differ from one clear step.
struct Twin<'a> {
    spec: &'a TrainingSpec,
    batches: Vec<(Array2<f64>, Array2<f64>)>,
    weights: Weights,
    velocity: Weights,
}

impl<'a> Twin<'a> {
    fn new(prepared: &'a Prepared) -> Self {
        Twin {
            spec: &prepared.spec,
            batches: prepared.train.batches(prepared.batch).collect(),
            weights: prepared.weights.clone(),
            velocity: Weights::zeros(&prepared.spec.network),
        }
    }

    fn step_of(&self, weights: &mut Weights, velocity: &mut Weights, t: usize) {
        let (x, targets) = &self.batches[t % self.batches.len()];
        reference::step(self.spec, weights, velocity, x.view(), targets.view(), t);
    }

    fn step(&mut self, t: usize) {
        let (mut weights, mut velocity) = (self.weights.clone(), self.velocity.clone());
        self.step_of(&mut weights, &mut velocity, t);
        (self.weights, self.velocity) = (weights, velocity);
    }
}

/// Loss and accuracy of weights that the client knows, on its own data.
fn progress_of(spec: &TrainingSpec, weights: &Weights, part: &Part) -> report::Progress {
    let outputs = reference::outputs(&spec.network, weights, part.inputs.view());
    report::Progress {
        loss: half_squared_error(&outputs, part.targets.view()),
        train_accuracy: accuracy(&outputs, &part.labels),
    }
}

fn bits(error: f64) -> Option<f64> {
    (error > 0.0).then(|| -error.log2())
}

/// Bits of a weight that the noise model leaves after one step.
fn predicted_bits<L: TrainingLayout>(
    client: Client<ClearKeyHolder, L>,
    server: Server<ClearEvaluator, L>,
    prepared: &Prepared,
) -> Result<Option<f64>> {
    let mut twin = Twin::new(prepared);
    let mut session = TrainingSession::new(client, server, prepared.weights.clone());
    let (x, t) = &twin.batches[0];
    session.add_batch(x.view(), t.view())?;
    session.step()?;
    twin.step(0);
    Ok(bits(session.weights().max_difference(&twin.weights)))
}

/// One training run, on whatever backend.
struct Run<'a> {
    prepared: &'a Prepared,
    plan: &'a TrainingPlan,
    steps: usize,
}

impl Run<'_> {
    fn through<K, E, L>(&self, client: Client<K, L>, server: Server<E, L>) -> Result<TrainReport>
    where
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
        E: Evaluate,
        L: TrainingLayout,
    {
        let Prepared { spec, train, test, .. } = self.prepared;
        let mut twin = Twin::new(self.prepared);
        let mut session = TrainingSession::new(client, server, self.prepared.weights.clone());
        for (x, t) in &twin.batches {
            session.add_batch(x.view(), t.view())?;
        }
        let mut report = TrainReport::default();
        let (mut operations, mut refresh_seconds, mut worst) = (Tallies::default(), 0.0, 0f64);
        println!("\n step  encrypted loss  accuracy      clear loss  accuracy   weights differ   seconds");
        let progress = Progress::new(self.steps, "training");
        for t in 0..self.steps {
            let (mut expected, mut velocity) = (session.weights().clone(), session.velocity().clone());
            twin.step_of(&mut expected, &mut velocity, t);
            let outcome = session.step()?;
            worst = worst.max(session.weights().max_difference(&expected));
            twin.step(t);
            operations.merge(&outcome.operations);
            refresh_seconds += outcome.client_time.as_secs_f64();
            let step = report::StepReport {
                step: outcome.step,
                seconds: outcome.server_time.as_secs_f64(),
                encrypted: progress_of(spec, session.weights(), train),
                clear: progress_of(spec, &twin.weights, train),
                max_weight_difference: session.weights().max_difference(&twin.weights),
            };
            progress.line(&step_line(&step));
            progress.advance();
            report.steps.push(step);
        }
        drop(progress);

        let encrypted = self.infer(&mut session, test)?;
        let clear = reference::outputs(&spec.network, &twin.weights, test.inputs.view());
        report.test = Some(report::TestReport {
            samples: test.labels.len(),
            encrypted_accuracy: accuracy(&encrypted, &test.labels),
            clear_accuracy: accuracy(&clear, &test.labels),
        });
        let seconds: Vec<f64> = report.steps.iter().map(|s| s.seconds).collect();
        report.seconds_per_step = report::median(&seconds).unwrap_or_default();
        report.refresh_seconds = refresh_seconds / self.steps as f64;
        report.operations_per_step = operations_of(&self.plan.step_operations);
        report.breakdown = breakdown(&operations);
        let traffic = session.traffic();
        report.bytes = report::Traffic {
            client_to_server: traffic.client_to_server as u64,
            server_to_client: traffic.server_to_client as u64,
        };
        report.precision = Precision { predicted_bits: None, measured_bits: bits(worst) };
        Ok(report)
    }

    /// Outputs for all samples, as many at a time as a batch may hold.
    fn infer<K, E, L>(&self, session: &mut TrainingSession<K, E, L>, part: &Part) -> Result<Array2<f64>>
    where
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
        E: Evaluate,
        L: TrainingLayout,
    {
        let mut outputs = Array2::zeros((0, part.targets.ncols()));
        for (x, _) in part.batches(self.prepared.batch) {
            for row in session.infer(x.view())?.rows() {
                // A row of outputs has the width it is appended to.
                let _ = outputs.push_row(row);
            }
        }
        Ok(outputs)
    }
}

fn step_line(step: &report::StepReport) -> String {
    format!(
        "{:>5}  {:>14}  {:>8}  {:>14}  {:>8}  {:>15}  {:>8}",
        step.step,
        format::loss(step.encrypted.loss),
        format::percent(step.encrypted.train_accuracy),
        format::loss(step.clear.loss),
        format::percent(step.clear.train_accuracy),
        format::small(step.max_weight_difference),
        format!("{:.3}", step.seconds),
    )
}

fn operations_of(tallies: &Tallies) -> report::Operations {
    let count = |operation| tallies.count(operation) as u64;
    report::Operations {
        rotations: tallies.rotations() as u64,
        hoisted_rotations: count(Operation::RotateHoisted),
        relinearizations: count(Operation::Relinearize),
        ciphertext_products: count(Operation::MultiplyCiphertexts),
        plaintext_products: count(Operation::MultiplyPlain),
        rescales: count(Operation::Rescale),
    }
}

fn breakdown(tallies: &Tallies) -> Vec<OperationTime> {
    let kinds: std::collections::BTreeSet<Operation> = tallies.iter().map(|(operation, ..)| operation).collect();
    OperationTime::breakdown(kinds.into_iter().map(|kind| {
        let total = tallies.total(kind);
        (kind.to_string(), total.count as u64, total.time.as_secs_f64())
    }))
}

fn print_summary(report: &TrainReport) {
    let mut times = Table::new([
        ("operation", Align::Left),
        ("count", Align::Right),
        ("time", Align::Right),
        ("share", Align::Right),
    ]);
    for entry in &report.breakdown {
        let (count, seconds) = (format::count(entry.count), format::seconds(entry.seconds));
        times.row([entry.operation.clone(), count, seconds, format::percent(entry.share)]);
    }
    println!("\nWhere the server's time went, over all steps:\n{times}");

    let operations = &report.operations_per_step;
    let (bytes, keys) = (&report.bytes, &report.keys);
    println!(
        "a step      {}: {} rotations ({} hoisted), {} relinearisations, {} ct x ct, {} ct x pt, {} rescales",
        format::seconds(report.seconds_per_step),
        operations.rotations,
        operations.hoisted_rotations,
        operations.relinearizations,
        operations.ciphertext_products,
        operations.plaintext_products,
        operations.rescales,
    );
    println!("refresh     {} of the client's time a step", format::seconds(report.refresh_seconds));
    println!(
        "traffic     {} to the server, {} to the client; keys {} (Galois) and {} (relinearisation), once",
        format::bytes(bytes.client_to_server),
        format::bytes(bytes.server_to_client),
        format::bytes(keys.galois_bytes),
        format::bytes(keys.relin_bytes),
    );
    let precision = |bits: Option<f64>| bits.map_or("exact".to_owned(), |bits| format!("{bits:.1} bits"));
    println!(
        "precision   a step leaves {} of a weight; the noise model says {}",
        precision(report.precision.measured_bits),
        precision(report.precision.predicted_bits),
    );
    if let Some(test) = &report.test {
        println!(
            "test        {} held-out samples: {} right by encrypted inference, {} in the clear",
            test.samples,
            format::percent(test.encrypted_accuracy),
            format::percent(test.clear_accuracy),
        );
    }
}
