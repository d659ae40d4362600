//! The published alternatives: the same checks as for our layouts, and their counts (docs/packing.md, "Published
//! alternatives").

use crate::kit::{backends::*, training::*};
use seal_nn::{
    Rotation,
    backend::{Chain, Circuit, Operation, SealEvaluator, SealKeyHolder},
    nn::{
        layout::{Axes, GradientMode, LayoutKind, TrainingLayout},
        training::TrainingSetup,
    },
    packing::{AxisShape, Role},
    program::Plan,
    seal::Parameters,
};

/// Rotations, relinearisations, ciphertext products and levels of a step.
fn counts<L: TrainingLayout>(layout: &L, network: &str, degree: usize, batch: usize) -> (usize, usize, usize, usize) {
    let spec = spec(network, "square:0.75", false, 0.75);
    let training = TrainingSetup::new(&spec, batch).on(layout.clone()).unwrap();
    let depth = Plan::depth_of(&training, degree / 2).unwrap();
    let plan = Plan::of(&training, &Chain::nominal(degree, depth, SCALE_BITS).unwrap()).unwrap();
    let operations = &plan.operations;
    let count = |operation| operations.count(operation);
    (operations.rotations(), count(Operation::Relinearize), count(Operation::MultiplyCiphertexts), plan.depth)
}

fn counts_of(kind: LayoutKind, network: &str, degree: usize, batch: usize) -> (usize, usize, usize, usize) {
    let layout = kind.layout(&spec(network, "square:0.75", false, 0.75).network, degree / 2, batch).unwrap();
    counts(&layout, network, degree, batch)
}

#[test]
fn row_column() {
    check::<Clear>(LayoutKind::RowColumn, &spec("4-8-3", "square:0.75", false, 0.75), 5);
    check::<Clear>(LayoutKind::RowColumn, &spec("3-5-2", "tanh", true, 0.5), 3);
    check::<Clear>(LayoutKind::RowColumn, &spec("3-4-5-2", "square:0.25", false, 0.5), 2);
    gradient_is_finite_differences(LayoutKind::RowColumn, "3-4-2", "square:0.75", 3);
}

/// The spec lays q outermost, the hidden units: 11 rotations and 7 levels. P outermost, which two of the three sums run
/// along, saves a mask, and a rotation too for this network: that is the baseline.
#[test]
fn row_column_counts() {
    for (batch, spec_counts, better) in
        [(1, (11, 7, 7, 7), (10, 7, 7, 6)), (128, (1408, 642, 896, 7), (1280, 642, 896, 6))]
    {
        use Role::{B, P, Q};
        let shape = AxisShape { order: [Q, P, B], sizes: [4, 8, 1], guards: [false; 3] };
        let network = spec("4-8-3", "square:0.75", false, 0.75).network;
        let as_in_the_spec = Axes::with_shape(&network, DEGREE / 2, shape, GradientMode::Early).unwrap();
        assert_eq!(counts(&as_in_the_spec, "4-8-3", DEGREE, batch), spec_counts);
        assert_eq!(counts_of(LayoutKind::RowColumn, "4-8-3", DEGREE, batch), better);
    }
}

#[test]
fn naive() {
    check::<Clear>(LayoutKind::Naive, &spec("4-8-3", "square:0.75", false, 0.75), 120);
    check::<Clear>(LayoutKind::Naive, &spec("3-5-2", "poly:0.2,0.5,-0.3", true, 0.0), 17);
    check::<Clear>(LayoutKind::Naive, &spec("2-7-5", "tanh", false, 0.5), 1);
    gradient_is_finite_differences(LayoutKind::Naive, "3-4-2", "poly:0.2,0.5,-0.3", 9);
}

#[test]
fn on_seal() {
    let kinds = [
        (LayoutKind::RowColumn, 3),
        (LayoutKind::Naive, 120),
        (LayoutKind::HaleviShoup, 120),
        (LayoutKind::DiagonalPacked, 120),
    ];
    for (kind, live) in kinds {
        check::<Seal>(kind, &spec("4-8-3", "square:0.75", false, 0.75), live);
    }
}

/// Slopes join the inputs early, which saves a level at the same counts.
#[test]
fn naive_counts() {
    assert_eq!(counts_of(LayoutKind::Naive, "4-8-3", DEGREE, 128), (232, 39, 39, 8));
    assert_eq!(counts_of(LayoutKind::Naive, "4-8-3", DEGREE, 1), (78, 39, 39, 7));
}

#[test]
fn packed_diagonals() {
    for kind in [LayoutKind::HaleviShoup, LayoutKind::DiagonalPacked] {
        check::<Clear>(kind, &spec("4-8-3", "square:0.75", false, 0.75), 120);
        check::<Clear>(kind, &spec("9-5-2", "poly:0.2,0.5,-0.3", true, 0.0), 70); // three blocks
        check::<Clear>(kind, &spec("2-7-5", "tanh", false, 0.5), 1);
        gradient_is_finite_differences(kind, "3-4-2", "poly:0.2,0.5,-0.3", 9);
    }
}

/// Slopes join the inputs early, which saves a level, and padding takes no rotations: `W2^T` has only 3 columns, and so
/// do the sums of the transposed product (9 rotations instead of 14).
#[test]
fn packed_diagonals_counts() {
    assert_eq!(counts_of(LayoutKind::HaleviShoup, "4-8-3", DEGREE, 128), (60, 7, 7, 8));
    assert_eq!(counts_of(LayoutKind::DiagonalPacked, "4-8-3", DEGREE, 128), (53, 7, 7, 8));
}

#[test]
fn e2dm() {
    check::<Clear>(LayoutKind::E2dm, &spec("4-8-3", "square:0.75", false, 0.75), 120);
    check::<Clear>(LayoutKind::E2dm, &spec("5-4-2", "poly:0.2,0.5,-0.3", true, 0.0), 17);
    check::<Clear>(LayoutKind::E2dm, &spec("2-3-4", "tanh", false, 0.5), 1);
    gradient_is_finite_differences(LayoutKind::E2dm, "3-4-2", "poly:0.2,0.5,-0.3", 9);
}

#[test]
fn hetal() {
    check::<Clear>(LayoutKind::Hetal, &spec("4-8-3", "square:0.75", false, 0.75), 120);
    check::<Clear>(LayoutKind::Hetal, &spec("5-4-2", "poly:0.2,0.5,-0.3", true, 0.0), 17);
    check::<Clear>(LayoutKind::Hetal, &spec("2-3-4", "tanh", false, 0.5), 1);
    gradient_is_finite_differences(LayoutKind::Hetal, "3-4-2", "poly:0.2,0.5,-0.3", 9);
}

/// E2DM and HETAL need N = 32768, with keys of 100 MB each: a network of two by two, on a batch that takes the
/// copies too.
#[test]
#[ignore = "takes gigabytes of keys"]
fn deep_ones_on_seal() {
    struct Large;

    impl Backend for Large {
        type Evaluator = SealEvaluator;
        type Holder = SealKeyHolder;
        const DEGREE: usize = 32768;
        const SCALE_BITS: u32 = SCALE_BITS;

        fn pair(depth: usize, steps: &[Rotation]) -> (Circuit<SealEvaluator>, SealKeyHolder) {
            let parameters = Parameters::builder().depth(depth, SCALE_BITS).degree(Self::DEGREE).build().unwrap();
            let holder = SealKeyHolder::generate(&parameters).unwrap();
            let keys = holder.evaluation_keys(steps).unwrap();
            (Circuit::new(SealEvaluator::new(&parameters, &keys).unwrap()), holder)
        }
    }

    let spec = spec("2-2-2", "square:0.5", false, 0.5);
    for kind in [LayoutKind::E2dm, LayoutKind::Hetal] {
        training_step::<Large>(&spec, 3, kind.layout(&spec.network, Large::DEGREE / 2, 3).unwrap());
    }
}

/// The spec has 254 rotations: here the client applies tau to the inputs (14 less), and sigma, tau and the
/// transpositions move only what is not padding.
#[test]
fn e2dm_counts() {
    assert_eq!(counts_of(LayoutKind::E2dm, "4-8-3", 32768, 128), (206, 7, 42, 13));
    // Nothing but padding is left out: 240.
    assert_eq!(counts_of(LayoutKind::E2dm, "8-8-8", 32768, 128), (240, 7, 42, 13));
}

/// The published rotations in this tile are 251: here sums over columns add those alone that carry data (16 less) and
/// leave copies alone (16 less), and the rotations of the gradients' inputs are shared (8 less); the transposition
/// fills those copies too (13 rotations instead of 10).
#[test]
fn hetal_counts() {
    assert_eq!(counts_of(LayoutKind::Hetal, "4-8-3", 32768, 128), (214, 34, 34, 13));
}
