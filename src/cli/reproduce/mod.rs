//! `seal-nn reproduce`: the claims of a paper, or of the documentation, compared with figures measured here.

#[cfg(feature = "embeddings")]
mod lima2025;
mod mihara2020;
mod run_info;
mod tables;
mod without_client;

use clap::{Args, Subcommand};

#[derive(Args)]
pub struct ReproduceArgs {
    #[command(subcommand)]
    paper: Paper,
}

#[derive(Subcommand)]
enum Paper {
    /// Mihara et al. 2020, "Neural Network Training With Homomorphic Encryption" (arXiv 2012.13552): counts and times
    /// of a training step in every layout, accuracy on Iris, scaling with the width of the layers
    Mihara2020(mihara2020::MiharaArgs),
    /// Florencio, Alencar and Lima 2025, "homomorphic network with differentiable soft-argmax" (arXiv 2502.16176): an
    /// encrypted head on SST-2, its calibration under encryption, and its training
    #[cfg(feature = "embeddings")]
    Lima2025(lima2025::LimaArgs),
    /// Accuracy on every CSV table of a folder: the split-step network beside a ReLU network of the same width and
    /// scikit-learn's MLP and linear models, on the same splits (docs/tables.md)
    Tables(tables::TablesArgs),
    /// Training whose server refreshes by bootstrapping, beside that with a client in the loop and that in the clear, and the
    /// precision of one bootstrap (docs/bootstrapping.md)
    WithoutClient(without_client::WithoutClientArgs),
    /// Times the step described on standard input; used by `mihara2020`, which times each layout in its own process
    #[command(hide = true)]
    TimeStep,
}

pub fn run(args: &ReproduceArgs) -> anyhow::Result<()> {
    match &args.paper {
        Paper::Mihara2020(args) => mihara2020::run(args),
        #[cfg(feature = "embeddings")]
        Paper::Lima2025(args) => lima2025::run(args),
        Paper::Tables(args) => tables::run(args),
        Paper::WithoutClient(args) => without_client::run(args),
        Paper::TimeStep => mihara2020::child::answer(),
    }
}
