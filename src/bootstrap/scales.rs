//! Arithmetic at scales that the caller states.
//!
//! A bootstrap's primes are not near the scales of its values, so canonical scales would explode; every step says the scale
//! of its result, and constants absorb what is between.

use crate::{
    CircuitError, Level, Result,
    backend::{Evaluate, Slots},
};

/// Scales that agree up to this relative error are the same number computed in another order.
const TOLERANCE: f64 = 1e-11;

/// A backend with operations that take a scale.
pub(super) struct Scales<'a, E: Evaluate>(pub &'a E);

impl<E: Evaluate> Scales<'_, E> {
    /// `c x` at exactly `level` and `scale`.
    pub fn multiple(&self, x: &E::Ciphertext, c: f64, level: Level, scale: f64) -> Result<E::Ciphertext> {
        let above = Level(level.0 + 1);
        let from = self.drop_to(x, above)?;
        let factor_scale = scale * self.0.chain().prime(above) / self.0.scale(&from);
        // A factor that rounds to zero would be no ciphertext; one unit is far below the noise.
        let c = if (c * factor_scale).abs() < 1.0 { 1.0f64.copysign(c) / factor_scale } else { c };
        let mut sums = self.0.weighted_sums(&[(&from, &[c])], factor_scale)?;
        let mut product = sums.pop().ok_or(CircuitError::Empty { op: "weighted sum" })?;
        self.0.rescale_inplace(&mut product)?;
        self.correct(&mut product, scale)?;
        Ok(product)
    }

    /// `x += c`.
    pub fn add_constant(&self, x: &mut E::Ciphertext, c: f64) -> Result<()> {
        let plain = self.0.encode(&Slots::Constant(c), self.0.level(x), self.0.scale(x))?;
        self.0.add_plain_inplace(x, &plain)
    }

    /// `x += y`, whose scales agree up to the order in which they were computed.
    pub fn add(&self, x: &mut E::Ciphertext, y: &E::Ciphertext) -> Result<()> {
        let (expected, actual) = (self.0.scale(x), self.0.scale(y));
        if expected == actual {
            return self.0.add_inplace(x, y);
        }
        let mut y = y.clone();
        self.correct(&mut y, expected)?;
        self.0.add_inplace(x, &y)
    }

    /// `2 x^2 - 1`, a level below.
    pub fn double_angle(&self, x: &E::Ciphertext) -> Result<E::Ciphertext> {
        let square = self.0.product_sum(&[(x, x)])?;
        let mut twice = square.clone();
        self.0.add_inplace(&mut twice, &square)?;
        self.add_constant(&mut twice, -1.0)?;
        Ok(twice)
    }

    /// The scale whose product with that of `x` is `product`, so that products of several pairs agree to the last bit. The
    /// scale of `x` may change by its last bit.
    pub fn partner(&self, x: &mut E::Ciphertext, product: f64) -> Result<f64> {
        let scale = self.0.scale(x);
        let other = product / scale;
        let near = |s: f64| [s, s.next_up(), s.next_down()];
        let pairs = near(scale).into_iter().flat_map(|a| near(other).map(|b| (a, b)));
        let (own, other) = pairs.into_iter().find(|(a, b)| a * b == product).unwrap_or((scale, other));
        self.correct(x, own)?;
        Ok(other)
    }

    /// Writes back the scale that was computed in another order.
    pub fn correct(&self, x: &mut E::Ciphertext, expected: f64) -> Result<()> {
        let actual = self.0.scale(x);
        if (actual / expected - 1.0).abs() > TOLERANCE {
            return Err(CircuitError::ScaleMismatch { op: "bootstrap", expected, actual }.into());
        }
        self.0.set_scale(x, expected)
    }

    /// `x` at a level, which is not above its own.
    pub fn drop_to(&self, x: &E::Ciphertext, needed: Level) -> Result<E::Ciphertext> {
        let actual = self.0.level(x);
        match actual.cmp(&needed) {
            std::cmp::Ordering::Less => Err(CircuitError::NoLevelLeft { op: "bootstrap", needed, actual }.into()),
            std::cmp::Ordering::Equal => Ok(x.clone()),
            std::cmp::Ordering::Greater => self.0.drop_to(x, needed),
        }
    }
}
