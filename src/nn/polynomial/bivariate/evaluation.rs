//! Evaluation of a Chebyshev series in two variables on packed values, with the fewest levels and few products.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::evaluation::narrow, BivariatePolynomial};
use crate::{
    ArgumentError, CircuitError, Level, Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
};

/// `T_a(u) T_b(v)`.
type Power = (usize, usize);
type Series = BTreeMap<Power, f64>;

/// An evaluation of a series of total degree `d` in `ceil(log2(d + 1))` levels. It consists of the products
/// `T_a(u) T_b(v)` to compute and of divisions by them, `p = sum q_D D + r` with `D` computed and `q_D` one level
/// shallower, until the rest is a sum of computed ones with plaintext factors.
///
/// The powers of two of each variable are always computed. Among the sets of additional mixed and odd powers, the one
/// with the fewest products is chosen. All products of a sum share a relinearisation.
#[derive(Clone, Debug)]
pub struct BivariateProgram {
    /// In an order in which each depends on earlier ones only.
    formed: Vec<Power>,
    root: Node,
    products: usize,
    levels: usize,
    /// The largest result for arguments in `[-1, 1]`: the sum of all `|c_ab|`.
    largest: f64,
}

/// `constant + sum c_ab T_a T_b + sum q_D D`.
#[derive(Clone, Debug)]
struct Node {
    constant: Slots,
    terms: Vec<(Power, Slots)>,
    products: Vec<(Power, Node)>,
}

/// Coefficients that are smaller than this fraction of the largest are left out, because the noise is larger than they
/// are.
const NEGLIGIBLE: f64 = 1e-10;
/// Powers that may be worth computing in addition to the powers of two.
const EXTRAS: [Power; 4] = [(3, 0), (1, 2), (2, 2), (4, 4)];

impl BivariateProgram {
    /// Finds the cheapest evaluation.
    ///
    /// # Errors
    /// `NoEvaluation` for a series without an evaluation in so few levels, which may happen if it is odd in `v`.
    pub fn new(polynomial: &BivariatePolynomial) -> Result<BivariateProgram> {
        let largest = polynomial.coefficients().values().fold(0.0f64, |m, c| m.max(c.abs()));
        let kept = |c: &f64| c.abs() > NEGLIGIBLE * largest;
        let series: Series = polynomial.coefficients().iter().filter(|(_, c)| kept(c)).map(|(&k, &c)| (k, c)).collect();
        let degree = series.keys().map(|(a, b)| a + b).max().unwrap_or(0);
        let levels = (usize::BITS - degree.leading_zeros()) as usize;
        let sum: f64 = series.values().map(|c| c.abs()).sum();
        let tried = (0..1u32 << EXTRAS.len()).filter_map(|choice| {
            let extras = EXTRAS.iter().enumerate().filter(|(i, (a, b))| choice >> i & 1 == 1 && a + b <= degree);
            let powers = (1..levels).flat_map(|bit| [(1 << bit, 0), (0, 1 << bit)]);
            let set: BTreeSet<Power> = extras.map(|(_, &k)| k).chain(powers).chain([(1, 0), (0, 1)]).collect();
            let root = split(&series, levels, &set)?;
            let mut used = BTreeSet::new();
            let splits = root.collect(&mut used);
            let formed = closed(&used);
            Some(BivariateProgram { products: splits + formed.len(), formed, root, levels, largest: sum })
        });
        tried
            .reduce(|a, b| if b.products < a.products { b } else { a })
            .ok_or_else(|| ArgumentError::NoEvaluation { degree, levels }.into())
    }

    /// The same program, with zero as the result where `live` is 0.
    pub fn only(mut self, live: &[f64]) -> BivariateProgram {
        self.root.mask(live);
        self.largest *= live.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
        self
    }

    /// The number of ciphertext products.
    pub fn products(&self) -> usize {
        self.products
    }

    /// Levels consumed.
    pub fn levels(&self) -> usize {
        self.levels
    }

    /// `p` of packed `u` and `v` at the same level, with slots in `[-1, 1]`.
    ///
    /// # Errors
    /// `NoLevelLeft` if the levels are not available; `Empty` for a constant polynomial; `BeyondInterval` if the declared
    /// bound of an argument is larger than 1.
    pub fn apply<E: Evaluate>(&self, c: &Circuit<E>, u: &E::Ciphertext, v: &E::Ciphertext) -> Result<E::Ciphertext> {
        let reach = c.bound(u).zip(c.bound(v)).map(|(u, v)| u.largest().max(v.largest()));
        if let Some(actual) = reach.filter(|&reach| reach > 1.0) {
            return Err(CircuitError::BeyondInterval { actual }.into());
        }
        let mut formed = BTreeMap::from([((1, 0), u.clone()), ((0, 1), v.clone())]);
        for &power in &self.formed {
            let value = form(c, power, &formed)?;
            formed.insert(power, narrow(c, value, reach.map(|_| 1.0))?);
        }
        narrow(c, self.root.evaluate(c, &formed)?, reach.map(|_| self.largest))
    }
}

/// The two factors of a power: the parts of a mixed one, and for others the two halves `a >= b` with the smallest
/// depth.
fn factors((a, b): Power) -> (Power, Power) {
    let halves = |k: usize| {
        let low = 1 << (depth_of(k) - 1);
        (low.max(k - low), low.min(k - low))
    };
    match (a, b) {
        (a, 0) => {
            let (high, low) = halves(a);
            ((high, 0), (low, 0))
        }
        (0, b) => {
            let (high, low) = halves(b);
            ((0, high), (0, low))
        }
        (a, b) => ((a, 0), (0, b)),
    }
}

/// The level of `T_k` below `T_1`.
fn depth_of(k: usize) -> usize {
    k.next_power_of_two().trailing_zeros() as usize
}

fn depth((a, b): Power) -> usize {
    match (a, b) {
        (a, 0) => depth_of(a),
        (0, b) => depth_of(b),
        (a, b) => 1 + depth_of(a).max(depth_of(b)),
    }
}

/// Computes `T_(a+b) = 2 T_a T_b - T_(a-b)`, or the product of a power of `u` and one of `v`.
fn form<E: Evaluate>(c: &Circuit<E>, power: Power, formed: &BTreeMap<Power, E::Ciphertext>) -> Result<E::Ciphertext> {
    let (x, y) = factors(power);
    let mut product = if x == y { c.square(&formed[&x])? } else { c.multiply(&formed[&x], &formed[&y])? };
    if power.0 > 0 && power.1 > 0 {
        return Ok(product);
    }
    let same = product.clone();
    c.add_inplace(&mut product, &same)?;
    match (x.0 - y.0, x.1 - y.1) {
        (0, 0) => c.add_plain_inplace(&mut product, &Slots::Constant(-1.0))?,
        difference => c.sub_inplace(&mut product, &formed[&difference])?,
    }
    Ok(product)
}

/// Everything that these powers depend on, in order, without `u` and `v`.
fn closed(used: &BTreeSet<Power>) -> Vec<Power> {
    let mut all = used.clone();
    let mut waiting: Vec<Power> = used.iter().copied().collect();
    while let Some(power) = waiting.pop() {
        if power.0 + power.1 > 1 {
            let (x, y) = factors(power);
            let mixed = power.0 > 0 && power.1 > 0;
            let difference = if mixed { (0, 0) } else { (x.0 - y.0, x.1 - y.1) };
            waiting.extend([x, y, difference].into_iter().filter(|&needed| needed != (0, 0) && all.insert(needed)));
        }
    }
    let mut all: Vec<Power> = all.into_iter().filter(|(a, b)| a + b > 1).collect();
    all.sort_by_key(|&(a, b)| (a > 0 && b > 0, a + b));
    all
}

/// A tree within a number of levels that divides by the highest computed powers first; `None` if there is none.
fn split(series: &Series, levels: usize, set: &BTreeSet<Power>) -> Option<Node> {
    let free = |power: Power| power == (0, 0) || set.contains(&power) && depth(power) < levels;
    let mut rest = series.clone();
    let mut products = Vec::new();
    let mut divisors: Vec<Power> = set.iter().copied().filter(|&divisor| depth(divisor) < levels).collect();
    divisors.sort_by_key(|&(a, b)| std::cmp::Reverse((a + b, a)));
    for divisor in divisors {
        let (quotient, remainder) = divided(&rest, divisor, free);
        if quotient.is_empty() {
            continue;
        }
        if let Some(node) = split(&quotient, levels - 1, set) {
            products.push((divisor, node));
            rest = remainder;
        }
    }
    let constant = rest.remove(&(0, 0)).unwrap_or(0.0).into();
    let terms: Vec<_> = rest.iter().map(|(&power, &c)| (power, c.into())).collect();
    rest.keys().all(|&power| free(power)).then_some(Node { constant, terms, products })
}

/// `q` and `r` with `p = q D + r`: every term that is not free and that `D = T_m(u) T_n(v)` divides goes into `q`,
/// using `2 T_m T_j = T_(m+j) + T_|m-j|` in each variable.
fn divided(series: &Series, (m, n): Power, free: impl Fn(Power) -> bool) -> (Series, Series) {
    let (mut quotient, mut rest) = (Series::new(), series.clone());
    let divisible = |rest: &Series| {
        let terms = rest.keys().copied().filter(|&(a, b)| a >= m && b >= n && !free((a, b)));
        terms.max_by_key(|(a, b)| a + b)
    };
    while let Some((a, b)) = divisible(&rest) {
        let c = rest.remove(&(a, b)).unwrap_or(0.0);
        // T_m T_0 is T_m, which leaves no remainder; the same holds for the other variable.
        let left = |k: usize, by: usize| (k > by && by > 0).then_some(k.abs_diff(2 * by));
        let (low, flat) = (left(a, m), left(b, n));
        let factor = [low, flat].iter().flatten().fold(1.0, |factor, _| 2.0 * factor);
        *quotient.entry((a - m, b - n)).or_default() += factor * c;
        let lower = [low.map(|l| (l, b)), flat.map(|f| (a, f)), low.zip(flat)];
        lower.into_iter().flatten().for_each(|power| *rest.entry(power).or_default() -= c);
    }
    (quotient, rest)
}

impl Node {
    /// Adds the powers that it uses to `used` and returns the number of products.
    fn collect(&self, used: &mut BTreeSet<Power>) -> usize {
        used.extend(self.terms.iter().map(|(power, _)| *power));
        used.extend(self.products.iter().map(|(power, _)| *power));
        let below: usize = self.products.iter().map(|(_, quotient)| quotient.collect(used)).sum();
        below + self.products.iter().filter(|(_, quotient)| !quotient.is_constant()).count()
    }

    fn is_constant(&self) -> bool {
        self.terms.is_empty() && self.products.is_empty()
    }

    /// Sets all plaintexts to zero where `live` is.
    fn mask(&mut self, live: &[f64]) {
        let masked = |slots: &Slots| -> Slots {
            slots.iter(live.len()).zip(live).map(|(v, l)| v * l).collect::<Vec<_>>().into()
        };
        self.constant = masked(&self.constant);
        self.terms.iter_mut().for_each(|(_, factor)| *factor = masked(factor));
        self.products.iter_mut().for_each(|(_, quotient)| quotient.mask(live));
    }

    fn evaluate<E: Evaluate>(&self, c: &Circuit<E>, formed: &BTreeMap<Power, E::Ciphertext>) -> Result<E::Ciphertext> {
        let (plain, real): (Vec<_>, Vec<_>) = self.products.iter().partition(|(_, quotient)| quotient.is_constant());
        let quotients = real.iter().map(|(_, quotient)| quotient.evaluate(c, formed)).collect::<Result<Vec<_>>>()?;
        let pairs: Vec<_> = real.iter().zip(&quotients).map(|((power, _), q)| (&formed[power], q)).collect();
        let terms = self.terms.iter().map(|(power, factor)| (&formed[power], factor));
        let terms: Vec<_> = terms.chain(plain.iter().map(|(power, q)| (&formed[power], &q.constant))).collect();
        let mut sum = if pairs.is_empty() { None } else { Some(c.product_sum(&pairs)?) };
        if let Some(lowest) = terms.iter().map(|(x, _)| c.level(x)).min() {
            let below = Level(lowest.0.saturating_sub(1));
            let at = sum.as_ref().map_or(below, |sum| c.level(sum).min(below));
            let plain = c.plain_product_sum(&terms, TargetScale::At(at))?;
            sum = Some(match sum {
                Some(sum) => c.add(&sum, &plain)?,
                None => plain,
            });
        }
        let mut sum = sum.ok_or(CircuitError::Empty { op: "polynomial of two variables" })?;
        if self.constant.max_abs() > 0.0 {
            c.add_plain_inplace(&mut sum, &self.constant)?;
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Error,
        backend::{Bound, Chain, PlanEvaluator},
    };

    fn full(degree: usize) -> BivariatePolynomial {
        let powers = (0..=degree).step_by(2).flat_map(|b| (0..=degree - b).map(move |a| (a, b)));
        BivariatePolynomial { coefficients: powers.map(|(a, b)| ((a, b), 1.0 + (3 * a + b) as f64)).collect() }
    }

    /// A direct evaluation takes 13 and 36 products.
    #[test]
    fn products_are_no_more_than_those_of_the_reference() {
        for (degree, levels, products) in [(3, 2, 4), (7, 3, 13), (15, 4, 33)] {
            let program = BivariateProgram::new(&full(degree)).unwrap();
            println!("degree {degree}: {} levels, {} products", program.levels(), program.products());
            assert_eq!((program.levels(), program.products()), (levels, products), "degree {degree}");
        }
    }

    /// A division is exact: quotient times divisor plus remainder equals the series at any point.
    #[test]
    fn a_division_is_exact() {
        let series = full(15).coefficients;
        let (quotient, remainder) = divided(&series, (4, 4), |_| false);
        let value =
            |coefficients: &Series, u, v| BivariatePolynomial { coefficients: coefficients.clone() }.evaluate(u, v);
        let divisor = Series::from([((4, 4), 1.0)]);
        for (u, v) in [(0.3, -0.7), (0.9, 0.95), (-1.0, 0.2)] {
            let again = value(&quotient, u, v) * value(&divisor, u, v) + value(&remainder, u, v);
            assert!((again - value(&series, u, v)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_bound_of_the_result_is_that_of_the_series() {
        // One level more than it takes, where there is room for a sum of over a thousand.
        let c = Circuit::new(PlanEvaluator::new(Chain::nominal(64, 5, 40).unwrap()));
        let input = |bound| c.declare_bound("u", c.backend().input(Level(5)), Bound::max_abs(bound)).unwrap();
        // No two coefficients that cancel.
        let mut series = full(15).coefficients;
        series.iter_mut().for_each(|(&(a, b), c)| *c = 1.0 / (1.0 + a as f64 + 0.7 * b as f64));
        let sum: f64 = series.values().sum();
        let program = BivariateProgram::new(&BivariatePolynomial { coefficients: series }).unwrap();
        let bound = c.bound(&program.apply(&c, &input(1.0), &input(0.5)).unwrap()).unwrap().largest();
        assert!(bound <= sum * (1.0 + 1e-12), "{bound} of {sum}");
        let refused = program.apply(&c, &input(1.0), &input(1.5));
        assert!(matches!(refused, Err(Error::Circuit(CircuitError::BeyondInterval { actual: 1.5 }))));
    }

    /// A degree of 30 allows five levels, but neither `T_8(u)` nor any other divisor leaves a quotient of degree 16.
    #[test]
    fn what_has_no_evaluation_is_refused() {
        let odd = BivariatePolynomial { coefficients: Series::from([((15, 15), 1.0)]) };
        let refused = BivariateProgram::new(&odd).err();
        assert!(matches!(refused, Some(Error::Argument(ArgumentError::NoEvaluation { .. }))), "{refused:?}");
    }
}
