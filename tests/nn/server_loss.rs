//! Losses with weighted errors on encrypted outputs: against the plain step, by count, and on a table of many classes.

use crate::kit::{backends::*, training::*};
use ndarray::{Array2, s};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
use seal_nn::{
    Error, SetupError,
    backend::{Chain, Operation},
    data::centred_one_hot,
    nn::{
        Network, Weights, accuracy,
        layout::{Axes, GradientMode, Layout, LayoutKind, axis_shapes},
        reference,
        training::{Schedule, ServerLoss, Sgd, TrainingSetup, TrainingSpec},
    },
    program::Plan,
};

const WEIGHING: [LayoutKind; 4] = [LayoutKind::Merged, LayoutKind::Axis, LayoutKind::PerFeature, LayoutKind::RowColumn];
const WEIGHTED: [ServerLoss; 2] = [ServerLoss::WeightedSquared, ServerLoss::WeightedCubic];

fn with(loss: ServerLoss, spec: TrainingSpec) -> TrainingSpec {
    TrainingSpec { loss, ..spec }
}

fn decaying(spec: TrainingSpec) -> TrainingSpec {
    TrainingSpec { optimizer: spec.optimizer.with_l2(0.1).unwrap(), ..spec }
}

/// Dimensions that are no powers of two leave padding, where weights of errors are not zero.
#[test]
fn weighted_steps_on_clear() {
    for loss in WEIGHTED {
        for kind in WEIGHING {
            check::<Clear>(kind, &with(loss, spec("4-8-3", "square:0.75", false, 0.75)), 20);
            check::<Clear>(kind, &with(loss, decaying(spec("5-7-5", "poly:0.2,0.5,-0.3", true, 0.0))), 13);
        }
        check::<Clear>(LayoutKind::Axis, &with(loss, spec("3-4-5-3", "square:0.25", true, 0.5)), 12);
        // Nothing to weigh.
        check::<Clear>(LayoutKind::Merged, &with(loss, spec("4-8-1", "square:0.75", false, 0.0)), 20);
    }
}

/// Shapes with guards, masks, several tiles and blocks, slopes early and late.
#[test]
fn weighted_steps_in_many_shapes() {
    for (network, live, every) in [("5-3-4", 9, 37), ("2-3-4-3", 6, 101)] {
        let spec = with(ServerLoss::WeightedSquared, spec(network, "square:0.25", false, 0.5));
        let mut modes = Vec::new();
        for found in axis_shapes(&spec.network, DEGREE / 2, live).unwrap().iter().step_by(every) {
            let layout = Axes::with_shape(&spec.network, DEGREE / 2, found.shape, found.gradient).unwrap();
            training_step::<Clear>(&spec, live, Layout::Axes(layout));
            modes.push(found.gradient);
        }
        assert!(modes.contains(&GradientMode::Early) && modes.contains(&GradientMode::Delta), "{modes:?}");
    }
}

#[test]
fn weighted_steps_on_seal() {
    check::<Seal>(LayoutKind::Merged, &with(ServerLoss::WeightedSquared, spec("4-8-5", "square:0.75", true, 0.75)), 50);
    check::<Seal>(LayoutKind::Axis, &with(ServerLoss::WeightedSquared, spec("4-8-3", "square:0.75", false, 0.75)), 120);
    check::<Seal>(LayoutKind::Merged, &with(ServerLoss::WeightedCubic, spec("4-8-3", "square:0.75", false, 0.75)), 120);
}

fn plan(spec: &TrainingSpec, layout: Layout, live: usize) -> Plan {
    let training = TrainingSetup::new(spec, live).on(layout).unwrap();
    Plan::of(&training, &Chain::nominal(32768, 14, SCALE_BITS).unwrap()).unwrap()
}

/// Weights cost two products, of which one is with every tile of the last layer's weights; no level and no rotation. A
/// cube costs two more products and two levels.
#[test]
fn weights_of_errors_cost_two_products() {
    use Operation::*;
    let squared = spec("9-8-12", "square:0.75", false, 0.75);
    let layouts = WEIGHING.map(|kind| (kind.layout(&squared.network, 16384, 8).unwrap(), 8_usize));
    for (layout, live) in layouts {
        // Ciphertexts of weights of the last layer and of outputs.
        let (last, outputs) = match &layout {
            Layout::Axes(axes) => {
                use seal_nn::{nn::layout::TrainingLayout, packing::Role};
                let blocks = live.div_ceil(axes.layout().size(Role::B));
                assert_eq!(axes.outputs(live).ciphertexts() % blocks, 0);
                (axes.weights()[1].layout.ciphertexts() * blocks, axes.outputs(live).ciphertexts())
            }
            _ => (1, 1),
        };
        let [plain, weighted, cubic] = [ServerLoss::Squared, ServerLoss::WeightedSquared, ServerLoss::WeightedCubic]
            .map(|loss| plan(&with(loss, squared.clone()), layout.clone(), live));
        let more = |after: &Plan, before: &Plan, operation| {
            after.operations.count(operation) - before.operations.count(operation)
        };
        for operation in [MultiplyCiphertexts, Relinearize] {
            assert_eq!(more(&weighted, &plain, operation), last + outputs, "{layout}: {operation}");
            assert_eq!(more(&cubic, &weighted, operation), 2 * outputs, "{layout}: {operation}");
        }
        // Targets come from one level above the errors, once to be subtracted and once as weights.
        assert_eq!(more(&weighted, &plain, MultiplyPlain), 2 * outputs, "{layout}");
        assert_eq!(more(&weighted, &plain, Rescale), last + 3 * outputs, "{layout}");
        for operation in [Rotate, RotateHoisted] {
            assert_eq!(weighted.operations.count(operation), plain.operations.count(operation), "{layout}");
            assert_eq!(cubic.operations.count(operation), plain.operations.count(operation), "{layout}");
        }
        assert_eq!((weighted.depth, cubic.depth), (plain.depth, plain.depth + 2), "{layout}");
        assert_eq!(weighted.rotations(), plain.rotations(), "{layout}");
    }
}

#[test]
fn other_layouts_name_those_that_weigh_errors() {
    for kind in LayoutKind::ALL.into_iter().chain(LayoutKind::BASELINES).filter(|kind| !WEIGHING.contains(kind)) {
        let spec = with(ServerLoss::WeightedSquared, spec("4-8-3", "square:0.75", false, 0.75));
        let layout = kind.layout(&spec.network, DEGREE / 2, 8).unwrap();
        match TrainingSetup::new(&spec, 8).on(layout).err() {
            Some(Error::Setup(error @ SetupError::UnsupportedLoss { .. })) => {
                let text = error.to_string();
                let words = [kind.name(), "weighted-squared", "merged", "axis", "per-feature", "row-column"];
                assert!(words.iter().all(|word| text.contains(word)), "{text}");
            }
            other => panic!("{kind}: {other:?}"),
        }
    }
}

const LOGISTIC: ServerLoss = ServerLoss::Logistic { range: 8.0 };
const SOFTMAX: ServerLoss = ServerLoss::Softmax { range: 8.0 };

fn all_layouts() -> impl Iterator<Item = LayoutKind> {
    LayoutKind::ALL.into_iter().chain(LayoutKind::BASELINES)
}

/// Slot by slot in every layout, with padding in units and samples: dimensions that are no powers of two, batches that do not
/// fill theirs, and polynomials whose value at 0 is not 0.
#[test]
fn likelihood_steps_on_clear() {
    for kind in all_layouts() {
        check::<Clear>(kind, &with(LOGISTIC, spec("4-8-3", "square:0.75", false, 0.75)), 20);
        check::<Clear>(kind, &with(SOFTMAX, decaying(spec("5-7-2", "square:0.5", true, 0.0))), 13);
    }
    check::<Clear>(LayoutKind::Axis, &with(LOGISTIC, spec("3-4-5-3", "square:0.25", true, 0.5)), 12);
    check::<Clear>(LayoutKind::Merged, &with(LOGISTIC, spec("5-7-5", "poly:0.2,0.5,-0.3", true, 0.0)), 13);
}

/// With sums over the classes, of which some lie in guards and some take masks.
#[test]
fn softmax_steps_on_clear() {
    let softmax = ServerLoss::Softmax { range: 4.0 };
    for kind in all_layouts() {
        check::<Clear>(kind, &with(softmax, spec("5-7-5", "square:0.5", true, 0.0)), 13);
    }
    check::<Clear>(LayoutKind::Merged, &with(softmax, decaying(spec("4-8-3", "square:0.75", false, 0.75))), 20);
    check::<Clear>(LayoutKind::Axis, &with(softmax, spec("3-4-5-3", "square:0.25", true, 0.5)), 12);
}

#[test]
fn softmax_steps_in_many_shapes() {
    for (network, live, every) in [("5-3-5", 9, 67), ("2-3-4-3", 6, 151)] {
        for softmax in [ServerLoss::Softmax { range: 4.0 }, LOGISTIC] {
            let spec = with(softmax, spec(network, "square:0.25", false, 0.5));
            for found in axis_shapes(&spec.network, DEGREE / 2, live).unwrap().iter().step_by(every) {
                let layout = Axes::with_shape(&spec.network, DEGREE / 2, found.shape, found.gradient).unwrap();
                training_step::<Clear>(&spec, live, Layout::Axes(layout));
            }
        }
    }
}

#[test]
fn likelihood_steps_on_seal() {
    check::<InsecureSeal>(LayoutKind::Merged, &with(LOGISTIC, spec("4-8-3", "square:0.75", false, 0.75)), 30);
    check::<InsecureSeal>(LayoutKind::Axis, &with(LOGISTIC, spec("4-8-5", "square:0.75", true, 0.75)), 30);
    check::<InsecureSeal>(LayoutKind::Diagonal, &with(SOFTMAX, spec("4-8-2", "square:0.75", true, 0.75)), 30);
    let softmax = ServerLoss::Softmax { range: 4.0 };
    check::<InsecureSeal>(LayoutKind::Axis, &with(softmax, spec("4-8-3", "square:0.75", false, 0.75)), 30);
}

/// Slot by slot, probabilities cost their polynomial for every ciphertext of outputs: no rotation, and the levels alone.
#[test]
fn probabilities_cost_their_polynomials() {
    use Operation::*;
    let squared = spec("9-8-12", "square:0.75", false, 0.75);
    for kind in LayoutKind::ALL {
        let layout = kind.layout(&squared.network, 16384, 8).unwrap();
        use seal_nn::nn::layout::TrainingLayout;
        let outputs = layout.outputs(8).ciphertexts();
        for (range, levels, products) in [(4.0, 3, 5), (8.0, 4, 8)] {
            let logistic = with(ServerLoss::Logistic { range }, squared.clone());
            let [plain, logistic] = [&squared, &logistic].map(|spec| plan(spec, layout.clone(), 8));
            let more = |operation| logistic.operations.count(operation) - plain.operations.count(operation);
            assert_eq!(logistic.depth, plain.depth + levels, "{layout}");
            assert_eq!(
                (more(MultiplyCiphertexts), more(Relinearize)),
                (products * outputs, products * outputs),
                "{layout}"
            );
            assert_eq!((more(Rotate), more(RotateHoisted)), (0, 0), "{layout}");
            assert_eq!(logistic.rotations(), plain.rotations(), "{layout}");
        }
    }
}

/// The errors of a softmax sum to 0 over the classes, those of its polynomials to the error of their inverse, so weights that
/// began centred stay so.
#[test]
fn weights_stay_centred() {
    // A polynomial that is odd but for its constant has no error in the sum; a hundredth of the range is little beside it.
    for (classes, range, most) in [(2, 8.0, 1e-12), (3, 4.0, 0.04), (10, 4.0, 0.04)] {
        let optimizer = Sgd::new(&[0.2], 0.5, Schedule::Constant).unwrap().with_l2(0.1).unwrap();
        let spec = TrainingSpec { optimizer, ..spec(&format!("4-6-{classes}"), "square:0.5", true, 0.0) };
        let spec = with(ServerLoss::Softmax { range }, spec);
        let x = Array2::from_shape_fn((40, 5), |(i, j)| if j == 4 { 1.0 } else { ((i * 5 + j) as f64).sin() });
        let labels: Vec<usize> = (0..40).map(|i| i % classes).collect();
        let targets = centred_one_hot(&labels, classes).unwrap();
        let mut weights = Weights::random(&spec.network, &[0.5, 0.25], 3).unwrap().centred();
        let mut velocity = Weights::zeros(&spec.network);
        for step in 0..30 {
            reference::step(&spec, &mut weights, &mut velocity, x.view(), targets.view(), step).unwrap();
        }
        let logits = reference::outputs(&spec.network, &weights, x.view()).unwrap();
        spec.loss.check_logits(30, logits.view()).unwrap();
        let mean = logits.mean_axis(ndarray::Axis(1)).unwrap().iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        println!("{classes} classes: after 30 steps logits are centred to {mean:.1e}");
        assert!(mean < most, "{classes}: {mean}");
    }
}

/// The accuracy on other samples of a network of 32 units after 150 steps, with twenty classes around as many random places
/// of a plane.
fn accuracy_of(loss: ServerLoss, rate: f64, seed: u64) -> f64 {
    const CLASSES: usize = 20;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let centres = Array2::from_shape_fn((CLASSES, 2), |_| random.random_range(-1.0..1.0));
    let labels: Vec<usize> = (0..1200).map(|i| i % CLASSES).collect();
    let x = Array2::from_shape_fn((labels.len(), 3), |(i, j)| match j {
        2 => 1.0,
        _ => centres[[labels[i], j]] + random.random_range(-0.15..0.15),
    });
    let targets = centred_one_hot(&labels, CLASSES).unwrap();
    let network = "2-32-20".parse::<Network>().unwrap().with_activation("square:0.5".parse().unwrap()).with_bias();
    let optimizer = Sgd::new(&[rate], 0.9, Schedule::Constant).unwrap();
    let spec = TrainingSpec { network, optimizer, bounds: Default::default(), loss };
    let mut weights = Weights::random(&spec.network, &[0.5, 0.25], seed).unwrap();
    let mut velocity = Weights::zeros(&spec.network);
    for step in 0..150 {
        let rows = s![step % 3 * 200..step % 3 * 200 + 200, ..];
        reference::step(&spec, &mut weights, &mut velocity, x.slice(rows), targets.slice(rows), step).unwrap();
    }
    let outputs = reference::outputs(&spec.network, &weights, x.slice(s![600.., ..])).unwrap();
    accuracy(&outputs, &labels[600..]).unwrap()
}

/// With the squared error, few outputs ever rise above the others.
#[test]
fn many_classes_are_learned_better_with_weights() {
    let mean = |loss, rate| (0..4).map(|seed| accuracy_of(loss, rate, seed)).sum::<f64>() / 4.0;
    let (squared, weighted) = (mean(ServerLoss::Squared, 0.4), mean(ServerLoss::WeightedSquared, 0.1));
    println!("squared {squared:.3}, weighted {weighted:.3}");
    // Far above 1/20. In a simulation of six other tables weights gain 9% of the samples, with a deviation of 4%, so of 2%
    // for the mean of four: the margin is more than three of these deviations below.
    assert!(squared > 0.3 && weighted > squared + 0.02, "squared {squared}, weighted {weighted}");
}
