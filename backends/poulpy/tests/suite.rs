//! The suite that SEAL passes, on this backend, in a ring that is insecure and fast; and what it alone refuses.

use ndarray::{Array2, Axis};
use seal_nn::{
    CircuitError, Error, Level, Rotation, SealError,
    backend::{Circuit, Decrypt, Encrypt, Evaluate},
    nn::{
        Network, Weights,
        layout::{Axes, Layout, LayoutKind, axis_shapes},
        training::{Schedule, Sgd, TrainingSpec},
    },
};
use seal_nn_conformance::{Backend, operations, read, refusal, rounding, train, training_step};
use seal_nn_poulpy::{Parameters, PoulpyEvaluator, PoulpyKeyHolder};

struct Poulpy;

impl Backend for Poulpy {
    type Evaluator = PoulpyEvaluator;
    type Holder = PoulpyKeyHolder;
    const DEGREE: usize = 2048;
    const SCALE_BITS: u32 = 41;

    fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<PoulpyEvaluator>, PoulpyKeyHolder) {
        let holder = PoulpyKeyHolder::generate(&Parameters::insecure(Self::DEGREE, depth, Self::SCALE_BITS).unwrap());
        (Circuit::new(PoulpyEvaluator::new(&holder.evaluation_keys(steps))), holder)
    }
}

operations!(poulpy: Poulpy);

/// A 4-8-3 network with momentum.
fn spec() -> TrainingSpec {
    let network = "4-8-3".parse::<Network>().unwrap().with_activation("square:0.75".parse().unwrap());
    let optimizer = Sgd::new(&[1.5, 0.1, 0.2], 0.75, Schedule::Constant).unwrap();
    TrainingSpec { network, optimizer, bounds: Default::default(), loss: Default::default() }
}

const SLOTS: usize = Poulpy::DEGREE / 2;
const SAMPLES: usize = 15;

#[test]
fn training_step_in_merged_and_diagonal_layouts() {
    for kind in [LayoutKind::Merged, LayoutKind::Diagonal] {
        training_step::<Poulpy>(&spec(), SAMPLES, kind.layout(&spec().network, SLOTS, SAMPLES).unwrap());
    }
}

/// The cheapest shape of all: the layout's own choice keeps to depths that are secure at this N.
#[test]
fn training_step_in_the_axis_layout() {
    let TrainingSpec { network, .. } = spec();
    let shapes = axis_shapes(&network, SLOTS, SAMPLES).unwrap();
    let best = shapes.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds)).unwrap();
    let layout = Axes::with_shape(&network, SLOTS, best.shape, best.gradient).unwrap();
    training_step::<Poulpy>(&spec(), SAMPLES, Layout::Axes(layout));
}

/// Every tenth flower, of all three species: features from -1 to 1, and targets.
fn iris() -> (Array2<f64>, Array2<f64>) {
    let lines = include_str!("../../../data/iris.csv").lines().skip(1).step_by(10).take(SAMPLES);
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let species: Vec<&str> = lines.iter().map(|line| line[4]).collect();
    let mut known = species.clone();
    known.dedup();
    assert_eq!(known.len(), 3);
    let mut x = Array2::from_shape_fn((SAMPLES, 4), |(i, j)| lines[i][j].parse::<f64>().unwrap());
    for mut feature in x.axis_iter_mut(Axis(1)) {
        let (low, high) = feature.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
        feature.mapv_inplace(|v| 2.0 * (v - low) / (high - low) - 1.0);
    }
    let t = Array2::from_shape_fn((SAMPLES, 3), |(i, class)| if species[i] == known[class] { 1.0 } else { -1.0 / 2.0 });
    (x, t)
}

#[test]
fn iris_is_trained_as_in_the_clear() {
    const STEPS: usize = 3;
    let spec = spec();
    let (x, t) = iris();
    let first = Weights::random(&spec.network, &[1.0, 0.5], 0).unwrap();
    let layout = LayoutKind::Merged.layout(&spec.network, SLOTS, SAMPLES).unwrap();
    let trained = train::<Poulpy>(&spec, layout, (x.view(), t.view()), SAMPLES, first, STEPS);
    // A step adds at most what `training_step` allows, and multiplies what came before by its slope: for rates of 1.5 and
    // 0.1, features within 1 and a momentum of 0.75 that is below 10.
    let slots = SLOTS as f64;
    let added = 13.0 * rounding::<Poulpy>() * (10.0 + 1.5 / SAMPLES as f64 * slots.sqrt());
    let allowed = added * (0..STEPS).map(|step| 10f64.powi(step as i32)).sum::<f64>();
    println!("weights differ by {:.1e}, allowed {allowed:.1e}", trained.worst);
    assert!(trained.worst > 0.0 && trained.worst <= allowed, "{}", trained.worst);
}

/// What only the right key can do.
#[test]
fn another_key_reads_garbage() {
    let parameters = Parameters::insecure(Poulpy::DEGREE, 1, Poulpy::SCALE_BITS).unwrap();
    let [holder, other] = [1, 2].map(|_| PoulpyKeyHolder::generate(&parameters));
    let evaluator = PoulpyEvaluator::new(&other.evaluation_keys(&[]));
    let x = evaluator.receive(&holder.encrypt(&[1.0], Level(1)).unwrap()).unwrap();
    assert!(matches!(refusal(other.decrypt(&x)), CircuitError::OutOfRange { .. }));
    assert!((read(&holder, &x)[0] - 1.0).abs() < 1e-8);
}

/// By the bits of the keys, which are more than those of ciphertexts.
#[test]
fn insecure_parameters_are_refused() {
    for (degree, depth, allowed) in [(8192, 3, 214), (16384, 7, 430), (32768, 18, 868)] {
        let parameters = Parameters::new(degree, depth, 41).unwrap();
        assert!(parameters.ciphertext_bits() < parameters.key_bits() && parameters.key_bits() <= allowed);
        let refused = Parameters::new(degree, depth + 3, 41).unwrap_err();
        let Error::Seal(SealError::TooManyBits { requested, allowed: limit, poly_modulus_degree }) = refused else {
            panic!("{refused}");
        };
        assert!(requested > limit && (limit as usize, poly_modulus_degree) == (allowed, degree), "{requested} {limit}");
    }
    assert!(matches!(Parameters::new(16384, 2, 51), Err(Error::Circuit(CircuitError::BadChain { .. }))));
    // A ring that the table does not have.
    assert!(matches!(Parameters::new(512, 1, 20), Err(Error::Seal(SealError::TooManyBits { allowed: 0, .. }))));
}
