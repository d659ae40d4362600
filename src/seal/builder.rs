//! A builder for parameters.

use super::Parameters;
use super::limits::{check_bits, check_count, check_degree, check_special_count, create_primes};
use super::primes::PrimeSearch;
use crate::error::SealError;
use crate::ffi::constants::SecurityLevel;
use crate::ffi::modulus as ffi;

/// A description of parameters, which [`build`](Self::build) checks. Made by [`Parameters::builder`].
///
/// The primes are determined by the last call of [`depth`](Self::depth), [`bits`](Self::bits) or
/// [`primes`](Self::primes). Other settings have defaults:
///
/// | setting | default |
/// |---|---|
/// | [`degree`](Self::degree) | the smallest ring that is secure for the primes |
/// | [`special_primes`](Self::special_primes) | 1 |
/// | [`scale_bits`](Self::scale_bits) | the bits of the top data prime, or 8 fewer than `q_0` if that is the only one |
/// | security | 128 bits, unless [`insecure`](Self::insecure) is called |
///
/// ```
/// use seal_nn::seal::Parameters;
/// # fn main() -> Result<(), seal_nn::SealError> {
/// // Six products deep at 42 bits, in the smallest ring that is secure.
/// let parameters = Parameters::builder().depth(6, 42).build()?;
/// assert_eq!(parameters.poly_modulus_degree(), 16384);
/// assert_eq!(parameters.coeff_modulus_bits().first(), Some(&50));
///
/// // Every prime by its size, the last two for our own key switching.
/// let bits = [50, 41, 41, 41, 41, 41, 41, 41, 50, 50];
/// let parameters = Parameters::builder().degree(16384).bits(&bits).special_primes(2).build()?;
/// assert_eq!((parameters.top_level().0, parameters.total_bits()), (7, 437));
///
/// // For a test: small, quick, and of no security.
/// let parameters = Parameters::builder().degree(1024).bits(&[40, 40]).insecure().build()?;
/// assert_eq!(parameters.security_bits(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ParametersBuilder {
    degree: Option<usize>,
    chain: Chain,
    special_primes: usize,
    scale_bits: Option<u32>,
    security: SecurityLevel,
}

#[derive(Clone, Debug, PartialEq)]
enum Chain {
    Bits(Vec<u32>),
    Primes(Vec<u64>),
    Depth { depth: usize, scale_bits: u32, first_bits: u32, special_bits: u32 },
}

impl Parameters {
    /// A builder for primes, ring degree, scale and security, which are checked when they are complete.
    pub fn builder() -> ParametersBuilder {
        ParametersBuilder {
            degree: None,
            chain: Chain::Bits(Vec::new()),
            special_primes: 1,
            scale_bits: None,
            security: SecurityLevel::TC128,
        }
    }
}

impl ParametersBuilder {
    /// Primes for `depth` consecutive products, each with its rescale, at a scale of `scale_bits` bits. The primes near
    /// the scale are chosen one by one from the top, so that every level has nearly the same canonical scale
    /// ([`Parameters::canonical_scales`]). The first prime has 50 bits and the special primes have 60; see
    /// [`first_bits`](Self::first_bits), [`special_bits`](Self::special_bits) and [`hybrid`](Self::hybrid).
    pub fn depth(self, depth: usize, scale_bits: u32) -> Self {
        ParametersBuilder { chain: Chain::Depth { depth, scale_bits, first_bits: 50, special_bits: 60 }, ..self }
    }

    /// Primes of these sizes as chosen by SEAL (`CoeffModulus::Create` in modulus.h): `q_0` first, special primes last.
    pub fn bits(self, bits: &[u32]) -> Self {
        ParametersBuilder { chain: Chain::Bits(bits.to_vec()), ..self }
    }

    /// These primes: `q_0` first, special primes last.
    pub fn primes(self, primes: &[u64]) -> Self {
        ParametersBuilder { chain: Chain::Primes(primes.to_vec()), ..self }
    }

    /// N, a power of two.
    pub fn degree(self, poly_modulus_degree: usize) -> Self {
        ParametersBuilder { degree: Some(poly_modulus_degree), ..self }
    }

    /// The number of special primes: 1 for SEAL's own key switching, or up to 7 for ours
    /// ([`HybridEvaluator`](super::HybridEvaluator)).
    pub fn special_primes(self, count: usize) -> Self {
        ParametersBuilder { special_primes: count, ..self }
    }

    /// Binary logarithm of the default scale.
    pub fn scale_bits(self, bits: u32) -> Self {
        ParametersBuilder { scale_bits: Some(bits), ..self }
    }

    /// Bits of `q_0` in a chain for a [`depth`](Self::depth). The bits above those of the scale are room for values: 8
    /// bits for values of a few hundred. Primes given by size or value are not changed.
    pub fn first_bits(mut self, bits: u32) -> Self {
        if let Chain::Depth { first_bits, .. } = &mut self.chain {
            *first_bits = bits;
        }
        self
    }

    /// Bits of each special prime in a chain for a [`depth`](Self::depth). With ten bits more than the data primes, a
    /// rotation adds no more noise than a rescale. With as many bits, SEAL's digits, which are not centred, leave an
    /// error of up to 70 standard deviations in a few slots (docs/ckks.md, "SEAL's key switching and the special
    /// prime"). Primes given by size or value are not changed.
    pub fn special_bits(mut self, bits: u32) -> Self {
        if let Chain::Depth { special_bits, .. } = &mut self.chain {
            *special_bits = bits;
        }
        self
    }

    /// A chain for a [`depth`](Self::depth) for our own key switching, which centres its digits, with `special_primes`
    /// special primes of 50 bits. If there is only one, a first prime of 48 bits keeps the noise of a rotation near
    /// that of a rescale; otherwise the first prime has 50 bits.
    pub fn hybrid(self, special_primes: usize) -> Self {
        let first_bits = if special_primes == 1 { 48 } else { 50 };
        self.special_primes(special_primes).first_bits(first_bits).special_bits(50)
    }

    /// No security, and N = 2048 unless a degree is given, for tests and experiments only.
    pub fn insecure(self) -> Self {
        self.security(SecurityLevel::NONE)
    }

    pub(super) fn security(self, security: SecurityLevel) -> Self {
        ParametersBuilder { security, ..self }
    }

    /// The parameters, if they pass every check.
    ///
    /// # Errors
    /// [`Degree`](SealError::Degree), [`PrimeCount`](SealError::PrimeCount), [`PrimeBits`](SealError::PrimeBits),
    /// [`NotPrime`](SealError::NotPrime), [`NoTransform`](SealError::NoTransform),
    /// [`RepeatedPrime`](SealError::RepeatedPrime) or [`TooFewPrimes`](SealError::TooFewPrimes) for an unsupported
    /// degree or invalid primes; [`TooManyBits`](SealError::TooManyBits) if the ring does not allow so many bits;
    /// [`ScaleTooLarge`](SealError::ScaleTooLarge) for a default scale that is too large for the data primes.
    ///
    /// For a depth also [`FirstPrime`](SealError::FirstPrime) for a first prime that is not larger than the scale, and
    /// [`SpecialPrime`](SealError::SpecialPrime) for a special prime that is smaller.
    ///
    /// With more than one special prime also [`SpecialPrimeCount`](SealError::SpecialPrimeCount),
    /// [`KernelPrime`](SealError::KernelPrime) or [`Degree`](SealError::Degree) for primes of more than 50 bits or an
    /// unsupported ring, and [`SpecialPrime`](SealError::SpecialPrime) for special primes whose product is smaller than
    /// that of as many data primes.
    pub fn build(&self) -> Result<Parameters, SealError> {
        if let Some(degree) = self.degree {
            return self.at(degree);
        }
        if self.security == SecurityLevel::NONE {
            return self.at(2048);
        }
        // Starts at 1024, SEAL's smallest secure ring. If a ring lacks bits, or primes in its range, a larger one may
        // have them.
        let mut degree = 1024;
        loop {
            let larger = ffi::secure_modulus_bits(2 * degree) > 0;
            match self.at(degree) {
                Err(SealError::TooManyBits { .. }) if larger => degree *= 2,
                other => return other,
            }
        }
    }

    fn at(&self, degree: usize) -> Result<Parameters, SealError> {
        let (primes, scale_bits) = match &self.chain {
            Chain::Bits(bits) => (create_primes(degree, bits)?, None),
            Chain::Primes(primes) => (primes.clone(), None),
            &Chain::Depth { depth, scale_bits, first_bits, special_bits } => {
                let special = (self.special_primes, special_bits);
                (chain_for_depth(degree, depth, scale_bits, first_bits, special)?, Some(scale_bits))
            }
        };
        Parameters::checked(degree, &primes, self.special_primes, self.scale_bits.or(scale_bits), self.security)
    }
}

/// `q_0 ... q_L` and the special primes: their number and sizes.
fn chain_for_depth(
    degree: usize,
    depth: usize,
    scale_bits: u32,
    first_bits: u32,
    (special_primes, special_bits): (usize, u32),
) -> Result<Vec<u64>, SealError> {
    check_degree(degree)?;
    check_count(depth.saturating_add(1).saturating_add(special_primes), 2)?;
    check_special_count(special_primes, depth + 1 + special_primes)?;
    for bits in [scale_bits, first_bits, special_bits] {
        check_bits(bits)?;
    }
    if first_bits <= scale_bits {
        return Err(SealError::FirstPrime { first_bits, scale_bits });
    }
    if special_bits < first_bits {
        return Err(SealError::SpecialPrime { special_bits, largest_bits: first_bits });
    }
    let mut search = PrimeSearch::new(degree);
    let special = (0..special_primes).map(|_| search.largest(special_bits)).collect::<Result<Vec<_>, _>>()?;
    let mut primes = vec![search.largest(first_bits)?];
    primes.extend(search.greedy(depth, scale_bits)?.into_iter().rev());
    primes.extend(special);
    Ok(primes)
}
