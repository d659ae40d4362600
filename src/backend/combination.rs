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

/// A combination, computed by single operations with one rescale.
pub(super) fn combine_apart<E: Evaluate + ?Sized>(
    backend: &E,
    terms: &Combination<'_, E::Ciphertext>,
    level: Level,
    scale: f64,
) -> Result<E::Ciphertext> {
    let op = "combination";
    let high = scale * backend.chain().prime(level);
    let dropped = |x: &E::Ciphertext| match backend.level(x) {
        actual if actual < level => Err(CircuitError::NoLevelLeft { op, needed: level, actual }.into()),
        actual if actual == level => Ok(x.clone()),
        _ => backend.drop_to(x, level),
    };
    // Scales that were computed in another order are written back.
    let corrected = |x: &mut E::Ciphertext, expected: f64| {
        let actual = backend.scale(x);
        match (actual / expected - 1.0).abs() <= COMBINED_TOLERANCE {
            true => backend.set_scale(x, expected),
            false => Err(CircuitError::ScaleMismatch { op, expected, actual }.into()),
        }
    };
    let mut sum = None;
    if !terms.products.is_empty() {
        let pair = |(x, y): &(&E::Ciphertext, &E::Ciphertext)| {
            let (x, mut y) = (dropped(x)?, dropped(y)?);
            let partner = high / backend.scale(&x);
            corrected(&mut y, partner)?;
            Ok((x, y))
        };
        let pairs = terms.products.iter().map(pair).collect::<Result<Vec<_>>>()?;
        let mut products = backend.multiply_sum(&pairs.iter().map(|(x, y)| (x, y)).collect::<Vec<_>>())?;
        backend.relinearize_inplace(&mut products)?;
        corrected(&mut products, high)?;
        sum = Some(products);
    }
    for &(z, factor) in terms.multiples {
        let z = dropped(z)?;
        let mut sums = backend.weighted_sums(&[(&z, &[factor])], high / backend.scale(&z))?;
        let mut multiple = sums.pop().ok_or(CircuitError::Empty { op })?;
        corrected(&mut multiple, high)?;
        match &mut sum {
            None => sum = Some(multiple),
            Some(sum) => backend.add_inplace(sum, &multiple)?,
        }
    }
    let mut sum = sum.ok_or(CircuitError::Empty { op })?;
    backend.rescale_inplace(&mut sum)?;
    corrected(&mut sum, scale)?;
    if terms.constant != 0.0 {
        let constant = backend.encode(&Slots::Constant(terms.constant), backend.level(&sum), scale)?;
        backend.add_plain_inplace(&mut sum, &constant)?;
    }
    Ok(sum)
}

/// Scales of a combination that agree up to this relative error are the same number computed in another order.
const COMBINED_TOLERANCE: f64 = 1.0 / (1u64 << 40) as f64;
