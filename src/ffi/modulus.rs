//! Coefficient moduli: `cpp/modulus.h`.

#[cxx::bridge(namespace = "seal_nn")]
pub(crate) mod bridge {
    /// What SEAL takes at all.
    struct Limits {
        degree_min: usize,
        degree_max: usize,
        prime_bits_min: u32,
        prime_bits_max: u32,
        prime_count_max: usize,
    }

    unsafe extern "C++" {
        include!("modulus.h");

        fn limits() -> Limits;
        fn secure_modulus_bits(degree: usize) -> u32;
        fn create_primes(degree: usize, bits: &[i32]) -> Result<Vec<u64>>;
        fn default_primes(degree: usize) -> Result<Vec<u64>>;
    }
}

pub(crate) use bridge::*;
