//! The report, from plans and from what was measured.

use seal_nn::backend::CostModel;

use super::{
    Schedule,
    budget::{Piece, Task, step_name},
    claims::{claims, guesses},
    compare::{DenseRow, PlannedLayout, Row, counts},
    job::Timing,
    layouts::AGAINST,
    record::{LayoutStep, MiharaReport, Ratio, Refusal, Scaling, TrainingRun},
    state::{Origin, State},
};

/// The whole report.
pub fn assemble(origin: &Origin, schedule: &Schedule, state: &State, costs: &CostModel) -> MiharaReport {
    let Schedule { rows, dense, pieces } = schedule;
    let measured = Measured { pieces, state };
    let steps: Vec<LayoutStep> = rows.iter().filter_map(|row| step(row, &measured)).collect();
    let mut report = MiharaReport {
        run: origin.run.clone(),
        key_switching: origin.key_switching.to_string(),
        refused: rows.iter().filter_map(refusal).collect(),
        ratios: ratios(&steps),
        steps,
        iris: state.iris.values().cloned().collect(),
        trainings: in_order(pieces, state),
        scaling: dense.iter().filter_map(|row| scaling(row, &measured, costs)).collect(),
        ..Default::default()
    };
    report.claims = claims(&report);
    report.guesses = guesses(&report);
    report
}

/// Where the figures of a step are.
struct Measured<'a> {
    pieces: &'a [Piece],
    state: &'a State,
}

impl Measured<'_> {
    fn timing(&self, row: &Row) -> Option<&Timing> {
        self.state.timings.get(&step_name(&row.workload, row.kind))
    }

    fn not_run(&self, row: &Row) -> Option<String> {
        let is_it = |piece: &&Piece| match &piece.task {
            Task::Step { workload, kind, .. } => (workload, *kind) == (&row.workload, row.kind),
            Task::Iris { .. } | Task::Training { .. } => false,
        };
        self.pieces.iter().find(is_it).and_then(|piece| piece.not_run.clone())
    }
}

/// In the order in which they were run.
fn in_order(pieces: &[Piece], state: &State) -> Vec<TrainingRun> {
    pieces.iter().filter_map(|piece| state.trainings.get(&piece.name())).cloned().collect()
}

fn step(row: &Row, measured: &Measured) -> Option<LayoutStep> {
    let PlannedLayout { layout: shape, plan } = row.planned.as_ref().ok()?;
    let timing = measured.timing(row);
    Some(LayoutStep {
        network: row.workload.network.clone(),
        batch: row.workload.batch,
        layout: row.kind.to_string(),
        shape: shape.clone(),
        ours: row.ours,
        poly_modulus_degree: plan.chain.poly_modulus_degree(),
        counts: counts(plan),
        seconds: timing.map(|timing| timing.seconds),
        ours_seconds: timing.and_then(|timing| timing.ours_seconds),
        peak_rss_bytes: timing.and_then(|timing| timing.peak_rss_bytes),
        max_weight_difference: timing.map(|timing| timing.max_weight_difference),
        not_run: measured.not_run(row),
    })
}

fn refusal(row: &Row) -> Option<Refusal> {
    row.planned.as_ref().err().map(|error| Refusal {
        network: row.workload.network.clone(),
        batch: row.workload.batch,
        layout: row.kind.to_string(),
        reason: error.to_string(),
    })
}

/// Every baseline over ours, for each network and batch.
fn ratios(steps: &[LayoutStep]) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for ours in steps.iter().filter(|step| step.ours) {
        let same = |step: &&LayoutStep| (&step.network, step.batch) == (&ours.network, ours.batch);
        for theirs in AGAINST.iter().filter_map(|&name| steps.iter().filter(same).find(|step| step.layout == name)) {
            ratios.push(Ratio {
                network: ours.network.clone(),
                batch: ours.batch,
                against: theirs.layout.clone(),
                ours: ours.layout.clone(),
                by_count: theirs.counts.modelled_cost / ours.counts.modelled_cost,
                by_key_switches: theirs.counts.key_switches() as f64 / ours.counts.key_switches() as f64,
                by_clock: theirs.seconds.zip(theirs.ours_seconds).map(|(theirs, ours)| theirs / ours),
            });
        }
    }
    ratios
}

fn scaling(row: &DenseRow, measured: &Measured, costs: &CostModel) -> Option<Scaling> {
    let PlannedLayout { layout: shape, plan } = row.ours.planned.as_ref().ok()?;
    let timing = measured.timing(&row.ours);
    Some(Scaling {
        d: row.d,
        batch: row.ours.workload.batch,
        layout: row.ours.kind.to_string(),
        shape: shape.clone(),
        poly_modulus_degree: plan.chain.poly_modulus_degree(),
        counts: counts(plan),
        // Trained without momentum: nothing but weights is sent.
        weight_ciphertexts: plan.ciphertexts_up(),
        batch_ciphertexts: plan.kept.len(),
        modelled_seconds: costs.of(&plan.operations, &plan.chain),
        modelled_bytes: plan.memory_bytes() as u64,
        seconds: timing.map(|timing| timing.seconds),
        peak_rss_bytes: timing.and_then(|timing| timing.peak_rss_bytes),
        not_run: measured.not_run(&row.ours),
        diagonal: row.diagonal.plan().map(counts),
    })
}
