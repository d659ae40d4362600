//! The reasons why SEAL's context rejects parameters.

/// The reason why SEAL's context rejects parameters (`EncryptionParameterQualifiers::error_type` in context.h). The
/// checks of [`Parameters`](crate::seal::Parameters) detect most of them earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterRefusal {
    /// The number of primes.
    PrimeCount,
    /// The size of a prime.
    PrimeBits,
    /// A prime that is not 1 modulo 2N.
    NoTransform,
    /// A coefficient modulus that is not prime (SEAL 4.1 and later).
    NotPrime,
    /// The ring degree.
    Degree,
    /// Sizes that overflow.
    TooLarge,
    /// Too many bits for the security level.
    Insecure,
    /// Tables for arithmetic modulo the primes cannot be computed, because they are not coprime.
    Tables,
    /// Any other reason.
    Other,
}

impl ParameterRefusal {
    /// Converts SEAL's name of the reason, which, unlike its number, is the same in all versions.
    pub(crate) fn from_name(name: &str) -> ParameterRefusal {
        match name {
            "invalid_coeff_modulus_size" => ParameterRefusal::PrimeCount,
            "invalid_coeff_modulus_bit_count" => ParameterRefusal::PrimeBits,
            "invalid_coeff_modulus_no_ntt" => ParameterRefusal::NoTransform,
            "invalid_coeff_modulus_non_prime" => ParameterRefusal::NotPrime,
            "invalid_poly_modulus_degree" | "invalid_poly_modulus_degree_non_power_of_two" => ParameterRefusal::Degree,
            "invalid_parameters_too_large" => ParameterRefusal::TooLarge,
            "invalid_parameters_insecure" => ParameterRefusal::Insecure,
            "failed_creating_rns_base" | "failed_creating_rns_tool" => ParameterRefusal::Tables,
            _ => ParameterRefusal::Other,
        }
    }
}
