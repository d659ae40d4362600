//! One training run on any backend, next to its run in the clear.

use std::time::{Duration, Instant};

use ndarray::{Array1, Array2};
use seal_nn::{
    Result,
    backend::Operation,
    model::Task,
    nn::{
        metrics::{Classification, Errors, Regression},
        training::{Best, EarlyStopping, Losses},
    },
    program::Plan,
    protocol::{Course, CourseEvent, CourseState, CourseStateOf, StepOutcome, Train},
    report::{Memory, median, peak_resident_bytes, resident_bytes},
    seal::KernelProfile,
};

use super::{
    Encrypted, Experiment, Goal, Method,
    report::{self, Precision, TrainReport, step_header, step_line},
    run_folder::RunFolder,
    totals::Totals,
};
use crate::cli::{interrupt, progress::Progress};

/// One training run, on any backend.
pub struct Run<'a, M> {
    pub method: &'a M,
    pub folder: &'a RunFolder,
    /// The least time between two checkpoints.
    pub pause: Duration,
}

/// The result of a run.
pub struct Trained<W> {
    /// The parts of the report that the run determines.
    pub report: TrainReport,
    /// As decrypted by the client: the best ones with validation, otherwise the last.
    pub weights: W,
    /// The step that produced them.
    pub step: usize,
    /// Whether the user ended it before its last step.
    pub is_interrupted: bool,
}

impl<M: Method> Run<'_, M> {
    /// Trains, from the checkpoint if there is one, and then classifies the held-out samples.
    pub fn through<S>(&self, session: S) -> anyhow::Result<Trained<M::Weights>>
    where
        S: Encrypted<Weights = M::Weights, State = M::State>,
    {
        let (method, experiment) = (self.method, self.method.experiment());
        // The one makes every step of the encrypted run from where that run is, the other its own.
        let (mut beside, clear) = (method.in_the_clear()?, method.in_the_clear()?);
        let mut clear = course_of(method, clear, None)?;
        interrupt::end_after_the_step()?;
        say!("\n{}", step_header(experiment.validation.is_some()));
        let is_shown = |step: &report::StepReport| is_shown(step.step, experiment.steps);
        let (state, mut totals) = match self.folder.checkpoint()? {
            None => (None, Totals::default()),
            Some((state, totals)) => (Some(state), totals),
        };
        // The run in the clear is made again.
        for step in &totals.steps {
            advance(&mut clear)?;
            if is_shown(step) {
                say!("{}", step_line(step));
            }
        }
        let mut course = course_of(method, session, state)?;
        if method.leaves_server_state() && self.folder.resumable_step().is_none() {
            // From here, before the client's first look.
            self.folder.save(0, course.state(), totals.with_bytes(course.session().traffic()));
        }
        let progress = Progress::new(experiment.steps, "training");
        progress.advance_by(course.session().steps_made());
        let mut saved = Instant::now();
        while !course.stopping().is_over() && !interrupt::is_requested() {
            let (before, rate_factor) = (course.session().state(), course.stopping().rate_factor());
            let steps = course.next_steps();
            let profile = KernelProfile::of_process()?;
            let event = course.advance()?;
            // What comes next begins with what the client knows.
            self.folder.remove_server_state()?;
            match event {
                Some(CourseEvent::Advanced { outcome, losses }) => {
                    let weights = course.session().weights();
                    totals.add(&outcome, KernelProfile::of_process()? - profile);
                    beside.resume(before)?;
                    beside.set_rate_factor(rate_factor)?;
                    beside.advance(steps)?;
                    totals.worst = totals.worst.max(method.difference(weights, beside.weights()));
                    let (in_the_clear, of_clear) = advance(&mut clear)?;
                    let step = report::StepReport {
                        step: outcome.step,
                        seconds: outcome.server_time.as_secs_f64() / steps as f64,
                        encrypted: method.progress(weights, &outcome, losses)?,
                        clear: method.progress(clear.session().weights(), &in_the_clear, of_clear)?,
                        max_weight_difference: method.difference(weights, clear.session().weights()),
                        resident_bytes: resident_bytes(),
                    };
                    if is_shown(&step) || course.stopping().is_over() {
                        progress.line(&step_line(&step));
                    }
                    progress.advance_by(steps);
                    totals.steps.push(step);
                }
                Some(CourseEvent::Lowered(lowering)) => {
                    let rates = method.rates(lowering.step - 1).into_iter();
                    let rates =
                        rates.map(|rate| (rate * lowering.rate_factor).to_string()).collect::<Vec<_>>().join(", ");
                    progress.line(&format!(
                        "step {} diverged: it is made again from earlier weights, learning rates {rates}",
                        lowering.step
                    ));
                    // A retreat may undo a step.
                    totals.steps.retain(|step| step.step < lowering.step);
                }
                None => break,
            };
            let is_over = course.stopping().is_over() || interrupt::is_requested();
            if is_over || saved.elapsed() >= self.pause {
                let traffic = course.session().traffic();
                self.folder.save(course.session().steps_made(), course.state(), totals.with_bytes(traffic));
                saved = Instant::now();
            }
        }
        drop(progress);
        let is_interrupted = !course.stopping().is_over();
        let (mut session, stopping) = course.finish()?;
        let mut report = TrainReport::default();
        if !is_interrupted {
            clear.run()?;
            report.test = Some(self.test(&mut session, &clear.stopping().best().weights)?);
        }
        report.divergence = report::Divergence {
            policy: experiment.on_divergence.to_string(),
            encrypted: stopping.lowered().to_vec(),
            clear: clear.stopping().lowered().to_vec(),
        };
        report.validation = experiment.validation.as_ref().map(|part| report::Validation {
            samples: part.len(),
            patience: experiment.patience,
            encrypted: choice(&stopping),
            clear: choice(clear.stopping()),
        });
        report.loss = method.loss_name().into();
        report.refresh_seconds = totals.refresh_seconds();
        report.refresh_every = session.most_steps();
        report.operations_per_step = operations_of(method.plan(), method.planned_steps(session.most_steps()));
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

    /// The held-out samples, predicted by the encrypted network, its twin in the clear and an ordinary one.
    fn test<S>(&self, session: &mut S, clear: &M::Weights) -> Result<report::TestReport>
    where
        S: Encrypted<Weights = M::Weights>,
    {
        let Experiment { test, task, .. } = self.method.experiment();
        let encrypted = session.outputs(test.features.view())?;
        let clear = self.method.outputs(clear, test.features.view())?;
        let ordinary = self.method.ordinary_outputs()?;
        let report = report::TestReport { samples: test.len(), ..Default::default() };
        match (&test.goal, task) {
            (Goal::Numbers { values, .. }, Task::Number { scale, .. }) => {
                let undo = |outputs: &Array2<f64>| outputs.mapv(|output| scale.undo(output));
                let errors = |outputs: &Array2<f64>| Errors::of(undo(outputs).view(), values.view());
                let mean = Array1::from_elem(1, scale.mean());
                let regression = report::RegressionTest {
                    encrypted: Regression::of(undo(&encrypted).view(), values.view(), mean.view())?,
                    clear: errors(&clear)?,
                    ordinary: ordinary.as_ref().map(errors).transpose()?,
                };
                Ok(report::TestReport { regression: Some(regression), ..report })
            }
            _ => {
                let share = |outputs: &Array2<f64>| {
                    Ok::<_, seal_nn::Error>(Classification::of_scores(outputs, test.labels(), task.classes())?.accuracy)
                };
                let classification = match self.method.scores_are_logits() {
                    true => Classification::of(&encrypted, test.labels(), task.classes())?,
                    false => Classification::of_scores(&encrypted, test.labels(), task.classes())?,
                };
                Ok(report::TestReport {
                    encrypted_accuracy: Some(classification.accuracy),
                    clear_accuracy: Some(share(&clear)?),
                    ordinary_accuracy: ordinary.as_ref().map(share).transpose()?,
                    classification: Some(classification),
                    ..report
                })
            }
        }
    }
}

/// The losses of weights after steps.
type LossesOf<'a, W> = Box<dyn Fn(&W, &StepOutcome) -> Result<Losses> + 'a>;

/// The course of a session by the decisions of an experiment, from its start or from a state.
pub fn course_of<'a, M, S>(
    method: &'a M,
    session: S,
    state: Option<CourseStateOf<S>>,
) -> Result<Course<S, LossesOf<'a, M::Weights>>>
where
    M: Method,
    S: Train<Weights = M::Weights>,
{
    let experiment = method.experiment();
    let losses: LossesOf<'a, M::Weights> = Box::new(|weights, outcome| method.losses(weights, Some(outcome)));
    match state {
        None => {
            let stopping = experiment.stopping(session.weights(), method.losses(session.weights(), None)?);
            Course::new(session, stopping, losses)
        }
        Some(state) => {
            let stopping = state.stopping.with_steps(experiment.steps);
            Course::resume(session, CourseState { stopping, ..state }, losses)
        }
    }
}

/// The steps of the run in the clear up to the next refresh, with retreats if they diverge. It may have ended before the
/// encrypted run does.
fn advance<S: Train, F>(course: &mut Course<S, F>) -> Result<(StepOutcome, Losses)>
where
    F: Fn(&S::Weights, &StepOutcome) -> Result<Losses>,
{
    loop {
        if let CourseEvent::Advanced { outcome, losses } = course.go_on()? {
            return Ok((outcome, losses));
        }
    }
}

/// Whether a step of so many has a line, counted from 1: the first ones, and then some 25.
pub fn is_shown(step: usize, steps: usize) -> bool {
    const MOST: usize = 200;
    const FIRST: usize = 3;
    const LINES: usize = 25;
    steps <= MOST || step <= FIRST || step == steps || step.is_multiple_of(steps.div_ceil(LINES))
}

/// The summary of the decisions.
fn choice<W: Clone>(stopping: &EarlyStopping<W>) -> report::Choice {
    let Best { step, validation_loss, .. } = *stopping.best();
    report::Choice { best_step: step, best_loss: validation_loss, last_step: stopping.last_step() }
}

/// Operations per step; with several steps between refreshes the mean, rounded up.
fn operations_of(plan: &Plan, steps: usize) -> report::Operations {
    let share = |count: usize| count.div_ceil(steps) as u64;
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
