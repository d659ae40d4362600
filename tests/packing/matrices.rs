//! Packed matrices against plain ones, whatever their layouts: random shapes on clear slots, some of them on SEAL.

use crate::kit::backends::*;
use ndarray::Array2;
use proptest::prelude::*;
use seal_nn::{
    Error, Level, PackingError, Result,
    backend::{Chain, Circuit, Evaluate, Operation, PlanEvaluator, Slots},
    packing::{
        AxisLayout, AxisShape, Conversion, DiagonalLayout, DiagonalMatrix, Half, Index, MatrixLayout, MergedLayout,
        Product, Role, SlotAxis, SumMode,
    },
};

const SLOTS: usize = DEGREE / 2;
const DEPTH: usize = 3;

/// A packed program of one or more operands, for any backend.
trait Program {
    fn run<E: Evaluate>(&self, c: &Circuit<E>, operands: &[Vec<E::Ciphertext>]) -> Result<Vec<E::Ciphertext>>;
}

impl Program for Product {
    fn run<E: Evaluate>(&self, c: &Circuit<E>, operands: &[Vec<E::Ciphertext>]) -> Result<Vec<E::Ciphertext>> {
        self.apply(c, &operands[0], &operands[1])
    }
}

impl Program for Conversion {
    fn run<E: Evaluate>(&self, c: &Circuit<E>, operands: &[Vec<E::Ciphertext>]) -> Result<Vec<E::Ciphertext>> {
        self.apply(c, &operands[0])
    }
}

/// Runs a program on packed matrices, with keys for the rotations that its plan asks for, and compares every slot of
/// the result with what `expected` is in its layout: padding must be zero, copies must be right.
fn check<B: Backend>(
    name: &str,
    program: &impl Program,
    operands: &[(&MatrixLayout, &Array2<f64>)],
    (result, expected): (&MatrixLayout, &Array2<f64>),
    tolerance: f64,
) {
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, DEPTH, SCALE_BITS).unwrap()));
    let inputs: Vec<_> =
        operands.iter().map(|(layout, _)| vec![plan.backend().input(Level(DEPTH)); layout.ciphertexts()]).collect();
    program.run(&plan, &inputs).unwrap();

    let (c, holder) = B::pair(DEPTH, &plan.backend().rotations());
    let inputs: Vec<_> = operands
        .iter()
        .map(|(layout, m)| send_all(&c, &holder, &layout.pack(m.view()).unwrap(), Level(DEPTH)))
        .collect();
    let outputs = read_all(&holder, &program.run(&c, &inputs).unwrap());
    let known = |slots: &[f64]| -> Vec<f64> {
        (0..slots.len()).filter(|&slot| !result.holds_anything(slot)).map(|slot| slots[slot]).collect()
    };
    assert_eq!(outputs.len(), result.ciphertexts(), "{name}");
    for (i, (actual, expected)) in outputs.iter().zip(result.pack(expected.view()).unwrap()).enumerate() {
        assert_close(&format!("{name}: ciphertext {i}"), &known(actual), known(&expected), tolerance);
    }
    let read_back = result.unpack(&outputs).unwrap() - expected;
    assert!(read_back.iter().all(|d| d.abs() <= tolerance), "{name}: unpacked");
}

/// A sum of products of values within [-1, 1], each with the roundings of a rotation, of both operands' level drops and
/// of the rescale: 13 sd of 4 a term; the rotations of the sums add as many again.
fn tolerance(terms: usize) -> f64 {
    13.0 * ROUNDING * (8.0 * terms.next_power_of_two() as f64).sqrt()
}

/// Matrices for a layer of this shape: weights, inputs, errors.
fn matrices(outputs: usize, inputs: usize, samples: usize) -> [Array2<f64>; 3] {
    [random_matrix(outputs, inputs, 1), random_matrix(samples, inputs, 2), random_matrix(samples, outputs, 3)]
}

/// The forward product, the product back and the gradient, where inputs, weights and errors lie so that all three can
/// be formed without a conversion.
fn check_layer<B: Backend>(
    name: &str,
    x: &MatrixLayout,
    w: &MatrixLayout,
    d: &MatrixLayout,
    // Positions that a sum over inputs, outputs and samples takes in: those of padding bring noise as well.
    summed: [usize; 3],
) {
    let ((outputs, inputs), samples) = (w.shape(), x.shape().0);
    let [weights, values, errors] = matrices(outputs, inputs, samples);

    let forward = Product::new(x, w).unwrap();
    let expected = values.dot(&weights.t());
    check::<B>(
        &format!("{name}, forward"),
        &forward,
        &[(x, &values), (w, &weights)],
        (forward.result(), &expected),
        tolerance(summed[0]),
    );

    let read = w.transposed();
    let backward = Product::new(d, &read).unwrap();
    check::<B>(
        &format!("{name}, backward"),
        &backward,
        &[(d, &errors), (&read, &weights.t().to_owned())],
        (backward.result(), &errors.dot(&weights)),
        tolerance(summed[1]),
    );

    let (left, right) = (d.transposed(), x.transposed());
    let gradient = Product::new(&left, &right).unwrap();
    check::<B>(
        &format!("{name}, gradient"),
        &gradient,
        &[(&left, &errors.t().to_owned()), (&right, &values.t().to_owned())],
        (gradient.result(), &errors.t().dot(&values)),
        tolerance(summed[2]),
    );
    // It lies as the weights do, so that it can be taken from them.
    assert_eq!(gradient.result().entries().unwrap(), w.entries().unwrap(), "{name}");
}

fn check_axes<B: Backend>(shape: AxisShape, l: usize, outputs: usize, inputs: usize, samples: usize) {
    let Ok(axes) = AxisLayout::new(SLOTS, &shape) else { return };
    let x = axes.batch(samples, Role::of_inputs(l), inputs);
    let d = axes.batch(samples, Role::of_inputs(l + 1), outputs);
    let summed = [(inputs, Role::of_inputs(l)), (outputs, Role::of_inputs(l + 1)), (samples, Role::B)]
        .map(|(length, role)| length.next_multiple_of(axes.size(role)));
    check_layer::<B>(&format!("{shape}: {outputs} x {inputs}"), &x, &axes.matrix(l, outputs, inputs), &d, summed);
}

/// With giant steps the parts of forward and backward product are still to be added, so those are checked as they are
/// used, and the gradient here.
fn check_diagonals<B: Backend>(outputs: usize, inputs: usize, samples: usize) {
    let layout = DiagonalLayout::new(SLOTS, outputs.max(inputs), samples).unwrap();
    let w = DiagonalMatrix::new(outputs, inputs);
    let name = format!("diagonals, {outputs} x {inputs}, {samples} samples");
    let [weights, values, errors] = matrices(outputs, inputs, samples);
    let x = layout.factor(samples, w);
    let product = Product::new(&x, &layout.matrix(w)).unwrap();
    check::<B>(
        &format!("{name}, forward"),
        &product,
        &[(&x, &values), (&layout.matrix(w), &weights)],
        (&layout.batch(samples, outputs), &values.dot(&weights.t())),
        tolerance(inputs),
    );
    let (transposed, d) = (layout.transposed_matrix(w).transposed(), layout.turned_back(samples, w));
    let product = Product::new(&d, &transposed).unwrap();
    check::<B>(
        &format!("{name}, backward"),
        &product,
        &[(&d, &errors), (&transposed, &weights.t().to_owned())],
        (&layout.batch(samples, inputs), &errors.dot(&weights)),
        tolerance(outputs),
    );
    for w in [w, w.with_giant_steps()] {
        let (d, x) = (layout.transposed_factor(samples, w).transposed(), layout.factor(samples, w).transposed());
        let product = Product::new(&d, &x).unwrap();
        let expected = errors.t().dot(&values);
        check::<B>(
            &format!("{name}, gradient, {} baby steps", w.baby_steps()),
            &product,
            &[(&d, &errors.t().to_owned()), (&x, &values.t().to_owned())],
            (&layout.matrix(w), &expected),
            tolerance(samples),
        );
    }
}

/// Layouts of one matrix, `rows x columns`, of every kind there is.
fn layouts_of(rows: usize, columns: usize) -> Vec<MatrixLayout> {
    let diagonals = DiagonalLayout::new(SLOTS, rows.max(columns), 16).unwrap();
    let w = DiagonalMatrix::new(rows, columns);
    let shape = |order, sizes, guards| {
        AxisLayout::new(SLOTS, &AxisShape::filling(SLOTS, order, sizes, guards).unwrap()).unwrap()
    };
    let merged = MergedLayout::new(SLOTS, [columns, rows, 2], 8).unwrap();
    use Role::{B, P, Q};
    let n = rows.max(columns).next_power_of_two();
    let (f, k) = (SlotAxis::new(n, 4).unwrap(), SlotAxis::new(n, 4 * n).unwrap());
    vec![
        diagonals.matrix(w),
        diagonals.matrix(w.with_giant_steps()),
        diagonals.transposed_matrix(w),
        shape([B, Q, P], [4, 8], [true, false, false]).matrix(0, rows, columns),
        shape([P, B, Q], [2, 4], [false, true, true]).matrix(1, rows, columns),
        merged.weights()[0].clone(),
        merged.half(Half::Second).transposed(), // one number; left out below unless the matrix is one
        // All diagonals in one ciphertext; rows, one a ciphertext; all entries in a row.
        MatrixLayout::new(SLOTS, Index::new(rows).along(f), Index::new(columns).along(f).along(k).modulo(n)),
        MatrixLayout::new(SLOTS, Index::new(rows).over(0, 1), Index::new(columns).along(f)).grid(&[rows]),
        MatrixLayout::new(SLOTS, Index::new(rows).along(k), Index::new(columns).along(f))
            .only(SlotAxis::new(SLOTS / (4 * n * n), 4 * n * n).unwrap(), 0..1),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn diagonals_of_any_shape_on_clear(rows in 1usize..20, columns in 1usize..20, samples in 1usize..140) {
        check_diagonals::<Clear>(rows, columns, samples);
    }

    #[test]
    fn axes_of_any_shape_on_clear(
        order in prop::sample::select(&[
            [Role::B, Role::Q, Role::P], [Role::B, Role::P, Role::Q], [Role::P, Role::Q, Role::B],
            [Role::P, Role::B, Role::Q], [Role::Q, Role::P, Role::B], [Role::Q, Role::B, Role::P],
        ][..]),
        sizes in prop::array::uniform2(0u32..5),
        guards in prop::array::uniform3(any::<bool>()),
        l in 0usize..2,
        dimensions in prop::array::uniform2(1usize..20),
        samples in 1usize..300,
    ) {
        if let Some(shape) = AxisShape::filling(SLOTS, order, sizes.map(|bits| 1 << bits), guards) {
            check_axes::<Clear>(shape, l, dimensions[0], dimensions[1], samples);
        }
    }

    #[test]
    fn any_layout_from_any_other_on_clear(
        rows in 1usize..9, columns in 1usize..9, from in 0usize..10, to in 0usize..10,
    ) {
        let layouts = layouts_of(rows, columns);
        let (from, to) = (&layouts[from], &layouts[to]);
        if from.shape() == (rows, columns) && to.shape() == (rows, columns) {
            let m = random_matrix(rows, columns, 4);
            let conversion = Conversion::new(from, to).unwrap();
            // One mask, of entries 0 and 1, on a sum of rotations of which one counts in each slot.
            check::<Clear>(&format!("{rows} x {columns}"), &conversion, &[(from, &m)], (to, &m), 13.0 * ROUNDING * 2.0);
        }
    }
}

#[test]
fn products_and_conversions_on_seal() {
    check_diagonals::<Seal>(3, 8, 5);
    check_diagonals::<Seal>(6, 2, 3);
    let order = [Role::P, Role::Q, Role::B];
    let shape = AxisShape::filling(SLOTS, order, [4, 8], [false, false, true]).unwrap();
    check_axes::<Seal>(shape, 0, 11, 7, 150);
    let (layouts, m) = (layouts_of(5, 3), random_matrix(5, 3, 4));
    for (from, to) in [(0, 2), (0, 7), (7, 3), (8, 0)] {
        let (from, to) = (&layouts[from], &layouts[to]);
        check::<Seal>("5 x 3", &Conversion::new(from, to).unwrap(), &[(from, &m)], (to, &m), 13.0 * ROUNDING * 2.0);
    }
}

/// The paper's transposition, and BSGS: rotations only.
#[test]
fn turning_diagonals_takes_no_level() {
    let layout = DiagonalLayout::new(SLOTS, 8, 16).unwrap();
    let w = DiagonalMatrix::new(8, 8);
    let free = |from: &MatrixLayout, to: &MatrixLayout| !Conversion::new(from, to).unwrap().is_masked();
    assert!(free(&layout.matrix(w), &layout.transposed_matrix(w)));
    assert!(free(&layout.matrix(w), &layout.matrix(w.with_giant_steps())));
    assert!(free(&layout.batch(5, 8), &layout.factor(5, w)));
    assert!(free(&layout.batch(5, 8), &layout.turned_back(5, w)));
    // The diagonals of one ciphertext are not so easily turned.
    let (f, k) = (SlotAxis::new(8, 16).unwrap(), SlotAxis::new(8, 128).unwrap());
    let skewed = MatrixLayout::new(SLOTS, Index::new(8).along(f), Index::new(8).along(f).along(k).modulo(8));
    assert!(!free(&skewed, &skewed.transposed()));
}

/// A sum over one index, with the sources of each entry named: the skewed sum over the diagonals of one ciphertext.
#[test]
fn entries_are_summed_where_they_are_wanted() {
    let (f, k) = (SlotAxis::new(4, 2).unwrap(), SlotAxis::new(4, 8).unwrap());
    let from = MatrixLayout::new(SLOTS, Index::new(4).along(f), Index::new(4).along(f).along(k).modulo(4));
    let to = MatrixLayout::new(SLOTS, Index::new(1), Index::new(4).along(f));
    let sums = Conversion::summing_entries(&from, &to, 4, |row, (_, column)| (row, column)).unwrap();
    let m = random_matrix(4, 4, 9);
    let expected = m.sum_axis(ndarray::Axis(0)).insert_axis(ndarray::Axis(0));
    check::<Clear>("column sums", &sums, &[(&from, &m)], (&to, &expected), 13.0 * ROUNDING * 4.0);
}

/// A matrix in the clear shares the rotations of one ciphertext.
#[test]
fn a_matrix_in_the_clear_is_one_linear_transform() {
    for (rows, columns) in [(4, 4), (3, 8), (7, 2)] {
        let layout = DiagonalLayout::new(SLOTS, 8, 16).unwrap();
        let w = DiagonalMatrix::new(rows, columns);
        let (batch, factor, matrix) = (layout.batch(16, columns), layout.factor(16, w), layout.matrix(w));
        let turn = Conversion::new(&batch, &factor).unwrap();
        let product = Product::new(&factor, &matrix).unwrap();
        let [weights, values, _] = matrices(rows, columns, 16);
        let plain: Vec<Slots> = matrix.pack(weights.view()).unwrap().into_iter().map(Slots::from).collect();
        let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, DEPTH, SCALE_BITS).unwrap()));
        product.apply_plain(&plan, &turn, None, &plan.backend().input(Level(DEPTH)), &plain).unwrap();
        assert_eq!(plan.meter().take().count(Operation::MultiplyPlain), w.diagonals());
        let (c, holder) = Clear::pair(DEPTH, &plan.backend().rotations());
        let x = send(&c, &holder, &batch.pack(values.view()).unwrap()[0], Level(DEPTH));
        let outputs = read_all(&holder, &product.apply_plain(&c, &turn, None, &x, &plain).unwrap());
        let expected = layout.batch(16, rows).pack(values.dot(&weights.t()).view()).unwrap();
        assert_close("plain matrix", &outputs[0], expected[0].iter().copied(), tolerance(columns));
        assert!(product.apply_plain(&c, &turn, None, &x, &vec![Slots::Constant(0.0); plain.len()]).is_err());
    }
}

/// Baby and giant steps are one linear transform too, with fewer rotations.
#[test]
fn a_matrix_in_the_clear_takes_giant_steps_in_the_same_transform() {
    for (rows, columns) in [(8, 8), (4, 8), (8, 3)] {
        let layout = DiagonalLayout::new(SLOTS, 8, 16).unwrap();
        let w = DiagonalMatrix::new(rows, columns).with_giant_steps();
        let (batch, outputs) = (layout.batch(16, columns), layout.batch(16, rows));
        let (factor, matrix) = (layout.factor(16, w), layout.matrix(w));
        let turn = Conversion::new(&batch, &factor).unwrap();
        let product = Product::new(&factor, &matrix).unwrap();
        let add = Conversion::summing(product.result(), &outputs).unwrap();
        let [weights, values, _] = matrices(rows, columns, 16);
        let plain: Vec<Slots> = matrix.pack(weights.view()).unwrap().into_iter().map(Slots::from).collect();
        let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, DEPTH, SCALE_BITS).unwrap()));
        product.apply_plain(&plan, &turn, Some(&add), &plan.backend().input(Level(DEPTH)), &plain).unwrap();
        let counts = plan.meter().take();
        let babies = counts.count(Operation::RotateHoisted) + counts.count(Operation::Rotate);
        let doublings = (columns.next_power_of_two() / w.diagonals()).trailing_zeros() as usize;
        assert_eq!(babies, w.baby_steps() - 1 + w.giant_steps() - 1 + doublings);
        let (c, holder) = Clear::pair(DEPTH, &plan.backend().rotations());
        let x = send(&c, &holder, &batch.pack(values.view()).unwrap()[0], Level(DEPTH));
        let y = read_all(&holder, &product.apply_plain(&c, &turn, Some(&add), &x, &plain).unwrap());
        let expected = outputs.pack(values.dot(&weights.t()).view()).unwrap();
        assert_close("plain matrix", &y[0], expected[0].iter().copied(), tolerance(columns));
        // What adds is no turn.
        assert!(product.apply_plain(&c, &add, Some(&add), &x, &plain).is_err());
        assert!(product.apply_plain(&c, &turn, Some(&turn), &x, &plain).is_err());
    }
}

#[test]
fn sums_find_their_cheapest_mode() {
    let batch = |b: SlotAxis, f: SlotAxis| MatrixLayout::new(64, Index::new(4).along(b), Index::new(4).along(f));
    let row = |f: SlotAxis| MatrixLayout::new(64, Index::new(1), Index::new(4).along(f));
    let (inner, outer) = (SlotAxis::new(4, 1).unwrap(), SlotAxis::new(4, 16).unwrap());
    let modes = |x: MatrixLayout, w: MatrixLayout| Product::new(&x, &w).unwrap().sum_modes();
    // f outermost; f innermost, with samples above; the same with a guard above f; copies above it only.
    assert_eq!(modes(batch(inner, outer), row(outer)), [SumMode::Cyclic]);
    assert_eq!(modes(batch(outer, inner), row(inner)), [SumMode::Mask]);
    let guard = SlotAxis::new(8, 1).unwrap();
    let guarded = |layout: MatrixLayout| layout.only(guard, 0..4);
    assert_eq!(modes(guarded(batch(outer, inner)), row(inner)), [SumMode::Guard]);
    // A guard that may hold anything is none, unless it meets zeros.
    assert_eq!(modes(guarded(batch(outer, inner)).without_zeros(), row(inner)), [SumMode::Mask]);
    assert_eq!(modes(guarded(batch(outer, inner)).without_zeros(), guarded(row(inner))), [SumMode::Guard]);
    assert_eq!(modes(row(inner), row(inner)), [SumMode::Cyclic]);
}

#[test]
fn what_does_not_meet_is_refused() {
    let (inner, outer) = (SlotAxis::new(4, 1).unwrap(), SlotAxis::new(4, 16).unwrap());
    let along = |axis| MatrixLayout::new(64, Index::new(1), Index::new(4).along(axis));
    let refusal = |result: Result<_>| match result {
        Err(Error::Packing(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("not refused"),
    };
    assert!(matches!(refusal(Product::new(&along(inner), &along(outer)).map(|_| ())), PackingError::NotAligned { .. }));
    let short = MatrixLayout::new(64, Index::new(1), Index::new(3).along(inner));
    assert_eq!(
        refusal(Conversion::new(&short, &along(outer)).map(|_| ())).to_string(),
        "entry (0, 3) of a 1 x 4 matrix in 1 ciphertexts of 64 slots does not occur in a 1 x 3 matrix in 1 ciphertexts of 64 slots"
    );
    let counted = refusal(along(inner).unpack(&[]).map(|_| ()));
    assert!(matches!(counted, PackingError::WrongCount { expected: 1, actual: 0, .. }), "{counted}");
}

#[test]
fn what_does_not_fit_says_how_many_slots_it_needs() {
    let refused = DiagonalLayout::new(SLOTS, 100, 100);
    assert!(matches!(refused, Err(Error::Packing(PackingError::TooFewSlots { needed: 16384, slots: SLOTS }))));
    assert!(DiagonalLayout::new(SLOTS, 64, 128).is_ok());
}
