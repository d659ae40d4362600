//! `seal-nn plan`: what a training needs, before any key is generated.

use std::collections::BTreeMap;

use clap::Args;
use seal_nn::{
    Level,
    backend::{CostModel, KeySwitching, Operation, Tallies},
    model::{HiddenActivation, Model},
    nn::{head::Dense, layerwise::LayerwiseTraining, layout::Layout, split::SplitTraining},
    program::Line,
    protocol::{
        Deployment, TrainingDeployment,
        wire::{Hiding, Offer},
    },
    report::{Align, Table, format},
};

use super::{
    compare,
    costs::Costs,
    job::Job,
    loss_at_client, notes, packing, scaling, served,
    settings::{Settings, Task},
    training::{Bootstrapped, Experiment, Method, RoundsMethod, RoundsProgram, StepKind, WholeMethod},
};

#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    settings: Settings,

    /// Compare all layouts, with the best shapes of the axis layout
    #[arg(long)]
    compare: bool,

    /// Bandwidth between ranks in Gbit/s, for --ranks [default: as measured, or 10]
    #[arg(long, value_name = "GBIT", allow_negative_numbers = true)]
    network_gbit: Option<f64>,

    /// First measure the cost of operations on this machine, and store it for all later choices of a layout; started by
    /// mpirun on several ranks, measure the network between them instead
    #[arg(long)]
    measure: bool,
}

pub fn run(args: &PlanArgs, job: &Job) -> anyhow::Result<()> {
    let task = args.settings.prepare(1)?;
    match job {
        _ if !args.measure => {}
        #[cfg(feature = "mpi")]
        Job::Leader(leader) => Costs::measure_network(leader)?,
        _ => Costs::measure()?,
    }
    let costs = Costs::load();
    if args.compare {
        return compare::print(&task, &costs);
    }
    if let Some(most) = args.settings.asked_ranks() {
        return scaling::print(&args.settings, most, args.network_gbit, &costs);
    }
    match task {
        Task::Whole(whole) => print_whole(&whole.plan()?, &costs)?,
        Task::Rounds(rounds) => match rounds.kind {
            StepKind::Split => print_rounds(&rounds.plan::<SplitTraining>(&costs.table)?, &costs)?,
            StepKind::Layerwise => print_rounds(&rounds.plan::<LayerwiseTraining>(&costs.table)?, &costs)?,
        },
    }
    Ok(())
}

fn print_whole(method: &WholeMethod, costs: &Costs) -> anyhow::Result<()> {
    let (WholeMethod { whole, deployment, .. }, experiment) = (method, method.experiment());
    print_beginning(method);
    let steps = match whole.refresh_every {
        1 => "One training step".into(),
        steps => format!("{steps} training steps"),
    };
    say!("{steps}, level by level:\n{}", level_table(&deployment.training.plan.operations));
    say!("An inference, level by level:\n{}", level_table(&deployment.inference.plan.operations));
    print_rotations(method);
    let key_switching = experiment.request.key_switching;
    say!("{}", summary(deployment, key_switching));
    if let Some(bootstrapped) = &method.bootstrapped {
        print_bootstrap(method, bootstrapped, costs)?;
    }
    print_crossings(&method.model(&whole.weights)?, costs);
    let widths = whole.spec.network.widths();
    let activation = HiddenActivation::Polynomial(whole.spec.network.activation().clone());
    print_served(widths, &activation);
    print_others("The same network with the loss at the client", experiment, widths, &costs.table, 0.0);
    Ok(())
}

fn print_rounds<P: RoundsProgram>(method: &RoundsMethod<P>, costs: &Costs) -> anyhow::Result<()>
where
    RoundsMethod<P>: Method<Weights = Vec<Dense>>,
{
    print_beginning(method);
    say!("One training step, level by level:\n{}", level_table(&method.plan().operations));
    print_rotations(method);
    let rounds = &method.rounds;
    let title = "Steps with the loss at the client";
    print_others(title, method.experiment(), &rounds.widths, &costs.table, rounds.seconds_per_byte());
    say!("`plan --compare` shows steps in one round trip beside them.\n");
    print_crossings(&method.model(&rounds.layers)?, costs);
    print_served(&rounds.widths, &rounds.activation);
    Ok(())
}

fn print_beginning(method: &impl Method) {
    let experiment = method.experiment();
    notes::print(&experiment.notes);
    say!("{}\n{}\n", method.headline(), experiment.schedule_line());
}

fn print_rotations(method: &impl Method) {
    let rotations: Vec<String> = method.keys().rotations.keys().map(ToString::to_string).collect();
    say!("Rotation steps ({}): {}\n", rotations.len(), rotations.join(" "));
}

/// From how many rows on each packing of an inference with such a model is the fastest.
fn print_crossings(model: &Model, costs: &Costs) {
    say!("Files of many rows (seal-nn infer), by the cost model ({}):", costs.source);
    match packing::crossings(model, &costs.table) {
        Ok(table) => say!("{table}"),
        Err(error) => say!("not possible: {error}\n"),
    }
}

/// What a server does to the answers of such a network, once it is a model of its own.
fn print_served(widths: &[usize], activation: &HiddenActivation) {
    let planned = || {
        let deployment = Deployment::of_server_model(&activation.head_shape(widths)?, "", &Default::default())?;
        Ok::<_, seal_nn::Error>((deployment.parameters.poly_modulus_degree(), Hiding::of(&deployment.plan)?))
    };
    say!("As a model of a server's own (seal-nn serve --model, docs/network.md):");
    match planned() {
        Ok((degree, hiding)) => say!("N = {degree}, noise of {}", served::in_words(&hiding)),
        Err(error) => say!("not possible: {error}"),
    }
}

/// The steps with the loss at the client side by side.
fn print_others(title: &str, experiment: &Experiment, widths: &[usize], costs: &CostModel, seconds_per_byte: f64) {
    let (possible, _) = loss_at_client::plans(experiment, widths, costs, seconds_per_byte);
    if !possible.is_empty() {
        say!("{title} (docs/split-step.md):");
        say!("{}", loss_at_client::table(&possible, experiment.request.key_switching));
    }
}

/// What the server does between two steps, and what it costs.
fn print_bootstrap(method: &WholeMethod, bootstrapped: &Bootstrapped, costs: &Costs) -> seal_nn::Result<()> {
    let deployment = &method.deployment;
    let (plan, step) = (&bootstrapped.bootstrapping.plan, &deployment.training.plan);
    let (bootstrapping, spec) = (&bootstrapped.bootstrapping, bootstrapped.bootstrapping.parameters.spec());
    let of = match spec.parts {
        1 => "one ciphertext".to_owned(),
        parts => format!("{parts} ciphertexts together, {} values", spec.period),
    };
    say!("A bootstrap of {of}, level by level:\n{}", level_table(&plan.operations));
    let (seconds, ciphertexts) = (plan.seconds(&costs.table), step.ciphertexts_up());
    let steps = deployment.training.program.setup().refresh_every as f64;
    let once = bootstrapping.seconds_for(ciphertexts, &costs.table) / steps;
    let keys = plan.expanded_key_bytes() as u64;
    let session = match Offer::new(&method.announcements()?) {
        Ok(offer) => format::bytes(offer.memory_bytes() as u64),
        Err(error) => format!("not served: {error}"),
    };
    say!(
        "{}",
        Table::metrics([
            (
                format!("bootstraps between two refreshes, of {ciphertexts} ciphertext(s)"),
                bootstrapping.count_for(ciphertexts).to_string()
            ),
            ("estimated time of one, on one thread".to_owned(), format::seconds(seconds)),
            (
                "estimated time of a step with them".to_owned(),
                format::seconds(once + step.seconds(&costs.table) / steps)
            ),
            (format!("keys for them ({}), once", plan.key_count()), format::bytes(plan.key_bytes() as u64)),
            ("memory of these keys at the server".to_owned(), format::bytes(keys)),
            ("memory of the whole session at the server".to_owned(), session),
        ])
    );
    Ok(())
}

const KINDS: [(Operation, &str); 8] = [
    (Operation::Rotate, "rotate"),
    (Operation::RotateHoisted, "hoisted"),
    (Operation::Relinearize, "relinearise"),
    (Operation::MultiplyCiphertexts, "ct x ct"),
    (Operation::MultiplyPlain, "ct x pt"),
    (Operation::Rescale, "rescale"),
    (Operation::Add, "add"),
    (Operation::AddPlain, "add pt"),
];

fn level_table(operations: &Tallies) -> Table {
    let mut levels: BTreeMap<Level, BTreeMap<Operation, usize>> = BTreeMap::new();
    for (operation, level, tally) in operations.iter() {
        levels.entry(level).or_default().insert(operation, tally.count);
    }
    let headers = [("level", Align::Right)].into_iter().chain(KINDS.map(|(_, name)| (name, Align::Right)));
    let mut table = Table::new(headers);
    let cell = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    for (level, counts) in levels.iter().rev() {
        let cells = KINDS.iter().map(|(kind, _)| cell(counts.get(kind).copied().unwrap_or(0)));
        table.row([level.0.to_string()].into_iter().chain(cells));
    }
    table.row(["all".to_owned()].into_iter().chain(KINDS.iter().map(|(kind, _)| cell(operations.count(*kind)))));
    table
}

fn summary(deployment: &TrainingDeployment<Layout>, key_switching: KeySwitching) -> Table {
    let Deployment { program: training, plan, keys, .. } = &deployment.training;
    let operations = &plan.operations;
    let bytes = |count: usize| format::bytes(count as u64);
    let mut table = Table::new([("metric", Align::Left), ("value", Align::Right)]);
    let steps = training.setup().refresh_every;
    let count =
        |count: usize| if steps == 1 { count.to_string() } else { format!("{:.1}", count as f64 / steps as f64) };
    let cost = |cost: f64| format!("{:.1}", cost / steps as f64);
    table.row(["rotations per step".to_owned(), count(operations.rotations())]);
    table.row(["relinearisations per step".to_owned(), count(operations.count(Operation::Relinearize))]);
    table.row([
        "estimated cost per step, in full key switches".to_owned(),
        cost(CostModel::in_key_switches(operations)),
    ]);
    table.row([
        "estimated work per step, in SEAL's key switches at N = 16384 with 8 primes".to_owned(),
        cost(CostModel::key_switch_work(operations, &plan.chain)),
    ]);
    table.row(["Galois keys, seed-compressed".to_owned(), bytes(keys.galois_bytes(&plan.chain, key_switching))]);
    table.row(["relinearisation key, seed-compressed".to_owned(), bytes(keys.relin_bytes(&plan.chain, key_switching))]);
    table.row(["one batch, once, client to server".to_owned(), bytes(plan.kept_bytes())]);
    table.row(["weights per refresh, client to server".to_owned(), bytes(plan.bytes_up())]);
    table.row(["weights per refresh, server to client".to_owned(), bytes(plan.bytes_down())]);
    table.row(["weights per step, both ways".to_owned(), bytes((plan.bytes_up() + plan.bytes_down()).div_ceil(steps))]);
    table.row([
        format!("messages of a step at {}", Line::SLOW),
        format::seconds(Line::SLOW.seconds_of(plan) / steps as f64),
    ]);
    let once = keys.bytes(&plan.chain, key_switching) + plan.kept_bytes();
    table.row(["keys and one batch at that, once".to_owned(), format::seconds(Line::SLOW.seconds(once, 1))]);
    table
}
