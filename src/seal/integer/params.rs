//! Checked encryption parameters.

use std::marker::PhantomData;

use super::super::limits::{bit_count, check_count, check_degree, check_primes, check_security, product_bits};
use super::{CoeffModulus, IntegerScheme, PlainModulus};
use crate::Level;
use crate::error::SealError;
use crate::ffi::constants::SecurityLevel;
use crate::ffi::modulus as ffi;

/// Parameters of [`Bfv`](super::Bfv) or [`Bgv`](super::Bgv) that have passed every check: a ring degree N, data primes
/// `q_0 ... q_L`, a special prime for key switching where there are several, and a plain modulus t.
///
/// The security level is 128 bits by SEAL's table (`CoeffModulus::MaxBitCount` in modulus.h) unless the parameters were
/// made by a function whose name says `insecure`. The plain modulus has no part in it, but the larger it is, the less
/// can be computed.
///
/// ```
/// use seal_nn::seal::integer::{Bfv, CoeffModulus, Parameters, PlainModulus};
/// # fn main() -> Result<(), seal_nn::SealError> {
/// let parameters = Parameters::<Bfv>::new(8192, CoeffModulus::Default, PlainModulus::Batching(20))?;
/// assert_eq!(parameters.plain_modulus() % (2 * 8192), 1);
/// assert_eq!((parameters.total_bits(), parameters.security_bits()), (218, 128));
/// # Ok(())
/// # }
/// ```
///
/// Source: `EncryptionParameters` in encryptionparams.h.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters<S> {
    poly_modulus_degree: usize,
    data_primes: Vec<u64>,
    special_prime: Option<u64>,
    plain_modulus: u64,
    security: SecurityLevel,
    scheme: PhantomData<S>,
}

impl<S: IntegerScheme> Parameters<S> {
    /// Checks a choice.
    ///
    /// # Errors
    /// A degree or a prime that SEAL does not take ([`Degree`](SealError::Degree),
    /// [`PrimeCount`](SealError::PrimeCount), [`PrimeBits`](SealError::PrimeBits), [`NotPrime`](SealError::NotPrime),
    /// [`NoTransform`](SealError::NoTransform), [`RepeatedPrime`](SealError::RepeatedPrime),
    /// [`TooFewPrimes`](SealError::TooFewPrimes)), more bits than are secure ([`TooManyBits`](SealError::TooManyBits)), a
    /// plain modulus outside 2 to 60 bits ([`PlainModulusSize`](SealError::PlainModulusSize)), with a factor in common
    /// with a prime ([`PlainModulusNotCoprime`](SealError::PlainModulusNotCoprime)) or not below the product of the data
    /// primes ([`PlainModulusTooLarge`](SealError::PlainModulusTooLarge)).
    pub fn new(
        poly_modulus_degree: usize,
        coeff_modulus: CoeffModulus,
        plain_modulus: PlainModulus,
    ) -> Result<Parameters<S>, SealError> {
        Parameters::check(poly_modulus_degree, coeff_modulus, plain_modulus, SecurityLevel::TC128)
    }

    /// Like [`new`](Parameters::new), without the security check, for tests and experiments only.
    pub fn insecure(
        poly_modulus_degree: usize,
        coeff_modulus: CoeffModulus,
        plain_modulus: PlainModulus,
    ) -> Result<Parameters<S>, SealError> {
        Parameters::check(poly_modulus_degree, coeff_modulus, plain_modulus, SecurityLevel::NONE)
    }

    pub(super) fn check(
        degree: usize,
        coeff_modulus: CoeffModulus,
        plain_modulus: PlainModulus,
        security: SecurityLevel,
    ) -> Result<Parameters<S>, SealError> {
        check_degree(degree)?;
        let mut data_primes = coeff_modulus.primes(degree)?;
        check_count(data_primes.len(), 1)?;
        check_primes(degree, &data_primes)?;
        check_security(degree, &data_primes, security)?;
        let plain_modulus = plain_modulus.value(degree)?;
        check_plain_modulus(plain_modulus, &data_primes)?;
        let special_prime = if data_primes.len() > 1 { data_primes.pop() } else { None };
        if product_up_to(&data_primes, plain_modulus).is_some() {
            return Err(SealError::PlainModulusTooLarge { plain_modulus, modulus_bits: product_bits(&data_primes) });
        }
        Ok(Parameters {
            poly_modulus_degree: degree,
            data_primes,
            special_prime,
            plain_modulus,
            security,
            scheme: PhantomData,
        })
    }

    /// N: plaintexts are polynomials with this number of coefficients, and ciphertexts are pairs of them.
    pub fn poly_modulus_degree(&self) -> usize {
        self.poly_modulus_degree
    }

    /// t, the plain modulus.
    pub fn plain_modulus(&self) -> u64 {
        self.plain_modulus
    }

    /// `q_0 ... q_L`; switching the modulus down from level `l` gives up `q_l`.
    pub fn data_primes(&self) -> &[u64] {
        &self.data_primes
    }

    /// The prime that key switching works with and ciphertexts do not have. Without it, products stay at three components
    /// and nothing rotates.
    pub fn special_prime(&self) -> Option<u64> {
        self.special_prime
    }

    /// L: the level of a fresh encryption.
    pub fn top_level(&self) -> Level {
        Level(self.data_primes.len() - 1)
    }

    /// Bits of each prime, the special one last.
    pub fn coeff_modulus_bits(&self) -> Vec<u32> {
        self.primes().map(bit_count).collect()
    }

    /// Bits of the product of all primes, the special one included: what security depends on.
    pub fn total_bits(&self) -> u32 {
        product_bits(&self.primes().collect::<Vec<_>>())
    }

    /// Bits of `q_0 ... q_l`; `None` above the top. A fresh noise budget is somewhat less than these without those of t.
    pub fn modulus_bits(&self, level: Level) -> Option<u32> {
        self.data_primes.get(..=level.0).map(product_bits)
    }

    /// 128, or 0 for insecure parameters.
    pub fn security_bits(&self) -> u32 {
        // SEAL's values are the numbers of bits.
        self.security.0.unsigned_abs()
    }

    pub(super) fn security(&self) -> SecurityLevel {
        self.security
    }

    /// All primes in SEAL's order, the special one last.
    pub(super) fn primes(&self) -> impl Iterator<Item = u64> {
        self.data_primes.iter().copied().chain(self.special_prime)
    }
}

/// SEAL's rules, which include the special prime.
fn check_plain_modulus(value: u64, primes: &[u64]) -> Result<(), SealError> {
    let ffi::Limits { prime_bits_min: min_bits, prime_bits_max: max_bits, .. } = ffi::limits();
    if !(min_bits..=max_bits).contains(&bit_count(value)) {
        return Err(SealError::PlainModulusSize { value, min_bits, max_bits });
    }
    match primes.iter().find(|&&prime| value.is_multiple_of(prime)) {
        Some(&prime) => Err(SealError::PlainModulusNotCoprime { plain_modulus: value, prime }),
        None => Ok(()),
    }
}

/// The product of the factors, or `None` if it exceeds the bound.
fn product_up_to(factors: &[u64], bound: u64) -> Option<u64> {
    factors.iter().try_fold(1_u64, |product, &factor| product.checked_mul(factor).filter(|&p| p <= bound))
}
