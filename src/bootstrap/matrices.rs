//! The two linear maps between slots and coefficients of polynomials in `Y = X^(N/2n)`, whose slots repeat with period n.

use std::f64::consts::TAU;

use crate::Rotation;

/// A complex number: real and imaginary part.
pub type Complex = [f64; 2];

/// A diagonal of a matrix for a rotation by `giant` of a sum of rotations by `baby`.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagonal<T = Vec<Complex>> {
    /// The rotation of its group.
    pub giant: Rotation,
    /// The rotation of the input.
    pub baby: Rotation,
    /// The n factors, which repeat.
    pub values: T,
}

/// From slots to coefficients: live slot `j` becomes the coefficient of `Y^j`, and the others 0, which removes what noise has
/// left in padding.
pub fn to_coefficients(live: &[bool]) -> Vec<Diagonal> {
    let (period, roots) = (live.len(), Roots::new(live.len()));
    diagonals(period, |row, column| if live[column] { roots.power(row, column) } else { [0.0; 2] })
}

/// From the first n coefficients to slots, but for their conjugates, which are to be added.
pub fn to_slots(period: usize) -> Vec<Diagonal> {
    let roots = Roots::new(period);
    let half = 2.0 * period as f64;
    diagonals(period, |row, column| {
        let [re, im] = roots.power(column, row);
        [re / half, -im / half]
    })
}

/// The rotations of both maps: baby and giant steps.
pub fn rotations(period: usize) -> (Vec<Rotation>, Vec<Rotation>) {
    let babies = babies(period);
    let step = |k: usize| Rotation(k as i32);
    ((1..babies.min(period)).map(step).collect(), (babies..period).step_by(babies).map(step).collect())
}

/// About the root of the period.
fn babies(period: usize) -> usize {
    1 << period.ilog2().div_ceil(2)
}

/// `out[s] = sum_k values_k[s] x[s + k]`, with the rotation by `k` in two parts. Diagonals of zeros are left out.
fn diagonals(period: usize, matrix: impl Fn(usize, usize) -> Complex) -> Vec<Diagonal> {
    let babies = babies(period);
    let diagonal = |k: usize| {
        let (giant, baby) = (k - k % babies, k % babies);
        // The rotation by `giant` comes after the product.
        let value = |slot: usize| {
            let row = (slot + period - giant) % period;
            matrix(row, (row + k) % period)
        };
        let values: Vec<Complex> = (0..period).map(value).collect();
        let step = |k: usize| Rotation(k as i32);
        let is_zero = values.iter().all(|value| *value == [0.0; 2]);
        (!is_zero).then(|| Diagonal { giant: step(giant), baby: step(baby), values })
    };
    (0..period).filter_map(diagonal).collect()
}

/// The roots of `Y^(2n) + 1` at which a polynomial in `Y` has its slots. SEAL's slots follow the powers of 3.
struct Roots {
    order: usize,
    exponents: Vec<usize>,
}

impl Roots {
    fn new(period: usize) -> Roots {
        let order = 4 * period;
        let exponents = std::iter::successors(Some(1), |power| Some(power * 3 % order)).take(period).collect();
        Roots { order, exponents }
    }

    /// The power `j` of the root of a slot.
    fn power(&self, slot: usize, j: usize) -> Complex {
        let angle = TAU * ((self.exponents[slot] * j) % self.order) as f64 / self.order as f64;
        [angle.cos(), angle.sin()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multiply(a: Complex, b: Complex) -> Complex {
        [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
    }

    /// As a backend evaluates it.
    fn apply(diagonals: &[Diagonal], x: &[Complex]) -> Vec<Complex> {
        let n = x.len();
        let mut sum = vec![[0.0; 2]; n];
        for Diagonal { giant, baby, values } in diagonals {
            for (s, out) in sum.iter_mut().enumerate() {
                // Rotated to the left by the giant step, the product of the values and the rotated input.
                let at = (s + giant.0 as usize) % n;
                let product = multiply(values[at], x[(at + baby.0 as usize) % n]);
                *out = [out[0] + product[0], out[1] + product[1]];
            }
        }
        sum
    }

    #[test]
    fn slots_come_back_from_their_coefficients() {
        for period in [1, 2, 8, 64] {
            let values: Vec<Complex> = (0..period).map(|j| [(j as f64 * 1.7).sin(), 0.0]).collect();
            let there = apply(&to_coefficients(&vec![true; period]), &values);
            let back = apply(&to_slots(period), &there);
            for (value, half) in values.iter().zip(&back) {
                assert!((2.0 * half[0] - value[0]).abs() < 1e-12, "period {period}");
            }
        }
    }

    #[test]
    fn padding_is_removed() {
        let live = [true, false, true, true, false, false, true, false];
        let values: Vec<Complex> = (1..=8).map(|j| [f64::from(j), 0.0]).collect();
        let back = apply(&to_slots(8), &apply(&to_coefficients(&live), &values));
        for ((value, half), live) in values.iter().zip(&back).zip(live) {
            let expected = if live { value[0] } else { 0.0 };
            assert!((2.0 * half[0] - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn rotations_are_those_of_the_diagonals() {
        for period in [1, 2, 4, 64, 128] {
            let (babies, giants) = rotations(period);
            let mut expected: Vec<Rotation> = [babies, giants, vec![Rotation(0)]].concat();
            let diagonals = to_slots(period);
            let mut actual: Vec<Rotation> = diagonals.iter().flat_map(|d| [d.giant, d.baby]).collect();
            expected.sort();
            actual.sort();
            actual.dedup();
            assert_eq!(actual, expected, "period {period}");
        }
    }
}
