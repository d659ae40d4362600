//! The soft-argmax on packed logits against the exact one.

mod common;

use common::*;
use ndarray::Array2;
use seal_nn::{
    Level,
    backend::{Chain, Circuit, Evaluate, KeyHolder, Operation, PlanEvaluator, SealEvaluator, SealKeyHolder},
    nn::{Recipe, SoftArgmax, SoftArgmaxProgram},
    packing::{Index, MatrixLayout, SlotAxis},
    seal::{DepthRequest, Parameters},
};

/// Random logits over the temperature of a spread up to `range`, half of them with the full spread.
fn logits(samples: usize, classes: usize, range: f64) -> Array2<f64> {
    let mut x = random_matrix(samples, classes, 11);
    for (i, mut row) in x.rows_mut().into_iter().enumerate() {
        let (low, high) = row.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        let size = if i % 2 == 0 { 1.0 } else { i as f64 / samples as f64 };
        let mean = row.mean().unwrap();
        row.mapv_inplace(|x| (x - mean) * range * size / (high - low));
    }
    x
}

/// Samples innermost, classes outermost and repeated: sums take no mask.
fn layout(slots: usize, samples: usize, classes: usize) -> MatrixLayout {
    let b = SlotAxis::new(samples.next_power_of_two(), 1);
    let class = SlotAxis::new(slots / b.extent, b.extent);
    let period = classes.next_power_of_two();
    MatrixLayout::new(slots, Index::new(samples).along(b), Index::new(classes).along(class).modulo(period))
}

/// What goes in: divided by the reach; for two classes their difference.
fn scaled(recipe: &Recipe, x: &Array2<f64>) -> Array2<f64> {
    let reach = recipe.reach();
    match recipe {
        Recipe::Sigmoid { .. } => Array2::from_shape_fn((x.nrows(), 1), |(i, _)| (x[[i, 1]] - x[[i, 0]]) / reach),
        Recipe::Stages { .. } => x / reach,
    }
}

/// Probabilities and positions, by decryption, compared with those of the recipe in the clear (noise) and with the exact
/// ones (the recipe's own error).
fn check<E, K>(c: &Circuit<E>, holder: &K, (classes, range): (usize, f64), recipe: &Recipe, noise: f64)
where
    E: Evaluate,
    K: KeyHolder<Ciphertext = E::Ciphertext, Fresh = E::Fresh>,
{
    let layer = SoftArgmax::new(classes, 1.0, 1).unwrap();
    let columns = if classes == 2 { 1 } else { classes };
    let places = layout(c.slots(), 64, columns);
    let program = SoftArgmaxProgram::new(&layer, recipe, &places).unwrap();
    let x = logits(64, classes, range);
    let packed = send(c, holder, &places.pack(scaled(recipe, &x).view())[0], c.chain().top());
    let p = program.probabilities(c, &packed).unwrap();
    let s = program.position(c, &p).unwrap();
    let (p, s) = (read(holder, &p), read(holder, &s));
    let worst = recipe.worst_error(&layer, range);
    let p = places.unpack(&[p]).unwrap();
    let s = places.unpack(&[s]).unwrap();
    let (mut off, mut off_exact, mut off_position) = (0f64, 0f64, 0f64);
    for (i, row) in x.rows().into_iter().enumerate() {
        let row = row.to_vec();
        let (clear, exact) = (recipe.probabilities(&row), layer.probabilities(&row));
        let (clear, exact) = if classes == 2 { (clear[1..].to_vec(), exact[1..].to_vec()) } else { (clear, exact) };
        for class in 0..columns {
            off = off.max((p[[i, class]] - clear[class]).abs());
            off_exact = off_exact.max((p[[i, class]] - exact[class]).abs());
        }
        off_position = off_position.max((s[[i, 0]] - layer.position(&layer.probabilities(&row))).abs());
        let decrypted: Vec<f64> = p.row(i).to_vec();
        assert!(program.check(&decrypted), "{decrypted:?}");
    }
    println!(
        "K = {classes}, D = {range}: noise {off:.1e} (allowed {noise:.1e}), p off by {off_exact:.1e} (recipe \
         {:.1e}), s by {off_position:.1e}",
        worst.probability
    );
    assert!(off <= noise);
    assert!(off_exact <= worst.probability * 1.05 + noise);
    assert!(off_position <= worst.position * 1.05 + noise * (classes * classes) as f64);
}

fn steps_of(classes: usize, recipe: &Recipe, degree: usize) -> Vec<seal_nn::Step> {
    let layer = SoftArgmax::new(classes, 1.0, 1).unwrap();
    let places = layout(degree / 2, 64, if classes == 2 { 1 } else { classes });
    let levels = recipe.levels() + 1;
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(degree, levels, 40).unwrap()));
    let program = SoftArgmaxProgram::new(&layer, recipe, &places).unwrap();
    let p = program.probabilities(&plan, &plan.backend().input(Level(levels))).unwrap();
    assert_eq!(plan.level(&p), Level(1), "the recipe's levels");
    program.position(&plan, &p).unwrap();
    plan.backend().steps()
}

/// Levels and products of the spec (soft-argmax, 3).
#[test]
fn products_are_those_of_the_spec() {
    for (classes, range, degree, inverses, levels, products) in [
        (3, 4.0, 7, &[3][..], 6, 10),
        (5, 8.0, 7, &[1, 4], 9, 14),
        (10, 16.0, 15, &[4, 4], 13, 23),
        (10, 16.0, 15, &[1, 3, 5], 15, 25),
    ] {
        let recipe = Recipe::stages(classes, range, degree, inverses).unwrap();
        assert_eq!(recipe.levels(), levels);
        let layer = SoftArgmax::new(classes, 1.0, 0).unwrap();
        let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(DEGREE, levels, 40).unwrap()));
        let program = SoftArgmaxProgram::new(&layer, &recipe, &layout(DEGREE / 2, 64, classes)).unwrap();
        program.probabilities(&plan, &plan.backend().input(Level(levels))).unwrap();
        assert_eq!(plan.meter().take().count(Operation::MultiplyCiphertexts), products, "{classes} {range}");
    }
}

/// On clear slots with noise. A product passes on the noise of its factors, which are below 2, and adds a rounding: at
/// most 15 in a row, of values that shrink to probabilities on their way; the link's coefficients start it with a few.
/// Allowed: 200 roundings of 13 deviations.
#[test]
fn every_variant_on_clear() {
    for (classes, range, levels) in [(2, 8.0, 4), (2, 12.0, 5), (3, 4.0, 6), (5, 8.0, 9), (10, 16.0, 15), (7, 12.0, 15)]
    {
        let layer = SoftArgmax::new(classes, 1.0, 1).unwrap();
        let recipe = Recipe::choose(&layer, range, levels).unwrap();
        let (c, holder) = Clear::pair(recipe.levels() + 1, &steps_of(classes, &recipe, DEGREE));
        check(&c, &holder, (classes, range), &recipe, 13.0 * ROUNDING * 200.0);
    }
}

/// Two classes at N = 16384, ten at N = 32768 with the deepest recipe; scales of 40 bits.
#[test]
fn narrow_and_wide_on_seal() {
    for (classes, range, degree, levels) in [(2, 8.0, 16384, 4), (10, 16.0, 32768, 15)] {
        let recipe = Recipe::choose(&SoftArgmax::new(classes, 1.0, 1).unwrap(), range, levels).unwrap();
        let request = DepthRequest { poly_modulus_degree: Some(degree), ..DepthRequest::new(recipe.levels() + 1, 40) };
        let parameters = Parameters::for_depth(&request).unwrap();
        let holder = SealKeyHolder::generate(&parameters).unwrap();
        let keys = holder.evaluation_keys(&steps_of(classes, &recipe, degree)).unwrap();
        let c = Circuit::new(SealEvaluator::new(&parameters, &keys).unwrap());
        // Twice the ring and half the scale of the others: four times the rounding.
        check(&c, &holder, (classes, range), &recipe, 13.0 * 4.0 * ROUNDING * 200.0);
    }
}

#[test]
fn logits_that_lie_otherwise_are_refused() {
    let layer = SoftArgmax::new(5, 1.0, 0).unwrap();
    let recipe = Recipe::stages(5, 4.0, 7, &[3]).unwrap();
    let refused = |places: &MatrixLayout| SoftArgmaxProgram::new(&layer, &recipe, places).err().map(|e| e.to_string());
    let error = refused(&layout(64, 4, 3)).unwrap();
    assert!(error.contains("columns of logits has 3") && error.contains("5"), "{error}");
    let spread = MatrixLayout::new(64, Index::new(4), Index::new(5).over(0, 1)).grid(&[5]);
    assert!(refused(&spread).is_some());
}
