//! The search for primes that exist and that keep scales constant.

use crate::error::SealError;

/// Primes `q = 1 mod 2N` for one chain, each used once.
pub(super) struct PrimeSearch {
    stride: u64,
    taken: Vec<u64>,
}

impl PrimeSearch {
    pub(super) fn new(poly_modulus_degree: usize) -> PrimeSearch {
        PrimeSearch { stride: 2 * poly_modulus_degree as u64, taken: Vec::new() }
    }

    /// The largest remaining prime with the given number of bits.
    pub(super) fn largest(&mut self, bits: u32) -> Result<u64, SealError> {
        let found = self.candidates_down((1 << bits) - 1).find(|&q| self.is_free(q));
        self.take(found.filter(|&q| q >> (bits - 1) == 1), bits)
    }

    /// Primes near `2^scale_bits` for levels `depth` to 1, top first, such that the canonical scales
    /// `D_(l-1) = D_l^2 / q_l` (with `D_top = 2^scale_bits`) stay close to `2^scale_bits`: each prime is the one that
    /// brings the next scale closest. A deviation doubles at every level, so with primes in any other order the scales
    /// would drift (docs/ckks.md, "Why the order of the primes matters").
    pub(super) fn greedy(&mut self, depth: usize, scale_bits: u32) -> Result<Vec<u64>, SealError> {
        let nominal = (scale_bits as f64).exp2();
        let mut scale = nominal;
        let mut chain = Vec::with_capacity(depth);
        for _ in 0..depth {
            let wanted = scale * scale / nominal;
            let prime = self.nearest(wanted, scale_bits)?;
            scale = scale * scale / prime as f64;
            chain.push(prime);
        }
        Ok(chain)
    }

    /// The prime nearest to `wanted` that is closer to `2^bits` than to any other power of two.
    fn nearest(&mut self, wanted: f64, bits: u32) -> Result<u64, SealError> {
        let below = self.candidates_down(wanted as u64).find(|&q| self.is_free(q));
        let above = self.candidates_up(wanted as u64).find(|&q| self.is_free(q));
        let distance = |q: u64| (q as f64 - wanted).abs();
        let nearest = below.into_iter().chain(above).min_by(|&p, &q| distance(p).total_cmp(&distance(q)));
        self.take(nearest.filter(|&q| ((q as f64).log2() - f64::from(bits)).abs() < 0.5), bits)
    }

    fn take(&mut self, found: Option<u64>, bits: u32) -> Result<u64, SealError> {
        let prime = found.ok_or(SealError::TooFewPrimes { bits, modulus: self.stride })?;
        self.taken.push(prime);
        Ok(prime)
    }

    fn is_free(&self, q: u64) -> bool {
        !self.taken.contains(&q) && is_prime(q)
    }

    /// The numbers `1 mod 2N` up to and including `start`, in decreasing order, except 1.
    fn candidates_down(&self, start: u64) -> impl Iterator<Item = u64> + use<> {
        let stride = self.stride;
        (1..=start.saturating_sub(1) / stride).rev().map(move |k| k * stride + 1)
    }

    /// The numbers `1 mod 2N` above `start`, up to twice that.
    fn candidates_up(&self, start: u64) -> impl Iterator<Item = u64> + use<> {
        let stride = self.stride;
        let first = start.saturating_sub(1) / stride + 1;
        (first..=2 * first).map(move |k| k * stride + 1)
    }
}

/// Whether `n` is prime: the Miller-Rabin test with the first twelve primes as bases, which is correct for every 64-bit
/// number (Sorenson and Webster 2015). The test of SEAL 4.0 accepts some composites.
pub(super) fn is_prime(n: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if n < 2 {
        return false;
    }
    if let Some(divisor) = BASES.into_iter().find(|&p| n.is_multiple_of(p)) {
        return n == divisor;
    }
    let twos = (n - 1).trailing_zeros();
    let odd = (n - 1) >> twos;
    BASES.into_iter().all(|base| {
        let mut x = power(base, odd, n);
        x == 1
            || (0..twos).any(|_| {
                let reached = x == n - 1;
                x = multiply(x, x, n);
                reached
            })
    })
}

fn multiply(a: u64, b: u64, n: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(n)) as u64
}

fn power(base: u64, mut exponent: u64, n: u64) -> u64 {
    let (mut square, mut result) = (base % n, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, square, n);
        }
        square = multiply(square, square, n);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primality_agrees_with_trial_division() {
        for n in 0..5_000_u64 {
            let divides = |d: &u64| n.is_multiple_of(*d);
            assert_eq!(is_prime(n), n > 1 && (2..n).find(divides).is_none(), "{n}");
        }
    }

    #[test]
    fn pseudoprimes_are_composite() {
        // 204146122753 = p (2p - 1) passes SEAL 4.0; the others are strong pseudoprimes to many small bases.
        for n in [204_146_122_753, 3_215_031_751, 3_825_123_056_546_413_051, 318_665_857_834_031_151] {
            assert!(!is_prime(n), "{n}");
        }
        assert!(is_prime((1 << 61) - 1) && is_prime(18_446_744_073_709_551_557));
    }

    #[test]
    fn greedy_primes_keep_the_scales() {
        // The deviation of D_l stays near the spacing of the primes, 2N ln(2^bits) / 2^bits, which is below 2^-17 from
        // 40 bits on.
        for (n, depth, bits) in [(8192, 3, 40), (16384, 6, 42), (16384, 8, 41), (32768, 18, 42)] {
            let nominal = f64::from(bits).exp2();
            let mut scale = nominal;
            let chain = PrimeSearch::new(n).greedy(depth, bits).unwrap();
            for (i, &q) in chain.iter().enumerate() {
                assert!(is_prime(q) && q % (2 * n as u64) == 1 && !chain[..i].contains(&q));
                scale = scale * scale / q as f64;
                assert!((scale / nominal - 1.0).abs() < (-17.0_f64).exp2(), "{n} {depth} {bits}: {i}");
            }
        }
    }

    #[test]
    fn sizes_without_primes_are_refused() {
        let refused = |r: Result<u64, SealError>| matches!(r, Err(SealError::TooFewPrimes { .. }));
        assert!(refused(PrimeSearch::new(32768).largest(10)));
        assert!(matches!(PrimeSearch::new(32768).greedy(1, 10), Err(SealError::TooFewPrimes { .. })));
        // 17 bits at N = 32768: 65537 is the only prime.
        let mut search = PrimeSearch::new(32768);
        assert_eq!(search.largest(17).unwrap(), 65537);
        assert!(refused(search.largest(17)));
    }
}
