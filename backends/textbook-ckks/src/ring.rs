//! Polynomials modulo several primes at once.

use rand::{Rng, RngExt};
use seal_nn::{
    Level, Result, Rotation,
    backend::{Chain, Slots},
};

use crate::{
    embedding::Embedding,
    modulus::{Factor, Modulus},
    primes::{bad, is_prime},
    transform::{Transform, reverse},
};

/// A polynomial: for each of its primes a row of N values, as [`Transform::forward`] leaves them. Which primes, its
/// place says: of a ciphertext `q_0 ... q_l`; of a key all, and the special one last.
pub type Poly = Vec<Vec<u64>>;

/// What all polynomials of a chain share.
pub struct Ring {
    pub chain: Chain,
    /// One for each data prime, then one for the special prime.
    transforms: Vec<Transform>,
    /// `1/p` modulo `q`, at `[q][p]`.
    inverses: Vec<Vec<Factor>>,
    embedding: Embedding,
}

impl Ring {
    /// # Errors
    /// `BadChain` when a prime is none, repeated, too large or not `1 mod 2N`: as in nominal chains.
    pub fn new(chain: Chain) -> Result<Ring> {
        let degree = chain.poly_modulus_degree();
        let primes: Vec<u64> = chain.primes().iter().copied().chain([chain.special_prime()]).collect();
        for (i, &q) in primes.iter().enumerate() {
            if q >> Modulus::MAX_BITS != 0 || q % (2 * degree as u64) != 1 || primes[..i].contains(&q) || !is_prime(q) {
                return Err(bad(format!("{q} is no prime of at most 60 bits that is 1 mod 2N and there once")));
            }
        }
        let moduli: Vec<Modulus> = primes.iter().map(|&q| Modulus::new(q)).collect();
        let inverse =
            |q: Modulus, p: Modulus| q.factor(if q.value == p.value { 0 } else { q.inverse(p.value % q.value) });
        Ok(Ring {
            transforms: moduli.iter().map(|&q| Transform::new(q, degree)).collect(),
            inverses: moduli.iter().map(|&q| moduli.iter().map(|&p| inverse(q, p)).collect()).collect(),
            embedding: Embedding::new(degree),
            chain,
        })
    }

    /// The index of the special prime.
    pub fn special(&self) -> usize {
        self.transforms.len() - 1
    }

    pub fn modulus(&self, prime: usize) -> Modulus {
        self.transforms[prime].modulus
    }

    /// `x = f(x, y)` for all values, where the rows of both belong to `q_0, q_1 ...`.
    pub fn combine(&self, x: &mut Poly, y: &Poly, f: impl Fn(Modulus, u64, u64) -> u64) {
        for ((x, y), transform) in x.iter_mut().zip(y).zip(&self.transforms) {
            x.iter_mut().zip(y).for_each(|(x, &y)| *x = f(transform.modulus, *x, y));
        }
    }

    /// `sum += x y`.
    pub fn add_product(&self, sum: &mut Poly, x: &Poly, y: &Poly) {
        for (((sum, x), y), transform) in sum.iter_mut().zip(x).zip(y).zip(&self.transforms) {
            let q = transform.modulus;
            sum.iter_mut().zip(x).zip(y).for_each(|((sum, &x), &y)| *sum = q.add(*sum, q.multiply(x, y)));
        }
    }

    /// The polynomial of small signed coefficients, modulo the first primes.
    pub fn small(&self, coefficients: &[i64], primes: usize) -> Poly {
        self.transformed(primes, |q| coefficients.iter().map(|&c| q.signed(c)).collect())
    }

    /// Uniform modulo the first primes.
    pub fn uniform(&self, rng: &mut impl Rng, primes: usize) -> Poly {
        let row = |t: &Transform| {
            (0..self.chain.poly_modulus_degree()).map(|_| rng.random_range(0..t.modulus.value)).collect()
        };
        self.transforms[..primes].iter().map(row).collect()
    }

    /// Slots times `scale`, rounded, at a level.
    pub fn encode(&self, values: &Slots, level: Level, scale: f64) -> Poly {
        let primes = level.0 + 1;
        match values {
            // The constant polynomial has the same value everywhere.
            Slots::Constant(value) => {
                let row =
                    |t: &Transform| vec![t.modulus.float((value * scale).round()); self.chain.poly_modulus_degree()];
                self.transforms[..primes].iter().map(row).collect()
            }
            Slots::Vector(values) => {
                let coefficients = self.embedding.coefficients(values, scale);
                self.transformed(primes, |q| coefficients.iter().map(|c| q.float(c.round())).collect())
            }
        }
    }

    /// The slots, divided by `scale`.
    pub fn decode(&self, mut poly: Poly, scale: f64) -> Vec<f64> {
        poly.iter_mut().zip(&self.transforms).for_each(|(row, transform)| transform.inverse(row));
        let residues = |k: usize| poly.iter().map(|row| row[k]).collect::<Vec<_>>();
        let coefficients: Vec<f64> =
            (0..self.chain.poly_modulus_degree()).map(|k| self.compose(&mut residues(k))).collect();
        self.embedding.slots(&coefficients, scale)
    }

    /// The integer in `-Q/2..Q/2` with these residues. A value uses at most half of that range (the chain's headroom),
    /// so that the top digit tells its sign.
    fn compose(&self, residues: &mut [u64]) -> f64 {
        let top = residues.len() - 1;
        let negative = self.digits(residues)[top] > self.modulus(top).value / 2;
        if negative {
            residues.iter_mut().zip(&self.transforms).for_each(|(r, t)| *r = t.modulus.negate(*r));
        }
        let digits = self.digits(residues);
        let size = (0..=top).rev().fold(0.0, |sum, i| sum * self.modulus(i).value as f64 + digits[i] as f64);
        if negative { -size } else { size }
    }

    /// Mixed radix (Garner): the digits of `d_0 + q_0 (d_1 + q_1 (d_2 + ...))`.
    fn digits(&self, residues: &[u64]) -> Vec<u64> {
        let mut digits: Vec<u64> = Vec::with_capacity(residues.len());
        for (i, &residue) in residues.iter().enumerate() {
            let q = self.modulus(i);
            let peel =
                |x, (j, &digit): (usize, &u64)| q.multiply_factor(q.sub(x, digit % q.value), self.inverses[i][j]);
            digits.push(digits.iter().enumerate().fold(residue, peel));
        }
        digits
    }

    /// Divides by `prime`, to which the last row belongs, and rounds; that row goes away. The others belong to `q_0, q_1
    /// ...`.
    pub fn divide(&self, poly: &mut Poly, prime: usize) {
        let Some(mut last) = poly.pop() else { return };
        self.transforms[prime].inverse(&mut last);
        for (i, row) in poly.iter_mut().enumerate() {
            let (q, inverse) = (self.modulus(i), self.inverses[i][prime]);
            // Less the remainder, it can be divided exactly.
            let remainder = self.raise(&last, prime, i);
            row.iter_mut().zip(remainder).for_each(|(x, r)| *x = q.multiply_factor(q.sub(*x, r), inverse));
        }
    }

    /// The digits of key switching: of each row its coefficients, centred, modulo `q_0 ... q_l` and the special prime.
    pub fn decompose(&self, poly: &Poly) -> Vec<Poly> {
        let digit = |(j, row): (usize, &Vec<u64>)| {
            let mut coefficients = row.clone();
            self.transforms[j].inverse(&mut coefficients);
            let primes = (0..poly.len()).chain([self.special()]);
            primes.map(|i| if i == j { row.clone() } else { self.raise(&coefficients, j, i) }).collect()
        };
        poly.iter().enumerate().map(digit).collect()
    }

    /// Coefficients modulo one prime, centred, as values modulo another.
    fn raise(&self, coefficients: &[u64], from: usize, to: usize) -> Vec<u64> {
        let (p, q) = (self.modulus(from), self.modulus(to));
        let mut row: Vec<u64> = coefficients.iter().map(|&c| q.centred(c, p)).collect();
        self.transforms[to].forward(&mut row);
        row
    }

    fn transformed(&self, primes: usize, residues: impl Fn(Modulus) -> Vec<u64>) -> Poly {
        let row = |transform: &Transform| {
            let mut row = residues(transform.modulus);
            transform.forward(&mut row);
            row
        };
        self.transforms[..primes].iter().map(row).collect()
    }
}

/// Where the values of `p(X^g)` come from, for `g = 5^step`, which turns slot `s` into slot `s + step`: its value at
/// `psi^e` is that of `p` at `psi^(e g)`.
pub fn rotation(degree: usize, step: Rotation) -> Vec<usize> {
    let order = 2 * degree;
    let turns = i64::from(step.0).rem_euclid(degree as i64 / 2);
    let g = (0..turns).fold(1, |g, _| 5 * g % order);
    (0..degree).map(|i| reverse((2 * reverse(i, degree) + 1) * g % order / 2, degree)).collect()
}

/// The polynomial whose values stand at these places.
pub fn permuted(poly: &Poly, places: &[usize]) -> Poly {
    poly.iter().map(|row| places.iter().map(|&i| row[i]).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primes::insecure_chain;

    #[test]
    fn refuses_primes_without_a_transform() {
        assert!(Ring::new(Chain::nominal(64, 2, 40).unwrap()).is_err());
        let chain = insecure_chain(64, 1, 40).unwrap();
        let repeated = Chain::new(64, &[chain.primes()[0]; 2], chain.special_prime(), 2f64.powi(48)).unwrap();
        assert!(Ring::new(repeated).is_err());
    }

    #[test]
    fn encodings_of_any_size_and_level_decode() {
        let ring = Ring::new(insecure_chain(64, 4, 40).unwrap()).unwrap();
        let values: Vec<f64> = (0..32).map(|s| f64::from(s) - 15.5).collect();
        for (level, scale_bits) in [(0, 40), (1, 70), (4, 40), (4, 150)] {
            let scale = 2f64.powi(scale_bits);
            let poly = ring.encode(&values.clone().into(), Level(level), scale);
            for (actual, expected) in ring.decode(poly, scale).iter().zip(&values) {
                assert!((actual - expected).abs() < 1e-9, "level {level}, 2^{scale_bits}: {actual} {expected}");
            }
            let poly = ring.encode(&Slots::Constant(-0.75), Level(level), scale);
            assert!(ring.decode(poly, scale).iter().all(|v| (v + 0.75).abs() < 1e-9));
        }
    }

    #[test]
    fn rotations_move_slots_to_the_left() {
        let ring = Ring::new(insecure_chain(16, 0, 40).unwrap()).unwrap();
        let values: Vec<f64> = (0..8).map(f64::from).collect();
        let poly = ring.encode(&values.into(), Level(0), 1e9);
        for step in [0, 1, 4, -3] {
            let rotated = ring.decode(permuted(&poly, &rotation(16, Rotation(step))), 1e9);
            for (s, value) in rotated.iter().enumerate() {
                assert!((value - f64::from((s as i32 + step).rem_euclid(8))).abs() < 1e-6, "{step}: {rotated:?}");
            }
        }
    }
}
