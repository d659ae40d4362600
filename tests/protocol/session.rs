//! Client and server: what they send, how many bytes that is, and what they refuse.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::kit::iris::{self, Iris, Session};
use ndarray::{Array2, Axis, s};
use seal_nn::{
    CircuitError, Error, Level, PackingError, RequestError, Result, Rotation, SetupError,
    backend::{
        Chain, Circuit, ClearCiphertext, ClearEvaluator, ClearKeyHolder, Decrypt, Encrypt, Evaluate, KeyHolder,
        KeyLevels, KeySwitching, SealEvaluator, SealKeyHolder,
    },
    nn::{
        Weights,
        layout::{
            Batch, Layout,
            LayoutKind::{self, Diagonal, Merged},
            State, TrainingLayout,
        },
        reference,
        training::{Steps, Training, TrainingSetup, TrainingSpec},
    },
    program::{KeyHolderRefresh, Program, Record, Refresh},
    protocol::{
        Client, Deployment, Peer, Server, Traffic, TrainingClient, TrainingDeployment, TrainingSession, encrypt,
    },
    seal::{Parameters, Wire},
};

#[track_caller]
fn refusal<T>(result: Result<T>) -> SetupError {
    match result {
        Err(Error::Setup(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

fn refused_request<T>(result: Result<T>) -> RequestError {
    match result {
        Err(Error::Request(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

// Bytes.

/// The plan's model of sizes against SEAL's own, byte by byte: ciphertexts at every level, keys for few and many steps.
#[test]
fn the_sizes_of_the_plan_are_those_of_seal() {
    for (degree, bits, steps) in [
        (4096, &[40, 50][..], &[][..]),
        (8192, &[50, 40, 40, 60][..], &[1][..]),
        (8192, &[60, 40, 60], &[1, 2, -1, 1024]),
        (16384, &[50, 42, 42, 42, 42, 60], &[-3, 7]),
    ] {
        let parameters = Parameters::new(degree, bits).unwrap();
        let steps: Vec<Rotation> = steps.iter().copied().map(Rotation).collect();
        let holder = SealKeyHolder::generate(&parameters).unwrap();
        let keys = holder.evaluation_keys(&steps).unwrap();
        let evaluator = SealEvaluator::new(&parameters, &keys).unwrap();
        let chain = Chain::try_from(&parameters).unwrap();
        let name = format!("N = {degree}, primes {bits:?}, steps {steps:?}");
        let levels = KeyLevels::all(&chain, &steps);
        assert_eq!(keys.relin_bytes(), levels.relin_bytes(&chain, KeySwitching::Hybrid), "{name}: relinearisation key");
        assert_eq!(keys.galois_bytes(), levels.galois_bytes(&chain, KeySwitching::Hybrid), "{name}: Galois keys");
        for level in (0..=chain.top().0).map(Level) {
            let fresh = holder.encrypt(&[1.0, -2.0], level).unwrap();
            assert_eq!(evaluator.fresh_bytes(&fresh), fresh.to_wire().unwrap().len(), "{name}, {level}: bytes sent");
            assert_eq!(evaluator.fresh_bytes(&fresh), chain.wire_seeded_bytes(level), "{name}, {level}: fresh");
            let received = evaluator.receive(&fresh).unwrap();
            let bytes = evaluator.ciphertext_bytes(&received).unwrap();
            assert_eq!(bytes, received.to_wire().unwrap().len(), "{name}, {level}: bytes sent");
            assert_eq!(bytes, chain.wire_ciphertext_bytes(level), "{name}, {level}: ciphertext");
        }
    }
}

/// Two steps and an inference: the session counts the bytes that the plan foresees, and those of its messages.
fn assert_traffic<K, E>(iris: &Iris, mut session: Session<K, E>, holder: &K, circuit: Circuit<E>)
where
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    E: Evaluate,
{
    session.add_batch(iris.x.view(), iris.t.view()).unwrap();
    session.step().unwrap();
    session.step().unwrap();
    let trained = session.traffic();
    let name = iris.layout().kind();
    assert_eq!(trained, messages_by_hand(iris, holder, circuit), "{name}: the sum of the messages");
    session.infer(iris.x.view()).unwrap();

    let (plan, inference) = (&iris.deployment.training.plan, &iris.deployment.inference.plan);
    let planned = Traffic {
        client_to_server: plan.kept_bytes() + 2 * plan.bytes_up() + inference.bytes_up(),
        server_to_client: 2 * plan.bytes_down() + inference.bytes_down(),
    };
    assert_eq!(session.traffic(), planned, "{name}: the plan");
    let weights = iris.layout().weight_ciphertexts();
    assert_eq!(plan.ciphertexts_up(), 2 * weights, "{name}: weights and velocity");
    assert_eq!(inference.ciphertexts_up(), weights + 1, "{name}: weights and samples");
}

fn messages_by_hand<K, E>(iris: &Iris, holder: &K, circuit: Circuit<E>) -> Traffic
where
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    E: Evaluate,
{
    let Deployment { program, plan, .. } = &iris.deployment.training;
    let mut server = iris.server(circuit);
    let circuit = server.circuit().clone();
    let up = |fresh: &[E::Fresh]| fresh.iter().map(|x| circuit.backend().fresh_bytes(x)).sum::<usize>();
    let down =
        |packed: &[E::Ciphertext]| packed.iter().map(|x| circuit.backend().ciphertext_bytes(x).unwrap()).sum::<usize>();
    let mut traffic = Traffic::default();
    let levels = program.kept(&iris::SAMPLES, plan.entry, &plan.chain).unwrap();
    let batch = encrypt::<Batch<()>, K>(holder, &iris.packed(), &levels).unwrap();
    traffic.client_to_server += up(&batch.inputs) + up(&batch.targets);
    server.keep(&iris::SAMPLES, &batch).unwrap();
    let mut client = iris.client();
    for _ in 0..2 {
        let (call, asked) = client.ask().unwrap();
        let levels = program.asked(&call, plan.entry, &plan.chain).unwrap();
        let request = encrypt::<State<()>, K>(holder, &asked, &levels).unwrap();
        let answer = server.call(&call, &request).unwrap();
        traffic.client_to_server += up(&request.weights) + up(&request.velocity);
        traffic.server_to_client += down(&answer.weights) + down(&answer.velocity);
        let open = |x: &E::Ciphertext| Ok::<_, Error>(holder.decrypt(x)?.open_as_key_owner());
        client.absorb(State::try_map(&answer, open).unwrap()).unwrap();
    }
    traffic
}

#[test]
fn a_session_counts_every_byte_it_sends() {
    for kind in [Merged, Diagonal] {
        let iris = Iris::new(kind, iris::SAMPLES);
        let (holder, circuit) = iris.deployment.training.in_the_clear(None);
        assert_traffic(&iris, iris.in_the_clear(None), &holder, circuit);
    }
}

#[test]
fn a_session_on_seal_counts_every_byte_it_sends() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (holder, circuit, keys) = iris.seal();
    let Deployment { plan, keys: needed, .. } = &iris.deployment.training;
    assert_eq!(keys.galois_bytes(), needed.galois_bytes(&plan.chain, KeySwitching::Hybrid));
    assert_eq!(keys.relin_bytes(), needed.relin_bytes(&plan.chain, KeySwitching::Hybrid));
    assert_traffic(&iris, iris.on_seal().0, &holder, circuit);
}

// What the client refuses.

/// An answer with one weight and one velocity that are these, and 0.1 elsewhere.
fn answer(iris: &Iris, weight: f64, velocity: f64) -> State<Vec<f64>> {
    let pack = |value: f64| {
        let mut weights = iris.weights.clone();
        weights.0.iter_mut().for_each(|w| w.fill(0.1));
        weights.0[1][[2, 5]] = value;
        iris.layout().pack_weights(&weights).unwrap()
    };
    State { weights: pack(weight), velocity: pack(velocity) }
}

fn refuses_runaway_weights(kind: LayoutKind) {
    let iris = Iris::new(kind, iris::SAMPLES);
    let largest = iris.spec.bounds.max_weight;
    for fine in [0.0, 0.99 * largest, -0.99 * largest] {
        let mut client = iris.client();
        client.absorb(answer(&iris, fine, fine)).unwrap();
        for read in [client.weights(), client.velocity()] {
            assert!((read.0[1][[2, 5]] - fine).abs() < 1e-12, "{fine}: {}", read.0[1][[2, 5]]);
        }
    }
    for wrong in [1.01 * largest, -1.01 * largest, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        for (weight, velocity, culprit) in [(wrong, 0.1, "weight"), (0.1, wrong, "velocity")] {
            let mut client = iris.client();
            match refusal(client.absorb(answer(&iris, weight, velocity))) {
                SetupError::Diverged { step: 1, what, actual, allowed } => {
                    assert!(what.contains(culprit), "{wrong}: {what}");
                    assert_eq!(allowed, largest);
                    assert!(actual >= largest || actual.is_nan(), "{wrong}: {actual}");
                }
                other => panic!("{wrong}: {other}"),
            }
            assert_eq!(client.weights(), &iris.weights, "weights that are garbage are not kept");
        }
    }
}

#[test]
fn a_client_refuses_weights_that_ran_away() {
    refuses_runaway_weights(Merged);
    refuses_runaway_weights(Diagonal);
}

#[test]
fn a_session_says_at_which_step_training_diverged() {
    let mut iris = Iris::new(Merged, iris::SAMPLES);
    // Large enough to diverge in the next step, small enough to be sent.
    iris.weights.0.iter_mut().for_each(|w| w.fill(2.0));
    let mut session = iris.in_the_clear(None);
    session.add_batch(iris.x.view(), iris.t.view()).unwrap();
    let error = refusal(session.step());
    assert!(
        matches!(error, SetupError::Diverged { step: 1, .. } | SetupError::OutOfRangeAtStep { step: 1, .. }),
        "{error}"
    );
    assert_eq!(session.weights(), &iris.weights, "weights that are garbage are not kept");
}

#[test]
fn a_client_refuses_arrays_of_other_shapes() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let mut session = iris.in_the_clear(None);
    let zeros = |rows, columns| Array2::<f64>::zeros((rows, columns));
    let mut add = |x: Array2<f64>, t: Array2<f64>| refusal(session.add_batch(x.view(), t.view()));
    let refused = [
        (add(zeros(10, 5), zeros(10, 3)), "samples", (10, 4), (10, 5)),
        (add(zeros(10, 3), zeros(10, 3)), "samples", (10, 4), (10, 3)),
        (add(zeros(10, 4), zeros(10, 2)), "targets", (10, 3), (10, 2)),
        (add(zeros(10, 4), zeros(11, 3)), "targets", (10, 3), (11, 3)),
        (refusal(session.infer(zeros(7, 2).view())), "samples", (7, 4), (7, 2)),
    ];
    for (error, what, expected, actual) in refused {
        assert_eq!(error, SetupError::WrongShape { what, expected, actual });
    }
}

/// Weights, and a layout, of another network.
#[test]
fn parts_that_do_not_belong_together_are_refused_when_they_are_made() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let program = &iris.deployment.training.program;
    for network in ["4-7-3", "4-8-8-3"] {
        let weights = Weights::random(&network.parse().unwrap(), &[1.0], 0).unwrap();
        let refused = refusal(TrainingClient::new(program.clone(), weights));
        assert!(matches!(refused, SetupError::WrongShape { .. }), "{network}: {refused}");
        let spec = TrainingSpec { network: network.parse().unwrap(), ..iris.spec.clone() };
        let refused = refusal(TrainingSetup::new(&spec, 10).on(iris.layout().clone()).map(|_| ()));
        assert!(matches!(refused, SetupError::WrongShape { .. }), "{network}: {refused}");
    }
}

#[test]
fn a_client_refuses_answers_with_too_few_or_too_many_vectors() {
    let iris = Iris::new(Diagonal, iris::SAMPLES);
    for count in [7, 9] {
        let mut changed = answer(&iris, 0.1, 0.1);
        assert_eq!(changed.weights.len(), 8);
        changed.weights.resize(count, vec![0.0; iris.deployment.training.plan.chain.slots()]);
        let refused = iris.client().absorb(changed);
        let expected = |error: &PackingError| matches!(error, PackingError::WrongCount { expected: 8, actual, .. } if *actual == count);
        assert!(matches!(&refused, Err(Error::Packing(error)) if expected(error)), "{:?}", refused.err());
    }
}

#[test]
fn a_client_refuses_values_that_are_no_numbers() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let mut session = iris.in_the_clear(None);
    for wrong in [f64::NAN, f64::INFINITY] {
        let (mut x, mut t) = (iris.x.clone(), iris.t.clone());
        x[[3, 1]] = wrong;
        assert!(matches!(session.add_batch(x.view(), iris.t.view()), Err(Error::Circuit(_))));
        t[[3, 1]] = wrong;
        assert!(matches!(session.add_batch(iris.x.view(), t.view()), Err(Error::Circuit(_))));
    }
}

/// As many samples as the layout was made for are taken. More have no room; a step on none divides by zero.
fn refuses_batches_out_of_range(kind: LayoutKind) {
    let iris = Iris::new(kind, 40);
    let mut session = iris.in_the_clear(None);
    let mut part = |samples: usize| session.add_batch(iris.x.slice(s![..samples, ..]), iris.t.slice(s![..samples, ..]));
    part(40).unwrap();
    for samples in [0, 41, 120] {
        let expected = SetupError::WrongBatch { expected: 40, actual: samples };
        assert_eq!(refusal(part(samples)), expected, "{kind}");
    }
}

#[test]
fn a_client_refuses_batches_that_the_layout_was_not_made_for() {
    refuses_batches_out_of_range(Merged);
    refuses_batches_out_of_range(Diagonal);
}

// What the server refuses.

/// A server without encryption with one batch, and a request for it.
fn served(iris: &Iris) -> (ClearKeyHolder, Server<ClearEvaluator, Training<Layout>>, Steps, State<ClearCiphertext>) {
    let Deployment { program, plan, .. } = &iris.deployment.training;
    let (holder, circuit) = iris.deployment.training.in_the_clear(None);
    let mut server = iris.server(circuit);
    let levels = program.kept(&iris::SAMPLES, plan.entry, &plan.chain).unwrap();
    server.keep(&iris::SAMPLES, &encrypt::<Batch<()>, _>(&holder, &iris.packed(), &levels).unwrap()).unwrap();
    let (call, asked) = iris.client().ask().unwrap();
    let levels = program.asked(&call, plan.entry, &plan.chain).unwrap();
    let request = encrypt::<State<()>, _>(&holder, &asked, &levels).unwrap();
    (holder, server, call, request)
}

#[test]
fn a_server_refuses_a_batch_that_was_not_sent() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (_, mut server, call, request) = served(&iris);
    assert!(server.call(&call, &request).is_ok());
    let refused = refused_request(server.call(&Steps { batch: 1, ..call }, &request).map(|_| ()));
    assert_eq!(refused, RequestError::UnknownBatch { expected: 1, actual: 1 });
}

/// Neither more ciphertexts than planned, nor others, nor a batch of more samples.
#[test]
fn a_server_refuses_messages_that_are_not_as_planned() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (holder, mut server, call, request) = served(&iris);
    let entry = iris.deployment.training.plan.entry;
    let velocity = vec![holder.encrypt(&[0.0], entry).unwrap(); 2];
    let refused = server.call(&call, &State { velocity, ..request.clone() }).map(|_| ());
    assert!(matches!(refused, Err(Error::Packing(PackingError::WrongCount { expected: 1, actual: 2, .. }))));
    let low = Level(entry.0 - 1);
    let weights = vec![holder.encrypt(&[0.0], low).unwrap()];
    let refused = refused_request(server.call(&call, &State { weights, ..request.clone() }).map(|_| ()));
    assert_eq!(refused, RequestError::UnplannedLevel { expected: entry, actual: low });
    let mut weights = request.weights.clone();
    server.circuit().backend().set_scale(&mut weights[0], 2f64.powi(30)).unwrap();
    let refused = server.call(&call, &State { weights, ..request.clone() }).map(|_| ());
    assert!(matches!(refused, Err(Error::Circuit(CircuitError::ScaleMismatch { .. }))));
    let batch = Batch { inputs: request.weights.clone(), targets: request.weights };
    for samples in [0, iris::SAMPLES + 1] {
        let refused = refusal(server.keep(&samples, &batch));
        assert_eq!(refused, SetupError::WrongBatch { expected: iris::SAMPLES, actual: samples });
    }
}

/// The server multiplies its rates with the client's factor, and takes none that raises or reverses them.
#[test]
fn a_server_lowers_its_rates_on_request() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    for factor in [1.0, 0.25] {
        let mut session = iris.in_the_clear(None);
        session.add_batch(iris.x.view(), iris.t.view()).unwrap();
        session.set_rate_factor(factor).unwrap();
        session.step().unwrap();
        let spec = TrainingSpec { optimizer: iris.spec.optimizer.clone().scaled(factor).unwrap(), ..iris.spec.clone() };
        let (mut expected, mut velocity) = (iris.weights.clone(), Weights::zeros(&iris.spec.network));
        reference::step(&spec, &mut expected, &mut velocity, iris.x.view(), iris.t.view(), 0).unwrap();
        // Both compute in f64, in another order: some hundred roundings of 2^-53 of values up to 10.
        assert!(session.weights().max_difference(&expected) < 1e-11, "{factor}");
    }
    let (_, mut server, call, request) = served(&iris);
    for wrong in [0.0, -1.0, 1.5, f64::NAN, f64::INFINITY] {
        let error = refused_request(server.call(&Steps { shares: vec![wrong], ..call.clone() }, &request).map(|_| ()));
        assert!(matches!(error, RequestError::RateShare { .. }), "{error}");
    }
}

#[test]
fn a_server_refuses_a_request_for_no_step_and_for_more_than_there_are_levels() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (_, mut server, call, request) = served(&iris);
    let mut ask = |steps| server.call(&Steps { shares: vec![1.0; steps], ..call.clone() }, &request).map(|_| ());
    assert_eq!(refused_request(ask(0)), RequestError::NoStep);
    assert!(matches!(ask(2), Err(Error::Circuit(CircuitError::NoLevelLeft { .. }))));
}

/// With a refresh of its own the server makes as many steps as it is asked for, and the weights stay with it.
#[test]
fn a_server_that_can_refresh_makes_many_steps_in_one_call() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let Deployment { program, plan, .. } = &iris.deployment.training;
    let (holder, circuit) = iris.deployment.training.in_the_clear(None);
    let looks = Arc::new(AtomicUsize::new(0));
    let refresh = OwnedRefresh {
        holder: ClearKeyHolder::new(plan.chain.clone(), None),
        evaluator: ClearEvaluator::new(plan.chain.clone(), None),
        level: plan.entry,
        looks: looks.clone(),
    };
    let mut server = iris.server(circuit).with_refresh(refresh);
    let levels = program.kept(&iris::SAMPLES, plan.entry, &plan.chain).unwrap();
    server.keep(&iris::SAMPLES, &encrypt::<Batch<()>, _>(&holder, &iris.packed(), &levels).unwrap()).unwrap();
    let (_, asked) = iris.client().ask().unwrap();
    let steps = 4;
    let shares: Vec<f64> = (0..steps).map(|t| iris.spec.optimizer.share(t)).collect();
    let call = Steps { batch: 0, shares };
    let levels = program.asked(&call, plan.entry, &plan.chain).unwrap();
    let request = encrypt::<State<()>, _>(&holder, &asked, &levels).unwrap();
    let answer = server.call(&call, &request).unwrap();
    assert_eq!(looks.load(Ordering::Relaxed), steps - 1, "a refresh between two steps");
    let open = |x: &ClearCiphertext| Ok::<_, Error>(holder.decrypt(x)?.open_as_key_owner());
    let slots = State::try_map(&answer, open).unwrap();
    let (mut weights, mut velocity) = (iris.weights.clone(), Weights::zeros(&iris.spec.network));
    (0..steps).for_each(|t| {
        reference::step(&iris.spec, &mut weights, &mut velocity, iris.x.view(), iris.t.view(), t).unwrap()
    });
    let differs = iris.layout().unpack_weights(&slots.weights).unwrap().max_difference(&weights);
    assert!(differs < 1e-11, "{differs:e}");
}

/// The key holder's refresh, as a server would reach it elsewhere.
struct OwnedRefresh {
    holder: ClearKeyHolder,
    evaluator: ClearEvaluator,
    level: Level,
    looks: Arc<AtomicUsize>,
}

impl Refresh<ClearEvaluator> for OwnedRefresh {
    fn input_level(&self) -> Level {
        Level(0)
    }

    fn output_level(&self) -> Level {
        self.level
    }

    fn refresh(&mut self, values: Vec<ClearCiphertext>) -> Result<Vec<ClearCiphertext>> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        KeyHolderRefresh::new(&self.holder, &self.evaluator, self.level, |_: &mut [Vec<f64>]| Ok(())).refresh(values)
    }
}

#[test]
fn a_session_without_a_batch_is_refused() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    assert_eq!(refused_request(iris.in_the_clear(None).step()), RequestError::UnknownBatch { expected: 0, actual: 0 });
}

// Batches in turn.

/// Two rounds of batches of at most `size` samples, against the reference on the same batches.
fn trains_on_batches_in_turn(kind: LayoutKind, size: usize) {
    let iris = Iris::new(kind, size);
    let batches = iris.batches(size);
    let mut session = iris.in_the_clear(None);
    for (x, t) in &batches {
        session.add_batch(x.view(), t.view()).unwrap();
    }
    let (mut weights, mut velocity) = (iris.weights.clone(), Weights::zeros(&iris.spec.network));
    for step in 0..2 * batches.len() {
        let (x, t) = &batches[step % batches.len()];
        reference::step(&iris.spec, &mut weights, &mut velocity, x.view(), t.view(), step).unwrap();
        assert_eq!(session.step().unwrap().step, step + 1);
        let differs = session.weights().max_difference(&weights).max(session.velocity().max_difference(&velocity));
        // Both compute in f64, in another order: some hundred roundings of 2^-53 of values up to 10.
        println!("{kind}, batches of {size}, step {step}: differs by {differs:.1e}, allowed 1e-11");
        assert!(differs < 1e-11, "{kind}, batches of {size}, step {step}: differs by {differs:e}");
    }
}

/// Steps over three batches each, of 40, 40 and 30 samples in turn, whose gradients are added before the update: as the
/// reference on all of their samples, in every layout, with momentum and weight decay, also where steps follow each other
/// without a refresh. The levels are those of a step on one batch.
fn adds_gradients_of_batches(kind: LayoutKind, refresh_every: usize) {
    let iris = Iris::new(kind, 40);
    let spec = TrainingSpec { optimizer: iris.spec.optimizer.clone().with_l2(0.01).unwrap(), ..iris.spec.clone() };
    let setup = TrainingSetup::new(&spec, 40).with_batches_per_step(3).with_refresh_every(refresh_every);
    let layout = |slots| kind.layout(&spec.network, slots, 40);
    let deployment = TrainingDeployment::choose(&setup, &Default::default(), layout).unwrap();
    if refresh_every == 1 {
        assert_eq!(deployment.training.plan.depth, iris.deployment.training.plan.depth, "{kind}");
    }
    let (holder, circuit) = deployment.training.in_the_clear(None);
    let mut session = TrainingSession::in_process(&deployment, holder, circuit, iris.weights.clone()).unwrap();
    let parts = [0..40, 40..80, 80..110, 70..110];
    for rows in &parts {
        session.add_batch(iris.x.slice(s![rows.clone(), ..]), iris.t.slice(s![rows.clone(), ..])).unwrap();
    }
    let (mut weights, mut velocity) = (iris.weights.clone(), Weights::zeros(&spec.network));
    for step in 0..2 * refresh_every {
        let rows: Vec<usize> = (0..3).flat_map(|i| parts[(3 * step + i) % parts.len()].clone()).collect();
        let (x, t) = (iris.x.select(Axis(0), &rows), iris.t.select(Axis(0), &rows));
        reference::step(&spec, &mut weights, &mut velocity, x.view(), t.view(), step).unwrap();
    }
    session.advance(refresh_every).unwrap();
    session.advance(refresh_every).unwrap();
    let differs = session.weights().max_difference(&weights).max(session.velocity().max_difference(&velocity));
    // Both compute in f64, in another order: some thousand roundings of 2^-53 of values up to 10.
    println!("{kind}: differs by {differs:.1e}, allowed 1e-10");
    assert!(differs < 1e-10, "{kind}: differs by {differs:e}");
}

#[test]
fn gradients_of_batches_add_up() {
    for kind in LayoutKind::ALL {
        adds_gradients_of_batches(kind, 1);
    }
    adds_gradients_of_batches(Merged, 2);
}

#[test]
fn batches_in_turn_train_as_the_reference_does() {
    for size in [40, 50] {
        trains_on_batches_in_turn(Merged, size);
        trains_on_batches_in_turn(Diagonal, size);
    }
}
