//! Shapes and sizes that do not fit are refused: nothing is padded, cut off or lost, and nothing panics.

use ndarray::Array2;
use proptest::prelude::*;
use seal_nn::{
    Argument, ArgumentError, CircuitError,
    Error::{Argument as BadArgument, Circuit as BadCircuit, Packing, Setup},
    Level, PackingError, Result, SetupError,
    backend::{Chain, Circuit, PlanEvaluator},
    packing::{
        AxisLayout, AxisShape, Conversion, ConvertedProduct, DiagonalLayout, DiagonalMatrix, Half, Index, MatrixLayout,
        MergedLayout, PackedDiagonals, Product, Role, SkewedSum, SlotAxis,
        baselines::{DiagonalTiles, Form, SquareMatrices, Vector},
        sum_left, sum_right,
    },
};

use crate::{
    kit::refusals::{WrongUse, check, returns},
    wrong_use,
};

const SLOTS: usize = 64;
const HUGE: usize = usize::MAX;

fn circuit() -> Circuit<PlanEvaluator> {
    Circuit::new(PlanEvaluator::new(Chain::nominal(2 * SLOTS, 3, 40).unwrap()))
}

fn axis(extent: usize, stride: usize) -> SlotAxis {
    SlotAxis::new(extent, stride).unwrap()
}

/// 4 rows on the inner axis, 4 columns on the outer one.
fn square() -> MatrixLayout {
    MatrixLayout::new(SLOTS, Index::new(4).along(axis(4, 1)), Index::new(4).along(axis(4, 4)))
}

fn zeros(rows: usize, columns: usize) -> Array2<f64> {
    Array2::zeros((rows, columns))
}

#[test]
fn axes_and_indices() {
    let shape = |sizes| AxisShape { order: [Role::B, Role::Q, Role::P], sizes, guards: [false; 3] };
    let one = |index: Index| MatrixLayout::new(SLOTS, index, Index::new(1)).entries();
    let uses: Vec<WrongUse> = vec![
        wrong_use!(
            "an axis of no position",
            SlotAxis::new(0, 1),
            BadArgument(ArgumentError::NotPowerOfTwo { actual: 0, .. })
        ),
        wrong_use!(
            "an axis of three positions",
            SlotAxis::new(3, 1),
            BadArgument(ArgumentError::NotPowerOfTwo { argument: Argument::AxisExtent, actual: 3 })
        ),
        wrong_use!(
            "positions that are no distance apart",
            SlotAxis::new(2, 0),
            BadArgument(ArgumentError::NotPowerOfTwo { argument: Argument::AxisStride, actual: 0 })
        ),
        wrong_use!("the largest axis", SlotAxis::new(HUGE, HUGE), BadArgument(ArgumentError::NotPowerOfTwo { .. })),
        wrong_use!(
            "an index longer than its axis",
            one(Index::new(9).along(axis(8, 1))),
            Packing(PackingError::IndexTooLong { length: 9, reached: 8 })
        ),
        wrong_use!(
            "an index longer than the slots",
            one(Index::new(SLOTS + 1).along(axis(2 * SLOTS, 1))),
            Packing(PackingError::IndexTooLong { length: 65, reached: 64 })
        ),
        wrong_use!(
            "an index longer than its period",
            one(Index::new(8).along(axis(8, 1)).modulo(4)),
            Packing(PackingError::IndexTooLong { length: 8, reached: 4 })
        ),
        wrong_use!(
            "an index that goes down only",
            one(Index::new(2).along_scaled(axis(8, 1), -1)),
            Packing(PackingError::IndexTooLong { length: 2, reached: 1 })
        ),
        wrong_use!(
            "a period of 0",
            one(Index::new(1).modulo(0)),
            BadArgument(ArgumentError::NotPowerOfTwo { argument: Argument::IndexPeriod, actual: 0 })
        ),
        wrong_use!(
            "a coordinate that ciphertexts do not have",
            one(Index::new(1).over(1, 1)),
            Packing(PackingError::NoCoordinate { coordinate: 1, coordinates: 0 })
        ),
        wrong_use!(
            "a factor beyond all indices",
            one(Index::new(1).along_scaled(axis(8, 1), i64::MIN)),
            Packing(PackingError::TooLarge { .. })
        ),
        wrong_use!(
            "no slots",
            MatrixLayout::new(0, Index::new(1), Index::new(1)).entries(),
            BadArgument(ArgumentError::NotPowerOfTwo { argument: Argument::Slots, actual: 0 })
        ),
        wrong_use!(
            "slots beyond all memory",
            MatrixLayout::new(1 << 62, Index::new(1), Index::new(1)).fill(|_, _| 0.0),
            Packing(PackingError::TooLarge { .. })
        ),
        wrong_use!(
            "a grid beyond all memory",
            square().grid(&[HUGE, 2]).draw("x"),
            Packing(PackingError::TooLarge { .. })
        ),
        wrong_use!(
            "a grid without ciphertexts",
            square().grid(&[2, 0]).entries(),
            BadArgument(ArgumentError::Empty { .. })
        ),
        wrong_use!(
            "a row index of another layout",
            square().with_rows(Index::new(65).along(axis(64, 1))).entries(),
            Packing(PackingError::IndexTooLong { .. })
        ),
        wrong_use!(
            "no column to move to the first",
            square().step_to_first(HUGE),
            Packing(PackingError::NotAligned { .. })
        ),
        wrong_use!(
            "an order without q",
            AxisLayout::new(
                SLOTS,
                &AxisShape { order: [Role::B, Role::P, Role::P], sizes: [1; 3], guards: [false; 3] }
            ),
            Packing(PackingError::RepeatedAxis { .. })
        ),
        wrong_use!(
            "a tile of three inputs",
            AxisLayout::new(SLOTS, &shape([3, 1, 1])),
            BadArgument(ArgumentError::NotPowerOfTwo { argument: Argument::AxisExtent, actual: 3 })
        ),
        wrong_use!(
            "tiles that need more slots",
            AxisLayout::new(SLOTS, &shape([8, 8, 2])),
            Packing(PackingError::TooFewSlots { needed: 128, slots: 64 })
        ),
        wrong_use!(
            "the largest tiles",
            AxisLayout::new(SLOTS, &shape([1 << 63; 3])),
            Packing(PackingError::TooFewSlots { needed: HUGE, .. })
        ),
    ];
    check(uses);
}

#[test]
fn sizes_of_layouts() {
    type Make = fn(usize, usize, usize) -> Result<()>;
    let layouts: [(&str, Make); 5] = [
        ("diagonals", |slots, dimension, batch| DiagonalLayout::new(slots, dimension, batch).map(|_| ())),
        ("merged", |slots, dimension, batch| MergedLayout::new(slots, [dimension; 3], batch).map(|_| ())),
        ("packed diagonals", |slots, dimension, batch| PackedDiagonals::new(slots, dimension, batch).map(|_| ())),
        ("square matrices", |slots, dimension, batch| SquareMatrices::new(slots, dimension, batch).map(|_| ())),
        ("diagonal tiles", |slots, dimension, batch| DiagonalTiles::new(slots, dimension, batch).map(|_| ())),
    ];
    for (name, make) in layouts {
        assert!(make(SLOTS, 4, 2).is_ok(), "{name}");
        check(vec![
            wrong_use!("no slots", make(0, 4, 1), Packing(PackingError::TooFewSlots { slots: 0, .. })),
            wrong_use!("the largest dimension", make(SLOTS, HUGE, 1), Packing(PackingError::TooFewSlots { .. })),
            wrong_use!(
                "no samples",
                make(SLOTS, 4, 0),
                BadArgument(ArgumentError::OutOfBounds { argument: Argument::Samples, .. })
            ),
            wrong_use!(
                "no dimensions",
                make(SLOTS, 0, 1),
                BadArgument(ArgumentError::OutOfBounds { argument: Argument::Dimension, .. })
            ),
            wrong_use!(
                "96 slots",
                make(96, 4, 1),
                BadArgument(ArgumentError::NotPowerOfTwo { argument: Argument::Slots, actual: 96 })
            ),
        ]);
    }
    // Packed diagonals take any batch, in blocks.
    assert_eq!(PackedDiagonals::new(SLOTS, 4, HUGE).unwrap().block(), 4);
    for make in [layouts[0].1, layouts[1].1, layouts[3].1, layouts[4].1] {
        check(vec![wrong_use!(
            "the largest batch",
            make(SLOTS, 4, HUGE),
            Packing(PackingError::TooFewSlots { needed: HUGE, slots: SLOTS })
        )]);
    }
}

#[test]
fn matrices_and_ciphertexts() {
    let merged = MergedLayout::new(SLOTS, [4, 2, 2], 4).unwrap();
    let diagonals = DiagonalLayout::new(SLOTS, 4, 4).unwrap();
    let packed = PackedDiagonals::new(SLOTS, 4, 1).unwrap();
    let squares = SquareMatrices::new(SLOTS, 4, 1).unwrap();
    let tiles = DiagonalTiles::new(SLOTS, 4, 4).unwrap();
    // Only the diagonal of a matrix whose rows and columns follow one axis.
    let diagonal = MatrixLayout::new(SLOTS, Index::new(4).along(axis(4, 1)), Index::new(4).along(axis(4, 1)));
    let other = MatrixLayout::new(2 * SLOTS, Index::new(4).along(axis(4, 1)), Index::new(4).along(axis(4, 4)));
    let c = circuit();
    let x = c.backend().input(Level(3));
    let (two, empty) = ([x.clone(), x.clone()], Vec::new());
    check(vec![
        wrong_use!(
            "a matrix with a row more",
            square().pack(zeros(5, 4).view()),
            Setup(SetupError::WrongShape { expected: (4, 4), actual: (5, 4), .. })
        ),
        wrong_use!(
            "a matrix with a column less",
            square().pack(zeros(4, 3).view()),
            Setup(SetupError::WrongShape { .. })
        ),
        wrong_use!("an empty matrix", square().pack(zeros(0, 0).view()), Setup(SetupError::WrongShape { .. })),
        wrong_use!(
            "a matrix in a layout of its diagonal",
            diagonal.pack(zeros(4, 4).view()),
            Packing(PackingError::NoPlace { entry: (0, 1), .. })
        ),
        wrong_use!(
            "a matrix from a layout of its diagonal",
            diagonal.unpack(&[vec![0.0; SLOTS]]),
            Packing(PackingError::NoPlace { entry: (0, 1), .. })
        ),
        wrong_use!(
            "a vector of fewer slots",
            square().unpack(&[vec![0.0; SLOTS - 1]]),
            BadArgument(ArgumentError::WrongCount { expected: 64, actual: 63, .. })
        ),
        wrong_use!(
            "a vector of more slots",
            square().unpack(&[vec![0.0; 2 * SLOTS]]),
            BadArgument(ArgumentError::WrongCount { .. })
        ),
        wrong_use!(
            "a vector too much",
            square().unpack(&[vec![0.0; SLOTS], vec![0.0; SLOTS]]),
            Packing(PackingError::WrongCount { expected: 1, actual: 2, .. })
        ),
        wrong_use!(
            "merged, more samples than its batch",
            merged.inputs(5).pack(zeros(5, 4).view()),
            Packing(PackingError::IndexTooLong { length: 5, reached: 4 })
        ),
        wrong_use!(
            "merged, the most samples",
            merged.outputs(HUGE).entries(),
            Packing(PackingError::IndexTooLong { .. })
        ),
        wrong_use!(
            "merged, the most samples, hidden",
            merged.hidden(Half::First, HUGE).entries(),
            Packing(PackingError::IndexTooLong { .. })
        ),
        wrong_use!(
            "diagonals, more features",
            diagonals.batch(4, 17).entries(),
            Packing(PackingError::IndexTooLong { length: 17, reached: 16 })
        ),
        wrong_use!(
            "diagonals, the largest matrix",
            diagonals.matrix(DiagonalMatrix::new(HUGE, HUGE).with_giant_steps()).entries(),
            Packing(PackingError::TooLarge { .. })
        ),
        wrong_use!(
            "packed diagonals, more features",
            packed.batch(1, 5).entries(),
            Packing(PackingError::IndexTooLong { length: 5, reached: 4 })
        ),
        wrong_use!(
            "packed diagonals, the most samples",
            packed.skewed(HUGE, 4).entries(),
            Packing(PackingError::TooLarge { .. })
        ),
        wrong_use!(
            "a skewed sum of more rows",
            SkewedSum::new(&packed, 5, 4),
            Packing(PackingError::IndexTooLong { length: 5, reached: 4 })
        ),
        wrong_use!(
            "a skewed sum of more columns",
            SkewedSum::new(&packed, 4, 5),
            Packing(PackingError::IndexTooLong { .. })
        ),
        wrong_use!(
            "a square of more rows",
            squares.left(Vector::Features(5), Vector::Samples(1), Form::Plain).entries(),
            Packing(PackingError::IndexTooLong { .. })
        ),
        wrong_use!(
            "a product of more rows by tiles",
            tiles.abt(4, (5, 4), None),
            Packing(PackingError::IndexTooLong { .. })
        ),
        wrong_use!(
            "a gradient of more rows by tiles",
            tiles.atb(4, (HUGE, 4)),
            Packing(PackingError::IndexTooLong { .. })
        ),
        wrong_use!(
            "layouts of other slots",
            Conversion::new(&square(), &other),
            Packing(PackingError::NotAligned { .. })
        ),
        wrong_use!("factors of other slots", Product::new(&square(), &other), Packing(PackingError::NotAligned { .. })),
        wrong_use!(
            "a product of no layouts",
            ConvertedProduct::new(&[], &[square()]),
            Packing(PackingError::WrongCount { .. })
        ),
        wrong_use!(
            "a sum of no entries",
            Conversion::summing_entries(&square(), &square(), 0, |_, entry| entry),
            BadArgument(ArgumentError::OutOfBounds { argument: Argument::Summands, .. })
        ),
        wrong_use!(
            "a sum of more entries than there are",
            Conversion::summing_entries(&square(), &square(), HUGE, |_, entry| entry),
            BadArgument(ArgumentError::OutOfBounds { .. })
        ),
        wrong_use!(
            "a product of other ciphertexts",
            Product::new(&square(), &square())?.apply(&circuit(), &two, &empty),
            Packing(PackingError::WrongCount { expected: 1, actual: 2, .. })
        ),
        wrong_use!(
            "a circuit of other slots",
            Conversion::new(&other, &other)?.apply(&circuit(), std::slice::from_ref(&x)),
            BadArgument(ArgumentError::WrongCount { expected: 64, actual: 128, .. })
        ),
        wrong_use!(
            "a sum of no slots",
            sum_left(&circuit(), x.clone(), 0, 1),
            BadCircuit(CircuitError::BadSumLength { .. })
        ),
        wrong_use!(
            "a sum of slots too far apart",
            sum_left(&circuit(), x.clone(), 2, HUGE),
            BadCircuit(CircuitError::BadSumLength { count: 2, stride: HUGE, slots: SLOTS })
        ),
        wrong_use!(
            "a sum beyond the slots",
            sum_right(&circuit(), x.clone(), SLOTS, 2),
            BadCircuit(CircuitError::BadSumLength { .. })
        ),
    ]);
}

/// Small sizes, powers of two, and sizes for which arithmetic would overflow.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![0usize..10, (0u32..64).prop_map(|bit| 1 << bit), Just(HUGE), Just(HUGE - 1), Just((1 << 62) + 1)]
}

fn factor() -> impl Strategy<Value = i64> {
    prop_oneof![-3i64..4, Just(i64::MIN), Just(i64::MAX), Just(1 << 40)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever a description says, each use of it returns.
    #[test]
    fn no_description_panics(
        slots in prop_oneof![size(), Just(SLOTS)],
        grid in prop::collection::vec(size(), 0..3),
        axes in prop::collection::vec((size(), size(), factor()), 0..3),
        over in prop::collection::vec((0usize..3, factor()), 0..3),
        (length, other, period) in (size(), size(), prop::option::of(size())),
        range in (size(), size()),
    ) {
        let mut index = Index::new(length);
        for (extent, stride, factor) in axes {
            let Ok(axis) = SlotAxis::new(extent, stride) else { continue };
            let (_, _) = (axis.position(slots), axis.position(length));
            index = index.along_scaled(axis, factor);
        }
        index = over.into_iter().fold(index, |index, (coordinate, factor)| index.over(coordinate, factor));
        index = period.into_iter().fold(index, Index::modulo);
        let layout = MatrixLayout::new(slots, index, Index::new(other.min(1))).grid(&grid).only(axis(2, 1), range.0..range.1);
        let transposed = layout.transposed().with_columns(other).without_zeros();
        let (_, _, _) = (layout.ciphertexts(), layout.tiles(), layout.holds_anything(length));
        // What is valid and large takes its time.
        let places = layout.ciphertexts().saturating_mul(slots);
        prop_assume!(places <= 1 << 8 || places > 1 << 28);
        returns(layout.entries());
        returns(layout.draw("x"));
        returns(layout.pack(zeros(length.min(8), 1).view()));
        returns(layout.unpack(&[vec![0.0; 8]]));
        returns(layout.step_to_first(other));
        returns(Product::new(&layout, &layout));
        returns(Conversion::new(&layout, &transposed));
        returns(Conversion::summing(&layout, &transposed));
    }

    /// Layouts of any sizes are refused, or give descriptions whose use returns.
    #[test]
    fn no_size_of_a_layout_panics(
        (slots, dimension, batch) in (prop_oneof![size(), Just(SLOTS)], size(), size()),
        (samples, rows, columns) in (size(), size(), size()),
        (p, q, guards) in (size(), size(), any::<[bool; 3]>()),
    ) {
        prop_assume!(slots <= 1 << 6 || slots > 1 << 28);
        let w = DiagonalMatrix::new(rows, columns).with_giant_steps();
        prop_assert!(w.giant_steps() * w.baby_steps() == w.diagonals());
        let mut layouts = Vec::new();
        if let Ok(layout) = DiagonalLayout::new(slots, dimension, batch) {
            layouts.extend([layout.batch(samples, columns), layout.factor(samples, w), layout.turned_back(samples, w)]);
            layouts.extend([layout.matrix(w), layout.transposed_matrix(w), layout.transposed_factor(samples, w)]);
        }
        if let Ok(layout) = MergedLayout::new(slots, [rows, dimension, columns], batch) {
            layouts.extend(layout.weights());
            layouts.extend([layout.inputs(samples), layout.hidden(Half::Second, samples), layout.outputs(samples)]);
        }
        if let Ok(layout) = PackedDiagonals::new(slots, dimension, batch) {
            layouts.extend([layout.matrix(rows, columns), layout.batch(samples, rows)]);
            layouts.push(layout.skewed_for(samples, columns, rows));
            returns(SkewedSum::new(&layout, rows, columns));
        }
        if let Ok(layout) = SquareMatrices::new(slots, dimension, batch) {
            layouts.extend(layout.left_way(Vector::Features(rows), Vector::Samples(samples)));
            layouts.extend(layout.right_way(Vector::Samples(samples), Vector::Features(columns)));
        }
        if let Ok(layout) = DiagonalTiles::new(slots, dimension, batch) {
            layouts.extend([layout.batch(samples, columns), layout.matrix(rows, columns)]);
            returns(layout.abt(samples, (rows, columns), None));
            returns(layout.atb(samples, (rows, columns)));
        }
        let shape = AxisShape { order: [Role::B, Role::P, Role::Q], sizes: [p, q, batch], guards };
        for shape in [Some(shape), AxisShape::filling(slots, shape.order, [p, q], guards)].into_iter().flatten() {
            if let Ok(layout) = AxisLayout::new(slots, &shape) {
                layouts.extend([layout.matrix(rows, columns, dimension), layout.batch(samples, Role::Q, columns)]);
            }
        }
        for layout in layouts.iter().filter(|layout| {
            let places = layout.ciphertexts().saturating_mul(slots);
            places <= 1 << 16 || places > 1 << 28
        }) {
            returns(layout.fill(|row, column| (row + column) as f64));
        }
    }
}
