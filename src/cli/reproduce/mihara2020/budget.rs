//! What is run by the clock, and what is only planned.

use seal_nn::{
    backend::CostModel,
    nn::layout::LayoutKind,
    program::Plan,
    report::{available_bytes, format},
};

use super::{
    compare::{DenseRow, Row},
    layouts,
    state::State,
    workload::{IRIS_STEPS, Workload},
};

/// How long pieces may take, in estimated seconds, and how many there are.
pub struct Budget {
    /// For one piece.
    piece: f64,
    /// For all.
    total: f64,
    /// Seeds of Iris.
    seeds: u64,
    /// Data sets to train on as `seal-nn train` does, how many seeds, and how long a training takes in key switches.
    trainings: &'static [(&'static str, u64, f64)],
    /// For the timed steps of one piece, of which there are up to `most_repeats`.
    window: f64,
    most_repeats: usize,
    /// Its name in a reason not to run a piece.
    name: &'static str,
}

/// A minute's work; a machine with load takes two.
pub const QUICK_SECONDS: u32 = 60;
const FULL: Budget = Budget {
    piece: 3600.0,
    total: f64::INFINITY,
    seeds: 5,
    trainings: &[("wine", 5, 1500.0), ("breast-cancer", 5, 4000.0), ("digits", 3, 45000.0)],
    window: 30.0,
    most_repeats: 5,
    name: "the run",
};

/// Something to run, or the reason why not.
pub struct Piece {
    pub task: Task,
    /// Estimated.
    pub seconds: f64,
    pub not_run: Option<String>,
}

pub enum Task {
    /// A training in the default layout.
    Iris { workload: Workload, seed: u64 },
    /// A training with the defaults of `seal-nn train`.
    Training { dataset: &'static str, seed: u64 },
    /// A timed step in a layout; `ours` when it is the default one.
    Step { workload: Workload, kind: LayoutKind, ours: bool, repeats: usize },
}

impl Piece {
    /// What it is called in the state and to people.
    pub fn name(&self) -> String {
        match &self.task {
            Task::Iris { seed, .. } => format!("Iris, seed {seed}"),
            Task::Training { dataset, seed } => format!("{dataset}, seed {seed}"),
            Task::Step { workload, kind, .. } => step_name(workload, *kind),
        }
    }

    /// Whether an earlier run finished it.
    pub fn is_in(&self, state: &State) -> bool {
        match &self.task {
            Task::Iris { seed, .. } => state.iris.contains_key(seed),
            Task::Training { .. } => state.trainings.contains_key(&self.name()),
            Task::Step { .. } => state.timings.contains_key(&self.name()),
        }
    }
}

/// The name of a timed step.
pub fn step_name(workload: &Workload, kind: LayoutKind) -> String {
    format!("{}, batch {}, layout {kind}", workload.network, workload.batch)
}

impl Budget {
    /// For a full run.
    pub fn full() -> Budget {
        FULL
    }

    /// For so many seconds of work.
    pub fn quick(seconds: u32) -> Budget {
        let total = f64::from(seconds);
        Budget { piece: total / 5.0, total, seeds: 2, trainings: &[], window: 1.0, most_repeats: 3, name: "--quick" }
    }

    /// Trainings on Iris, then timed steps, the most informative first, then trainings on the other data sets. Steps that
    /// the budget does not cover are only planned.
    pub fn pieces(&self, rows: &[Row], dense: &[DenseRow], costs: &CostModel, first_seed: u64) -> Vec<Piece> {
        let mut pieces = self.iris(rows, costs, first_seed);
        let mut spent: f64 = pieces.iter().map(|piece| piece.seconds).sum();
        for row in in_order(rows, dense) {
            let Some(plan) = row.plan() else { continue };
            let mut piece = self.step(row, plan, ours_beside(row, rows), costs);
            if piece.not_run.is_none() && spent + piece.seconds > self.total {
                piece.not_run = Some(format!("beyond the time of {}", self.name));
            }
            spent += if piece.not_run.is_none() { piece.seconds } else { 0.0 };
            pieces.push(piece);
        }
        pieces.extend(self.trainings(costs, first_seed));
        pieces
    }

    /// Trainings of the paper's network in our layout for it.
    fn iris(&self, rows: &[Row], costs: &CostModel, first_seed: u64) -> Vec<Piece> {
        let ours = rows.iter().find(|row| row.ours);
        let Some((row, plan)) = ours.and_then(|row| Some((row, row.plan()?))) else { return Vec::new() };
        let seconds = keys(row, plan, costs) + step(plan, costs) * IRIS_STEPS as f64;
        let task = |seed| Task::Iris { workload: row.workload.clone(), seed: first_seed.wrapping_add(seed) };
        (0..self.seeds).map(|seed| Piece { task: task(seed), seconds, not_run: None }).collect()
    }

    /// Trainings on the other data sets.
    fn trainings(&self, costs: &CostModel, first_seed: u64) -> impl Iterator<Item = Piece> {
        let of = move |&(dataset, seeds, switches): &(&'static str, u64, f64)| {
            let task = move |seed| Task::Training { dataset, seed: first_seed.wrapping_add(seed) };
            (0..seeds).map(move |seed| Piece {
                task: task(seed),
                seconds: switches * costs.key_switch(),
                not_run: None,
            })
        };
        self.trainings.iter().flat_map(of)
    }

    fn step(&self, row: &Row, plan: &Plan, ours: Option<&Plan>, costs: &CostModel) -> Piece {
        let plans = || [Some(plan), ours].into_iter().flatten();
        let seconds_a_step: f64 = plans().map(|plan| step(plan, costs)).sum();
        let repeats = ((self.window / seconds_a_step) as usize).clamp(1, self.most_repeats);
        let seconds = plans().map(|plan| keys(row, plan, costs)).sum::<f64>() + seconds_a_step * (1 + repeats) as f64;
        let (needed, available) = (plans().map(Plan::memory_bytes).sum::<usize>() as u64, available_bytes());
        let not_run = match available {
            _ if seconds > self.piece => Some(format!(
                "longer than {} with their keys, the most that {} spends on a step",
                format::seconds(self.piece),
                self.name
            )),
            Some(available) if needed > available => {
                Some(format!("about {} of memory, and {} is free", format::bytes(needed), format::bytes(available)))
            }
            _ => None,
        };
        Piece {
            task: Task::Step { workload: row.workload.clone(), kind: row.kind, ours: row.ours, repeats },
            seconds,
            not_run,
        }
    }
}

/// Seconds of the server's part of a step.
fn step(plan: &Plan, costs: &CostModel) -> f64 {
    costs.of(&plan.operations, &plan.chain)
}

/// Seconds for the keys of a plan.
fn keys(row: &Row, plan: &Plan, costs: &CostModel) -> f64 {
    costs.keys(&plan.keys, &plan.chain, row.workload.key_switching.into())
}

/// On the paper's network a batch in our layout and the published ones, the networks d-d-d from the smallest, a single
/// sample on the paper's network, the other networks, and last our layouts that a training does not choose.
fn in_order<'a>(rows: &'a [Row], dense: &'a [DenseRow]) -> Vec<&'a Row> {
    let papers = rows.first().map(|row| &row.workload.network);
    let rank = |row: &Row| match row.ours || layouts::is_published(row.kind) {
        false => 4,
        true if Some(&row.workload.network) != papers => 3,
        true if row.workload.batch == 1 => 2,
        true => 0,
    };
    let ranked = rows.iter().map(|row| (rank(row), row)).chain(dense.iter().map(|dense| (1, &dense.ours)));
    let mut ranked: Vec<(u8, &Row)> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, row)| row).collect()
}

/// Our plan for the same workload, when the row is a published layout: the two are timed in turns.
fn ours_beside<'a>(row: &Row, rows: &'a [Row]) -> Option<&'a Plan> {
    let ours = |other: &&Row| other.ours && other.workload == row.workload;
    rows.iter().filter(|_| layouts::is_published(row.kind)).find(ours)?.plan()
}
