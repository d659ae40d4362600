//! Inference of whole files: with samples in slots for known weights, in tiles for encrypted ones, and the choice between
//! these and what serves few samples.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use seal_nn::{
    Error, Level, RequestError, SetupError,
    backend::{Chain, Circuit, CostModel, KeySwitching, Noise, Operation, SealEvaluator},
    nn::{
        Activation, Network, Weights,
        columns::{ColumnInference, Columns},
        head::{Dense, Head, HeadActivation, HeadShape, largest_spread},
        layout::LayoutKind,
        learning::{random_layers, reference},
        soft_argmax::{SoftArgmax, SoftmaxApproximation},
        split::SplitInference,
    },
    program::{Plan, Program},
    protocol::{
        Classified, Classify, ColumnSession, Deployment, HeadSession, Infer, InferenceChoice, InferenceDeployment,
        Packing, ParameterRequest, Session, SplitInferenceSession,
    },
};

use crate::kit::sessions::on_seal_session;

const NOISE: Option<Noise> = Some(Noise { seed: 5 });

/// 13 standard deviations of a rescale at the lowest scale, of slots whose real part is looked at; no other operation adds
/// more (docs/backend.md, "Noise").
fn rounding(chain: &Chain) -> f64 {
    let complex = chain.poly_modulus_degree() as f64 / 18f64.sqrt();
    let scale = (0..=chain.top().0).map(|level| chain.scale(Level(level))).fold(f64::INFINITY, f64::min);
    13.0 * complex / 2f64.sqrt() / scale
}

/// The rounding of every value as it goes on: times the norm of a row in a layer, times the steepest slope in an activation,
/// whose own levels add one each.
fn tolerance(chain: &Chain, layers: &[Dense], slope: f64, levels: f64) -> f64 {
    let one = rounding(chain);
    let norm = |layer: &Dense| layer.weights.rows().into_iter().map(|row| row.dot(&row).sqrt()).fold(0.0, f64::max);
    let last = layers.len() - 1;
    layers.iter().enumerate().fold(one, |error, (number, layer)| {
        let units = norm(layer) * error + one;
        if number == last { units } else { slope * units + levels * one }
    })
}

fn assert_close(actual: &Array2<f64>, expected: &Array2<f64>, tolerance: f64) {
    assert_eq!(actual.dim(), expected.dim());
    let worst = (actual - expected).iter().fold(0f64, |most, difference| most.max(difference.abs()));
    assert!(worst < tolerance, "{worst:e} apart, {tolerance:e} expected");
}

fn samples(rows: usize, features: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, features), |(i, j)| ((i * 31 + j * 17) as f64).sin())
}

fn head(widths: &[usize], activation: HeadActivation) -> Head {
    Head::of_layers(random_layers(widths, 4).unwrap(), activation).unwrap()
}

/// `m n` products with constants a layer, one rescale for each of its units, one square for each that is activated, in as many
/// calls as 64 features each take; no rotation, no plaintext, no encoding of a vector, no Galois key.
#[test]
fn columns_take_exactly_the_operations_of_the_formula() {
    let head = head(&[70, 5, 4, 3], HeadActivation::quadratic());
    let deployment = Deployment::of_columns(&head, &Default::default()).unwrap();
    let Deployment { plan, program, .. } = &deployment;
    assert_eq!((program.calls(), plan.depth, plan.rounds.len()), (2, 5, 2));
    assert_eq!(
        plan.rounds.iter().map(|round| (round.asked.len(), round.answered.len())).collect::<Vec<_>>(),
        [(64, 0), (6, 3)]
    );
    let counts = |operation| plan.operations.count(operation);
    assert_eq!(counts(Operation::MultiplyConstant), 70 * 5 + 5 * 4 + 4 * 3);
    assert_eq!((counts(Operation::Relinearize), counts(Operation::MultiplyCiphertexts)), (5 + 4, 5 + 4));
    // Those of the squares besides; sums of the second call are added to those of the first.
    assert_eq!((counts(Operation::Rescale), counts(Operation::Add)), (5 + 4 + 3 + 5 + 4, 5));
    assert_eq!(counts(Operation::AddPlain), 5 + 4 + 3);
    assert_eq!((plan.operations.rotations(), counts(Operation::MultiplyPlain)), (0, 0));
    assert!(deployment.keys.rotations.is_empty() && deployment.keys.relin.is_some());

    let (holder, keys) = deployment.make_keys(KeySwitching::default()).unwrap();
    let circuit = Circuit::new(SealEvaluator::new(&deployment.parameters, &keys).unwrap());
    let mut session = ColumnSession::in_process(&deployment, holder, circuit);
    let x = samples(3, 70);
    let outputs = session.outputs(x.view()).unwrap();
    // phi(h) = h/2 + h^2/4: h stays within 4 here.
    assert_close(&outputs, &head.logits(x.view()).unwrap(), tolerance(&plan.chain, head.layers(), 2.5, 1.0));
    let ran = session.session().peer().circuit().meter().take();
    for operation in [Operation::MultiplyConstant, Operation::Relinearize, Operation::Rescale, Operation::Add] {
        assert_eq!(ran.count(operation), counts(operation), "{operation}");
    }
}

/// Every kind of network, in blocks of 4096 of which the last is not full, on clear slots with noise; a few samples on SEAL.
#[test]
fn columns_compute_the_network() {
    let cubic = HeadActivation::Polynomial(
        seal_nn::nn::polynomial::Polynomial::new(vec![0.5, 0.5, 0.0, -0.1], -4.0..=4.0).unwrap(),
    );
    // The cubic takes two levels, and its slope is below 1.
    for (widths, activation, levels) in [
        (&[6, 4, 2][..], HeadActivation::quadratic(), 1.0),
        (&[3, 2], HeadActivation::quadratic(), 1.0),
        (&[5, 3, 2], cubic, 2.0),
    ] {
        let head = head(widths, activation);
        let deployment = Deployment::of_columns(&head, &Default::default()).unwrap();
        let tolerance = tolerance(&deployment.plan.chain, head.layers(), 2.5, levels);
        // Primes of 40 bits where they fit, and not one level more than the formula says.
        let depth = widths.len() - 1 + (widths.len() - 2) * levels as usize;
        assert_eq!((deployment.plan.depth, deployment.plan.exit), (depth, Level(0)));
        let batch = deployment.program.batch();
        assert_eq!(batch, deployment.parameters.slots());
        let x = samples(batch + 3, widths[0]);
        let (holder, circuit) = deployment.in_the_clear(NOISE);
        let mut session = ColumnSession::in_process(&deployment, holder, circuit);
        let mut blocks = Vec::new();
        let outputs = session.outputs_of_all(x.view(), &mut |rows| blocks.push(rows)).unwrap();
        assert_eq!(blocks, [batch, 3]);
        assert_close(&outputs, &head.logits(x.view()).unwrap(), tolerance);

        let few = x.slice(ndarray::s![..5, ..]);
        let mut session = ColumnSession::new(on_seal_session(&deployment));
        assert_close(&session.outputs(few).unwrap(), &head.logits(few).unwrap(), tolerance);
    }
}

/// A sum of zeros could be read without a key, so it is not what is sent.
#[test]
fn units_and_outputs_without_weights_are_constants() {
    let mut layers = random_layers(&[66, 3, 2], 8).unwrap();
    layers[0].weights.row_mut(1).fill(0.0);
    // Of the second call alone.
    layers[0].weights.slice_mut(ndarray::s![2, 64..]).fill(0.0);
    layers[1].weights.row_mut(0).fill(0.0);
    layers[1].bias = Array1::from(vec![0.25, -0.5]);
    let head = Head::of_layers(layers, HeadActivation::quadratic()).unwrap();
    let deployment = Deployment::of_columns(&head, &Default::default()).unwrap();
    let x = samples(4, 66);
    let outputs = ColumnSession::new(on_seal_session(&deployment)).outputs(x.view()).unwrap();
    assert_close(&outputs, &head.logits(x.view()).unwrap(), tolerance(&deployment.plan.chain, head.layers(), 2.5, 1.0));
}

#[test]
fn what_does_not_belong_to_columns_is_refused() {
    let head = head(&[70, 2, 1], HeadActivation::quadratic());
    let deployment = Deployment::of_columns(&head, &Default::default()).unwrap();
    let session = || {
        let (holder, circuit) = deployment.in_the_clear(None);
        Session::in_process(holder, circuit, deployment.program.clone(), deployment.plan.clone())
    };
    let packed = |call| deployment.program.pack(samples(2, 70).view(), call).unwrap();
    let early = session().call(&1, &packed(1)).unwrap_err();
    assert!(matches!(early, Error::Request(RequestError::NothingKept { .. })), "{early}");
    assert!(session().call(&0, &packed(1)).is_err());
    let beyond = session().call(&2, &Columns { columns: Vec::new() }).unwrap_err();
    assert!(matches!(beyond, Error::Request(RequestError::WrongBlocks { most: 2, actual: 3 })), "{beyond}");
    let mut columns = ColumnSession::new(session());
    for (rows, features) in [(0, 70), (4097, 70), (2, 69)] {
        let refused = columns.outputs(samples(rows, features).view()).unwrap_err();
        assert!(
            matches!(refused, Error::Setup(SetupError::WrongBatch { .. } | SetupError::WrongShape { .. })),
            "{refused}"
        );
    }
    // A client that does not know the weights plans the same program.
    let unknown =
        Deployment::choose(&Default::default(), |slots| ColumnInference::unknown(deployment.program.shape(), slots));
    assert_eq!(unknown.as_ref().unwrap().program.terms(), deployment.program.terms());
    let counts =
        |plan: &Plan| plan.operations.iter().map(|(o, level, tally)| (o, level, tally.count)).collect::<Vec<_>>();
    assert_eq!(counts(&unknown.unwrap().plan), counts(&deployment.plan));
}

fn activation() -> Activation {
    "poly:0,1,0.5".parse().unwrap()
}

/// Encrypted weights go to the server once; each block takes the operations of the formula.
#[test]
fn tiles_compute_the_network_with_weights_that_are_sent_once() {
    let (widths, layers) = ([20, 6, 3], random_layers(&[20, 6, 3], 2).unwrap());
    let deployment =
        Deployment::of_split_inference(&widths, 1000, 1, &Default::default(), &CostModel::default(), 0.0).unwrap();
    let (plan, layout) = (&deployment.plan, deployment.program.layout());
    assert_eq!((deployment.parameters.poly_modulus_degree(), plan.depth), (8192, 3));
    let formula = layout.inference_operations().unwrap();
    for (operation, level, tally) in formula.iter() {
        let planned = plan.operations.iter().find(|(o, l, _)| (*o, *l) == (operation, level));
        assert_eq!(planned.map(|(.., tally)| tally.count), Some(tally.count), "{operation} at {level}");
    }
    assert_eq!(formula.iter().count(), plan.operations.iter().count());

    let batch = deployment.program.batch();
    let x = samples(2 * batch.min(40) + 1, 20);
    let expected = reference::logits(&activation(), &layers, x.view()).unwrap();
    // The square has the slope 1 + h, and h stays below 5; a logit is a sum over the units, each with its own rounding at a
    // scale that may be half the canonical one.
    let tolerance = 2.0 * 6.0 * tolerance(&plan.chain, &layers, 6.0, 1.0);
    let mut session = SplitInferenceSession::new(on_seal_session(&deployment), &activation(), &layers).unwrap();
    let sent = session.traffic().client_to_server;
    assert_eq!(sent, plan.kept_bytes());
    let mut actual = Array2::zeros((0, 3));
    let rows = x.nrows().div_ceil(2);
    let blocks: Vec<ArrayView2<f64>> = x.axis_chunks_iter(Axis(0), rows.min(batch)).collect();
    for block in &blocks {
        actual.append(Axis(0), session.outputs(*block).unwrap().view()).unwrap();
    }
    assert_close(&actual, &expected, tolerance);
    assert_eq!(session.traffic().client_to_server, sent + blocks.len() * plan.bytes_up());
}

/// Products beyond the room of the lowest modulus are computed again with smaller weights.
#[test]
fn tiles_make_room_for_large_logits() {
    let mut layers = random_layers(&[4, 3, 2], 2).unwrap();
    layers[1].weights *= 400.0;
    let deployment =
        Deployment::of_split_inference(&[4, 3, 2], 64, 1, &Default::default(), &CostModel::default(), 0.0).unwrap();
    let (holder, circuit) = deployment.in_the_clear(None);
    let mut session = SplitInferenceSession::in_process(&deployment, holder, circuit, &activation(), &layers).unwrap();
    // All rows of a block alike, so that the mean of its products is that of a row.
    let x = Array2::from_elem((deployment.program.batch(), 4), 1.5);
    let expected = reference::logits(&activation(), &layers, x.view()).unwrap();
    assert!(expected.iter().any(|logit| logit.abs() > 400.0));
    // Without noise, only roundings of doubles remain, of numbers up to a few thousand.
    assert_close(&session.outputs(x.view()).unwrap(), &expected, 1e-6);
}

/// Few samples share a ciphertext; many take what is made for them, if the network allows it.
#[test]
fn the_packing_follows_the_number_of_samples() {
    let (costs, request) = (CostModel::default(), ParameterRequest::default());
    let network: Network = "384-8-2".parse().unwrap();
    let weights = Weights::random(&network, &[0.5, 0.5], 1).unwrap();
    let head = Head::of_network(&network, &weights).unwrap();
    let hidden = |samples| {
        InferenceChoice::with_encrypted_weights(&network, &weights, LayoutKind::Axis, samples, 1, &request, &costs)
            .unwrap()
    };
    let known = |samples| InferenceChoice::with_known_weights(&head, samples, &request, &costs).unwrap();
    let fastest = |choice: &InferenceChoice| choice.candidates[0].packing();
    assert_eq!([1, 4096].map(|samples| fastest(&known(samples))), [Packing::Shared, Packing::Columns]);
    assert_eq!(fastest(&hidden(4096)), Packing::Tiles);
    let crossings = known(4096).crossings(&costs, 4096);
    assert!(matches!(crossings[..], [(1, Packing::Shared), (from, Packing::Columns)] if from > 1), "{crossings:?}");
    let (from, _) = crossings[1];
    let choice = known(4096);
    let seconds = |packing, samples| {
        let found = choice.candidates.iter().find(|candidate| candidate.packing() == packing);
        found.unwrap().seconds(samples, &costs)
    };
    assert!(seconds(Packing::Columns, from) < seconds(Packing::Shared, from));
    assert!(seconds(Packing::Columns, from - 1) >= seconds(Packing::Shared, from - 1));

    let x = samples(3, 384);
    for deployment in hidden(3).candidates.into_iter().chain(known(3).candidates) {
        let (holder, circuit) = deployment.in_the_clear(None);
        let mut session = deployment.in_process(holder, circuit).unwrap();
        assert_eq!(deployment.takes_bias_input(), matches!(deployment, InferenceDeployment::Layout(..)));
        let outputs = session.outputs_of_all(x.view(), &mut |_| ()).unwrap();
        // Weights are rounded at scales of 36 bits or more, in sums of 384 and 8 terms of numbers below 4.
        assert_close(&outputs, &head.logits(x.view()).unwrap(), 1e-7);
        assert_eq!(session.outputs_per_sample(), 2);
    }
    // Tiles square, and have one hidden layer.
    for (network, activation) in [("6-4-3-2", "square:1"), ("6-4-2", "tanh")] {
        let network: Network = network.parse().unwrap();
        let network = network.with_activation(activation.parse().unwrap());
        let weights = Weights::random(&network, &vec![0.5; network.widths().len() - 1], 1).unwrap();
        let choice =
            InferenceChoice::with_encrypted_weights(&network, &weights, LayoutKind::Axis, 500, 1, &request, &costs)
                .unwrap();
        assert_eq!(fastest(&choice), Packing::Shared);
        assert!(matches!(choice.refused[..], [(Packing::Tiles, _)]));
        assert!(choice.forced(Packing::Tiles).is_err());
    }
}

/// A head with a soft-argmax on columns: the probabilities and positions that it has with features side by side, whether the
/// classes are two, three or more, in blocks of which the last is not full.
#[test]
fn heads_on_columns_give_the_probabilities_of_packed_ones() {
    for (widths, approximation) in [
        (&[6, 4, 2][..], SoftmaxApproximation::sigmoid(7, 4.0).unwrap()),
        (&[5, 3], SoftmaxApproximation::direct(7, 6.0).unwrap()),
        (&[5, 4, 4], SoftmaxApproximation::stages(4, 4.0, 7, &[3]).unwrap()),
    ] {
        let (head, shape) = classifier(widths, approximation);
        let request = ParameterRequest::default();
        let columns = Deployment::of_head_columns(&shape, &head, &request).unwrap();
        assert_eq!((columns.plan.operations.rotations(), columns.keys.rotations.len()), (0, 0));
        assert_eq!(columns.plan.depth, shape.levels());
        let packed = Deployment::of_head(&shape, Some(&head), &request).unwrap();
        let x = samples(40, widths[0]) * 0.3;
        let (holder, circuit) = packed.in_the_clear(NOISE);
        let (of_packed, _) = HeadSession::in_process(&packed, holder, circuit).classify(x.view()).unwrap();
        let (holder, circuit) = columns.in_the_clear(NOISE);
        let mut session = ColumnSession::in_process(&columns, holder, circuit);
        assert_same(&of_packed, &session.classify(x.view()).unwrap().0, &shape, &head, &x);

        let batch = Infer::batch(&session);
        let many = Array2::from_shape_fn((batch + 3, widths[0]), |(i, j)| x[[i % 40, j]]);
        let scores = session.outputs_of_all(many.view(), &mut |_| ()).unwrap();
        assert_close(&scores, &shape.scores(&head, many.view()).unwrap(), PROBABILITIES);
    }
}

#[test]
fn heads_on_columns_on_seal() {
    let (head, shape) = classifier(&[5, 3, 2], SoftmaxApproximation::sigmoid(7, 4.0).unwrap());
    let x = samples(20, 5) * 0.3;
    let packed = Deployment::of_head(&shape, Some(&head), &Default::default()).unwrap();
    let (of_packed, _) = HeadSession::new(on_seal_session(&packed)).classify(x.view()).unwrap();
    let columns = Deployment::of_head_columns(&shape, &head, &Default::default()).unwrap();
    let (of_columns, _) = ColumnSession::new(on_seal_session(&columns)).classify(x.view()).unwrap();
    assert_same(&of_packed, &of_columns, &shape, &head, &x);
}

/// Logits out of the promised range are told, whatever the packing.
#[test]
fn columns_tell_logits_outside_the_range() {
    let (head, shape) = classifier(&[5, 3, 2], SoftmaxApproximation::sigmoid(7, 4.0).unwrap());
    let columns = Deployment::of_head_columns(&shape, &head, &Default::default()).unwrap();
    let (holder, circuit) = columns.in_the_clear(None);
    let mut x = samples(4, 5) * 0.01;
    // Logits of a spread of some three times the range.
    let spread = |x: &Array2<f64>| largest_spread(&head.logits(x.view()).unwrap());
    while spread(&x) < 12.0 {
        x.row_mut(2).mapv_inplace(|entry| 1.2 * entry);
    }
    let (read, _) = ColumnSession::in_process(&columns, holder, circuit).classify(x.view()).unwrap();
    assert_eq!(read.garbage, [2]);
}

/// Few sentences share a ciphertext; many take columns, from the row on that the choice names.
#[test]
fn the_packing_of_a_head_follows_the_number_of_samples() {
    let (head, shape) = classifier(&[384, 32, 2], SoftmaxApproximation::sigmoid(15, 8.0).unwrap());
    let (request, costs) = (ParameterRequest::default(), CostModel::default());
    let choice = |samples| InferenceChoice::of_known_head(&shape, &head, samples, &request, &costs).unwrap();
    let crossings = choice(1).crossings(&costs, 4096);
    println!("{crossings:?}");
    assert!(matches!(crossings[..], [(1, Packing::Shared), (from, Packing::Columns)] if from > 16), "{crossings:?}");
    let from = crossings[1].0;
    for (samples, packing) in [(from - 1, Packing::Shared), (from, Packing::Columns), (4096, Packing::Columns)] {
        assert_eq!(choice(samples).candidates[0].packing(), packing, "{samples}");
    }
}

/// A head with the approximation, of weights that keep its logits small.
fn classifier(widths: &[usize], approximation: SoftmaxApproximation) -> (Head, HeadShape) {
    let mut layers = random_layers(widths, 4).unwrap();
    if let [only] = &mut layers[..] {
        // It begins with zeros.
        only.weights = samples(only.weights.nrows(), only.weights.ncols()) * 0.5;
    }
    let head = Head::of_layers(layers, HeadActivation::quadratic()).unwrap();
    let layer = SoftArgmax::new(head.classes(), 1.0, 1).unwrap();
    let shape = HeadShape::new(&head, layer, approximation).unwrap();
    (head, shape)
}

/// As in tests/nn/head: 13 roundings of the noisiest chain, for each of up to 200 that the approximation's products leave.
const PROBABILITIES: f64 = 1e-4;

fn assert_same(packed: &Classified, columns: &Classified, shape: &HeadShape, head: &Head, x: &Array2<f64>) {
    let meant = shape.scores(head, x.view()).unwrap();
    for read in [packed, columns] {
        assert_close(&read.scores, &meant, PROBABILITIES);
        assert!(read.garbage.is_empty());
    }
    assert_eq!(packed.positions.len(), columns.positions.len());
    let classes = shape.classes() as f64;
    for (a, b) in packed.positions.iter().zip(&columns.positions) {
        assert!((a - b).abs() < PROBABILITIES * classes * classes, "{a} {b}");
    }
}

/// Tiles whose weights would not fit into half a gibibyte are not taken.
#[test]
fn weights_of_wide_networks_leave_memory() {
    for samples in [1, 100_000] {
        let tiles = SplitInference::fastest(&[768, 64, 2], samples, 4096, &CostModel::default(), 0.0).unwrap();
        let chain = Chain::nominal(8192, 3, 40).unwrap();
        let kept = tiles.layout().tiles().rows * tiles.layout().tiles().units * chain.ciphertext_bytes(Level(3));
        assert!(kept <= 1 << 29, "{kept}");
    }
}
