//! `seal-nn reproduce without-client`: training whose server refreshes by itself, beside that with the client's refreshes and
//! that in the clear, and how exact one bootstrap is.

mod error;
mod plot;
mod precision;
mod record;
mod sections;
mod training;

use std::path::PathBuf;

use clap::Args;
use seal_nn::report::{OutputDir, format};

use self::{
    precision::precisions,
    record::{Comparison, WithoutClientReport},
    training::{Refresh, train},
};
use super::run_info::RunInfo;
use crate::cli::{backend_args::BackendArgs, print::print_and_write, progress::Progress, usage::UsageError};

#[derive(Args)]
pub struct WithoutClientArgs {
    /// Data sets, of those that seal-nn train knows, and larger trainings: digits takes minutes a step, head is the linear head
    /// on the embeddings in data/sst2, three-layers is Iris with two hidden layers
    #[arg(long, value_delimiter = ',', default_value = "iris,wine,breast-cancer")]
    datasets: Vec<String>,

    /// Number of splits of every data set, each with its own seed
    #[arg(long, default_value_t = 3)]
    seeds: usize,

    /// Number of training steps [default: as many as seal-nn train makes]
    #[arg(long)]
    steps: Option<usize>,

    /// Folder for without-client.json, without-client.md and the plot
    #[arg(long, default_value = "runs/without-client")]
    out: PathBuf,

    #[command(flatten)]
    execution: BackendArgs,
}

pub fn run(args: &WithoutClientArgs) -> anyhow::Result<()> {
    let pool = args.execution.pool()?;
    for (flag, actual) in [("--seeds", args.seeds), ("--steps", args.steps.unwrap_or(1))] {
        UsageError::check_count(flag, actual, 1..=100_000, None)?;
    }
    let out = OutputDir::create(&args.out)?;
    let done = pool.install(|| compare(args, &out));
    if done.is_err() {
        out.abandon();
    }
    done
}

fn compare(args: &WithoutClientArgs, out: &OutputDir) -> anyhow::Result<()> {
    let backend = args.execution.backend.to_string();
    let mut report = WithoutClientReport { run: RunInfo::new(false, 0), backend, ..Default::default() };
    say!("machine     {}", report.run.machine);
    let progress = Progress::new(args.datasets.len() * args.seeds, "trainings");
    for dataset in &args.datasets {
        for seed in 0..args.seeds as u64 {
            let of = |refresh| train(dataset, seed, args.steps, refresh, &report.backend);
            let comparison = Comparison {
                dataset: dataset.clone(),
                seed,
                alone: of(Refresh::Bootstrap)?,
                with_client: of(Refresh::Client)?,
            };
            progress.line(&line(&comparison));
            progress.advance();
            report.comparisons.push(comparison);
        }
    }
    drop(progress);
    report.precisions = precisions()?;
    print_and_write(out, &report)
}

/// A finished comparison in a line.
fn line(comparison: &Comparison) -> String {
    let Comparison { dataset, seed, alone, with_client } = comparison;
    format!(
        "{dataset}, seed {seed}: {} right without client, {} with, {} in the clear; {} a step",
        format::percent(alone.encrypted_accuracy),
        format::percent(with_client.encrypted_accuracy),
        format::percent(alone.clear_accuracy),
        format::seconds(alone.seconds_per_step),
    )
}
