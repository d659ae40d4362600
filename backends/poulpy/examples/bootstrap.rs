//! A bootstrap on SEAL with our kernels, and poulpy's smallest preset for N = 32768, on one thread.
//!
//! ```sh
//! make compare COMPARE=--bootstrap
//! ```
//!
//! They do not do the same: ours restores real values that repeat over all slots, here 256 of them and as many as there are slots,
//! these also with a second pass; poulpy's all of 16384 complex slots. So both the time and the time for a value are printed.
//! poulpy's takes 21 GiB with the keys of the preset; it is not run where less is free. Each has a process of its own, with no
//! memory of the other's.

use std::{env, error::Error, process::Command};

use cpu_time::ProcessTime;
use poulpy_ckks::{presets::bootstrapping::n15_d35_k180_p18_c2s, test_suite::presets::BootstrappingPresetRun};
use seal_nn::{
    backend::{Chain, Decrypt, Encrypt, Evaluate, KeyLevels, SealEvaluator, SealKeyHolder},
    bootstrap::{Bootstrap, BootstrapKeys, BootstrapParameters, BootstrapSpec, SealRaise},
    report::{available_bytes, format, peak_resident_bytes},
    seal::{Parameters, SecurityTable},
};
use seal_nn_poulpy::{ENGINE, Engine};

const DEGREE: usize = 32768;
const NEEDED_BYTES: u64 = 21 << 30;

/// Of the processes that this one starts.
const SIDES: [&str; 4] = ["seal, few", "seal, all", "seal, all, two passes", "poulpy"];

fn main() -> Result<(), Box<dyn Error>> {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    match env::args().nth(1).as_deref() {
        // Set A of docs/bootstrapping.md, and one with a second level for the map to slots.
        Some("seal, few") => return ours(256, false, 7, 9),
        Some("seal, all") => return ours(DEGREE / 2, false, 5, 10),
        Some("seal, all, two passes") => return ours(DEGREE / 2, true, 5, 10),
        Some("poulpy") => return poulpys(),
        _ => {}
    }
    for side in SIDES {
        let ended = Command::new(env::current_exe()?).arg(side).status()?;
        if !ended.success() {
            return Err(format!("the bootstrap on {side} failed: {ended}").into());
        }
    }
    Ok(())
}

/// The least CPU seconds of three.
fn least_seconds(mut run: impl FnMut() -> seal_nn::Result<()>) -> seal_nn::Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let start = ProcessTime::now();
        run()?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least)
}

fn say(name: &str, seconds: f64, values: usize, levels: &str, bits: f64) {
    let each = format::seconds(seconds / values as f64);
    let memory = peak_resident_bytes().map_or("unknown".into(), format::bytes);
    println!(
        "{name}: {} for {values} values ({each} each), {levels}, {bits:.1} bits of precision in the worst slot, peak memory {memory}",
        format::seconds(seconds)
    );
}

/// Of so many values, with or without a second pass, to a number of levels of 40 bits, by so many primes above them.
fn ours(period: usize, second_pass: bool, levels: usize, above: usize) -> Result<(), Box<dyn Error>> {
    let bits = [vec![49], vec![40; levels], vec![49; above], vec![49; 2]].concat();
    let builder = || Parameters::builder().degree(DEGREE).special_primes(2).scale_bits(40);
    let tall = builder().bits(&bits).build()?;
    SecurityTable::Guidelines2024.check(&tall)?;
    let (low, above) = tall.data_primes().split_at(levels + 1);
    let low = builder().primes(&[low, tall.special_primes()].concat()).build()?;

    let step = Chain::try_from(&low)?;
    let holder = SealKeyHolder::generate(&low)?;
    let evaluator = SealEvaluator::new(&low, &holder.evaluation_keys_for(&KeyLevels::default())?)?;
    let spec = BootstrapSpec { second_pass, ..BootstrapSpec::new(period, 2.0)? };
    let parameters = BootstrapParameters::new(&spec, &step, above)?;
    let keys = BootstrapKeys::generate(&holder, &tall, &parameters)?;
    let bootstrap = Bootstrap::new(parameters.clone(), SealRaise::new(&parameters, evaluator.context(), keys)?);

    let values: Vec<f64> = (0..period).map(|j| (j * 13 % 31) as f64 / 15.0 - 1.0).collect();
    let slots: Vec<f64> = values.iter().copied().cycle().take(DEGREE / 2).collect();
    let x = evaluator.receive(&holder.encrypt(&slots, spec.input_level())?)?;
    let live = vec![true; period];
    let mut restored = bootstrap.bootstrap(&x, &live)?;
    let seconds = least_seconds(|| {
        restored = bootstrap.bootstrap(&x, &live)?;
        Ok(())
    })?;
    let actual = holder.decrypt(&restored)?.open_as_key_owner();
    let worst = actual.iter().zip(&slots).map(|(a, e)| (a - e).abs()).fold(0.0, f64::max);
    let name = if second_pass { "SEAL, our kernels, two passes" } else { "SEAL, our kernels" };
    say(name, seconds, period, &format!("{} levels of 40 bits", restored.level().0), -worst.log2());
    Ok(())
}

fn poulpys() -> Result<(), Box<dyn Error>> {
    let available = available_bytes();
    if available.is_none_or(|available| available < NEEDED_BYTES) {
        let available = available.map_or("an unknown amount".into(), format::bytes);
        println!("poulpy: not run, because it needs {}, and {available} are free", format::bytes(NEEDED_BYTES));
        return Ok(());
    }
    let preset = n15_d35_k180_p18_c2s()?;
    let (values, bits, restored) = (preset.n(), preset.log_delta(), preset.output_k() - preset.log_delta());
    let mut run = BootstrappingPresetRun::<Engine>::setup(preset);
    let seconds = least_seconds(|| {
        run.bootstrap();
        Ok(())
    })?;
    let (real, imaginary) = run.precision();
    let precision = real.min_log2_prec.min(imaginary.min_log2_prec);
    let levels = format!("{restored} bits above a scale of {bits} bits");
    say(&format!("poulpy, {ENGINE}"), seconds, values, &levels, precision);
    Ok(())
}
