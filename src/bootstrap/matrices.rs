//! The two linear maps between slots and coefficients of polynomials in `Y = X^(N/2n)`, whose slots repeat with period n.
//!
//! Slot `k` of the polynomial with coefficients `w_j` is `z_k = sum_j w_j zeta^(3^k j)`, `zeta = exp(2 pi i / 4n)`. With
//! `n = r m` and `j = a + r b`, that is
//!
//! ```text
//! z_k = sum_(a < r) zeta^(3^k a) y_a[k mod m],    y_a[l] = sum_(b < m) (zeta^r)^(3^l b) w_(a + r b)
//! ```
//!
//! because the powers of 3 modulo 4m repeat after m. The sum on the left has r diagonals, all by multiples of m, and that on
//! the right, with `y_a[l]` and `w_(a + r b)` in slots `l + m a` and `b + m a`, is m by m blocks with 2m - 1 diagonals: two
//! levels in place of one, and about `3 sqrt(n)` diagonals in place of n.

use std::{collections::BTreeSet, f64::consts::TAU};

use crate::{Rotation, units::GiantSteps};

/// A complex number: real and imaginary part.
pub type Complex = [f64; 2];

/// A matrix: a sum of diagonals, and the giant steps of their groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor<T = Vec<Complex>> {
    /// The rotation of groups.
    pub steps: GiantSteps,
    /// What is not zero of it.
    pub diagonals: Vec<Diagonal<T>>,
}

/// A diagonal of a matrix in a group that is rotated by `giant` steps after a sum of rotations by `baby`.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagonal<T = Vec<Complex>> {
    /// The number of giant steps.
    pub giant: usize,
    /// The rotation of the input.
    pub baby: Rotation,
    /// The n factors, which repeat.
    pub values: T,
}

/// One level up to here: twice the root of n in keys of the tall chain.
const ONE_LEVEL_TO_SLOTS: usize = 256;
/// Where a level of the step would be lost for it, keys are small, and one level takes as much time as two: up to as many
/// plaintexts as fit into memory.
const ONE_LEVEL_TO_COEFFICIENTS: usize = 1024;

/// The levels of the map to slots.
pub fn levels_to_slots(period: usize) -> usize {
    if period <= ONE_LEVEL_TO_SLOTS { 1 } else { 2 }
}

/// The levels of the map to coefficients.
pub fn levels_to_coefficients(period: usize) -> usize {
    if period <= ONE_LEVEL_TO_COEFFICIENTS { 1 } else { 2 }
}

/// From slots to coefficients: live slot `j` becomes a coefficient of its own, and the others 0, which removes what noise has
/// left in padding. That is coefficient `j`, or a permutation where [`to_slots`] has two levels. Factors in their order.
pub fn to_coefficients(live: &[bool]) -> Vec<Factor> {
    let (period, split) = (live.len(), Split::of(live.len()));
    match levels_to_coefficients(period) {
        1 => vec![Shifts::all(period).factor(of_live(live, split.whole()))],
        _ => vec![
            split.block_shifts().factor(of_live(live, split.blocks())),
            split.stride_shifts().factor(split.strides()),
        ],
    }
}

/// From these coefficients to slots, but for their conjugates, which are to be added: factors in their order. The last one
/// has entries of up to `1/2n`, one before it of up to 1.
pub fn to_slots(period: usize) -> Vec<Factor> {
    let (split, half) = (Split::of(period), 2.0 * period as f64);
    match levels_to_slots(period) {
        1 => vec![Shifts::all(period).factor(adjoint(split.whole(), half))],
        _ => vec![
            split.stride_shifts().factor(adjoint(split.strides(), 1.0)),
            split.block_shifts().factor(adjoint(split.blocks(), half)),
        ],
    }
}

/// The giant and baby steps of each factor to coefficients, of slots that are all live.
pub fn steps_to_coefficients(period: usize) -> Vec<Factor<()>> {
    let split = Split::of(period);
    match levels_to_coefficients(period) {
        1 => vec![Shifts::all(period).steps()],
        _ => vec![split.block_shifts().steps(), split.stride_shifts().steps()],
    }
}

/// The same of each factor to slots.
pub fn steps_to_slots(period: usize) -> Vec<Factor<()>> {
    let split = Split::of(period);
    match levels_to_slots(period) {
        1 => vec![Shifts::all(period).steps()],
        _ => vec![split.stride_shifts().steps(), split.block_shifts().steps()],
    }
}

/// Without the columns of slots that are not live.
fn of_live(live: &[bool], matrix: impl Fn(usize, usize) -> Complex) -> impl Fn(usize, usize) -> Complex {
    move |row, column| if live[column] { matrix(row, column) } else { [0.0; 2] }
}

/// Transposed, conjugated and divided.
fn adjoint(matrix: impl Fn(usize, usize) -> Complex, divisor: f64) -> impl Fn(usize, usize) -> Complex {
    move |row, column| {
        let [re, im] = matrix(column, row);
        [re / divisor, -im / divisor]
    }
}

impl<T> Factor<T> {
    /// The rotations that have keys, and how many of each there are: those of the input, which share a decomposition, and
    /// giant steps.
    pub fn rotations(&self) -> (Vec<Rotation>, Vec<Rotation>) {
        let babies: BTreeSet<Rotation> = self.diagonals.iter().map(|d| d.baby).filter(|baby| baby.0 != 0).collect();
        let most = self.diagonals.iter().map(|d| d.giant).max().unwrap_or(0);
        let last = (self.steps.last.0 != 0).then_some(self.steps.last);
        (babies.into_iter().collect(), std::iter::repeat_n(self.steps.step, most).chain(last).collect())
    }
}

/// n = r m, as in the head of this file.
#[derive(Clone, Copy)]
pub struct Split {
    period: usize,
    /// m: 1 for one level, so that coefficients keep their order.
    pub block: usize,
}

impl Split {
    /// That of the map to slots.
    pub fn of(period: usize) -> Split {
        if levels_to_slots(period) == 1 { Split { period, block: 1 } } else { Split::in_two(period) }
    }

    fn in_two(period: usize) -> Split {
        Split { period, block: 1 << (period.ilog2() / 2) }
    }

    /// r.
    pub fn count(self) -> usize {
        self.period / self.block
    }

    /// The coefficient of a slot.
    fn coefficient(self, slot: usize) -> usize {
        slot / self.block + self.count() * (slot % self.block)
    }

    /// All of it.
    fn whole(self) -> impl Fn(usize, usize) -> Complex {
        let roots = Roots::new(self.period);
        move |row, column| roots.power(row, self.coefficient(column))
    }

    /// The sum on the right in the head of this file.
    fn blocks(self) -> impl Fn(usize, usize) -> Complex {
        let (block, roots) = (self.block, Roots::new(self.block));
        move |row, column| match row / block == column / block {
            true => roots.power(row % block, column % block),
            false => [0.0; 2],
        }
    }

    /// That on the left.
    fn strides(self) -> impl Fn(usize, usize) -> Complex {
        let (block, roots) = (self.block, Roots::new(self.period));
        move |row, column| match row % block == column % block {
            true => roots.power(row, column / block),
            false => [0.0; 2],
        }
    }

    fn block_shifts(self) -> Shifts {
        Shifts { period: self.period, unit: 1, below: self.block, count: 2 * self.block }
    }

    fn stride_shifts(self) -> Shifts {
        Shifts { period: self.period, unit: self.block, below: 0, count: self.count() }
    }
}

/// The diagonals by `unit k`, `-below < k < count - below`, and by 0 where nothing is below.
struct Shifts {
    period: usize,
    unit: usize,
    below: usize,
    count: usize,
}

impl Shifts {
    /// Those of a matrix without zeros.
    fn all(period: usize) -> Shifts {
        Shifts { period, unit: 1, below: 0, count: period }
    }

    /// Giant and baby steps: about the root of the number of diagonals each.
    fn steps(&self) -> Factor<()> {
        let babies = 1 << self.count.ilog2().div_ceil(2);
        let step = |k: usize| Rotation((self.unit * k % self.period) as i32);
        // To the left by what is left of a period is to the right.
        let steps = GiantSteps { step: step(babies), last: step(self.period / self.unit - self.below) };
        let diagonal = |k| Diagonal { giant: k / babies, baby: step(k % babies), values: () };
        Factor { steps, diagonals: (usize::from(self.below > 0)..self.count).map(diagonal).collect() }
    }

    /// `out[s] = sum_k values_k[s] x[s + k]`, with the rotation by `k` in two parts. Diagonals of zeros are left out.
    fn factor(&self, matrix: impl Fn(usize, usize) -> Complex) -> Factor {
        let (period, Factor { steps, diagonals }) = (self.period, self.steps());
        let diagonal = |Diagonal { giant, baby, .. }: Diagonal<()>| {
            let turn = steps.turn(giant) % period;
            // The rotation of the group comes after the product.
            let value = |slot: usize| {
                let row = (slot + period - turn) % period;
                matrix(row, (row + turn + baby.0 as usize) % period)
            };
            let values: Vec<Complex> = (0..period).map(value).collect();
            let is_zero = values.iter().all(|value| *value == [0.0; 2]);
            (!is_zero).then_some(Diagonal { giant, baby, values })
        };
        Factor { steps, diagonals: diagonals.into_iter().filter_map(diagonal).collect() }
    }
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
    fn apply(factor: &Factor, x: &[Complex]) -> Vec<Complex> {
        let n = x.len();
        let mut sum = vec![[0.0; 2]; n];
        for Diagonal { giant, baby, values } in &factor.diagonals {
            for (s, out) in sum.iter_mut().enumerate() {
                // Rotated to the left by the giant steps, the product of the values and the rotated input.
                let at = (s + factor.steps.turn(*giant)) % n;
                let product = multiply(values[at], x[(at + baby.0 as usize) % n]);
                *out = [out[0] + product[0], out[1] + product[1]];
            }
        }
        sum
    }

    fn apply_all(factors: &[Factor], x: &[Complex]) -> Vec<Complex> {
        factors.iter().fold(x.to_vec(), |x, factor| apply(factor, &x))
    }

    fn values(period: usize) -> Vec<Complex> {
        (0..period).map(|j| [(j as f64 * 1.7).sin(), 0.0]).collect()
    }

    #[test]
    fn slots_come_back_from_their_coefficients() {
        for period in [1, 2, 8, 64, 256, 512, 1024, 2048] {
            let values = values(period);
            let there = apply_all(&to_coefficients(&vec![true; period]), &values);
            let back = apply_all(&to_slots(period), &there);
            for (value, half) in values.iter().zip(&back) {
                assert!((2.0 * half[0] - value[0]).abs() < 1e-11, "period {period}");
            }
        }
    }

    /// The factors are those of the whole matrix: `z_k = sum_j w_j zeta^(3^k j)`, in the order that both maps share.
    #[test]
    fn two_sparse_factors_multiply_to_the_dense_matrix() {
        for period in [8, 16, 512, 2048] {
            let split = Split::in_two(period);
            let dense = Shifts::all(period).factor(split.whole());
            let factors = [split.block_shifts().factor(split.blocks()), split.stride_shifts().factor(split.strides())];
            assert_eq!(factors.each_ref().map(|f| f.diagonals.len()), [2 * split.block - 1, split.count()]);
            let x: Vec<Complex> = (0..period).map(|j| [(j as f64).sin(), (j as f64 * 0.3).cos()]).collect();
            for (a, b) in apply_all(&factors, &x).iter().zip(apply(&dense, &x)) {
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1e-10, "period {period}");
            }
        }
    }

    #[test]
    fn padding_is_removed() {
        for period in [8, 512, 2048] {
            let live: Vec<bool> = (0..period).map(|j| j * 7 % 5 > 1).collect();
            let values: Vec<Complex> = (0..period).map(|j| [1.0 + j as f64, 0.0]).collect();
            let back = apply_all(&to_slots(period), &apply_all(&to_coefficients(&live), &values));
            for ((value, half), live) in values.iter().zip(&back).zip(live) {
                let expected = if live { value[0] } else { 0.0 };
                assert!((2.0 * half[0] - expected).abs() < 1e-8, "period {period}");
            }
        }
    }

    #[test]
    fn steps_are_those_of_the_diagonals() {
        let of = |factors: Vec<Factor>| -> Vec<Factor<()>> {
            let steps = |d: Diagonal| Diagonal { giant: d.giant, baby: d.baby, values: () };
            let factor = |f: Factor| Factor { steps: f.steps, diagonals: f.diagonals.into_iter().map(steps).collect() };
            factors.into_iter().map(factor).collect()
        };
        for period in [1, 2, 4, 64, 128, 512, 1024, 2048] {
            assert_eq!(steps_to_slots(period), of(to_slots(period)), "period {period}");
            assert_eq!(steps_to_coefficients(period), of(to_coefficients(&vec![true; period])), "period {period}");
            assert_eq!(steps_to_slots(period).len(), levels_to_slots(period));
            assert_eq!(steps_to_coefficients(period).len(), levels_to_coefficients(period));
        }
        // Four and eight groups of eight babies, the latter from the right; one level has 32 of 32.
        let steps = |step, last| GiantSteps { step: Rotation(step), last: Rotation(last) };
        let count = |factor: &Factor<()>| {
            let (babies, giants) = factor.rotations();
            (babies.len(), giants.len(), factor.steps)
        };
        let two: Vec<_> = steps_to_slots(1024).iter().map(count).collect();
        assert_eq!(two, [(7, 3, steps(256, 0)), (7, 8, steps(8, 992))]);
        assert_eq!(count(&steps_to_coefficients(1024)[0]), (31, 31, steps(32, 0)));
    }
}
