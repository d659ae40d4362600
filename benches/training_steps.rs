//! What a training step takes of the processor, client and server apart: split, and in one round trip. Run it with
//! `cargo bench --bench training_steps [-- NAME ...]`; `--threads` times split steps on one thread and on two instead.
//! Numbers are made up, since times do not depend on them. As a test (`cargo test --bench training_steps`) it makes one
//! step of the smallest network.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use cpu_time::ProcessTime;
use ndarray::Array2;
use seal_nn::{
    Result,
    backend::{Circuit, CostModel, KeySwitching, SealEvaluator, SealKeyHolder},
    data::centred_one_hot,
    nn::{
        Network, Weights,
        learning::{LearningSettings, Loss, Targets, random_layers},
        split::SplitSetup,
        training::{Schedule, Sgd, TrainingSetup, TrainingSpec},
    },
    program::{Of, Plan, Program},
    protocol::{
        Deployment, ParameterRequest, Peer, Server, Session, SplitTask, SplitTrainingSession, StepOutcome, Traffic,
        TrainingDeployment, TrainingSession, choose_layout,
    },
    report::{Align, Table},
};

/// A network of one hidden layer and its batches.
struct Example {
    name: &'static str,
    widths: [usize; 3],
    batch: usize,
}

const EXAMPLES: [Example; 5] = [
    Example { name: "iris", widths: [4, 8, 3], batch: 120 },
    Example { name: "vowel", widths: [13, 32, 11], batch: 128 },
    Example { name: "segment", widths: [19, 32, 7], batch: 128 },
    Example { name: "letter", widths: [16, 32, 26], batch: 128 },
    Example { name: "digits", widths: [61, 32, 10], batch: 128 },
];
/// Of so many runs of so many steps, the median counts.
const RUNS: usize = 5;
const STEPS: usize = 10;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let given = |argument: &str| arguments.iter().any(|given| given == argument);
    // Cargo says nothing to a test.
    if !given("--bench") {
        return on_threads(1, || measure(&EXAMPLES[..1], 1, 1));
    }
    let (runs, steps) = (RUNS, STEPS);
    let named = EXAMPLES.into_iter().filter(|example| given(example.name)).collect::<Vec<_>>();
    let examples = if named.is_empty() { EXAMPLES.into() } else { named };
    match given("--threads") {
        true => compare_threads(&examples, runs, steps),
        false => on_threads(1, || measure(&examples, runs, steps)),
    }
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads").install(work)
}

/// Processor time of both kinds of step.
fn measure(examples: &[Example], runs: usize, steps: usize) -> Result<()> {
    let right = ["N", "client, ms", "server, ms", "both, ms", "modelled, ms", "MB up", "MB down"];
    let heads = [("network", Align::Left), ("step", Align::Left)];
    let mut table = Table::new(heads.into_iter().chain(right.map(|head| (head, Align::Right))));
    for example in examples {
        for (kind, cost) in [("split", example.split(runs, steps)?), ("whole", example.whole(runs, steps)?)] {
            let Cost { plan, times: Times { client, server, .. } } = cost;
            let milliseconds = [client, server, client + server].map(|time| 1e3 * time.as_secs_f64());
            let modelled = 1e3 * plan.seconds(&CostModel::default());
            let megabytes = [plan.bytes_up(), plan.bytes_down()].map(|bytes| format!("{:.2}", bytes as f64 / 1e6));
            let names = [example.title(), kind.into(), plan.chain.poly_modulus_degree().to_string()];
            let numbers = milliseconds.into_iter().chain([modelled]).map(|number| format!("{number:.1}"));
            table.row(names.into_iter().chain(numbers).chain(megabytes));
        }
    }
    println!("processor time of a step on one thread, medians of {runs} runs of {steps} steps\n\n{table}");
    Ok(())
}

/// The time of split steps on the clock.
fn compare_threads(examples: &[Example], runs: usize, steps: usize) -> Result<()> {
    let right = ["one thread, ms", "two threads, ms", "times faster"].map(|head| (head, Align::Right));
    let mut table = Table::new([("network", Align::Left)].into_iter().chain(right));
    for example in examples {
        let on = |threads| on_threads(threads, || example.split(runs, steps));
        let [one, two] = [on(1)?, on(2)?].map(|cost| 1e3 * cost.times.elapsed.as_secs_f64());
        table.row([example.title(), format!("{one:.1}"), format!("{two:.1}"), format!("{:.2}", one / two)]);
    }
    println!("time of a split step, client and server in turns, medians of {runs} runs of {steps} steps\n\n{table}");
    Ok(())
}

/// What a step takes.
struct Cost {
    plan: Plan,
    times: Times,
}

/// Of a step: processor time of all threads, and time on the clock.
struct Times {
    client: Duration,
    server: Duration,
    elapsed: Duration,
}

impl Example {
    fn network(&self) -> String {
        self.widths.map(|width| width.to_string()).join("-")
    }

    fn title(&self) -> String {
        format!("{} {}, {}", self.name, self.network(), self.batch)
    }

    /// Small enough that no training diverges.
    fn samples(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.batch, self.widths[0]), |(i, j)| 0.3 * ((31 * i + 17 * j * j) as f64).sin())
    }

    fn labels(&self) -> Vec<usize> {
        (0..self.batch).map(|i| i % self.widths[2]).collect()
    }

    fn split(&self, runs: usize, steps: usize) -> Result<Cost> {
        let (widths, request) = (&self.widths, ParameterRequest::default());
        let setup = SplitSetup::new(widths, self.batch);
        let Deployment { program, plan, parameters, keys } =
            Deployment::of_split_training(&setup, &request, &CostModel::default(), 0.0)?;
        let task = SplitTask {
            activation: "poly:0,1,0.5".parse()?,
            settings: LearningSettings::for_steps(1000),
            layers: random_layers(widths, 0)?,
            samples: self.samples(),
            targets: Targets::classes(&self.labels(), widths[2], Loss::CrossEntropy)?,
            seed: 0,
        };
        let holder = SealKeyHolder::generate(&parameters)?;
        let circuit = Circuit::new(SealEvaluator::new(&parameters, &holder.evaluation_keys_for(&keys)?)?);
        let server = Timed::of(Server::new(Arc::new(circuit), program.clone(), plan.clone()));
        let spent = server.spent.clone();
        let session = Session::new(Arc::new(holder), server, program, plan.clone())?;
        let mut session = SplitTrainingSession::new(session, task)?;
        // Every batch has all samples, so that they are sent before the first step and never again.
        session.step()?;
        Ok(Cost { plan, times: median_of_runs(runs, steps, &spent, || session.step())? })
    }

    /// The same network in the layout and with the parameters that suit it best.
    fn whole(&self, runs: usize, steps: usize) -> Result<Cost> {
        let network = self.network().parse::<Network>()?.with_activation("square:0.5".parse()?).with_bias();
        let optimizer = Sgd::new(&[0.5, 0.25], 0.8, Schedule::Constant)?;
        let spec = TrainingSpec { network, optimizer, bounds: Default::default(), loss: Default::default() };
        let (setup, request) = (TrainingSetup::new(&spec, self.batch), ParameterRequest::default());
        let (deployment, _) = choose_layout(&setup, &request, &CostModel::default())?;
        let TrainingDeployment { training, inference } = &deployment;
        let (holder, keys) = training.make_keys(KeySwitching::default())?;
        let circuit = Arc::new(Circuit::new(SealEvaluator::new(&training.parameters, &keys)?));
        let server = Timed::of(Server::new(circuit.clone(), training.program.clone(), training.plan.clone()));
        let spent = server.spent.clone();
        let inferring = Server::new(circuit, inference.program.clone(), inference.plan.clone());
        let weights = Weights::random(&spec.network, &[0.25, 0.25], 0)?;
        let mut session = TrainingSession::new(&deployment, Arc::new(holder), server, inferring, weights)?;
        let constant = Array2::ones((self.batch, 1));
        let inputs = ndarray::concatenate![ndarray::Axis(1), self.samples(), constant];
        session.add_batch(inputs.view(), centred_one_hot(&self.labels(), self.widths[2])?.view())?;
        session.step()?;
        Ok(Cost { plan: training.plan.clone(), times: median_of_runs(runs, steps, &spent, || session.step())? })
    }
}

/// The run of the median processor time.
fn median_of_runs(
    runs: usize,
    steps: usize,
    server: &AtomicU64,
    mut step: impl FnMut() -> Result<StepOutcome>,
) -> Result<Times> {
    let mut measured = Vec::with_capacity(runs);
    for _ in 0..runs {
        server.store(0, Relaxed);
        let (processor, clock) = (ProcessTime::now(), Instant::now());
        for _ in 0..steps {
            step()?;
        }
        let (both, elapsed) = (processor.elapsed(), clock.elapsed());
        let server = Duration::from_nanos(server.load(Relaxed));
        let [client, server, elapsed] = [both.saturating_sub(server), server, elapsed].map(|all| all / steps as u32);
        measured.push(Times { client, server, elapsed });
    }
    measured.sort_by_key(|times| times.client + times.server);
    Ok(measured.swap_remove(runs / 2))
}

/// A server, with the processor time of its answers.
struct Timed<S> {
    server: S,
    /// In nanoseconds.
    spent: Arc<AtomicU64>,
}

impl<S> Timed<S> {
    fn of(server: S) -> Timed<S> {
        Timed { server, spent: Arc::default() }
    }
}

impl<P: Program, S: Peer<P>> Peer<P> for Timed<S> {
    type Fresh = S::Fresh;
    type Ciphertext = S::Ciphertext;

    fn keep(&mut self, part: &P::Part, data: &Of<P::Kept, S::Fresh>) -> Result<()> {
        self.server.keep(part, data)
    }

    fn forget(&mut self) -> Result<()> {
        self.server.forget()
    }

    fn call(&mut self, call: &P::Call, asked: &Of<P::Asked, S::Fresh>) -> Result<Of<P::Answer, S::Ciphertext>> {
        let started = ProcessTime::now();
        let answer = self.server.call(call, asked);
        self.spent.fetch_add(started.elapsed().as_nanos() as u64, Relaxed);
        answer
    }

    fn traffic(&self) -> Traffic {
        self.server.traffic()
    }
}
