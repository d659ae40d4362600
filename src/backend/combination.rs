//! Sums of products, multiples and a constant at a stated scale: what a polynomial is made of where scales are not canonical.

use super::{Evaluate, Slots};
use crate::{CircuitError, Level, Result};

/// `sum_i x_i y_i + sum_j k_j z_j + c`, a node of a polynomial that is evaluated at stated scales.
#[derive(Clone, Copy, Debug)]
pub struct Combination<'a, C> {
    /// Pairs of factors. A product that counts twice may stand here twice.
    pub products: &'a [(&'a C, &'a C)],
    /// Values with their real factors, which are rounded to integers at the scale that brings them to that of the products.
    pub multiples: &'a [(&'a C, f64)],
    /// What is added to every slot.
    pub constant: f64,
}

/// A combination whose products and multiples are each rescaled.
pub(super) fn combine<E: Evaluate + ?Sized>(
    backend: &E,
    terms: &Combination<'_, E::Ciphertext>,
    level: Level,
    scale: f64,
) -> Result<E::Ciphertext> {
    let high = scale * backend.chain().prime(level);
    let mut sum = None;
    if let Some(mut multiples) = add_multiples(backend, None, terms, level, high)? {
        backend.rescale_inplace(&mut multiples)?;
        corrected(backend, &mut multiples, scale)?;
        sum = Some(multiples);
    }
    if !terms.products.is_empty() {
        let pairs = pairs(backend, terms, level, high)?;
        let mut products = backend.product_sum(&pairs.iter().map(|(x, y)| (x, y)).collect::<Vec<_>>())?;
        corrected(backend, &mut products, scale)?;
        add(backend, &mut sum, products)?;
    }
    add_constant(backend, sum.ok_or(CircuitError::Empty { op: OP })?, terms.constant)
}

const OP: &str = "combination";

/// The factors of the products, at the level, and with scales whose product is exactly `high`.
pub(super) fn pairs<E: Evaluate + ?Sized>(
    backend: &E,
    terms: &Combination<'_, E::Ciphertext>,
    level: Level,
    high: f64,
) -> Result<Vec<(E::Ciphertext, E::Ciphertext)>> {
    let pair = |(x, y): &(&E::Ciphertext, &E::Ciphertext)| {
        let (x, mut y) = (dropped(backend, x, level)?, dropped(backend, y, level)?);
        let partner = high / backend.scale(&x);
        corrected(backend, &mut y, partner)?;
        Ok((x, y))
    };
    terms.products.iter().map(pair).collect()
}

/// `sum` and all multiples, at the scale `high`; `None` if there is neither.
pub(super) fn add_multiples<E: Evaluate + ?Sized>(
    backend: &E,
    mut sum: Option<E::Ciphertext>,
    terms: &Combination<'_, E::Ciphertext>,
    level: Level,
    high: f64,
) -> Result<Option<E::Ciphertext>> {
    for &(z, factor) in terms.multiples {
        let z = dropped(backend, z, level)?;
        let mut sums = backend.weighted_sums(&[(&z, &[factor])], high / backend.scale(&z))?;
        let mut multiple = sums.pop().ok_or(CircuitError::Empty { op: OP })?;
        corrected(backend, &mut multiple, high)?;
        add(backend, &mut sum, multiple)?;
    }
    Ok(sum)
}

/// `x + constant` in every slot.
pub(super) fn add_constant<E: Evaluate + ?Sized>(
    backend: &E,
    mut x: E::Ciphertext,
    constant: f64,
) -> Result<E::Ciphertext> {
    if constant != 0.0 {
        let at = backend.encoding_level(backend.level(&x));
        let constant = backend.encode(&Slots::Constant(constant), at, backend.scale(&x))?;
        backend.add_plain_inplace(&mut x, &constant)?;
    }
    Ok(x)
}

fn add<E: Evaluate + ?Sized>(backend: &E, sum: &mut Option<E::Ciphertext>, x: E::Ciphertext) -> Result<()> {
    match sum {
        None => *sum = Some(x),
        Some(sum) => backend.add_inplace(sum, &x)?,
    }
    Ok(())
}

fn dropped<E: Evaluate + ?Sized>(backend: &E, x: &E::Ciphertext, level: Level) -> Result<E::Ciphertext> {
    match backend.level(x) {
        actual if actual < level => Err(CircuitError::NoLevelLeft { op: OP, needed: level, actual }.into()),
        actual if actual == level => Ok(x.clone()),
        _ => backend.drop_to(x, level),
    }
}

/// Writes back a scale that was computed in another order.
pub(super) fn corrected<E: Evaluate + ?Sized>(backend: &E, x: &mut E::Ciphertext, expected: f64) -> Result<()> {
    let actual = backend.scale(x);
    match (actual / expected - 1.0).abs() <= COMBINED_TOLERANCE {
        true => backend.set_scale(x, expected),
        false => Err(CircuitError::ScaleMismatch { op: OP, expected, actual }.into()),
    }
}

/// Scales of a combination that agree up to this relative error are the same number computed in another order.
const COMBINED_TOLERANCE: f64 = 1.0 / (1u64 << 40) as f64;
