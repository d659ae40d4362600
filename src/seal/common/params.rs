//! Checked encryption parameters.

use std::marker::PhantomData;

use super::SchemeType;
use crate::Level;
use crate::ffi::constants::SecurityLevel;
use crate::seal::limits::{bit_count, product_bits};

/// Parameters that have passed every check: a ring degree N, data primes `q_0 ... q_L`, and special primes for key
/// switching (one to three in CKKS, none or one in BFV and BGV).
///
/// The security level is 128 bits by SEAL's table (`CoeffModulus::MaxBitCount` in modulus.h), unless the parameters
/// were made by a function with `insecure` in its name.
///
/// Source: `EncryptionParameters` in encryptionparams.h.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters<S> {
    pub(in crate::seal) poly_modulus_degree: usize,
    pub(in crate::seal) data_primes: Vec<u64>,
    pub(in crate::seal) special_primes: Vec<u64>,
    /// The bits of the default scale in CKKS, otherwise 0.
    pub(in crate::seal) scale_bits: u32,
    /// The plain modulus as in SEAL, 0 in CKKS.
    pub(in crate::seal) plain_modulus: u64,
    pub(in crate::seal) security: SecurityLevel,
    pub(in crate::seal) scheme: PhantomData<S>,
}

impl<S: SchemeType> Parameters<S> {
    /// N: plaintexts are polynomials with this number of coefficients, and ciphertexts are pairs of them.
    pub fn poly_modulus_degree(&self) -> usize {
        self.poly_modulus_degree
    }

    /// `q_0 ... q_L`. A rescale or modulus switch at level `l` removes `q_l`.
    pub fn data_primes(&self) -> &[u64] {
        &self.data_primes
    }

    /// L: the level of a fresh encryption, and in CKKS the number of possible rescales.
    pub fn top_level(&self) -> Level {
        Level(self.data_primes.len() - 1)
    }

    /// The bits of each prime, with the special ones last.
    pub fn coeff_modulus_bits(&self) -> Vec<u32> {
        self.primes().map(bit_count).collect()
    }

    /// The bits of the product of all primes, including the special ones, on which security depends.
    pub fn total_bits(&self) -> u32 {
        product_bits(&self.primes().collect::<Vec<_>>())
    }

    /// The bits of `q_0 ... q_l`; `None` above the top. Scales at level `l` must be smaller. A fresh noise budget is
    /// somewhat less than this minus the bits of the plain modulus.
    pub fn modulus_bits(&self, level: Level) -> Option<u32> {
        self.data_primes.get(..=level.0).map(product_bits)
    }

    /// 128, or 0 for insecure parameters.
    pub fn security_bits(&self) -> u32 {
        // SEAL's values are the numbers of bits.
        self.security.0.unsigned_abs()
    }

    /// All primes in SEAL's order, with the special ones last.
    pub(in crate::seal) fn primes(&self) -> impl Iterator<Item = u64> {
        self.data_primes.iter().chain(&self.special_primes).copied()
    }
}
