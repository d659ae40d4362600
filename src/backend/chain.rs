//! The modulus chain as plain numbers: levels, primes and the canonical scale of each level.

use super::circuit::check_values;
use crate::{CircuitError, Level, Result};

/// A modulus chain with one canonical scale per level (docs/ckks.md, "Canonical scales").
///
/// Level `l` lives modulo `q_0 q_1 ... q_l`. The scale of the top level is given, and `D_(l-1) = D_l^2 / q_l`, so the
/// rescaled product of two canonical values is exactly canonical again.
///
/// ```
/// use seal_nn::{Level, backend::Chain};
/// let chain = Chain::nominal(16384, 6, 42)?;
/// assert_eq!(chain.top(), Level(6));
/// assert_eq!(chain.scale(Level(3)), 2f64.powi(42));
/// # Ok::<(), seal_nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    poly_modulus_degree: usize,
    primes: Vec<u64>,
    special_primes: Vec<u64>,
    scales: Vec<f64>,
}

/// More levels than any chain has: SEAL's have at most 63, and a plan measures depths on a longer one.
pub(crate) const MOST_LEVELS: usize = 1000;
/// The largest ring of SEAL 4.
const MOST_DEGREE: usize = 1 << 17;

/// Bits of `q_0` in [`Chain::nominal`]: eight more than a 42-bit scale.
const FIRST_BITS: u32 = 50;
/// Bits of the special prime: ten more than the largest data prime, because SEAL does not centre its key-switching
/// digits.
const SPECIAL_BITS: u32 = 60;

impl Chain {
    /// The chain of the given data primes `q_0 ... q_L`, entered at the top with scale `top_scale`.
    ///
    /// # Errors
    /// `CircuitError::BadChain` if the degree is not a power of two from 4 to 131072, there are no primes or more than 1001,
    /// a prime is below 2, or a scale is not positive and finite.
    pub fn new(poly_modulus_degree: usize, primes: &[u64], special_prime: u64, top_scale: f64) -> Result<Chain> {
        check_primes(poly_modulus_degree, primes)?;
        let mut scales = vec![top_scale; primes.len()];
        for l in (1..primes.len()).rev() {
            // SEAL computes D*D/q in this order, so the table agrees with it exactly.
            scales[l - 1] = scales[l] * scales[l] / primes[l] as f64;
        }
        check_scales(&scales)?;
        Ok(Chain { poly_modulus_degree, primes: primes.to_vec(), special_primes: vec![special_prime], scales })
    }

    /// The chain of a circuit that states the scale of every value itself, such as a bootstrap, whose primes are not near
    /// the scales of its values: `scale` is that of fresh values at every level.
    ///
    /// # Errors
    /// `CircuitError::BadChain` as for [`Chain::new`], or without special primes.
    pub fn with_stated_scales(
        poly_modulus_degree: usize,
        primes: &[u64],
        special_primes: &[u64],
        scale: f64,
    ) -> Result<Chain> {
        check_primes(poly_modulus_degree, primes)?;
        check_scales(&[scale])?;
        let scales = vec![scale; primes.len()];
        Chain { poly_modulus_degree, primes: primes.to_vec(), special_primes: Vec::new(), scales }
            .with_special_primes(special_primes)
    }

    /// The same chain with several special primes, for key switching that supports them.
    ///
    /// # Errors
    /// `CircuitError::BadChain` without special primes.
    pub fn with_special_primes(self, special_primes: &[u64]) -> Result<Chain> {
        if special_primes.is_empty() {
            return Err(CircuitError::BadChain { reason: "at least one special prime is needed".into() }.into());
        }
        Ok(Chain { special_primes: special_primes.to_vec(), ..self })
    }

    /// An idealised chain whose primes are exactly powers of two, for planning and for clear runs without SEAL.
    ///
    /// # Errors
    /// `CircuitError::BadChain` if the degree is not a power of two from 4 to 131072, the depth is more than 1000, or
    /// `scale_bits` is not from 1 to 60.
    pub fn nominal(poly_modulus_degree: usize, depth: usize, scale_bits: u32) -> Result<Chain> {
        if !(1..=60).contains(&scale_bits) {
            return Err(CircuitError::BadChain {
                reason: format!("a prime of {scale_bits} bits, but SEAL supports 2 to 60"),
            }
            .into());
        }
        let mut primes = vec![1 << FIRST_BITS.max(scale_bits)];
        // One too many is refused below, without the memory for more.
        primes.resize(depth.min(MOST_LEVELS + 1) + 1, 1 << scale_bits);
        Chain::new(poly_modulus_degree, &primes, 1 << SPECIAL_BITS, 2f64.powi(scale_bits as i32))
    }

    /// N, the degree of the polynomial modulus.
    pub fn poly_modulus_degree(&self) -> usize {
        self.poly_modulus_degree
    }

    /// The number of slots, `N/2`.
    pub fn slots(&self) -> usize {
        self.poly_modulus_degree / 2
    }

    /// The highest level: one less than the number of data primes.
    pub fn top(&self) -> Level {
        Level(self.primes.len() - 1)
    }

    /// `q_0 ... q_L`.
    pub fn primes(&self) -> &[u64] {
        &self.primes
    }

    /// `q_l`, the prime by which a rescale at level `l` divides.
    ///
    /// # Panics
    /// Never for levels of this chain. For a level above the top, the prime of the top level is returned.
    pub fn prime(&self, level: Level) -> f64 {
        self.primes[level.0.min(self.top().0)] as f64
    }

    /// `D_l`, the scale of every canonical value at level `l` (for levels above the top, that of the top).
    pub fn scale(&self, level: Level) -> f64 {
        self.scales[level.0.min(self.top().0)]
    }

    /// Bits of `q_0 ... q_l`.
    pub fn modulus_bits(&self, level: Level) -> f64 {
        self.primes[..=level.0.min(self.top().0)].iter().map(|&q| (q as f64).log2()).sum()
    }

    /// The bits left above a value with mean `mean_abs` at this level and scale. A coefficient is at most the mean of
    /// the absolute slots times the scale, and must stay below a quarter of the modulus, so a negative number means
    /// that the value wraps around.
    pub fn headroom_bits(&self, level: Level, scale: f64, mean_abs: f64) -> f64 {
        self.modulus_bits(level) - 2.0 - (mean_abs * scale).log2()
    }

    /// Checks that a value with mean `mean_abs` does not wrap around.
    ///
    /// # Errors
    /// `OutOfRange` if there is no headroom, or the mean is not a number.
    pub fn check_mean(&self, what: &str, level: Level, scale: f64, mean_abs: f64) -> Result<()> {
        let headroom_bits = self.headroom_bits(level, scale, mean_abs);
        if headroom_bits >= 0.0 {
            return Ok(());
        }
        let scale_bits = scale.log2();
        Err(CircuitError::OutOfRange { what: what.into(), mean_abs, scale_bits, level, headroom_bits }.into())
    }

    /// [`Chain::check_mean`] for slots; missing ones are zero.
    ///
    /// # Errors
    /// `OutOfRange` if there is no headroom, or a slot is not a number.
    pub fn check_slots(&self, what: &str, level: Level, scale: f64, slots: &[f64]) -> Result<()> {
        let mean_abs = slots.iter().map(|v| v.abs()).sum::<f64>() / self.slots() as f64;
        self.check_mean(what, level, scale, mean_abs)
    }

    /// Checks values that a [`KeyHolder`](super::KeyHolder) is to encrypt at the canonical scale of a level.
    ///
    /// # Errors
    /// `NoLevelLeft` for a level above the top, `TooManyValues`, `NotFinite` or `OutOfRange`.
    pub fn check_encryption(&self, values: &[f64], at: Level) -> Result<()> {
        let (op, actual) = ("encryption", self.top());
        if at > actual {
            return Err(CircuitError::NoLevelLeft { op, needed: at, actual }.into());
        }
        check_values(values, self.slots())?;
        self.check_slots(op, at, self.scale(at), values)
    }

    /// The size of an uncompressed ciphertext of two polynomials at `level` in SEAL's format and in memory, in bytes.
    pub fn ciphertext_bytes(&self, level: Level) -> usize {
        self.residue_bytes(level) + CIPHERTEXT_HEADER
    }

    /// The size of its residues alone.
    pub fn residue_bytes(&self, level: Level) -> usize {
        2 * 8 * self.poly_modulus_degree * (level.0 + 1)
    }

    /// The size of a ciphertext of two polynomials at `level` in a message ([`Wire`](crate::seal::Wire)), in bytes.
    pub fn wire_ciphertext_bytes(&self, level: Level) -> usize {
        2 * self.packed_bytes(&self.primes[..=level.0]) + WIRE_HEADER
    }

    /// The size of a fresh ciphertext in a message, one of whose polynomials is a seed, in bytes.
    pub fn wire_seeded_bytes(&self, level: Level) -> usize {
        self.packed_bytes(&self.primes[..=level.0]) + WIRE_HEADER + WIRE_SEED
    }

    /// The size of seed-compressed Galois keys for `count` rotations, in bytes.
    pub fn galois_key_bytes(&self, count: usize) -> usize {
        KEYS_HEADER + 8 * self.poly_modulus_degree + count * self.switching_key_bytes()
    }

    /// The size of a seed-compressed relinearisation key, in bytes.
    pub fn relin_key_bytes(&self) -> usize {
        KEYS_HEADER + 8 + self.switching_key_bytes()
    }

    /// The size of a seed-compressed public key over all primes, in bytes.
    pub fn public_key_bytes(&self) -> usize {
        let primes = self.primes.len() + self.special_primes.len();
        8 * self.poly_modulus_degree * primes + SEEDED_HEADER
    }

    /// The size of one switching key: a seeded ciphertext over all primes for each data prime.
    fn switching_key_bytes(&self) -> usize {
        let digits = self.primes.len();
        digits * (8 * self.poly_modulus_degree * (digits + 1) + SEEDED_HEADER)
    }

    /// Residues modulo these primes, each in the bits of its prime.
    fn packed_bytes(&self, primes: &[u64]) -> usize {
        let bits = |prime: &u64| (u64::BITS - (prime - 1).leading_zeros()) as usize;
        primes.iter().map(|prime| (self.poly_modulus_degree * bits(prime)).div_ceil(8)).sum()
    }

    /// The size of seed-compressed keys for hybrid key switching in bytes, each cut to the highest level of its use,
    /// with residues in the bits of their primes. With `a` special primes these are `ceil((l+1)/a)` digits modulo
    /// `l+1+a` primes, and a seed of 64 bytes per digit.
    pub fn hybrid_key_bytes(&self, highest: impl IntoIterator<Item = Level>) -> usize {
        let special = self.packed_bytes(&self.special_primes);
        let digit = |level: Level| self.packed_bytes(&self.primes[..=level.0]) + special + 64;
        highest.into_iter().map(|level| 8 + self.hybrid_digits(level) * digit(level)).sum()
    }

    /// The number of residue polynomials in one half of these keys.
    pub(super) fn hybrid_key_polynomials(&self, highest: impl IntoIterator<Item = Level>) -> usize {
        let primes = |level: Level| level.0 + 1 + self.special_primes.len();
        highest.into_iter().map(|level| self.hybrid_digits(level) * primes(level)).sum()
    }

    fn hybrid_digits(&self, level: Level) -> usize {
        (level.0 + 1).div_ceil(self.special_primes.len())
    }

    /// The number of residue polynomials that a key switch at a level transforms: `(d + 2)(p + a)` for `p` data primes
    /// in `d = ceil(p/a)` digits and `a` special primes. With `a = 1` this is `(p + 1)(p + 2)`, as in SEAL.
    pub fn key_switch_transforms(&self, level: Level) -> usize {
        let (primes, special) = (level.0 + 1, self.special_primes.len());
        (primes.div_ceil(special) + 2) * (primes + special)
    }

    /// The special primes, which are used in keys only.
    pub fn special_primes(&self) -> &[u64] {
        &self.special_primes
    }

    /// The last special prime.
    pub fn special_prime(&self) -> u64 {
        self.special_primes[self.special_primes.len() - 1]
    }
}

fn check_primes(poly_modulus_degree: usize, primes: &[u64]) -> Result<()> {
    let refuse = |reason| Err(CircuitError::BadChain { reason }.into());
    if !poly_modulus_degree.is_power_of_two() || !(4..=MOST_DEGREE).contains(&poly_modulus_degree) {
        return refuse(format!("the degree must be a power of two from 4 to {MOST_DEGREE}, not {poly_modulus_degree}"));
    }
    if primes.len() > MOST_LEVELS + 1 {
        return refuse(format!("more than {MOST_LEVELS} levels"));
    }
    if primes.is_empty() || primes.iter().any(|&q| q < 2) {
        return refuse("every modulus must be at least 2, and there must be one".into());
    }
    Ok(())
}

fn check_scales(scales: &[f64]) -> Result<()> {
    match scales.iter().find(|d| !d.is_normal() || **d < 1.0) {
        Some(bad) => {
            let reason = format!("the scales drift to {bad:e}; take primes near the scale");
            Err(CircuitError::BadChain { reason }.into())
        }
        None => Ok(()),
    }
}

// The bytes that SEAL 4.0 writes around the coefficients (measured; a test compares with the actual sizes).
const CIPHERTEXT_HEADER: usize = 113;
const SEEDED_HEADER: usize = 194;
const KEYS_HEADER: usize = 56;
// The bytes of our own form around packed residues: magic, kind, identifier and scale; kind and seed of a generator.
const WIRE_HEADER: usize = 5 + 1 + 8 + 8;
const WIRE_SEED: usize = 1 + 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_follow_the_products() {
        let chain = Chain::new(16, &[1 << 50, 1_099_511_627_689, 1_099_511_627_791], 1 << 60, 2f64.powi(40)).unwrap();
        for l in [2, 1] {
            let product = chain.scale(Level(l)) * chain.scale(Level(l)) / chain.prime(Level(l));
            assert_eq!(product, chain.scale(Level(l - 1)));
        }
    }

    #[test]
    fn refuses_what_is_no_chain() {
        for bad in [Chain::new(12, &[97], 97, 2.0), Chain::new(16, &[], 97, 2.0), Chain::new(16, &[97], 97, f64::NAN)] {
            assert!(matches!(bad, Err(crate::Error::Circuit(CircuitError::BadChain { .. }))));
        }
    }

    #[test]
    fn headroom_of_the_iris_step() {
        // docs/ckks.md, "Headroom of a folded learning rate": new weights have 80 times the scale, so at level 0 their
        // mean must be below 0.8.
        let chain = Chain::nominal(16384, 6, 42).unwrap();
        let scale = 80.0 * chain.scale(Level(0));
        assert!(chain.headroom_bits(Level(0), scale, 0.79) > 0.0);
        assert!(chain.headroom_bits(Level(0), scale, 0.81) < 0.0);
    }
}
