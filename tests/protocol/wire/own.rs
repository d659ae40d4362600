//! Models of the server's own: the client gets logits, and nothing else that depends on weights.

use std::sync::{Arc, Mutex};

use ndarray::{Array2, ArrayView2};
use seal_nn::{
    Error, Level, SessionError,
    backend::SealKeyHolder,
    nn::{
        columns::{ColumnInference, ColumnScores, Columns},
        head::{Dense, Head, HeadActivation, HeadShape},
        learning::random_layers,
    },
    program::{Plan, Program},
    protocol::{
        ColumnSession, Deployment, Infer, Session, encrypt,
        wire::{
            Announcement, Hiding, Models, Offer, Opening, OwnModel, RemotePeer, message_from_bytes, message_to_bytes,
        },
    },
    seal::{Bytes, Ciphertext, Context, Parameters},
};

use super::Hosts;

const NAME: &str = "flowers";
const LINEAR: &[usize] = &[4, 3];

fn head(widths: &[usize], seed: u64, factor: f64) -> Head {
    let mut layers: Vec<Dense> = random_layers(widths, seed).unwrap();
    for layer in &mut layers {
        layer.weights *= factor;
        layer.bias.fill(0.25);
    }
    Head::of_layers(layers, HeadActivation::quadratic()).unwrap()
}

fn shape(head: &Head) -> HeadShape {
    HeadShape::without_soft_argmax(head).unwrap()
}

fn models(head: &Head) -> Models {
    let mut models = Models::default();
    models.add(NAME, OwnModel::new(head.clone(), "a card").unwrap());
    models
}

struct Parties {
    deployment: Deployment<ColumnInference>,
    hiding: Hiding,
    holder: Arc<SealKeyHolder>,
    hosts: Hosts,
}

/// A server that has the head, and a client that knows its shape.
fn parties(head: &Head) -> Parties {
    let deployment = Deployment::of_server_model(&shape(head), NAME, &Default::default()).unwrap();
    let (holder, keys) = deployment.make_keys(Default::default()).unwrap();
    let announced = vec![Announcement::of(&deployment, 0).unwrap()];
    let opening = Opening::with_public_key(announced, &keys, &holder.public_key().unwrap()).unwrap();
    let offer = Offer::with_models(&opening.programs, &models(head)).unwrap();
    assert_eq!(offer.key_bytes(), opening.keys.len());
    let hosts = offer.open(&opening.keys).unwrap();
    assert!(hosts.iter().all(|host| host.own_rows() == Some(deployment.parameters.slots())));
    let hiding = Hiding::of(&deployment.plan).unwrap();
    Parties { deployment, hiding, holder: holder.into(), hosts }
}

type Client = ColumnSession<SealKeyHolder, RemotePeer<ColumnInference, Hosts>>;

impl Parties {
    fn client(self) -> Client {
        let Parties { deployment, holder, hosts, .. } = self;
        let peer = RemotePeer::new(&Arc::new(Mutex::new(hosts)), 0, &deployment).unwrap();
        ColumnSession::new(Session::new(holder, peer, deployment.program.clone(), deployment.plan.clone()).unwrap())
    }
}

fn samples(rows: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, 4), |(row, feature)| ((row * 4 + feature) as f64).sin())
}

/// Errors of all logits of as many rows as there is room for.
fn errors(head: &Head) -> (Vec<f64>, Hiding) {
    let parties = parties(head);
    let hiding = parties.hiding;
    let x = samples(parties.deployment.program.batch());
    let found = parties.client().outputs(x.view()).unwrap();
    ((found - clear(head, x.view())).iter().copied().collect(), hiding)
}

fn clear(head: &Head, x: ArrayView2<f64>) -> Array2<f64> {
    head.logits(x).unwrap()
}

/// Mean, standard deviation and kurtosis.
fn moments(errors: &[f64]) -> [f64; 3] {
    let mean = |of: &dyn Fn(f64) -> f64| errors.iter().map(|&e| of(e)).sum::<f64>() / errors.len() as f64;
    let center = mean(&|e| e);
    let variance = mean(&|e| (e - center).powi(2));
    [center, variance.sqrt(), mean(&|e| (e - center).powi(4)) / variance.powi(2)]
}

#[test]
fn logits_keep_the_precision_that_the_plan_says() {
    for widths in [LINEAR, &[4, 8, 3]] {
        let head = head(widths, 1, 1.0);
        let parties = parties(&head);
        let error = f64::from(parties.hiding.precision_bits()).exp2().recip();
        let found = parties.client().outputs(samples(50).view()).unwrap();
        let expected = clear(&head, samples(50).view());
        assert_eq!(found.dim(), (50, 3));
        assert!((found - expected).iter().all(|d| d.abs() < error), "more than {error} at {widths:?}");
    }
}

#[test]
fn the_noise_is_the_flood_whatever_the_weights() {
    let all: Vec<[f64; 3]> = [0.0, 1.0, 8.0]
        .into_iter()
        .map(|factor| {
            let (errors, hiding) = errors(&head(LINEAR, 2, factor));
            let [mean, deviation, kurtosis] = moments(&errors);
            // 12,288 errors: five standard errors of each moment.
            let count = errors.len() as f64;
            let expected = hiding.logit_deviation();
            assert!(mean.abs() < 5.0 * expected / count.sqrt(), "mean {mean:e} with factor {factor}");
            assert!((deviation / expected - 1.0).abs() < 5.0 / (2.0 * count).sqrt(), "{deviation:e}, not {expected:e}");
            assert!((kurtosis - 3.0).abs() < 5.0 * (24.0 / count).sqrt(), "kurtosis {kurtosis}");
            [mean, deviation, kurtosis]
        })
        .collect();
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "noise is fresh");
}

#[test]
fn the_noise_of_the_circuit_is_far_below_the_flood() {
    for (widths, least) in [(LINEAR, 15.0), (&[4, 8, 3][..], 10.0)] {
        let head = head(widths, 3, 1.0);
        let deployment = Deployment::of_server_model(&shape(&head), NAME, &Default::default()).unwrap();
        let hiding = Hiding::of(&deployment.plan).unwrap();
        let circuit = OwnModel::new(head, "").unwrap().circuit_deviation(&deployment).unwrap();
        let hidden = hiding.hidden_bits(circuit, 3);
        assert!(circuit > 0.0 && (least..40.0).contains(&hidden), "{hidden} bits over {circuit:e} at {widths:?}");
        assert!(hiding.hidden_bits(circuit, 12) < hidden, "more answers tell more");
    }
}

/// The residues of an answer.
fn residues(parties: &Parties, answer: &[u8]) -> Vec<Vec<u8>> {
    let chain = &parties.deployment.plan.chain;
    let context = Context::new(&parties.deployment.parameters).unwrap();
    let levels = ColumnScores { scores: vec![Level(0); 3] };
    let ((), answer) = message_from_bytes::<ColumnScores<()>, (), Ciphertext>(
        &context,
        answer,
        |()| Ok(levels),
        |level| chain.wire_ciphertext_bytes(level),
    )
    .unwrap();
    let words = 2 * chain.poly_modulus_degree();
    let last = |x: &Ciphertext| {
        let bytes = x.to_bytes().unwrap();
        bytes[bytes.len() - 8 * words..].to_vec()
    };
    answer.scores.iter().map(last).collect()
}

#[test]
fn two_answers_to_one_request_have_no_residue_in_common() {
    let mut parties = parties(&head(LINEAR, 4, 1.0));
    let Deployment { program, plan, .. } = &parties.deployment;
    let asked = program.pack(samples(10).view(), 0).unwrap();
    let levels = program.asked(&0, plan.entry, &plan.chain).unwrap();
    let asked = encrypt::<Columns<()>, _>(&*parties.holder, &asked, &levels).unwrap();
    let message = message_to_bytes::<Columns<()>, _, _>(&0usize, &asked).unwrap();
    let answers = [0; 2].map(|_| parties.hosts[0].call(&message).unwrap());
    let [first, second] = answers.map(|answer| residues(&parties, &answer));
    for (first, second) in first.iter().zip(&second) {
        let same = first.chunks(8).zip(second.chunks(8)).filter(|(a, b)| a == b).count();
        assert_eq!(same, 0, "of both components");
    }
}

#[test]
fn plans_do_not_depend_on_weights() {
    for widths in [LINEAR, &[4, 8, 3], &[70, 5, 5, 2]] {
        let asked = Deployment::of_server_model(&shape(&head(widths, 0, 0.0)), NAME, &Default::default()).unwrap();
        for factor in [0.0, 1.0] {
            let known = ColumnInference::known(&head(widths, 5, factor), asked.parameters.slots()).unwrap();
            let plan = Plan::of(&known.of_server(NAME), &asked.plan.chain).unwrap();
            assert_eq!(plan.fingerprint(), asked.plan.fingerprint(), "{widths:?} times {factor}");
        }
    }
}

#[track_caller]
fn refused(shape: &HeadShape, name: &str, models: &Models) -> SessionError {
    let deployment = Deployment::of_server_model(shape, name, &Default::default()).unwrap();
    let announced = [Announcement::of(&deployment, 0).unwrap()];
    match Offer::with_models(&announced, models) {
        Err(Error::Session(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("taken"),
    }
}

#[test]
fn what_is_no_model_of_the_server_is_refused() {
    let linear = head(LINEAR, 0, 1.0);
    let models = models(&linear);
    let unknown = refused(&shape(&linear), "trees", &models);
    assert_eq!(unknown, SessionError::UnknownModel { known: vec![NAME.into()], actual: "trees".into() });
    let none = refused(&shape(&linear), NAME, &Models::default());
    assert!(none.to_string().contains("none of its own"), "{none}");
    let (expected, actual) = (vec![4, 3], vec![4, 8, 3]);
    let other = refused(&shape(&head(&[4, 8, 3], 0, 1.0)), NAME, &models);
    assert_eq!(other, SessionError::OtherModel { name: NAME.into(), expected, actual });
}

/// A client cannot have a server answer with noise that hides nothing.
#[test]
fn parameters_without_room_for_noise_are_refused() {
    let linear = head(LINEAR, 0, 1.0);
    let parameters = Parameters::new(8192, &[49, 40, 41]).unwrap();
    let program = |slots| Ok(ColumnInference::unknown(&shape(&linear), slots)?.of_server(NAME));
    let deployment = Deployment::on(parameters, program).unwrap();
    let announced = [Announcement::of(&deployment, 0).unwrap()];
    let error = Offer::with_models(&announced, &models(&linear)).err().unwrap();
    assert!(matches!(error, Error::Session(SessionError::TooLittleRoom { actual, .. }) if actual < 41.0), "{error}");
}

#[test]
fn without_the_public_key_there_is_no_session() {
    let linear = head(LINEAR, 0, 1.0);
    let deployment = Deployment::of_server_model(&shape(&linear), NAME, &Default::default()).unwrap();
    let (_, keys) = deployment.make_keys(Default::default()).unwrap();
    let opening = Opening::new(vec![Announcement::of(&deployment, 0).unwrap()], &keys).unwrap();
    let offer = Offer::with_models(&opening.programs, &models(&linear)).unwrap();
    let error = offer.open(&opening.keys).err().unwrap();
    assert!(matches!(error, Error::Session(SessionError::KeyBytes { .. })), "{error}");
}
