//! Parameters of BFV and BGV.

use std::marker::PhantomData;

use super::super::bytes::{Lacking, Written};
use super::super::limits::{bit_count, check_count, check_degree, check_primes, check_security, product_bits};
use super::{CoeffModulus, IntegerScheme, Parameters, PlainModulus};
use crate::error::{BytesRefusal, ObjectKind, SealError};
use crate::ffi::constants::SecurityLevel;
use crate::ffi::modulus as ffi;

/// Parameters of BFV and BGV: data primes `q_0 ... q_L`, a special prime for key switching if there are several primes,
/// and a plain modulus t. The plain modulus does not affect security, but the larger it is, the less can be computed.
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
impl<S: IntegerScheme> Parameters<S> {
    /// Checks a choice.
    ///
    /// # Errors
    /// [`Degree`](SealError::Degree), [`PrimeCount`](SealError::PrimeCount), [`PrimeBits`](SealError::PrimeBits),
    /// [`NotPrime`](SealError::NotPrime), [`NoTransform`](SealError::NoTransform),
    /// [`RepeatedPrime`](SealError::RepeatedPrime) or [`TooFewPrimes`](SealError::TooFewPrimes) for an unsupported
    /// degree or invalid primes; [`TooManyBits`](SealError::TooManyBits) for more bits than are secure;
    /// [`PlainModulusSize`](SealError::PlainModulusSize), [`PlainModulusNotCoprime`](SealError::PlainModulusNotCoprime)
    /// or [`PlainModulusTooLarge`](SealError::PlainModulusTooLarge) for a plain modulus outside 2 to 60 bits, with a
    /// common factor with a prime, or not below the product of the data primes.
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

    fn check(
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
            special_primes: special_prime.into_iter().collect(),
            scale_bits: 0,
            plain_modulus,
            security,
            scheme: PhantomData,
        })
    }

    /// t, the plain modulus.
    pub fn plain_modulus(&self) -> u64 {
        self.plain_modulus
    }

    /// The special prime, which keys have and ciphertexts do not. Without it, there is no relinearisation and no
    /// rotation.
    pub fn special_prime(&self) -> Option<u64> {
        self.special_primes.first().copied()
    }

    pub(in crate::seal) fn of_written(
        Written { degree, primes, plain_modulus }: Written,
        lacking: Option<Lacking>,
        security: SecurityLevel,
    ) -> Result<Parameters<S>, SealError> {
        let (coeff_modulus, plain_modulus) = (CoeffModulus::Primes(&primes), PlainModulus::Value(plain_modulus));
        let parameters = Parameters::check(degree, coeff_modulus, plain_modulus, security)?;
        let Some(lacking) = lacking else { return Ok(parameters) };
        let fields = [
            ("number of special primes", parameters.special_primes.len(), lacking.special_primes),
            ("bits of the scale", 0, lacking.scale_bits),
        ];
        match fields.into_iter().find(|(_, expected, actual)| expected != actual) {
            None => Ok(parameters),
            Some((part, expected, actual)) => {
                let reason = BytesRefusal::Field { part, expected: expected.to_string(), actual: actual as u64 };
                Err(SealError::Bytes { kind: ObjectKind::Parameters, reason })
            }
        }
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
