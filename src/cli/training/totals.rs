//! What a report adds up over the steps of a run.

use std::collections::{BTreeMap, BTreeSet};

use seal_nn::{
    backend::{Operation, Tallies},
    protocol::{StepOutcome, Traffic},
    seal::KernelProfile,
};
use serde::{Deserialize, Serialize};

use super::report::{OperationTime, StageTime, StepReport, Traffic as Bytes, number};

/// The steps so far and their costs. It is part of a checkpoint, so that the report of a training that was continued has
/// all of its steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// After each refresh.
    pub steps: Vec<StepReport>,
    /// Count and seconds of each operation.
    operations: BTreeMap<String, (u64, f64)>,
    /// Seconds of the kernels, in the order of [`KERNELS`].
    kernels: [f64; 5],
    /// The client's seconds.
    refresh_seconds: f64,
    /// The largest error of a weight since the refresh before it.
    #[serde(deserialize_with = "number")]
    pub worst: f64,
    /// Bytes of earlier processes.
    bytes: Bytes,
}

const KERNELS: [&str; 5] = ["ntt", "base-conversion", "inner-product", "product", "division"];

impl Totals {
    /// Adds what an exchange cost. The kernels of this process are those of the server if it is in this process, and then it
    /// tells its operations.
    pub fn add(&mut self, outcome: &StepOutcome, kernels: KernelProfile) {
        self.refresh_seconds += outcome.client_time.as_secs_f64();
        if outcome.operations.iter().next().is_none() {
            return;
        }
        for kind in kinds(&outcome.operations) {
            let total = outcome.operations.total(kind);
            let (count, seconds) = self.operations.entry(kind.to_string()).or_default();
            *count += total.count as u64;
            *seconds += total.time.as_secs_f64();
        }
        let KernelProfile { transforms, conversions, inner_products, products, divisions } = kernels;
        let stages = [transforms, conversions, inner_products, products, divisions];
        self.kernels.iter_mut().zip(stages).for_each(|(sum, seconds)| *sum += seconds);
    }

    /// The client's seconds per refresh.
    pub fn refresh_seconds(&self) -> f64 {
        self.refresh_seconds / self.steps.len().max(1) as f64
    }

    /// The time by operation.
    pub fn breakdown(&self) -> Vec<OperationTime> {
        OperationTime::breakdown(
            self.operations.iter().map(|(name, (count, seconds))| (name.clone(), *count, *seconds)),
        )
    }

    /// Time by kind of work, if our own kernels were used.
    pub fn profile(&self) -> Vec<StageTime> {
        if self.kernels.iter().sum::<f64>() == 0.0 {
            return Vec::new();
        }
        let encode = self.operations.get(&Operation::Encode.to_string()).map_or(0.0, |(_, seconds)| *seconds);
        let all = self.operations.values().map(|(_, seconds)| seconds).sum();
        let stage = |kernel: usize| (KERNELS[kernel], self.kernels[kernel]);
        StageTime::profile([stage(0), stage(1), stage(2), stage(3), stage(4), ("encode", encode)], all)
    }

    /// All bytes, with those of this process.
    pub fn bytes(&self, traffic: Traffic) -> Bytes {
        Bytes {
            client_to_server: self.bytes.client_to_server + traffic.client_to_server as u64,
            server_to_client: self.bytes.server_to_client + traffic.server_to_client as u64,
        }
    }

    /// The same for another process to go on with.
    pub fn with_bytes(&self, traffic: Traffic) -> Totals {
        Totals { bytes: self.bytes(traffic), ..self.clone() }
    }
}

fn kinds(tallies: &Tallies) -> BTreeSet<Operation> {
    tallies.iter().map(|(operation, ..)| operation).collect()
}
