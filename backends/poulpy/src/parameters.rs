//! Chains of powers of two, digits of keys, and their security.

use seal_nn::{CircuitError, Result, SealError, backend::Chain, seal::SecurityTable};

/// Bits of `q_0`: as in [`Chain::nominal`], eight more than a 42-bit scale.
const FIRST_BITS: u32 = 50;
/// Bits by which a key is wider than its digits cover, beyond one digit: the noise of a key switch then stays below that of
/// a rounding, like that of SEAL's.
const GUARD_BITS: usize = 12;
/// Bits of a digit without regard to security: one limb.
const INSECURE_DIGIT: usize = crate::ring::LIMB;
/// More digits would make keys that are larger than SEAL's.
const MOST_DIGITS: usize = 32;

/// A modulus chain of powers of two, and how keys take a ciphertext apart: into digits of so many bits.
///
/// Keys are modulo `2^k` for all digits, one more, and 12 bits. This is the modulus that security depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub(crate) chain: Chain,
    pub(crate) digit_bits: usize,
}

impl Parameters {
    /// A chain of `depth` levels of `scale_bits` above a first modulus of 50 bits, with the fewest digits that the guidelines
    /// of 2024 allow ([`SecurityTable::Guidelines2024`]): keys are the smaller, and as fast.
    ///
    /// ```
    /// use seal_nn::{Error, SealError};
    /// use seal_nn_poulpy::Parameters;
    /// assert!(Parameters::new(16384, 7, 41)?.key_bits() <= 430);
    /// let refused = Parameters::new(16384, 10, 41).unwrap_err();
    /// assert!(matches!(refused, Error::Seal(SealError::TooManyBits { allowed: 430, .. })));
    /// # Ok::<(), seal_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TooManyBits`](SealError::TooManyBits) if no digits make the keys as narrow as this ring requires;
    /// `BadChain` as for [`Chain::new`], and for a scale of more than 50 bits.
    pub fn new(degree: usize, depth: usize, scale_bits: u32) -> Result<Parameters> {
        let chain = chain(degree, depth, scale_bits)?;
        let allowed = SecurityTable::guidelines_bits(degree);
        let narrowest = |digits: usize| {
            let digit_bits = bits(&chain).div_ceil(digits);
            Parameters { chain: chain.clone(), digit_bits }
        };
        let candidates = (1..=MOST_DIGITS).map(narrowest);
        let least = candidates.clone().map(|candidate| candidate.key_bits()).min().unwrap_or(0) as u32;
        let refused = SealError::TooManyBits { requested: least, allowed, poly_modulus_degree: degree };
        candidates.into_iter().find(|candidate| candidate.key_bits() <= allowed as usize).ok_or(refused.into())
    }

    /// The same chain whatever its security, for tests.
    ///
    /// # Errors
    /// `BadChain` as for [`Parameters::new`].
    pub fn insecure(degree: usize, depth: usize, scale_bits: u32) -> Result<Parameters> {
        Ok(Parameters { chain: chain(degree, depth, scale_bits)?, digit_bits: INSECURE_DIGIT })
    }

    /// Levels and scales.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Bits of the modulus of ciphertexts at the top.
    pub fn ciphertext_bits(&self) -> usize {
        bits(&self.chain)
    }

    /// Bits of the modulus of keys, on which security depends.
    pub fn key_bits(&self) -> usize {
        self.digits() * self.digit_bits + self.guard_bits()
    }

    /// The number of digits of a key.
    pub fn digits(&self) -> usize {
        bits(&self.chain).div_ceil(self.digit_bits)
    }

    pub(crate) fn guard_bits(&self) -> usize {
        self.digit_bits + GUARD_BITS
    }
}

fn chain(degree: usize, depth: usize, scale_bits: u32) -> Result<Chain> {
    if !(1..=FIRST_BITS).contains(&scale_bits) {
        let reason = format!("a scale of {scale_bits} bits, where poulpy's levels have 1 to {FIRST_BITS}");
        return Err(CircuitError::BadChain { reason }.into());
    }
    Chain::nominal(degree, depth, scale_bits)
}

fn bits(chain: &Chain) -> usize {
    chain.primes().iter().map(|q| q.ilog2() as usize).sum()
}
