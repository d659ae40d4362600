//! What every reproduction says of itself.

use seal_nn::report::Machine;
use serde::{Deserialize, Serialize};

/// What made the figures of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunInfo {
    /// Version of this crate.
    pub version: String,
    /// Whether the short form was asked for.
    pub quick: bool,
    /// Where data and first weights come from.
    pub seed: u64,
    /// Security level of all parameters, in bits.
    pub security_bits: u32,
    /// Where it ran.
    pub machine: Machine,
}

impl RunInfo {
    /// On this machine, by as many threads as the current pool has.
    pub fn new(quick: bool, seed: u64) -> RunInfo {
        let machine = Machine::detect(option_env!("SEAL_NN_HEXL") == Some("1"), rayon::current_num_threads());
        RunInfo { version: env!("CARGO_PKG_VERSION").into(), quick, seed, security_bits: 128, machine }
    }

    /// The heading of a report on this paper.
    pub fn title(&self, paper: &str) -> String {
        format!("{paper}, reproduced{}", if self.quick { ", the short form" } else { "" })
    }

    /// What made the figures, and how.
    pub fn preface(&self, how: &str) -> String {
        let RunInfo { version, seed, security_bits, machine, .. } = self;
        format!("seal-nn {version}, {security_bits}-bit security, seed {seed}. {machine}.\n\n{how}")
    }
}
