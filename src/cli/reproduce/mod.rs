//! `seal-nn reproduce`: the claims of a paper, compared with our figures.

mod assemble;
mod budget;
mod child;
mod compare;
mod error;
mod error_curves;
mod iris;
mod job;
mod layouts;
mod lima;
mod lima_calibration;
mod lima_training;
mod machine_speed;
mod measure;
mod mihara;
mod print;
mod state;
mod training;
mod workload;

use clap::{Args, Subcommand};

#[derive(Args)]
pub struct ReproduceArgs {
    #[command(subcommand)]
    paper: Paper,
}

#[derive(Subcommand)]
enum Paper {
    /// Mihara et al. 2020, "Neural Network Training With Homomorphic Encryption" (arXiv 2012.13552): counts and times
    /// of a training step in every layout, accuracy on Iris, growth with the width of the layers
    Mihara2020(mihara::MiharaArgs),
    /// Florencio, Alencar and Lima 2025, "homomorphic network with differentiable soft-argmax" (arXiv 2502.16176): an
    /// encrypted head on SST-2, its calibration under encryption, and its training
    Lima2025(lima::LimaArgs),
    /// Times the step that standard input describes; for `mihara2020`, which has each timed in a process of its own
    #[command(hide = true)]
    TimeStep,
}

pub fn run(args: &ReproduceArgs) -> anyhow::Result<()> {
    match &args.paper {
        Paper::Mihara2020(args) => mihara::run(args),
        Paper::Lima2025(args) => lima::run(args),
        Paper::TimeStep => child::answer(),
    }
}
