//! The largest of packed logits as a one-hot vector, against the exact one.

use crate::kit::backends::*;
use ndarray::Array2;
use seal_nn::{
    CircuitError, Error, Level,
    backend::{Chain, Circuit, Operation, PlanEvaluator},
    nn::argmax::{Argmax, Comparison},
    program::{KeyHolderRefresh, NoRefresh, PlannedRefresh},
};

const GAP: f64 = 0.05;
/// Of a single comparison.
const ERROR: f64 = 1e-3;
const LEVELS: usize = 8;

/// Logits over their spread; in every sample the largest leads by at least the gap, in every third by just that.
fn logits(samples: usize, classes: usize) -> Array2<f64> {
    let mut x = random_matrix(samples, classes, 5).mapv(|v| (v + 1.0) / 2.0);
    for (i, mut row) in x.rows_mut().into_iter().enumerate() {
        let second = row.iter().copied().fold(0.0, f64::max) * (1.0 - GAP);
        row.mapv_inplace(|v| v * (1.0 - GAP));
        row[(7 * i) % classes] = if i % 3 == 0 { second + GAP } else { 1.0 };
    }
    x
}

fn check<B: Backend>(classes: usize) {
    let comparison = Comparison::new(GAP, ERROR).unwrap();
    let samples = 32;
    let argmax = Argmax::new(&comparison, classes, samples, B::DEGREE / 2).unwrap();
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(B::DEGREE, LEVELS, 40).unwrap()));
    let input = plan.backend().input(Level(LEVELS));
    argmax.one_hot(&plan, &input, &mut PlannedRefresh::new(plan.backend(), Level(LEVELS))).unwrap();
    let products = plan.meter().take().count(Operation::MultiplyCiphertexts);
    let (c, holder) = B::pair(LEVELS, &plan.backend().rotations());
    let x = logits(samples, classes);
    let packed = send(&c, &holder, &argmax.layout().pack(x.view()).unwrap()[0], Level(LEVELS));
    let mut refresh = KeyHolderRefresh::new(&holder, c.backend(), Level(LEVELS), |_: &mut [Vec<f64>]| Ok(()));
    let y = argmax.one_hot(&c, &packed, &mut refresh).unwrap();
    let refreshes = refresh.count();
    assert_eq!(Some(refreshes), argmax.refreshes(LEVELS, LEVELS));
    let y = read(&holder, &y);
    let one_hot = argmax.layout().unpack(std::slice::from_ref(&y)).unwrap();
    let expected: Vec<usize> = (0..samples).map(|i| (7 * i) % classes).collect();
    let of = |i: usize, class: usize| if expected[i] == class { 1.0 } else { 0.0 };
    let off = one_hot.indexed_iter().map(|((i, class), y)| (y - of(i, class)).abs()).fold(0.0, f64::max);
    println!("K = {classes}: {} levels, {products} products, {refreshes} refreshes, off by {off:.1e}", argmax.levels());
    // Every comparison of the winner may be off by ERROR. Noise: at the gap the first two polynomials are 4.5 times as
    // steep as the identity, later ones flatter: some hundred roundings, far below.
    assert!(off <= (classes - 1) as f64 * ERROR + 1e-5);
    assert_eq!(argmax.decisions(y).unwrap(), expected.into_iter().map(Some).collect::<Vec<_>>());
}

#[test]
fn one_hot_on_clear() {
    for classes in [2, 3, 7, 10] {
        check::<Clear>(classes);
    }
}

#[test]
fn one_hot_on_seal() {
    for classes in [3, 10] {
        check::<Seal>(classes);
    }
}

/// Within the gap nobody wins, and nobody else does either.
#[test]
fn what_is_too_close_is_not_decided() {
    let argmax = Argmax::new(&Comparison::new(GAP, ERROR).unwrap(), 3, 2, DEGREE / 2).unwrap();
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, argmax.levels(), 40).unwrap()));
    argmax.one_hot(&plan, &plan.backend().input(Level(argmax.levels())), &mut NoRefresh).unwrap();
    let (c, holder) = Clear::pair(argmax.levels(), &plan.backend().rotations());
    let x = ndarray::arr2(&[[0.9, 0.2, 0.9], [0.1, 0.6, 0.3]]);
    let packed = send(&c, &holder, &argmax.layout().pack(x.view()).unwrap()[0], Level(argmax.levels()));
    let y = argmax.one_hot(&c, &packed, &mut NoRefresh).unwrap();
    assert_eq!(argmax.decisions(read(&holder, &y)).unwrap(), [None, Some(1)]);
    // Without a refresh fewer levels do not do.
    let packed = send(&c, &holder, &argmax.layout().pack(x.view()).unwrap()[0], Level(5));
    assert!(matches!(
        argmax.one_hot(&c, &packed, &mut NoRefresh),
        Err(Error::Circuit(CircuitError::NoLevelLeft { .. }))
    ));
}

#[test]
fn nonsense_is_refused() {
    let comparison = Comparison::new(GAP, ERROR).unwrap();
    for (classes, samples, slots) in [(1, 4, 64), (3, 0, 64), (10, 32, 4096), (usize::MAX, 1, 64)] {
        assert!(Argmax::new(&comparison, classes, samples, slots).is_err());
    }
}
