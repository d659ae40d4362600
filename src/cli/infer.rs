//! `seal-nn infer`: applies a saved model to samples, both encrypted.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Args;
use ndarray::{Array2, ArrayView2};
use rayon::ThreadPool;
use seal_nn::{
    DataError,
    backend::{Circuit, KeySwitching, Noise, SealEvaluator},
    data::{CsvBlocks, CsvFile, Preparation, Selection},
    model::{Card, Model, Task},
    nn::{Network, head::Head},
    protocol::{Infer, wire::Opening},
    report::{OutputFile, format},
};

use super::{
    backend_args::{BackendArgs, BackendName},
    costs::Costs,
    data_args::FormatArgs,
    input::Input,
    job::{self, Job, shares},
    notes,
    packing::PackingArgs,
    predictions::{Predictions, Score},
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

    /// Equal shares of the rows that so many ranks compute at the same time, with encrypted weights
    /// (docs/several-machines.md). The process or the ranks at hand compute all of them [default: the ranks that mpirun
    /// started; 1 without it]
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    ranks: Option<usize>,

    /// CSV file to write classes and scores, or numbers, to, in addition to printing them. It must not be the input; a FIFO or a
    /// device is written into
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    execution: BackendArgs,

    #[command(flatten)]
    server: ServerArgs,
}

/// More would take a server minutes to plan.
const MOST_SHARES: usize = 64;

pub fn run(args: &InferArgs, job: &Job) -> anyhow::Result<()> {
    let pool = args.pool()?;
    let server = args.server.server(args.execution.backend, KeySwitching::default())?;
    if server.is_some() {
        args.packing.check_unknown()?;
    }
    job.refuse("--server", server.is_some())?;
    job.refuse("--backend clear", args.execution.backend == BackendName::Clear)?;
    job.refuse("--weights clear", args.packing.tells_weights())?;
    let shares = shares(args.ranks, job.ranks(), MOST_SHARES)?;
    if args.ranks.is_some() && (args.model.is_none() || args.packing.tells_weights()) {
        return Err(UsageError::OnlyForEncryptedWeights { flag: "--ranks" }.into());
    }
    let source = args.source(server.as_ref())?;
    let blocks = Blocks::open(args, &source)?;
    let model_file = args.model.as_ref().map(Model::file_in);
    let inputs: Vec<&Path> = [&args.input].into_iter().chain(&model_file).map(PathBuf::as_path).collect();
    let out = args.out.as_ref().map(|out| OutputFile::create(out, &inputs)).transpose()?;
    let party = Party { server: server.as_ref(), job, shares };
    let text = match pool.install(|| infer_all(args, &party, &source, blocks)) {
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

/// Who computes.
struct Party<'a> {
    server: Option<&'a Server>,
    job: &'a Job,
    shares: usize,
}

/// Whose model it is.
enum Source<'a> {
    Ours(Box<Model>),
    Served(&'a Server, Box<Card>),
}

impl InferArgs {
    /// The threads to compute on.
    pub fn pool(&self) -> anyhow::Result<ThreadPool> {
        self.execution.pool()
    }

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
}

/// Lines of a file that are in memory at a time, a multiple of the samples that any packing takes at a time.
const LINES: usize = 8192;

/// The samples of a file for a model, a block after the other.
struct Blocks<'a> {
    lines: CsvBlocks,
    args: &'a InferArgs,
    source: &'a Source<'a>,
}

impl<'a> Blocks<'a> {
    /// A file that can be read twice is checked as a whole: an error in its last line should not come after hours.
    fn open(args: &'a InferArgs, source: &'a Source<'a>) -> anyhow::Result<Blocks<'a>> {
        let blocks = || {
            Ok::<_, DataError>(Blocks {
                lines: CsvBlocks::open(&args.input, &args.format.format(), LINES)?,
                args,
                source,
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
        let (preparation, task) = (self.source.preparation(), self.source.task());
        let read = |file: CsvFile| Input::from_csv(&file, preparation, task, label.as_deref(), selection());
        self.lines.next().map(|file| file.and_then(read))
    }
}

/// Predicts all samples and prints them; returns them as CSV, if there is a file for them.
fn infer_all(
    args: &InferArgs,
    party: &Party<'_>,
    source: &Source,
    blocks: impl Iterator<Item = Result<Input, DataError>>,
) -> anyhow::Result<Vec<u8>> {
    let (mut text, mut score, mut before, mut inference) = (Vec::new(), Score::default(), 0, None);
    // Of the blocks so far: what holds for all is not said again.
    let mut said = Vec::new();
    for input in blocks {
        let input = input?;
        let inference = match &mut inference {
            Some(inference) => {
                notes::print_from(before, &input.notes, &said);
                inference
            }
            none => none.insert(Inference::start(args, party, source, &input)?),
        };
        said.extend(input.notes.iter().cloned());
        let outputs = source.task().in_units(inference.outputs(&input)?);
        let predictions = Predictions { task: source.task(), before, outputs: &outputs, truth: input.truth.as_ref() };
        say!("\n{}", predictions.table()?);
        score.add(&predictions)?;
        if args.out.is_some() {
            predictions.write_csv(&mut text)?;
        }
        before += outputs.nrows();
    }
    if let Some(inference) = inference {
        say!("{}", inference.summary());
    }
    if let Some(summary) = score.summary()? {
        say!("{summary}");
    }
    party.server.iter().for_each(|server| say!("line        {}", server.line().in_words()));
    Ok(text)
}

/// An inference that was planned for the first block, with its keys.
struct Inference<'a> {
    model: Prepared<'a>,
    session: Box<dyn Infer>,
    samples: usize,
    took: Duration,
    /// The largest difference of a score from that in the clear.
    difference: f64,
}

/// A model as its session takes it.
enum Prepared<'a> {
    Ours {
        model: &'a Model,
        /// For the same in the clear.
        head: Head,
        /// Whose bias input samples have, where they have one.
        network: Option<Network>,
    },
    Served(&'a Card),
}

impl<'a> Inference<'a> {
    fn start(args: &InferArgs, party: &Party<'_>, source: &'a Source, first: &Input) -> anyhow::Result<Inference<'a>> {
        let started = Instant::now();
        let (model, session) = match source {
            Source::Ours(model) => Inference::of_model(args, party, model, first)?,
            Source::Served(server, card) => (Prepared::Served(card), served::session(server, card, &first.notes)?),
        };
        Ok(Inference { model, session, samples: 0, took: started.elapsed(), difference: 0.0 })
    }

    fn of_model(
        args: &InferArgs,
        party: &Party<'_>,
        model: &'a Model,
        first: &Input,
    ) -> anyhow::Result<(Prepared<'a>, Box<dyn Infer>)> {
        let &Party { server, job, shares } = party;
        let (costs, rows) = (Costs::load().table, first.features.nrows());
        let (deployment, packing) = args.packing.deployment(model, rows, shares, &costs)?;
        let parameters = deployment.parameters();
        let bits: Vec<String> = parameters.coeff_modulus_bits().iter().map(u32::to_string).collect();
        say!("model       {}, {}, layout {}", model.dataset(), network_text(model), model.layout());
        say!("packing     {packing}");
        say!("parameters  N = {}, primes of {} bits", parameters.poly_modulus_degree(), bits.join(", "));
        notes::print(&first.notes);
        args.execution.announce();
        server.iter().for_each(|server| server.announce());
        if shares > 1 {
            say!("ranks       rows in {shares} equal shares, computed by {}", job.in_words(server.is_some()));
        }
        let started = Instant::now();
        let session = match args.execution.backend {
            BackendName::Clear => {
                let (holder, circuit) = deployment.in_the_clear(Some(Noise { seed: 0 }));
                deployment.in_process(holder, circuit)?
            }
            BackendName::Seal => {
                let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
                say!(
                    "keys        {} rotation keys, {} sent to the server, generated in {}",
                    deployment.keys().rotations.len(),
                    format::bytes((keys.galois_bytes() + keys.relin_bytes()) as u64),
                    format::seconds(started.elapsed().as_secs_f64())
                );
                match (server, job.place()) {
                    (Some(server), _) => {
                        let channel = server.channel(vec![deployment.announcement()?], &keys, deployment.plan())?;
                        drop(keys);
                        deployment.on_channel(holder, channel)?
                    }
                    (None, Some(place)) => {
                        let opening = Opening::new(vec![deployment.announcement()?], &keys)?;
                        drop(keys);
                        deployment.on_channel(holder, job::open(&*place, opening)?)?
                    }
                    (None, None) => {
                        let circuit = Circuit::new(SealEvaluator::new(parameters, &keys)?);
                        drop(keys);
                        deployment.in_process(holder, circuit)?
                    }
                }
            }
        };
        let network = deployment.takes_bias_input().then(|| model.network()).transpose()?.map(|(network, _)| network);
        Ok((Prepared::Ours { model, head: model.head()?, network }, session))
    }

    /// Scores or numbers for all samples of a block, computed by a server that does not see them.
    fn outputs(&mut self, input: &Input) -> anyhow::Result<Array2<f64>> {
        let outputs = match &self.model {
            Prepared::Ours { model, head, network } => {
                let inputs = model.scaler().apply(&input.features)?;
                let clear = head.logits(inputs.view())?;
                let inputs = match network {
                    Some(network) => network.inputs(inputs)?,
                    None => inputs,
                };
                let started = Instant::now();
                let outputs = predict(self.session.as_mut(), inputs.view())?;
                self.took += started.elapsed();
                self.difference = (&outputs - &clear).iter().fold(self.difference, |largest, d| largest.max(d.abs()));
                outputs
            }
            Prepared::Served(card) => {
                let inputs = card.preparation().scaler().apply(&input.features)?;
                let started = Instant::now();
                let outputs = predict(self.session.as_mut(), inputs.view())?;
                self.took += started.elapsed();
                outputs
            }
        };
        self.samples += outputs.nrows();
        Ok(outputs)
    }

    /// In a line, after all blocks.
    fn summary(&self) -> String {
        let compared = match self.model {
            Prepared::Ours { .. } => {
                format!("scores differ from those in the clear by at most {}", format::small(self.difference))
            }
            Prepared::Served(_) => "there are no weights here to compare with".into(),
        };
        format!(
            "inference   {} samples, {} at a time, in {}; {compared}",
            self.samples,
            self.session.batch(),
            format::seconds(self.took.as_secs_f64())
        )
    }
}

fn predict(session: &mut dyn Infer, packed: ArrayView2<f64>) -> seal_nn::Result<Array2<f64>> {
    let progress = Progress::new(packed.nrows(), "inference");
    session.outputs_of_all(packed, &mut |rows| progress.advance_by(rows))
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
