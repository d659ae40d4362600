//! The soft-argmax layer by variant, on SEAL at 128-bit security: `cargo bench --bench soft_argmax`.
//!
//! One ciphertext of 256 samples, with the smallest ring that has the levels, or N = 32768; what its longest chain of
//! 40-bit primes does not hold (exp15 (2,2,3,4)) needs a refresh and is left out. As a test (`cargo test --benches`) the
//! variant of fewest levels runs once.

use std::env;

use criterion::{Criterion, criterion_group, criterion_main};
use seal_nn::{
    Level, Result,
    backend::{Chain, Circuit, Encrypt, Evaluate, PlanEvaluator, SealEvaluator, SealKeyHolder},
    nn::soft_argmax::{SoftArgmax, SoftArgmaxProgram, VARIANTS, Variant},
    packing::{Index, MatrixLayout, SlotAxis},
    seal::Parameters,
};

const SAMPLES: usize = 256;
const SCALE_BITS: u32 = 40;
/// More of them take gigabytes of keys.
const MOST_LEVELS: usize = 15;

fn measure(criterion: &mut Criterion, variant: &Variant) -> Result<()> {
    let approximation = variant.approximation(variant.range)?;
    let levels = approximation.levels();
    if levels > MOST_LEVELS {
        return Ok(());
    }
    let parameters = Parameters::builder().depth(levels, SCALE_BITS).build()?;
    let slots = parameters.slots();
    let columns = approximation.inputs(variant.classes)?.nrows();
    let classes = Index::new(columns).along(SlotAxis::new(slots / SAMPLES, SAMPLES)?);
    let samples = Index::new(SAMPLES).along(SlotAxis::new(SAMPLES, 1)?);
    let layout = MatrixLayout::new(slots, samples, classes.modulo(columns.next_power_of_two()));
    let layer = SoftArgmax::new(variant.classes, 1.0, 0)?;
    let program = SoftArgmaxProgram::new(&layer, &approximation, &layout)?;

    let plan = Circuit::new(PlanEvaluator::new(Chain::try_from(&parameters)?));
    program.probabilities(&plan, &plan.backend().input(Level(levels)))?;
    let client = SealKeyHolder::generate(&parameters)?;
    let keys = client.evaluation_keys(&plan.backend().rotations())?;
    let server = Circuit::new(SealEvaluator::new(&parameters, &keys)?);
    let inputs = layout.fill(|sample, column| ((sample * columns + column) as f64).sin())?.concat();
    let inputs = server.backend().receive(&client.encrypt(&inputs, Level(levels))?)?;
    // The first run encodes what the others find encoded.
    program.probabilities(&server, &inputs)?;
    let degree = parameters.poly_modulus_degree();
    let name = format!("{}, K = {}, N = {degree}", variant.name, variant.classes);
    criterion.bench_function(&name, |bencher| bencher.iter(|| program.probabilities(&server, &inputs)));
    Ok(())
}

fn variants(criterion: &mut Criterion) {
    let all = env::args().any(|argument| argument == "--bench");
    for variant in VARIANTS.iter().take(if all { VARIANTS.len() } else { 1 }) {
        if let Err(error) = measure(criterion, variant) {
            eprintln!("{}: {error}", variant.name);
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = variants
}
criterion_main!(benches);
