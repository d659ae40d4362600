//! Client and server: what they send, how many bytes that is, and what they refuse.

use crate::kit::iris::{self, Iris};
use ndarray::{Array2, s};
use seal_nn::{
    CircuitError, Error, Level, PackingError, Private, Result, Rotation, SetupError,
    backend::{Chain, Evaluate, KeyHolder, KeyLevels, KeySwitching, SealEvaluator, SealKeyHolder},
    nn::{
        Layout,
        LayoutKind::{self, Diagonal, Merged},
        State, TrainingLayout, TrainingSpec, Weights, reference,
    },
    protocol::{Client, Server, StepReply, StepRequest, Traffic},
    seal::Parameters,
};

#[track_caller]
fn refusal<T>(result: Result<T>) -> SetupError {
    match result {
        Err(Error::Setup(error)) => error,
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
            assert_eq!(evaluator.fresh_bytes(&fresh), fresh.as_bytes().len(), "{name}, {level}: bytes sent");
            assert_eq!(evaluator.fresh_bytes(&fresh), chain.seeded_bytes(level), "{name}, {level}: fresh");
            let received = evaluator.receive(&fresh).unwrap();
            let bytes = evaluator.ciphertext_bytes(&received).unwrap();
            assert_eq!(bytes, chain.ciphertext_bytes(level), "{name}, {level}: ciphertext");
        }
    }
}

/// Two steps and an inference, with the bytes of every message counted beside the session.
fn assert_traffic<K, E>(iris: &Iris, parties: impl Fn() -> (Client<K, Layout>, Server<E, Layout>))
where
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    E: Evaluate,
{
    let (client, server) = parties();
    let mut session = iris.session(client, server);
    session.add_batch(iris.x.view(), iris.t.view()).unwrap();
    session.step().unwrap();
    session.step().unwrap();
    session.infer(iris.x.view()).unwrap();
    let counted = session.traffic();
    assert_eq!(counted, messages_by_hand(iris, parties()), "{}: the sum of the messages", iris.layout.kind());

    let plan = &iris.plan;
    let inference_up = (plan.weight_ciphertexts + 1) * plan.chain.seeded_bytes(plan.inference.entry);
    let planned = Traffic {
        client_to_server: plan.batch_bytes() + 2 * plan.refresh_bytes_up() + inference_up,
        server_to_client: 2 * plan.refresh_bytes_down() + plan.chain.ciphertext_bytes(plan.inference.exit),
    };
    assert_eq!(counted, planned, "{}: the plan", iris.layout.kind());
}

fn messages_by_hand<K, E>(iris: &Iris, (client, mut server): (Client<K, Layout>, Server<E, Layout>)) -> Traffic
where
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    E: Evaluate,
{
    let mut traffic = Traffic::default();
    let batch = client.encrypt_batch(iris.x.view(), iris.t.view()).unwrap();
    let up = |server: &Server<E, Layout>, fresh: &[E::Fresh]| {
        let backend = server.circuit().backend();
        fresh.iter().map(|x| backend.fresh_bytes(x)).sum::<usize>()
    };
    let down = |server: &Server<E, Layout>, packed: &[E::Ciphertext]| {
        let backend = server.circuit().backend();
        packed.iter().map(|x| backend.ciphertext_bytes(x).unwrap()).sum::<usize>()
    };
    traffic.client_to_server += up(&server, &batch.packed.inputs) + up(&server, &batch.packed.targets);
    server.add_batch(&batch).unwrap();
    let (mut weights, mut velocity) = (iris.weights.clone(), Weights::zeros(&iris.spec.network));
    for step in 0..2 {
        let request = client.step_request(&weights, &velocity, step, 0).unwrap();
        let reply = server.step(&request).unwrap();
        traffic.client_to_server += up(&server, &request.state.weights) + up(&server, &request.state.velocity);
        traffic.server_to_client += down(&server, &reply.state.weights) + down(&server, &reply.state.velocity);
        (weights, velocity) = client.read_state(&reply, step).unwrap();
    }
    let request = client.inference_request(&weights, iris.x.view()).unwrap();
    traffic.client_to_server += up(&server, &request.weights) + up(&server, &request.inputs);
    traffic.server_to_client += down(&server, &server.infer(&request).unwrap().outputs);
    traffic
}

#[test]
fn a_session_counts_every_byte_it_sends() {
    let merged = Iris::new(Merged, iris::SAMPLES);
    assert_traffic(&merged, || merged.in_the_clear(None));
    let diagonal = Iris::new(Diagonal, iris::SAMPLES);
    assert_traffic(&diagonal, || diagonal.in_the_clear(None));
}

#[test]
fn a_session_on_seal_counts_every_byte_it_sends() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    assert_traffic(&iris, || {
        let (client, server, keys) = iris.on_seal();
        assert_eq!(keys.galois_bytes(), iris.plan.keys.galois_bytes(&iris.plan.chain, KeySwitching::Hybrid));
        assert_eq!(keys.relin_bytes(), iris.plan.keys.relin_bytes(&iris.plan.chain, KeySwitching::Hybrid));
        (client, server)
    });
}

// What the client refuses.

/// Decrypts to whatever it is given: replies of a server gone wrong.
struct Credulous(Chain);

impl KeyHolder for Credulous {
    type Ciphertext = Vec<f64>;
    type Fresh = Vec<f64>;

    fn chain(&self) -> &Chain {
        &self.0
    }

    fn encrypt(&self, values: &[f64], _at: Level) -> Result<Vec<f64>> {
        Ok(values.to_vec())
    }

    fn decrypt(&self, x: &Vec<f64>) -> Result<Private<Vec<f64>>> {
        Ok(Private::new(x.clone()))
    }
}

/// A reply with one weight and one velocity that are these, and 0.1 elsewhere.
fn reply(iris: &Iris, weight: f64, velocity: f64) -> StepReply<Vec<f64>> {
    let pack = |value: f64| {
        let mut weights = iris.weights.clone();
        weights.0.iter_mut().for_each(|w| w.fill(0.1));
        weights.0[1][[2, 5]] = value;
        iris.layout.pack_weights(&weights)
    };
    StepReply { state: State { weights: pack(weight), velocity: pack(velocity) } }
}

fn refuses_runaway_weights(kind: LayoutKind) {
    let iris = Iris::new(kind, iris::SAMPLES);
    let client = iris.client(Credulous(iris.plan.chain.clone()));
    let largest = iris.spec.bounds.max_weight;
    for fine in [0.0, 0.99 * largest, -0.99 * largest] {
        let (weights, velocity) = client.read_state(&reply(&iris, fine, fine), 4).unwrap();
        for read in [weights, velocity] {
            assert!((read.0[1][[2, 5]] - fine).abs() < 1e-12, "{fine}: {}", read.0[1][[2, 5]]);
        }
    }
    for wrong in [1.01 * largest, -1.01 * largest, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        for (weight, velocity, culprit) in [(wrong, 0.1, "weight"), (0.1, wrong, "velocity")] {
            match refusal(client.read_state(&reply(&iris, weight, velocity), 4)) {
                SetupError::Diverged { step: 5, what, actual, allowed } => {
                    assert!(what.contains(culprit), "{wrong}: {what}");
                    assert_eq!(allowed, largest);
                    assert!(actual >= largest || actual.is_nan(), "{wrong}: {actual}");
                }
                other => panic!("{wrong}: {other}"),
            }
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
    let (client, server) = iris.in_the_clear(None);
    let mut session = iris.session(client, server);
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
    let (client, _) = iris.in_the_clear(None);
    let zeros = |rows, columns| Array2::<f64>::zeros((rows, columns));
    let encrypt = |x: Array2<f64>, t: Array2<f64>| refusal(client.encrypt_batch(x.view(), t.view()));
    for (error, what, expected, actual) in [
        (encrypt(zeros(10, 5), zeros(10, 3)), "samples", (10, 4), (10, 5)),
        (encrypt(zeros(10, 3), zeros(10, 3)), "samples", (10, 4), (10, 3)),
        (encrypt(zeros(10, 4), zeros(10, 2)), "targets", (10, 3), (10, 2)),
        (encrypt(zeros(10, 4), zeros(11, 3)), "targets", (10, 3), (11, 3)),
        (refusal(client.inference_request(&iris.weights, zeros(7, 2).view())), "samples", (7, 4), (7, 2)),
    ] {
        assert_eq!(error, SetupError::WrongShape { what, expected, actual });
    }
}

#[test]
fn a_client_refuses_replies_with_too_few_or_too_many_vectors() {
    let iris = Iris::new(Diagonal, iris::SAMPLES);
    let client = iris.client(Credulous(iris.plan.chain.clone()));
    for count in [7, 9] {
        let mut changed = reply(&iris, 0.1, 0.1);
        assert_eq!(changed.state.weights.len(), 8);
        changed.state.weights.resize(count, vec![0.0; iris.plan.chain.slots()]);
        let refused = client.read_state(&changed, 0);
        let expected = |error: &PackingError| matches!(error, PackingError::WrongCount { expected: 8, actual, .. } if *actual == count);
        assert!(matches!(&refused, Err(Error::Packing(error)) if expected(error)), "{:?}", refused.err());
    }
}

#[test]
fn a_client_refuses_values_that_are_no_numbers() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (client, _) = iris.in_the_clear(None);
    for wrong in [f64::NAN, f64::INFINITY] {
        let (mut x, mut t) = (iris.x.clone(), iris.t.clone());
        x[[3, 1]] = wrong;
        assert!(matches!(client.encrypt_batch(x.view(), iris.t.view()), Err(Error::Circuit(_))));
        t[[3, 1]] = wrong;
        assert!(matches!(client.encrypt_batch(iris.x.view(), t.view()), Err(Error::Circuit(_))));
    }
}

/// As many samples as the layout was made for are taken. More have no room; a step on none divides by zero.
fn refuses_batches_out_of_range(kind: LayoutKind) {
    let iris = Iris::new(kind, 40);
    let (client, _) = iris.in_the_clear(None);
    let part = |samples: usize| client.encrypt_batch(iris.x.slice(s![..samples, ..]), iris.t.slice(s![..samples, ..]));
    assert_eq!(part(40).unwrap().live, 40);
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

#[test]
fn a_server_refuses_a_batch_that_was_not_sent() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (client, mut server) = iris.in_the_clear(None);
    let rest = Weights::zeros(&iris.spec.network);
    let ask =
        |server: &Server<_, Layout>, batch| server.step(&client.step_request(&iris.weights, &rest, 0, batch).unwrap());
    assert!(matches!(refusal(ask(&server, 0)), SetupError::BadSetting { actual, .. } if actual == "0"));
    server.add_batch(&client.encrypt_batch(iris.x.view(), iris.t.view()).unwrap()).unwrap();
    assert!(ask(&server, 0).is_ok());
    assert!(matches!(refusal(ask(&server, 1)), SetupError::BadSetting { actual, .. } if actual == "1"));
}

/// The server multiplies its rates with the client's factor, and takes none that raises or reverses them.
#[test]
fn a_server_lowers_its_rates_on_request() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (client, mut server) = iris.in_the_clear(None);
    server.add_batch(&client.encrypt_batch(iris.x.view(), iris.t.view()).unwrap()).unwrap();
    let rest = Weights::zeros(&iris.spec.network);
    let request = |rate_factor| StepRequest { rate_factor, ..client.step_request(&iris.weights, &rest, 0, 0).unwrap() };
    for factor in [1.0, 0.25] {
        let (weights, _) = client.read_state(&server.step(&request(factor)).unwrap(), 0).unwrap();
        let spec = TrainingSpec { optimizer: iris.spec.optimizer.clone().scaled(factor), ..iris.spec.clone() };
        let (mut expected, mut velocity) = (iris.weights.clone(), rest.clone());
        reference::step(&spec, &mut expected, &mut velocity, iris.x.view(), iris.t.view(), 0);
        // Both compute in f64, in another order: some hundred roundings of 2^-53 of values up to 10.
        assert!(weights.max_difference(&expected) < 1e-11, "{factor}");
    }
    for wrong in [0.0, -1.0, 1.5, f64::NAN, f64::INFINITY] {
        let error = refusal(server.step(&request(wrong)));
        assert!(matches!(error, SetupError::BadSetting { setting: "the rate factor of a step", .. }), "{error}");
    }
}

#[test]
fn a_server_refuses_a_request_for_no_step_and_for_more_than_there_are_levels() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (client, mut server) = iris.in_the_clear(None);
    server.add_batch(&client.encrypt_batch(iris.x.view(), iris.t.view()).unwrap()).unwrap();
    let rest = Weights::zeros(&iris.spec.network);
    let ask = |steps| {
        let request = StepRequest { steps, ..client.step_request(&iris.weights, &rest, 0, 0).unwrap() };
        server.step(&request)
    };
    assert!(matches!(refusal(ask(0)), SetupError::BadSetting { setting: "the number of steps", .. }));
    assert!(matches!(ask(2), Err(Error::Circuit(CircuitError::NoLevelLeft { .. }))));
}

#[test]
fn a_session_without_a_batch_is_refused() {
    let iris = Iris::new(Merged, iris::SAMPLES);
    let (client, server) = iris.in_the_clear(None);
    assert!(matches!(refusal(iris.session(client, server).step()), SetupError::BadSetting { .. }));
}

// Batches in turn.

/// Two rounds of batches of at most `size` samples, against the reference on the same batches.
fn trains_on_batches_in_turn(kind: LayoutKind, size: usize) {
    let iris = Iris::new(kind, size);
    let batches = iris.batches(size);
    let (client, server) = iris.in_the_clear(None);
    let mut session = iris.session(client, server);
    for (x, t) in &batches {
        session.add_batch(x.view(), t.view()).unwrap();
    }
    let (mut weights, mut velocity) = (iris.weights.clone(), Weights::zeros(&iris.spec.network));
    for step in 0..2 * batches.len() {
        let (x, t) = &batches[step % batches.len()];
        reference::step(&iris.spec, &mut weights, &mut velocity, x.view(), t.view(), step);
        assert_eq!(session.step().unwrap().step, step + 1);
        let differs = session.weights().max_difference(&weights).max(session.velocity().max_difference(&velocity));
        // Both compute in f64, in another order: some hundred roundings of 2^-53 of values up to 10.
        println!("{kind}, batches of {size}, step {step}: differs by {differs:.1e}, allowed 1e-11");
        assert!(differs < 1e-11, "{kind}, batches of {size}, step {step}: differs by {differs:e}");
    }
}

#[test]
fn batches_in_turn_train_as_the_reference_does() {
    for size in [40, 50] {
        trains_on_batches_in_turn(Merged, size);
        trains_on_batches_in_turn(Diagonal, size);
    }
}
