//! What more ranks are worth (`plan --ranks`).

use seal_nn::{
    Result,
    nn::{layerwise::LayerwiseTraining, layout::Layout, split::SplitTraining, training::Training},
    program::{Interconnect, MemberPlan, Plan, Program, RankSeconds},
    report::{Align, Table, format},
};

use super::{
    costs::{self, Costs, MeasuredNetwork},
    notes,
    settings::{Settings, Task},
    training::{Bootstrapped, Method, RoundsProgram, StepKind},
    usage::UsageError,
};

/// A step on so many ranks.
struct Row {
    /// Samples of each rank.
    share: usize,
    layout: String,
    /// Bytes that are summed.
    summed: usize,
    seconds: RankSeconds,
}

/// Plans the steps of a batch for one rank, for two and so on, up to so many, each in the tiles that suit it best, and prints
/// what they take.
pub fn print(settings: &Settings, most: usize, gigabits: Option<f64>, costs: &Costs) -> anyhow::Result<()> {
    let (interconnect, source) = network(gigabits, costs)?;
    let first = settings.prepare_for(1)?;
    let experiment = first.experiment();
    notes::print(&experiment.notes);
    say!("{}, {}\n", experiment.dataset, experiment.schedule_line());
    let mut table = Table::new([
        ("ranks", Align::Right),
        ("samples each", Align::Right),
        ("layout", Align::Left),
        ("summed", Align::Right),
        ("client", Align::Right),
        ("a rank", Align::Right),
        ("joining", Align::Right),
        ("network", Align::Right),
        ("step", Align::Right),
        ("speed-up", Align::Right),
        ("efficiency", Align::Right),
    ]);
    let (mut alone, mut refused) = (None, None);
    for ranks in powers(most) {
        match row(settings, ranks, &interconnect, costs) {
            Ok(row) => {
                let total = row.seconds.total();
                let speed_up = *alone.get_or_insert(total) / total;
                let RankSeconds { client, work, joining, network } = row.seconds;
                let seconds = [client, work, joining, network, total].map(format::seconds);
                let [client, work, joining, network, total] = seconds;
                table.row([
                    ranks.to_string(),
                    row.share.to_string(),
                    row.layout,
                    format::bytes(row.summed as u64),
                    client,
                    work,
                    joining,
                    network,
                    total,
                    format!("{speed_up:.2}"),
                    format::percent(speed_up / ranks as f64),
                ]);
            }
            Err(error) if ranks == 1 => return Err(error),
            Err(error) => {
                refused = Some((ranks, error));
                break;
            }
        }
    }
    say!("A step of the same samples on more ranks, one thread each, by the cost model ({}), over a", costs.source);
    say!("network of {} ({source}):\n{table}", costs::in_words(&interconnect));
    if let Some((ranks, error)) = refused {
        say!("not possible on {ranks} ranks or more: {error}");
    }
    say!(
        "Ranks of one machine are better one process with its threads: each has its own keys. A rank's threads divide its time."
    );
    Ok(())
}

/// The network that was asked for, or measured, or Ethernet, and where it is from.
fn network(gigabits: Option<f64>, costs: &Costs) -> anyhow::Result<(Interconnect, String)> {
    match (gigabits, &costs.network) {
        (Some(gigabits), _) if !(gigabits > 0.0 && gigabits.is_finite()) => {
            let (flag, expected) = ("--network-gbit", "above 0, such as 10 for 10 Gbit/s".into());
            Err(UsageError::BadValue { flag, actual: gigabits.to_string(), expected }.into())
        }
        (Some(gigabits), _) => Ok((Interconnect::of_gigabits(gigabits), "--network-gbit".into())),
        (None, Some(MeasuredNetwork { ranks, network })) => Ok((*network, format!("measured between {ranks} ranks"))),
        (None, None) => Ok((
            Interconnect::ETHERNET,
            "assumed; mpirun -n RANKS seal-nn plan --measure measures that between the ranks of a job".into(),
        )),
    }
}

/// 1, 2, 4 and so on, and the last.
fn powers(most: usize) -> Vec<usize> {
    let mut powers: Vec<_> = (0..usize::BITS).map(|bit| 1 << bit).take_while(|power| *power < most).collect();
    powers.push(most);
    powers
}

fn row(settings: &Settings, ranks: usize, interconnect: &Interconnect, costs: &Costs) -> anyhow::Result<Row> {
    let task = settings.prepare_for(ranks)?;
    let experiment = task.experiment();
    let share = (experiment.batch * experiment.batches_per_step).div_ceil(ranks);
    let of = |layout: String, (summed, seconds): (usize, RankSeconds)| Row { share, layout, summed, seconds };
    Ok(match task {
        Task::Whole(whole) => {
            let method = whole.plan()?;
            let training = &method.deployment.training;
            let (summed, mut seconds) =
                planned::<Training<Layout>>(&training.program, &training.plan, ranks, interconnect, costs)?;
            if let Some(Bootstrapped { bootstrapping, .. }) = &method.bootstrapped {
                // Dealt out, after which each rank that made some tells all others.
                let (parameters, chain) = (&bootstrapping.parameters, &training.plan.chain);
                let count = bootstrapping.count_for(training.plan.ciphertexts_up());
                let (each, tellers) = (count.div_ceil(ranks), count.min(ranks));
                let bytes = each * parameters.spec().parts * chain.wire_ciphertext_bytes(parameters.output_level());
                seconds.work += each as f64 * bootstrapping.plan.seconds(&costs.table);
                seconds.network += tellers as f64 * interconnect.broadcast_seconds(bytes, ranks);
            }
            of(method.layout(), (summed, seconds))
        }
        Task::Rounds(rounds) => match rounds.kind {
            StepKind::Split => {
                let deployment = rounds.plan::<SplitTraining>(&costs.table)?.deployment;
                let planned = planned(&*deployment.program, &deployment.plan, ranks, interconnect, costs)?;
                of(RoundsProgram::tiles(&*deployment.program), planned)
            }
            StepKind::Layerwise => {
                let deployment = rounds.plan::<LayerwiseTraining>(&costs.table)?.deployment;
                let planned = planned(&*deployment.program, &deployment.plan, ranks, interconnect, costs)?;
                of(RoundsProgram::tiles(&*deployment.program), planned)
            }
        },
    })
}

/// The bytes that are summed in an exchange, and its seconds.
fn planned<P: Program>(
    program: &P,
    plan: &Plan,
    ranks: usize,
    interconnect: &Interconnect,
    costs: &Costs,
) -> Result<(usize, RankSeconds)> {
    // Shares are as many as ranks, so there is a share for each.
    let member = MemberPlan::of(program, plan, ranks)?;
    let seconds = |member: &MemberPlan| RankSeconds::of(plan, member, ranks, &costs.table, interconnect);
    let none = RankSeconds { client: 0.0, work: 0.0, joining: 0.0, network: 0.0 };
    Ok(member.map_or((0, none), |member| (member.summed_bytes, seconds(&member))))
}
