//! Primes that have a negacyclic transform, and a chain of them.

use seal_nn::{CircuitError, Result, backend::Chain};

use crate::modulus::Modulus;

/// Room for values of a few hundred above the scale.
const HEADROOM_BITS: u32 = 8;
/// Bits of the special prime, ten or so above the data primes: key switching then adds less noise than a rescale.
const SPECIAL_BITS: u32 = 60;

/// A chain for any degree, whether that is secure or not: `depth` levels of `scale_bits` above a first prime that is
/// 8 bits larger. The canonical scale stays near `2^scale_bits`, because each prime is the nearest one to what leads
/// there.
///
/// # Errors
/// `BadChain` when the degree is not a power of two from 4 to 2^17, the scale has not 20 to 50 bits, or there are too
/// few primes.
pub fn insecure_chain(degree: usize, depth: usize, scale_bits: u32) -> Result<Chain> {
    if !degree.is_power_of_two() || !(4..=1 << 17).contains(&degree) || !(20..=50).contains(&scale_bits) {
        return Err(bad(format!("degree {degree} or scale of {scale_bits} bits is out of range")));
    }
    let nominal = 2f64.powi(scale_bits as i32);
    let mut taken = vec![nearest(degree, 2f64.powi(SPECIAL_BITS as i32), &[])?];
    let mut scale = nominal;
    for _ in 0..depth {
        let prime = nearest(degree, scale * scale / nominal, &taken)?;
        scale = scale * scale / prime as f64;
        taken.push(prime);
    }
    taken.push(nearest(degree, 2f64.powi((scale_bits + HEADROOM_BITS) as i32), &taken)?);
    let special = taken.remove(0);
    taken.reverse();
    Chain::new(degree, &taken, special, nominal)
}

/// The prime `1 mod 2N` nearest to `wanted`, of those within half of it.
fn nearest(degree: usize, wanted: f64, taken: &[u64]) -> Result<u64> {
    let stride = 2 * degree as u64;
    let middle = wanted as u64 / stride;
    let both_sides = (0..middle / 2).flat_map(|k| [middle - k, middle + k]).map(|k| k * stride + 1);
    let limit = 1 << Modulus::MAX_BITS;
    both_sides
        .filter(|&q| q < limit)
        .find(|q| !taken.contains(q) && is_prime(*q))
        .ok_or_else(|| bad(format!("too few primes near {wanted:e} for degree {degree}")))
}

/// Miller and Rabin's test to bases that decide every number of 64 bits; for at most [`Modulus::MAX_BITS`].
pub fn is_prime(n: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if n < 2 || BASES.iter().any(|p| n.is_multiple_of(*p)) {
        return BASES.contains(&n);
    }
    let (modulus, twos) = (Modulus::new(n), (n - 1).trailing_zeros());
    BASES.iter().all(|&base| {
        let first = modulus.power(base, (n - 1) >> twos);
        let mut squares = std::iter::successors(Some(first), |x| Some(modulus.multiply(*x, *x))).take(twos as usize);
        first == 1 || squares.any(|x| x == n - 1)
    })
}

pub fn bad(reason: String) -> seal_nn::Error {
    CircuitError::BadChain { reason }.into()
}

#[cfg(test)]
mod tests {
    use seal_nn::Level;

    use super::*;

    #[test]
    fn primality_agrees_with_trial_division() {
        for n in 0..3_000_u64 {
            assert_eq!(is_prime(n), n > 1 && (2..n).all(|d| !n.is_multiple_of(d)), "{n}");
        }
        // A strong pseudoprime to the first seven bases, and the largest prime below 2^59.
        assert!(!is_prime(341_550_071_728_321));
        assert!(is_prime((1 << 59) - 55));
    }

    #[test]
    fn scales_stay_where_they_are() {
        let chain = insecure_chain(4096, 20, 41).unwrap();
        for level in 0..=20 {
            assert!((chain.scale(Level(level)).log2() - 41.0).abs() < 1e-3, "level {level}");
        }
    }

    #[test]
    fn refuses_what_has_no_primes() {
        for (degree, depth, bits) in [(12, 1, 40), (4096, 1, 60), (1 << 17, 100, 20)] {
            assert!(insecure_chain(degree, depth, bits).is_err(), "{degree} {depth} {bits}");
        }
    }
}
