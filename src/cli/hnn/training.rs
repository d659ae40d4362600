//! Training of a head on encrypted embeddings: the server multiplies, the client computes loss and update.

use std::{fmt, time::Instant};

use ndarray::Array2;
use seal_nn::{
    Result,
    backend::{Circuit, KeyHolder, KeySwitching, Noise, SealEvaluator},
    data::Embeddings,
    nn::{
        head::{Dense, Head, HeadActivation},
        layerwise::LayerwiseTraining,
        learning::{LearningSettings, Loss, Targets, max_difference, random_layers},
        split::{SplitSetup, SplitTraining},
        training::{EarlyStopping, Losses, OnDivergence},
    },
    program::Line,
    protocol::{
        BatchLearner, ClearTraining, Course, CourseEvent, LossAtClient, ParameterRequest, Peer, Session, SplitTask,
        SplitTrainingSession, StepOutcome, Traffic, Train, wire::Announcement,
    },
    report::{Table, format},
};
use serde::Serialize;

use super::HeadKind;
use crate::cli::{
    backend_args::BackendName, costs::Costs, progress::Progress, remote::Server, training::RoundsProgram,
};

/// A training of a head whose server sees neither embeddings nor weights.
pub struct EncryptedTraining<'a> {
    pub kind: HeadKind,
    /// Hidden units, if the head has any.
    pub hidden: usize,
    pub classes: usize,
    pub data: &'a Embeddings,
    pub steps: usize,
    pub seed: u64,
    pub backend: BackendName,
    /// To the server.
    pub line: Option<Line>,
}

/// What a training was and what it took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TrainingReport {
    pub steps: usize,
    pub batch: usize,
    pub poly_modulus_degree: usize,
    pub coeff_modulus_bits: Vec<u32>,
    /// From the first step to the last, both parties.
    pub seconds: f64,
    /// Evaluation keys.
    pub key_bytes: usize,
    /// Everything else that is sent.
    pub bytes: usize,
    /// The mean loss of the first and of the last batch.
    pub losses: [f64; 2],
    /// The largest difference of a weight from the same training in the clear.
    pub max_weight_difference: f64,
}

impl TrainingReport {
    /// The figures of a report.
    pub fn table(&self) -> Table {
        let [first, last] = self.losses;
        Table::metrics([
            ("steps", format!("{} of {} embeddings", self.steps, self.batch)),
            (
                "parameters",
                format!("N = {}, {} bits", self.poly_modulus_degree, self.coeff_modulus_bits.iter().sum::<u32>()),
            ),
            ("time per step, both parties", format::seconds(self.seconds / self.steps as f64)),
            ("size of the keys sent to the server", format::bytes(self.key_bytes as u64)),
            ("traffic per step, both ways", format::bytes((self.bytes / self.steps) as u64)),
            ("loss of the first batch, of the last", format!("{first:.4}, {last:.4}")),
            (
                "largest difference of a weight from the same training in the clear",
                format::small(self.max_weight_difference),
            ),
        ])
    }
}

impl fmt::Display for TrainingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_step = format::seconds(self.seconds / self.steps as f64);
        let difference = format::small(self.max_weight_difference);
        write!(
            f,
            "{} encrypted steps, {per_step} each; weights differ from those in the clear by at most {difference}",
            self.steps
        )
    }
}

impl EncryptedTraining<'_> {
    /// The head, and what its training took.
    ///
    /// The server is another process, or else in this one.
    pub fn run(&self, server: Option<&Server>) -> anyhow::Result<(Head, TrainingReport)> {
        match self.kind {
            HeadKind::Quadratic => self.on::<SplitTraining>(server),
            HeadKind::Linear => self.on::<LayerwiseTraining>(server),
        }
    }

    /// The rate at which all steps together move a weight as far, and decay it as much, as those of
    /// [`HeadTraining`](seal_nn::nn::head::HeadTraining): a few thousand embeddings are soon learned by heart.
    fn settings(&self) -> LearningSettings {
        let rate = (1.0 / self.steps as f64).min(MOST_RATE);
        LearningSettings { rate, weight_decay: 10.0, ..LearningSettings::for_steps(self.steps) }
    }

    fn on<P: RoundsProgram>(&self, server: Option<&Server>) -> anyhow::Result<(Head, TrainingReport)>
    where
        P::Client: LossAtClient<P, Task = SplitTask<P::Activation>>,
    {
        let activation = P::activation(&QUADRATIC.parse()?)?;
        let hidden = (self.kind == HeadKind::Quadratic).then_some(self.hidden);
        let widths: Vec<usize> =
            [Some(self.data.vectors.ncols()), hidden, Some(self.classes)].into_iter().flatten().collect();
        let size = entry_size(&self.data.vectors);
        let task = SplitTask {
            activation: activation.clone(),
            settings: self.settings(),
            layers: random_layers(&widths, self.seed)?,
            samples: &self.data.vectors / size,
            targets: Targets::classes(&self.data.labels, self.classes, Loss::CrossEntropy)?,
            seed: self.seed,
        };
        let setup = SplitSetup::new(&widths, BATCH.min(self.data.labels.len()));
        let seconds_per_byte = self.line.map_or(0.0, |line| line.seconds_per_byte());
        let deployment = P::choose(&setup, &ParameterRequest::default(), &Costs::load().table, seconds_per_byte)?;
        let mut report = TrainingReport {
            steps: self.steps,
            batch: setup.batch,
            poly_modulus_degree: deployment.parameters.poly_modulus_degree(),
            coeff_modulus_bits: deployment.parameters.coeff_modulus_bits(),
            ..Default::default()
        };
        let layers = match self.backend {
            BackendName::Clear => {
                let (holder, circuit) = deployment.in_the_clear(Some(Noise { seed: self.seed }));
                let session = SplitTrainingSession::<_, _, P>::in_process(&deployment, holder, circuit, task)?;
                self.train(session, &activation, &mut report)?
            }
            BackendName::Seal => {
                let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
                report.key_bytes = keys.galois_bytes() + keys.relin_bytes();
                match server {
                    Some(server) => {
                        let parts =
                            BatchLearner::new(&setup, deployment.program.block(), task.clone())?.groups_in_all();
                        let channel =
                            server.channel(vec![Announcement::of(&deployment, parts)?], &keys, &deployment.plan)?;
                        drop(keys);
                        let session = Session::on_channel(&deployment, holder, channel)?;
                        self.train(SplitTrainingSession::new(session, task)?, &activation, &mut report)?
                    }
                    None => {
                        let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys)?);
                        drop(keys);
                        let session = SplitTrainingSession::<_, _, P>::in_process(&deployment, holder, circuit, task)?;
                        self.train(session, &activation, &mut report)?
                    }
                }
            }
        };
        let of_entries = |(layer, dense): (usize, Dense)| {
            let weights = if layer == 0 { dense.weights / size } else { dense.weights };
            Dense { weights, ..dense }
        };
        let layers = layers.into_iter().enumerate().map(of_entries).collect();
        Ok((Head::of_layers(layers, HeadActivation::quadratic())?, report))
    }

    /// The trained layers, beside the same steps in the clear.
    fn train<K, S, P>(
        &self,
        session: SplitTrainingSession<K, S, P>,
        activation: &P::Activation,
        report: &mut TrainingReport,
    ) -> Result<Vec<Dense>>
    where
        P: RoundsProgram,
        S: Peer<P>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        let clear = ClearTraining::new(activation.clone(), session.batch().clone());
        let (mut course, mut clear) = (course_of(session, self.steps)?, course_of(clear, self.steps)?);
        let progress = Progress::new(self.steps, "training");
        let started = Instant::now();
        while let Some(event) = course.advance()? {
            match event {
                CourseEvent::Advanced { outcome, losses } => {
                    if outcome.step == 1 {
                        report.losses[0] = losses.training;
                    }
                    report.losses[1] = losses.training;
                    progress.advance();
                    if outcome.step.is_multiple_of(self.steps.div_ceil(LINES)) {
                        progress.line(&format!("step {:>5}  loss {:.4}", outcome.step, losses.training));
                    }
                }
                CourseEvent::Lowered(lowering) => progress.line(&format!(
                    "step {} diverged: it is made again at {} of the learning rate",
                    lowering.step, lowering.rate_factor
                )),
            }
        }
        report.seconds = started.elapsed().as_secs_f64();
        clear.run()?;
        let Traffic { client_to_server, server_to_client } = course.session().traffic();
        report.bytes = client_to_server + server_to_client;
        let layers = course.session().weights();
        report.max_weight_difference = max_difference(layers, clear.session().weights());
        Ok(layers.clone())
    }
}

/// `h/2 + h^2/4`, that of [`HeadActivation::quadratic`].
const QUADRATIC: &str = "poly:0,0.5,0.25";
/// Samples of a step.
const BATCH: usize = 128;
/// That of few steps.
const MOST_RATE: f64 = 0.02;
/// Lines that show how a training goes.
const LINES: usize = 10;

/// The loss of a step's batch.
type LossOf<W> = fn(&W, &StepOutcome) -> Result<Losses>;

fn loss_of_batch<W>(_: &W, outcome: &StepOutcome) -> Result<Losses> {
    Ok(Losses { training: outcome.batch.map_or(f64::NAN, |batch| batch.loss), validation: None })
}

/// A course that halves the rate when a step diverges, and takes the weights after the last step.
fn course_of<S: Train>(session: S, steps: usize) -> Result<Course<S, LossOf<S::Weights>>> {
    let start = Losses { training: f64::INFINITY, validation: None };
    let stopping = EarlyStopping::new(steps, session.weights().clone(), start).with_policy(OnDivergence::LowerRate);
    Course::new(session, stopping, loss_of_batch::<S::Weights>)
}

/// The root mean square of the entries. Embeddings of unit length have small ones, and rates are for entries of size 1.
fn entry_size(vectors: &Array2<f64>) -> f64 {
    let squares: f64 = vectors.iter().map(|entry| entry * entry).sum();
    (squares / vectors.len().max(1) as f64).sqrt().max(f64::MIN_POSITIVE)
}
