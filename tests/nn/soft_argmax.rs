//! The soft-argmax on packed logits against the exact one.

use crate::kit::backends::*;
use ndarray::Array2;
use seal_nn::{
    ArgumentError, CircuitError, Error, Level, Rotation,
    backend::{Chain, Circuit, Evaluate, KeyHolder, Operation, PlanEvaluator, SealEvaluator, SealKeyHolder},
    nn::soft_argmax::{SoftArgmax, SoftArgmaxColumns, SoftArgmaxProgram, SoftmaxApproximation},
    packing::{Index, MatrixLayout, SlotAxis},
    program::{KeyHolderRefresh, PlannedRefresh},
    seal::Parameters,
};

const SAMPLES: usize = 256;

/// Logits over the temperature of a spread up to `range`: a grid for two and three classes, and random ones for more,
/// half of them with the full spread.
fn logits(classes: usize, range: f64) -> Array2<f64> {
    let mut x = random_matrix(SAMPLES, classes, 11);
    for (i, mut row) in x.rows_mut().into_iter().enumerate() {
        let place = |i: usize, points: usize| 2.0 * (i % points) as f64 / (points - 1) as f64 - 1.0;
        match classes {
            2 => row.assign(&ndarray::arr1(&[0.0, place(i, SAMPLES)])),
            3 => row.assign(&ndarray::arr1(&[0.0, place(i, 16), place(i / 16, 16)])),
            _ => {}
        }
        let (low, high) = row.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        let size = match classes {
            2 | 3 => (high - low).min(1.0),
            _ if i % 2 == 0 => 1.0,
            _ => i as f64 / SAMPLES as f64,
        };
        let mean = row.mean().unwrap();
        let factor = if high > low { range * size / (high - low) } else { 0.0 };
        row.mapv_inplace(|x| (x - mean) * factor);
    }
    x
}

/// Samples innermost, classes outermost and repeated: sums take no mask.
fn layout(slots: usize, samples: usize, classes: usize) -> MatrixLayout {
    let b = SlotAxis::new(samples.next_power_of_two(), 1).unwrap();
    let class = SlotAxis::new(slots / b.extent(), b.extent()).unwrap();
    let period = classes.next_power_of_two();
    MatrixLayout::new(slots, Index::new(samples).along(b), Index::new(classes).along(class).modulo(period))
}

/// Where the inputs of a approximation lie.
fn places(slots: usize, approximation: &SoftmaxApproximation, classes: usize) -> MatrixLayout {
    layout(slots, SAMPLES, approximation.inputs(classes).unwrap().nrows())
}

/// A approximation with what was promised to it.
struct Case {
    classes: usize,
    range: f64,
    approximation: SoftmaxApproximation,
}

impl Case {
    fn new(classes: usize, range: f64, approximation: SoftmaxApproximation) -> Case {
        Case { classes, range, approximation }
    }

    fn layer(&self) -> SoftArgmax {
        SoftArgmax::new(self.classes, 1.0, 1).unwrap()
    }

    fn program(&self, slots: usize) -> SoftArgmaxProgram {
        SoftArgmaxProgram::new(&self.layer(), &self.approximation, &places(slots, &self.approximation, self.classes))
            .unwrap()
    }

    /// The rotations of a run with so many levels, which ends with the levels that the approximation says.
    fn rotations(&self, degree: usize, levels: usize) -> Vec<Rotation> {
        let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(degree, levels, 40).unwrap()));
        let program = self.program(degree / 2);
        let mut refresh = PlannedRefresh::new(plan.backend(), Level(levels));
        let input = plan.backend().input(Level(levels));
        let p = program.probabilities_refreshed(&plan, &input, 1, &mut refresh).unwrap();
        let refreshes = refresh.count();
        assert_eq!(Some(refreshes), program.refreshes(levels, levels, 1));
        if refreshes == 0 {
            assert_eq!(plan.level(&p), Level(levels - self.approximation.levels()), "the approximation's levels");
        }
        if self.approximation.sums_to_one() {
            program.position(&plan, &p).unwrap();
        }
        plan.backend().rotations()
    }

    /// Probabilities and positions, by decryption, compared with those of the approximation in the clear (noise) and
    /// with the exact ones (the approximation's own error). Returns the refreshes it took.
    fn check<E, K>(&self, c: &Circuit<E>, holder: &K, noise: f64) -> usize
    where
        E: Evaluate,
        K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
    {
        let (classes, range, approximation) = (self.classes, self.range, &self.approximation);
        let program = self.program(c.slots());
        let x = logits(classes, range);
        let inputs = program.layout().pack(x.dot(&approximation.inputs(classes).unwrap().t()).view()).unwrap();
        let packed = send(c, holder, &inputs[0], c.chain().top());
        let mut refresh = KeyHolderRefresh::new(holder, c.backend(), c.chain().top(), |_: &mut [Vec<f64>]| Ok(()));
        let p = program.probabilities_refreshed(c, &packed, 1, &mut refresh).unwrap();
        let refreshes = refresh.count();
        let s = approximation.sums_to_one().then(|| program.position(c, &p).unwrap());
        let places = program.outputs();
        let (p, s) = (read(holder, &p), s.map(|s| places.unpack(&[read(holder, &s)]).unwrap()));
        let entries = places.entries().unwrap();
        let empty = entries[0].iter().zip(&p).filter(|(entry, _)| entry.is_none());
        assert!(empty.map(|(_, p)| p.abs()).fold(0.0, f64::max) <= noise, "padding stays zero");
        let p = places.unpack(&[p]).unwrap();
        let worst = approximation.worst_error(&self.layer(), range).unwrap();
        let (mut off, mut off_exact, mut off_position) = (0f64, 0f64, 0f64);
        for (i, row) in x.rows().into_iter().enumerate() {
            let row = row.to_vec();
            let (clear, exact) = (approximation.probabilities(&row).unwrap(), approximation.exact(&row));
            // Of two classes the second one alone is computed.
            let first = clear.len() - p.ncols();
            for (class, p) in p.row(i).iter().enumerate() {
                off = off.max((p - clear[first + class]).abs());
                off_exact = off_exact.max((p - exact[first + class]).abs());
            }
            if let Some(s) = &s {
                off_position = off_position.max((s[[i, 0]] - self.layer().position(&exact).unwrap()).abs());
            }
            assert!(program.check(&p.row(i).to_vec()), "{:?}", p.row(i));
        }
        println!(
            "K = {classes}, D = {range}, {} levels, {refreshes} refreshes: noise {off:.1e} (allowed {noise:.1e}), p off \
             by {off_exact:.1e} (approximation {:.1e}), s by {off_position:.1e}",
            approximation.levels(),
            worst.probability
        );
        assert!(off <= noise);
        assert!(off_exact <= worst.probability * 1.05 + noise);
        assert!(off_position <= worst.position * 1.05 + noise * (classes * classes) as f64);
        refreshes
    }

    /// The same with a ciphertext for each input: once the products of the packed form for every class, and no rotation.
    fn check_columns_on<B: Backend>(&self, noise: f64) {
        let (classes, approximation) = (self.classes, &self.approximation);
        let levels = approximation.levels();
        let (c, holder) = B::pair(levels, &[]);
        let x = logits(classes, self.range);
        let inputs = x.dot(&approximation.inputs(classes).unwrap().t());
        let sent = inputs.columns().into_iter().map(|column| send(&c, &holder, &column.to_vec(), c.chain().top()));
        let columns = SoftArgmaxColumns::new(approximation, classes).unwrap();
        let p = columns.probabilities(&c, sent.collect()).unwrap();
        assert!(p.iter().all(|p| c.level(p) == Level(0)));
        assert_eq!(c.meter().take().rotations(), 0);
        let p: Vec<Vec<f64>> = p.iter().map(|p| read(&holder, p)).collect();
        let mut off = 0f64;
        for (i, row) in x.rows().into_iter().enumerate() {
            let clear = approximation.probabilities(&row.to_vec()).unwrap();
            let first = classes - p.len();
            off = p.iter().zip(&clear[first..]).fold(off, |off, (p, clear)| off.max((p[i] - clear).abs()));
        }
        println!("K = {classes} on columns: noise {off:.1e} (allowed {noise:.1e})");
        assert!(off <= noise);
    }

    fn check_on<B: Backend>(&self, levels: usize, noise: f64) -> usize {
        let (c, holder) = B::pair(levels, &self.rotations(B::DEGREE, levels));
        self.check(&c, &holder, noise)
    }
}

/// Levels and products of docs/soft-argmax.md, "Variants".
#[test]
fn products_are_those_of_the_reference() {
    let stages =
        |classes, range, degree, inverses| SoftmaxApproximation::stages(classes, range, degree, inverses).unwrap();
    for (classes, approximation, levels, products) in [
        (2, SoftmaxApproximation::sigmoid(15, 8.0).unwrap(), 4, 8),
        (3, SoftmaxApproximation::direct(7, 6.0).unwrap(), 3, 13),
        (3, SoftmaxApproximation::direct(15, 8.0).unwrap(), 4, 33),
        (10, SoftmaxApproximation::one_vs_rest(15, 8.0).unwrap(), 4, 8),
        (10, SoftmaxApproximation::one_vs_rest(27, 12.0).unwrap(), 5, 10),
        (3, stages(3, 4.0, 7, &[3]), 6, 10),
        (5, stages(5, 8.0, 7, &[1, 4]), 9, 14),
        (10, stages(10, 16.0, 15, &[4, 4]), 13, 23),
        (10, stages(10, 16.0, 15, &[1, 3, 5]), 15, 25),
        (7, stages(7, 45.0, 15, &[2, 2, 3, 4]), 18, 29),
    ] {
        assert_eq!(approximation.levels(), levels);
        let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, levels, 40).unwrap()));
        let program = Case::new(classes, 0.0, approximation).program(DEGREE / 2);
        assert_eq!(program.steps().iter().sum::<usize>(), levels);
        let p = program.probabilities(&plan, &plan.backend().input(Level(levels))).unwrap();
        assert_eq!(plan.level(&p), Level(0), "{classes} classes in {levels} levels");
        let counted = plan.meter().take().count(Operation::MultiplyCiphertexts);
        println!("K = {classes}: {levels} levels, {counted} products, steps {:?}", program.steps());
        assert_eq!(counted, products, "{classes} classes in {levels} levels");
    }
}

/// A product passes on the noise of its factors, which are below 2, and adds a rounding: at most 15 in a row, of values
/// that shrink to probabilities on their way; the link's coefficients start it with a few. The direct approximation of
/// degree 15 has coefficients up to 85 and no such row: 470 roundings in the worst sample of a simulation. Allowed: 200
/// of 13 deviations.
const NOISE: f64 = 13.0 * ROUNDING * 200.0;

#[test]
fn every_choice_on_clear() {
    for (classes, range, levels) in [(2, 8.0, 4), (2, 12.0, 5), (3, 4.0, 6), (5, 8.0, 9), (10, 16.0, 15), (7, 12.0, 15)]
    {
        let approximation =
            SoftmaxApproximation::choose(&SoftArgmax::new(classes, 1.0, 1).unwrap(), range, levels).unwrap();
        let case = Case::new(classes, range, approximation);
        assert_eq!(case.check_on::<Clear>(case.approximation.levels() + 1, NOISE), 0);
    }
}

/// The variants that N = 16384 holds.
fn shallow() -> Vec<Case> {
    vec![
        Case::new(2, 8.0, SoftmaxApproximation::sigmoid(15, 8.0).unwrap()),
        Case::new(3, 6.0, SoftmaxApproximation::direct(7, 6.0).unwrap()),
        Case::new(3, 8.0, SoftmaxApproximation::direct(15, 8.0).unwrap()),
        Case::new(5, 4.0, SoftmaxApproximation::stages(5, 4.0, 7, &[3]).unwrap()),
        Case::new(10, 8.0, SoftmaxApproximation::one_vs_rest(15, 8.0).unwrap()),
    ]
}

#[test]
fn shallow_variants_on_clear() {
    for case in shallow() {
        assert_eq!(case.check_on::<Clear>(case.approximation.levels() + 1, NOISE), 0);
    }
}

#[test]
fn shallow_variants_on_seal() {
    for case in shallow() {
        assert_eq!(case.check_on::<Seal>(case.approximation.levels() + 1, NOISE), 0);
    }
}

#[test]
fn columns_on_clear() {
    shallow().iter().for_each(|case| case.check_columns_on::<Clear>(NOISE));
    let deep = SoftmaxApproximation::stages(5, 8.0, 7, &[1, 4]).unwrap();
    Case::new(5, 8.0, deep).check_columns_on::<Clear>(NOISE);
}

#[test]
fn columns_on_seal() {
    for case in [
        Case::new(2, 4.0, SoftmaxApproximation::sigmoid(7, 4.0).unwrap()),
        Case::new(3, 6.0, SoftmaxApproximation::direct(7, 6.0).unwrap()),
        Case::new(4, 4.0, SoftmaxApproximation::stages(4, 4.0, 7, &[3]).unwrap()),
    ] {
        case.check_columns_on::<Seal>(NOISE);
    }
}

/// The same products and levels as in the packed form, for each class; what all classes share is computed once.
#[test]
fn columns_take_the_steps_of_the_packed_form() {
    let approximation = SoftmaxApproximation::stages(5, 8.0, 7, &[1, 4]).unwrap();
    let plan = |levels| Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, levels, 40).unwrap()));
    let c = plan(approximation.levels());
    let inputs = |count: usize| (0..count).map(|_| c.backend().input(c.chain().top())).collect::<Vec<_>>();
    let columns = SoftArgmaxColumns::new(&approximation, 5).unwrap();
    columns.probabilities(&c, inputs(5)).unwrap();
    let products = c.meter().take().count(Operation::MultiplyCiphertexts);
    let link = 5;
    // An inverse of k levels multiplies the sum k - 1 times and every numerator k times.
    assert_eq!(products, 5 * link + 5 + 5 + (3 + 5 * 4));
    let error = columns.probabilities(&c, inputs(4)).unwrap_err();
    assert!(error.to_string().contains("inputs of a soft-argmax"), "{error}");
    assert!(columns.probabilities(&plan(8), vec![plan(8).backend().input(Level(8)); 5]).is_err());
    assert!(SoftArgmaxColumns::new(&SoftmaxApproximation::direct(7, 6.0).unwrap(), 5).is_err());
}

/// More levels than there are: the client refreshes between the stages. 8 levels take scales of 40 bits on SEAL, twice
/// the rounding.
fn refreshed<B: Backend>() {
    let case = Case::new(7, 12.0, SoftmaxApproximation::stages(7, 12.0, 15, &[1, 3, 5]).unwrap());
    assert_eq!(case.check_on::<B>(8, 2.0 * NOISE), 2);
}

#[test]
fn refreshed_on_clear() {
    refreshed::<Clear>();
    // The authors' widest rows at T = 1: two refreshes here, one in `examples/preprocessor.rs`.
    let case = Case::new(7, 45.0, SoftmaxApproximation::stages(7, 45.0, 15, &[2, 2, 3, 4]).unwrap());
    assert_eq!(case.check_on::<Clear>(10, NOISE), 1);
}

#[test]
fn refreshed_on_seal() {
    refreshed::<Seal>();
}

/// Ten classes at N = 32768 with the deepest approximation; scales of 40 bits: four times the rounding.
#[test]
fn wide_on_seal() {
    let case = Case::new(10, 16.0, SoftmaxApproximation::stages(10, 16.0, 15, &[1, 3, 5]).unwrap());
    let (degree, levels) = (32768, case.approximation.levels() + 1);
    let parameters = Parameters::builder().depth(levels, 40).degree(degree).build().unwrap();
    let holder = SealKeyHolder::generate(&parameters).unwrap();
    let keys = holder.evaluation_keys(&case.rotations(degree, levels)).unwrap();
    let c = Circuit::new(SealEvaluator::new(&parameters, &keys).unwrap());
    assert_eq!(case.check(&c, &holder, 4.0 * NOISE), 0);
}

/// What a refresh cannot help, and what is no approximation for it.
#[test]
fn too_few_levels_are_refused() {
    let case = Case::new(7, 12.0, SoftmaxApproximation::stages(7, 12.0, 15, &[1, 3, 5]).unwrap());
    let program = case.program(DEGREE / 2);
    assert_eq!(program.refreshes(5, 5, 1), None);
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, 5, 40).unwrap()));
    let input = || plan.backend().input(Level(5));
    let error = program
        .probabilities_refreshed(&plan, &input(), 1, &mut PlannedRefresh::new(plan.backend(), Level(5)))
        .unwrap_err();
    assert!(matches!(error, Error::Circuit(CircuitError::NoLevelLeft { needed: Level(6), .. })), "{error}");
    assert!(program.probabilities(&plan, &input()).is_err());
    let free = Case::new(10, 8.0, SoftmaxApproximation::one_vs_rest(15, 8.0).unwrap()).program(DEGREE / 2);
    let error = free.position(&plan, &input()).unwrap_err();
    assert!(matches!(error, Error::Argument(ArgumentError::NotNormalised)), "{error}");
}

/// Probabilities of one against the rest need not sum to 1; those of the others must.
#[test]
fn the_client_sees_what_cannot_be() {
    let whole = Case::new(3, 6.0, SoftmaxApproximation::direct(7, 6.0).unwrap()).program(64 * SAMPLES);
    let free = Case::new(3, 8.0, SoftmaxApproximation::one_vs_rest(15, 8.0).unwrap()).program(64 * SAMPLES);
    for (p, sums, lies) in [
        ([0.2, 0.3, 0.5], true, true),
        ([0.9, 0.9, 0.1], false, true),
        ([0.2, 0.9, -0.1], false, false),
        ([f64::NAN, 0.5, 0.5], false, false),
    ] {
        assert_eq!((whole.check(&p), free.check(&p)), (sums, lies), "{p:?}");
    }
}

#[test]
fn logits_that_lie_otherwise_are_refused() {
    let layer = SoftArgmax::new(5, 1.0, 0).unwrap();
    let approximation = SoftmaxApproximation::stages(5, 4.0, 7, &[3]).unwrap();
    let refused =
        |places: &MatrixLayout| SoftArgmaxProgram::new(&layer, &approximation, places).err().map(|e| e.to_string());
    let error = refused(&layout(64, 4, 3)).unwrap();
    assert!(error.contains("columns of logits has 3") && error.contains("5"), "{error}");
    let spread = MatrixLayout::new(64, Index::new(4), Index::new(5).over(0, 1)).grid(&[5]);
    assert!(refused(&spread).is_some());
    let error = SoftArgmaxProgram::new(&layer, &SoftmaxApproximation::direct(7, 4.0).unwrap(), &layout(64, 4, 6))
        .err()
        .unwrap();
    let expected = ArgumentError::WrongClasses { what: "the approximation of the soft-argmax", expected: 5, actual: 3 };
    assert!(matches!(&error, Error::Argument(error) if *error == expected), "{error}");
    // Direct: two halves that no rotation brings together.
    let approximation = SoftmaxApproximation::direct(7, 4.0).unwrap();
    let mirrored = Index::new(6).along_scaled(SlotAxis::new(8, 8).unwrap(), 3).modulo(8);
    let places = MatrixLayout::new(64, Index::new(8).along(SlotAxis::new(8, 1).unwrap()), mirrored);
    assert!(SoftArgmaxProgram::new(&SoftArgmax::new(3, 1.0, 0).unwrap(), &approximation, &places).is_ok());
    let across =
        Index::new(8).along(SlotAxis::new(8, 1).unwrap()).along_scaled(SlotAxis::new(8, 8).unwrap(), 1).modulo(8);
    let places = MatrixLayout::new(64, across, Index::new(6).along(SlotAxis::new(8, 8).unwrap()));
    let error = SoftArgmaxProgram::new(&SoftArgmax::new(3, 1.0, 0).unwrap(), &approximation, &places).err().unwrap();
    assert!(error.to_string().contains("columns from 3 on"), "{error}");
}
