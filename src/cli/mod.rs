//! Commands: parse, call, print.

/// Prints a line. A reader that closed the pipe (`head`) must not end a run whose report is still to be written.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod backend_args;
mod compare;
mod costs;
mod defaults;
mod early_stopping;
mod experiment;
mod hnn;
mod infer;
mod input;
mod inspect;
mod model;
mod plain_run;
mod plan;
mod predictions;
mod print;
mod progress;
mod reproduce;
mod run;
mod settings;
mod train;
mod training_report;

use clap::{Parser, Subcommand};

/// Trains neural networks on encrypted data, on Microsoft SEAL's CKKS.
#[derive(Parser)]
#[command(version, about, long_about = None, after_help = "Start with `seal-nn train`: it trains a 4-8-3 network on \
    Iris with data and weights encrypted, beside the same training in the clear.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains on encrypted data with encrypted weights, beside the same training in the clear, and writes a report
    Train(train::TrainArgs),
    /// Classifies the samples of a CSV file, encrypted, with a model that `train` saved
    Infer(infer::InferArgs),
    /// Classifies sentences by an encrypted head with a soft-argmax behind their embeddings
    Hnn(hnn::HnnArgs),
    /// Prints what a training would need (parameters, levels, rotations, sizes) without making a key
    Plan(plan::PlanArgs),
    /// Says what a file of SEAL's holds, after all checks, or why it is refused
    Inspect(inspect::InspectArgs),
    /// Prints what a paper claims beside figures planned and measured here, and writes a report with plots
    Reproduce(reproduce::ReproduceArgs),
}

pub fn run() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Train(args) => train::run(&args),
        Command::Infer(args) => infer::run(&args),
        Command::Hnn(args) => hnn::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Reproduce(args) => reproduce::run(&args),
    }
}
