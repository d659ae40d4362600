//! The cost of CKKS operations with SEAL's own functions and with our own key switching.
//!
//! Medians for N = 8192 and N = 16384, each at the top level. Costs grow with the ring and with the level (a product
//! about linearly, key switching quadratically), and depend on the keys.
//!
//! Run it with `cargo run --release --example 10_performance`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use seal_nn::seal::*;
use seal_nn::{Level, Rotation, SealError};

/// The steps of the hoisted rotations.
const STEPS: [Rotation; 4] = [Rotation(1), Rotation(2), Rotation(3), Rotation(4)];

fn main() -> Result<(), SealError> {
    let rings = [Ring::new(8192, 2)?, Ring::new(16384, 8)?];
    let columns = [rings[0].times()?, rings[1].times()?];
    println!("{:<44} {:>12} {:>12}", "milliseconds", "N = 8192", "N = 16384");
    println!("{:<44} {:>12} {:>12}", "level", rings[0].context.top_level().0, rings[1].context.top_level().0);
    for ((name, small), (_, large)) in columns[0].iter().zip(&columns[1]) {
        let [small, large] = [small, large].map(|time| 1e3 * time.as_secs_f64());
        println!("{name:<44} {small:>12.3} {large:>12.3}");
    }
    wrong_level(&rings[1])
}

/// Parameters and all objects made from them.
struct Ring {
    context: Context,
    secret: SecretKey,
    relin: RelinKeys,
    galois: GaloisKeys,
    switching: HybridKeys,
    x: Ciphertext,
    y: Ciphertext,
}

impl Ring {
    fn new(degree: usize, depth: usize) -> Result<Ring, SealError> {
        // One special prime below 2^50: SEAL and our own key switching take the same parameters.
        let parameters = Parameters::builder().depth(depth, 40).hybrid(1).degree(degree).build()?;
        let context = Context::new(&parameters)?;
        let mut keys = KeyGenerator::new(&context)?;
        let secret = keys.secret_key()?;
        let levels = HybridKeyLevels::all(&parameters, &STEPS);
        let plain = Encoder::new(&context)?.encode(&[1.5, -2.0], context.top_level(), parameters.default_scale())?;
        let encryptor = SymmetricEncryptor::new(&context, &secret)?;
        Ok(Ring {
            relin: keys.create_relin_keys()?,
            galois: keys.create_galois_keys(&STEPS)?,
            switching: keys.create_seeded_hybrid_keys(&levels)?.expand(&context)?,
            x: encryptor.encrypt(&plain)?,
            y: encryptor.encrypt(&plain)?,
            secret,
            context,
        })
    }

    fn times(&self) -> Result<Vec<(&'static str, Duration)>, SealError> {
        let Ring { context, secret, relin, galois, switching, x, y } = self;
        let (top, scale) = (context.top_level(), context.parameters().default_scale());
        let mut keys = KeyGenerator::from_secret_key(context, secret)?;
        let encoder = Encoder::new(context)?;
        let values: Vec<f64> = (0..context.slots()).map(|i| (i as f64).sin()).collect();
        let plain = encoder.encode(&values, top, scale)?;
        let encryptor = Encryptor::with_public_key(context, &keys.create_public_key()?)?;
        let (evaluator, hybrid) = (Evaluator::new(context)?, HybridEvaluator::new(context)?);
        let product = evaluator.multiply(x, y)?;
        let mut short = product.clone();
        evaluator.relinearize_inplace(&mut short, relin)?;
        let low = evaluator.drop_to(x, Level(1))?;
        Ok(vec![
            ("relinearisation keys, seeded", median(|| keys.create_seeded_relin_keys())?),
            ("encode", median(|| encoder.encode(&values, top, scale))?),
            ("encrypt, by the public key", median(|| encryptor.encrypt(&plain))?),
            ("add", median(|| evaluator.add(x, y))?),
            ("multiply", median(|| evaluator.multiply(x, y))?),
            ("multiply by a plaintext", median(|| evaluator.multiply_plain(x, &plain))?),
            ("relinearise, Evaluator", median(|| changed(&product, |x| evaluator.relinearize_inplace(x, relin)))?),
            (
                "relinearise, HybridEvaluator",
                median(|| changed(&product, |x| hybrid.relinearize_inplace(x, switching)))?,
            ),
            ("rescale, Evaluator", median(|| changed(&short, |x| evaluator.rescale_inplace(x)))?),
            ("rescale, HybridEvaluator", median(|| changed(&short, |x| hybrid.rescale_inplace(x)))?),
            (
                "relinearise and rescale, HybridEvaluator",
                median(|| changed(&product, |x| hybrid.relinearize_rescale_inplace(x, switching)))?,
            ),
            ("rotate, Evaluator", median(|| evaluator.rotate(x, STEPS[0], galois))?),
            ("rotate, HybridEvaluator", median(|| hybrid.rotate(x, STEPS[0], switching))?),
            ("four rotations of one, Evaluator", median(|| evaluator.rotate_many(x, &STEPS, galois))?),
            ("four rotations of one, HybridEvaluator, hoisted", median(|| rotations(&hybrid, x, switching))?),
            ("the same at level 1", median(|| rotations(&hybrid, &low, switching))?),
        ])
    }
}

/// Several rotations of one decomposition.
fn rotations(hybrid: &HybridEvaluator, x: &Ciphertext, keys: &HybridKeys) -> Result<Vec<Ciphertext>, SealError> {
    let hoisted = hybrid.hoist(x)?;
    STEPS.iter().map(|&step| hybrid.rotate_hoisted(&hoisted, step, keys)).collect()
}

/// In-place operations work on a copy, whose time is small compared with theirs.
fn changed(
    x: &Ciphertext,
    operation: impl FnOnce(&mut Ciphertext) -> Result<(), SealError>,
) -> Result<Ciphertext, SealError> {
    let mut x = x.clone();
    operation(&mut x)?;
    Ok(x)
}

/// A common mistake is to measure once: the first call also fills SEAL's memory pools. Here it is not counted.
fn median<T>(mut operation: impl FnMut() -> Result<T, SealError>) -> Result<Duration, SealError> {
    const COUNT: usize = 7;
    black_box(operation()?);
    let mut times = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let start = Instant::now();
        black_box(operation()?);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[COUNT / 2])
}

/// The level determines the speed of a program: keys for low levels are small and fast. A common mistake is then a
/// ciphertext at a higher level.
fn wrong_level(ring: &Ring) -> Result<(), SealError> {
    let Ring { context, secret, x, .. } = ring;
    let all = HybridKeyLevels::all(context.parameters(), &STEPS[..1]);
    let low = HybridKeyLevels { rotations: [(STEPS[0], Level(1))].into(), ..HybridKeyLevels::default() };
    let megabytes = |levels: &HybridKeyLevels| levels.bytes(context.parameters()) as f64 / f64::from(1 << 20);
    println!(
        "\nkeys for every level: {:.1} MiB; for a rotation at level 1: {:.2} MiB",
        megabytes(&all),
        megabytes(&low)
    );
    let keys = KeyGenerator::from_secret_key(context, secret)?.create_seeded_hybrid_keys(&low)?.expand(context)?;
    let hybrid = HybridEvaluator::new(context)?;
    match hybrid.rotate(x, STEPS[0], &keys) {
        Err(refusal @ SealError::KeyLevel { .. }) => println!("\n  refused: {refusal}\n"),
        other => panic!("this should not work: {other:?}"),
    }
    // The solution is to drop it: a ciphertext does not need levels that the program will not use.
    let x = Evaluator::new(context)?.drop_to(x, Level(1))?;
    hybrid.rotate(&x, STEPS[0], &keys)?;
    println!("dropped to level 1, it rotates");
    Ok(())
}
