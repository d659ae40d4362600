//! Parameters in words.

use super::limits::{check_bits, check_count, check_degree, check_special_count};
use super::primes::PrimeSearch;
use crate::error::SealError;

/// A request for a chain that supports a number of consecutive products at a given precision. The primes near the scale
/// are chosen one by one from the top, so that every level has nearly the same canonical scale
/// ([`Parameters::canonical_scales`](super::Parameters::canonical_scales)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DepthRequest {
    /// The number of consecutive products, each with its rescale.
    pub depth: usize,
    /// Binary logarithm of the scale and of the primes by which rescales divide.
    pub scale_bits: u32,
    /// Bits of `q_0`. The bits above `scale_bits` are room for values: 8 bits for values of a few hundred.
    pub first_bits: u32,
    /// Bits of the special prime. With ten bits more than the data primes, a rotation adds no more noise than a
    /// rescale. With as many bits, SEAL's digits, which are not centred, leave an error of up to 70 standard deviations
    /// in a few slots (docs/ckks.md, "SEAL's key switching and the special prime").
    pub special_bits: u32,
    /// The number of special primes of that size: 1, or up to 3 with our own key switching ([`DepthRequest::hybrid`]).
    pub special_primes: usize,
    /// The ring degree, or `None` for the smallest that is secure.
    pub poly_modulus_degree: Option<usize>,
}

impl DepthRequest {
    /// A request with a first prime of 50 bits, a special prime of 60 bits and the smallest secure ring.
    pub fn new(depth: usize, scale_bits: u32) -> DepthRequest {
        DepthRequest {
            depth,
            scale_bits,
            first_bits: 50,
            special_bits: 60,
            special_primes: 1,
            poly_modulus_degree: None,
        }
    }

    /// A request for our own key switching, which centres its digits, with `special_primes` special primes of 50 bits.
    /// If there is only one, a first prime of 48 bits keeps the noise of a rotation near that of a rescale.
    pub fn hybrid(depth: usize, scale_bits: u32, special_primes: usize) -> DepthRequest {
        let first_bits = if special_primes == 1 { 48 } else { 50 };
        DepthRequest { first_bits, special_bits: 50, special_primes, ..DepthRequest::new(depth, scale_bits) }
    }

    /// `q_0 ... q_L` and the special primes for a ring degree.
    pub(super) fn primes(&self, degree: usize) -> Result<Vec<u64>, SealError> {
        let DepthRequest { depth, scale_bits, first_bits, special_bits, special_primes, .. } = *self;
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
}
