//! `seal-nn plan --compare`: the cost of every layout.

use seal_nn::{
    backend::{CostModel, Operation},
    nn::{
        layout::{Candidate, LayoutKind, TrainingLayout},
        training::TrainingSetup,
    },
    program::Line,
    protocol::{BootstrapRequest, choose_bootstrapped_layout, choose_layout},
    report::{Align, Table, format},
};

use super::{
    costs::Costs,
    loss_at_client::{self, Planned},
    settings::Task,
};

/// One line per layout, ring and shape, the cheapest first.
pub fn print(task: &Task, costs: &Costs) -> anyhow::Result<()> {
    let experiment = task.experiment();
    let (setup, widths, seconds_per_byte) = match task {
        Task::Whole(whole) => (whole.setup(), whole.spec.network.widths().to_vec(), 0.0),
        Task::Rounds(rounds) => (rounds.as_whole()?, rounds.widths.clone(), rounds.seconds_per_byte()),
    };
    // Here the client refreshes.
    let with_client = TrainingSetup { look_every: None, left_levels: 0, ..setup.clone() };
    let (_, choice) = choose_layout(&with_client, &experiment.request, &costs.table)?;
    const HEADS: [&str; 12] = [
        "layout",
        "N",
        "depth",
        "rotations",
        "relinearise",
        "ct x ct",
        "keys",
        "cost",
        "work",
        "seconds",
        "refresh per step",
        "slow line",
    ];
    let columns = || HEADS.iter().enumerate().map(|(i, &head)| (head, if i == 0 { Align::Left } else { Align::Right }));
    let mut table = Table::new(columns());
    choice.candidates.iter().for_each(|candidate| add(&mut table, candidate));
    let (rounds, impossible) = loss_at_client::plans(experiment, &widths, &costs.table, seconds_per_byte);
    rounds.iter().for_each(|rounds| add_rounds(&mut table, rounds));
    say!("{table}");
    say!("cost: in full key switches; work: in key switches at N = 16384 with 8 primes, depending on the level;");
    say!("seconds: operations and refresh on one thread, {};", costs.source);
    say!("slow line: messages of a step at {} a round trip\n", Line::SLOW);
    say!("{} is {}\n", choice.candidates[0].layout.kind(), choice.reason());
    let possible = |kind: &LayoutKind| choice.candidates.iter().any(|c| c.layout.kind() == *kind);
    for (kind, reason) in choice.refused.iter().filter(|(kind, _)| !possible(kind)) {
        say!("{kind}: {reason}");
    }
    for (name, reason) in impossible {
        say!("{name}: {reason}");
    }
    if let Task::Whole(whole) = task
        && let Some(asked) = whole.bootstraps
    {
        let bootstraps = BootstrapRequest::new(asked.bound.unwrap_or(1.0));
        let bootstraps = BootstrapRequest { second_pass: asked.second_pass, ..bootstraps };
        let (_, bootstrapping, choice) =
            choose_bootstrapped_layout(&setup, &experiment.request, &bootstraps, &costs.table)?;
        let mut table = Table::new(columns());
        choice.candidates.iter().for_each(|candidate| add(&mut table, candidate));
        let one = format::seconds(bootstrapping.plan.seconds(&costs.table));
        say!(
            "\nWith --refresh bootstrap, whose bootstraps (one takes {one} for the first of these) are part of the seconds; weights"
        );
        say!("then cross the line every {} steps:\n{table}", setup.most_steps());
    }
    Ok(())
}

/// A step with the loss at the client, which has no layout of these and more round trips.
fn add_rounds(table: &mut Table, Planned { name, tiles, plan, seconds, .. }: &Planned) {
    let operations = &plan.operations;
    table.row([
        format!("{name}, {} round trips: {tiles}", plan.rounds.len()),
        plan.chain.poly_modulus_degree().to_string(),
        plan.depth.to_string(),
        operations.rotations().to_string(),
        operations.count(Operation::Relinearize).to_string(),
        operations.count(Operation::MultiplyCiphertexts).to_string(),
        plan.keys.rotations.len().to_string(),
        format!("{:.1}", CostModel::in_key_switches(operations)),
        format!("{:.1}", CostModel::key_switch_work(operations, &plan.chain)),
        format::seconds(*seconds),
        format::bytes((plan.bytes_up() + plan.bytes_down()) as u64),
        format::seconds(Line::SLOW.seconds_of(plan)),
    ]);
}

fn add(table: &mut Table, Candidate { layout, plan, refresh_every, seconds }: &Candidate) {
    let (operations, degree) = (&plan.operations, plan.chain.poly_modulus_degree());
    let share = |count: usize| count.div_ceil(*refresh_every).to_string();
    let cost = |cost: f64| format!("{:.1}", cost / *refresh_every as f64);
    table.row([
        layout.to_string(),
        degree.to_string(),
        (plan.depth / refresh_every).to_string(),
        share(operations.rotations()),
        share(operations.count(Operation::Relinearize)),
        share(operations.count(Operation::MultiplyCiphertexts)),
        plan.keys.rotations.len().to_string(),
        cost(CostModel::in_key_switches(operations)),
        cost(CostModel::key_switch_work(operations, &plan.chain)),
        format::seconds(*seconds),
        format::bytes((plan.bytes_up() + plan.bytes_down()).div_ceil(*refresh_every) as u64),
        format::seconds(Line::SLOW.seconds_of(plan) / *refresh_every as f64),
    ]);
}
