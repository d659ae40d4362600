//! Arithmetic modulo one number.

/// A modulus of at most 60 bits. All residues lie in `0..q`.
#[derive(Clone, Copy, Debug)]
pub struct Modulus {
    pub value: u64,
    bits: u32,
    /// `floor(2^(2 bits) / q)`.
    ratio: u64,
}

/// A fixed factor with its quotient, for products that need no division (Shoup).
#[derive(Clone, Copy, Debug)]
pub struct Factor {
    value: u64,
    /// `floor(2^64 value / q)`.
    quotient: u64,
}

impl Modulus {
    pub const MAX_BITS: u32 = 60;

    /// `value` must lie in `2..2^60`.
    pub fn new(value: u64) -> Modulus {
        let bits = value.ilog2() + 1;
        Modulus { value, bits, ratio: ((1_u128 << (2 * bits)) / u128::from(value)) as u64 }
    }

    pub fn add(self, a: u64, b: u64) -> u64 {
        self.below(a + b)
    }

    pub fn sub(self, a: u64, b: u64) -> u64 {
        self.below(a + self.value - b)
    }

    pub fn negate(self, a: u64) -> u64 {
        self.sub(0, a)
    }

    /// Barrett's reduction of the product: the estimated quotient is at most 2 too small.
    pub fn multiply(self, a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        let high = (product >> (self.bits - 1)) as u64;
        let quotient = ((u128::from(high) * u128::from(self.ratio)) >> (self.bits + 1)) as u64;
        self.below(self.below((product as u64).wrapping_sub(quotient.wrapping_mul(self.value))))
    }

    pub fn power(self, base: u64, mut exponent: u64) -> u64 {
        let (mut square, mut result) = (base, 1);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = self.multiply(result, square);
            }
            square = self.multiply(square, square);
            exponent >>= 1;
        }
        result
    }

    /// `1/a`, by Fermat: for prime moduli.
    pub fn inverse(self, a: u64) -> u64 {
        self.power(a, self.value - 2)
    }

    /// The residue of a small signed number.
    pub fn signed(self, a: i64) -> u64 {
        a.rem_euclid(self.value as i64) as u64
    }

    /// The residue of the number in `-p/2..p/2` whose residue modulo `p` is `a`.
    pub fn centred(self, a: u64, p: Modulus) -> u64 {
        if a > p.value / 2 { self.negate((p.value - a) % self.value) } else { a % self.value }
    }

    /// The residue of an integer in floating point, however large: it is 53 bits times a power of two.
    pub fn float(self, a: f64) -> u64 {
        let exponent = (a.abs().log2() - 61.0).max(0.0) as i32;
        self.multiply(self.signed((a / 2f64.powi(exponent)) as i64), self.power(2, exponent as u64))
    }

    pub fn factor(self, value: u64) -> Factor {
        Factor { value, quotient: ((u128::from(value) << 64) / u128::from(self.value)) as u64 }
    }

    pub fn multiply_factor(self, a: u64, by: Factor) -> u64 {
        let quotient = ((u128::from(a) * u128::from(by.quotient)) >> 64) as u64;
        self.below(a.wrapping_mul(by.value).wrapping_sub(quotient.wrapping_mul(self.value)))
    }

    /// One subtraction at most, without a branch: below `q` the difference wraps around to something large.
    fn below(self, a: u64) -> u64 {
        a.min(a.wrapping_sub(self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_agree_with_division() {
        for q in [2, 3, 97, (1 << 41) - 1, (1 << 59) + 1, (1 << 60) - 1] {
            let modulus = Modulus::new(q);
            for a in [0, 1, q / 3, q / 2, q - 1] {
                for b in [0, 1, q / 7, q - 1] {
                    let expected = (u128::from(a) * u128::from(b) % u128::from(q)) as u64;
                    assert_eq!(modulus.multiply(a % q, b % q), expected, "{a} {b} mod {q}");
                    assert_eq!(modulus.multiply_factor(a % q, modulus.factor(b % q)), expected, "{a} {b} mod {q}");
                }
            }
        }
    }

    #[test]
    fn residues_of_floats_are_exact() {
        let modulus = Modulus::new((1 << 41) - 21);
        for (float, exact) in
            [(0.0, 0), (-1.0, -1), (2f64.powi(53) - 1.0, (1_i128 << 53) - 1), (-(2f64.powi(63)), -1 << 63)]
        {
            assert_eq!(i128::from(modulus.float(float)), exact.rem_euclid(i128::from(modulus.value)), "{float}");
        }
        let large = 3.0 * 2f64.powi(200);
        assert_eq!(modulus.float(large), modulus.multiply(3, modulus.power(2, 200)));
        assert_eq!(modulus.float(-large), modulus.negate(modulus.float(large)));
    }

    #[test]
    fn centred_residues_keep_their_sign() {
        let (p, q) = (Modulus::new(97), Modulus::new(31));
        assert_eq!(
            (q.centred(48, p), q.centred(49, p), q.centred(96, p)),
            (48 % 31, (-48_i64).rem_euclid(31) as u64, 30)
        );
    }
}
