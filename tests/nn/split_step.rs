//! The split step of networks of one hidden layer, in tiles of every shape.

use ndarray::{Array2, Axis, concatenate, s};

use crate::kit::sessions::on_seal_session;
use seal_nn::{
    Argument, ArgumentError, Error, Level, RequestError, SetupError,
    backend::{Chain, Evaluate, KeyHolder, Noise, Operation},
    nn::{
        Activation, Network,
        head::Dense,
        learning::{Loss, Targets, random_layers, reference},
        split::{
            Arrangement, Samples, SplitCall, SplitLayout, SplitRequest, SplitSetup, SplitTraining, SquareFolding,
            TileShape,
        },
    },
    program::{Plan, Precision, Program},
    protocol::{Deployment, Server, Session},
};

const SLOTS: usize = 4096;

/// Small networks that leave padding on every axis, with batches that leave some too.
const NETWORKS: [(&str, usize); 4] = [("4-7-3", 50), ("2-9-5", 77), ("8-20-2", 130), ("11-5-11", 33)];

fn widths(text: &str) -> Vec<usize> {
    text.parse::<Network>().unwrap().widths().to_vec()
}

fn setup(text: &str, batch: usize) -> SplitSetup {
    SplitSetup::new(&widths(text), batch)
}

/// A step with its numbers.
struct Step {
    widths: Vec<usize>,
    activation: Activation,
    layers: Vec<Dense>,
    x: Array2<f64>,
    targets: Targets,
}

impl Step {
    fn new(text: &str, samples: usize) -> Step {
        let widths = widths(text);
        let outputs = widths[2];
        let wave = |i: usize, j: usize| ((3 * i + 5 * j) as f64 * 0.7).sin();
        let x = Array2::from_shape_fn((samples, widths[0]), |(i, j)| wave(i, j));
        let labels: Vec<usize> = (0..samples).map(|i| i * i % outputs).collect();
        let targets = Targets::classes(&labels, outputs, Loss::CrossEntropy).unwrap();
        Step {
            layers: random_layers(&widths, 3).unwrap(),
            activation: "poly:0,1,0.5".parse().unwrap(),
            x,
            targets,
            widths,
        }
    }

    /// Both rounds, as a client makes them. Returns the bits that logits and gradients have right, beside the largest of
    /// their kind.
    fn bits<K, E>(&self, session: &mut Session<K, Server<E, SplitTraining>, SplitTraining>) -> f64
    where
        E: Evaluate,
        K: KeyHolder<Fresh = E::Fresh, Ciphertext = E::Ciphertext>,
    {
        let program = session.program().clone();
        let (layout, samples) = (program.layout(), self.x.nrows());
        let ones = Array2::ones((samples, 1));
        let inputs = concatenate(Axis(1), &[self.x.view(), ones.view()]).unwrap();
        let size = layout.shape().samples;
        let blocks: Vec<_> = (0..samples).step_by(size).map(|from| from..(from + size).min(samples)).collect();
        for rows in &blocks {
            let packed = layout.pack_samples(inputs.slice(s![rows.clone(), ..])).unwrap();
            session.keep(&(), &seal_nn::nn::split::SplitSamples { inputs: packed }).unwrap();
        }
        let folded = SquareFolding::new(&self.activation).unwrap().fold(&self.layers, 1).unwrap();
        let request = SplitRequest {
            weights: layout.pack_weights(folded.first().view(), folded.second().view()).unwrap(),
            samples: Vec::new(),
            errors: Vec::new(),
        };
        let answer = session.call(&SplitCall::Forward((0..blocks.len()).collect()), &request).unwrap().products;
        let mut products = Array2::zeros((samples, self.widths[2]));
        for (rows, slots) in blocks.iter().zip(answer.chunks(layout.tiles().outputs())) {
            products.slice_mut(s![rows.clone(), ..]).assign(&layout.unpack_logits(slots, rows.len()).unwrap());
        }
        let logits = folded.logits(products).unwrap();
        let expected = reference::logits(&self.activation, &self.layers, self.x.view()).unwrap();
        let mut bits = bits_right(&logits, &expected);

        let errors = Loss::CrossEntropy.evaluate(&expected, &self.targets).unwrap().errors;
        let boost = 64.0;
        let boosted = &errors * boost;
        let pack = |rows: &std::ops::Range<usize>| layout.pack_errors(boosted.slice(s![rows.clone(), ..])).unwrap();
        let packed = blocks.iter().flat_map(pack).collect();
        let request = SplitRequest { weights: Vec::new(), samples: Vec::new(), errors: packed };
        // A repeated request is answered again.
        session.call(&SplitCall::Backward(blocks.len()), &request).unwrap();
        let answer = session.call(&SplitCall::Backward(blocks.len()), &request).unwrap();
        let products = layout.unpack_gradients(&answer.products).unwrap();
        let gradients = folded.gradients(products, errors.view(), boost).unwrap();
        let expected = reference::gradients(&self.activation, &self.layers, self.x.view(), &errors).unwrap();
        for (gradient, expected) in gradients.iter().zip(&expected) {
            bits = bits.min(bits_right(&gradient.weights, &expected.weights));
            let column = |dense: &Dense| dense.bias.clone().insert_axis(Axis(1));
            bits = bits.min(bits_right(&column(gradient), &column(expected)));
        }
        bits
    }
}

fn bits_right(actual: &Array2<f64>, expected: &Array2<f64>) -> f64 {
    let largest = |m: &Array2<f64>| m.iter().fold(0f64, |m, v| m.max(v.abs()));
    -(largest(&(actual - expected)) / largest(expected)).log2()
}

fn deployment(setup: &SplitSetup, shape: TileShape) -> Deployment<SplitTraining> {
    Deployment::choose(&Default::default(), |slots| {
        SplitTraining::new(setup, SplitLayout::new(&setup.widths, shape, slots)?)
    })
    .unwrap()
}

/// The parameters are those of the specification: 46 bits for the first prime, because products of up to 12 need 4 bits,
/// and a quarter of the modulus is the limit.
#[test]
fn parameters_have_the_room_that_products_need() {
    let shape = TileShape { rows: 4, units: 8, samples: 128, arrangement: Arrangement::Merged };
    let of = |mean_product: f64| deployment(&SplitSetup { mean_product, ..setup("4-8-3", 120) }, shape);
    let deployed = of(12.0);
    let bits = deployed.parameters.coeff_modulus_bits();
    assert_eq!(deployed.parameters.poly_modulus_degree(), 8192);
    assert_eq!((bits[0], bits[4], deployed.parameters.total_bits()), (46, 47, 214));
    assert!(bits[1..4].iter().all(|bits| (40..=41).contains(bits)), "{bits:?}");
    assert_eq!((deployed.plan.entry, deployed.plan.exit), (Level(3), Level(0)));
    assert_eq!(deployed.plan.rounds[0].answered, [Level(0)]);
    assert_eq!(of(100.0).parameters.coeff_modulus_bits()[0], 48);
    assert_eq!(deployed.program.precision(), Precision::Returned { room_bits: 4, rotates: true });
}

/// Counts by formula are those of a plan, by operation and level, for every shape; so are levels and ciphertexts.
#[test]
fn every_shape_counts_as_its_formulas() {
    let chain = Chain::nominal(2 * SLOTS, 3, 40).unwrap();
    let mut count = 0;
    for (text, batch) in NETWORKS {
        for samples in [Samples::Kept, Samples::Sent] {
            let setup = setup(text, batch).with_samples(samples);
            for layout in SplitLayout::all(&setup.widths, SLOTS).unwrap() {
                let plan = Plan::of(&SplitTraining::new(&setup, layout.clone()).unwrap(), &chain).unwrap();
                let counts = |tallies: &seal_nn::backend::Tallies| -> Vec<_> {
                    tallies.iter().map(|(operation, level, tally)| (operation, level, tally.count)).collect()
                };
                let formulas = layout.operations(batch).unwrap();
                assert_eq!(counts(&plan.operations), counts(&formulas), "{text} in {}", layout.shape());
                let (tiles, blocks) = (layout.tiles(), layout.blocks(batch));
                // The specification's own sums.
                let (x, o, u, q) = (tiles.inputs, tiles.outputs(), tiles.rows, tiles.units);
                let early = if layout.is_early() { blocks * q * (x - 1) } else { 0 };
                assert_eq!(formulas.count(Operation::Relinearize), 4 * blocks * q + blocks * o + q * u + early);
                assert_eq!(formulas.count(Operation::MultiplyCiphertexts), blocks * q * (2 * x + 3 * o + 2) + early);
                let traffic = layout.traffic(batch).unwrap();
                let sent = if samples == Samples::Sent { traffic.samples } else { 0 };
                assert_eq!(plan.ciphertexts_up(), q * u + blocks * o + sent);
                assert_eq!(traffic.high + traffic.low, q * u + blocks * o);
                assert_eq!(plan.kept.len() + sent, traffic.samples);
                assert!(plan.rounds.iter().flat_map(|round| &round.answered).all(|level| *level == Level(0)));
                assert_eq!(plan.keys.relin, Some(Level(3)));
                assert!(plan.keys.rotations.values().all(|level| *level <= Level(2)));
                count += 1;
            }
        }
    }
    println!("{count} shapes");
    assert!(count > 300);
}

const PAGE: &str = include_str!("../../docs/split-step.md");

/// The table of docs/split-step.md.
#[test]
fn shapes_of_the_page_have_its_counts() {
    for (text, batch, [rows, units, samples], arrangement) in [
        ("4-8-3", 120, [4, 8, 128], Arrangement::Merged),
        ("13-32-11", 128, [4, 32, 32], Arrangement::Early),
        ("13-32-11", 128, [8, 16, 32], Arrangement::Apart),
        ("16-32-26", 128, [4, 16, 64], Arrangement::Merged),
        ("61-32-10", 128, [8, 32, 16], Arrangement::Merged),
    ] {
        let shape = TileShape { rows, units, samples, arrangement };
        let layout = SplitLayout::new(&widths(text), shape, SLOTS).unwrap();
        let (operations, traffic) = (layout.operations(batch).unwrap(), layout.traffic(batch).unwrap());
        let count = |operation| operations.count(operation);
        let row = format!(
            "| {text}, {batch} | {} | {} | {} | {} | {} | {} |",
            shape.to_string().replace(" x ", ", "),
            count(Operation::Rotate),
            count(Operation::Relinearize),
            count(Operation::MultiplyCiphertexts),
            traffic.high + traffic.low,
            traffic.samples,
        );
        assert!(PAGE.contains(&row), "{row}");
    }
}

/// The drawing of docs/split-step.md: numbers that stand for the names of the places.
#[test]
fn tiles_of_the_page_are_those_of_the_layout() {
    let shape = TileShape { rows: 2, units: 2, samples: 2, arrangement: Arrangement::Apart };
    let layout = SplitLayout::new(&widths("1-2-2"), shape, 8).unwrap();
    let names = [
        "x00", "x01", "x10", "x11", "e00", "e01", "e10", "e11", "W0A", "W0B", "W1A", "W1B", "V0A", "V0B", "V1A", "V1B",
    ];
    let numbers = |first: usize| Array2::from_shape_fn((2, 2), |(i, j)| (first + 2 * i + j) as f64);
    let drawn = |what: &str, slots: &[f64]| {
        let row: Vec<&str> = slots.iter().map(|&v| names[v as usize]).collect();
        format!("{what}   {}   {}", row[..4].join(" "), row[4..].join(" "))
    };
    // Rows of the page's matrices are inputs or outputs, and its columns samples or units.
    let samples = layout.pack_samples(numbers(0).t()).unwrap();
    let errors = layout.pack_errors(numbers(4).t()).unwrap();
    let weights = layout.pack_weights(numbers(8).t(), numbers(12).view()).unwrap();
    for line in [drawn("x", &samples[0]), drawn("e", &errors[0]), drawn("U", &weights[0]), drawn("U", &weights[1])] {
        assert!(PAGE.contains(&line), "{line}");
    }
}

/// Every shape against the same step in plain numbers, with SEAL's noise. A coefficient is off by some 2^9 roundings of
/// a scale of 2^40, products are sums of up to a few hundred of them, and the largest is near 1: 20 bits leave room.
#[test]
fn every_shape_computes_the_step() {
    let mut worst = f64::INFINITY;
    for (text, batch) in NETWORKS {
        let step = Step::new(text, batch);
        for layout in SplitLayout::all(&step.widths, SLOTS).unwrap() {
            let deployed = deployment(&setup(text, batch), *layout.shape());
            let (holder, circuit) = deployed.in_the_clear(Some(Noise { seed: 5 }));
            let mut session = Session::in_process(holder, circuit, deployed.program.clone(), deployed.plan.clone());
            let bits = step.bits(&mut session);
            assert!(bits > 20.0, "{text} in {}: {bits:.1} bits", layout.shape());
            worst = worst.min(bits);
        }
    }
    println!("{worst:.1} bits right at least");
}

/// A shape of each arrangement on ciphertexts, with more tiles than one on every axis.
#[test]
fn ciphertexts_compute_the_step() {
    for ([rows, units, samples], arrangement) in
        [([4, 16, 64], Arrangement::Merged), ([4, 8, 128], Arrangement::Apart), ([2, 16, 128], Arrangement::Early)]
    {
        let step = Step::new("8-20-2", 130);
        let deployed = deployment(&setup("8-20-2", 130), TileShape { rows, units, samples, arrangement });
        let bits = step.bits(&mut on_seal_session(&deployed));
        println!("{arrangement:?}: {bits:.1} bits right");
        assert!(bits > 20.0, "{arrangement:?}: {bits:.1} bits");
    }
}

#[test]
fn what_no_split_step_supports_is_refused() {
    let shape = TileShape { rows: 4, units: 8, samples: 128, arrangement: Arrangement::Merged };
    let refused = |setup: SplitSetup| {
        SplitTraining::new(&setup, SplitLayout::new(&widths("4-8-3"), shape, SLOTS).unwrap()).err().unwrap()
    };
    let good = setup("4-8-3", 120);
    let none = SplitSetup { widths: vec![4, 0, 3], ..good.clone() };
    assert!(matches!(refused(none), Error::Setup(SetupError::BadNetwork { .. })));
    for batch in [0, usize::MAX] {
        let refused = refused(SplitSetup { batch, ..good.clone() });
        assert!(matches!(refused, Error::Argument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })));
    }
    assert!(matches!(refused(SplitSetup { mean_product: 0.0, ..good.clone() }), Error::Argument(_)));
    let deep = SplitLayout::new(&widths("4-8-8-3"), shape, SLOTS).unwrap_err();
    assert!(matches!(deep, Error::Setup(SetupError::LayoutUnsuited { .. })));
    for (rows, units, samples) in [(3, 8, 128), (0, 8, 128), (4, 8, 64), (usize::MAX / 2 + 1, 8, 128)] {
        let wrong = SplitLayout::new(&widths("4-8-3"), TileShape { rows, units, samples, ..shape }, SLOTS);
        assert!(matches!(wrong, Err(Error::Setup(SetupError::BadTiles { .. }))), "{rows} {units} {samples}");
    }
}

#[test]
fn requests_out_of_order_are_refused() {
    let shape = TileShape { rows: 4, units: 8, samples: 128, arrangement: Arrangement::Merged };
    let deployed = deployment(&setup("4-8-3", 120), shape);
    let (holder, circuit) = deployed.in_the_clear(None);
    let mut session = Session::in_process(holder, circuit, deployed.program.clone(), deployed.plan.clone());
    let vectors = |count: usize| vec![vec![0.5; SLOTS]; count];
    let request = |weights: usize, errors: usize| SplitRequest {
        weights: vectors(weights),
        samples: Vec::new(),
        errors: vectors(errors),
    };
    let mut refused = |call: SplitCall, asked: &SplitRequest<Vec<f64>>| match session.call(&call, asked).unwrap_err() {
        Error::Request(error) => error,
        other => panic!("{other}"),
    };
    assert!(matches!(refused(SplitCall::Backward(1), &request(0, 1)), RequestError::NothingKept { .. }));
    let unknown = refused(SplitCall::Forward(vec![0]), &request(2, 0));
    assert_eq!(unknown, RequestError::UnknownBatch { expected: 0, actual: 0 });
    for call in
        [SplitCall::Forward(vec![0, 1]), SplitCall::Forward(vec![]), SplitCall::Infer(2), SplitCall::Backward(0)]
    {
        assert!(matches!(refused(call, &request(2, 0)), RequestError::WrongBlocks { most: 1, .. }));
    }
}
