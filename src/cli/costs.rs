//! The cost of operations on this machine: measured once, and stored in the user's cache folder.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use seal_nn::{
    Level,
    backend::{Chain, Circuit, CostModel, Operation, SealEvaluator, SealKeyHolder},
    program::{Interconnect, Plan},
    report::{Align, Machine, OutputDir, Table, format},
    seal::Parameters,
};
use serde::{Deserialize, Serialize};

use super::progress::Progress;

/// Rings that are measured, with the levels and special primes of their chain.
const RINGS: [(usize, usize, usize); 3] = [(8192, 3, 1), (16384, 7, 2), (32768, 12, 2)];
const SCALE_BITS: u32 = 40;
const FILE: &str = "costs.json";

/// A cost table and its source.
pub struct Costs {
    pub table: CostModel,
    pub source: &'static str,
    pub network: Option<MeasuredNetwork>,
}

/// The network between so many ranks.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredNetwork {
    pub ranks: usize,
    pub network: Interconnect,
}

/// The file. A file of another version, machine or build is not used.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CostFile {
    made_by: String,
    table: Option<CostModel>,
    #[serde(default)]
    network: Option<MeasuredNetwork>,
}

impl Costs {
    /// The costs measured on this machine before, or else the model.
    pub fn load() -> Costs {
        let CostFile { table, network, .. } = CostFile::load();
        match table {
            Some(table) => Costs { table, source: "measured on this machine", network },
            None => {
                let source = "modelled; run seal-nn plan --measure to measure them";
                Costs { table: CostModel::default(), source, network }
            }
        }
    }

    /// Measures every operation on SEAL, prints the result and stores it.
    pub fn measure() -> anyhow::Result<()> {
        let mut table = CostModel::default();
        let progress = Progress::new(RINGS.len(), "measuring operations");
        for (degree, levels, special) in RINGS {
            let chain = Parameters::builder().depth(levels, SCALE_BITS).hybrid(special).degree(degree);
            // The chain of a split step: three levels leave no room for a larger first prime.
            let chain = if special == 1 { chain.first_bits(46).special_bits(47) } else { chain };
            let parameters = chain.build()?;
            let holder = SealKeyHolder::generate(&parameters)?;
            let keys = holder.evaluation_keys(CostModel::rotations())?;
            let circuit = Circuit::new(SealEvaluator::new(&parameters, &keys)?);
            table.measure(&circuit, &holder)?;
            table.measure_messages(circuit.backend(), &holder)?;
            progress.advance();
        }
        drop(progress);
        say!("{}", describe(&table)?);
        CostFile { table: Some(table), ..CostFile::load() }.save()
    }

    /// Measures the network between the ranks of a job, prints it and stores it.
    #[cfg(feature = "mpi")]
    pub fn measure_network(leader: &seal_nn::cluster::Leader) -> anyhow::Result<()> {
        let network = MeasuredNetwork { ranks: leader.ranks().size(), network: leader.measure_network()? };
        say!("The network between {} ranks: {}", network.ranks, in_words(&network.network));
        CostFile { network: Some(network), ..CostFile::load() }.save()
    }
}

/// Bandwidths and latency.
pub fn in_words(network: &Interconnect) -> String {
    let Interconnect { bits_per_second, summed_bits_per_second, latency_seconds } = network;
    let [all, summed] = [bits_per_second, summed_bits_per_second].map(|bits| format::bit_rate(*bits));
    let summed = if summed == all { String::new() } else { format!(", {summed} for sums,") };
    format!("{all}{summed} and {}", format::seconds(*latency_seconds))
}

impl CostFile {
    /// What was measured on this machine before.
    fn load() -> CostFile {
        let kept = cache_folder().and_then(|folder| read(&folder.join(FILE)));
        kept.unwrap_or_else(|| CostFile { made_by: made_by(), table: None, network: None })
    }

    fn save(&self) -> anyhow::Result<()> {
        match cache_folder() {
            None => say!("there is no folder to store this: set XDG_CACHE_HOME or HOME"),
            Some(folder) => {
                let text = serde_json::to_string_pretty(self)? + "\n";
                say!("kept in {}", OutputDir::create(&folder)?.write_atomic(FILE, text)?.display());
            }
        }
        Ok(())
    }
}

/// Milliseconds by operation, ring and level.
fn describe(table: &CostModel) -> anyhow::Result<Table> {
    const OPERATIONS: [Operation; 10] = [
        Operation::Rotate,
        Operation::RotateHoisted,
        Operation::Relinearize,
        Operation::MultiplyCiphertexts,
        Operation::MultiplyPlain,
        Operation::Rescale,
        Operation::Add,
        Operation::Expand,
        Operation::Pack,
        Operation::Unpack,
    ];
    let heads = [("N".to_owned(), Align::Right), ("level".to_owned(), Align::Right)];
    let mut printed =
        Table::new(heads.into_iter().chain(OPERATIONS.map(|operation| (operation.to_string(), Align::Right))));
    for (degree, levels, _) in RINGS {
        let chain = Chain::nominal(degree, levels, SCALE_BITS)?;
        for level in [1, levels.div_ceil(2), levels] {
            let seconds = OPERATIONS.map(|operation| format::seconds(table.seconds(operation, &chain, Level(level))));
            printed.row([degree.to_string(), level.to_string()].into_iter().chain(seconds));
        }
    }
    Ok(printed)
}

fn read(file: &Path) -> Option<CostFile> {
    let mut kept: CostFile = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    kept.table = kept.table.filter(CostModel::is_sound);
    kept.network = kept.network.filter(|measured| measured.ranks > 1 && measured.network.is_sound());
    (kept.made_by == made_by()).then_some(kept)
}

/// Everything that the measurements depend on.
fn made_by() -> String {
    let Machine { cpu, avx2, avx512ifma, hexl, .. } = Machine::detect(option_env!("SEAL_NN_HEXL") == Some("1"), 1);
    let cpu = cpu.unwrap_or_default();
    format!("{} on {cpu}, AVX2 {avx2}, AVX512-IFMA {avx512ifma}, HEXL {hexl}", env!("CARGO_PKG_VERSION"))
}

/// `seal-nn` in the user's cache folder.
fn cache_folder() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(folder.join("seal-nn"))
}

/// Seconds that the answer of a plan takes on an ordinary machine: what this machine would take says little about another.
pub fn ordinary_seconds(plan: &Plan) -> f64 {
    CostModel::default().of(&plan.operations, &plan.chain)
}
