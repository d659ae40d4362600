//! The commands of the program: parse arguments, call the library, print.

/// Prints a line. Unlike `println!` it does not panic; an error is reported at the end.
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::print::line(format_args!($($text)*)) };
}

mod advice;
mod backend_args;
#[cfg(feature = "serve")]
mod certificates;
mod compare;
mod costs;
mod data_args;
mod defaults;
#[cfg(feature = "embeddings")]
mod hnn;
mod infer;
mod input;
mod inspect;
mod interrupt;
mod job;
mod loss_at_client;
mod notes;
mod packing;
mod plan;
mod predictions;
mod print;
mod problem;
mod progress;
mod remote;
mod reproduce;
mod scaling;
#[cfg(feature = "serve")]
mod serve;
mod served;
mod settings;
mod train;
mod training;
mod usage;

use std::process::ExitCode;

pub use print::print_error;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use job::Job;

/// Trains and runs neural networks on encrypted data with Microsoft SEAL's CKKS
#[derive(Parser)]
#[command(version, about, long_about = None, max_term_width = 90, after_help = "Start with `seal-nn train`, which trains a 4-8-3 network on \
    Iris with encrypted data and weights, next to the same training in the clear.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trains with encrypted data and weights, next to the same training in the clear, and writes a report
    Train(train::TrainArgs),
    /// Classifies the samples of a CSV file under encryption, with a model saved by `train`
    Infer(infer::InferArgs),
    /// Classifies sentences with an encrypted head and a soft-argmax on their embeddings
    #[cfg(feature = "embeddings")]
    Hnn(hnn::HnnArgs),
    /// Shows what a training needs (parameters, levels, rotations, sizes) without generating keys
    Plan(plan::PlanArgs),
    /// Validates a file saved by SEAL and describes its contents, or says why it is rejected
    Inspect(inspect::InspectArgs),
    /// Computes for clients on other machines, without a key that decrypts
    #[cfg(feature = "serve")]
    Serve(serve::ServeArgs),
    /// Makes the certificates by which a server and its clients know each other
    #[cfg(feature = "serve")]
    Certificates(certificates::CertificatesArgs),
    /// Compares the claims of a paper, or results on tables, with figures planned and measured here, and writes a report
    /// with plots
    Reproduce(reproduce::ReproduceArgs),
}

pub fn run() -> anyhow::Result<ExitCode> {
    let mut commands = Cli::command();
    let matches = match commands.clone().try_get_matches() {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => error.exit(),
        // Help and version, which may not reach whoever asks for them.
        Err(answer) => {
            print::note(answer.print());
            print::finish()?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut commands).exit());
    let given = matches.subcommand().and_then(|(name, given)| Some((commands.find_subcommand(name)?, given)));
    let code = dispatch(cli.command).map_err(|error| match given {
        Some((command, given)) => advice::added(error, command, given),
        None => error,
    })?;
    print::finish()?;
    Ok(code)
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    // All ranks have the same command line, and the first one alone faces files, terminal and network.
    let job = match Job::join()? {
        #[cfg(feature = "mpi")]
        Job::Follower(ranks) => {
            let models = command.models()?;
            let plan = |announced: &[_]| seal_nn::protocol::wire::Offer::with_models(announced, &models);
            command.pool()?.install(|| seal_nn::cluster::follow(ranks, plan))?;
            return Ok(ExitCode::SUCCESS);
        }
        job => job,
    };
    match command {
        Command::Train(args) => return train::run(&args, &job),
        Command::Infer(args) => infer::run(&args, &job),
        #[cfg(feature = "embeddings")]
        Command::Hnn(args) => hnn::run(&args),
        Command::Plan(args) => plan::run(&args, &job),
        Command::Inspect(args) => inspect::run(&args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(&args, &job),
        #[cfg(feature = "serve")]
        Command::Certificates(args) => certificates::run(&args),
        Command::Reproduce(args) => reproduce::run(&args),
    }?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "mpi")]
impl Command {
    /// The threads that a rank computes on.
    fn pool(&self) -> anyhow::Result<rayon::ThreadPool> {
        match self {
            Command::Train(args) => args.pool(),
            Command::Infer(args) => args.pool(),
            #[cfg(feature = "serve")]
            Command::Serve(args) => args.pool(),
            _ => Ok(rayon::ThreadPoolBuilder::new().build()?),
        }
    }

    /// The models of the server's own, which all ranks have.
    fn models(&self) -> anyhow::Result<seal_nn::protocol::wire::Models> {
        match self {
            #[cfg(feature = "serve")]
            Command::Serve(args) => args.models(|_| ()),
            _ => Ok(Default::default()),
        }
    }
}
