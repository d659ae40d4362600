//! What test programs share.
#![allow(dead_code, reason = "each program uses its part")]

pub mod backends;
#[cfg(feature = "wire")]
pub mod bootstrapped;
pub mod integer;
pub mod iris;
pub mod refusals;
pub mod seal;
pub mod sessions;
pub mod soak;
pub mod sources;
#[cfg(feature = "text")]
pub mod tiny_distilbert;
pub mod training;

use seal_nn::{SealError, seal::Parameters};

/// Primes of these sizes in a ring that may be small and quick: of no security.
pub fn insecure(degree: usize, bits: &[u32]) -> Result<Parameters, SealError> {
    Parameters::builder().degree(degree).bits(bits).insecure().build()
}
