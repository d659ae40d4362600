//! One training run on any backend, next to its run in the clear.

use ndarray::Array2;
use seal_nn::{
    Result,
    backend::{KeyHolder, Operation, Tallies},
    nn::{
        ReluBaseline, Weights, accuracy,
        inference::Inference,
        layout::TrainingLayout,
        training::{Best, EarlyStopping, Lowering, Training},
    },
    program::Plan,
    protocol::{Course, CourseEvent, Peer, TrainingSession},
    report::{Memory, median, peak_resident_bytes, resident_bytes},
    seal::KernelProfile,
};

use super::{
    experiment::{Experiment, Part},
    plain_run::PlainRun,
    progress::Progress,
    training_report::{self as report, OperationTime, Precision, StageTime, TrainReport, step_header, step_line},
};

/// One training run, on any backend.
pub struct Run<'a> {
    pub experiment: &'a Experiment,
    pub plan: &'a Plan,
}

/// The result of a run.
pub struct Trained {
    /// The parts of the report that the run determines.
    pub report: TrainReport,
    /// As decrypted by the client: the best ones with validation, otherwise the last.
    pub weights: Weights,
    /// The step that produced them.
    pub step: usize,
}

impl Run<'_> {
    /// Trains, then classifies the held-out samples.
    pub fn through<K, S, I, L>(&self, mut session: TrainingSession<K, S, I, L>) -> anyhow::Result<Trained>
    where
        L: TrainingLayout,
        S: Peer<Training<L>>,
        I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        let Experiment { spec, train, test, .. } = self.experiment;
        let mut plain = PlainRun::new(self.experiment);
        for (x, t) in &plain.batches {
            session.add_batch(x.view(), t.view())?;
        }
        let mut report = TrainReport::default();
        let (mut operations, mut refresh_seconds, mut worst) = (Tallies::default(), 0.0, 0f64);
        let mut kernels = Vec::new();
        say!("\n{}", step_header(self.experiment.validation.is_some()));
        let progress = Progress::new(self.experiment.steps, "training");
        let losses = |weights: &Weights| self.experiment.losses(weights);
        let mut course = Course::new(session, self.experiment.stopping(), losses)?;
        while !course.stopping().is_over() {
            let (session, rate_factor) = (course.session(), course.stopping().rate_factor());
            let t = session.steps_made();
            let steps = self.experiment.steps_after(t);
            let (mut expected, mut velocity) = (session.weights().clone(), session.velocity().clone());
            (t..t + steps).for_each(|t| plain.step_of(&mut expected, &mut velocity, t, rate_factor));
            let before = KernelProfile::of_process()?;
            let (outcome, losses) = match course.advance()? {
                Some(CourseEvent::Advanced { outcome, losses }) => (outcome, losses),
                Some(CourseEvent::Lowered(lowering)) => {
                    progress.line(&self.lowered_line(lowering));
                    continue;
                }
                None => break,
            };
            let session = course.session();
            kernels.push(KernelProfile::of_process()? - before);
            worst = worst.max(session.weights().max_difference(&expected));
            let clear = plain.advance();
            operations.merge(&outcome.operations);
            refresh_seconds += outcome.client_time.as_secs_f64();
            let step = report::StepReport {
                step: outcome.step,
                seconds: outcome.server_time.as_secs_f64() / steps as f64,
                encrypted: self.experiment.progress(session.weights(), losses),
                clear,
                max_weight_difference: session.weights().max_difference(&plain.weights),
                resident_bytes: resident_bytes(),
            };
            progress.line(&step_line(&step));
            progress.advance_by(steps);
            report.steps.push(step);
        }
        drop(progress);
        plain.finish();
        let (mut session, stopping) = course.finish();
        report.divergence = report::Divergence {
            policy: self.experiment.on_divergence.to_string(),
            encrypted: stopping.lowered().to_vec(),
            clear: plain.stopping.lowered().to_vec(),
        };
        report.validation = self.experiment.validation.as_ref().map(|part| report::Validation {
            samples: part.labels.len(),
            patience: self.experiment.patience,
            encrypted: choice(&stopping),
            clear: choice(&plain.stopping),
        });

        let encrypted = self.infer(&mut session, test)?;
        let clear = self.experiment.outputs(&plain.stopping.best().weights, test);
        let ordinary = ReluBaseline::train(&spec.network, train.inputs.view(), &train.labels, self.experiment.seed);
        let ordinary = ordinary.outputs(test.inputs.view());
        report.test = Some(report::TestReport {
            samples: test.labels.len(),
            encrypted_accuracy: accuracy(&encrypted, &test.labels),
            clear_accuracy: accuracy(&clear, &test.labels),
            ordinary_accuracy: accuracy(&ordinary, &test.labels),
        });
        let seconds: Vec<f64> = report.steps.iter().map(|s| s.seconds).collect();
        report.seconds_per_step = median(&seconds).unwrap_or_default();
        report.refresh_seconds = refresh_seconds / report.steps.len() as f64;
        report.operations_per_step = operations_of(self.plan, self.experiment.refresh_every);
        report.breakdown = breakdown(&operations);
        report.profile = profile(&kernels, &operations);
        let traffic = session.traffic();
        report.bytes = report::Traffic {
            client_to_server: traffic.client_to_server as u64,
            server_to_client: traffic.server_to_client as u64,
        };
        report.memory = Memory {
            after_first_step: report.steps.first().and_then(|step| step.resident_bytes),
            after_last_step: report.steps.last().and_then(|step| step.resident_bytes),
            peak: peak_resident_bytes(),
        };
        report.precision = Precision { predicted_bits: None, measured_bits: bits(worst) };
        let Best { step, weights, .. } = stopping.into_best();
        Ok(Trained { report, weights, step })
    }

    fn lowered_line(&self, Lowering { step, rate_factor }: Lowering) -> String {
        let spec = &self.experiment.spec;
        let rates = (0..spec.network.layers()).map(|l| spec.optimizer.rate(l, step - 1) * rate_factor);
        let rates: Vec<String> = rates.map(|rate| rate.to_string()).collect();
        let rates = rates.join(", ");
        format!("step {step} diverged: returning to the weights with the lowest loss, learning rates {rates}")
    }

    /// Outputs for all samples, in batches of the largest possible size.
    fn infer<K, S, I, L>(&self, session: &mut TrainingSession<K, S, I, L>, part: &Part) -> Result<Array2<f64>>
    where
        L: TrainingLayout,
        S: Peer<Training<L>>,
        I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        let mut outputs = Array2::zeros((0, part.targets.ncols()));
        for (x, _) in part.batches(self.experiment.batch) {
            for row in session.infer(x.view())?.rows() {
                // A row of outputs has the width it is appended to.
                let _ = outputs.push_row(row);
            }
        }
        Ok(outputs)
    }
}

/// The summary of the decisions.
fn choice(stopping: &EarlyStopping) -> report::Choice {
    let Best { step, validation_loss, .. } = *stopping.best();
    report::Choice { best_step: step, best_loss: validation_loss, last_step: stopping.last_step() }
}

/// Operations per step; with several steps between refreshes the mean, rounded up.
fn operations_of(plan: &Plan, refresh_every: usize) -> report::Operations {
    let share = |count: usize| count.div_ceil(refresh_every) as u64;
    let count = |operation| share(plan.operations.count(operation));
    report::Operations {
        rotations: share(plan.operations.rotations()),
        hoisted_rotations: count(Operation::RotateHoisted),
        relinearizations: count(Operation::Relinearize),
        ciphertext_products: count(Operation::MultiplyCiphertexts),
        plaintext_products: count(Operation::MultiplyPlain),
        rescales: count(Operation::Rescale),
    }
}

fn breakdown(tallies: &Tallies) -> Vec<OperationTime> {
    let kinds: std::collections::BTreeSet<Operation> = tallies.iter().map(|(operation, ..)| operation).collect();
    OperationTime::breakdown(kinds.into_iter().map(|kind| {
        let total = tallies.total(kind);
        (kind.to_string(), total.count as u64, total.time.as_secs_f64())
    }))
}

/// Time by kind of work, if our own kernels were used.
fn profile(kernels: &[KernelProfile], operations: &Tallies) -> Vec<StageTime> {
    if kernels.iter().all(|step| step.total() == 0.0) {
        return Vec::new();
    }
    let sum = |stage: fn(&KernelProfile) -> f64| kernels.iter().map(stage).sum::<f64>();
    let stages = [
        ("ntt", sum(|k| k.transforms)),
        ("base-conversion", sum(|k| k.conversions)),
        ("inner-product", sum(|k| k.inner_products)),
        ("product", sum(|k| k.products)),
        ("division", sum(|k| k.divisions)),
        ("encode", operations.total(Operation::Encode).time.as_secs_f64()),
    ];
    StageTime::profile(stages, operations.iter().map(|(.., tally)| tally.time.as_secs_f64()).sum())
}

/// Precision in bits that an error leaves in a number of size 1; `None` if there is no error.
pub fn bits(error: f64) -> Option<f64> {
    (error > 0.0).then(|| -error.log2())
}
