//! Trainings from the first step to the last, as the client's decisions end or change them.

use crate::kit::iris::{Iris, SAMPLES, Session};
use seal_nn::{
    Argument, ArgumentError, Error, SetupError,
    backend::{ClearEvaluator, ClearKeyHolder},
    nn::{
        Weights, half_squared_error,
        layout::{Layout, LayoutKind},
        reference,
        training::{
            Bounds, EarlyStopping, Losses, OnDivergence, Schedule, Sgd, TrainingSetup, TrainingSpec, TrainingState,
        },
    },
    protocol::{Course, CourseEvent, CourseState, StepOutcome, TrainingDeployment, TrainingSession},
};

/// Iris with a learning rate, planned for the rates of a policy.
fn iris(rate: f64, policy: OnDivergence) -> Iris {
    let known = Iris::new(LayoutKind::Merged, SAMPLES);
    let optimizer = Sgd::new(&[rate], 0.75, Schedule::Constant).unwrap();
    let bounds = Bounds { least_rate: policy.least_rate(), ..Bounds::default() };
    let spec = TrainingSpec { network: known.spec.network.clone(), optimizer, bounds, loss: Default::default() };
    let layout = |slots| LayoutKind::Merged.layout(&spec.network, slots, SAMPLES);
    let setup = TrainingSetup::new(&spec, SAMPLES).with_refresh_every(2);
    Iris { deployment: TrainingDeployment::choose(&setup, &Default::default(), layout).unwrap(), spec, ..known }
}

fn session(iris: &Iris) -> Session<ClearKeyHolder, ClearEvaluator> {
    let mut session: TrainingSession<_, _, _, Layout> = iris.in_the_clear(None);
    session.add_batch(iris.x.view(), iris.t.view()).unwrap();
    session
}

/// Without a validation part.
fn losses(iris: &Iris, weights: &Weights) -> Losses {
    let outputs = reference::outputs(&iris.spec.network, weights, iris.x.view()).unwrap();
    Losses { training: half_squared_error(&outputs, iris.t.view()).unwrap(), validation: None }
}

fn stopping(iris: &Iris, steps: usize) -> EarlyStopping {
    EarlyStopping::new(steps, iris.weights.clone(), losses(iris, &iris.weights))
}

#[test]
fn a_course_makes_all_steps_and_no_more() {
    let iris = iris(0.5, OnDivergence::Stop);
    let mut course =
        Course::new(session(&iris), stopping(&iris, 5), |w: &Weights, _: &StepOutcome| Ok(losses(&iris, w))).unwrap();
    let mut steps = Vec::new();
    while let Some(event) = course.advance().unwrap() {
        match event {
            CourseEvent::Advanced { outcome, losses: found } => {
                assert_eq!(found, losses(&iris, course.session().weights()));
                steps.push(outcome.step);
            }
            CourseEvent::Lowered(lowering) => panic!("{lowering:?}"),
        }
    }
    assert_eq!(steps, [2, 4, 5]);
    let (session, stopping) = course.finish().unwrap();
    assert_eq!((session.steps_made(), stopping.best().step), (5, 5));
    let (mut weights, mut velocity) = (iris.weights.clone(), Weights::zeros(&iris.spec.network));
    (0..5).for_each(|t| {
        reference::step(&iris.spec, &mut weights, &mut velocity, iris.x.view(), iris.t.view(), t).unwrap()
    });
    assert!(session.weights().max_difference(&weights) < 1e-9);
}

#[test]
fn a_course_ends_when_the_validation_loss_no_longer_falls_and_returns_to_the_best_weights() {
    let iris = iris(0.5, OnDivergence::Stop);
    let rising = |weights: &Weights, _: &StepOutcome| {
        Ok(Losses { validation: Some(weights.max_difference(&iris.weights)), ..losses(&iris, weights) })
    };
    let first = rising(&iris.weights, &StepOutcome::default()).unwrap();
    let stopping = EarlyStopping::new(100, iris.weights.clone(), first).with_patience(3);
    let mut course = Course::new(session(&iris), stopping, rising).unwrap();
    course.run().unwrap();
    let (session, stopping) = course.finish().unwrap();
    assert_eq!((stopping.best().step, stopping.last_step()), (0, 4));
    assert_eq!(session.weights(), &iris.weights);
}

#[test]
fn a_course_that_diverges_goes_on_at_half_the_rates_or_ends() {
    let policy = OnDivergence::LowerRate;
    let iris = iris(5.0, policy);
    let losses = |weights: &Weights, _: &StepOutcome| Ok(losses(&iris, weights));
    let mut course = Course::new(session(&iris), stopping(&iris, 12).with_policy(policy), losses).unwrap();
    course.run().unwrap();
    let (session, stopping) = course.finish().unwrap();
    assert!((1..=4).contains(&stopping.lowered().len()), "{:?}", stopping.lowered());
    assert!(session.weights().max_abs() < iris.spec.bounds.max_weight);

    let mut course = Course::new(self::session(&iris), self::stopping(&iris, 12), losses).unwrap();
    assert!(matches!(course.run(), Err(Error::Setup(error)) if error.is_divergence()));
}

#[test]
fn rates_for_which_nothing_was_planned_are_refused() {
    let iris = iris(0.5, OnDivergence::Stop);
    let stopping = stopping(&iris, 5).with_policy(OnDivergence::LowerRate);
    let refused =
        Course::new(session(&iris), stopping, |w: &Weights, _: &StepOutcome| Ok(losses(&iris, w))).err().unwrap();
    assert!(
        matches!(refused, Error::Argument(ArgumentError::OutOfBounds { argument: Argument::LeastRate, .. })),
        "{refused}"
    );
}

/// Through JSON, as in a file.
fn kept(state: &CourseState) -> CourseState {
    serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
}

/// A course that ends after any exchange and goes on in a new session ends where the whole one does, to the bit: the same
/// weights, velocity and decisions. At this rate it diverges and is lowered on the way.
#[test]
fn a_course_goes_on_from_its_state_as_if_it_had_never_ended() {
    let policy = OnDivergence::LowerRate;
    let iris = iris(5.0, policy);
    let losses = |weights: &Weights, _: &StepOutcome| Ok(losses(&iris, weights));
    let start = || Course::new(session(&iris), stopping(&iris, 12).with_policy(policy), losses).unwrap();
    let mut whole = start();
    whole.run().unwrap();
    assert!(!whole.stopping().lowered().is_empty());
    let mut exchanges = 0;
    loop {
        let mut course = start();
        for _ in 0..exchanges {
            course.advance().unwrap();
        }
        let state = kept(&course.state());
        assert_eq!(state, course.state());
        let mut resumed = Course::resume(session(&iris), state, losses).unwrap();
        resumed.run().unwrap();
        assert!(resumed.state() == whole.state(), "after {exchanges} exchanges");
        if course.stopping().is_over() {
            break;
        }
        exchanges += 1;
    }
    assert!(exchanges > 6, "some were lowered: {exchanges}");
}

/// On SEAL, with other keys, up to the noise.
#[test]
fn a_course_goes_on_with_other_keys() {
    let iris = iris(0.5, OnDivergence::Stop);
    let losses = |weights: &Weights, _: &StepOutcome| Ok(losses(&iris, weights));
    let on_seal = || {
        let (mut session, _) = iris.on_seal();
        session.add_batch(iris.x.view(), iris.t.view()).unwrap();
        session
    };
    let mut course = Course::new(on_seal(), stopping(&iris, 4), losses).unwrap();
    course.advance().unwrap();
    let mut resumed = Course::resume(on_seal(), kept(&course.state()), losses).unwrap();
    resumed.run().unwrap();
    let mut clear = Course::new(session(&iris), stopping(&iris, 4), losses).unwrap();
    clear.run().unwrap();
    let differs = resumed.session().weights().max_difference(clear.session().weights());
    // As tests/nn/refreshes.rs derives for a step; four of them.
    println!("differs by {differs:e}");
    assert_eq!(resumed.session().steps_made(), 4);
    assert!(differs < 1e-6, "{differs:e}");
}

#[test]
fn states_of_other_trainings_are_refused() {
    let iris = iris(0.5, OnDivergence::Stop);
    let losses = |weights: &Weights, _: &StepOutcome| Ok(losses(&iris, weights));
    let mut course = Course::new(session(&iris), stopping(&iris, 6), losses).unwrap();
    course.advance().unwrap();
    let refused = |state| Course::resume(session(&iris), state, losses).err().unwrap();
    let other = Weights::zeros(&"4-7-3".parse().unwrap());
    let mut state = course.state();
    state.training.velocity = other.clone();
    assert!(matches!(refused(state), Error::Setup(SetupError::WrongShape { .. })));
    let stopping = EarlyStopping::new(6, other, Losses { training: 1.0, validation: None });
    let training = TrainingState { step: 0, ..course.state().training };
    assert!(matches!(refused(CourseState { training, stopping }), Error::Setup(SetupError::WrongShape { .. })));
    let mut state = course.state();
    state.training.step = 4;
    let expected = SetupError::OtherStep { expected: 4, last: 2, best: 2 };
    assert!(matches!(refused(state), Error::Setup(error) if error == expected));
}
