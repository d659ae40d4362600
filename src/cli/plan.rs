//! `seal-nn plan`: what a training needs, before any key is generated.

use std::collections::BTreeMap;

use clap::Args;
use seal_nn::{
    Level,
    backend::{CostModel, KeySwitching, Operation, Tallies},
    nn::layout::{Layout, TrainingLayout},
    protocol::{Deployment, TrainingDeployment},
    report::{Align, Table, format},
};

use super::{
    compare,
    costs::Costs,
    experiment::{Chosen, Experiment},
    loss_at_client, notes, packing,
    settings::Settings,
};

#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    settings: Settings,

    /// Compare all layouts, with the best shapes of the axis layout
    #[arg(long)]
    compare: bool,

    /// First measure the cost of operations on this machine, and store it for all later choices of a layout
    #[arg(long)]
    measure: bool,
}

pub fn run(args: &PlanArgs) -> anyhow::Result<()> {
    let experiment = args.settings.prepare()?;
    if args.measure {
        Costs::measure()?;
    }
    if args.compare {
        return compare::print(&experiment);
    }
    let chosen = experiment.choose()?;
    let deployment = &chosen.deployment;
    notes::print(&experiment.notes);
    say!("{}\n{}\n", headline(&experiment, &chosen), experiment.schedule_line());
    let steps = match experiment.refresh_every {
        1 => "One training step".into(),
        steps => format!("{steps} training steps"),
    };
    say!("{steps}, level by level:\n{}", level_table(&deployment.training.plan.operations));
    say!("An inference, level by level:\n{}", level_table(&deployment.inference.plan.operations));
    let rotations: Vec<String> = deployment.training.keys.rotations.keys().map(ToString::to_string).collect();
    say!("Rotation steps ({}): {}\n", rotations.len(), rotations.join(" "));
    let key_switching = experiment.request.key_switching;
    say!("{}", summary(deployment, key_switching));
    let costs = Costs::load();
    say!("Files of many rows (seal-nn infer), by the cost model ({}):", costs.source);
    say!("{}", packing::crossings(&experiment.spec.network, deployment.layout().kind(), &costs.table)?);
    let (possible, _) = loss_at_client::plans(&experiment, &costs.table);
    if !possible.is_empty() {
        say!("The same network with the loss at the client (docs/split-step.md):");
        say!("{}", loss_at_client::table(&possible, key_switching));
    }
    Ok(())
}

/// Network, layout and parameters in a few lines.
pub fn headline(experiment: &Experiment, chosen: &Chosen) -> String {
    let Chosen { deployment, reason } = chosen;
    let Deployment { parameters, program: training, plan, .. } = &deployment.training;
    let layout = deployment.layout();
    let network = &experiment.spec.network;
    let bits: Vec<String> = parameters.coeff_modulus_bits().iter().map(u32::to_string).collect();
    format!(
        "network     {network}{bias}, activation {activation}, batch {batch}\n\
         layout      {layout} ({reason})\n\
         parameters  N = {n}, primes of {bits} bits ({total} in all), {security}\n\
         depth       {depth} levels per step{chain}: weights and samples enter at {entry}, targets at {targets}, weights leave at {exit}",
        bias = if network.has_bias() { " with bias" } else { "" },
        activation = network.activation(),
        batch = experiment.batch,
        n = parameters.poly_modulus_degree(),
        bits = bits.join(", "),
        total = parameters.total_bits(),
        security = match parameters.security_bits() {
            0 => "INSECURE".to_owned(),
            bits => format!("{bits}-bit security"),
        },
        depth = plan.depth / training.setup().refresh_every,
        chain = match training.setup().refresh_every {
            1 => String::new(),
            steps => format!(", {steps} steps between refreshes"),
        },
        entry = plan.entry,
        targets = plan.kept.last().unwrap_or(&plan.entry),
        exit = plan.exit,
    )
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
    table
}
