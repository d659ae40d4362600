//! Our own key switching against SEAL's calls: `cargo bench --bench key_switching` (`make bench` runs it with HEXL and
//! without). Calls of both alternate in one process on one thread, so that both meet the same load of the machine; the
//! ratio is the median of the ratios of neighbouring calls. Criterion then times every primitive by itself. As a test
//! (`cargo test --benches`) everything runs once, at one level.

use std::{
    env,
    hint::black_box,
    sync::{Arc, Mutex},
    time::Instant,
};

use criterion::{Criterion, criterion_group};
use ndarray::Array2;
use seal_nn::{
    Level, Rotation,
    backend::{Circuit, KeySwitching, SealEvaluator},
    nn::{
        Network, Weights,
        layout::{Batch, Layout, LayoutKind, State, TrainingLayout},
        training::{Bounds, Schedule, Sgd, Steps, Training, TrainingSetup, TrainingSpec},
    },
    program::Program,
    protocol::{Deployment, ParameterRequest, Peer, Server, TrainingDeployment, encrypt},
    seal::*,
};

use turns::{heading, in_turns, row};

mod turns;

type Anything = Box<dyn std::error::Error + Send + Sync>;

/// N = 16384, 430 bits, as many as the guidelines of 2024 allow: eight data primes and two special ones. SEAL's calls run on the same chain, with the last prime as
/// their special one.
const DEGREE: usize = 16384;
const BITS: [u32; 10] = [50, 40, 40, 40, 40, 40, 40, 40, 50, 50];
const LEVELS: [Level; 3] = [Level(7), Level(4), Level(2)];
/// The same data primes under one to three special ones, whose product is no smaller than that of as many data primes.
/// Three leave eight bits fewer to every data prime.
const CHAINS: [(usize, &[u32]); 3] =
    [(1, &[50, 40, 40, 40, 40, 40, 40, 40, 50]), (2, &BITS), (3, &[43, 36, 36, 36, 36, 36, 36, 36, 43, 43, 43])];
/// A 128 x 128 matrix: 16 baby steps, 8 giant steps.
const BABIES: usize = 16;
const GIANTS: usize = 8;
/// Alternating calls of an operation, and of a matrix product or a training step.
struct Extent {
    rounds: usize,
    long_rounds: usize,
    levels: &'static [Level],
}

const FULL: Extent = Extent { rounds: 21, long_rounds: 7, levels: &LEVELS };
const SHORT: Extent = Extent { rounds: 1, long_rounds: 1, levels: &[Level(2)] };

/// Both sides, for one code path.
struct Kit {
    context: Context,
    evaluator: Evaluator,
    relin: RelinKeys,
    galois: GaloisKeys,
    hybrid: HybridEvaluator,
    keys: HybridKeys,
    encoder: Encoder,
    real: RealEncoder,
    encryptor: SymmetricEncryptor,
    scale: f64,
    slots: usize,
}

impl Kit {
    fn new(path: &str, bits: &[u32], special: usize) -> Result<Kit, Anything> {
        let parameters = Parameters::builder().degree(DEGREE).bits(bits).special_primes(special).build()?;
        let context = Context::with_code_path(&parameters, path)?;
        let mut generator = KeyGenerator::new(&context)?;
        let secret = generator.secret_key()?;
        let babies = (1..BABIES).map(|b| Rotation(b as i32));
        let steps: Vec<Rotation> = babies.chain((1..GIANTS).map(|g| Rotation((g * BABIES) as i32))).collect();
        let started = Instant::now();
        let (relin, galois) = (generator.create_relin_keys()?, generator.create_galois_keys(&steps)?);
        let seals = started.elapsed().as_secs_f64();
        let levels = HybridKeyLevels::all(&parameters, &steps);
        let started = Instant::now();
        let seeded = generator.create_seeded_hybrid_keys(&levels)?;
        let ours = started.elapsed().as_secs_f64();
        let keys = seeded.expand(&context)?;
        println!(
            "{} keys at every level: ours made in {ours:.2} s and laid out in {:.2} s, SEAL's made in {seals:.2} s",
            steps.len() + 1,
            started.elapsed().as_secs_f64() - ours
        );
        Ok(Kit {
            evaluator: Evaluator::new(&context)?,
            hybrid: HybridEvaluator::new(&context)?,
            encoder: Encoder::new(&context)?,
            real: RealEncoder::new(&context)?,
            encryptor: SymmetricEncryptor::new(&context, &secret)?,
            scale: parameters.default_scale(),
            slots: parameters.slots(),
            relin,
            galois,
            keys,
            context,
        })
    }

    fn plain(&self, seed: usize, level: Level) -> Result<Plaintext, Anything> {
        let values: Vec<f64> = (0..self.slots).map(|i| ((seed * 7919 + i) as f64).sin()).collect();
        Ok(self.encoder.encode(&values, level, self.scale)?)
    }

    fn encrypt(&self, level: Level) -> Result<Ciphertext, Anything> {
        Ok(self.encryptor.encrypt(&self.plain(0, level)?)?)
    }
}

fn operations(kit: &Kit, extent: &Extent) -> Result<(), Anything> {
    let baby = |round: usize| Rotation(1 + (round % (BABIES - 1)) as i32); // other keys each time: from memory
    let rounds = extent.rounds;
    for &level in extent.levels {
        let Level(l) = level;
        let x = kit.encrypt(level)?;
        let rotate = |round| drop(black_box(kit.hybrid.rotate(&x, baby(round), &kit.keys).expect("a rotation")));
        let seals = |round| drop(black_box(kit.evaluator.rotate(&x, baby(round), &kit.galois).expect("a rotation")));
        row(&format!("rotation, {} data primes", l + 1), in_turns(rounds, rotate, seals));
        let hoisted = kit.hybrid.hoist(&x)?;
        let further = |round| {
            drop(black_box(kit.hybrid.rotate_hoisted(&hoisted, baby(round), &kit.keys).expect("a rotation")));
        };
        row(&format!("further rotation, {} data primes", l + 1), in_turns(rounds, further, seals));
        let product = kit.evaluator.square(&x)?;
        let [mut mine, mut others] = copies(&product, rounds);
        let ours = |_| {
            let mut y = mine.pop().expect("a copy for each call");
            kit.hybrid.relinearize_rescale_inplace(&mut y, &kit.keys).expect("a relinearisation");
        };
        let theirs = |_| {
            let mut y = others.pop().expect("a copy for each call");
            kit.evaluator.relinearize_inplace(&mut y, &kit.relin).expect("a relinearisation");
            kit.evaluator.rescale_inplace(&mut y).expect("a rescale");
        };
        row(&format!("relinearise and rescale, {} data primes", l + 1), in_turns(rounds, ours, theirs));
        let y = kit.encrypt(level)?;
        let ours = |_| {
            drop(black_box(kit.hybrid.multiply_sum_rescale(&[(&x, &y)], &kit.keys).expect("a product")));
        };
        let theirs = |_| {
            let mut product = kit.evaluator.multiply(&x, &y).expect("a product");
            kit.evaluator.relinearize_inplace(&mut product, &kit.relin).expect("a relinearisation");
            kit.evaluator.rescale_inplace(&mut product).expect("a rescale");
        };
        row(&format!("product, relinearise and rescale, {} data primes", l + 1), in_turns(rounds, ours, theirs));
        let values: Vec<f64> = (0..kit.slots).map(|i| (i as f64).sin()).collect();
        let ours = |_| drop(black_box(kit.real.encode(&values, level, kit.scale).expect("an encoding")));
        let theirs = |_| drop(black_box(kit.encoder.encode(&values, level, kit.scale).expect("an encoding")));
        row(&format!("encode a real vector, {} data primes", l + 1), in_turns(rounds, ours, theirs));
        let product = kit.evaluator.multiply_plain(&x, &kit.plain(1, level)?)?;
        let [mut mine, mut others] = copies(&product, rounds);
        let ours = |_| {
            kit.hybrid.rescale_inplace(&mut mine.pop().expect("a copy for each call")).expect("a rescale");
        };
        let theirs = |_| {
            kit.evaluator.rescale_inplace(&mut others.pop().expect("a copy for each call")).expect("a rescale");
        };
        row(&format!("rescale, {} data primes", l + 1), in_turns(rounds, ours, theirs));
        let plain = kit.plain(1, level)?;
        let ours = |_| {
            drop(black_box(kit.hybrid.multiply_plain_sum_rescale(&[(&x, &plain)]).expect("a product")));
        };
        let theirs = |_| {
            let mut product = kit.evaluator.multiply_plain(&x, &plain).expect("a product");
            kit.evaluator.rescale_inplace(&mut product).expect("a rescale");
        };
        row(&format!("plaintext product, rescaled, {} data primes", l + 1), in_turns(rounds, ours, theirs));
        let steps: Vec<Rotation> = (1..=4).map(Rotation).collect();
        let ours = |_| drop(black_box(kit.hybrid.add_rotations(&x, &steps, &kit.keys).expect("a sum")));
        let theirs = |_| {
            let mut sum = x.clone();
            for &step in &steps {
                let turned = kit.evaluator.rotate(&sum, step, &kit.galois).expect("a rotation");
                kit.evaluator.add_inplace(&mut sum, &turned).expect("a sum");
            }
        };
        row(&format!("sum of 16 slots by 4 doublings, {} data primes", l + 1), in_turns(rounds, ours, theirs));
        let terms: Vec<_> = steps.iter().map(|&step| (&x, step)).collect();
        let ours = |_| drop(black_box(kit.hybrid.sum_rotations(&terms, &kit.keys).expect("a sum")));
        let theirs = |_| {
            let rotated = |&(x, step): &(_, Rotation)| kit.evaluator.rotate(x, step, &kit.galois).expect("a rotation");
            let mut sum = rotated(&terms[0]);
            for term in &terms[1..] {
                kit.evaluator.add_inplace(&mut sum, &rotated(term)).expect("a sum");
            }
        };
        row(&format!("sum of 4 rotated ciphertexts, {} data primes", l + 1), in_turns(rounds, ours, theirs));
        let seeded = kit.encryptor.encrypt_seeded(&plain)?;
        let ours = |_| drop(black_box(kit.hybrid.expand(&seeded).expect("a ciphertext")));
        let theirs = |_| drop(black_box(seeded.expand(&kit.context).expect("a ciphertext")));
        row(&format!("ciphertext from its seed, {} data primes", l + 1), in_turns(rounds, ours, theirs));
        matrix(kit, level, extent.long_rounds)?;
    }
    Ok(())
}

/// For operations in place: a copy for each call, made beforehand.
fn copies(x: &Ciphertext, rounds: usize) -> [Vec<Ciphertext>; 2] {
    [(); 2].map(|()| vec![x.clone(); rounds + 1])
}

/// The same baby steps and giant steps on both sides, plaintexts encoded beforehand on both.
fn matrix(kit: &Kit, level: Level, rounds: usize) -> Result<(), Anything> {
    let x = kit.encrypt(level)?;
    let mut factors = Vec::new();
    for i in 0..BABIES * GIANTS {
        let plain = kit.plain(i, level)?;
        let extended = kit.hybrid.extend(&plain)?;
        factors.push((Rotation((i / BABIES * BABIES) as i32), Rotation((i % BABIES) as i32), plain, extended));
    }
    let terms: Vec<TransformTerm> = factors
        .iter()
        .map(|(giant, baby, plaintext, extended)| TransformTerm { giant: *giant, baby: *baby, plaintext, extended })
        .collect();
    let ours = |_| drop(black_box(kit.hybrid.transform(&x, &terms, &kit.keys).expect("a product")));
    let theirs = |_| {
        let babies: Vec<Rotation> = (0..BABIES).map(|b| Rotation(b as i32)).collect();
        let turned = kit.evaluator.rotate_many(&x, &babies, &kit.galois).expect("rotations");
        let mut sum: Option<Ciphertext> = None;
        for group in factors.chunks(BABIES) {
            let mut products = group.iter().zip(&turned).map(|((_, _, p, _), x)| kit.evaluator.multiply_plain(x, p));
            let mut part = products.next().expect("a term").expect("a product");
            for product in products {
                kit.evaluator.add_inplace(&mut part, &product.expect("a product")).expect("a sum");
            }
            let part = kit.evaluator.rotate(&part, group[0].0, &kit.galois).expect("a rotation");
            match &mut sum {
                None => sum = Some(part),
                Some(sum) => kit.evaluator.add_inplace(sum, &part).expect("a sum"),
            }
        }
        drop(black_box(sum));
    };
    row(&format!("128 x 128 matrix by vector, {} data primes", level.0 + 1), in_turns(rounds, ours, theirs));
    Ok(())
}

/// A server with all that a step on SEAL needs.
struct TrainingStep {
    server: Mutex<Server<SealEvaluator, Training<Layout>>>,
    call: Steps,
    request: State<Seeded<Ciphertext>>,
    galois_bytes: usize,
    galois_keys: usize,
    total_bits: u32,
}

impl TrainingStep {
    fn new(
        network: &str,
        activation: &str,
        bias: bool,
        batch: usize,
        key_switching: KeySwitching,
        kind: Option<LayoutKind>,
    ) -> Result<TrainingStep, Anything> {
        let network = network.parse::<Network>()?.with_activation(activation.parse()?);
        let network = if bias { network.with_bias() } else { network };
        let optimizer = Sgd::new(&[1.0, 0.1], 0.75, Schedule::Constant)?;
        let spec = TrainingSpec { network, optimizer, bounds: Bounds::default(), loss: Default::default() };
        let request = ParameterRequest { key_switching, ..ParameterRequest::default() };
        // The layout that the planner chooses for two-layer networks that fit in it, else tiles on axes.
        let layout = |slots| match kind {
            Some(kind) => kind.layout(&spec.network, slots, batch),
            None => LayoutKind::Merged
                .layout(&spec.network, slots, batch)
                .or_else(|_| LayoutKind::Axis.layout(&spec.network, slots, batch)),
        };
        let deployment = TrainingDeployment::choose(&TrainingSetup::new(&spec, batch), &request, layout)?.training;
        let (holder, keys) = deployment.make_keys(key_switching)?;
        let evaluator = SealEvaluator::new(&deployment.parameters, &keys)?;
        let (galois_bytes, galois_keys) = (keys.galois_bytes(), deployment.keys.rotations.len());
        let inputs = spec.network.dimensions()[0];
        let x = Array2::from_shape_fn((batch, inputs), |(i, j)| ((i * inputs + j) as f64).sin() * 0.5);
        let t = Array2::from_shape_fn((batch, spec.network.outputs()), |(i, j)| ((i + j) as f64).cos() * 0.5);
        let weights = Weights::random(&spec.network, &[0.3, 0.3], 0)?;
        let Deployment { program, plan, parameters, .. } = deployment;
        let layout = program.layout();
        let packed = Batch { inputs: layout.pack_inputs(x.view())?, targets: layout.pack_targets(t.view())? };
        let levels = program.kept(&batch, plan.entry, &plan.chain)?;
        let kept = encrypt::<Batch<()>, _>(&holder, &packed, &levels)?;
        let weights = layout.pack_weights(&weights)?;
        let call = Steps { batch: 0, shares: vec![1.0] };
        let levels = program.asked(&call, plan.entry, &plan.chain)?;
        let request = encrypt::<State<()>, _>(&holder, &State { velocity: weights.clone(), weights }, &levels)?;
        let mut server = Server::new(Arc::new(Circuit::new(evaluator)), program, plan);
        server.keep(&batch, &kept)?;
        let total_bits = parameters.total_bits();
        Ok(TrainingStep { server: Mutex::new(server), call, request, galois_bytes, galois_keys, total_bits })
    }

    fn step(&self) -> Result<(), Anything> {
        self.server.lock().expect("a server").call(&self.call, &self.request)?;
        Ok(())
    }
}

fn training(
    name: &str,
    network: &str,
    activation: &str,
    bias: bool,
    batch: usize,
    rounds: usize,
) -> Result<(), Anything> {
    let ours = TrainingStep::new(network, activation, bias, batch, KeySwitching::Hybrid, None)?;
    let seals = TrainingStep::new(network, activation, bias, batch, KeySwitching::Seal, None)?;
    row(
        &format!("training step, {name}"),
        in_turns(rounds, |_| ours.step().expect("a step"), |_| seals.step().expect("a step")),
    );
    println!(
        "\n{name}: {} Galois keys of {:.1} MB ({} bits of modulus), SEAL's {:.1} MB ({} bits): {:.2} of them\n",
        ours.galois_keys,
        ours.galois_bytes as f64 / 1e6,
        ours.total_bits,
        seals.galois_bytes as f64 / 1e6,
        seals.total_bits,
        ours.galois_bytes as f64 / seals.galois_bytes as f64
    );
    // Both of our own, so that the first column is two threads, the second one.
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let (two, one) = (pool(2)?, pool(1)?);
    let [together, alone, ratio] = in_turns(
        rounds,
        |_| two.install(|| ours.step().expect("a step")),
        |_| one.install(|| ours.step().expect("a step")),
    );
    println!("{name}: {together:.1} ms on two threads, {alone:.1} ms on one: {:.2} times faster\n", 1.0 / ratio);
    Ok(())
}

/// The same step of the Iris network in every layout that we propose.
fn layouts(rounds: usize) -> Result<(), Anything> {
    for kind in [LayoutKind::Merged, LayoutKind::Axis, LayoutKind::PerFeature, LayoutKind::DiagonalGiantSteps] {
        let made = |key_switching| TrainingStep::new("4-8-3", "square:0.75", false, 120, key_switching, Some(kind));
        let (ours, seals) = (made(KeySwitching::Hybrid)?, made(KeySwitching::Seal)?);
        row(
            &format!("training step 4-8-3, layout {kind}"),
            in_turns(rounds, |_| ours.step().expect("a step"), |_| seals.step().expect("a step")),
        );
    }
    Ok(())
}

fn compare(extent: &Extent) -> Result<(), Anything> {
    let hexl = if env!("SEAL_NN_HEXL") == "1" { "with HEXL" } else { "without HEXL" };
    println!("SEAL {} {hexl}; one thread; medians of alternating calls", env!("SEAL_NN_SEAL_VERSION"));
    let paths = code_paths()?;
    println!("code paths of this machine: {}", paths.join(", "));
    let all = extent.levels.len() > 1;
    for path in paths.iter().filter(|path| *path != "portable") {
        let kit = Kit::new(path, &BITS, 2)?;
        heading(&format!("N = {DEGREE}, two special primes, code path {path}, SEAL {hexl}"));
        operations(&kit, extent)?;
    }
    // From here on the path that programs take, unless SEAL_NN_KERNEL_PATH names another.
    for (special, bits) in CHAINS.iter().filter(|(special, _)| all && *special != 2) {
        let kit = Kit::new("", bits, *special)?;
        heading(&format!("N = {DEGREE}, special primes: {special}, SEAL {hexl}"));
        operations(&kit, extent)?;
    }
    heading(&format!("Training steps with and without `--key-switching seal`, SEAL {hexl}"));
    training("Iris 4-8-3, 120 samples", "4-8-3", "square:0.75", false, 120, extent.long_rounds)?;
    if !all {
        return Ok(());
    }
    training("digits 62-32-10, 256 samples", "62-32-10", "square:0.25", true, 256, extent.long_rounds)?;
    heading(&format!("Layouts, SEAL {hexl}"));
    layouts(extent.long_rounds)
}

fn primitives(criterion: &mut Criterion) {
    let kit = Kit::new("", &BITS, 2).expect("parameters that work");
    let mut group = criterion.benchmark_group("key switching");
    let level = LEVELS[0];
    let x = kit.encrypt(level).expect("an encryption");
    let product = kit.evaluator.square(&x).expect("a product");
    let hoisted = kit.hybrid.hoist(&x).expect("digits");
    group.bench_function("hoist", |b| b.iter(|| kit.hybrid.hoist(&x)));
    group.bench_function("rotate", |b| b.iter(|| kit.hybrid.rotate(&x, Rotation(1), &kit.keys)));
    group.bench_function("rotate hoisted", |b| b.iter(|| kit.hybrid.rotate_hoisted(&hoisted, Rotation(1), &kit.keys)));
    group.bench_function("relinearise and rescale", |b| {
        b.iter(|| {
            let mut y = product.clone();
            kit.hybrid.relinearize_rescale_inplace(&mut y, &kit.keys)
        });
    });
    group.finish();
}

criterion_group!(benches, primitives);

fn main() {
    let extent = if env::args().any(|given| given == "--bench") { &FULL } else { &SHORT };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    if let Err(error) = pool.install(|| compare(extent)) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
