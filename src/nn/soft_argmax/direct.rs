//! The softmax of three classes as one polynomial in two variables.

use crate::{Result, nn::polynomial::BivariatePolynomial};

/// Steps of the grid from 0 to D.
const STEPS: i32 = 40;

/// `p_0` of centred logits of a spread up to `range`, as a polynomial of `u = x_0 / (2D/3)` and `v = (x_1 - x_2) / D`.
/// It is even in `v`, because the other two classes are interchangeable, and serves every class with its own `u` and
/// `v`.
///
/// Fitted on the logits `(0, D p/40, D q/40)` with `q >= p`; the other half is the same by symmetry.
pub fn fit(degree: usize, range: f64) -> Result<BivariatePolynomial> {
    let mut points = Vec::new();
    for p in -STEPS..=STEPS {
        for q in p..=STEPS {
            if p.max(q).max(0) - p.min(q).min(0) > STEPS {
                continue;
            }
            let (p, q) = (f64::from(p) / f64::from(STEPS), f64::from(q) / f64::from(STEPS));
            let value = 1.0 / (1.0 + (range * p).exp() + (range * q).exp());
            // x_0 - mean = -D (p + q) / 3.
            points.push((-(p + q) / 2.0, p - q, value));
        }
    }
    BivariatePolynomial::fit_even(&points, degree)
}
