//! `seal-nn infer`: applies a saved model to samples, both encrypted.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Args;
use ndarray::{Array2, s};
use seal_nn::{
    backend::{Circuit, KeySwitching, Noise, SealEvaluator},
    data::{CsvFile, Preparation, Selection},
    model::{Card, Model, Task},
    nn::reference,
    report::{OutputFile, format},
};

use super::{
    backend_args::{BackendArgs, BackendName},
    costs::Costs,
    data_args::FormatArgs,
    input::Input,
    notes,
    packing::PackingArgs,
    predictions::Predictions,
    progress::Progress,
    remote::{Server, ServerArgs},
    served,
    usage::UsageError,
};

#[derive(Args)]
pub struct InferArgs {
    /// Folder with the model.json that `train` wrote. Without it, the server predicts with a model of its own
    #[arg(long, value_name = "DIR", required_unless_present = "server")]
    model: Option<PathBuf>,

    /// Name of the server's model, if it has several
    #[arg(long, value_name = "NAME", requires = "server", conflicts_with = "model")]
    served: Option<String>,

    /// CSV file of samples, with columns named like those of the training file; without a header, in their order
    #[arg(long, value_name = "FILE")]
    input: PathBuf,

    /// Column of true classes or numbers, by name or by number from 1, to print the accuracy, or R2 and the mean absolute
    /// error
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,

    /// Take the columns in the order of those of the training file, whatever their names
    #[arg(long)]
    by_position: bool,

    /// Column that is no feature, by name or by number from 1; may be repeated
    #[arg(long, value_name = "COLUMN")]
    ignore: Vec<String>,

    #[command(flatten)]
    format: FormatArgs,

    #[command(flatten)]
    packing: PackingArgs,

    /// CSV file to write classes and scores, or numbers, to, in addition to printing them. It must not be the input; a FIFO or a
    /// device is written into
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    execution: BackendArgs,

    #[command(flatten)]
    server: ServerArgs,
}

pub fn run(args: &InferArgs) -> anyhow::Result<()> {
    let pool = args.execution.pool()?;
    let server = args.server.server(args.execution.backend, KeySwitching::default())?;
    if server.is_some() {
        args.packing.check_unknown()?;
    }
    let source = args.source(server.as_ref())?;
    let file = CsvFile::read_as(&args.input, &args.format.format())?;
    let selection = Selection { by_position: args.by_position, others: args.ignore.clone(), gaps: args.format.gaps() };
    let input = Input::from_csv(&file, source.preparation(), source.task(), args.label.as_deref(), selection)?;
    let model_file = args.model.as_ref().map(Model::file_in);
    let inputs: Vec<&Path> = [&args.input].into_iter().chain(&model_file).map(PathBuf::as_path).collect();
    let out = args.out.as_ref().map(|out| OutputFile::create(out, &inputs)).transpose()?;
    let outputs = match pool.install(|| source.outputs(args, server.as_ref(), &input)) {
        Ok(outputs) => outputs,
        Err(error) => {
            out.into_iter().for_each(OutputFile::abandon);
            return Err(error);
        }
    };
    let predictions = Predictions { task: source.task(), outputs: &outputs, truth: input.truth.as_ref() };
    say!("\n{}", predictions.table()?);
    if let Some(summary) = predictions.summary()? {
        say!("{summary}");
    }
    if let Some(out) = out {
        say!("wrote {}", out.write(predictions.csv()?)?.display());
    }
    Ok(())
}

/// Whose model it is.
enum Source<'a> {
    Ours(Box<Model>),
    Served(&'a Server, Box<Card>),
}

impl InferArgs {
    fn source<'a>(&self, server: Option<&'a Server>) -> anyhow::Result<Source<'a>> {
        match (&self.model, server) {
            (Some(folder), _) => Ok(Source::Ours(Model::load(folder)?.into())),
            (None, Some(server)) => {
                self.packing.check_none()?;
                Ok(Source::Served(server, served::card(server, self.served.as_deref())?.into()))
            }
            (None, None) => Err(UsageError::NotServed { flag: "inference without --model and --server" }.into()),
        }
    }
}

impl Source<'_> {
    fn preparation(&self) -> &Preparation {
        match self {
            Source::Ours(model) => model.preparation(),
            Source::Served(_, card) => card.preparation(),
        }
    }

    fn task(&self) -> &Task {
        match self {
            Source::Ours(model) => model.task(),
            Source::Served(_, card) => card.task(),
        }
    }

    fn outputs(&self, args: &InferArgs, server: Option<&Server>, input: &Input) -> anyhow::Result<Array2<f64>> {
        match self {
            Source::Ours(model) => infer(args, server, model, input),
            Source::Served(server, card) => served::infer(server, card, &input.features, &input.notes),
        }
    }
}

/// Scores or numbers for all samples, computed by a server that does not see them.
fn infer(args: &InferArgs, server: Option<&Server>, model: &Model, input: &Input) -> anyhow::Result<Array2<f64>> {
    let (network, weights) = model.network()?;
    let inputs = network.inputs(model.scaler().apply(&input.features)?)?;
    let costs = Costs::load().table;
    let (deployment, packing) = args.packing.deployment(&network, &weights, model.layout(), inputs.nrows(), &costs)?;
    let parameters = deployment.parameters();
    let bits: Vec<String> = parameters.coeff_modulus_bits().iter().map(u32::to_string).collect();
    say!("model       {}, {}, layout {}", model.dataset(), network_text(model), model.layout());
    say!("packing     {packing}");
    say!("parameters  N = {}, primes of {} bits", parameters.poly_modulus_degree(), bits.join(", "));
    notes::print(&input.notes);
    args.execution.announce();
    server.iter().for_each(|server| server.announce());
    let started = Instant::now();
    let mut session = match args.execution.backend {
        BackendName::Clear => {
            let (holder, circuit) = deployment.in_the_clear(Some(Noise { seed: 0 }));
            deployment.in_process(holder, circuit, &network, &weights)?
        }
        BackendName::Seal => {
            let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
            say!(
                "keys        {} rotation keys, {} sent to the server, generated in {}",
                deployment.keys().rotations.len(),
                format::bytes((keys.galois_bytes() + keys.relin_bytes()) as u64),
                format::seconds(started.elapsed().as_secs_f64())
            );
            match server {
                Some(server) => {
                    let channel = server.channel(vec![deployment.announcement()?], &keys)?;
                    drop(keys);
                    deployment.on_channel(holder, channel, &network, &weights)?
                }
                None => {
                    let circuit = Circuit::new(SealEvaluator::new(parameters, &keys)?);
                    drop(keys);
                    deployment.in_process(holder, circuit, &network, &weights)?
                }
            }
        }
    };
    let features = if deployment.takes_bias_input() { inputs.ncols() } else { network.features() };
    let progress = Progress::new(inputs.nrows(), "inference");
    let outputs = session.outputs_of_all(inputs.slice(s![.., ..features]), &mut |rows| progress.advance_by(rows))?;
    drop(progress);
    let clear = reference::outputs(&network, &weights, inputs.view())?;
    let difference = (&outputs - &clear).iter().fold(0f64, |largest, d| largest.max(d.abs()));
    say!(
        "inference   {} samples, {} at a time, in {}; scores differ from those in the clear by at most {}",
        inputs.nrows(),
        deployment.batch(),
        format::seconds(started.elapsed().as_secs_f64()),
        format::small(difference)
    );
    server.iter().for_each(|server| say!("line        {}", server.meter.line().in_words()));
    Ok(model.in_units(outputs))
}

/// Widths, biases and activation of the layers.
fn network_text(model: &Model) -> String {
    let widths: Vec<String> = model.widths().iter().map(usize::to_string).collect();
    let has_bias = model.layers().iter().any(|layer| layer.bias.iter().any(|b| *b != 0.0));
    let bias = if has_bias { " with bias" } else { "" };
    match model.layers().len() {
        1 => format!("network {}{bias}", widths.join("-")),
        _ => format!("network {}{bias}, activation {}", widths.join("-"), model.activation()),
    }
}
