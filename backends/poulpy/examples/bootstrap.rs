//! A bootstrap on SEAL with our kernels, and poulpy's smallest preset for N = 32768, on one thread.
//!
//! ```sh
//! make compare COMPARE=--bootstrap
//! ```
//!
//! They do not do the same: ours restores real values that repeat over all slots, here 256 of them and as many as there are slots,
//! these also with a second pass; poulpy's all of 16384 complex slots. So both the time and the time for a value are printed.
//! poulpy's takes 21 GiB with the keys of the preset, and ours in the larger ring 20 GiB; neither is run where less is free. Each
//! has a process of its own, with no memory of the other's, and ours no more of the key holder than its secret key.

use std::{env, error::Error, process::Command};

use cpu_time::ProcessTime;
use poulpy_ckks::{presets::bootstrapping::n15_d35_k180_p18_c2s, test_suite::presets::BootstrappingPresetRun};
use seal_nn::{
    backend::{Chain, Decrypt, Encrypt, Evaluate, KeyLevels, SealEvaluator, SealKeyHolder},
    bootstrap::{Bootstrap, BootstrapKeys, BootstrapParameters, BootstrapSpec, SealRaise},
    report::{available_bytes, format, peak_resident_bytes},
    seal::{Container, Parameters, SecurityTable},
};
use seal_nn_poulpy::{ENGINE, Engine};

/// Of the processes that this one starts.
const SIDES: [&str; 5] = ["seal, few", "seal, all", "seal, all, two passes", "seal, larger ring", "poulpy"];

/// One of ours: values, which repeat, levels of 40 bits that are restored, bits of the primes of the map to slots, and special
/// primes; with the arcsine at a ratio of 5 bits, or without it at the usual one.
#[derive(Clone, Copy)]
struct Setting {
    degree: usize,
    period: usize,
    second_pass: bool,
    arcsine: bool,
    levels: usize,
    map_bits: u32,
    special_primes: usize,
}

/// Set A of docs/bootstrapping.md, one with a second level for the map to slots, and one in a larger ring.
const FEW: Setting = Setting {
    degree: 32768,
    period: 256,
    second_pass: false,
    arcsine: false,
    levels: 7,
    map_bits: 49,
    special_primes: 2,
};
const ALL: Setting = Setting { period: 16384, levels: 5, ..FEW };
const LARGER_RING: Setting = Setting {
    degree: 65536,
    period: 32768,
    second_pass: false,
    arcsine: true,
    levels: 17,
    map_bits: 45,
    special_primes: 7,
};

fn main() -> Result<(), Box<dyn Error>> {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    match env::args().nth(1).as_deref() {
        Some("seal, few") => return ours(FEW),
        Some("seal, all") => return ours(ALL),
        Some("seal, all, two passes") => return ours(Setting { second_pass: true, ..ALL }),
        Some("seal, larger ring") if has_free("SEAL in the larger ring", 20) => return ours(LARGER_RING),
        Some("poulpy") if has_free("poulpy", 21) => return poulpys(),
        Some("seal, larger ring" | "poulpy") => return Ok(()),
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

/// Whether there is so much memory; if not, this says so.
fn has_free(name: &str, gib: u64) -> bool {
    let (needed, available) = (gib << 30, available_bytes());
    let has = available.is_some_and(|available| available >= needed);
    if !has {
        let available = available.map_or("an unknown amount".into(), format::bytes);
        println!("{name}: not run, because it needs {}, and {available} are free", format::bytes(needed));
    }
    has
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

fn ours(setting: Setting) -> Result<(), Box<dyn Error>> {
    let Setting { degree, period, second_pass, arcsine, levels, map_bits, special_primes } = setting;
    let spec = BootstrapSpec { second_pass, ..BootstrapSpec::new(period, 1.0)? };
    let spec = match arcsine {
        true => BootstrapSpec { sine: spec.sine.with_arcsine(), ratio_bits: 5, ..spec },
        false => spec,
    };
    let (sine, to_slots) = (vec![49; spec.sine.levels()], vec![map_bits; spec.levels_to_slots()]);
    let bits = [vec![49], vec![40; levels], sine, to_slots, vec![49; special_primes]].concat();
    let builder = || Parameters::builder().degree(degree).special_primes(special_primes).scale_bits(40);
    let tall = builder().bits(&bits).build()?;
    SecurityTable::Guidelines2024.check(&tall)?;
    let (low, above) = tall.data_primes().split_at(levels + 1);
    let low = builder().primes(&[low, tall.special_primes()].concat()).build()?;

    let step = Chain::try_from(&low)?;
    let holder = SealKeyHolder::generate(&low)?;
    let evaluator = SealEvaluator::new(&low, &holder.evaluation_keys_for(&KeyLevels::default())?)?;
    let parameters = BootstrapParameters::new(&spec, &step, above)?;
    let values: Vec<f64> = (0..period).map(|j| (j * 13 % 31) as f64 / 15.0 - 1.0).collect();
    let slots: Vec<f64> = values.iter().copied().cycle().take(degree / 2).collect();
    let x = evaluator.receive(&holder.encrypt(&slots, spec.input_level())?)?;

    // As a server gets them, in bytes that are given back while the keys are expanded.
    let mut container = Container::new(&tall);
    container.add_bootstrap_keys(&BootstrapKeys::generate(&holder, &tall, &parameters)?.to_container()?);
    let (keys, secret) = (container.to_bytes(), holder.secret_container()?);
    drop((container, holder));
    let place = SealRaise::from_bytes(&tall, &parameters, evaluator.context(), keys)?;
    let bootstrap = Bootstrap::new(parameters, place);
    let live = vec![true; period];
    let mut restored = bootstrap.bootstrap(&x, &live)?;
    let seconds = least_seconds(|| {
        restored = bootstrap.bootstrap(&x, &live)?;
        Ok(())
    })?;
    drop(bootstrap);
    let actual = SealKeyHolder::from_secret_container(&secret)?.decrypt(&restored)?.open_as_key_owner();
    let worst = actual.iter().zip(&slots).map(|(a, e)| (a - e).abs()).fold(0.0, f64::max);
    let name = format!("SEAL, our kernels, N = {degree}, {}", if second_pass { "two passes" } else { "one pass" });
    say(&name, seconds, period, &format!("{} levels of 40 bits", restored.level().0), -worst.log2());
    Ok(())
}

fn poulpys() -> Result<(), Box<dyn Error>> {
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
