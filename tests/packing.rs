//! Packed matrices against plain ones: random shapes on clear slots, some of them on SEAL.

mod common;

use common::*;
use ndarray::Array2;
use proptest::prelude::*;
use seal_nn::{
    Level, Step,
    backend::{Chain, Circuit, Evaluate, PlanEvaluator, Slots},
    packing::{DiagonalLayout, MatrixShape, PackedMatrix},
};

const SLOTS: usize = DEGREE / 2;
const DEPTH: usize = 3;

/// Everything a layer does, on any backend; gives back what the key holder reads.
fn layer<E: Evaluate>(
    c: &Circuit<E>,
    layout: &DiagonalLayout,
    w: &PackedMatrix<E::Ciphertext>,
    plain: &PackedMatrix<Slots>,
    x: &E::Ciphertext,
    d: &E::Ciphertext,
) -> seal_nn::Result<Layer<E::Ciphertext>> {
    let rotated = layout.rotations(c, x, w.shape)?;
    let gradient = layout.outer_product(c, d, &rotated, Level(2))?;
    Ok(Layer {
        product: layout.product(c, w, &rotated)?,
        plain_product: layout.plain_product(c, plain, x)?,
        transposed: layout.transposed_product(c, &layout.transpose(c, w, Level(2))?, d)?,
        gradient: layout.batch_sum(c, gradient, &layout.batch_mask(0.5))?,
    })
}

struct Layer<C> {
    product: C,
    plain_product: C,
    transposed: C,
    gradient: Vec<C>,
}

/// The rotations that a plan of the layer asks for.
fn planned_steps(layout: &DiagonalLayout, shape: MatrixShape) -> Vec<Step> {
    let c = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, DEPTH, SCALE_BITS).unwrap()));
    let (x, d) = (c.backend().input(Level(3)), c.backend().input(Level(2)));
    let w = PackedMatrix { shape, diagonals: vec![x.clone(); shape.diagonals()] };
    let plain = PackedMatrix { shape, diagonals: vec![1.0.into(); shape.diagonals()] };
    layer(&c, layout, &w, &plain, &x, &d).unwrap();
    c.backend().steps()
}

/// Compares all slots, so that padding must be zero and copies must be right.
fn check<B: Backend>(rows: usize, columns: usize, samples: usize) {
    let shape = MatrixShape { rows, columns };
    let layout = DiagonalLayout::new(SLOTS, rows.max(columns), samples).unwrap();
    let (c, holder) = B::pair(DEPTH, &planned_steps(&layout, shape));
    let w = random_matrix(rows, columns, 1);
    let x = random_matrix(samples, columns, 2);
    let d = random_matrix(samples, rows, 3);

    let packed = layout.pack_matrix(w.view());
    assert_close("unpacked", layout.unpack_matrix(&packed, shape).as_slice().unwrap(), w.iter().copied(), 1e-12);
    let diagonals = packed.iter().map(|v| send(&c, &holder, v, Level(3))).collect();
    let plain = packed.into_iter().map(Slots::from).collect();
    let results = layer(
        &c,
        &layout,
        &PackedMatrix { shape, diagonals },
        &PackedMatrix { shape, diagonals: plain },
        &send(&c, &holder, &layout.pack_batch(x.view()), Level(3)),
        &send(&c, &holder, &layout.pack_batch(d.view()), Level(2)),
    )
    .unwrap();

    // A sum of n products of values within [-1, 1], each with the roundings of a rotation, of both operands' level
    // drops and of the rescale: 13 sd of 4 n of them; the folding rotations add as many again.
    let tolerance = |terms: usize| 13.0 * ROUNDING * (8.0 * terms as f64).sqrt();
    let name = format!("{rows} x {columns}, {samples} samples");
    let vector = |what: &str, actual: &_, expected: Array2<f64>, terms: usize| {
        let expected = layout.pack_batch(expected.view());
        assert_close(&format!("{name}: {what}"), &read(&holder, actual), expected, tolerance(terms));
    };
    vector("product", &results.product, x.dot(&w.t()), columns);
    vector("product with a matrix in the clear", &results.plain_product, x.dot(&w.t()), columns);
    vector("transposed product", &results.transposed, d.dot(&w), rows);
    let gradient = layout.pack_matrix((d.t().dot(&x) * 0.5).view());
    assert_eq!(results.gradient.len(), gradient.len());
    for (actual, expected) in results.gradient.iter().zip(gradient) {
        // Sums over the padded batch, and 2 log2(batch) rotations.
        let tolerance = tolerance(samples.next_power_of_two() + 20);
        assert_close(&format!("{name}: gradient"), &read(&holder, actual), expected, tolerance);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_shape_on_clear(rows in 1usize..20, columns in 1usize..20, samples in 1usize..140) {
        check::<Clear>(rows, columns, samples);
    }
}

#[test]
fn wide_and_tall_on_seal() {
    check::<Seal>(3, 8, 5);
    check::<Seal>(6, 2, 3);
}

#[test]
fn what_does_not_fit_says_how_many_slots_it_needs() {
    assert_eq!(DiagonalLayout::new(SLOTS, 100, 100), Err(128 * 128));
    assert!(DiagonalLayout::new(SLOTS, 64, 128).is_ok());
}
