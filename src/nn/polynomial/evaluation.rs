//! Evaluation of a Chebyshev series on packed values, with the fewest levels and few products.

use std::collections::{BTreeMap, BTreeSet};

use super::Polynomial;
use crate::{
    CircuitError, Level, Result,
    backend::{Bound, Circuit, Evaluate, Slots, TargetScale},
};

/// An evaluation of a polynomial of degree `d` in `ceil(log2(d + 1))` levels. It consists of the Chebyshev polynomials
/// to compute (`T_(a+b) = 2 T_a T_b - T_|a-b|`) and of splits of the series, `p = q T_m + r` with `m` a power of two,
/// until the rest is a sum of the computed ones with plaintext factors. Among the sets of Chebyshev polynomials, the
/// one with the fewest products is chosen.
#[derive(Clone, Debug)]
pub struct PolynomialProgram {
    /// The Chebyshev polynomials to compute, without `T_1`, in an order in which each depends on earlier ones only.
    formed: Vec<usize>,
    root: Node,
    products: usize,
    levels: usize,
    /// The coefficients that the root evaluates.
    series: Vec<f64>,
    is_fit: bool,
}

/// A part of the series.
#[derive(Clone, Debug)]
enum Node {
    /// `constant + sum c_k T_k`.
    Sum { constant: Slots, terms: Vec<(usize, Slots)> },
    /// `quotient T_m + remainder`.
    Split { m: usize, quotient: Box<Node>, remainder: Box<Node> },
}

/// Coefficients that are smaller than this fraction of the largest are left out: the noise is larger than they are, and
/// a plaintext that rounds to zero would give a transparent product.
const NEGLIGIBLE: f64 = 1e-10;
/// Small Chebyshev polynomials that may be worth computing in addition to the powers of two.
const BABY_STEPS: [usize; 4] = [3, 5, 6, 7];

impl PolynomialProgram {
    /// Finds the cheapest evaluation.
    pub fn new(polynomial: &Polynomial) -> PolynomialProgram {
        let largest = polynomial.coefficients().iter().fold(0.0f64, |m, c| m.max(c.abs()));
        let coefficients = trimmed(polynomial.coefficients().to_vec(), NEGLIGIBLE * largest);
        let degree = coefficients.len() - 1;
        let levels = (usize::BITS - degree.leading_zeros()) as usize;
        let giant_steps = (0..levels).map(|bit| 1usize << bit).filter(|&m| m <= degree);
        let set = |choice: u32| -> BTreeSet<usize> {
            let chosen = BABY_STEPS.into_iter().enumerate().filter(|(i, _)| choice >> i & 1 == 1).map(|(_, k)| k);
            chosen.filter(|&k| k <= degree).chain(giant_steps.clone()).collect()
        };
        let program = |(choice, prefer_low)| {
            let search = Search { set: set(choice), negligible: NEGLIGIBLE * largest, prefer_low };
            let (root, splits) = search.node(&coefficients, levels)?;
            let mut used = BTreeSet::new();
            root.collect(&mut used);
            let formed = closed(&used);
            let (series, is_fit) = (coefficients.clone(), polynomial.is_fit);
            Some(PolynomialProgram { products: splits + formed.len(), formed, root, levels, series, is_fit })
        };
        let tried = (0..1 << BABY_STEPS.len()).flat_map(|choice| [(choice, false), (choice, true)]);
        // The powers of two alone suffice for any series, so a minimum exists.
        tried.filter_map(program).reduce(|a, b| if b.products < a.products { b } else { a }).unwrap_or_else(|| {
            PolynomialProgram {
                formed: vec![],
                root: Node::Sum { constant: 0.0.into(), terms: vec![] },
                products: 0,
                levels: 0,
                series: vec![0.0],
                is_fit: false,
            }
        })
    }

    /// The same program, with zero as the result where `live` is 0.
    pub fn only(mut self, live: &[f64]) -> PolynomialProgram {
        self.root.mask(live);
        let largest = live.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
        self.series.iter_mut().for_each(|c| *c *= largest);
        self
    }

    /// Ciphertext products, each with a relinearisation.
    pub fn products(&self) -> usize {
        self.products
    }

    /// Levels consumed.
    pub fn levels(&self) -> usize {
        self.levels
    }

    /// `p` of packed `u` with slots in `[-1, 1]` (see [`Polynomial::to_unit`]). Padding of zeros becomes `p(0)`.
    ///
    /// Elsewhere the result is that of the polynomial, which for an approximation has nothing to do with the function, and
    /// nobody notices unless `u` has a declared [`Bound`]. The bound of the result follows from that of `u` and the
    /// coefficients, by `|T_k(u)| <= T_k(max(1, |u|))`.
    ///
    /// # Errors
    /// `NoLevelLeft` if the levels are not available; `Empty` for a constant polynomial; `BeyondInterval` for an
    /// approximation if the declared bound of `u` is larger than 1; `OutOfRange` if a declared bound leaves no room.
    pub fn apply<E: Evaluate>(&self, c: &Circuit<E>, u: &E::Ciphertext) -> Result<E::Ciphertext> {
        let reach = c.bound(u).map(|bound| bound.largest().max(1.0));
        if let Some(actual) = reach.filter(|&reach| self.is_fit && reach > 1.0) {
            return Err(CircuitError::BeyondInterval { actual }.into());
        }
        let mut chebyshev: BTreeMap<usize, E::Ciphertext> = BTreeMap::from([(1, u.clone())]);
        for &k in &self.formed {
            let (a, b) = halves(k);
            let mut product = match a == b {
                true => c.square(&chebyshev[&a])?,
                false => c.multiply(&chebyshev[&a], &chebyshev[&b])?,
            };
            let same = product.clone();
            c.add_inplace(&mut product, &same)?;
            match a - b {
                0 => c.add_plain_inplace(&mut product, &Slots::Constant(-1.0))?,
                difference => c.sub_inplace(&mut product, &chebyshev[&difference])?,
            }
            chebyshev.insert(k, narrow(c, product, reach.map(|reach| chebyshev_at(k, reach)))?);
        }
        let largest = |reach| self.series.iter().enumerate().map(|(k, c)| c.abs() * chebyshev_at(k, reach)).sum();
        narrow(c, self.root.evaluate(c, &chebyshev)?, reach.map(largest))
    }
}

/// `T_k(x)` for `x` of at least 1, where no smaller argument gives more.
fn chebyshev_at(k: usize, x: f64) -> f64 {
    (k as f64 * x.acosh()).cosh()
}

/// Declares what is known of a part of a polynomial. Of its operations alone, bounds would follow that grow by a factor at
/// each of them.
pub(super) fn narrow<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, largest: Option<f64>) -> Result<E::Ciphertext> {
    match largest.filter(|largest| largest.is_finite()) {
        Some(largest) => c.declare_bound("polynomial", x, Bound::max_abs(largest)),
        None => Ok(x),
    }
}

/// The level of `T_k` below `T_1`.
fn depth(k: usize) -> usize {
    k.next_power_of_two().trailing_zeros() as usize
}

/// The two polynomials with product `T_k`: `a >= b`, with the smallest depth.
fn halves(k: usize) -> (usize, usize) {
    let a = if k.is_power_of_two() { k / 2 } else { 1 << (depth(k) - 1) };
    (a.max(k - a), a.min(k - a))
}

/// Everything that these polynomials depend on, in order, without `T_1`.
fn closed(used: &BTreeSet<usize>) -> Vec<usize> {
    let mut all = used.clone();
    let mut waiting: Vec<usize> = used.iter().copied().collect();
    while let Some(k) = waiting.pop() {
        if k > 1 {
            let (a, b) = halves(k);
            waiting.extend([a, b, a - b].into_iter().filter(|&needed| needed > 0 && all.insert(needed)));
        }
    }
    all.into_iter().filter(|&k| k > 1).collect()
}

/// Replaces negligible coefficients by zeros and removes trailing ones; at least one coefficient remains.
fn trimmed(mut coefficients: Vec<f64>, negligible: f64) -> Vec<f64> {
    coefficients.iter_mut().filter(|c| c.abs() <= negligible).for_each(|c| *c = 0.0);
    let length = coefficients.iter().rposition(|&c| c != 0.0).map_or(1, |last| last + 1);
    coefficients.truncate(length);
    coefficients
}

/// What a tree may use.
struct Search {
    /// The Chebyshev polynomials that are computed.
    set: BTreeSet<usize>,
    negligible: f64,
    /// Whether to prefer the lower of two splits with the same number of products, which may avoid computing the higher
    /// power.
    prefer_low: bool,
}

impl Search {
    /// The cheapest tree for a series within a number of levels, with its number of products; `None` if there are too
    /// few levels.
    fn node(&self, coefficients: &[f64], levels: usize) -> Option<(Node, usize)> {
        let terms: Vec<(usize, f64)> =
            coefficients.iter().copied().enumerate().skip(1).filter(|&(_, c)| c != 0.0).collect();
        let reached = |k: usize| self.set.contains(&k) && depth(k) < levels;
        if terms.iter().all(|&(k, _)| reached(k)) {
            let terms = terms.into_iter().map(|(k, c)| (k, c.into())).collect();
            return Some((Node::Sum { constant: coefficients[0].into(), terms }, 0));
        }
        let powers = self.set.iter().copied().filter(|m| m.is_power_of_two());
        let splits = powers.filter(|&m| m < coefficients.len() && reached(m));
        let split = |m: usize| {
            let (quotient, remainder) = divided(coefficients, m, self.negligible);
            let (quotient, above) = self.node(&quotient, levels - 1)?;
            let (remainder, below) = self.node(&remainder, levels)?;
            let product = if matches!(&quotient, Node::Sum { terms, .. } if terms.is_empty()) { 0 } else { 1 };
            let split = Node::Split { m, quotient: Box::new(quotient), remainder: Box::new(remainder) };
            Some((split, product + above + below))
        };
        // The two highest powers suffice; lower ones leave quotients that need them anyway.
        let better = |a: (Node, usize), b: (Node, usize)| if b.1 < a.1 + usize::from(self.prefer_low) { b } else { a };
        splits.rev().take(2).filter_map(split).reduce(better)
    }
}

/// `q` and `r` with `p = q T_m + r` and `r` of a degree below `m`, by `2 T_m T_j = T_(m+j) + T_|m-j|`.
fn divided(coefficients: &[f64], m: usize, negligible: f64) -> (Vec<f64>, Vec<f64>) {
    let mut rest = coefficients.to_vec();
    let mut quotient = vec![0.0; coefficients.len() - m];
    for j in (1..quotient.len()).rev() {
        quotient[j] = 2.0 * rest[m + j];
        rest[m.abs_diff(j)] -= rest[m + j];
        rest[m + j] = 0.0;
    }
    quotient[0] = rest[m];
    rest.truncate(m);
    (trimmed(quotient, negligible), trimmed(rest, negligible))
}

impl Node {
    /// Collects the Chebyshev polynomials that it uses.
    fn collect(&self, used: &mut BTreeSet<usize>) {
        match self {
            Node::Sum { terms, .. } => used.extend(terms.iter().map(|&(k, _)| k)),
            Node::Split { m, quotient, remainder } => {
                used.insert(*m);
                quotient.collect(used);
                remainder.collect(used);
            }
        }
    }

    /// Sets all plaintexts to zero where `live` is.
    fn mask(&mut self, live: &[f64]) {
        let masked = |slots: &Slots| -> Slots {
            slots.iter(live.len()).zip(live).map(|(v, l)| v * l).collect::<Vec<_>>().into()
        };
        match self {
            Node::Sum { constant, terms } => {
                *constant = masked(constant);
                terms.iter_mut().for_each(|(_, factor)| *factor = masked(factor));
            }
            Node::Split { quotient, remainder, .. } => {
                quotient.mask(live);
                remainder.mask(live);
            }
        }
    }

    fn evaluate<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        chebyshev: &BTreeMap<usize, E::Ciphertext>,
    ) -> Result<E::Ciphertext> {
        match self {
            Node::Sum { constant, terms } => {
                let terms: Vec<_> = terms.iter().map(|(k, factor)| (&chebyshev[k], factor)).collect();
                let level = terms.iter().map(|(t, _)| c.level(t)).min();
                let level = level.ok_or(CircuitError::Empty { op: "polynomial" })?;
                let mut sum = c.plain_product_sum(&terms, TargetScale::At(Level(level.0.saturating_sub(1))))?;
                add_constant(c, &mut sum, constant)?;
                Ok(sum)
            }
            Node::Split { m, quotient, remainder } => {
                let t = &chebyshev[m];
                let mut value = match &**quotient {
                    Node::Sum { constant, terms } if terms.is_empty() => {
                        let at = Level(c.level(t).0.saturating_sub(1));
                        c.multiply_plain(t, constant, TargetScale::At(at))?
                    }
                    quotient => c.multiply(&quotient.evaluate(c, chebyshev)?, t)?,
                };
                match &**remainder {
                    Node::Sum { constant, terms } if terms.is_empty() => add_constant(c, &mut value, constant)?,
                    remainder => c.add_inplace(&mut value, &remainder.evaluate(c, chebyshev)?)?,
                }
                Ok(value)
            }
        }
    }
}

fn add_constant<E: Evaluate>(c: &Circuit<E>, x: &mut E::Ciphertext, constant: &Slots) -> Result<()> {
    if constant.max_abs() == 0.0 { Ok(()) } else { c.add_plain_inplace(x, constant) }
}
