//! What is run by the clock, and what is only planned.

use seal_nn::{
    nn::{LayoutKind, TrainingPlan},
    report::format,
};

use super::{
    compare::{DenseRow, Row},
    memory,
    pace::{self, Pace},
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
    /// For the timed steps of one piece, of which there are up to `most_repeats`.
    window: f64,
    most_repeats: usize,
    /// Its name in a reason not to run a piece.
    name: &'static str,
}

/// A minute's work; a machine with load takes two.
const QUICK: Budget = Budget { piece: 20.0, total: 75.0, seeds: 2, window: 1.0, most_repeats: 3, name: "--quick" };
const FULL: Budget =
    Budget { piece: 3600.0, total: f64::INFINITY, seeds: 5, window: 30.0, most_repeats: 5, name: "the run" };

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
    /// A timed step in a layout; `ours` when it is the default one.
    Step { workload: Workload, kind: LayoutKind, ours: bool, repeats: usize },
}

impl Piece {
    /// What it is called in the state and to people.
    pub fn name(&self) -> String {
        match &self.task {
            Task::Iris { seed, .. } => format!("Iris, seed {seed}"),
            Task::Step { workload, kind, .. } => step_name(workload, *kind),
        }
    }

    /// Whether an earlier run finished it.
    pub fn is_in(&self, state: &State) -> bool {
        match &self.task {
            Task::Iris { seed, .. } => state.iris.contains_key(seed),
            Task::Step { .. } => state.timings.contains_key(&self.name()),
        }
    }
}

/// The name of a timed step.
pub fn step_name(workload: &Workload, kind: LayoutKind) -> String {
    format!("{}, batch {}, layout {kind}", workload.network, workload.batch)
}

impl Budget {
    pub fn of(quick: bool) -> Budget {
        if quick { QUICK } else { FULL }
    }

    /// Trainings on Iris, the comparison on the paper's network, the networks d-d-d from the smallest, the comparison
    /// on the other networks: where the budget ends, the later ones are planned only.
    pub fn pieces(&self, rows: &[Row], dense: &[DenseRow], pace: &Pace, first_seed: u64) -> Vec<Piece> {
        let mut pieces = self.iris(rows, pace, first_seed);
        let mut spent: f64 = pieces.iter().map(|piece| piece.seconds).sum();
        let is_papers = |row: &&Row| rows.first().is_some_and(|first| first.workload.network == row.workload.network);
        let (papers, others): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(is_papers);
        for row in papers.into_iter().chain(dense.iter().map(|dense| &dense.ours)).chain(others) {
            let Some(plan) = row.plan() else { continue };
            let mut piece = self.step(row, plan, pace);
            if piece.not_run.is_none() && spent + piece.seconds > self.total {
                piece.not_run = Some(format!("beyond the time of {}", self.name));
            }
            spent += if piece.not_run.is_none() { piece.seconds } else { 0.0 };
            pieces.push(piece);
        }
        pieces
    }

    /// Trainings of the paper's network in our layout for it.
    fn iris(&self, rows: &[Row], pace: &Pace, first_seed: u64) -> Vec<Piece> {
        let ours = rows.iter().find(|row| row.ours);
        let Some((row, plan)) = ours.and_then(|row| Some((row, row.plan()?))) else { return Vec::new() };
        let seconds = pace.keys(plan) + pace.step(plan) * IRIS_STEPS as f64;
        let task = |seed| Task::Iris { workload: row.workload.clone(), seed: first_seed.wrapping_add(seed) };
        (0..self.seeds).map(|seed| Piece { task: task(seed), seconds, not_run: None }).collect()
    }

    fn step(&self, row: &Row, plan: &TrainingPlan, pace: &Pace) -> Piece {
        let step = pace.step(plan);
        let repeats = ((self.window / step) as usize).clamp(1, self.most_repeats);
        let seconds = pace.keys(plan) + step * (1 + repeats) as f64;
        let (needed, available) = (pace::memory(plan), memory::available());
        let not_run = match available {
            _ if seconds > self.piece => {
                Some(format!("about {}, too long for {}", format::seconds(seconds), self.name))
            }
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
