//! Which layouts are compared, and what each would cost.

use rayon::prelude::*;
use seal_nn::{
    Result,
    backend::{CostModel, Operation},
    nn::layout::{Layout, LayoutKind, TrainingLayout},
    program::Plan,
    protocol::TrainingDeployment,
};

use super::{layouts, record::StepCounts, workload::Workload};
use crate::cli::backend_args::KeySwitchingName;

/// A workload in a layout, planned or refused.
pub struct Row {
    pub workload: Workload,
    pub kind: LayoutKind,
    /// Whether it is the layout that a training chooses by default, with which the published ones are compared.
    pub ours: bool,
    pub planned: Result<PlannedLayout>,
}

/// What the comparison keeps of a deployment.
pub struct PlannedLayout {
    /// The layout, with its shape where it has several.
    pub layout: String,
    pub plan: Plan,
}

impl Row {
    /// In the layout of that name.
    fn of(workload: &Workload, kind: LayoutKind) -> Row {
        Row { workload: workload.clone(), kind, ours: false, planned: workload.plan(kind).map(PlannedLayout::from) }
    }

    /// The plan, unless the layout was refused.
    pub fn plan(&self) -> Option<&Plan> {
        self.planned.as_ref().ok().map(|planned| &planned.plan)
    }
}

impl From<TrainingDeployment<Layout>> for PlannedLayout {
    fn from(deployment: TrainingDeployment<Layout>) -> PlannedLayout {
        PlannedLayout { layout: deployment.layout().to_string(), plan: deployment.training.plan }
    }
}

/// Every workload in every layout: first the one that a training chooses, then the others.
pub fn plan(workloads: &[Workload]) -> Vec<Row> {
    workloads.par_iter().flat_map(rows_of).collect()
}

fn rows_of(workload: &Workload) -> Vec<Row> {
    let mut kinds = layouts::all();
    let mut rows = Vec::new();
    if let Ok(chosen) = workload.choose() {
        let kind = chosen.layout().kind();
        kinds.retain(|other| *other != kind);
        rows.push(Row { workload: workload.clone(), kind, ours: true, planned: Ok(chosen.into()) });
    }
    rows.par_extend(kinds.into_par_iter().map(|kind| Row::of(workload, kind)));
    rows
}

/// A network d-d-d in the axis layout, and in the paper's diagonals.
pub struct DenseRow {
    pub d: usize,
    pub ours: Row,
    pub diagonal: Row,
}

/// The networks d-d-d of these widths.
pub fn plan_dense(widths: &[usize], key_switching: KeySwitchingName) -> Vec<DenseRow> {
    let plan = |&d: &usize| DenseRow {
        d,
        ours: Row::of(&Workload::dense(d, key_switching), LayoutKind::Axis),
        diagonal: Row::of(&Workload::dense(d, key_switching), LayoutKind::Diagonal),
    };
    widths.par_iter().map(plan).collect()
}

/// A plan's counts as plain numbers.
pub fn counts(plan: &Plan) -> StepCounts {
    let operations = &plan.operations;
    let count = |operation| operations.count(operation) as u64;
    StepCounts {
        rotations: operations.rotations() as u64,
        hoisted_rotations: count(Operation::RotateHoisted),
        relinearizations: count(Operation::Relinearize),
        ciphertext_products: count(Operation::MultiplyCiphertexts),
        plaintext_products: count(Operation::MultiplyPlain),
        rescales: count(Operation::Rescale),
        depth: plan.depth,
        galois_keys: plan.keys.rotations.len(),
        modelled_cost: CostModel::in_key_switches(operations),
        modelled_work: CostModel::key_switch_work(operations, &plan.chain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_workload_is_compared_with_one_of_ours() {
        let workloads = Workload::compared(KeySwitchingName::Seal);
        let rows = plan(&workloads);
        for workload in &workloads {
            let ours: Vec<&Row> = rows.iter().filter(|row| row.ours && row.workload == *workload).collect();
            assert_eq!(ours.len(), 1, "{} batch {}", workload.network, workload.batch);
        }
        // The default of `train`.
        assert!(rows[0].ours && rows[0].kind == LayoutKind::Merged && rows[0].workload.network == "4-8-3");
    }

    #[test]
    fn a_dense_network_of_512_fits_the_axis_layout() {
        let rows = plan_dense(&[512], KeySwitchingName::Seal);
        assert_eq!(rows[0].ours.plan().unwrap().chain.poly_modulus_degree(), 16384);
    }
}
