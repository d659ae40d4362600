//! `seal-nn plan --compare`: what every layout would cost.

use seal_nn::{
    backend::{Operation, count_cost, work},
    nn::{LayoutKind, ShapeCost, TrainingPlan, axis_shapes},
    report::{Align, Table, format},
};

use super::prepared::Prepared;

/// Shapes of the axis layout that are listed.
const SHAPES: usize = 8;

/// One line a layout at its own best parameters, then the best shapes of the axis layout at its ring.
pub fn print(prepared: &Prepared) {
    let heads =
        ["layout", "N", "depth", "rotations", "relinearise", "ct x ct", "keys", "cost", "work", "refresh a step"];
    let columns = heads.iter().enumerate().map(|(i, &head)| (head, if i == 0 { Align::Left } else { Align::Right }));
    let mut table = Table::new(columns);
    let mut refused = Vec::new();
    let mut axis = None;
    for kind in LayoutKind::ALL {
        let plan = add(prepared, kind, &mut table, &mut refused);
        axis = plan.filter(|_| kind == LayoutKind::Axis).or(axis);
    }
    say!("{table}");
    say!("cost: full key switches; work: key switches at N = 16384 with 8 primes, aware of levels\n");
    refused.iter().for_each(|reason| say!("{reason}"));
    if let Some(plan) = axis {
        say!("The best shapes of the axis layout at N = {}:", plan.chain.poly_modulus_degree());
        say!("{}", shapes(prepared, &plan));
    }
}

fn add(prepared: &Prepared, kind: LayoutKind, table: &mut Table, refused: &mut Vec<String>) -> Option<TrainingPlan> {
    match prepared.parameters(kind) {
        Err(error) => {
            refused.push(format!("{kind}: {error}"));
            None
        }
        Ok((_, _, plan)) => {
            let (operations, degree) = (&plan.step_operations, plan.chain.poly_modulus_degree());
            table.row([
                kind.to_string(),
                degree.to_string(),
                plan.depth.to_string(),
                operations.rotations().to_string(),
                operations.count(Operation::Relinearize).to_string(),
                operations.count(Operation::MultiplyCiphertexts).to_string(),
                plan.steps.len().to_string(),
                format!("{:.1}", count_cost(operations)),
                format!("{:.1}", work(operations, degree)),
                format::bytes((plan.refresh_bytes_up() + plan.refresh_bytes_down()) as u64),
            ]);
            Some(plan)
        }
    }
}

fn shapes(prepared: &Prepared, plan: &TrainingPlan) -> Table {
    let mut all = axis_shapes(&prepared.spec.network, plan.chain.slots(), prepared.batch);
    all.retain(|c| c.depth <= plan.chain.top().0);
    all.sort_by(|a, b| a.work.total_cmp(&b.work));
    let mut table = Table::new([
        ("shape", Align::Left),
        ("depth", Align::Right),
        ("rotations", Align::Right),
        ("relinearise", Align::Right),
        ("work with refresh", Align::Right),
    ]);
    for ShapeCost { shape, gradient, rotations, relinearizations, depth, work } in all.iter().take(SHAPES) {
        table.row([
            format!("{shape}, {gradient}"),
            depth.to_string(),
            rotations.to_string(),
            relinearizations.to_string(),
            format!("{work:.1}"),
        ]);
    }
    table
}
