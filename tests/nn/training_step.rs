//! One encrypted training step against the plain one, for both layouts and all activations, on every backend.

use crate::kit::{backends::*, training::*};
use seal_nn::{
    Level,
    backend::{Chain, Operation, Tallies},
    nn::{
        layout::{
            Axes, GradientMode, Layout,
            LayoutKind::{self, Axis, Diagonal, Merged},
            TrainingLayout, axis_shapes,
        },
        training::{TrainingSetup, TrainingSpec},
    },
    packing::{AxisShape, Role},
    program::Plan,
};

#[test]
fn backward_passes_are_finite_differences() {
    for activation in ["square:0.75", "poly:0.2,0.5,-0.3", "tanh"] {
        gradient_is_finite_differences(Merged, "3-4-2", activation, 9);
        gradient_is_finite_differences(Diagonal, "3-4-2", activation, 9);
        gradient_is_finite_differences(Axis, "3-4-2", activation, 9);
        gradient_is_finite_differences(Diagonal, "2-3-5-2", activation, 9);
    }
}

/// The same with weight decay, which a rate of 1.5 makes 15% a step.
fn decaying(spec: TrainingSpec) -> TrainingSpec {
    TrainingSpec { optimizer: spec.optimizer.with_l2(0.1).unwrap(), ..spec }
}

#[test]
fn weight_decay_on_clear() {
    for kind in LayoutKind::ALL {
        for momentum in [0.0, 0.75] {
            let spec = decaying(spec("4-8-3", "square:0.75", false, momentum));
            check::<Clear>(kind, &spec, 60);
        }
    }
    check::<Clear>(Diagonal, &decaying(spec("3-4-5-2", "square:0.25", true, 0.5)), 20);
}

#[test]
fn weight_decay_on_seal() {
    check::<Seal>(Merged, &decaying(spec("4-8-3", "square:0.75", false, 0.75)), 120);
}

/// One plaintext product and one rescale a ciphertext, no level, no rotation; nothing at all without weight decay.
#[test]
fn weight_decay_costs_one_plaintext_product_a_ciphertext() {
    let plain = spec("4-8-3", "square:0.75", false, 0.75);
    for kind in LayoutKind::ALL {
        let layout = kind.layout(&plain.network, DEGREE / 2, 120).unwrap();
        let plan = |spec: &TrainingSpec| {
            let training = TrainingSetup::new(spec, 120).on(layout.clone()).unwrap();
            Plan::of(&training, &Chain::nominal(DEGREE, 8, SCALE_BITS).unwrap()).unwrap()
        };
        let (without, with) = (plan(&plain), plan(&decaying(plain.clone())));
        let counts = |plan: &Plan, operation| plan.operations.count(operation);
        for operation in [Operation::MultiplyPlain, Operation::Rescale] {
            assert_eq!(counts(&with, operation) - counts(&without, operation), layout.weight_ciphertexts(), "{kind}");
        }
        for operation in [Operation::Rotate, Operation::RotateHoisted, Operation::Relinearize] {
            assert_eq!(counts(&with, operation), counts(&without, operation), "{kind}: {operation}");
        }
        assert_eq!((with.depth, with.rotations()), (without.depth, without.rotations()), "{kind}");
    }
}

/// Sums over a batch of one are none, so that nothing masks them; dimensions that are no powers of two leave padding.
#[test]
fn a_single_sample_on_clear() {
    for kind in LayoutKind::ALL {
        check::<Clear>(kind, &spec("4-8-3", "square:0.75", false, 0.75), 1);
        check::<Clear>(kind, &spec("5-7-3", "poly:0.2,0.5,-0.3", true, 0.0), 1);
    }
}

#[test]
fn merged_on_clear() {
    check::<Clear>(Merged, &spec("4-8-3", "square:0.75", false, 0.75), 120);
    check::<Clear>(Merged, &spec("4-8-3", "square:0.75", true, 0.75), 60);
    check::<Clear>(Merged, &spec("3-5-2", "poly:0.2,0.5,-0.3", true, 0.0), 17);
    check::<Clear>(Merged, &spec("2-7-5", "sigmoid", false, 0.5), 33);
    check::<Clear>(Merged, &spec("4-8-3", "tanh", false, 0.5), 33);
}

#[test]
fn diagonal_on_clear() {
    check::<Clear>(Diagonal, &spec("4-8-3", "square:0.75", false, 0.75), 120);
    check::<Clear>(Diagonal, &spec("4-8-3", "square:0.75", true, 0.0), 60);
    check::<Clear>(Diagonal, &spec("9-3-2", "poly:0.2,0.5,-0.3", true, 0.0), 17);
    check::<Clear>(Diagonal, &spec("2-7-5", "sigmoid", false, 0.5), 33);
    check::<Clear>(Diagonal, &spec("3-4-5-2", "square:0.25", false, 0.5), 20);
}

#[test]
fn merged_on_seal() {
    check::<Seal>(Merged, &spec("4-8-3", "square:0.75", false, 0.75), 120);
    check::<Seal>(Merged, &spec("2-7-5", "sigmoid", true, 0.0), 33);
}

#[test]
fn diagonal_on_seal() {
    check::<Seal>(Diagonal, &spec("4-8-3", "square:0.75", false, 0.75), 120);
}

/// All orders, guards, tile sizes and gradient modes of the axis layout that a small batch has, on small networks, some
/// with several tiles and blocks: the step is right and its counts are those of the formulas.
#[test]
fn axes_on_clear() {
    for (network, activation, live) in
        [("3-4-2", "square:0.75", 12), ("5-3-4", "poly:0.2,0.5,-0.3", 9), ("2-3-4-2", "square:0.25", 6)]
    {
        let spec = spec(network, activation, false, 0.5);
        let all = axis_shapes(&spec.network, DEGREE / 2, live).unwrap();
        // Every seventh: they are hundreds, and seven divides none of the numbers that make them.
        for candidate in all.iter().step_by(if spec.network.layers() == 2 { 7 } else { 29 }) {
            let layout = Axes::with_shape(&spec.network, DEGREE / 2, candidate.shape, candidate.gradient).unwrap();
            let chain = Chain::nominal(DEGREE, candidate.depth, SCALE_BITS).unwrap();
            let training = TrainingSetup::new(&spec, live).on(layout.clone()).unwrap();
            let plan = Plan::of(&training, &chain).unwrap_or_else(|e| panic!("{candidate:?}: {e}"));
            assert_eq!(plan.depth, candidate.depth, "{candidate:?}");
            // By level, with all but the plaintext products of activations and update.
            for operation in [Operation::Rotate, Operation::Relinearize, Operation::MultiplyCiphertexts] {
                let at_levels = |tallies: &Tallies| -> Vec<(Level, usize)> {
                    let of_kind = tallies.iter().filter(|(o, ..)| *o == operation);
                    of_kind.map(|(_, level, tally)| (level, tally.count)).collect()
                };
                let (counts, formulas) = (at_levels(&plan.operations), at_levels(&candidate.operations));
                assert_eq!(counts, formulas, "{operation}: {candidate:?}");
            }
            training_step::<Clear>(&spec, live, Layout::Axes(layout));
        }
    }
}

#[test]
fn axes_on_seal() {
    for (spec, live) in
        [(spec("4-8-3", "square:0.75", false, 0.75), 120), (spec("13-8-3", "square:0.5", true, 0.7), 100)]
    {
        check::<Seal>(Axis, &spec, live);
    }
}

/// Counts of a simulation of the axis layouts, found among the candidates: (order, sizes, guards, gradient), N, batch,
/// rotations, relinearisations, depth.
#[test]
fn axis_counts_are_those_of_the_simulation() {
    use GradientMode::{Delta, Early};
    use Role::{B, P, Q};
    let rows = [
        ("4-8-3", 16384, 128, [P, Q, B], [4, 8], [false, false, true], Early, (26, 7, 6)),
        ("4-8-3", 32768, 128, [B, Q, P], [4, 8], [true, true, false], Early, (24, 7, 5)),
        ("4-16-3", 16384, 128, [P, Q, B], [2, 16], [false, false, true], Early, (50, 11, 6)),
        ("31-16-2", 32768, 128, [B, Q, P], [8, 16], [false, false, false], Delta, (55, 10, 9)),
        ("31-16-2", 16384, 128, [B, Q, P], [2, 16], [true, false, false], Delta, (131, 22, 7)),
        ("62-32-10", 16384, 256, [B, Q, P], [1, 32], [false, false, false], Delta, (676, 86, 7)),
        ("62-32-10", 32768, 256, [B, Q, P], [8, 32], [false, false, false], Delta, (188, 34, 9)),
        ("4-8-8-3", 32768, 128, [B, Q, P], [8, 8], [true, false, false], Delta, (45, 12, 12)),
    ];
    for (network, degree, batch, order, sizes, guards, gradient, counts) in rows {
        let spec = spec(network, "square:0.5", false, 0.5);
        let shape = AxisShape::filling(degree / 2, order, sizes, guards).unwrap();
        let found = axis_shapes(&spec.network, degree / 2, batch).unwrap();
        let found = found.iter().find(|c| c.shape == shape && c.gradient == gradient).unwrap();
        let operations = &found.operations;
        let formulas = (operations.rotations(), operations.count(Operation::Relinearize), found.depth);
        assert_eq!(formulas, counts, "{network} {shape:?}");
    }
}

#[test]
fn counts_are_those_of_the_reference() {
    let spec = spec("4-8-3", "square:0.75", false, 0.75);
    let chain = |depth| Chain::nominal(DEGREE, depth, SCALE_BITS).unwrap();
    use seal_nn::backend::Operation::*;

    let plan = |kind: LayoutKind, levels| {
        let training = TrainingSetup::new(&spec, 120).on(kind.layout(&spec.network, 8192, 120).unwrap()).unwrap();
        Plan::of(&training, &chain(levels)).unwrap()
    };
    let merged = plan(Merged, 6);
    let counts = &merged.operations;
    assert_eq!((merged.depth, counts.rotations(), counts.count(RotateHoisted)), (6, 20, 2));
    assert_eq!((counts.count(Relinearize), counts.count(MultiplyCiphertexts)), (6, 7));
    assert_eq!((counts.count(MultiplyPlain), counts.count(Rescale)), (7, 13));
    assert_eq!(merged.rotations().len(), 19);

    let diagonal = plan(Diagonal, 7);
    let counts = &diagonal.operations;
    assert_eq!((diagonal.depth, counts.rotations(), counts.count(Relinearize)), (7, 125, 13));
    assert_eq!(counts.count(MultiplyCiphertexts), 22);
}
