//! The cost of operations on this machine: measured once, and stored in the user's cache folder.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use seal_nn::{
    Level,
    backend::{Chain, Circuit, CostModel, Operation, SealEvaluator, SealKeyHolder},
    program::Plan,
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
}

/// The file. A file of another version, machine or build is not used.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CostFile {
    made_by: String,
    table: CostModel,
}

impl Costs {
    /// The costs measured on this machine before, or else the model.
    pub fn load() -> Costs {
        match cache_folder().and_then(|folder| read(&folder.join(FILE))) {
            Some(table) => Costs { table, source: "measured on this machine" },
            None => {
                Costs { table: CostModel::default(), source: "modelled; run seal-nn plan --measure to measure them" }
            }
        }
    }

    /// Measures every operation on SEAL, prints the result and stores it.
    pub fn measure() -> anyhow::Result<Costs> {
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
        match cache_folder() {
            None => say!("there is no folder to store this: set XDG_CACHE_HOME or HOME"),
            Some(folder) => say!("kept in {}", save(&folder, &table)?.display()),
        }
        Ok(Costs { table, source: "measured just now" })
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

fn save(folder: &Path, table: &CostModel) -> anyhow::Result<PathBuf> {
    let text = serde_json::to_string_pretty(&CostFile { made_by: made_by(), table: table.clone() })?;
    Ok(OutputDir::create(folder)?.write_atomic(FILE, text + "\n")?)
}

fn read(file: &Path) -> Option<CostModel> {
    let kept: CostFile = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    (kept.made_by == made_by() && kept.table.is_sound()).then_some(kept.table)
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
