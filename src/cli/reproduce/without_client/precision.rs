//! How exact one bootstrap is, by the noise model, on chains of the sizes of those that trainings use.

use seal_nn::{
    Result,
    backend::Chain,
    bootstrap::{BootstrapParameters, BootstrapSpec, Parity, Sine},
};

use super::record::Precision;

const DEGREE: usize = 32768;
/// q_0, the level of the first matrix, and six of a step.
const STEP_BITS: [u32; 8] = [49, 40, 40, 40, 40, 40, 40, 40];
const SPECIAL_BITS: u32 = 49;
const MATRIX_BITS: u32 = 49;

/// Periods, ratios, forms of the sine and sizes of its primes, each beside the usual ones.
pub fn precisions() -> Result<Vec<Precision>> {
    let usual = (49, 11, 64, Parity::Odd);
    let periods = [16, 64, 256].map(|period| (usual.0, usual.1, period, usual.3));
    let ratios = [9, 10, 11, 12].map(|ratio| (usual.0, ratio, usual.2, usual.3));
    let primes = [45, 47, 49].map(|bits| (bits, usual.1, usual.2, usual.3));
    let even = [(usual.0, usual.1, usual.2, Parity::Even)];
    let mut all = [&periods[..], &ratios, &primes, &even].concat();
    all.sort_by_key(|&(bits, ratio, period, parity)| (parity == Parity::Even, bits, ratio, period));
    all.dedup();
    all.into_iter().map(precision).collect()
}

fn precision((sine_bits, ratio_bits, period, parity): (u32, u32, usize, Parity)) -> Result<Precision> {
    let power = |bits: u32| 1u64 << bits;
    let step = Chain::new(DEGREE, &STEP_BITS.map(power), power(SPECIAL_BITS), 40f64.exp2())?;
    let step = step.with_special_primes(&[power(SPECIAL_BITS); 2])?;
    let sine = Sine::new(parity, 15, 3)?;
    let spec = BootstrapSpec { ratio_bits, sine, ..BootstrapSpec::new(period, 1.0)? };
    let above = [vec![power(sine_bits); spec.sine.levels()], vec![power(MATRIX_BITS)]].concat();
    let parameters = BootstrapParameters::new(&spec, &step, &above)?;
    Ok(Precision {
        sine_bits,
        ratio_bits,
        period,
        parity: if parity == Parity::Odd { "odd" } else { "even" },
        deviation: parameters.deviation(&step)?,
        bend: 1.0 - spec.bent(1.0),
    })
}
