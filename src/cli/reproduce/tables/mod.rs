//! `seal-nn reproduce tables`: the network of `seal-nn train` on every table of a folder, beside other models.

mod differences;
mod error;
mod folder;
mod network;
mod plot;
mod record;
mod scikit;
mod sections;
mod split;
mod state;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::Args;
use seal_nn::report::{OutputDir, format};

use self::{
    differences::{RELU, SPLIT, differences},
    error::TablesError,
    folder::TableFile,
    record::{ModelResult, ModelRun, Skipped, TableResult, TablesReport, Training},
    scikit::Scikit,
    split::Split,
    state::{Origin, State},
};
use crate::cli::{
    backend_args::Threads,
    costs::Costs,
    print::{print_and_write, warn},
    problem::Problem,
    progress::Progress,
    reproduce::run_info::RunInfo,
    usage::UsageError,
};

#[derive(Args)]
pub struct TablesArgs {
    /// Folders with CSV files; the last column of each is predicted
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,

    /// Predict another column than the last one of a table: its name, or its number from 1; may be repeated
    #[arg(long, value_name = "TABLE=COLUMN", value_parser = named_column)]
    label: Vec<(String, String)>,

    /// Table to leave out; may be repeated
    #[arg(long, value_name = "TABLE")]
    skip: Vec<String>,

    /// Number of splits of every table, each with its own seed
    #[arg(long, default_value_t = 5)]
    seeds: usize,

    /// The first seed
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Number of training steps [default: as many as seal-nn train makes]
    #[arg(long)]
    steps: Option<usize>,

    /// The most iterations of scikit-learn's models [default: theirs, such as 200 for MLPClassifier]
    #[arg(long)]
    iterations: Option<usize>,

    /// Train under encryption, which takes hours; otherwise the same steps are made in the clear,
    /// with the same result to 1e-5
    #[arg(long)]
    encrypted: bool,

    /// Python with scikit-learn; without it, the other models are compared
    #[arg(long, default_value = "python3")]
    python: PathBuf,

    /// Folder for tables.json, tables.md and the plot; a run that was interrupted goes on after the last table that it
    /// has finished there
    #[arg(long, default_value = "runs/tables")]
    out: PathBuf,

    /// Start anew, whatever the folder has
    #[arg(long)]
    fresh: bool,

    #[command(flatten)]
    threads: Threads,
}

fn named_column(text: &str) -> Result<(String, String), String> {
    let (table, column) = text.split_once('=').ok_or("use TABLE=COLUMN, such as wages=income")?;
    Ok((table.into(), column.into()))
}

pub fn run(args: &TablesArgs) -> anyhow::Result<()> {
    let pool = args.threads.pool()?;
    for (flag, actual) in [("--seeds", Some(args.seeds)), ("--steps", args.steps), ("--iterations", args.iterations)] {
        UsageError::check_count(flag, actual.unwrap_or(1), 1..=100_000, None)?;
    }
    let files = folder::tables(&args.folders)?;
    for table in args.label.iter().map(|(table, _)| table).chain(&args.skip) {
        if !files.iter().any(|file| file.name == *table) {
            let tables = files.iter().map(|file| file.name.clone()).collect();
            return Err(TablesError::UnknownTable { table: table.clone(), tables }.into());
        }
    }
    let out = OutputDir::create(&args.out)?;
    let done = pool.install(|| compare(args, &files, &out));
    if done.is_err() {
        out.abandon();
    }
    done
}

fn compare(args: &TablesArgs, files: &[TableFile], out: &OutputDir) -> anyhow::Result<()> {
    let run = RunInfo::new(false, args.seed);
    let training = Training {
        encrypted: args.encrypted,
        steps: args.steps,
        iterations: args.iterations,
        seeds: (args.seed..).take(args.seeds).collect(),
    };
    let scikit = Scikit::find(&args.python);
    if let Err(error) = &scikit {
        warn(error);
    }
    let version = scikit.as_ref().ok().map(|scikit| scikit.version.clone());
    let origin = Origin { run, training, scikit_learn: version };
    let mut state = State::open(out, origin.clone(), args.fresh)?;
    let mut report = TablesReport {
        run: origin.run.clone(),
        training: origin.training,
        scikit_learn: origin.scikit_learn,
        without_scikit_learn: scikit.as_ref().err().map(TablesError::to_string),
        ..TablesReport::default()
    };
    say!("machine     {}", report.run.machine);
    let files: Vec<&TableFile> = files.iter().filter(|file| !args.skip.contains(&file.name)).collect();
    let progress = Progress::new(files.len() * args.seeds, "splits");
    for file in files {
        match table(args, file, &report.training, scikit.as_ref().ok(), &state, &progress) {
            Ok(result) => {
                progress.line(&line(&result));
                state.add(out, result.clone())?;
                report.tables.push(result);
            }
            Err(error) => {
                progress.line(&format!("{}: skipped: {error}", file.name));
                report.skipped.push(Skipped { table: file.name.clone(), reason: error.to_string() });
            }
        }
    }
    drop(progress);
    if report.tables.is_empty() {
        return Err(TablesError::AllSkipped { count: report.skipped.len() }.into());
    }
    report.differences = differences(&report.tables);
    print_and_write(out, &report)
}

/// All models on one table, unless it is finished.
fn table(
    args: &TablesArgs,
    file: &TableFile,
    training: &Training,
    scikit: Option<&Scikit>,
    state: &State,
    progress: &Progress,
) -> anyhow::Result<TableResult> {
    let label = args.label.iter().find(|(table, _)| *table == file.name).map(|(_, column)| column.clone());
    let problem = split::read(&file.name, &file.path, label)?;
    let fingerprint = problem.fingerprint();
    if let Some(finished) = state.finished(&file.name, &fingerprint) {
        progress.advance_by(training.seeds.len());
        return Ok(finished.clone());
    }
    let costs = Costs::load().table;
    let splits = training.seeds.iter().map(|&seed| Split::new(&problem, seed, training.steps, &costs));
    let splits = splits.collect::<anyhow::Result<Vec<_>>>()?;
    let (mut networks, mut relu) = (Vec::new(), Vec::new());
    for split in &splits {
        networks.push(network::train(split, training.encrypted)?);
        relu.push(network::train_relu(split)?);
        progress.advance();
    }
    let model = |model: &str, runs: Vec<ModelRun>| ModelResult { model: model.into(), runs };
    let mut models = vec![model(SPLIT, networks), model(RELU, relu)];
    for fitted in scikit.map_or(Ok(Vec::new()), |scikit| scikit.fit(&splits, training.iterations))? {
        let run = |(fit, split): (&scikit::Fit, &Split)| {
            Ok::<_, seal_nn::Error>(ModelRun { scores: split.scores(&fit.predicted)?, seconds: fit.seconds })
        };
        models.push(model(&fitted.name, fitted.fits.iter().zip(&splits).map(run).collect::<Result<_, _>>()?));
    }
    Ok(TableResult {
        table: file.name.clone(),
        fingerprint,
        samples: problem.table().samples(),
        features: splits.first().map_or(0, |split| split.experiment().preparation.features()),
        classes: match problem {
            Problem::Classes(ref table) => table.classes.len(),
            Problem::Numbers(_) => 0,
        },
        mixed: split::is_mixed(&problem),
        recipe: splits.first().map(network::recipe).unwrap_or_default(),
        models,
    })
}

/// A finished table in a line.
fn line(result: &TableResult) -> String {
    let score = |model: &ModelResult| match result.has_classes() {
        true => format!("{} {}", model.model, format::percent(model.score())),
        false => format!("{} R2 {:.3}", model.model, model.score()),
    };
    format!("{}: {}", result.table, result.models.iter().map(score).collect::<Vec<_>>().join(", "))
}
