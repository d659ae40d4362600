//! The approximation of the sine by which a bootstrap reduces modulo q'.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::{Argument, Result};

/// Which polynomial comes before the doublings. Both take the same levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parity {
    /// A sine in odd powers: four relinearisations more than [`Parity::Even`], and half its noise where there are few copies.
    #[default]
    Odd,
    /// A cosine in even powers.
    Even,
}

/// `sin(2 pi K v)` for `v` in `[-1, 1]`: a polynomial in Chebyshev form for an angle that is `2^doublings` times smaller,
/// and as many doublings of the angle.
///
/// Its error, relative to q', is about `2^-33.6` for `K = 15` and three doublings, and grows quickly with `K`
/// (docs/bootstrapping.md, "The sine").
#[derive(Clone, Debug, PartialEq)]
pub struct Sine {
    parity: Parity,
    range: u32,
    doublings: usize,
    coefficients: Vec<f64>,
    arcsine: Option<Vec<f64>>,
}

/// Levels of the polynomial: its highest power of two is the sixteenth in `v`, and leaves are a level below their powers.
const POLYNOMIAL_LEVELS: usize = 5;
/// Chebyshev coefficients of an odd polynomial in `v`, and of one in `T_2(v)`, which is then even in `v`.
const ODD_TERMS: usize = 32;
const EVEN_TERMS: usize = 16;
/// Chebyshev coefficients of the arcsine's polynomial, and the levels that it takes.
const ARCSINE_TERMS: usize = 8;
const ARCSINE_LEVELS: usize = ARCSINE_TERMS.ilog2() as usize;
/// More would take more levels than there are.
const MOST_DOUBLINGS: usize = 8;
const MOST_RANGE: u32 = 64;

impl Sine {
    /// The sine for values of q' that are wrapped around fewer than `range` times (K).
    ///
    /// # Errors
    /// `OutOfBounds` for a range of 0 or more than 64, or more than eight doublings.
    pub fn new(parity: Parity, range: u32, doublings: usize) -> Result<Sine> {
        Argument::SineRange.check_count(range as usize, 1, Some(MOST_RANGE as usize))?;
        Argument::Doublings.check_count(doublings, 1, Some(MOST_DOUBLINGS))?;
        let turn = 2.0 * PI * f64::from(range) / (doublings as f64).exp2();
        let coefficients = match parity {
            Parity::Odd => odd_chebyshev(ODD_TERMS, |v| (turn * v).sin()),
            Parity::Even => chebyshev(EVEN_TERMS, |c| (turn * ((1.0 + c) / 2.0).sqrt()).cos()),
        };
        Ok(Sine { parity, range, doublings, coefficients, arcsine: None })
    }

    /// Followed by the arcsine, `s + s^3/6 + 3 s^5/40 + 5 s^7/112` in three more levels, which takes out the sine's bend. Messages may
    /// then be larger, so that noise is less of them: at a ratio of 5 or 6 bits in place of 11.
    ///
    /// Source: Lee, Lee, Lee, Kim and No 2021 ("High-precision bootstrapping of RNS-CKKS homomorphic encryption using optimal minimax
    /// polynomial approximation and inverse sine function").
    pub fn with_arcsine(self) -> Sine {
        Sine { arcsine: Some(odd_chebyshev(ARCSINE_TERMS, arcsine)), ..self }
    }

    /// Which polynomial comes before the doublings.
    pub fn parity(&self) -> Parity {
        self.parity
    }

    /// K: multiples of q' below it are removed.
    pub fn range(&self) -> f64 {
        f64::from(self.range)
    }

    /// Doublings of the angle after the polynomial.
    pub fn doublings(&self) -> usize {
        self.doublings
    }

    /// The levels that it takes in all.
    pub fn levels(&self) -> usize {
        POLYNOMIAL_LEVELS + self.doublings + self.arcsine_levels()
    }

    /// Those of the arcsine.
    pub(super) fn arcsine_levels(&self) -> usize {
        if self.arcsine.is_some() { ARCSINE_LEVELS } else { 0 }
    }

    /// What becomes of an angle without noise: the sine, or its arcsine's polynomial.
    pub(super) fn of(&self, angle: f64) -> f64 {
        if self.arcsine.is_some() { arcsine(angle.sin()) } else { angle.sin() }
    }

    /// The polynomial of the arcsine in Chebyshev form.
    pub(super) fn arcsine_coefficients(&self) -> Option<&[f64]> {
        self.arcsine.as_deref()
    }

    /// The polynomial in Chebyshev form: in `v` if it is odd, in `T_2(v)` if it is even.
    pub(super) fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The largest power of two of the Chebyshev polynomials that are multiplied, which halves the number of coefficients.
    pub(super) fn highest_power(&self) -> usize {
        self.coefficients.len() / 2
    }
}

/// The first terms of its series: the next one is `35/1152 s^9`.
fn arcsine(s: f64) -> f64 {
    let square = s * s;
    s * (1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0 + square * (5.0 / 112.0))))
}

/// The interpolation of an odd function: every other coefficient is 0, but for rounding errors.
fn odd_chebyshev(terms: usize, f: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut coefficients = chebyshev(terms, f);
    coefficients.iter_mut().step_by(2).for_each(|c| *c = 0.0);
    coefficients
}

/// The interpolation of a function at the Chebyshev nodes.
fn chebyshev(terms: usize, f: impl Fn(f64) -> f64) -> Vec<f64> {
    let count = terms as f64;
    let angle = |k: usize| PI * (k as f64 + 0.5) / count;
    let coefficient = |j: usize| {
        let sum: f64 = (0..terms).map(|k| f(angle(k).cos()) * (j as f64 * angle(k)).cos()).sum();
        sum * if j == 0 { 1.0 } else { 2.0 } / count
    };
    (0..terms).map(coefficient).collect()
}
