//! Split trainings: both parties, step by step.

use ndarray::{Array2, Axis};
use seal_nn::{
    ArgumentError, Error, SetupError,
    backend::{
        ClearEvaluator, ClearKeyHolder, CostModel, Evaluate, KeyHolder, KeySwitching, Noise, SealEvaluator,
        SealKeyHolder,
    },
    data::DataSet,
    nn::{
        head::Dense,
        learning::{
            Batches, Learner, LearningSettings, Loss, Optimizer, Targets, balanced_class_weights, random_layers,
            reference,
        },
        split::{Arrangement, Samples, SplitLayout, SplitSetup, SplitTraining, TileShape},
        training::{EarlyStopping, Losses, OnDivergence},
    },
    protocol::{
        BatchLearner, ClearTraining, Course, CourseEvent, Deployment, Server, SplitTask, SplitTrainingSession,
        StepOutcome, Train,
    },
};

use crate::kit::sessions::on_seal_session;

type Session<K, E> = SplitTrainingSession<K, Server<E, SplitTraining>>;

/// A training of 130 samples of Iris, in groups of 32, of which the last has 2.
struct Training {
    setup: SplitSetup,
    task: SplitTask,
    deployment: Deployment<SplitTraining>,
}

const GROUP: usize = 32;
const SEED: u64 = 3;

impl Training {
    fn new(settings: LearningSettings, change: impl Fn(SplitSetup) -> SplitSetup) -> Training {
        Training::arranged(Arrangement::Merged, settings, change)
    }

    fn arranged(
        arrangement: Arrangement,
        settings: LearningSettings,
        change: impl Fn(SplitSetup) -> SplitSetup,
    ) -> Training {
        let data = DataSet::load("iris").unwrap();
        let rows: Vec<usize> = (0..130).map(|i| i * 67 % 150).collect();
        let samples = data.scaler().unwrap().apply(&data.features).unwrap().select(Axis(0), &rows);
        let labels: Vec<usize> = rows.iter().map(|&row| data.labels[row]).collect();
        let classes = settings.loss.outputs(3);
        let setup = change(SplitSetup::new(&[4, 8, classes], 2 * GROUP));
        let shape = TileShape { rows: 8, units: 16, samples: GROUP, arrangement };
        let program = |slots| SplitTraining::new(&setup, SplitLayout::new(&setup.widths, shape, slots)?);
        let deployment = Deployment::choose(&Default::default(), program).unwrap();
        let targets = Targets::classes(&labels, 3, settings.loss).unwrap();
        let targets = targets.with_class_weights(&balanced_class_weights(&labels, 3).unwrap()).unwrap();
        let layers = random_layers(&setup.widths, SEED).unwrap();
        let activation = "poly:0,1,0.5".parse().unwrap();
        Training { setup, task: SplitTask { activation, settings, layers, samples, targets, seed: SEED }, deployment }
    }

    fn in_the_clear(&self, noise: Option<Noise>) -> Session<ClearKeyHolder, ClearEvaluator> {
        let (holder, circuit) = self.deployment.in_the_clear(noise);
        SplitTrainingSession::in_process(&self.deployment, holder, circuit, self.task.clone()).unwrap()
    }

    fn on_seal(&self) -> Session<SealKeyHolder, SealEvaluator> {
        SplitTrainingSession::new(on_seal_session(&self.deployment), self.task.clone()).unwrap()
    }

    /// The same training in plain numbers: losses, accuracies and weights.
    fn reference(&self, steps: usize) -> (Vec<(f64, f64)>, Vec<Dense>) {
        let SplitTask { activation, settings, layers, samples, targets, seed } = &self.task;
        let mut batches = match self.setup.samples {
            Samples::Kept => Batches::of_groups(targets.len(), GROUP, 2, *seed).unwrap(),
            Samples::Sent => Batches::drawn_anew(targets.len(), 2 * GROUP, *seed).unwrap(),
        };
        let mut learner = Learner::new(settings, layers.clone()).unwrap();
        let mut told = Vec::new();
        for _ in 0..steps {
            let rows =
                batches.next_batch().iter().flat_map(|&group| batches.groups()[group].clone()).collect::<Vec<_>>();
            let (x, t) = (samples.select(Axis(0), &rows), targets.select(&rows).unwrap());
            let accuracy = t.accuracy(&reference::logits(activation, learner.layers(), x.view()).unwrap()).unwrap();
            let loss = reference::step(&mut learner, activation, x.view(), &t).unwrap();
            told.push((loss, accuracy.unwrap()));
        }
        (told, learner.layers().to_vec())
    }

    /// Steps with both parties beside those in plain numbers. Returns how far weights and losses are apart at most.
    fn apart<K, E>(&self, session: &mut Session<K, E>, steps: usize) -> f64
    where
        E: Evaluate,
        K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
    {
        let (told, layers) = self.reference(steps);
        let mut apart = 0f64;
        for (step, (loss, accuracy)) in told.into_iter().enumerate() {
            let found = session.step().unwrap();
            let batch = found.batch.unwrap();
            assert_eq!((found.step, batch.accuracy), (step + 1, Some(accuracy)));
            apart = apart.max((batch.loss - loss).abs());
        }
        apart.max(distance(session.layers(), &layers))
    }
}

fn distance(a: &[Dense], b: &[Dense]) -> f64 {
    let largest = |m: f64, d: f64| m.max(d.abs());
    let layer = |(a, b): (&Dense, &Dense)| {
        let weights = (&a.weights - &b.weights).iter().copied().fold(0.0, largest);
        (&a.bias - &b.bias).iter().copied().fold(weights, largest)
    };
    a.iter().zip(b).map(layer).fold(0.0, f64::max)
}

fn same(setup: SplitSetup) -> SplitSetup {
    setup
}

/// Every loss and optimiser, class weights included, with samples kept or sent: what the encrypted steps compute is what
/// plain numbers say.
#[test]
fn without_noise_it_is_the_training_in_plain_numbers() {
    let steps = 12;
    let usual = LearningSettings::for_steps(steps);
    let momentum = Optimizer::Sgd { momentum: 0.9, nesterov: true };
    for settings in [
        usual.clone(),
        LearningSettings { loss: Loss::Huber { delta: 0.5 }, clip_norm: Some(0.2), ..usual.clone() },
        LearningSettings { loss: Loss::SquaredError, optimizer: momentum, ..usual.clone() },
    ] {
        for samples in [Samples::Kept, Samples::Sent] {
            let training = Training::new(settings.clone(), |setup| setup.with_samples(samples));
            let apart = training.apart(&mut training.in_the_clear(None), steps);
            // Both compute in f64, in another order: some thousand roundings of 2^-53 of numbers up to 10.
            assert!(apart < 1e-10, "{:?}, {samples:?}: {apart:e}", settings.loss);
        }
    }
}

/// Gradients are off by 2^-24 of the largest, and Adam makes steps of 0.05 that depend on them smoothly.
#[test]
fn an_encrypted_training_of_iris_is_the_one_in_the_clear() {
    let steps = 8;
    let training = Training::new(LearningSettings::for_steps(steps), same);
    let mut session = training.on_seal();
    let apart = training.apart(&mut session, steps);
    println!("weights {apart:.1e} apart after {steps} steps");
    assert!(apart < 1e-5, "{apart:e}");
    // The forward half with the same keys; more samples than a request takes.
    let logits = session.infer(training.task.samples.view()).unwrap();
    let expected =
        reference::logits(&training.task.activation, session.layers(), training.task.samples.view()).unwrap();
    let worst = (&logits - &expected).iter().fold(0f64, |m, d| m.max(d.abs()));
    assert!(logits.dim() == (130, 3) && worst < 1e-5, "{worst:e}");
    // Two rounds of three ciphertexts in one, and a kept group of one.
    let plan = session.session().plan();
    assert_eq!((plan.ciphertexts_up(), plan.kept.len()), (3, 2));
}

/// A column that is 0 in all samples has a gradient of 0 and what noise leaves of it, of which Adam makes steps.
#[test]
fn a_constant_column_stays_where_it_is() {
    let steps = 20;
    let settings = LearningSettings { weight_decay: 0.0, ..LearningSettings::for_steps(steps) };
    let mut training = Training::new(settings, same);
    training.task.samples.column_mut(2).fill(0.0);
    let mut session = training.in_the_clear(Some(Noise { seed: 1 }));
    training.apart(&mut session, steps);
    let moved = (&session.layers()[0].weights.column(2) - &training.task.layers[0].weights.column(2))
        .iter()
        .fold(0f64, |m, d| m.max(d.abs()));
    // Noise of 3e-9 beside an epsilon of 1e-5: at most 3e-4 of the full rate of 0.05, in 20 steps.
    println!("moved by {moved:.1e}");
    assert!(moved > 0.0 && moved < 1e-4, "{moved:e}");
}

/// Products with little room, at rates that drive them beyond it. Where inputs and outputs share a tile, products of the
/// first weights come back too, which nobody reads and no power of two makes smaller: that cannot be mended.
fn diverging(arrangement: Arrangement, samples: Samples) -> Training {
    let settings =
        LearningSettings { rate: 0.8, weight_decay: 0.0, max_weight: 100.0, ..LearningSettings::for_steps(1000) };
    let little = |setup| SplitSetup { mean_product: 0.5, ..setup }.with_samples(samples);
    Training::arranged(arrangement, settings, little)
}

/// The decisions of a training of `steps` steps, without a validation part.
fn stopping(training: &Training, steps: usize, policy: OnDivergence) -> EarlyStopping<Vec<Dense>> {
    let start = Losses { training: 10.0, validation: None };
    EarlyStopping::new(steps, training.task.layers.clone(), start).with_policy(policy)
}

/// The loss of each batch.
fn of_the_batch(_: &Vec<Dense>, outcome: &StepOutcome) -> Result<Losses, Error> {
    Ok(Losses { training: outcome.batch.unwrap().loss, validation: None })
}

#[test]
fn a_step_that_left_its_room_is_made_again_at_half_the_rate() {
    let training = diverging(Arrangement::Apart, Samples::Sent);
    let decisions = stopping(&training, 100, OnDivergence::LowerRate);
    let mut course = Course::new(training.in_the_clear(None), decisions, of_the_batch).unwrap();
    let lowering = loop {
        match course.advance().unwrap().expect("it diverges") {
            CourseEvent::Advanced { .. } => {}
            CourseEvent::Lowered(lowering) => break lowering,
        }
    };
    println!("{lowering:?}");
    assert_eq!(lowering.rate_factor, 0.5);
    course.advance().unwrap();
    // The weights are those of plain numbers with the lower rate from that step on, on the same batches.
    let batch = BatchLearner::new(&training.setup, GROUP, training.task.clone()).unwrap();
    let mut clear = ClearTraining::new(training.task.activation.clone(), batch);
    for step in 1..=course.session().steps_made() {
        if step == lowering.step {
            clear.set_rate_factor(lowering.rate_factor).unwrap();
        }
        clear.step().unwrap();
    }
    assert!(clear.steps_made() >= lowering.step);
    assert!(distance(course.session().layers(), clear.weights()) < 1e-9);
}

#[test]
fn a_policy_to_stop_stops() {
    let training = diverging(Arrangement::Merged, Samples::Kept);
    let decisions = stopping(&training, 100, OnDivergence::Stop);
    let mut course = Course::new(training.in_the_clear(None), decisions, of_the_batch).unwrap();
    let error = course.run().unwrap_err();
    assert!(matches!(error, Error::Setup(SetupError::OutOfRangeAtStep { .. })), "{error}");
    let bounded = LearningSettings { max_weight: 1.0, rate: 0.5, ..LearningSettings::for_steps(1000) };
    let training = Training::new(bounded, same);
    let decisions = stopping(&training, 100, OnDivergence::LowerRate);
    let mut course = Course::new(training.in_the_clear(None), decisions, of_the_batch).unwrap();
    let error = course.run().unwrap_err();
    assert!(matches!(error, Error::Setup(SetupError::DivergedAgain { times: 4, .. })), "{error}");
    assert!(course.session().layers().iter().flat_map(|layer| &layer.weights).all(|w| w.abs() <= 1.0));
}

/// Through JSON, as in a file.
fn kept<T: serde::Serialize + serde::de::DeserializeOwned>(state: &T) -> T {
    serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
}

/// After any step, and after it was made again at a lower rate: the rest is the same to the bit.
#[test]
fn a_course_goes_on_from_its_state_as_if_it_had_never_ended() {
    for samples in [Samples::Kept, Samples::Sent] {
        let training = diverging(Arrangement::Apart, samples);
        let start = || {
            let decisions = stopping(&training, 12, OnDivergence::LowerRate);
            Course::new(training.in_the_clear(None), decisions, of_the_batch).unwrap()
        };
        let mut whole = start();
        whole.run().unwrap();
        println!("{samples:?}: {:?}", whole.stopping().lowered());
        assert_eq!(whole.stopping().lowered().is_empty(), samples == Samples::Kept);
        let mut course = start();
        while course.advance().unwrap().is_some() {
            let state = kept(&course.state());
            assert_eq!(state, course.state());
            let mut resumed = Course::resume(training.in_the_clear(None), state, of_the_batch).unwrap();
            resumed.run().unwrap();
            assert_eq!(resumed.state(), whole.state());
        }
    }
}

/// Large weights make large logits: their products come back divided by a power of two.
#[test]
fn products_of_large_logits_keep_their_room() {
    let mut training = Training::new(LearningSettings::for_steps(5), same);
    training.task.layers[1].weights *= 15.0;
    training.task.layers[0].weights *= 1.5;
    let apart = training.apart(&mut training.in_the_clear(None), 5);
    assert!(apart < 1e-9, "{apart:e}");
}

#[test]
fn validation_ends_a_training_and_chooses_its_weights() {
    let training = Training::new(LearningSettings::for_steps(30), same);
    let start = Losses { training: 10.0, validation: Some(10.0) };
    let decisions = EarlyStopping::new(30, training.task.layers.clone(), start).with_patience(3);
    // A loss that is lowest after the fourth step.
    let losses = |_: &Vec<Dense>, outcome: &StepOutcome| {
        Ok(Losses { training: 1.0, validation: Some(1.0 + outcome.step.abs_diff(4) as f64) })
    };
    let mut course = Course::new(training.in_the_clear(None), decisions, losses).unwrap();
    course.run().unwrap();
    assert_eq!(course.session().steps_made(), 7);
    let (session, stopping) = course.finish().unwrap();
    let (_, expected) = training.reference(4);
    assert!(stopping.best().step == 4 && distance(session.layers(), &expected) < 1e-10);
}

/// The logistic loss takes one output for two classes.
#[test]
fn two_classes_train_with_one_output() {
    let mut training =
        Training::new(LearningSettings { loss: Loss::Logistic, ..LearningSettings::for_steps(10) }, same);
    let labels: Vec<usize> = (0..130).map(|i| usize::from(training.task.samples[[i, 2]] > 0.0)).collect();
    let setup = SplitSetup::new(&[4, 8, 1], 2 * GROUP);
    training.task.targets = Targets::classes(&labels, 2, Loss::Logistic).unwrap();
    training.task.layers = random_layers(&setup.widths, SEED).unwrap();
    let costs = CostModel::default();
    training.deployment = Deployment::of_split_training(&setup, &Default::default(), &costs, 0.0).unwrap();
    let mut session = training.in_the_clear(None);
    let losses: Vec<f64> = (0..10).map(|_| session.step().unwrap().batch.unwrap().loss).collect();
    assert!(losses[9] < 0.8 * losses[0], "{losses:?}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let training = Training::new(LearningSettings::for_steps(5), same);
    let refused = |change: &dyn Fn(&mut SplitTask)| {
        let mut task = training.task.clone();
        change(&mut task);
        let (holder, circuit) = training.deployment.in_the_clear(None);
        SplitTrainingSession::in_process(&training.deployment, holder, circuit, task).err().unwrap()
    };
    let shape = |error: Error| matches!(error, Error::Setup(SetupError::WrongShape { .. }));
    assert!(shape(refused(&|task| task.samples = Array2::zeros((130, 5)))));
    assert!(shape(refused(&|task| task.samples = Array2::zeros((129, 4)))));
    let count = |error: Error| matches!(error, Error::Argument(ArgumentError::WrongCount { .. }));
    assert!(count(refused(&|task| drop(task.layers.pop()))));
    assert!(count(refused(&|task| task.layers[1].bias = ndarray::Array1::zeros(2))));
    assert!(shape(refused(&|task| task.targets = Targets::numbers(Array2::zeros((130, 2))).unwrap())));
    let alone =
        |setup: SplitSetup, block: usize| BatchLearner::new(&setup, block, training.task.clone()).err().unwrap();
    assert!(matches!(alone(training.setup.clone(), 0), Error::Argument(ArgumentError::OutOfBounds { .. })));
    let nothing = SplitSetup { widths: Vec::new(), ..training.setup.clone() };
    assert!(matches!(alone(nothing, GROUP), Error::Setup(SetupError::BadNetwork { .. })));
    let activation = refused(&|task| task.activation = "tanh".parse().unwrap());
    assert!(matches!(activation, Error::Setup(SetupError::BadActivation { .. })));
    assert!(matches!(refused(&|task| task.settings.rate = 0.0), Error::Argument(_)));
    assert!(matches!(refused(&|task| task.targets = task.targets.select(&[]).unwrap()), Error::Setup(_)));
}

/// Keys for the rotations of one sum, at the levels of their use.
#[test]
fn keys_are_small() {
    let training = Training::new(LearningSettings::for_steps(5), same);
    let (_, keys) = training.deployment.make_keys(KeySwitching::default()).unwrap();
    let bytes = keys.relin_bytes() + keys.galois_bytes();
    assert_eq!(keys.rotations().count(), 3);
    assert!(bytes < 4_000_000, "{bytes}");
}
