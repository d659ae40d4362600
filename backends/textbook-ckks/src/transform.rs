//! The negacyclic number-theoretic transform modulo one prime.

use crate::modulus::{Factor, Modulus};

/// Turns coefficients into values at the odd powers of a primitive 2N-th root `psi` of unity, so that products modulo
/// `X^N + 1` become products of values. The value at `psi^(2 reverse(i) + 1)` stands at place `i`, with `reverse` the
/// reversal of the bits of an index (Longa and Naehrig 2016, algorithms 1 and 2).
pub struct Transform {
    pub modulus: Modulus,
    /// `psi^reverse(i)` at `i`.
    roots: Vec<Factor>,
    inverse_roots: Vec<Factor>,
    inverse_degree: Factor,
}

impl Transform {
    /// For a prime `1 mod 2N`.
    pub fn new(modulus: Modulus, degree: usize) -> Transform {
        let psi = primitive_root(modulus, degree);
        let powers = |base: u64| -> Vec<Factor> {
            let mut roots = vec![modulus.factor(1); degree];
            let mut power = 1;
            for i in 0..degree {
                roots[reverse(i, degree)] = modulus.factor(power);
                power = modulus.multiply(power, base);
            }
            roots
        };
        Transform {
            roots: powers(psi),
            inverse_roots: powers(modulus.inverse(psi)),
            inverse_degree: modulus.factor(modulus.inverse(degree as u64 % modulus.value)),
            modulus,
        }
    }

    /// Coefficients to values.
    pub fn forward(&self, row: &mut [u64]) {
        let q = self.modulus;
        let mut half = row.len() / 2;
        while half > 0 {
            let blocks = row.len() / (2 * half);
            for (block, &root) in row.chunks_exact_mut(2 * half).zip(&self.roots[blocks..]) {
                let (low, high) = block.split_at_mut(half);
                for (x, y) in low.iter_mut().zip(high) {
                    let turned = q.multiply_factor(*y, root);
                    (*x, *y) = (q.add(*x, turned), q.sub(*x, turned));
                }
            }
            half /= 2;
        }
    }

    /// Values to coefficients.
    pub fn inverse(&self, row: &mut [u64]) {
        let q = self.modulus;
        let mut half = 1;
        while half < row.len() {
            let blocks = row.len() / (2 * half);
            for (block, &root) in row.chunks_exact_mut(2 * half).zip(&self.inverse_roots[blocks..]) {
                let (low, high) = block.split_at_mut(half);
                for (x, y) in low.iter_mut().zip(high) {
                    (*x, *y) = (q.add(*x, *y), q.multiply_factor(q.sub(*x, *y), root));
                }
            }
            half *= 2;
        }
        row.iter_mut().for_each(|x| *x = q.multiply_factor(*x, self.inverse_degree));
    }
}

/// The bits of `i < degree` in the other order.
pub fn reverse(i: usize, degree: usize) -> usize {
    i.reverse_bits() >> (usize::BITS - degree.ilog2())
}

/// Half of all numbers lead to one: those that are not squares.
fn primitive_root(q: Modulus, degree: usize) -> u64 {
    let exponent = (q.value - 1) / (2 * degree as u64);
    let mut roots = (2..q.value).map(|x| q.power(x, exponent));
    roots.find(|&psi| q.power(psi, degree as u64) == q.value - 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_at_odd_powers_of_the_root() {
        let (degree, q) = (8, Modulus::new(97));
        let transform = Transform::new(q, degree);
        let psi = primitive_root(q, degree);
        let coefficients: Vec<u64> = (1..=8).map(|c| c * c % 97).collect();
        let mut row = coefficients.clone();
        transform.forward(&mut row);
        for (i, &value) in row.iter().enumerate() {
            let at = q.power(psi, 2 * reverse(i, degree) as u64 + 1);
            assert_eq!(value, coefficients.iter().rev().fold(0, |sum, &c| q.add(q.multiply(sum, at), c)));
        }
        transform.inverse(&mut row);
        assert_eq!(row, coefficients);
    }
}
