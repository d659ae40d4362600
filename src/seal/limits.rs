//! The limits of the linked SEAL library.

use super::SecurityTable;
use super::primes::is_prime;
use crate::error::SealError;
use crate::ffi::constants::SecurityLevel;
use crate::ffi::modulus as ffi;

pub(super) fn check_degree(poly_modulus_degree: usize) -> Result<(), SealError> {
    let ffi::Limits { degree_min: min, degree_max: max, .. } = ffi::limits();
    if !poly_modulus_degree.is_power_of_two() || !(min..=max).contains(&poly_modulus_degree) {
        return Err(SealError::Degree { poly_modulus_degree, min, max });
    }
    Ok(())
}

/// CKKS needs at least two primes; BFV and BGV may use one.
pub(super) fn check_count(actual: usize, min: usize) -> Result<(), SealError> {
    let max = ffi::limits().prime_count_max;
    if !(min..=max).contains(&actual) {
        return Err(SealError::PrimeCount { actual, min, max });
    }
    Ok(())
}

/// Checks the number of special primes among all primes.
pub(super) fn check_special_count(actual: usize, primes: usize) -> Result<(), SealError> {
    let max = MOST_SPECIAL_PRIMES.min(primes.saturating_sub(1));
    match (1..=max).contains(&actual) {
        true => Ok(()),
        false => Err(SealError::SpecialPrimeCount { actual, max }),
    }
}

/// Checks that our own key switching supports the parameters, whose residues doubles must represent exactly.
pub(super) fn check_kernels(poly_modulus_degree: usize, primes: &[u64]) -> Result<(), SealError> {
    let (min, max) = KERNEL_DEGREES;
    if !(min..=max).contains(&poly_modulus_degree) {
        return Err(SealError::Degree { poly_modulus_degree, min, max });
    }
    match primes.iter().map(|&prime| bit_count(prime)).find(|&bits| bits > KERNEL_PRIME_BITS) {
        Some(bits) => Err(SealError::KernelPrime { bits, max: KERNEL_PRIME_BITS }),
        None => Ok(()),
    }
}

/// As many as the kernels convert from, less the prime of a rescale (cpp/kernels/path.h).
const MOST_SPECIAL_PRIMES: usize = 7;
/// Equal to `PRIME_BITS` in cpp/kernels/prime.h.
const KERNEL_PRIME_BITS: u32 = 50;
const KERNEL_DEGREES: (usize, usize) = (1024, 65536);

pub(super) fn check_bits(bits: u32) -> Result<(), SealError> {
    let ffi::Limits { prime_bits_min: min, prime_bits_max: max, .. } = ffi::limits();
    if !(min..=max).contains(&bits) {
        return Err(SealError::PrimeBits { bits, min, max });
    }
    Ok(())
}

/// Checks that the primes are distinct and have transforms.
pub(super) fn check_primes(poly_modulus_degree: usize, primes: &[u64]) -> Result<(), SealError> {
    let modulus = 2 * poly_modulus_degree as u64;
    for (i, &prime) in primes.iter().enumerate() {
        check_bits(bit_count(prime))?;
        if !is_prime(prime) {
            return Err(SealError::NotPrime { value: prime });
        }
        if prime % modulus != 1 {
            return Err(SealError::NoTransform { prime, modulus });
        }
        if primes[..i].contains(&prime) {
            return Err(SealError::RepeatedPrime { prime });
        }
    }
    Ok(())
}

/// Checks that there are not more bits than the tables allow, if security is required.
pub(super) fn check_security(
    poly_modulus_degree: usize,
    primes: &[u64],
    security: SecurityLevel,
) -> Result<(), SealError> {
    let (requested, allowed) = (product_bits(primes), SecurityTable::Seal.modulus_bits(poly_modulus_degree));
    match security == SecurityLevel::TC128 && requested > allowed {
        true => Err(SealError::TooManyBits { requested, allowed, poly_modulus_degree }),
        false => Ok(()),
    }
}

pub(super) fn create_primes(poly_modulus_degree: usize, bits: &[u32]) -> Result<Vec<u64>, SealError> {
    check_degree(poly_modulus_degree)?;
    check_count(bits.len(), 1)?;
    for &size in bits {
        check_bits(size)?;
    }
    let sizes: Vec<i32> = bits.iter().map(|&size| size as i32).collect();
    let create = |sizes: &[i32]| ffi::create_primes(poly_modulus_degree, sizes);
    create(&sizes).map_err(|error| {
        // The sizes are in range, so SEAL can only fail to find enough primes. It searches size by size.
        let of_size = |size: i32| vec![size; sizes.iter().filter(|&&other| other == size).count()];
        match sizes.iter().find(|&&size| create(&of_size(size)).is_err()) {
            Some(&size) => SealError::TooFewPrimes { bits: size as u32, modulus: 2 * poly_modulus_degree as u64 },
            None => SealError::from_exception("Parameters", &error),
        }
    })
}

pub(super) fn bit_count(n: u64) -> u32 {
    u64::BITS - n.leading_zeros()
}

/// The bits of a product, as SEAL counts them: those of the product itself, which may be fewer than the sum of the bits
/// of its factors.
pub(super) fn product_bits(factors: &[u64]) -> u32 {
    let mut limbs = vec![1_u64];
    for &factor in factors {
        let mut carry = 0;
        for limb in &mut limbs {
            let wide = u128::from(*limb) * u128::from(factor) + carry;
            (*limb, carry) = (wide as u64, wide >> 64);
        }
        limbs.extend((carry > 0).then_some(carry as u64));
    }
    limbs.last().map_or(0, |&high| 64 * (limbs.len() as u32 - 1) + bit_count(high))
}
