//! `seal-nn reproduce lima2025`: the head on SST-2, calibration, and a head trained under encryption.

mod calibration;
mod calibration_plot;
mod claims;
mod error_plot;
mod record;
mod sections;
#[cfg(test)]
mod tests;
mod training;

use std::path::PathBuf;

use clap::Args;
use seal_nn::{
    data::Embeddings,
    nn::{
        accuracy,
        calibration::RANGE_MARGIN,
        head::{HeadActivation, HeadShape, HeadTraining, largest_spread},
        soft_argmax::SoftArgmax,
    },
    protocol::ParameterRequest,
    report::{OutputDir, format, peak_resident_bytes},
};

use self::{
    claims::{claims, differences},
    error_plot::error_curves,
    record::{Bytes, LimaReport, PerSentence, Sst2},
};
use crate::cli::{
    backend_args::{BackendName, Threads},
    hnn::{Classification, Classified, HeadKind, decisions_equal, describe},
    print::print_and_write,
    reproduce::run_info::RunInfo,
};

#[derive(Args)]
pub struct LimaArgs {
    /// Only a small part of the data, in a minute or two
    #[arg(long)]
    quick: bool,

    /// Folder with embeddings of SST-2, as `seal-nn hnn --data` takes them
    #[arg(long, value_name = "DIR", default_value = "data/sst2")]
    data: PathBuf,

    /// Folder for lima2025.json, lima2025.md and the plots
    #[arg(long, default_value = "runs/lima2025")]
    out: PathBuf,

    /// Decides the heads' first weights and batches
    #[arg(long, default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    threads: Threads,
}

/// How much is done.
pub struct Extent {
    /// Test sentences under encryption.
    pub test: usize,
    /// Steps of each calibration.
    pub calibration_steps: usize,
    /// Epochs of encrypted training, at most; none for no training.
    pub epochs: usize,
}

const QUICK: Extent = Extent { test: 64, calibration_steps: 8, epochs: 0 };
const FULL: Extent = Extent { test: usize::MAX, calibration_steps: 40, epochs: 5 };

/// The parts of the data. An overconfident head learns few samples by heart; validation and encrypted training take
/// others.
pub struct Parts {
    pub few: Embeddings,
    pub validation: Embeddings,
    pub train: Embeddings,
    pub test: Embeddings,
}

/// What the overconfident head learns by heart.
const FEW: usize = 500;
/// Validation samples, from the end of the training part.
const VALIDATION: usize = 500;

impl Parts {
    fn load(args: &LimaArgs, extent: &Extent) -> anyhow::Result<Parts> {
        let all = Embeddings::load(&args.data, "train")?;
        let end = all.labels.len().saturating_sub(VALIDATION);
        Ok(Parts {
            few: all.range(0, FEW.min(end)),
            train: all.range(0, end),
            validation: all.range(end, all.labels.len()),
            test: Embeddings::load(&args.data, "test")?.first(extent.test),
        })
    }
}

pub fn run(args: &LimaArgs) -> anyhow::Result<()> {
    let pool = args.threads.pool()?;
    let extent = if args.quick { QUICK } else { FULL };
    let parts = Parts::load(args, &extent)?;
    let out = OutputDir::create(&args.out)?;
    let done = pool.install(|| reproduce(args, &extent, &parts, &out));
    if done.is_err() {
        out.abandon();
    }
    done
}

fn reproduce(args: &LimaArgs, extent: &Extent, parts: &Parts, out: &OutputDir) -> anyhow::Result<()> {
    let mut report = LimaReport { run: RunInfo::new(args.quick, args.seed), ..Default::default() };
    say!("machine     {}", report.run.machine);
    say!(
        "estimate    {}",
        if args.quick {
            "about a minute"
        } else {
            "about five minutes on two threads with AVX512, three times that without"
        }
    );
    classify(args, parts, &mut report)?;
    let overconfident = HeadTraining::overconfident(args.seed);
    let head = overconfident.train(HeadActivation::quadratic(), 2, parts.few.vectors.view(), &parts.few.labels)?;
    let name = format!("logistic regression that learned {} sentences by heart", parts.few.labels.len());
    report.calibration = calibration::calibrate(&name, &head, parts, extent.calibration_steps)?;
    let head = HeadKind::Linear.train(0, 2, &parts.train, args.seed)?;
    let name = format!("logistic regression with weight decay on {} sentences", parts.train.labels.len());
    report.calibration_well_trained = calibration::calibrate(&name, &head, parts, extent.calibration_steps)?;
    if extent.epochs > 0 {
        report.encrypted_training = Some(training::train(parts, extent.epochs)?);
    }
    report.peak_rss_bytes = peak_resident_bytes();
    report.claims = claims(&report);
    report.differences = differences(&report);
    report.error_curves = error_curves()?;
    print_and_write(out, &report)
}

/// The quadratic head on the test sentences.
fn classify(args: &LimaArgs, parts: &Parts, report: &mut LimaReport) -> anyhow::Result<()> {
    const HIDDEN: usize = 32;
    let (x, labels) = (parts.test.vectors.view(), &parts.test.labels);
    let head = HeadKind::Quadratic.train(HIDDEN, 2, &parts.train, args.seed)?;
    let training = HeadTraining::new(Some(HIDDEN), args.seed);
    let relu = training.train(HeadActivation::Relu, 2, parts.train.vectors.view(), &parts.train.labels)?;
    let layer = SoftArgmax::new(2, 1.0, 0)?;
    let range = RANGE_MARGIN * largest_spread(&head.logits(parts.train.vectors.view())?);
    let shape = HeadShape::new(&head, layer, HeadShape::approximation(&layer, range, 15)?)?;
    let run = Classification::new(&head, &shape, false, BackendName::Seal, &ParameterRequest::default())?;
    let read: Classified = run.run(x)?;
    let (plain, encrypted) = (accuracy(&head.logits(x)?, labels)?, accuracy(&read.probabilities, labels)?);
    let with_relu = accuracy(&relu.logits(x)?, labels)?;
    report.sst2 = Sst2 {
        head: describe(&head),
        samples: labels.len(),
        plain_accuracy: plain,
        encrypted_accuracy: encrypted,
        ratio: encrypted / plain,
        decisions_equal: decisions_equal(&read, &head.logits(x)?)?,
        relu_accuracy: Some(with_relu),
        ratio_to_relu: Some(encrypted / with_relu),
        outside_range: read.garbage.len(),
        poly_modulus_degree: run.deployment.parameters.poly_modulus_degree(),
        levels: shape.levels(),
        rotations: run.deployment.plan.operations.rotations() as u64,
        relinearizations: run.deployment.plan.operations.count(seal_nn::backend::Operation::Relinearize) as u64,
        batch: run.batch(),
    };
    report.noise_bits_left = -read.difference.log2();
    report.seconds_per_sentence =
        PerSentence { single: read.seconds_alone, batched: read.seconds / run.batch() as f64 };
    report.bytes = Bytes { keys: read.key_bytes, exchange: read.bytes };
    say!(
        "SST-2: {} encrypted, {} clear, {} of {} decisions equal",
        format::percent(encrypted),
        format::percent(plain),
        report.sst2.decisions_equal,
        labels.len()
    );
    report.stages = read.stages;
    Ok(())
}
