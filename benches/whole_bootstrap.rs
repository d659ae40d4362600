//! One bootstrap of 64 real values on SEAL, from ciphertext to ciphertext, with its precision: `cargo bench --bench
//! whole_bootstrap`. Set A of docs/bootstrapping.md at a bound of 1, in one pass by both forms of the sine and with a second pass, on
//! one thread. Lines are of JSON, as those of the peers (benches/peers/bootstrap.py). As a test (`cargo test --benches`) all run once
//! in a small ring.

use std::{env, process::Command};

use cpu_time::ProcessTime;
use seal_nn::{
    backend::{Chain, Decrypt, Encrypt, Evaluate, KeyLevels, SealEvaluator, SealKeyHolder},
    bootstrap::{Bootstrap, BootstrapKeys, BootstrapParameters, BootstrapSpec, Parity, SealRaise, Sine},
    report::peak_resident_bytes,
    seal::{Parameters, SecurityTable},
};

type Anything = Box<dyn std::error::Error + Send + Sync>;

const PERIOD: usize = 64;
/// Levels of the result: the lowest is that of the next bootstrap's map, the others are those of a step.
const LEVELS: usize = 7;
const LEVEL_BITS: u32 = 40;
const SIDES: [&str; 3] = ["one pass", "one pass, even sine", "two passes"];

fn main() -> Result<(), Anything> {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    let is_bench = env::args().any(|argument| argument == "--bench");
    if !is_bench {
        return SIDES.iter().try_for_each(|side| run(side, 4096, 1));
    }
    match SIDES.iter().find(|side| env::args().any(|argument| argument == **side)) {
        Some(side) => run(side, 32768, 5),
        // Each in a process of its own, so that the peak of memory is its own too.
        None => SIDES.iter().try_for_each(|side| {
            let ended = Command::new(env::current_exe()?).args([side, "--bench"]).status()?;
            if ended.success() { Ok(()) } else { Err(format!("the bootstrap of {side} failed: {ended}").into()) }
        }),
    }
}

fn run(side: &str, degree: usize, rounds: usize) -> Result<(), Anything> {
    let spec = BootstrapSpec::new(PERIOD, 1.0)?;
    let spec = match side {
        "one pass, even sine" => BootstrapSpec { sine: Sine::new(Parity::Even, 15, 3)?, ..spec },
        "two passes" => BootstrapSpec { second_pass: true, ..spec },
        _ => spec,
    };
    let bits = [vec![49], vec![LEVEL_BITS; LEVELS], vec![49; spec.primes_above()], vec![49; 2]].concat();
    let is_secure = degree == 32768;
    let builder = || {
        let builder = Parameters::builder().degree(degree).special_primes(2).scale_bits(LEVEL_BITS);
        if is_secure { builder } else { builder.insecure() }
    };
    let tall = builder().bits(&bits).build()?;
    if is_secure {
        SecurityTable::Guidelines2024.check(&tall)?;
    }
    let (low, above) = tall.data_primes().split_at(LEVELS + 1);
    let low = builder().primes(&[low, tall.special_primes()].concat()).build()?;

    let step = Chain::try_from(&low)?;
    let holder = SealKeyHolder::generate(&low)?;
    let evaluator = SealEvaluator::new(&low, &holder.evaluation_keys_for(&KeyLevels::default())?)?;
    let parameters = BootstrapParameters::new(&spec, &step, above)?;
    let keys = BootstrapKeys::generate(&holder, &tall, &parameters)?;
    let bootstrap = Bootstrap::new(parameters.clone(), SealRaise::new(&parameters, evaluator.context(), keys)?);

    // Of single precision, as those of the peers.
    let values: Vec<f64> = (0..PERIOD).map(|j| f64::from(((j * 13 % 31) as f64 / 15.0 - 1.0) as f32)).collect();
    let slots: Vec<f64> = values.iter().copied().cycle().take(degree / 2).collect();
    let x = evaluator.receive(&holder.encrypt(&slots, spec.input_level())?)?;
    let live = vec![true; PERIOD];
    let mut restored = bootstrap.bootstrap(&x, &live)?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let started = ProcessTime::now();
        restored = bootstrap.bootstrap(&x, &live)?;
        times.push(started.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);

    let actual = holder.decrypt(&restored)?.open_as_key_owner();
    let worst = actual.iter().zip(&slots).map(|(a, e)| (a - e).abs()).fold(0.0, f64::max);
    let line = serde_json::json!({
        "peer": "seal-nn",
        "version": env!("CARGO_PKG_VERSION"),
        "what": side,
        "degree": degree,
        "processor_seconds": (1e3 * times[times.len() / 2]).round() / 1e3,
        "worst_error": format!("{worst:.2e}").parse::<f64>()?,
        "levels": restored.level().0 - spec.map_level().0,
        "level_bits": LEVEL_BITS,
        "peak_bytes": peak_resident_bytes(),
    });
    println!("{line}");
    Ok(())
}
