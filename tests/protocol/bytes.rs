//! Everything that two processes exchange, in bytes: a training whose client and server share nothing else. Sessions are in
//! tests/protocol/wire.

use std::sync::{Arc, Mutex};

use crate::kit::iris::{self, Iris};
use seal_nn::{
    ArgumentError, Error, MessageError, PackingError, RequestError,
    backend::{CostModel, KeySwitching, SealKeyHolder},
    data::DataSet,
    nn::{
        Weights,
        inference::Inference,
        layout::{Layout, LayoutKind, State},
        learning::{LearningSettings, Loss, Targets, random_layers},
        reference,
        split::{SplitSetup, SplitTraining},
        training::{Steps, Training, TrainingSetup},
    },
    program::{Program, Record},
    protocol::{
        Deployment, Session, SplitTask, SplitTrainingSession, TrainingDeployment, TrainingSession, encrypt,
        wire::{Announcement, Host, Offer, Opening, RemotePeer, message_from_bytes, message_to_bytes},
    },
    seal::{Ciphertext, Context, Seeded},
};

/// The programs of a server in this process, from bytes.
fn in_process(opening: &Opening) -> Arc<Mutex<Vec<Box<dyn Host>>>> {
    Arc::new(Mutex::new(Offer::new(&opening.programs).unwrap().open(&opening.keys).unwrap()))
}

#[test]
fn a_training_goes_over_bytes() {
    let iris = Iris::new(LayoutKind::Merged, iris::SAMPLES);
    // The client has the deployment; the server makes it from a description, and its keys from bytes.
    let TrainingDeployment { training, inference } = &iris.deployment;
    let (holder, keys) = training.make_keys(KeySwitching::default()).unwrap();
    let announced = vec![Announcement::of(training, 1).unwrap(), Announcement::of(inference, 0).unwrap()];
    let channel = in_process(&Opening::new(announced, &keys).unwrap());
    let trainer = RemotePeer::new(&channel, 0, training).unwrap();
    let inferrer = RemotePeer::new(&channel, 1, inference).unwrap();

    let (mut weights, mut velocity) = (iris.weights.clone(), Weights::zeros(&iris.spec.network));
    let mut session =
        TrainingSession::new(&iris.deployment, Arc::new(holder), trainer, inferrer, weights.clone()).unwrap();
    session.add_batch(iris.x.view(), iris.t.view()).unwrap();
    for step in 0..2 {
        session.step().unwrap();
        reference::step(&iris.spec, &mut weights, &mut velocity, iris.x.view(), iris.t.view(), step).unwrap();
    }
    let differs = session.weights().max_difference(&weights);
    // As tests/nn/refreshes.rs derives for a step; two of them.
    assert!(differs < 1e-6, "{differs:e}");
    assert!(session.infer(iris.x.view()).unwrap().iter().all(|y| y.is_finite()));
}

/// A split training over the same line.
#[test]
fn a_split_training_goes_over_bytes() {
    let setup = SplitSetup::new(&[4, 8, 3], 64);
    let here = Deployment::of_split_training(&setup, &Default::default(), &CostModel::default(), 0.0).unwrap();
    let text = String::from_utf8(here.to_bytes().unwrap()).unwrap();
    let (holder, keys) = here.make_keys(KeySwitching::default()).unwrap();
    let groups = 150usize.div_ceil(here.program.layout().shape().samples);
    let channel = in_process(&Opening::new(vec![Announcement::of(&here, groups).unwrap()], &keys).unwrap());
    let peer = RemotePeer::new(&channel, 0, &here).unwrap();

    let data = DataSet::load("iris").unwrap();
    let task = SplitTask {
        activation: "poly:0,1,0.5".parse().unwrap(),
        settings: LearningSettings::for_steps(2),
        layers: random_layers(&setup.widths, 0).unwrap(),
        samples: data.scaler().unwrap().apply(&data.features).unwrap(),
        targets: Targets::classes(&data.labels, 3, Loss::CrossEntropy).unwrap(),
        seed: 0,
    };
    let session = Session::new(Arc::new(holder), peer, here.program.clone(), here.plan.clone()).unwrap();
    let mut session = SplitTrainingSession::new(session, task.clone()).unwrap();
    let (holder, circuit) = here.in_the_clear(None);
    let mut clear = SplitTrainingSession::in_process(&here, holder, circuit, task).unwrap();
    for _ in 0..2 {
        let (encrypted, clear) = (session.step().unwrap(), clear.step().unwrap());
        // As tests/protocol/split.rs derives.
        assert!((encrypted.batch.unwrap().loss - clear.batch.unwrap().loss).abs() < 1e-5);
    }
    // What nobody asks for: tiles that are none, and batches that no memory holds.
    for (from, to) in [("\"batch\":64", "\"batch\":18446744073709551615"), ("\"samples\":64", "\"samples\":63")] {
        let changed = text.replacen(from, to, 1);
        if changed != text {
            assert!(Deployment::<SplitTraining>::from_bytes(changed.as_bytes()).is_err(), "{to}");
        }
    }
}

#[test]
fn descriptions_lead_to_the_same_plan() {
    let spec = Iris::new(LayoutKind::Merged, 40).spec;
    for kind in LayoutKind::ALL.into_iter().chain([LayoutKind::RowColumn]) {
        let setup = TrainingSetup::new(&spec, 16).with_batches_per_step(2);
        let layout = |slots| kind.layout(&spec.network, slots, 16);
        let here = TrainingDeployment::choose(&setup, &Default::default(), layout).unwrap();
        let bytes = here.to_bytes().unwrap();
        let there = TrainingDeployment::<Layout>::from_bytes(&bytes).unwrap();
        assert_eq!(there.training.plan.fingerprint(), here.training.plan.fingerprint(), "{kind}");
        assert_eq!(there.training.parameters, here.training.parameters, "{kind}");
        assert_eq!(there.training.program.setup(), &setup, "{kind}");
        assert_eq!(there.layout().to_string(), here.layout().to_string(), "{kind}");
        assert_eq!(there.training.keys, here.training.keys, "{kind}");
        let inference = Deployment::<Inference<Layout>>::from_bytes(&here.inference.to_bytes().unwrap()).unwrap();
        assert_eq!(inference.plan.fingerprint(), here.inference.plan.fingerprint(), "{kind}");
        assert!(bytes.len() < 1500, "{} bytes", bytes.len());
    }
}

/// Whatever decides a plan decides its fingerprint.
#[test]
fn other_plans_have_other_fingerprints() {
    let spec = Iris::new(LayoutKind::Merged, 40).spec;
    let of = |kind: LayoutKind, setup: TrainingSetup| {
        let layout = |slots| kind.layout(&spec.network, slots, setup.batch);
        TrainingDeployment::choose(&setup, &Default::default(), layout).unwrap().training.plan.fingerprint()
    };
    let setup = TrainingSetup::new(&spec, 16);
    let mut all = vec![
        of(LayoutKind::Merged, setup.clone()),
        of(LayoutKind::Diagonal, setup.clone()),
        of(LayoutKind::Axis, setup.clone()),
        of(LayoutKind::Merged, setup.clone().with_batches_per_step(2)),
        of(LayoutKind::Merged, setup.with_refresh_every(2)),
    ];
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn descriptions_that_are_none_are_refused() {
    let iris = Iris::new(LayoutKind::Axis, 40);
    let bytes = iris.deployment.to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let read = |bytes: &[u8]| TrainingDeployment::<Layout>::from_bytes(bytes).err();
    let refused = |bytes: &[u8]| match read(bytes) {
        Some(Error::Request(error)) => error,
        other => panic!("{other:?}"),
    };
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(matches!(refused(&bytes[..cut]), RequestError::BadDescription { .. }), "{cut}");
    }
    assert!(matches!(refused(&vec![b' '; 1 << 17]), RequestError::BadDescription { .. }));
    assert!(matches!(refused(&iris.deployment.inference.to_bytes().unwrap()), RequestError::BadDescription { .. }));
    for (from, to) in [
        ("\"version\":1", "\"version\":2"),
        ("\"momentum\":0.75", "\"momentum\":1.75"),
        ("\"layers\":\"4-8-3\"", "\"layers\":\"4-0-3\""),
        ("\"kind\":\"axis\"", "\"kind\":\"diamond\""),
        ("\"batch\":40", "\"batch\":40,\"more\":1"),
        ("\"poly_modulus_degree\":16384", "\"poly_modulus_degree\":8192"),
    ] {
        assert!(text.contains(from), "{from} is not in {text}");
        let error = refused(text.replacen(from, to, 1).as_bytes());
        assert!(matches!(error, RequestError::BadDescription { .. }), "{to}: {error}");
    }
    // Sound, but not what the other side planned.
    let error = refused(text.replacen("\"batches_per_step\":1", "\"batches_per_step\":2", 1).as_bytes());
    assert!(matches!(error, RequestError::OtherPlan { .. }), "{error}");
    // Shapes from outside are checked before anything is computed from them.
    let at = text.find("\"sizes\":[").unwrap();
    let end = at + text[at..].find(']').unwrap() + 1;
    for sizes in ["[0,8,8]", "[3,8,8]", "[9223372036854775808,2,2]", "[4,8,4096]"] {
        let changed = format!("{}\"sizes\":{sizes}{}", &text[..at], &text[end..]);
        let error = read(changed.as_bytes());
        let expected = matches!(
            error,
            Some(
                Error::Packing(PackingError::TooFewSlots { .. }) | Error::Argument(ArgumentError::NotPowerOfTwo { .. })
            )
        );
        assert!(expected, "{sizes}: {error:?}");
    }
}

#[test]
fn messages_that_are_none_are_refused() {
    let iris = Iris::new(LayoutKind::Merged, iris::SAMPLES);
    let Deployment { program, plan, parameters, .. } = &iris.deployment.training;
    let holder = SealKeyHolder::generate(parameters).unwrap();
    let context = Context::new(parameters).unwrap();
    let (call, asked) = seal_nn::protocol::Client::ask(&iris.client()).unwrap();
    let levels = program.asked(&call, plan.entry, &plan.chain).unwrap();
    let request = encrypt::<State<()>, _>(&holder, &asked, &levels).unwrap();
    let bytes = message_to_bytes::<State<()>, _, _>(&call, &request).unwrap();
    let read = |bytes: &[u8]| {
        let planned = |call: &Steps| program.asked(call, plan.entry, &plan.chain);
        let size = |level| plan.chain.wire_seeded_bytes(level);
        message_from_bytes::<State<()>, Steps, Seeded<Ciphertext>>(&context, bytes, planned, size)
    };
    let (read_call, read_request) = read(&bytes).unwrap();
    assert_eq!(read_call, call);
    let same =
        |a: &[Seeded<Ciphertext>], b: &[Seeded<Ciphertext>]| a.iter().zip(b).all(|(a, b)| a.as_bytes() == b.as_bytes());
    assert!(same(&read_request.weights, &request.weights) && same(&read_request.velocity, &request.velocity));

    let refused = |bytes: &[u8]| match read(bytes).err() {
        Some(Error::Message(error)) => error,
        other => panic!("{other:?}"),
    };
    for cut in [0, 4] {
        assert!(matches!(refused(&bytes[..cut]), MessageError::NotAMessage { .. }), "{cut}");
    }
    for cut in [5, 8, 20, bytes.len() / 2, bytes.len() - 1] {
        assert!(matches!(refused(&bytes[..cut]), MessageError::Length { .. }), "{cut}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(refused(&longer), MessageError::Length { expected: bytes.len(), actual: bytes.len() + 1 });
    let mut header = bytes.clone();
    header[9] = b'!';
    assert!(matches!(refused(&header), MessageError::Header { .. }));
    let mut endless = bytes.clone();
    endless[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(refused(&endless), MessageError::Header { .. }));
    // What is in the ciphertexts is for SEAL's checked loaders (tests/seal/bytes).
    let mut object = bytes.clone();
    let last = object.len() - plan.chain.wire_seeded_bytes(plan.entry);
    object[last] ^= 1;
    assert!(matches!(read(&object).err(), Some(Error::Seal(_))));
    // Two records of different shapes never meet.
    let fewer = State { weights: request.weights, velocity: vec![] };
    let refused = State::<()>::check_shape(&levels, &fewer).err();
    assert!(matches!(refused, Some(Error::Packing(PackingError::WrongCount { .. }))));
}

/// A deployment of one program is none of another, even where the bytes are sound.
#[test]
fn a_training_is_no_inference() {
    let iris = Iris::new(LayoutKind::Merged, 40);
    let bytes = iris.deployment.training.to_bytes().unwrap();
    let refused = Deployment::<Inference<Layout>>::from_bytes(&bytes).err().unwrap();
    assert!(matches!(refused, Error::Request(RequestError::BadDescription { .. })), "{refused}");
    assert!(Deployment::<Training<Layout>>::from_bytes(&bytes).is_ok());
}
