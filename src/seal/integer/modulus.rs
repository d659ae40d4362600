//! Moduli in words.

use super::super::limits::{check_degree, create_primes};
use crate::error::SealError;
use crate::ffi::modulus as ffi;

/// The primes of the coefficient modulus: `q_0` first, and the special prime for key switching last if there are
/// several.
///
/// Source: `CoeffModulus` in modulus.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoeffModulus<'a> {
    /// SEAL's default for a ring from 1024 to 32768: as many bits as are secure (`CoeffModulus::BFVDefault`). For 1024
    /// and 2048 this is a single prime, so there is no key switching.
    Default,
    /// Primes of these sizes, as chosen by SEAL (`CoeffModulus::Create`).
    Bits(&'a [u32]),
    /// These primes.
    Primes(&'a [u64]),
}

/// The plain modulus t: plaintexts are polynomials with coefficients modulo t, and computations are exact modulo t.
///
/// Source: `PlainModulus` in modulus.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainModulus {
    /// The largest prime with this number of bits that is `1 mod 2N`; plaintexts can then be vectors of N slots
    /// ([`BatchEncoder`](super::BatchEncoder)).
    Batching(u32),
    /// Any number of 2 to 60 bits that is coprime to the coefficient modulus.
    Value(u64),
}

impl CoeffModulus<'_> {
    pub(super) fn primes(self, degree: usize) -> Result<Vec<u64>, SealError> {
        match self {
            CoeffModulus::Default => default_primes(degree),
            CoeffModulus::Bits(bits) => create_primes(degree, bits),
            CoeffModulus::Primes(primes) => Ok(primes.to_vec()),
        }
    }
}

impl PlainModulus {
    pub(super) fn value(self, degree: usize) -> Result<u64, SealError> {
        match self {
            PlainModulus::Batching(bits) => Ok(create_primes(degree, &[bits])?[0]),
            PlainModulus::Value(value) => Ok(value),
        }
    }
}

fn default_primes(degree: usize) -> Result<Vec<u64>, SealError> {
    const RINGS: (usize, usize) = (1024, 32768);
    check_degree(degree)?;
    let (min, max) = RINGS;
    if !(min..=max).contains(&degree) {
        return Err(SealError::Degree { poly_modulus_degree: degree, min, max });
    }
    ffi::default_primes(degree).map_err(|e| SealError::from_exception("Parameters", &e))
}
