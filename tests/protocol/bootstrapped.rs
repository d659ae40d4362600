//! Training whose server refreshes by itself.

use std::sync::{Arc, Mutex};

use seal_nn::{
    Error, Level, RequestError, SetupError,
    backend::{ClearCiphertext, ClearEvaluator, ClearKeyHolder, CostModel, Evaluate, Noise},
    bootstrap::BootstrapSpec,
    nn::{
        layout::{LayoutKind, Repetition},
        training::{Bounds, TrainingSetup},
    },
    program::{Checkpoints, Reached, RefreshTally},
    protocol::{BootstrapRequest, Deployment, ParameterRequest, Server, TrainingDeployment, TrainingSession},
};

use crate::kit::{
    bootstrapped::{Planned, on_clear_slots, on_seal, steps_in_the_clear},
    iris::{Iris, SAMPLES, Session},
};

const BOUND: f64 = 4.0;
const HALF: usize = 60;

fn setup(iris: &Iris, steps: usize, bound: f64) -> TrainingSetup {
    let mut spec = iris.spec.clone();
    spec.bounds = Bounds { max_weight: bound, ..spec.bounds };
    TrainingSetup::new(&spec, SAMPLES).with_look_every(steps)
}

fn planned(iris: &Iris, steps: usize, bound: f64) -> Planned {
    let setup = setup(iris, steps, bound);
    let layout = |slots| LayoutKind::Merged.layout(&setup.spec.network, slots, SAMPLES);
    TrainingDeployment::choose_bootstrapped(&setup, &Default::default(), &BootstrapRequest::new(bound), layout).unwrap()
}

/// In a ring in which the layout has just room, without security.
fn quickly_planned(iris: &Iris, steps: usize, bound: f64) -> Planned {
    let (setup, request) = (setup(iris, steps, bound), BootstrapRequest::new(bound));
    let layout = |slots| LayoutKind::Merged.layout(&setup.spec.network, slots, SAMPLES);
    TrainingDeployment::choose_insecure_bootstrapped(&setup, 16384, &request, layout).unwrap()
}

fn session(
    iris: &Iris,
    planned: &Planned,
    noise: Option<Noise>,
) -> (Session<ClearKeyHolder, ClearEvaluator>, RefreshTally) {
    let (mut session, tally) = on_clear_slots(planned, &iris.weights, noise);
    session.add_batch(iris.x.view(), iris.t.view()).unwrap();
    (session, tally)
}

#[test]
fn a_step_enters_and_leaves_where_a_bootstrap_ends_and_begins() {
    let iris = Iris::new(LayoutKind::Merged, SAMPLES);
    let (deployment, bootstrapping) = planned(&iris, 24, BOUND);
    let plan = &deployment.training.plan;
    assert_eq!((plan.entry, plan.exit), (Level(7), Level(1)));
    assert_eq!(bootstrapping.parameters.output_level(), plan.entry);
    let (tall, step) = (&bootstrapping.tall, &deployment.training.parameters);
    assert_eq!((tall.poly_modulus_degree(), tall.total_bits(), tall.security_bits()), (32768, 868, 128));
    assert_eq!(&tall.data_primes()[..=7], step.data_primes());
    assert_eq!(tall.special_primes(), step.special_primes());
    let Repetition { period, live } = Repetition::of(deployment.layout()).unwrap();
    assert_eq!((period, live.len()), (64, 1));
    assert_eq!(live[0].iter().filter(|live| **live).count(), 4 * 8 + 8 * 3);
}

#[test]
fn iris_is_trained_in_one_request() {
    const STEPS: usize = 24;
    let iris = Iris::new(LayoutKind::Merged, SAMPLES);
    let (mut session, tally) = session(&iris, &quickly_planned(&iris, STEPS, BOUND), Some(Noise { seed: 1 }));
    assert_eq!(session.advance(STEPS).unwrap().step, STEPS);
    // Weights and velocity, between the steps.
    assert_eq!(tally.get().0, 2 * (STEPS - 1));

    let mut with_client = iris.in_the_clear(Some(Noise { seed: 1 }));
    with_client.add_batch(iris.x.view(), iris.t.view()).unwrap();
    (0..STEPS).for_each(|_| drop(with_client.step().unwrap()));
    let difference = session.weights().max_difference(with_client.weights());
    assert!(difference < 1e-4, "{difference:e}");
    assert!(difference > 1e-7, "{difference:e}: nothing was bootstrapped");
}

#[test]
fn the_client_looks_when_it_wants_to() {
    let iris = Iris::new(LayoutKind::Merged, SAMPLES);
    let planned = quickly_planned(&iris, 2, BOUND);
    let (mut looking, tally) = session(&iris, &planned, None);
    looking.advance(2).unwrap();
    looking.advance(1).unwrap();
    assert_eq!((looking.steps_made(), tally.get().0), (3, 2));
    assert!(looking.advance(3).is_err());
}

#[test]
fn weights_beyond_the_bound_make_a_run_invalid() {
    let iris = Iris::new(LayoutKind::Merged, SAMPLES);
    let bound = 0.1;
    assert!(iris.weights.max_abs() > bound);
    let (mut session, _) = session(&iris, &quickly_planned(&iris, 3, bound), None);
    let refused = session.advance(3).unwrap_err();
    assert!(matches!(refused, Error::Setup(SetupError::Diverged { step: 3, .. })), "{refused}");
    assert_eq!(session.steps_made(), 0);
}

#[test]
fn what_has_no_room_is_refused() {
    let iris = Iris::new(LayoutKind::Merged, SAMPLES);
    let setup = TrainingSetup::new(&iris.spec, SAMPLES).with_refresh_every(2).with_look_every(4);
    let layout = |slots| LayoutKind::Merged.layout(&iris.spec.network, slots, SAMPLES);
    let request = BootstrapRequest::new(BOUND);
    let choose = |setup: &TrainingSetup, degree: Option<usize>, request: &BootstrapRequest| {
        let of_degree = ParameterRequest { poly_modulus_degree: degree, ..Default::default() };
        TrainingDeployment::choose_bootstrapped(setup, &of_degree, request, layout).map(drop).unwrap_err()
    };
    let too_deep = choose(&setup, Some(32768), &request);
    assert!(
        matches!(too_deep, Error::Bootstrap(seal_nn::BootstrapError::NoRoom { depth: 12, allowed: 868, .. })),
        "{too_deep}"
    );
    let (larger, bootstrapping) =
        TrainingDeployment::choose_bootstrapped(&setup, &Default::default(), &request, layout).unwrap();
    assert_eq!((larger.training.plan.entry, larger.training.plan.exit), (Level(13), Level(1)));
    assert_eq!((bootstrapping.tall.poly_modulus_degree(), bootstrapping.tall.total_bits()), (65536, 1108));
    let one = TrainingSetup::new(&iris.spec, SAMPLES).with_look_every(4);
    assert!(matches!(choose(&one, Some(16384), &request), Error::Argument(_)));
    assert!(matches!(choose(&one, None, &BootstrapRequest::new(-1.0)), Error::Argument(_)));
    assert!(matches!(choose(&one, None, &BootstrapRequest { ratio_bits: 0, ..request }), Error::Argument(_)));
    assert!(setup.with_look_every(1).check().is_err());
    assert!(BootstrapSpec::new(64, BOUND).is_ok());
}

/// Half of the samples, in a ring in which they have just room, without security.
fn with_room_for_half(iris: &Iris, steps: usize, request: &BootstrapRequest) -> Planned {
    let mut setup = setup(iris, steps, BOUND);
    setup.batch = HALF;
    let layout = |slots| LayoutKind::Merged.layout(&setup.spec.network, slots, HALF);
    TrainingDeployment::choose_insecure_bootstrapped(&setup, 8192, request, layout).unwrap()
}

/// Steps on ciphertexts: what was refreshed, and how far the weights are from those in the clear.
fn trained_on_ciphertexts(iris: &Iris, steps: usize, planned: &Planned) -> (RefreshTally, f64) {
    let (mut session, tally) = on_seal(planned, &iris.weights);
    let (x, t) = &iris.batches(HALF)[0];
    session.add_batch(x.view(), t.view()).unwrap();
    session.advance(steps).unwrap();
    let difference = session.weights().max_difference(&steps_in_the_clear(&iris.spec, &iris.weights, x, t, steps));
    println!("{difference:e}, {tally:?}");
    (tally, difference)
}

#[test]
fn iris_is_trained_on_ciphertexts_with_nobody_in_the_loop() {
    const STEPS: usize = 5;
    let iris = Iris::new(LayoutKind::Merged, HALF);
    let planned = with_room_for_half(&iris, STEPS, &BootstrapRequest::new(BOUND));
    let (tally, difference) = trained_on_ciphertexts(&iris, STEPS, &planned);
    assert_eq!(tally.get().0, 2 * (STEPS - 1));
    assert!(difference < 1e-4, "{difference:e}");
}

/// Weights and velocity in one bootstrap, which takes a level before it and one after it.
#[test]
fn weights_and_velocity_share_a_bootstrap() {
    const STEPS: usize = 3;
    let iris = Iris::new(LayoutKind::Merged, HALF);
    let request = BootstrapRequest { parts: 2, ..BootstrapRequest::new(BOUND) };
    let planned = with_room_for_half(&iris, STEPS, &request);
    let (deployment, bootstrapping) = &planned;
    let (plan, spec) = (&deployment.training.plan, bootstrapping.parameters.spec());
    assert_eq!((spec.period, spec.part_period(), bootstrapping.request()), (128, 64, request));
    assert_eq!((plan.exit, plan.entry), (Level(2), bootstrapping.parameters.output_level()));
    assert_eq!((bootstrapping.count_for(2), bootstrapping.count_for(3)), (1, 2));
    let (_, difference) = trained_on_ciphertexts(&iris, STEPS, &planned);
    assert!(difference < 1e-4 && difference > 1e-8, "{difference:e}");
}

/// A network of many weights: one bootstrap of all of them in the larger ring is faster than one for each in the smaller.
#[test]
fn many_ciphertexts_share_a_bootstrap() {
    let iris = Iris::new(LayoutKind::Merged, SAMPLES);
    let mut setup = setup(&iris, 8, BOUND);
    setup.spec.network = "61-32-10".parse().unwrap();
    setup.batch = 240;
    let choose = |degree| {
        let request = ParameterRequest { poly_modulus_degree: degree, ..Default::default() };
        let layout = |slots| LayoutKind::Axis.layout(&setup.spec.network, slots, setup.batch);
        TrainingDeployment::choose_bootstrapped(&setup, &request, &BootstrapRequest::new(BOUND), layout).unwrap()
    };
    let costs = CostModel::default();
    let seconds = |(deployment, bootstrapping): &Planned| {
        let plan = &deployment.training.plan;
        plan.seconds(&costs) + bootstrapping.seconds_for(plan.ciphertexts_up(), &costs)
    };
    let (smaller, chosen) = (choose(Some(32768)), choose(None));
    assert_eq!(smaller.1.parameters.spec().parts, 1);
    let spec = chosen.1.parameters.spec();
    assert_eq!(chosen.1.tall.poly_modulus_degree(), 65536);
    assert_eq!(spec.parts, chosen.0.training.plan.ciphertexts_up());
    assert!(2.0 * seconds(&chosen) < seconds(&smaller), "{} {}", seconds(&chosen), seconds(&smaller));
    assert_eq!((spec.levels_to_slots(), spec.map_level(), spec.input_level()), (2, Level(2), Level(3)));
    assert_eq!(chosen.0.training.plan.exit, Level(3));
}

/// What a call has left, and the step that ends it.
#[derive(Clone)]
struct Kept<T>(Arc<Mutex<(Left<T>, Option<usize>)>>);

type Left<T> = Option<Reached<T>>;

impl<E: Evaluate> Checkpoints<E> for Kept<E::Ciphertext> {
    fn load(&mut self) -> seal_nn::Result<Option<Reached<E::Ciphertext>>> {
        Ok(self.0.lock().unwrap().0.clone())
    }

    fn save(&mut self, steps: usize, values: &[&E::Ciphertext]) -> seal_nn::Result<()> {
        let mut kept = self.0.lock().unwrap();
        kept.0 = Some(Reached { steps, values: values.iter().map(|&x| x.clone()).collect() });
        match kept.1 == Some(steps) {
            true => Err(RequestError::NoStep.into()), // as good as any error that ends it
            false => Ok(()),
        }
    }
}

#[test]
fn a_call_that_was_ended_goes_on_from_its_last_step() {
    const STEPS: usize = 6;
    const ENDED: usize = 4;
    let iris = Iris::new(LayoutKind::Merged, SAMPLES);
    let planned = quickly_planned(&iris, STEPS, BOUND);
    let (deployment, bootstrapping) = &planned;
    let noise = Some(Noise { seed: 1 });
    let with = |kept: &Kept<ClearCiphertext>| {
        let (holder, circuit) = deployment.training.in_the_clear(noise);
        let refresh = bootstrapping.in_the_clear(noise);
        let tally = refresh.tally();
        let Deployment { program, plan, .. } = &deployment.training;
        let mut trainer = Server::new(Arc::new(circuit), program.clone(), plan.clone()).with_refresh(refresh);
        trainer.set_checkpoints(kept.clone());
        let mut session = TrainingSession::in_process_by(deployment, holder, trainer, iris.weights.clone()).unwrap();
        session.add_batch(iris.x.view(), iris.t.view()).unwrap();
        (session, tally)
    };
    let (mut whole, _) = session(&iris, &planned, noise);
    whole.advance(STEPS).unwrap();

    let kept = Kept(Arc::new(Mutex::new((None, Some(ENDED)))));
    let (mut ended, tally) = with(&kept);
    ended.advance(STEPS).unwrap_err();
    assert_eq!((tally.get().0, ended.steps_made()), (2 * (ENDED - 1), 0));

    kept.0.lock().unwrap().1 = None;
    let (mut again, tally) = with(&kept);
    again.advance(STEPS).unwrap();
    assert_eq!((tally.get().0, again.steps_made()), (2 * (STEPS - ENDED), STEPS));
    // Noise depends on values, so what was made twice is the same, and the client encrypted others.
    let difference = again.weights().max_difference(whole.weights());
    assert!(difference < 1e-5, "{difference:e}");

    // Of a longer call.
    kept.0.lock().unwrap().0.as_mut().unwrap().steps = STEPS;
    let refused = with(&kept).0.advance(STEPS).unwrap_err();
    assert!(matches!(refused, Error::Request(RequestError::OtherCheckpoint { .. })), "{refused}");
}
