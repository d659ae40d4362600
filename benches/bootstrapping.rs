//! The parts of a bootstrap of 64 real slots, on our own kernels and by SEAL's calls: `cargo bench --bench bootstrapping`.
//! Set A at N = 32768, 868 bits: slots to coefficients first, raise, sums over copies, coefficients to slots, the odd EvalMod
//! of 15 relinearisations, average of the copies. Both sides do the same steps at the same levels, in turns on one thread;
//! the values mean nothing. SEAL has no raise, so its side takes ours without the sums that it can include. As a test
//! (`cargo test --benches`) all runs once in a small ring.

use std::{env, hint::black_box};

use cpu_time::ProcessTime;
use seal_nn::{Level, Rotation, seal::*};
use turns::{heading, in_turns, in_turns_by, row};

mod turns;

type Anything = Box<dyn std::error::Error + Send + Sync>;

/// Periodic slots.
const PERIOD: usize = 64;
/// Diagonals of a matrix are rotations by baby steps and by multiples of so many.
const BABIES: usize = 16;
/// By one of them after the other.
const STEPS: GiantSteps = GiantSteps { step: Rotation(BABIES as i32), last: Rotation(0) };
/// SEAL cannot hoist, so both kinds of rotations cost it the same: fewest in all.
const BABIES_OF_SEAL: usize = 8;
/// Level of the result of S2C's input, of the step, of EvalMod's end and of its start.
const OUT: usize = 7;
const START: usize = 15;
const TOP: usize = 16;
/// Of the sums over copies, what the raise includes.
const RAISED: usize = 5;

/// Nodes of the polynomial of degree 31 with their level and number of products, and leaves with theirs: those that are a
/// factor, then those that a node adds, which ours has in the node.
const NODES: [(usize, usize); 8] = [(11, 4), (12, 3), (12, 2), (12, 1), (13, 2), (13, 1), (13, 1), (14, 1)];
const LEAVES: [usize; 8] = [12, 13, 13, 13, 14, 14, 14, 15];

/// Both sides.
struct Kit {
    context: Context,
    hybrid: HybridEvaluator,
    keys: HybridKeys,
    /// The same primes with three special ones, for all below the top.
    low: HybridEvaluator,
    low_keys: HybridKeys,
    low_context: Context,
    raiser: Raiser,
    raising: [RaisingKeys; 2],
    evaluator: Evaluator,
    relin: RelinKeys,
    galois: GaloisKeys,
    encoder: Encoder,
    encryptor: SymmetricEncryptor,
    copies: Vec<Rotation>,
}

impl Kit {
    fn new(degree: usize) -> Result<Kit, Anything> {
        let bits = [&[49][..], &[40; 7], &[49; 11]].concat();
        let builder = Parameters::builder().degree(degree).bits(&bits).special_primes(2);
        let secure = degree == 32768;
        let parameters = if secure { builder.build()? } else { builder.insecure().build()? };
        let primes: Vec<u64> = parameters.data_primes().iter().chain(parameters.special_primes()).copied().collect();
        let builder = Parameters::builder().degree(degree).primes(&primes).special_primes(3);
        let low_context = Context::new(&if secure { builder.build()? } else { builder.insecure().build()? })?;
        let context = Context::new(&parameters)?;
        let mut generator = KeyGenerator::new(&context)?;
        let secret = generator.secret_key()?;
        let mut low_generator = KeyGenerator::from_secret_key(&low_context, &low_context.adopt_secret_key(&secret)?)?;

        let slots = degree / 2;
        let copies: Vec<Rotation> = (0..(slots / PERIOD).ilog2()).map(|i| Rotation((PERIOD << i) as i32)).collect();
        let (raised, summed) = copies.split_at(RAISED.min(copies.len()));
        let diagonals: Vec<Rotation> = (1..=BABIES).map(|step| Rotation(step as i32)).collect();
        let at = |steps: &[Rotation], level| steps.iter().map(|&step| (step, Level(level))).collect::<Vec<_>>();
        let levels = HybridKeyLevels {
            relin: None,
            rotations: at(&diagonals, TOP).into_iter().chain(at(summed, TOP)).collect(),
            conjugation: Some(Level(TOP)),
        };
        let keys = generator.create_seeded_hybrid_keys(&levels)?.expand(&context)?;
        // Sums in pairs.
        let pairs: Vec<Rotation> = copies.chunks_exact(2).map(|pair| Rotation(pair[0].0 + pair[1].0)).collect();
        let levels = HybridKeyLevels {
            relin: Some(Level(START)),
            rotations: at(&copies, OUT).into_iter().chain(at(&pairs, OUT)).collect(),
            conjugation: None,
        };
        let low_keys = low_generator.create_seeded_hybrid_keys(&levels)?.expand(&low_context)?;
        let sparse = if secure { SparseParameters::new(degree, 32)? } else { SparseParameters::insecure(degree, 32)? };
        let mut raising = |steps: &[Rotation]| {
            generator.create_seeded_raising_keys(&sparse, steps).and_then(|keys| keys.expand(&context))
        };
        Ok(Kit {
            raising: [raising(raised)?, raising(&[])?],
            raiser: Raiser::new(&context, &sparse)?,
            hybrid: HybridEvaluator::new(&context)?,
            low: HybridEvaluator::new(&low_context)?,
            evaluator: Evaluator::new(&context)?,
            relin: generator.create_relin_keys()?,
            // One for all: each has 180 MB.
            galois: generator.create_galois_keys(&[Rotation(1)])?,
            encoder: Encoder::new(&context)?,
            encryptor: SymmetricEncryptor::new(&context, &secret)?,
            keys,
            low_keys,
            low_context,
            context,
            copies,
        })
    }

    fn fresh(&self, level: usize, bits: i32) -> Result<Ciphertext, Anything> {
        Ok(self.encryptor.encrypt(&self.encoder.encode(&[0.5, 0.25], Level(level), 2_f64.powi(bits))?)?)
    }

    /// Any matrix of 64 diagonals.
    fn diagonals(&self, level: usize, scale: f64) -> Result<Vec<PeriodicPlaintext>, Anything> {
        let values: Vec<[f64; 2]> = (0..PERIOD).map(|i| [(i as f64).sin(), (i as f64).cos()]).collect();
        (0..PERIOD).map(|_| Ok(self.hybrid.encode_periodic(&values, Level(level), scale)?)).collect()
    }

    fn seals_rotations(&self, x: &Ciphertext, count: usize) -> Result<Ciphertext, Anything> {
        let mut sum = x.clone();
        for _ in 0..count {
            let rotated = self.evaluator.rotate(&sum, Rotation(1), &self.galois)?;
            self.evaluator.add_inplace(&mut sum, &rotated)?;
        }
        Ok(sum)
    }

    fn seals_matrix(&self, x: &Ciphertext, plain: &Plaintext) -> Result<Ciphertext, Anything> {
        let rotate = |x: &Ciphertext| self.evaluator.rotate(x, Rotation(1), &self.galois);
        let babies: Vec<Ciphertext> = (1..BABIES_OF_SEAL).map(|_| rotate(x)).collect::<Result<_, _>>()?;
        let mut sum: Option<Ciphertext> = None;
        for giant in 0..PERIOD / BABIES_OF_SEAL {
            let mut part = self.evaluator.multiply_plain(x, plain)?;
            for baby in &babies {
                self.evaluator.add_inplace(&mut part, &self.evaluator.multiply_plain(baby, plain)?)?;
            }
            let part = if giant == 0 { part } else { rotate(&part)? };
            match &mut sum {
                None => sum = Some(part),
                Some(sum) => self.evaluator.add_inplace(sum, &part)?,
            }
        }
        sum.ok_or_else(|| "no sum".into())
    }

    /// `k x` one level below, at the scale of x.
    fn seals_leaf(&self, x: &Ciphertext, level: usize) -> Result<Ciphertext, Anything> {
        let mut leaf = self.evaluator.drop_to(x, Level(level))?;
        let prime = self.context.parameters().data_primes()[level] as f64;
        self.evaluator.multiply_plain_inplace(&mut leaf, &self.encoder.encode_constant(0.5, Level(level), prime)?)?;
        self.evaluator.rescale_inplace(&mut leaf)?;
        Ok(leaf)
    }

    fn seals_node(&self, x: &Ciphertext, level: usize, products: usize) -> Result<Ciphertext, Anything> {
        let dropped: Vec<Ciphertext> =
            (0..2 * products).map(|_| self.evaluator.drop_to(x, Level(level))).collect::<Result<_, _>>()?;
        let terms: Vec<(&Ciphertext, &Ciphertext)> = dropped.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect();
        let mut sum = self.evaluator.multiply_sum(&terms)?;
        self.evaluator.relinearize_inplace(&mut sum, &self.relin)?;
        self.evaluator.rescale_inplace(&mut sum)?;
        let constant = self.encoder.encode_constant(0.25, sum.level(), sum.scale())?;
        self.evaluator.add_plain_inplace(&mut sum, &constant)?;
        Ok(sum)
    }
}

/// By processor time, which other programs lengthen less than the time on the clock.
fn in_cpu_turns(rounds: usize, ours: impl FnMut(usize), theirs: impl FnMut(usize)) -> [f64; 3] {
    let started = ProcessTime::now();
    in_turns_by(|| started.elapsed(), rounds, ours, theirs)
}

/// The matrix's terms for our side.
fn terms(diagonals: &[PeriodicPlaintext]) -> Vec<PeriodicTerm<'_>> {
    let term = |(at, plaintext)| PeriodicTerm { giant: at / BABIES, baby: Rotation((at % BABIES) as i32), plaintext };
    diagonals.iter().enumerate().map(term).collect()
}

fn parts(kit: &Kit, rounds: usize) -> Result<(), Anything> {
    heading("Bootstrap of 64 slots, one thread, processor time");
    let mut total = [0.0; 2];
    let mut part = |what: &str, times: [f64; 3]| {
        row(what, times);
        total = [total[0] + times[0], total[1] + times[1]];
    };
    let primes = kit.context.parameters().data_primes();

    let (x, diagonals) = (kit.fresh(1, 40)?, kit.diagonals(1, primes[1] as f64)?);
    let (list, plain) = (terms(&diagonals), kit.encoder.encode(&[0.5; 64], Level(1), primes[1] as f64)?);
    let ours = |_| drop(black_box(kit.hybrid.transform_periodic_rescale(&x, &list, STEPS, &kit.keys).expect("S2C")));
    let theirs = |_| {
        let mut y = kit.seals_matrix(&x, &plain).expect("S2C");
        kit.evaluator.rescale_inplace(&mut y).expect("S2C");
    };
    part("slots to coefficients, 2 data primes", in_cpu_turns(rounds, ours, theirs));

    let x = kit.fresh(0, 35)?;
    let summed = &kit.copies[RAISED.min(kit.copies.len())..];
    let ours = |_| {
        let y = kit.raiser.raise(&x, &kit.raising[0]).expect("a raise");
        drop(black_box(kit.hybrid.add_rotations(&y, summed, &kit.keys).expect("sums")));
    };
    let theirs = |_| {
        let y = kit.raiser.raise(&x, &kit.raising[1]).expect("a raise");
        drop(black_box(kit.seals_rotations(&y, kit.copies.len()).expect("sums")));
    };
    part("raise and sum over copies, 17", in_cpu_turns(rounds, ours, theirs));

    let scale = 2_f64.powi(49);
    let (x, diagonals) = (kit.fresh(TOP, 49)?, kit.diagonals(TOP, scale)?);
    let (list, plain) = (terms(&diagonals), kit.encoder.encode(&[0.5; 64], Level(TOP), scale)?);
    let ours =
        |_| drop(black_box(kit.hybrid.transform_periodic_real_rescale(&x, &list, STEPS, &kit.keys).expect("C2S")));
    let theirs = |_| {
        let y = kit.seals_matrix(&x, &plain).expect("C2S");
        let mut y = kit.seals_rotations(&y, 1).expect("a conjugate");
        kit.evaluator.rescale_inplace(&mut y).expect("C2S");
    };
    part("coefficients to slots, 17", in_cpu_turns(rounds, ours, theirs));

    let x = kit.fresh(START, 49)?;
    let moved = kit.low_context.adopt(&x)?;
    // Powers, nodes of the polynomial, doublings: 15 relinearisations.
    let powers = (12..=START).map(|level| (level, 2));
    let nodes: Vec<(usize, usize)> = powers.chain(NODES).chain([(10, 2), (9, 2), (8, 2)]).collect();
    let ours = |_| {
        let combine = |products: usize, multiples: &[(&Ciphertext, f64)], level: usize| {
            let products = vec![(&moved, &moved); products];
            let scale = moved.scale() * moved.scale() / primes[level] as f64;
            let terms = Combination { products: &products, multiples, constant: 0.25 };
            drop(black_box(kit.low.combine_rescale(&terms, Level(level), scale, &kit.low_keys).expect("a node")));
        };
        nodes.iter().for_each(|&(level, products)| {
            combine(products, &[(&moved, 0.5)][..NODES.contains(&(level, products)).into()], level)
        });
        LEAVES.iter().for_each(|&level| combine(0, &[(&moved, 0.5)], level));
    };
    let theirs = |_| {
        for &(level, products) in &nodes {
            let node = kit.seals_node(&x, level, products).expect("a node");
            if NODES.contains(&(level, products)) {
                let mut leaf = kit.seals_leaf(&x, level).expect("a leaf");
                leaf.set_scale(node.scale()).expect("a scale");
                kit.evaluator.add_inplace(&mut leaf, &node).expect("a sum");
            }
        }
        LEAVES.iter().for_each(|&level| drop(black_box(kit.seals_leaf(&x, level).expect("a leaf"))));
    };
    part("EvalMod, 16 to 9", in_cpu_turns(rounds, ours, theirs));

    let x = kit.fresh(OUT, 40)?;
    let moved = kit.low_context.adopt(&x)?;
    let ours = |_| drop(black_box(kit.low.add_rotations(&moved, &kit.copies, &kit.low_keys).expect("sums")));
    let theirs = |_| drop(black_box(kit.seals_rotations(&x, kit.copies.len()).expect("sums")));
    part("average of copies, 8", in_cpu_turns(rounds, ours, theirs));

    let [ours, theirs] = total;
    row("all", [ours, theirs, ours / theirs]);
    Ok(())
}

/// The longest of the operations on the clock.
fn threads(kit: &Kit, rounds: usize) -> Result<(), Anything> {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let (two, one) = (pool(2)?, pool(1)?);
    let (x, diagonals) = (kit.fresh(TOP, 49)?, kit.diagonals(TOP, 2_f64.powi(49))?);
    let list = terms(&diagonals);
    let matrix =
        || drop(black_box(kit.hybrid.transform_periodic_real_rescale(&x, &list, STEPS, &kit.keys).expect("C2S")));
    println!(
        "\nOn the clock, two threads beside one\n| operation | two | one | ratio | times faster |\n|---|---|---|---|---|"
    );
    row("coefficients to slots, 17", in_turns(rounds, |_| two.install(matrix), |_| one.install(matrix)));
    Ok(())
}

fn main() -> Result<(), Anything> {
    let is_bench = env::args().any(|argument| argument == "--bench");
    let (degree, rounds) = if is_bench { (32768, 7) } else { (4096, 1) };
    let kit = Kit::new(degree)?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    one.install(|| parts(&kit, rounds))?;
    threads(&kit, rounds)
}
