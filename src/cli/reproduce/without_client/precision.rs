//! How exact one bootstrap is, by the noise model, on chains of the sizes of those that trainings use.

use seal_nn::{
    Result,
    backend::Chain,
    bootstrap::{BootstrapParameters, BootstrapSpec, Parity, Sine},
};

use super::record::Precision;

const DEGREE: usize = 32768;
/// q_0, two levels of the map to coefficients or one, and five or six of a step.
const STEP_BITS: [u32; 8] = [49, 40, 40, 40, 40, 40, 40, 40];
const SPECIAL_BITS: u32 = 49;
const MATRIX_BITS: u32 = 49;

/// Periods, ratios, forms of the sine and sizes of its primes, each beside the usual ones.
pub fn precisions() -> Result<Vec<Precision>> {
    let usual = Setting { sine_bits: 49, ratio_bits: 11, period: 64, parity: Parity::Odd, second_pass: false };
    let periods = [16, 64, 256, 512, 1024, 4096, 16384].map(|period| Setting { period, ..usual });
    let ratios = [9, 10, 11, 12].map(|ratio_bits| Setting { ratio_bits, ..usual });
    let primes = [45, 47, 49].map(|sine_bits| Setting { sine_bits, ..usual });
    let others = [Setting { parity: Parity::Even, ..usual }, Setting { second_pass: true, ..usual }];
    let mut all = [&periods[..], &ratios, &primes, &others].concat();
    all.sort_by_key(|s| (s.second_pass, s.parity == Parity::Even, s.sine_bits, s.ratio_bits, s.period));
    all.dedup();
    all.into_iter().map(precision).collect()
}

#[derive(Clone, Copy, PartialEq)]
struct Setting {
    sine_bits: u32,
    ratio_bits: u32,
    period: usize,
    parity: Parity,
    second_pass: bool,
}

fn precision(setting: Setting) -> Result<Precision> {
    let Setting { sine_bits, ratio_bits, period, parity, second_pass } = setting;
    let power = |bits: u32| 1u64 << bits;
    let step = Chain::new(DEGREE, &STEP_BITS.map(power), power(SPECIAL_BITS), 40f64.exp2())?;
    let step = step.with_special_primes(&[power(SPECIAL_BITS); 2])?;
    let sine = Sine::new(parity, 15, 3)?;
    let spec = BootstrapSpec { ratio_bits, sine, second_pass, ..BootstrapSpec::new(period, 1.0)? };
    let above = [vec![power(sine_bits); spec.sine.levels()], vec![power(MATRIX_BITS); spec.levels_to_slots()]].concat();
    let parameters = BootstrapParameters::new(&spec, &step, &above)?;
    Ok(Precision {
        sine_bits,
        ratio_bits,
        period,
        passes: 1 + u32::from(second_pass),
        parity: if parity == Parity::Odd { "odd" } else { "even" },
        deviation: parameters.deviation(&step)?,
        bend: 1.0 - spec.bent(1.0),
    })
}
