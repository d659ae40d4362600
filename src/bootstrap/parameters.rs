//! What a bootstrap restores, and its levels and scales.

use std::f64::consts::TAU;

use super::{Sine, matrices};
use crate::{Argument, BootstrapError, CircuitError, Level, Result, Rotation, backend::Chain};

/// Bits of q', the modulus that values are raised from: far below the first prime, so that the matrix that brings
/// coefficients to slots has entries of many bits (docs/bootstrapping.md, "q' is small").
pub const RAISED_BITS: u32 = 44;
/// The Hamming weight of the ephemeral secret.
pub const SPARSE_WEIGHT: usize = 32;
/// Four take the least memory: two keys' worth, for four.
const RAISED_ROTATIONS: usize = 4;
/// All slots of the largest ring.
const MOST_PERIOD: usize = 32768;
/// Of several factors to slots, how much larger the entries of the first ones are than those of the last: they are followed by the
/// noise of a rescale and of keys, and the last by none (noise.rs).
const FIRST_ENTRIES: f64 = 8.0;
/// Ciphertexts of one record have at most two scales and a few marks, and two passes have two bounds.
pub(super) const KEPT_MAPS: usize = 8;
/// The bound of the error of a first pass, relative to that of values: its worst noise in rings and chains that are used, and
/// the bend, are a tenth of it or less.
const SECOND_PASS: f64 = 1.0 / 4096.0;
/// Below a message of so many bits, noise is larger than values.
const MOST_RATIO_BITS: usize = 30;

/// What is bootstrapped: real values that repeat with a period in all slots.
#[derive(Clone, Debug, PartialEq)]
pub struct BootstrapSpec {
    /// The period n of the slots: a power of two up to N/2.
    pub period: usize,
    /// The ciphertexts that one bootstrap restores together: each holds one of so many blocks of a period, or of the next power
    /// of two. A level before the bootstrap packs them, and one after it parts them.
    pub parts: usize,
    /// The largest absolute value. Larger ones are bent towards zero, and wrong beyond `bound 2^(ratio_bits - 2)`.
    pub bound: f64,
    /// The bits between the bound and q'. Noise grows with `2^ratio_bits`, the sine's bend falls with `4^ratio_bits`.
    pub ratio_bits: u32,
    /// The sine.
    pub sine: Sine,
    /// Whether a second pass bootstraps what the first has changed (Meta-BTS): twice the time, without bend and with little
    /// noise.
    pub second_pass: bool,
}

impl BootstrapSpec {
    /// With the usual ratio of 11 bits, and the sine for an ephemeral secret of weight 32: in odd powers, of range 15, with
    /// three doublings.
    ///
    /// # Errors
    /// The errors of [`check`](BootstrapSpec::check).
    pub fn new(period: usize, bound: f64) -> Result<BootstrapSpec> {
        let spec = BootstrapSpec {
            period,
            parts: 1,
            bound,
            ratio_bits: 11,
            sine: Sine::new(Default::default(), 15, 3)?,
            second_pass: false,
        };
        spec.check()?;
        Ok(spec)
    }

    /// Returns an error for what no bootstrap supports.
    ///
    /// # Errors
    /// `NotPowerOfTwo` or `OutOfBounds` for a period that is no power of two up to 32768, no parts or more than the period, a
    /// bound that is not positive, or a ratio that is not from 1 to 30 bits.
    pub fn check(&self) -> Result<()> {
        Argument::Period.check_power_of_two(self.period)?;
        Argument::Period.check_count(self.period, 1, Some(MOST_PERIOD))?;
        Argument::BootstrapParts.check_count(self.parts, 1, Some(self.period))?;
        Argument::BootstrapBound.check_positive(self.bound)?;
        Argument::RatioBits.check_count(self.ratio_bits as usize, 1, Some(MOST_RATIO_BITS))?;
        Ok(())
    }

    /// Primes that a bootstrap has above those of the step: those of the sine, and those of the map to slots.
    pub fn primes_above(&self) -> usize {
        self.sine.levels() + self.levels_to_slots()
    }

    /// The levels of the map from coefficients to slots: one for up to 256 values, two for more, three for 32768.
    pub fn levels_to_slots(&self) -> usize {
        matrices::levels_to_slots(self.period)
    }

    /// Blocks of a period: a power of two.
    pub fn blocks(&self) -> usize {
        self.parts.next_power_of_two()
    }

    /// The period of each part.
    pub fn part_period(&self) -> usize {
        self.period / self.blocks()
    }

    /// Levels that parts take before a bootstrap and after it: one each for more than one part.
    pub fn packing_levels(&self) -> usize {
        usize::from(self.parts > 1)
    }

    /// Where the map from slots to coefficients begins, which takes the levels: one for up to 1024 values, two for more.
    pub fn map_level(&self) -> Level {
        Level(matrices::levels_to_coefficients(self.period))
    }

    /// Where a bootstrap begins: at the map, or a level above it where parts are packed.
    pub fn input_level(&self) -> Level {
        Level(self.map_level().0 + self.packing_levels())
    }

    /// What an exact bootstrap makes of a value: the sine's bend alone, a relative `(2 pi 2^-ratio x / bound)^2 / 6`, or what the
    /// arcsine leaves of it.
    pub fn bent(&self, x: f64) -> f64 {
        let by = |bound: f64, x: f64| {
            let turn = TAU * f64::from(self.ratio_bits).exp2().recip() / bound;
            self.sine.of(turn * x) / turn
        };
        let first = by(self.bound, x);
        if self.second_pass { first + by(self.second_bound(), x - first) } else { first }
    }

    /// The bound of a second pass: not below `2^-ratio`, where its coefficients have the scale of the whole first prime. Noise is
    /// far below that of a rescale there.
    fn second_bound(&self) -> f64 {
        (self.bound * SECOND_PASS).max(f64::from(self.ratio_bits).exp2().recip())
    }
}

/// A bootstrap on a chain.
///
/// The step's chain keeps its plan and its canonical scales. The bootstrap's own chain has the same lowest primes, then those
/// of the sine, then those of the map to slots, and the same special primes. A value enters at one of the lowest levels of the
/// step's chain ([`BootstrapSpec::input_level`]), and comes back at its top; a part of one, a level below.
#[derive(Clone, Debug, PartialEq)]
pub struct BootstrapParameters {
    spec: BootstrapSpec,
    chain: Chain,
    restored: Level,
    restored_scale: f64,
    output_scale: f64,
}

impl BootstrapParameters {
    /// A bootstrap between steps on a chain, with primes above those of the chain.
    ///
    /// # Errors
    /// `PrimesAbove` for another number of primes than [`BootstrapSpec::primes_above`]; the errors of
    /// [`BootstrapSpec::check`]; `OutOfBounds` for a period of more than N/2; `NoLevelLeft` for a chain that ends below the
    /// input of the bootstrap, or of its second pass; `BadChain` for primes below 2.
    pub fn new(spec: &BootstrapSpec, step: &Chain, above: &[u64]) -> Result<BootstrapParameters> {
        spec.check()?;
        Argument::Period.check_count(spec.period, 1, Some(step.slots()))?;
        let expected = spec.primes_above();
        if above.len() != expected {
            return Err(BootstrapError::PrimesAbove { expected, actual: above.len() }.into());
        }
        // The result of the first pass comes down to its input with a rescale.
        let (op, needed) = match spec.second_pass {
            true => ("the second pass of a bootstrap", Level(spec.input_level().0.max(spec.map_level().0 + 1))),
            false => ("a bootstrap", spec.input_level()),
        };
        let actual = step.top();
        if actual < needed {
            return Err(CircuitError::NoLevelLeft { op, needed, actual }.into());
        }
        let primes = [step.primes(), above].concat();
        // A value of the sine has the scale of its primes.
        let scale = above[spec.sine.levels() - 1] as f64;
        let chain = Chain::with_stated_scales(step.poly_modulus_degree(), &primes, step.special_primes(), scale)?;
        let (restored, restored_scale) = (step.top(), step.scale(step.top()));
        let output_scale = step.scale(Level(restored.0 - spec.packing_levels()));
        Ok(BootstrapParameters { spec: spec.clone(), chain, restored, restored_scale, output_scale })
    }

    /// Those of the second pass, for errors of the first; `None` for a bootstrap of one.
    pub(super) fn second_pass(&self) -> Option<BootstrapParameters> {
        let spec = BootstrapSpec { bound: self.spec.second_bound(), second_pass: false, ..self.spec.clone() };
        self.spec.second_pass.then(|| BootstrapParameters { spec, ..self.clone() })
    }

    /// What is bootstrapped.
    pub fn spec(&self) -> &BootstrapSpec {
        &self.spec
    }

    /// The bootstrap's own chain, without canonical scales.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Where a bootstrap ends: the top of the step's chain.
    pub fn restored_level(&self) -> Level {
        self.restored
    }

    /// The scale there, which is canonical.
    pub fn restored_scale(&self) -> f64 {
        self.restored_scale
    }

    /// The level of results: that, or a level below it where parts are taken apart.
    pub fn output_level(&self) -> Level {
        Level(self.restored.0 - self.spec.packing_levels())
    }

    /// The scale of results, which is canonical there.
    pub fn output_scale(&self) -> f64 {
        self.output_scale
    }

    /// How often the values repeat.
    pub fn copies(&self) -> f64 {
        (self.chain.slots() / self.spec.period) as f64
    }

    /// The rotations that add up all copies.
    pub fn copy_rotations(&self) -> Vec<Rotation> {
        let steps = std::iter::successors(Some(self.spec.period), |step| Some(2 * step));
        steps.take_while(|&step| step < self.chain.slots()).map(|step| Rotation(step as i32)).collect()
    }

    /// The first of these, whose sums are part of the raise: `2^k` keys for k of them, each a fraction of a rotation's, save
    /// as many rotations at the top.
    pub fn raised_rotations(&self) -> Vec<Rotation> {
        self.copy_rotations().into_iter().take(RAISED_ROTATIONS).collect()
    }

    /// The others, which follow the raise.
    pub fn summed_rotations(&self) -> Vec<Rotation> {
        self.copy_rotations().into_iter().skip(RAISED_ROTATIONS).collect()
    }

    /// The level of coefficients in slots, where the sine begins.
    pub fn sine_level(&self) -> Level {
        Level(self.chain.top().0 - self.spec.levels_to_slots())
    }

    /// The scale of coefficients in slots, in units of `q' K`.
    pub fn sine_scale(&self) -> f64 {
        self.chain.scale(self.sine_level())
    }

    /// What a slot is multiplied by before the raise, in units of q'.
    pub fn message(&self) -> f64 {
        f64::from(self.spec.ratio_bits).exp2().recip() / self.spec.bound
    }

    /// The scale of coefficients before the raise, modulo the first prime.
    pub fn coefficient_scale(&self) -> f64 {
        self.chain.prime(Level(0)) * self.message()
    }

    /// The scales of the factors from slots to coefficients, for values at a scale: the last one sets that of coefficients.
    pub fn to_coefficients_scales(&self, values: f64) -> Vec<f64> {
        let kept = (2..=self.spec.map_level().0).rev().map(|level| self.chain.prime(Level(level)));
        let last = self.coefficient_scale() * self.chain.prime(Level(1)) / values;
        kept.chain([last]).collect()
    }

    /// The scales of the factors from coefficients to slots, for a modulus q'. The sum over copies multiplies by their number.
    /// Entries of the last factor are up to `1/2n`.
    pub fn to_slots_scales(&self, raised: f64) -> Vec<f64> {
        let primes = (self.sine_level().0 + 1..=self.chain.top().0).map(|level| self.chain.prime(Level(level)));
        let all = self.sine_scale() * primes.product::<f64>() / (raised * self.spec.sine.range() * self.copies());
        let count = self.spec.levels_to_slots();
        let first = (FIRST_ENTRIES * all / (2.0 * self.spec.period as f64)).powf(1.0 / count as f64);
        let last = all / first.powi(count as i32 - 1);
        std::iter::repeat_n(first, count - 1).chain([last]).collect()
    }

    /// Bytes of the plaintexts of the maps that a bootstrap keeps, one to slots and a few to coefficients: for each diagonal twice
    /// the values of its period, of all n where some are not live, modulo each prime of its level and each special one.
    pub fn map_bytes(&self) -> usize {
        let (period, special) = (self.spec.period, self.chain.special_primes().len());
        let residues = |factors: &[matrices::Factor<()>], top: Level, values: &dyn Fn(usize) -> usize| {
            let of = |(down, factor): (usize, &matrices::Factor<()>)| {
                2 * values(factor.period) * factor.diagonals.len() * (top.0 - down + 1 + special)
            };
            factors.iter().enumerate().map(of).sum::<usize>()
        };
        let to_slots = residues(&matrices::steps_to_slots(period), self.chain.top(), &|own| own);
        let to_coefficients = residues(&matrices::steps_to_coefficients(period), self.spec.map_level(), &|_| period);
        size_of::<f64>() * (to_slots + KEPT_MAPS * to_coefficients)
    }

    /// The scale of the sine that is the output scale when its copies are added up and it is read as the value.
    pub fn end_scale(&self) -> f64 {
        self.restored_scale / (TAU * self.message() * self.copies())
    }
}
