//! The suite that SEAL passes, on this backend, at a degree that is insecure and fast.

use seal_nn::{
    CircuitError, Level, Rotation,
    backend::{Circuit, Decrypt, Encrypt, Evaluate},
    nn::{
        Network,
        layout::{Axes, Layout, LayoutKind, axis_shapes},
        training::{Schedule, Sgd, TrainingSpec},
    },
};
use seal_nn_conformance::{Backend, operations, read, refusal, training_step};
use seal_nn_textbook_ckks::{InsecureKeyHolder, TextbookEvaluator, insecure_chain};

struct Textbook;

impl Backend for Textbook {
    type Evaluator = TextbookEvaluator;
    type Holder = InsecureKeyHolder;
    const DEGREE: usize = 4096;
    const SCALE_BITS: u32 = 41;

    fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<TextbookEvaluator>, InsecureKeyHolder) {
        let chain = insecure_chain(Self::DEGREE, depth, Self::SCALE_BITS).unwrap();
        let holder = InsecureKeyHolder::generate(chain, 7).unwrap();
        (Circuit::new(TextbookEvaluator::new(holder.evaluation_keys(steps))), holder)
    }
}

operations!(textbook: Textbook);

/// A 4-8-3 network with momentum.
fn spec() -> TrainingSpec {
    let network = "4-8-3".parse::<Network>().unwrap().with_activation("square:0.75".parse().unwrap());
    let optimizer = Sgd::new(&[1.5, 0.1, 0.2], 0.75, Schedule::Constant).unwrap();
    TrainingSpec { network, optimizer, bounds: Default::default(), loss: Default::default() }
}

const SLOTS: usize = Textbook::DEGREE / 2;
const SAMPLES: usize = 30;

#[test]
fn training_step_in_merged_and_diagonal_layouts() {
    for kind in [LayoutKind::Merged, LayoutKind::Diagonal] {
        training_step::<Textbook>(&spec(), SAMPLES, kind.layout(&spec().network, SLOTS, SAMPLES).unwrap());
    }
}

/// The cheapest shape of all: the layout's own choice keeps to depths that are secure at this N.
#[test]
fn training_step_in_the_axis_layout() {
    let TrainingSpec { network, .. } = spec();
    let shapes = axis_shapes(&network, SLOTS, SAMPLES).unwrap();
    let best = shapes.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds)).unwrap();
    let layout = Axes::with_shape(&network, SLOTS, best.shape, best.gradient).unwrap();
    training_step::<Textbook>(&spec(), SAMPLES, Layout::Axes(layout));
}

/// What only the right key can do.
#[test]
fn another_key_reads_garbage() {
    let chain = insecure_chain(Textbook::DEGREE, 1, Textbook::SCALE_BITS).unwrap();
    let [holder, other] = [1, 2].map(|seed| InsecureKeyHolder::generate(chain.clone(), seed).unwrap());
    let x =
        TextbookEvaluator::new(other.evaluation_keys(&[])).receive(&holder.encrypt(&[1.0], Level(1)).unwrap()).unwrap();
    assert!(matches!(refusal(other.decrypt(&x)), CircuitError::OutOfRange { .. }));
    assert!((read(&holder, &x)[0] - 1.0).abs() < 1e-8);
}
