//! Keeps the figures in `docs/soft-argmax.md` true: `cargo test --test docs soft_argmax -- --nocapture` prints the
//! tables.

use std::{fs, path::PathBuf};

use seal_nn::{
    Level,
    backend::{Chain, Circuit, Operation, PlanEvaluator},
    nn::{
        argmax::{Argmax, Comparison},
        soft_argmax::{SoftArgmax, SoftArgmaxProgram, VARIANTS, Variant},
    },
    packing::{Index, MatrixLayout, SlotAxis},
    program::NoRefresh,
};

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

/// Levels and products, as a plan counts them.
fn counts(variant: &Variant) -> (usize, usize) {
    let approximation = variant.approximation(variant.range).unwrap();
    let columns = approximation.inputs(variant.classes).unwrap().nrows();
    let class = SlotAxis::new(64, 64).unwrap();
    let inputs = Index::new(columns).along(class).modulo(columns.next_power_of_two());
    let layout = MatrixLayout::new(4096, Index::new(64).along(SlotAxis::new(64, 1).unwrap()), inputs);
    let layer = SoftArgmax::new(variant.classes, 1.0, 0).unwrap();
    let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(8192, approximation.levels(), 40).unwrap()));
    let program = SoftArgmaxProgram::new(&layer, &approximation, &layout).unwrap();
    program.probabilities(&plan, &plan.backend().input(Level(approximation.levels()))).unwrap();
    (approximation.levels(), plan.meter().take().count(Operation::MultiplyCiphertexts))
}

/// Two digits, as the page has them.
fn short(error: f64) -> String {
    format!("{error:.1e}")
}

#[test]
fn the_variants_are_those_of_the_page() {
    let rows = VARIANTS.iter().map(|variant| {
        let (levels, products) = counts(variant);
        let error = variant.worst_error(variant.range).unwrap();
        let position = if variant.approximation(variant.range).unwrap().sums_to_one() {
            short(error.position)
        } else {
            "-".into()
        };
        let (name, classes, range) = (variant.name, variant.classes, variant.range);
        format!("| {name} | {classes} | {range} | {levels} | {products} | {} | {position} |", short(error.probability))
    });
    are_in_the_page(rows.collect());
}

#[test]
fn the_comparisons_are_those_of_the_page() {
    let row = |&(classes, gap, error): &(usize, f64, f64)| {
        let comparison = Comparison::new(gap, error).unwrap();
        let argmax = Argmax::new(&comparison, classes, 16, 4096).unwrap();
        let plan = Circuit::new(PlanEvaluator::new(Chain::nominal(8192, argmax.levels(), 40).unwrap()));
        argmax.one_hot(&plan, &plan.backend().input(Level(argmax.levels())), &mut NoRefresh).unwrap();
        let products = plan.meter().take().count(Operation::MultiplyCiphertexts);
        let (levels, keys) = (argmax.levels(), plan.backend().rotations().len());
        let off = short((classes - 1) as f64 * comparison.error());
        format!("| {classes} | {gap} | {levels} | {products} | {keys} | {off} |")
    };
    are_in_the_page([(3, 0.2, 1e-2), (3, 0.05, 1e-3), (10, 0.05, 1e-3), (10, 0.01, 1e-3)].iter().map(row).collect());
}

fn are_in_the_page(rows: Vec<String>) {
    println!("{}", rows.join("\n"));
    let page = fs::read_to_string(docs("soft-argmax.md")).unwrap();
    let missing: Vec<&String> = rows.iter().filter(|row| !page.lines().any(|line| alike(line, row))).collect();
    assert!(missing.is_empty(), "docs/soft-argmax.md lacks\n{missing:#?}");
}

/// The same cells; errors, which are written with an exponent, may differ by a last digit of two: other machines round
/// exponentials otherwise.
fn alike(line: &str, row: &str) -> bool {
    let (line, row): (Vec<&str>, Vec<&str>) = (line.split('|').collect(), row.split('|').collect());
    let error = |cell: &str| cell.contains("e-").then(|| cell.trim().parse::<f64>().ok()).flatten();
    let same = |(a, b): (&&str, &&str)| match (error(a), error(b)) {
        (Some(a), Some(b)) => (a / b - 1.0).abs() < 0.11,
        _ => a == b,
    };
    line.len() == row.len() && line.iter().zip(&row).all(same)
}
