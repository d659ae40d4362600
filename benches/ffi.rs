//! What the crate costs over plain C++ on the same SEAL. `cargo bench --bench ffi` first compares operation by operation
//! with the program in `cpp/bench`, then runs criterion's own measurements.
//!
//! The comparison alternates: one call in a process of the one, one call in a process of the other, many times, so that
//! both see the same machine; it prints medians and their ratio. The goal is a ratio within 2% of 1.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;
use std::{env, io, process};

use criterion::{Criterion, criterion_group};
use seal_nn::Rotation;
use seal_nn::seal::*;

type Anything = Box<dyn std::error::Error>;

/// Pairs of processes: where their memory lies makes some a few percent slower than others.
const PAIRS: usize = 8;

/// Calls of every operation in each process.
const ROUNDS: usize = 50;

/// An operation under the name that the C++ program knows.
type Operation<'a> = (&'static str, Box<dyn Fn() + 'a>);

/// The chain of the Iris default: N = 16384, 50, 6 x 42, special 60 bits.
fn parameters() -> Result<Parameters, Anything> {
    Ok(Parameters::builder().depth(6, 42).degree(16384).build()?)
}

struct Kit {
    relin: RelinKeys,
    galois: GaloisKeys,
    encoder: Encoder,
    encryptor: SymmetricEncryptor,
    evaluator: Evaluator,
    values: Vec<f64>,
    plain: Plaintext,
    x: Ciphertext,
    y: Ciphertext,
}

impl Kit {
    fn new(parameters: &Parameters) -> Result<Kit, Anything> {
        let context = Context::new(parameters)?;
        let mut keys = KeyGenerator::new(&context)?;
        let encoder = Encoder::new(&context)?;
        let encryptor = SymmetricEncryptor::new(&context, &keys.secret_key()?)?;
        let values: Vec<f64> = (0..context.slots()).map(|i| (i as f64).sin()).collect();
        let plain = encoder.encode(&values, parameters.top_level(), parameters.default_scale())?;
        Ok(Kit {
            relin: keys.create_relin_keys()?,
            galois: keys.create_galois_keys(&[Rotation(1)])?,
            x: encryptor.encrypt(&plain)?,
            y: encryptor.encrypt(&plain)?,
            evaluator: Evaluator::new(&context)?,
            encoder,
            encryptor,
            values,
            plain,
        })
    }

    fn operations(&self) -> Vec<Operation<'_>> {
        let (level, scale) = (self.plain.level(), self.plain.scale());
        let evaluator = &self.evaluator;
        let product = || {
            let mut product = evaluator.multiply(&self.x, &self.y)?;
            evaluator.relinearize_inplace(&mut product, &self.relin)?;
            evaluator.rescale_inplace(&mut product).map(|()| product)
        };
        vec![
            ("encode", Box::new(move || done(self.encoder.encode(&self.values, level, scale)))),
            ("encrypt", Box::new(|| done(self.encryptor.encrypt(&self.plain)))),
            ("add", Box::new(|| done(evaluator.add(&self.x, &self.y)))),
            ("multiply, relinearise, rescale", Box::new(move || done(product()))),
            ("rotate", Box::new(|| done(evaluator.rotate(&self.x, Rotation(1), &self.galois)))),
        ]
    }
}

/// The result goes again at once, as in the C++ program.
fn done<T>(result: Result<T, seal_nn::SealError>) {
    drop(black_box(result.expect("an operation that works")));
}

/// A process that runs operations on demand and says how long each took: the C++ program, or this one as it runs under
/// `--serve`.
struct Runner {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Runner {
    fn start(program: &Path, arguments: &[String]) -> Result<Runner, Anything> {
        let (input, output) = (Stdio::piped(), Stdio::piped());
        let mut child = Command::new(program).args(arguments).stdin(input).stdout(output).spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Runner { child, input, output })
    }

    fn time(&mut self, operation: &str) -> Result<f64, Anything> {
        writeln!(self.input, "{operation}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim().parse()?)
    }

    fn stop(mut self) -> Result<(), Anything> {
        drop(self.input);
        self.child.wait()?;
        Ok(())
    }
}

/// The other side of a [`Runner`].
fn serve() -> Result<(), Anything> {
    let kit = Kit::new(&parameters()?)?;
    let operations = kit.operations();
    for name in io::stdin().lines() {
        let name = name?;
        let (_, operation) = operations.iter().find(|(known, _)| *known == name).ok_or("no such operation")?;
        let start = Instant::now();
        operation();
        println!("{}", start.elapsed().as_nanos());
    }
    Ok(())
}

/// Compiles the C++ program with the optimisation of our own C++ against the SEAL that this bench is linked with.
fn compile() -> Result<PathBuf, Anything> {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seal-plain");
    let compiled = Command::new(env::var_os("CXX").unwrap_or_else(|| "c++".into()))
        .args(["-std=c++17", "-O3", "-o"])
        .arg(&program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("cpp/bench/main.cc"))
        .args(["-isystem", env!("SEAL_NN_SEAL_INCLUDE"), "-L", env!("SEAL_NN_SEAL_LIB_DIR")])
        .args([concat!("-l", env!("SEAL_NN_SEAL_LIB")), "-lpthread"])
        .status()?;
    if !compiled.success() {
        return Err("the C++ program does not compile".into());
    }
    Ok(program)
}

fn compare() -> Result<(), Anything> {
    let parameters = parameters()?;
    let primes = parameters.data_primes().iter().copied().chain([parameters.special_prime()]);
    let mut arguments =
        vec![parameters.poly_modulus_degree().to_string(), parameters.default_scale().log2().to_string()];
    arguments.extend(primes.map(|prime| prime.to_string()));
    let (plain, this) = (compile()?, env::current_exe()?);

    let kit = Kit::new(&parameters)?;
    let names: Vec<_> = kit.operations().iter().map(|(name, _)| *name).collect();
    let mut times = vec![(Vec::new(), Vec::new()); names.len()];
    for _ in 0..PAIRS {
        let mut theirs = Runner::start(&plain, &arguments)?;
        let mut ours = Runner::start(&this, &["--serve".to_owned()])?;
        for (name, times) in names.iter().zip(&mut times) {
            for _ in 0..ROUNDS {
                times.0.push(theirs.time(name)?);
                times.1.push(ours.time(name)?);
            }
        }
        theirs.stop()?;
        ours.stop()?;
    }

    println!("{}", machine());
    println!("{:<32} {:>10} {:>10} {:>7}", "operation (N = 16384, level 6)", "C++, us", "crate, us", "ratio");
    for (name, (theirs, ours)) in names.iter().zip(times) {
        let (theirs, ours) = (median(theirs) / 1e3, median(ours) / 1e3);
        println!("{name:<32} {theirs:>10.1} {ours:>10.1} {:>7.3}", ours / theirs);
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What the times depend on most.
fn machine() -> String {
    #[cfg(target_arch = "x86_64")]
    let ifma = if is_x86_feature_detected!("avx512ifma") { "with AVX512-IFMA" } else { "without AVX512-IFMA" };
    #[cfg(not(target_arch = "x86_64"))]
    let ifma = "not x86-64";
    let hexl = if env!("SEAL_NN_HEXL") == "1" { "with HEXL" } else { "without HEXL" };
    format!(
        "SEAL {} {hexl}, processor {ifma}; medians of {} alternating calls",
        env!("SEAL_NN_SEAL_VERSION"),
        PAIRS * ROUNDS
    )
}

fn operations(criterion: &mut Criterion) {
    let kit = parameters().and_then(|p| Kit::new(&p)).expect("parameters that work");
    let mut group = criterion.benchmark_group("seal");
    for (name, operation) in kit.operations() {
        group.bench_function(name, |bencher| bencher.iter(&operation));
    }
    group.finish();
}

criterion_group!(benches, operations);

fn main() {
    let called_with = |argument: &str| env::args().any(|given| given == argument);
    if called_with("--serve") {
        return finish(serve());
    }
    // As a test of the bench (`cargo test --benches`) criterion runs everything once; there is nothing to compare.
    if called_with("--bench") {
        finish(compare());
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}

fn finish(result: Result<(), Anything>) {
    if let Err(error) = result {
        eprintln!("error: {error}");
        process::exit(1);
    }
}
