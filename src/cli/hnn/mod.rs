//! `seal-nn hnn`: classifies sentences with an encrypted head after an encoder in the clear.

mod checkpoint;
mod classified;
mod classify;
mod heads;
mod packing;
mod report;
mod stage;
mod training;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
pub use classified::Classified;
pub use classify::Classification;
pub use heads::{HeadKind, describe};
use ndarray::Array2;
use seal_nn::{
    DataError,
    backend::{KeySwitching, Operation},
    data::Embeddings,
    nn::{
        accuracy,
        head::{Head, HeadShape, largest_spread},
        predicted_classes,
        soft_argmax::SoftArgmax,
    },
    protocol::ParameterRequest,
    report::{Machine, OutputDir, format, peak_resident_bytes},
};
pub use stage::Stage;

use self::{
    packing::{HeadPacking, Packed},
    report::HnnReport,
    training::{EncryptedTraining, TrainingReport},
};
use super::{
    backend_args::{BackendArgs, SecurityArgs},
    print::print_and_write,
    remote::{Server, ServerArgs},
    usage::UsageError,
};

#[derive(Args)]
#[command(
    after_help = "The client embeds its sentences in the clear and encrypts the embeddings. The server applies the \
    head and the soft-argmax without seeing them, and the client decrypts classes and probabilities. Without options, \
    a head is trained first and then classifies 872 sentences of SST-2 from data/sst2 in the repository."
)]
pub struct HnnArgs {
    /// Folder with embeddings and labels: train.safetensors and test.safetensors (tensors `embeddings` and `labels`),
    /// or PART.emb.npy with PART.labels.npy or PART.tsv
    #[arg(long, value_name = "DIR", default_value = "data/sst2")]
    data: PathBuf,

    /// Folder of a DistilBERT checkpoint for classification (docs/text.md): its encoder embeds --text, and its head is
    /// applied under encryption. Requires a program built with `--features text`
    #[arg(long, value_name = "DIR", requires = "text")]
    model: Option<PathBuf>,

    /// File of sentences to classify, one per line, optionally with the class after a tab
    #[arg(long, value_name = "FILE", requires = "model")]
    text: Option<PathBuf>,

    /// File of sentences that determine the range on which the head's ReLU is approximated [default: those of --text]
    #[arg(long, value_name = "FILE", requires = "model")]
    range_text: Option<PathBuf>,

    /// Degree of the polynomial that replaces ReLU
    #[arg(long, default_value_t = 3, requires = "model")]
    degree: usize,

    /// Treat --model as the name of a published checkpoint and download it. Requires a program built with `--features
    /// download`
    #[arg(long, requires = "model")]
    download: bool,

    /// Kind of head, which is trained on the training part
    #[arg(long, value_enum, default_value_t = HeadKind::Quadratic)]
    head: HeadKind,

    /// Where the head is trained: by the client itself, or with the products computed by a server that sees neither
    /// embeddings nor weights
    #[arg(long, value_enum, default_value_t = TrainingPlace::Clear, conflicts_with = "model")]
    training: TrainingPlace,

    /// Steps of an encrypted training, of 128 embeddings each
    #[arg(long, default_value_t = 300, conflicts_with = "model")]
    steps: usize,

    /// Hidden units of the quadratic head
    #[arg(long, default_value_t = 32)]
    hidden: usize,

    /// Whether the server knows the weights of the head or holds them encrypted [default: clear, with --server encrypted]
    #[arg(long, value_enum)]
    weights: Option<Secrecy>,

    /// How sentences lie in ciphertexts [default: what is fastest for their number; shared for an encrypted head]
    #[arg(long, value_enum)]
    packing: Option<HeadPacking>,

    /// Temperature of the soft-argmax: a higher one makes probabilities more even and does not change decisions
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    temperature: f64,

    /// Range promised to the polynomials: the largest spread of logits, divided by the temperature [default: 1.25 times
    /// the largest on the training part]
    #[arg(long, allow_negative_numbers = true)]
    range: Option<f64>,

    /// First position of the soft-argmax
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    first_index: i64,

    /// Number of sentences of the test part to classify [default: all]
    #[arg(long, value_name = "N")]
    samples: Option<usize>,

    /// Ring degree N, a power of two [default: the smallest that suffices]
    #[arg(long)]
    poly_modulus_degree: Option<usize>,

    #[command(flatten)]
    security: SecurityArgs,

    /// Seed for the first weights and the batches of the head
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Folder for hnn.json, with the probabilities of every sentence, and hnn.md
    #[arg(long, default_value = "runs/hnn")]
    out: PathBuf,

    #[command(flatten)]
    execution: BackendArgs,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Secrecy {
    /// The head belongs to the server
    Clear,
    /// The head belongs to the client, and the server does not see it
    Encrypted,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TrainingPlace {
    /// In the clear, at the client
    Clear,
    /// Encrypted: the server multiplies, and the client computes loss and update
    Encrypted,
}

/// Levels that remain for a soft-argmax after two dense layers with the largest parameters.
const MOST_LEVELS: usize = 15;

pub fn run(args: &HnnArgs) -> anyhow::Result<()> {
    let pool = args.execution.pool()?;
    // Check settings before the work.
    SoftArgmax::new(2, args.temperature, args.first_index)?;
    let server = args.server.server(args.execution.backend, KeySwitching::default())?;
    if server.is_some() && args.weights == Some(Secrecy::Clear) {
        return Err(UsageError::ClearAtServer.into());
    }
    UsageError::check_count("--samples", args.samples.unwrap_or(1), 1..=usize::MAX, None)?;
    UsageError::check_count("--steps", args.steps, 1..=usize::MAX, None)?;
    let source = match (&args.model, &args.text) {
        (Some(model), Some(text)) => Source::Checkpoint(checkpoint::Checkpoint::load(args, model, text)?),
        _ => {
            let train = Embeddings::load(&args.data, "train")?;
            let test = Embeddings::load(&args.data, "test")?.first(args.samples.unwrap_or(usize::MAX));
            same_width(&train, &test)?;
            Source::Embeddings(train, test)
        }
    };
    let out = OutputDir::create(&args.out)?;
    let inputs: Vec<_> = args.text.iter().chain(&args.range_text).map(PathBuf::as_path).collect();
    out.keep_apart(&["hnn.json", "hnn.md"], &inputs)?;
    let done = pool.install(|| {
        let job = source.job(args, server.as_ref())?;
        classify(args, server.as_ref(), &job, &out)
    });
    if done.is_err() {
        out.abandon();
    }
    done
}

/// Returns an error for test embeddings of another width.
fn same_width(train: &Embeddings, test: &Embeddings) -> Result<(), DataError> {
    let (expected, actual) = (train.vectors.ncols(), test.vectors.ncols());
    if expected == actual {
        return Ok(());
    }
    Err(DataError::WrongFeatures { expected, actual })
}

/// The source of embeddings and head.
enum Source {
    /// For training the head, and for classifying.
    Embeddings(Embeddings, Embeddings),
    Checkpoint(checkpoint::Checkpoint),
}

/// A head with the embeddings to classify.
struct Job {
    head: Head,
    /// `samples x width`.
    embeddings: Array2<f64>,
    /// The true classes, if they are known.
    labels: Option<Vec<usize>>,
    /// Embeddings that determine the range of logits.
    range: Array2<f64>,
    /// What an encrypted training took.
    training: Option<TrainingReport>,
}

impl Source {
    fn job(self, args: &HnnArgs, server: Option<&Server>) -> anyhow::Result<Job> {
        args.execution.announce();
        let (train, test) = match self {
            Source::Embeddings(train, test) => (train, test),
            Source::Checkpoint(checkpoint) => return checkpoint.job(args.degree),
        };
        let classes = train.classes().max(test.classes());
        say!(
            "data        {}: {} embeddings to train the head, {} to classify, width {}, {classes} classes",
            args.data.display(),
            train.labels.len(),
            test.labels.len(),
            train.vectors.ncols()
        );
        let (head, training) = match args.training {
            TrainingPlace::Clear => (args.head.train(args.hidden, classes, &train, args.seed)?, None),
            TrainingPlace::Encrypted => {
                let HnnArgs { head: kind, hidden, steps, seed, .. } = *args;
                let backend = args.execution.backend;
                let line = args.server.line();
                let training = EncryptedTraining { kind, hidden, classes, data: &train, steps, seed, backend, line };
                let (head, report) = training.run(server)?;
                say!("training    {report}");
                (head, Some(report))
            }
        };
        Ok(Job { head, embeddings: test.vectors, labels: Some(test.labels), range: train.vectors, training })
    }
}

fn classify(args: &HnnArgs, server: Option<&Server>, job: &Job, out: &OutputDir) -> anyhow::Result<()> {
    let Job { head, embeddings, labels, range: seen, training } = job;
    let layer = SoftArgmax::new(head.classes(), args.temperature, args.first_index)?;
    let spread = largest_spread(&head.logits(seen.view())?) / args.temperature;
    let range = args.range.unwrap_or(seal_nn::nn::calibration::RANGE_MARGIN * spread);
    let approximation = HeadShape::approximation(&layer, range, MOST_LEVELS)?;
    let errors = approximation.worst_error(&layer, range)?;
    let shape = HeadShape::new(head, layer, approximation)?;
    let request = ParameterRequest {
        poly_modulus_degree: args.poly_modulus_degree,
        security: args.security.table(),
        ..Default::default()
    };
    let encrypted = args.weights.map_or(server.is_some(), |weights| weights == Secrecy::Encrypted);
    let of_head = (head, &shape);
    let backend = args.execution.backend;
    let run = Packed::choose(of_head, encrypted, args.packing, backend, embeddings.nrows(), &request)?;
    let (parameters, operations) = (run.deployment.parameters(), &run.deployment.plan().operations);
    say!("head        {}, weights {}", describe(head), if encrypted { "encrypted" } else { "known to the server" });
    say!(
        "soft-argmax temperature {}, largest spread of logits {spread:.2}, promised range {range:.2}; {}",
        args.temperature,
        match range < spread {
            true =>
                "no bound on the error of probabilities, because logits spread further: use a larger --range".into(),
            false => format!("error of probabilities at most {}", format::small(errors.probability)),
        }
    );
    say!(
        "parameters  N = {}, {} bits in all, {}-bit security; {} levels; {} rotation keys",
        parameters.poly_modulus_degree(),
        parameters.coeff_modulus_bits().iter().sum::<u32>(),
        parameters.security_bits(),
        shape.levels(),
        run.deployment.keys().rotations.len()
    );
    say!("packing     {}", run.why);
    say!(
        "batch       {}, {} rotations, {} relinearisations, {} plaintext products\n",
        run.batch_in_words(),
        operations.rotations(),
        operations.count(Operation::Relinearize),
        operations.count(Operation::MultiplyPlain) + operations.count(Operation::MultiplyConstant)
    );
    server.iter().for_each(|server| server.announce());
    let read = run.run(server, embeddings.view())?;
    let plain = head.logits(embeddings.view())?;
    let right = |outputs: &Array2<f64>| labels.as_ref().map(|labels| accuracy(outputs, labels)).transpose();
    let report = HnnReport {
        version: env!("CARGO_PKG_VERSION").into(),
        machine: Machine::detect(option_env!("SEAL_NN_HEXL") == Some("1"), rayon::current_num_threads()),
        head: describe(head),
        classes: head.classes(),
        temperature: args.temperature,
        range,
        spread,
        packing: run.deployment.packing().to_string(),
        poly_modulus_degree: parameters.poly_modulus_degree(),
        coeff_modulus_bits: parameters.coeff_modulus_bits(),
        samples: embeddings.nrows(),
        plain_accuracy: right(&plain)?,
        encrypted_accuracy: right(&read.probabilities)?,
        decisions_equal: decisions_equal(&read, &plain)?,
        seconds_alone: read.seconds_alone,
        seconds_batched: read.seconds / run.deployment.batch() as f64,
        seconds_per_sentence: read.seconds_in_all / embeddings.nrows().max(1) as f64,
        setup_seconds: read.setup_seconds,
        key_bytes: read.key_bytes,
        exchange_bytes: read.bytes,
        line: server.map(|server| server.line()),
        peak_rss_bytes: peak_resident_bytes(),
        largest_difference: read.difference,
        probabilities: read.probabilities.rows().into_iter().map(|row| row.to_vec()).collect(),
        decisions: predicted_classes(&read.probabilities)?,
        outside_range: read.garbage,
        positions: read.positions,
        labels: labels.clone(),
        training: training.clone(),
    };
    print_and_write(out, &report)
}

/// Number of samples with the same class in both.
pub fn decisions_equal(read: &Classified, logits: &Array2<f64>) -> seal_nn::Result<usize> {
    let pairs = predicted_classes(&read.probabilities)?.into_iter().zip(predicted_classes(logits)?);
    Ok(pairs.filter(|(a, b)| a == b).count())
}
