//! One training run on any backend, next to its run in the clear.

use ndarray::{Array2, s};
use seal_nn::{
    Result,
    backend::{KeyHolder, Operation},
    model::Checkpoint,
    nn::{
        ReluBaseline, Weights, accuracy,
        inference::Inference,
        layout::TrainingLayout,
        training::{Best, EarlyStopping, Lowering, Training},
    },
    program::Plan,
    protocol::{Course, CourseEvent, CourseState, Peer, TrainingSession},
    report::{Memory, median, peak_resident_bytes, resident_bytes},
    seal::KernelProfile,
};

use super::{
    experiment::{Experiment, Part},
    interrupt,
    plain_run::PlainRun,
    progress::Progress,
    run_folder::RunFolder,
    totals::Totals,
    training_report::{self as report, Precision, TrainReport, step_header, step_line},
};

/// One training run, on any backend.
pub struct Run<'a> {
    pub experiment: &'a Experiment,
    pub plan: &'a Plan,
    pub folder: &'a RunFolder,
}

/// The result of a run.
pub struct Trained {
    /// The parts of the report that the run determines.
    pub report: TrainReport,
    /// As decrypted by the client: the best ones with validation, otherwise the last.
    pub weights: Weights,
    /// The step that produced them.
    pub step: usize,
    /// Whether the user ended it before its last step.
    pub is_interrupted: bool,
}

impl Run<'_> {
    /// Trains, from the checkpoint if there is one, and then classifies the held-out samples.
    pub fn through<K, S, I, L>(&self, mut session: TrainingSession<K, S, I, L>) -> anyhow::Result<Trained>
    where
        L: TrainingLayout,
        S: Peer<Training<L>>,
        I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        let mut plain = PlainRun::new(self.experiment)?;
        for (x, t) in &plain.batches {
            session.add_batch(x.view(), t.view())?;
        }
        interrupt::end_after_the_step()?;
        say!("\n{}", step_header(self.experiment.validation.is_some()));
        let losses = |weights: &Weights| self.experiment.losses(weights);
        let (mut course, mut totals) = match self.folder.checkpoint() {
            None => (Course::new(session, self.experiment.stopping()?, losses)?, Totals::default()),
            Some(Checkpoint { course: state, run, .. }) => {
                // The run in the clear is made again.
                for step in &run.steps {
                    plain.advance()?;
                    say!("{}", step_line(step));
                }
                let stopping = state.stopping.clone().with_steps(self.experiment.steps);
                (Course::resume(session, CourseState { stopping, ..state.clone() }, losses)?, run.clone())
            }
        };
        let progress = Progress::new(self.experiment.steps, "training");
        progress.advance_by(course.session().steps_made());
        while !course.stopping().is_over() && !interrupt::is_requested() {
            let (session, rate_factor) = (course.session(), course.stopping().rate_factor());
            let t = session.steps_made();
            let steps = self.experiment.steps_after(t);
            let (mut expected, mut velocity) = (session.weights().clone(), session.velocity().clone());
            (t..t + steps).try_for_each(|t| plain.step_of(&mut expected, &mut velocity, t, rate_factor))?;
            let before = KernelProfile::of_process()?;
            match course.advance()? {
                Some(CourseEvent::Advanced { outcome, losses }) => {
                    let session = course.session();
                    totals.add(&outcome, KernelProfile::of_process()? - before);
                    totals.worst = totals.worst.max(session.weights().max_difference(&expected));
                    let clear = plain.advance()?;
                    let step = report::StepReport {
                        step: outcome.step,
                        seconds: outcome.server_time.as_secs_f64() / steps as f64,
                        encrypted: self.experiment.progress(session.weights(), losses)?,
                        clear,
                        max_weight_difference: session.weights().max_difference(&plain.weights),
                        resident_bytes: resident_bytes(),
                    };
                    progress.line(&step_line(&step));
                    progress.advance_by(steps);
                    totals.steps.push(step);
                }
                Some(CourseEvent::Lowered(lowering)) => progress.line(&self.lowered_line(lowering)),
                None => break,
            };
            self.folder.save(course.state(), totals.with_bytes(course.session().traffic()));
        }
        drop(progress);
        let is_interrupted = !course.stopping().is_over();
        let (mut session, stopping) = course.finish()?;
        let mut report = TrainReport::default();
        if !is_interrupted {
            plain.finish()?;
            report.test = Some(self.test(&mut session, &plain)?);
        }
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
        report.refresh_seconds = totals.refresh_seconds();
        report.operations_per_step = operations_of(self.plan, self.experiment.refresh_every);
        report.breakdown = totals.breakdown();
        report.profile = totals.profile();
        report.bytes = totals.bytes(session.traffic());
        report.precision = Precision { predicted_bits: None, measured_bits: bits(totals.worst) };
        report.steps = totals.steps;
        let seconds: Vec<f64> = report.steps.iter().map(|s| s.seconds).collect();
        report.seconds_per_step = median(&seconds).unwrap_or_default();
        report.memory = Memory {
            after_first_step: report.steps.first().and_then(|step| step.resident_bytes),
            after_last_step: report.steps.last().and_then(|step| step.resident_bytes),
            peak: peak_resident_bytes(),
        };
        let Best { step, weights, .. } = stopping.into_best();
        Ok(Trained { report, weights, step, is_interrupted })
    }

    /// The held-out samples, classified by the encrypted network, by that of the run in the clear, and by an ordinary
    /// one.
    fn test<K, S, I, L>(
        &self,
        session: &mut TrainingSession<K, S, I, L>,
        plain: &PlainRun,
    ) -> Result<report::TestReport>
    where
        L: TrainingLayout,
        S: Peer<Training<L>>,
        I: Peer<Inference<L>, Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
        K: KeyHolder<Fresh = S::Fresh, Ciphertext = S::Ciphertext>,
    {
        let Experiment { spec, train, test, seed, .. } = self.experiment;
        let encrypted = self.infer(session, test)?;
        let ordinary = ReluBaseline::train(&spec.network, train.inputs.view(), &train.labels, *seed)?;
        let ordinary = ordinary.outputs(test.inputs.view())?;
        Ok(report::TestReport {
            samples: test.labels.len(),
            encrypted_accuracy: accuracy(&encrypted, &test.labels)?,
            clear_accuracy: self.experiment.accuracy(&plain.stopping.best().weights, test)?,
            ordinary_accuracy: accuracy(&ordinary, &test.labels)?,
        })
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
        let (mut outputs, mut start) = (Array2::zeros(part.targets.dim()), 0);
        for (x, _) in part.batches(self.experiment.batch) {
            let rows = start..start + x.nrows();
            start = rows.end;
            outputs.slice_mut(s![rows, ..]).assign(&session.infer(x.view())?);
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

/// Precision in bits that an error leaves in a number of size 1; `None` if there is no error.
pub fn bits(error: f64) -> Option<f64> {
    (error > 0.0).then(|| -error.log2())
}
