//! Parameters in words, before they are checked.

use super::Parameters;
use super::limits::{check_bits, check_count, check_degree, check_special_count, create_primes};
use super::primes::PrimeSearch;
use crate::error::SealError;
use crate::ffi::constants::SecurityLevel;
use crate::ffi::modulus as ffi;

/// What parameters are to be; [`build`](Self::build) checks it. Made by [`Parameters::builder`].
///
/// The primes come from the last of [`depth`](Self::depth), [`bits`](Self::bits) and [`primes`](Self::primes) that was
/// called. What else is not said has a usual value:
///
/// | choice | usual value |
/// |---|---|
/// | [`degree`](Self::degree) | the smallest ring that is secure for the primes |
/// | [`special_primes`](Self::special_primes) | 1 |
/// | [`scale_bits`](Self::scale_bits) | as many as the top data prime has; 8 fewer than `q_0` where that is the only one |
/// | security | 128 bits, unless it is [`insecure`](Self::insecure) |
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
    /// A choice of primes, ring degree, scale and security, which is checked when it is complete.
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
    /// Primes for so many products (each with its rescale) in a row at a scale of so many bits. The primes near the
    /// scale are chosen one by one from the top so that every level has nearly the same canonical scale
    /// ([`Parameters::canonical_scales`]). The first prime has 50 bits and the special ones 60; see
    /// [`first_bits`](Self::first_bits), [`special_bits`](Self::special_bits) and [`hybrid`](Self::hybrid).
    pub fn depth(self, depth: usize, scale_bits: u32) -> Self {
        ParametersBuilder { chain: Chain::Depth { depth, scale_bits, first_bits: 50, special_bits: 60 }, ..self }
    }

    /// Primes of these sizes as SEAL chooses them (`CoeffModulus::Create` in modulus.h): `q_0` first, special primes
    /// last.
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

    /// How many of the primes are special ones: 1, as SEAL's own key switching has it, or with ours
    /// ([`HybridEvaluator`](super::HybridEvaluator)) up to 3.
    pub fn special_primes(self, count: usize) -> Self {
        ParametersBuilder { special_primes: count, ..self }
    }

    /// Binary logarithm of the default scale.
    pub fn scale_bits(self, bits: u32) -> Self {
        ParametersBuilder { scale_bits: Some(bits), ..self }
    }

    /// Bits of `q_0` in a chain for a [`depth`](Self::depth): what exceeds the scale is room for values, 8 bits for
    /// values of a few hundred. Primes that are given by size or value have theirs already, and stay as they are.
    pub fn first_bits(mut self, bits: u32) -> Self {
        if let Chain::Depth { first_bits, .. } = &mut self.chain {
            *first_bits = bits;
        }
        self
    }

    /// Bits of each special prime in a chain for a [`depth`](Self::depth). With ten more than the data primes a
    /// rotation is no noisier than a rescale; with as many, SEAL's digits, which are not centred, leave an error of up
    /// to 70 standard deviations in a few slots. Primes that are given by size or value stay as they are.
    pub fn special_bits(mut self, bits: u32) -> Self {
        if let Chain::Depth { special_bits, .. } = &mut self.chain {
            *special_bits = bits;
        }
        self
    }

    /// A chain for a [`depth`](Self::depth) as our own key switching wants it, which centres its digits: so many
    /// special primes of 50 bits. Where there is only one, a first prime of 48 bits keeps the noise of a rotation near
    /// that of a rescale; else the first prime has 50.
    pub fn hybrid(self, special_primes: usize) -> Self {
        let first_bits = if special_primes == 1 { 48 } else { 50 };
        self.special_primes(special_primes).first_bits(first_bits).special_bits(50)
    }

    /// No security at all, and N = 2048 unless a degree is given: for tests and experiments only.
    pub fn insecure(self) -> Self {
        self.security(SecurityLevel::NONE)
    }

    pub(super) fn security(self, security: SecurityLevel) -> Self {
        ParametersBuilder { security, ..self }
    }

    /// The parameters, if they pass every check.
    ///
    /// # Errors
    /// A degree or a size that SEAL does not take, a number that is not prime, not `1 mod 2N`, or there twice, fewer
    /// than two primes or too few of a size; [`TooManyBits`](SealError::TooManyBits) says how many bits there are and
    /// how many the ring allows; [`ScaleTooLarge`](SealError::ScaleTooLarge) for a default scale that does not fit
    /// under the data primes.
    ///
    /// For a depth also a first prime no larger than the scale ([`FirstPrime`](SealError::FirstPrime)) or a special
    /// prime smaller than it ([`SpecialPrime`](SealError::SpecialPrime)).
    ///
    /// With more than one special prime also [`SpecialPrimeCount`](SealError::SpecialPrimeCount), primes of more than
    /// 50 bits or a ring that our kernels do not take ([`KernelPrime`](SealError::KernelPrime),
    /// [`Degree`](SealError::Degree)), and special primes whose product is smaller than that of as many data primes
    /// ([`SpecialPrime`](SealError::SpecialPrime)).
    pub fn build(&self) -> Result<Parameters, SealError> {
        if let Some(degree) = self.degree {
            return self.at(degree);
        }
        if self.security == SecurityLevel::NONE {
            return self.at(2048);
        }
        // From 1024, SEAL's smallest secure ring. Smaller ones lack bits, or primes in their range, and larger ones
        // cannot lack them.
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

/// `q_0 ... q_L` and the special primes: their number and size.
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
