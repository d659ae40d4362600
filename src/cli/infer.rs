//! `seal-nn infer`: applies a saved model to samples, both encrypted.

use std::{path::PathBuf, time::Instant};

use clap::Args;
use ndarray::{Array2, s};
use seal_nn::{
    DataError,
    backend::{Circuit, KeySwitching, Noise, SealEvaluator},
    data::{CsvBlocks, CsvFile, Selection},
    model::Model,
    nn::{Network, Weights, reference},
    protocol::Infer,
    report::{OutputFile, format},
};

use super::{
    backend_args::{BackendArgs, BackendName},
    costs::Costs,
    data_args::FormatArgs,
    input::Input,
    notes,
    packing::PackingArgs,
    predictions::{Predictions, Score},
    progress::Progress,
    remote::{Server, ServerArgs},
};

#[derive(Args)]
pub struct InferArgs {
    /// Folder with the model.json that `train` wrote
    #[arg(long, value_name = "DIR")]
    model: PathBuf,

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
    let model = Model::load(&args.model)?;
    let blocks = Blocks::open(args, &model)?;
    let model_file = Model::file_in(&args.model);
    let out = args.out.as_ref().map(|out| OutputFile::create(out, &[&args.input, &model_file])).transpose()?;
    let text = match pool.install(|| infer_all(args, server.as_ref(), &model, blocks)) {
        Ok(text) => text,
        Err(error) => {
            out.into_iter().for_each(OutputFile::abandon);
            return Err(error);
        }
    };
    if let Some(out) = out {
        say!("wrote {}", out.write(text)?.display());
    }
    Ok(())
}

/// Lines of a file that are in memory at a time, a multiple of the samples that any packing takes at a time.
const LINES: usize = 8192;

/// The samples of a file for a model, a block after the other.
struct Blocks<'a> {
    lines: CsvBlocks,
    args: &'a InferArgs,
    model: &'a Model,
}

impl<'a> Blocks<'a> {
    /// A file that can be read twice is checked as a whole: an error in its last line should not come after hours.
    fn open(args: &'a InferArgs, model: &'a Model) -> anyhow::Result<Blocks<'a>> {
        let blocks = || {
            Ok::<_, DataError>(Blocks {
                lines: CsvBlocks::open(&args.input, &args.format.format(), LINES)?,
                args,
                model,
            })
        };
        if args.input.metadata().is_ok_and(|file| file.is_file()) {
            blocks()?.try_for_each(|block| block.map(drop))?;
        }
        Ok(blocks()?)
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Input, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let InferArgs { by_position, ignore, format, label, .. } = self.args;
        let selection = || Selection { by_position: *by_position, others: ignore.clone(), gaps: format.gaps() };
        let read = |file: CsvFile| Input::from_csv(&file, self.model, label.as_deref(), selection());
        self.lines.next().map(|file| file.and_then(read))
    }
}

/// Predicts all samples and prints them; returns them as CSV, if there is a file for them.
fn infer_all(
    args: &InferArgs,
    server: Option<&Server>,
    model: &Model,
    blocks: impl Iterator<Item = Result<Input, DataError>>,
) -> anyhow::Result<Vec<u8>> {
    let (mut text, mut score, mut before, mut inference) = (Vec::new(), Score::default(), 0, None);
    for input in blocks {
        let input = input?;
        let inference = match &mut inference {
            Some(inference) => inference,
            none => none.insert(Inference::start(args, server, model, &input)?),
        };
        let outputs = model.in_units(inference.outputs(&input)?);
        let predictions = Predictions { task: model.task(), before, outputs: &outputs, truth: input.truth.as_ref() };
        say!("\n{}", predictions.table()?);
        score.add(&predictions)?;
        if args.out.is_some() {
            predictions.write_csv(&mut text)?;
        }
        before += outputs.nrows();
    }
    if let Some(summary) = score.summary()? {
        say!("{summary}");
    }
    server.iter().for_each(|server| say!("line        {}", server.line().in_words()));
    Ok(text)
}

/// An inference that was planned for the first block, with its keys.
struct Inference<'a> {
    model: &'a Model,
    network: Network,
    weights: Weights,
    session: Box<dyn Infer>,
    /// Features of a packed sample, with the bias input if it is one.
    features: usize,
    started: Instant,
}

impl<'a> Inference<'a> {
    fn start(args: &InferArgs, server: Option<&Server>, model: &'a Model, first: &Input) -> anyhow::Result<Self> {
        let (network, weights) = model.network()?;
        let (costs, rows) = (Costs::load().table, first.features.nrows());
        let (deployment, packing) = args.packing.deployment(&network, &weights, model.layout(), rows, &costs)?;
        let parameters = deployment.parameters();
        let bits: Vec<String> = parameters.coeff_modulus_bits().iter().map(u32::to_string).collect();
        say!("model       {}, {}, layout {}", model.dataset(), network_text(model), model.layout());
        say!("packing     {packing}");
        say!("parameters  N = {}, primes of {} bits", parameters.poly_modulus_degree(), bits.join(", "));
        notes::print(&first.notes);
        args.execution.announce();
        server.iter().for_each(|server| server.announce());
        let started = Instant::now();
        let session = match args.execution.backend {
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
        let features = network.features() + usize::from(deployment.takes_bias_input() && network.has_bias());
        Ok(Inference { model, network, weights, session, features, started })
    }

    /// Scores or numbers for all samples of a block, computed by a server that does not see them.
    fn outputs(&mut self, input: &Input) -> anyhow::Result<Array2<f64>> {
        let inputs = self.network.inputs(self.model.scaler().apply(&input.features)?)?;
        let progress = Progress::new(inputs.nrows(), "inference");
        let packed = inputs.slice(s![.., ..self.features]);
        let outputs = self.session.outputs_of_all(packed, &mut |rows| progress.advance_by(rows))?;
        drop(progress);
        let clear = reference::outputs(&self.network, &self.weights, inputs.view())?;
        let difference = (&outputs - &clear).iter().fold(0f64, |largest, d| largest.max(d.abs()));
        say!(
            "inference   {} samples, {} at a time, in {}; scores differ from those in the clear by at most {}",
            inputs.nrows(),
            self.session.batch(),
            format::seconds(self.started.elapsed().as_secs_f64()),
            format::small(difference)
        );
        self.started = Instant::now();
        Ok(outputs)
    }
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
