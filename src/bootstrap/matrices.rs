//! The two linear maps between slots and coefficients of polynomials in `Y = X^(N/2n)`, whose slots repeat with period n.
//!
//! Slot `k` of the polynomial with coefficients `w_j` is `z_k = sum_j w_j zeta^(3^k j)`, `zeta = exp(2 pi i / 4n)`. With
//! `n = r m` and `j = a + r b`, that is
//!
//! ```text
//! z_k = sum_(a < r) zeta^(3^k a) y_a[k mod m],    y_a[l] = sum_(b < m) (zeta^r)^(3^l b) w_(a + r b)
//! ```
//!
//! because the powers of 3 modulo 4m repeat after m. The sum on the left has r diagonals, all by multiples of m. That on the
//! right is the same map for m values, on each block of m: `y_a[l]` and `w_(a + r b)` are in slots `l + m a` and `b + m a`. It is
//! split in the same way, or is one factor with 2m - 1 diagonals: two levels in place of one, and about `3 sqrt(n)` diagonals in
//! place of n.

use std::{collections::BTreeSet, f64::consts::TAU};

use crate::{Rotation, units::GiantSteps};

/// A complex number: real and imaginary part.
pub type Complex = [f64; 2];

/// A matrix: a sum of diagonals, and the giant steps of their groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor<T = Vec<Complex>> {
    /// The rotation of groups.
    pub steps: GiantSteps,
    /// The period of the diagonals: n, or the size of blocks that are all the same.
    pub period: usize,
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
    /// The factors of a period.
    pub values: T,
}

/// One level up to here: twice the root of n in keys of the tall chain.
const ONE_LEVEL_TO_SLOTS: usize = 256;
/// Where a level of the step would be lost for it, keys are small, and one level takes as much time as two: up to as many
/// plaintexts as fit into memory.
const ONE_LEVEL_TO_COEFFICIENTS: usize = 1024;
/// From here on three to slots: 44 key switches and 190 products in place of 61 and 511.
const THREE_LEVELS_TO_SLOTS: usize = 32768;

/// The levels of the map to slots.
pub fn levels_to_slots(period: usize) -> usize {
    steps_to_slots(period).len()
}

/// The levels of the map to coefficients.
pub fn levels_to_coefficients(period: usize) -> usize {
    steps_to_coefficients(period).len()
}

/// From slots to coefficients: live slot `j` becomes a coefficient of its own, and the others 0, which removes what noise has
/// left in padding. That is coefficient `j`, or a permutation where [`to_slots`] has several levels. Factors in their order.
pub fn to_coefficients(live: &[bool]) -> Vec<Factor> {
    let mut parts = Part::to_coefficients(live.len()).into_iter();
    let first = parts.next().map(|part| part.shifts().factor(of_live(live, part.matrix())));
    first.into_iter().chain(parts.map(|part| part.shifts().factor(part.matrix()))).collect()
}

/// From these coefficients to slots, but for their conjugates, which are to be added: factors in their order. The last one
/// has entries of up to `1/2n`, those before it of up to 1.
pub fn to_slots(period: usize) -> Vec<Factor> {
    let parts = Part::to_slots(period);
    let last = parts.len() - 1;
    let divisor = |place| if place == last { 2.0 * period as f64 } else { 1.0 };
    let factor = |(place, part): (usize, &Part)| part.shifts().factor(adjoint(part.matrix(), divisor(place)));
    parts.iter().enumerate().map(factor).collect()
}

/// The giant and baby steps of each factor to coefficients, of slots that are all live.
pub fn steps_to_coefficients(period: usize) -> Vec<Factor<()>> {
    Part::to_coefficients(period).iter().map(|part| part.shifts().steps()).collect()
}

/// The same of each factor to slots.
pub fn steps_to_slots(period: usize) -> Vec<Factor<()>> {
    Part::to_slots(period).iter().map(|part| part.shifts().steps()).collect()
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

/// A factor: on each block of so many slots, the map of which the rest is that of smaller blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    period: usize,
    /// The size of its blocks, which are all the same.
    pub block: usize,
    /// How the block is split where the map to slots takes this in several factors: with `n = r_1 r_2 ...`, in their order.
    radices: Vec<usize>,
}

impl Part {
    /// Those of the map to slots.
    pub fn to_slots(period: usize) -> Vec<Part> {
        let each: Vec<_> = radices(period).into_iter().map(|radix| vec![radix]).collect();
        Part::split(period, &each)
    }

    /// Those of the map to coefficients, which has the same order of coefficients.
    fn to_coefficients(period: usize) -> Vec<Part> {
        let radices = radices(period);
        let groups = match period <= ONE_LEVEL_TO_COEFFICIENTS {
            true => vec![radices],
            false => vec![radices[..1].to_vec(), radices[1..].to_vec()],
        };
        let mut parts = Part::split(period, &groups);
        parts.reverse();
        parts
    }

    fn split(period: usize, groups: &[Vec<usize>]) -> Vec<Part> {
        let mut block = period;
        let part = |radices: &Vec<usize>| {
            let part = Part { period, block, radices: radices.clone() };
            block = part.rest();
            part
        };
        groups.iter().map(part).collect()
    }

    /// r: the summands of each slot.
    pub fn count(&self) -> usize {
        self.radices.iter().product()
    }

    /// m: the size of the blocks that the rest works on.
    fn rest(&self) -> usize {
        self.block / self.count()
    }

    /// The diagonals of the factor, of which some may be zero.
    pub fn diagonals(&self) -> usize {
        if self.is_whole() { self.count() } else { 2 * self.count() }
    }

    fn is_whole(&self) -> bool {
        self.block == self.period
    }

    /// The coefficient `a` of summand number `summand`, in the order that the radices make.
    fn coefficient(&self, summand: usize) -> usize {
        let (mut slot, mut block, mut unit, mut coefficient) = (summand, self.count(), 1, 0);
        for radix in &self.radices {
            block /= radix;
            coefficient += unit * (slot / block);
            slot %= block;
            unit *= radix;
        }
        coefficient
    }

    fn matrix(&self) -> impl Fn(usize, usize) -> Complex {
        let (block, rest, roots) = (self.block, self.rest(), Roots::new(self.block));
        move |row, column| match row / block == column / block && row % rest == column % rest {
            true => roots.power(row % block, self.coefficient(column % block / rest)),
            false => [0.0; 2],
        }
    }

    fn shifts(&self) -> Shifts {
        let below = if self.is_whole() { 0 } else { self.count() };
        Shifts { period: self.period, block: self.block, unit: self.rest(), below, count: self.diagonals() }
    }
}

/// The factors of n.
fn radices(period: usize) -> Vec<usize> {
    let root = 1 << period.ilog2().div_ceil(2);
    match period {
        _ if period <= ONE_LEVEL_TO_SLOTS => vec![period],
        _ if period < THREE_LEVELS_TO_SLOTS => vec![root, period / root],
        // The map to coefficients has the second and third in one.
        _ => vec![period / 256, 16, 16],
    }
}

/// The diagonals by `unit k`, `-below < k < count - below`, and by 0 where nothing is below.
struct Shifts {
    period: usize,
    block: usize,
    unit: usize,
    below: usize,
    count: usize,
}

impl Shifts {
    /// Giant and baby steps: about the root of the number of diagonals each.
    fn steps(&self) -> Factor<()> {
        let babies = 1 << self.count.ilog2().div_ceil(2);
        let step = |k: usize| Rotation((self.unit * k % self.period) as i32);
        // To the left by what is left of a period is to the right.
        let steps = GiantSteps { step: step(babies), last: step(self.period / self.unit - self.below) };
        let diagonal = |k| Diagonal { giant: k / babies, baby: step(k % babies), values: () };
        let diagonals = (usize::from(self.below > 0)..self.count).map(diagonal).collect();
        Factor { steps, period: self.block, diagonals }
    }

    /// `out[s] = sum_k values_k[s] x[s + k]`, with the rotation by `k` in two parts. Diagonals of zeros are left out.
    fn factor(&self, matrix: impl Fn(usize, usize) -> Complex) -> Factor {
        let (period, Factor { steps, diagonals, .. }) = (self.period, self.steps());
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
        let mut diagonals: Vec<_> = diagonals.into_iter().filter_map(diagonal).collect();
        // Blocks are the same, unless some slots of theirs are not live.
        let repeats = |d: &Diagonal| d.values.chunks(self.block).all(|block| *block == d.values[..self.block]);
        let period = if diagonals.iter().all(repeats) { self.block } else { period };
        diagonals.iter_mut().for_each(|d| d.values.truncate(period));
        Factor { steps, period, diagonals }
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
                let product = multiply(values[at % factor.period], x[(at + baby.0 as usize) % n]);
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
        for period in [1, 2, 8, 64, 256, 512, 1024, 2048, 32768] {
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
    fn sparse_factors_multiply_to_the_dense_matrix() {
        let two = |period: usize| vec![period / 8, 8];
        for radices in [two(16), two(64), two(512), vec![8, 4, 2], vec![16, 8, 8], vec![4, 4, 4, 4]] {
            let period = radices.iter().product();
            let dense = Part { period, block: period, radices: radices.clone() };
            let each: Vec<_> = radices.iter().map(|&radix| vec![radix]).collect();
            let mut factors: Vec<_> =
                Part::split(period, &each).iter().map(|p| p.shifts().factor(p.matrix())).collect();
            let expected =
                radices.iter().enumerate().map(|(place, radix)| if place == 0 { *radix } else { 2 * radix - 1 });
            assert!(factors.iter().map(|f| f.diagonals.len()).eq(expected), "{radices:?}");
            factors.reverse();
            let x: Vec<Complex> = (0..period).map(|j| [(j as f64).sin(), (j as f64 * 0.3).cos()]).collect();
            let expected = apply(&dense.shifts().factor(dense.matrix()), &x);
            for (a, b) in apply_all(&factors, &x).iter().zip(expected) {
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1e-10, "{radices:?}");
            }
            let order: std::collections::BTreeSet<_> = (0..period).map(|slot| dense.coefficient(slot)).collect();
            assert_eq!(order.len(), period);
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
            let factor = |f: Factor| Factor {
                steps: f.steps,
                period: f.period,
                diagonals: f.diagonals.into_iter().map(steps).collect(),
            };
            factors.into_iter().map(factor).collect()
        };
        for period in [1, 2, 4, 64, 128, 512, 1024, 2048] {
            assert_eq!(steps_to_slots(period), of(to_slots(period)), "period {period}");
            assert_eq!(steps_to_coefficients(period), of(to_coefficients(&vec![true; period])), "period {period}");
        }
        let levels = |period| (levels_to_slots(period), levels_to_coefficients(period));
        assert_eq!([256, 512, 1024, 2048, 16384, 32768].map(levels), [(1, 1), (2, 1), (2, 1), (2, 2), (2, 2), (3, 2)]);
        // The plaintexts: of blocks that are all the same, one is kept.
        let size = |factor: &Factor<()>| (factor.diagonals.len(), factor.period);
        let sizes = |period| steps_to_slots(period).iter().map(size).collect::<Vec<_>>();
        assert_eq!(sizes(16384), [(128, 16384), (255, 128)]);
        assert_eq!(sizes(32768), [(128, 32768), (31, 256), (31, 16)]);
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
