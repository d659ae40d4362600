//! `seal-nn reproduce mihara2020`: plans, estimates, runs piece by piece, reports.

mod accuracy_plot;
mod assemble;
mod budget;
pub mod child;
mod claims;
mod compare;
mod error;
mod iris;
mod job;
mod layouts;
mod machine_speed;
mod measure;
mod ratio_plot;
mod record;
#[cfg(test)]
mod sample;
mod scaling_plot;
mod sections;
mod spread;
mod state;
#[cfg(test)]
mod tests;
mod training;
mod workload;

use std::path::PathBuf;

use clap::Args;
use seal_nn::{
    backend::CostModel,
    report::{Machine, OutputDir, format},
};

use self::{
    assemble::assemble,
    budget::{Budget, Piece, QUICK_SECONDS, Task},
    child::Outcome,
    compare::{DenseRow, Row},
    job::Job,
    state::{Origin, State},
    workload::{WIDTHS, Workload},
};
use crate::cli::{
    backend_args::{KeySwitchingName, Threads},
    print::print_and_write,
    progress::Progress,
    reproduce::run_info::RunInfo,
};

#[derive(Args)]
pub struct MiharaArgs {
    /// Only what takes a minute or two: all counts, two seeds of Iris, the fast steps by the clock
    #[arg(long)]
    quick: bool,

    /// Most seconds of trainings and timed steps with --quick, as estimated
    #[arg(long, default_value_t = QUICK_SECONDS, requires = "quick")]
    seconds: u32,

    /// Folder for mihara2020.json, mihara2020.md and the plots; a run that was interrupted goes on from what it has
    /// finished there
    #[arg(long, default_value = "runs/mihara2020")]
    out: PathBuf,

    /// Start anew, whatever the folder has
    #[arg(long)]
    fresh: bool,

    /// Decides data and weights of the timed steps, and the first seed of the trainings on Iris
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Who switches keys: SEAL's own calls, as in the paper, or ours
    #[arg(long, value_enum, default_value_t = KeySwitchingName::Seal)]
    key_switching: KeySwitchingName,

    #[command(flatten)]
    threads: Threads,
}

/// All that is compared, and what of it is run.
pub struct Schedule {
    pub rows: Vec<Row>,
    pub dense: Vec<DenseRow>,
    pub pieces: Vec<Piece>,
}

pub fn run(args: &MiharaArgs) -> anyhow::Result<()> {
    let pool = args.threads.pool()?;
    let out = OutputDir::create(&args.out)?;
    let done = pool.install(|| reproduce(args, &out));
    if done.is_err() {
        out.abandon();
    }
    done
}

fn reproduce(args: &MiharaArgs, out: &OutputDir) -> anyhow::Result<()> {
    let origin = Origin { run: RunInfo::new(args.quick, args.seed), key_switching: args.key_switching };
    let mut state = State::open(out, origin.clone(), args.fresh)?;
    let rows = compare::plan(&Workload::compared(args.key_switching));
    let dense = compare::plan_dense(&WIDTHS, args.key_switching);
    // Kept, so that a run that goes on makes the same choice of what to run.
    let costs = match &state.costs {
        Some(costs) => costs.clone(),
        None => state.costs.insert(machine_speed::measure(args.key_switching)?).clone(),
    };
    let budget = if args.quick { Budget::quick(args.seconds) } else { Budget::full() };
    let mut schedule = Schedule { pieces: budget.pieces(&rows, &dense, &costs, args.seed), rows, dense };
    announce(&origin.run.machine, &costs, &schedule.pieces, &state);
    run_pieces(&mut schedule.pieces, &mut state, out, args.seed)?;

    let report = assemble(&origin, &schedule, &state, &costs);
    print_and_write(out, &report)
}

/// What will be done, and how long it takes.
fn announce(machine: &Machine, costs: &CostModel, pieces: &[Piece], state: &State) {
    let (runnable, left): (Vec<&Piece>, Vec<&Piece>) = pieces.iter().partition(|piece| piece.not_run.is_none());
    let (finished, open): (Vec<&Piece>, Vec<&Piece>) = runnable.into_iter().partition(|piece| piece.is_in(state));
    say!("machine     {machine}");
    say!("speed        {} for a key switch at N = 16384 with 8 primes", format::seconds(costs.key_switch()));
    say!("pieces      {} to run, {} finished before, {} planned only", open.len(), finished.len(), left.len());
    let seconds: f64 = open.iter().map(|piece| piece.seconds).sum();
    say!(
        "estimate    about {} on an idle machine; an interrupted run resumes where it stopped",
        format::seconds(seconds)
    );
}

fn run_pieces(pieces: &mut [Piece], state: &mut State, out: &OutputDir, seed: u64) -> anyhow::Result<()> {
    let open: Vec<&mut Piece> =
        pieces.iter_mut().filter(|piece| piece.not_run.is_none() && !piece.is_in(state)).collect();
    let whole = |seconds: f64| seconds.ceil() as usize;
    let progress = Progress::new(open.iter().map(|piece| whole(piece.seconds)).sum(), "seconds foreseen");
    for piece in open {
        match &piece.task {
            Task::Iris { workload, seed } => {
                let run = iris::train(workload, *seed)?;
                progress.line(&format!(
                    "{}: {} encrypted, {} clear",
                    piece.name(),
                    format::percent(run.encrypted_test_accuracy),
                    format::percent(run.clear_test_accuracy)
                ));
                state.iris.insert(*seed, run);
            }
            Task::Training { dataset, seed } => {
                let folder = out.path().join("trainings").join(format!("{dataset}-{seed}"));
                let run =
                    training::train(dataset, *seed, state.key_switching(), rayon::current_num_threads(), &folder)?;
                progress.line(&format!(
                    "{}: {} encrypted, {} clear",
                    piece.name(),
                    format::percent(run.encrypted_test_accuracy),
                    format::percent(run.clear_test_accuracy)
                ));
                state.trainings.insert(piece.name(), run);
            }
            Task::Step { workload, kind, ours, repeats } => match child::time(&Job {
                workload: workload.clone(),
                beside_ours: layouts::is_published(*kind),
                layout: (!ours).then(|| kind.name().into()),
                repeats: *repeats,
                threads: rayon::current_num_threads(),
                seed,
            })? {
                Outcome::Timed(timing) => {
                    let (seconds, difference) = (timing.seconds, timing.max_weight_difference);
                    progress.line(&format!(
                        "{}: {}, weights differ by {}",
                        piece.name(),
                        format::seconds(seconds),
                        format::small(difference)
                    ));
                    state.timings.insert(piece.name(), timing);
                }
                Outcome::Killed(reason) => {
                    progress.line(&format!("{}: {reason}", piece.name()));
                    piece.not_run = Some(reason);
                }
            },
        }
        state.save(out)?;
        progress.advance_by(whole(piece.seconds));
    }
    Ok(())
}
