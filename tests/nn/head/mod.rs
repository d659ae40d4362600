//! Encrypted heads against the same head in the clear.

mod encrypted_training;

use crate::kit::{
    backends::*,
    sessions::{in_the_clear, on_seal_session},
};
use ndarray::{Array1, Array2};
use seal_nn::{
    Argument, ArgumentError, Error, SetupError,
    backend::{Chain, Circuit, Evaluate, KeyHolder, Operation, SealEvaluator},
    nn::{
        Network, Weights,
        head::{Dense, Head, HeadActivation, HeadInference, HeadProgram, HeadShape, HeadTraining, largest_spread},
        predicted_classes, reference,
        soft_argmax::SoftArgmax,
    },
    program::Plan,
    protocol::{Classify, Deployment, HeadSession, Server, Session},
};

fn dense(outputs: usize, inputs: usize, seed: u64) -> Dense {
    Dense {
        weights: random_matrix(outputs, inputs, seed),
        bias: random_matrix(1, outputs, seed + 1).row(0).to_owned() * 0.3,
    }
}

/// Unit-length embeddings.
fn embeddings(samples: usize, width: usize) -> Array2<f64> {
    let mut x = random_matrix(samples, width, 21);
    for mut row in x.rows_mut() {
        let length = row.dot(&row).sqrt();
        row.mapv_inplace(|v| v / length);
    }
    x
}

fn head(width: usize, hidden: Option<usize>, classes: usize, activation: HeadActivation) -> Head {
    match hidden {
        None => Head::linear(dense(classes, width, 1)).unwrap(),
        Some(hidden) => Head::two_layers(dense(hidden, width, 1), activation, dense(classes, hidden, 5)).unwrap(),
    }
}

fn shape(head: &Head, x: &Array2<f64>, first_index: i64) -> HeadShape {
    let layer = SoftArgmax::new(head.classes(), 1.0, first_index).unwrap();
    let range = 1.25 * largest_spread(&head.logits(x.view()).unwrap());
    HeadShape::new(head, layer, HeadShape::approximation(&layer, range, 13).unwrap()).unwrap()
}

/// Classifies all samples, and compares with what the circuit is meant to compute and with the exact layer.
fn check<K, E>(
    name: &str,
    session: Session<K, Server<E, HeadInference>, HeadInference>,
    encrypted: bool,
    head: &Head,
    shape: &HeadShape,
    x: &Array2<f64>,
) where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
{
    let mut session = HeadSession::new(session);
    if encrypted {
        let refused = session.classify(x.view()).err().unwrap().to_string();
        assert!(refused.contains("not received an encrypted head"), "{refused}");
        session.send_head(head).unwrap();
    }
    let (read, _) = session.classify(x.view()).unwrap();
    assert!(read.garbage.is_empty(), "{:?}", read.garbage);
    let meant = shape.scores(head, x.view()).unwrap();
    let off = (&read.scores - &meant).iter().fold(0f64, |m, d| m.max(d.abs()));
    // Embeddings of length 1 leave a rounding for each of up to 512 slots summed, in the root; weights up to 1 pass it
    // on; the approximation's products leave at most 15 more, as in tests/nn/soft_argmax.rs. N = 32768 at a scale of 36 bits has
    // the roundings of 45 of these.
    let allowed = 13.0 * ROUNDING * (200.0 + 20.0 * 512f64.sqrt()) * 45.0;
    println!("{name}: p off by {off:.1e}, allowed {allowed:.1e}");
    assert!(off < allowed);
    let exact = head.logits(x.view()).unwrap();
    assert_eq!(predicted_classes(&read.scores).unwrap(), predicted_classes(&exact).unwrap());
    for (i, position) in read.positions.iter().enumerate() {
        let expected = shape.soft_argmax.as_ref().unwrap().layer.position(&meant.row(i).to_vec()).unwrap();
        let classes = shape.classes() as f64;
        assert!((position - expected).abs() < allowed * classes * classes, "{i}: {position} {expected}");
    }
}

fn on_clear(head: &Head, encrypted: bool, samples: usize) {
    let x = embeddings(samples, head.inputs());
    let shape = shape(head, &x, 1);
    let program = HeadProgram::new(&shape, DEGREE / 2).unwrap();
    let program = match encrypted {
        false => HeadInference::known(program, head).unwrap(),
        true => HeadInference::encrypted(program),
    };
    let name = format!("{:?}, {} weights", shape.widths, if encrypted { "encrypted" } else { "clear" });
    check(&name, in_the_clear(program), encrypted, head, &shape, &x);
}

#[test]
fn heads_on_clear() {
    for (width, hidden, classes) in
        [(24, None, 2), (48, Some(8), 2), (100, Some(12), 3), (384, Some(32), 2), (20, None, 5), (7, Some(5), 4)]
    {
        for encrypted in [false, true] {
            on_clear(&head(width, hidden, classes, HeadActivation::quadratic()), encrypted, 11);
        }
    }
    // DistilBERT's form, ReLU replaced by what was seen.
    let relu = head(48, Some(48), 2, HeadActivation::Relu);
    for degree in [2, 3, 7] {
        on_clear(&relu.with_polynomial(degree, embeddings(40, 48).view()).unwrap(), false, 16);
    }
}

fn on_seal(head: &Head, encrypted: bool) -> usize {
    let x = embeddings(16, head.inputs());
    let shape = shape(head, &x, 0);
    let deployment = Deployment::of_head(&shape, (!encrypted).then_some(head), &Default::default()).unwrap();
    let name = format!("{:?} on SEAL", shape.widths);
    check(&name, on_seal_session(&deployment), encrypted, head, &shape, &x);
    deployment.parameters.poly_modulus_degree()
}

/// The head of docs/architecture.md, "Heads": 7 levels at N = 16384, with clear and encrypted weights.
#[test]
fn the_quadratic_head_on_seal() {
    let head = head(384, Some(32), 2, HeadActivation::quadratic());
    for encrypted in [false, true] {
        assert_eq!(on_seal(&head, encrypted), 16384);
    }
}

#[test]
fn five_classes_on_seal() {
    on_seal(&head(20, Some(6), 5, HeadActivation::quadratic()), true);
}

/// Rotations and products of docs/architecture.md, "Heads": 7 + 3 rotations and 4 to fold for 384-32, 5 for the last
/// layer; 9 for a linear head.
#[test]
fn counts_are_those_of_the_documentation() {
    let plan = |head: &Head| {
        let layer = SoftArgmax::new(2, 1.0, 0).unwrap();
        let shape = HeadShape::new(head, layer, HeadShape::approximation(&layer, 8.0, 4).unwrap()).unwrap();
        let program = HeadProgram::new(&shape, DEGREE / 2).unwrap();
        assert_eq!(program.batch(), 16);
        let program = HeadInference::unknown(program);
        let depth = Plan::depth_of(&program, DEGREE / 2).unwrap();
        let plan = Plan::of(&program, &Chain::nominal(DEGREE, depth, 40).unwrap()).unwrap();
        let count = |operation| plan.operations.count(operation);
        (depth, plan.operations.rotations(), count(Operation::MultiplyPlain), count(Operation::MultiplyCiphertexts))
    };
    let (depth, rotations, _, products) = plan(&head(384, Some(32), 2, HeadActivation::quadratic()));
    assert_eq!((depth, rotations, products), (7, 7 + 3 + 4 + 5, 1 + 8));
    let (depth, rotations, _, products) = plan(&head(384, None, 2, HeadActivation::quadratic()));
    assert_eq!((depth, rotations, products), (5, 9, 8));
}

/// A head learned from samples classifies them encrypted as in the clear.
#[test]
fn a_trained_head_decides_alike() {
    let x = embeddings(300, 32);
    let labels: Vec<usize> = x.rows().into_iter().map(|r| usize::from(r[0] + r[1] > 0.0)).collect();
    let head = HeadTraining::new(Some(8), 0).train(HeadActivation::quadratic(), 2, x.view(), &labels).unwrap();
    on_clear(&head, false, 16);
}

#[test]
fn nonsense_is_refused() {
    use Error::{Argument as Arg, Setup};
    let none = Head::linear(dense(0, 4, 1)).unwrap_err();
    assert!(matches!(none, Arg(ArgumentError::OutOfBounds { argument: Argument::Outputs, .. })), "{none}");
    let nothing = Head::linear(dense(2, 0, 1)).unwrap_err();
    assert!(matches!(nothing, Arg(ArgumentError::OutOfBounds { argument: Argument::Inputs, .. })), "{nothing}");
    let hollow = Head::two_layers(dense(0, 4, 1), HeadActivation::quadratic(), dense(2, 0, 1)).unwrap_err();
    assert!(matches!(hollow, Arg(ArgumentError::OutOfBounds { argument: Argument::Inputs, .. })), "{hollow}");
    let broken = Head::linear(Dense { bias: Array1::zeros(3), ..dense(2, 4, 1) }).unwrap_err();
    let shapes = |expected, actual| move |error: &Error| matches!(error, Setup(SetupError::WrongShape { expected: e, actual: a, .. }) if (*e, *a) == (expected, actual));
    assert!(shapes((3, 4), (2, 4))(&broken), "{broken}");
    let mut endless = dense(2, 4, 1);
    endless.weights[[0, 0]] = f64::NAN;
    let endless = Head::linear(endless).unwrap_err();
    assert!(matches!(endless, Arg(ArgumentError::NotFinite { .. })), "{endless}");
    let apart = Head::two_layers(dense(3, 4, 1), HeadActivation::quadratic(), dense(2, 5, 1)).unwrap_err();
    assert!(shapes((2, 3), (2, 5))(&apart), "{apart}");

    let relu = head(8, Some(4), 2, HeadActivation::Relu);
    let layer = SoftArgmax::new(2, 1.0, 0).unwrap();
    let approximation = HeadShape::approximation(&layer, 8.0, 4).unwrap();
    let error = HeadShape::new(&relu, layer, approximation.clone()).err().unwrap();
    assert!(matches!(error, Arg(ArgumentError::ActivationNotEncryptable { degree: None })), "{error}");

    let head = head(8, None, 2, HeadActivation::Relu);
    let shape = HeadShape::new(&head, layer, approximation.clone()).unwrap();
    let program = HeadProgram::new(&shape, DEGREE / 2).unwrap();
    let most = program.batch();
    let mut session = HeadSession::new(in_the_clear(HeadInference::known(program, &head).unwrap()));
    for (samples, width) in [(most + 1, 8), (3, 7)] {
        let error = session.classify(embeddings(samples, width).view()).err().unwrap();
        let expected =
            matches!(error, Setup(SetupError::WrongBatch { .. })) || error.to_string().contains("batch of embeddings");
        assert!(expected, "{error}");
    }
    let other = HeadProgram::new(&shape, 64).unwrap().pack(&super_wide()).err().unwrap();
    let expected = ArgumentError::WrongHeadShape { expected: vec![8, 2], actual: vec![9, 2] };
    assert!(matches!(&other, Arg(error) if *error == expected), "{other}");
    for widths in [vec![], vec![8], vec![0, 2], vec![8, 3], vec![8, 4, 2]] {
        let error = HeadProgram::new(&HeadShape { widths, ..shape.clone() }, 64).err().unwrap();
        assert!(matches!(error, Arg(_)), "{error}");
    }
    let error = HeadProgram::new(&HeadShape { widths: vec![100, 2], ..shape }, 64).err().unwrap().to_string();
    assert!(error.contains("128 units") && error.contains("64"), "{error}");
}

fn super_wide() -> Head {
    Head::linear(dense(2, 9, 1)).unwrap()
}

/// A network with a bias, its weights known to the server.
fn known_network(shape: &str, activation: &str) -> (Network, Weights, Head) {
    let network: Network = shape.parse().unwrap();
    let network = network.with_activation(activation.parse().unwrap()).with_bias();
    let weights = Weights::random(&network, &[1.0], 4).unwrap();
    let head = Head::of_network(&network, &weights).unwrap();
    (network, weights, head)
}

fn check_scores<K, E>(
    session: Session<K, Server<E, HeadInference>, HeadInference>,
    network: &Network,
    weights: &Weights,
    x: &Array2<f64>,
) where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
{
    let (read, _) = HeadSession::new(session).classify(x.view()).unwrap();
    assert!(read.positions.is_empty() && read.garbage.is_empty());
    let expected = reference::outputs(network, weights, network.inputs(x.clone()).unwrap().view()).unwrap();
    let off = (&read.scores - &expected).iter().fold(0f64, |m, d| m.max(d.abs()));
    // As for probabilities above, with weights and inputs of the same size and fewer products.
    let allowed = 13.0 * ROUNDING * (200.0 + 20.0 * 512f64.sqrt()) * 45.0;
    println!("{network}, {}: scores off by {off:.1e}, allowed {allowed:.1e}", network.activation());
    assert!(off < allowed);
}

#[test]
fn a_server_that_knows_a_network_computes_its_outputs() {
    for (shape, activation) in [
        ("4-8-3", "square:0.75"),
        ("5-6-2", "poly:0.1,0.5,-0.3,0.2"),
        ("6-5-1", "square:0.75"),
        // More than one hidden layer.
        ("4-8-6-3", "square:0.25"),
        ("3-5-4-6-2", "poly:0.1,0.5,-0.3,0.2"),
    ] {
        let (network, weights, head) = known_network(shape, activation);
        let x = embeddings(20, head.inputs());
        let shape = HeadShape::without_soft_argmax(&head).unwrap();
        assert!((shape.scores(&head, x.view()).unwrap() - head.logits(x.view()).unwrap()).iter().all(|d| *d == 0.0));
        let program = || HeadInference::known(HeadProgram::new(&shape, DEGREE / 2).unwrap(), &head).unwrap();
        assert_eq!(Plan::depth_of(&program(), DEGREE / 2).unwrap(), shape.levels());
        check_scores(in_the_clear(program()), &network, &weights, &x);
    }
}

#[test]
fn a_server_that_knows_a_network_computes_its_outputs_on_seal() {
    let (network, weights, head) = known_network("4-8-3", "square:0.75");
    let x = embeddings(20, head.inputs());
    let shape = HeadShape::without_soft_argmax(&head).unwrap();
    let deployment = Deployment::of_head(&shape, Some(&head), &Default::default()).unwrap();
    println!("N = {}", deployment.parameters.poly_modulus_degree());
    let (holder, keys) = deployment.make_keys(Default::default()).unwrap();
    let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys).unwrap());
    let Deployment { program, plan, .. } = deployment;
    check_scores(Session::in_process(holder, circuit, program, plan), &network, &weights, &x);
}
