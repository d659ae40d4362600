//! What more ranks are worth, by the planner: strong scaling (the same batch for all) and weak (the same batch for each), for
//! three workloads of docs/several-machines.md. Nothing is measured here: `benches/ranks.py` holds the model to measurement.
//!
//! `cargo bench --bench ranks [-- GBIT]`

use std::env;

use seal_nn::{
    Result,
    backend::CostModel,
    nn::split::SplitSetup,
    program::{Interconnect, MemberPlan, Plan, Program, RankSeconds},
    protocol::Deployment,
    report::{Align, Table, format},
};

/// Name, widths, samples of a step, and of a step of one rank with weak scaling.
const CASES: [(&str, &[usize], usize, usize); 3] = [
    ("digits, split step", &[61, 32, 10], 256, 256),
    ("MNIST-shaped head (HETAL's case), layer by layer", &[768, 10], 2048, 1024),
    ("MNIST, 784 features and 64 units (POSEIDON's case), split step", &[784, 64, 10], 512, 256),
];
const MOST: u32 = 10;

struct Step {
    plan: Plan,
    member: MemberPlan,
}

/// A step of so many samples in as many shares as ranks, in the fastest tiles; `None` if there are fewer samples than ranks.
fn step(widths: &[usize], batch: usize, ranks: usize) -> Result<Option<Step>> {
    if batch < ranks {
        return Ok(None);
    }
    let (setup, costs) = (SplitSetup::new(widths, batch).with_shares(ranks), CostModel::default());
    match widths.len() {
        3 => {
            let deployment = Deployment::of_split_training(&setup, &Default::default(), &costs, 0.0)?;
            member(&*deployment.program, deployment.plan, ranks)
        }
        _ => {
            let deployment = Deployment::of_layerwise_training(&setup, &Default::default(), &costs, 0.0)?;
            member(&*deployment.program, deployment.plan, ranks)
        }
    }
}

fn member<P: Program>(program: &P, plan: Plan, ranks: usize) -> Result<Option<Step>> {
    Ok(MemberPlan::of(program, &plan, ranks)?.map(|member| Step { plan, member }))
}

fn main() -> Result<()> {
    let gigabits = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10.0);
    let (interconnect, costs) = (Interconnect::of_gigabits(gigabits), CostModel::default());
    println!("One thread a rank, by the modelled cost of operations, {gigabits} Gbit/s between ranks.\n");
    for (name, widths, strong, weak) in CASES {
        for (title, batch_of) in [
            (format!("{strong} samples a step"), &(|_| strong) as &dyn Fn(usize) -> usize),
            (format!("{weak} samples a rank"), &|ranks: usize| weak * ranks),
        ] {
            let heads = [
                "ranks",
                "samples",
                "client",
                "a rank",
                "joining",
                "network",
                "server",
                "speed-up",
                "efficiency",
                "with client",
            ];
            let mut table = Table::new(heads.map(|head| (head, Align::Right)));
            let mut alone = None;
            for ranks in (0..=MOST).map(|bit| 1 << bit) {
                // Of what takes too many ciphertexts, there is no plan.
                let Ok(Some(Step { plan, member })) = step(widths, batch_of(ranks), ranks) else { break };
                let seconds = RankSeconds::of(&plan, &member, ranks, &costs, &interconnect);
                let RankSeconds { client, work, joining, network } = seconds;
                let samples = batch_of(ranks) as f64;
                let (server, total) = (samples / seconds.server(), samples / seconds.total());
                let (server_alone, total_alone) = *alone.get_or_insert((server, total));
                let [client, server_seconds] = [client, seconds.server()].map(format::seconds);
                let [work, joining, network] = [work, joining, network].map(format::seconds);
                let speed_up = server / server_alone;
                table.row([
                    ranks.to_string(),
                    batch_of(ranks).to_string(),
                    client,
                    work,
                    joining,
                    network,
                    server_seconds,
                    format!("{speed_up:.2}"),
                    format::percent(speed_up / ranks as f64),
                    format!("{:.2}", total / total_alone),
                ]);
            }
            println!("{name}, {title}:\n{table}");
        }
    }
    Ok(())
}
