//! What a backend computes merged, computed by single operations: the provided methods of [`Evaluate`], for a backend that
//! overrides one and wants it for what it does not merge, and the required ones for a backend that is [`Unscaled`].

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Combination, Evaluate, Slots, TransformTerm,
    combination::{add_constant, add_multiples, corrected, pairs},
};
use crate::{CircuitError, Level, Result, Rotation};

/// A backend that has products before they are relinearised and rescaled. The functions of this module make the merged
/// operations of [`Evaluate`] from these, so that such a backend need not write them.
pub trait Unscaled: Evaluate {
    /// `x y`, slot by slot, at the product of the scales.
    ///
    /// # Errors
    /// Those of the backend.
    fn multiply_plain(&self, x: &Self::Ciphertext, y: &Self::Plaintext) -> Result<Self::Ciphertext>;

    /// `sum_i x_i y_i`, with three polynomials, at the product of the scales, which is the same for all terms.
    ///
    /// # Errors
    /// `Empty` without terms.
    fn multiply_sum(&self, terms: &[(&Self::Ciphertext, &Self::Ciphertext)]) -> Result<Self::Ciphertext>;

    /// Reduces three polynomials to two.
    ///
    /// # Errors
    /// Those of the backend.
    fn relinearize_inplace(&self, x: &mut Self::Ciphertext) -> Result<()>;
}

/// [`Evaluate::product_sum`].
///
/// # Errors
/// Those of the operations; `Empty` without terms.
pub fn product_sum<E: Unscaled + ?Sized>(
    backend: &E,
    terms: &[(&E::Ciphertext, &E::Ciphertext)],
) -> Result<E::Ciphertext> {
    let mut sum = backend.multiply_sum(terms)?;
    backend.relinearize_inplace(&mut sum)?;
    backend.rescale_inplace(&mut sum)?;
    Ok(sum)
}

/// [`Evaluate::plain_product_sum`].
///
/// # Errors
/// Those of the operations; `Empty` without terms.
pub fn plain_product_sum<E: Unscaled + ?Sized>(
    backend: &E,
    terms: &[(&E::Ciphertext, &E::Plaintext)],
) -> Result<E::Ciphertext> {
    let mut products = terms.iter().map(|(x, p)| backend.multiply_plain(x, p));
    let mut sum = products.next().unwrap_or_else(|| Err(CircuitError::Empty { op: "plaintext product" }.into()))?;
    for product in products {
        let mut product = product?;
        // Equal up to the last bits: the same product of scales in another order.
        backend.set_scale(&mut product, backend.scale(&sum))?;
        backend.add_inplace(&mut sum, &product)?;
    }
    backend.rescale_inplace(&mut sum)?;
    Ok(sum)
}

/// [`Evaluate::weighted_sums`], with encoded constants.
///
/// # Errors
/// Those of the operations; `Empty` without terms.
pub fn weighted_sums<E: Unscaled + ?Sized>(
    backend: &E,
    terms: &[(&E::Ciphertext, &[f64])],
    scale: f64,
) -> Result<Vec<E::Ciphertext>> {
    let op = "weighted sum";
    let sums = terms.first().ok_or(CircuitError::Empty { op })?.1.len();
    let sum_of = |j: usize| {
        let weight = |weights: &[f64]| weights.get(j).copied().unwrap_or(0.0);
        // A product with zero could be read without a key.
        let kept = terms.iter().map(|&(x, weights)| (x, weight(weights))).filter(|(_, w)| (w * scale).abs() >= 0.5);
        let mut sum: Option<E::Ciphertext> = None;
        for (x, weight) in kept {
            let plain = backend.encode(&Slots::Constant(weight), backend.level(x), scale)?;
            let product = backend.multiply_plain(x, &plain)?;
            match &mut sum {
                None => sum = Some(product),
                Some(sum) => backend.add_inplace(sum, &product)?,
            }
        }
        Ok(sum.ok_or(CircuitError::Transparent { op, scale })?)
    };
    (0..sums).map(sum_of).collect()
}

/// [`Evaluate::combine_rescale`], with one rescale.
///
/// # Errors
/// `NoLevelLeft` for factors below the level, `ScaleMismatch` where scales do not lead to that of the result, `Empty` without
/// products and multiples.
pub fn combine_rescale<E: Unscaled + ?Sized>(
    backend: &E,
    terms: &Combination<'_, E::Ciphertext>,
    level: Level,
    scale: f64,
) -> Result<E::Ciphertext> {
    let high = scale * backend.chain().prime(level);
    let mut products = None;
    if !terms.products.is_empty() {
        let pairs = pairs(backend, terms, level, high)?;
        let mut sum = backend.multiply_sum(&pairs.iter().map(|(x, y)| (x, y)).collect::<Vec<_>>())?;
        backend.relinearize_inplace(&mut sum)?;
        corrected(backend, &mut sum, high)?;
        products = Some(sum);
    }
    let sum = add_multiples(backend, products, terms, level, high)?;
    let mut sum = sum.ok_or(CircuitError::Empty { op: "combination" })?;
    backend.rescale_inplace(&mut sum)?;
    corrected(backend, &mut sum, scale)?;
    add_constant(backend, sum, terms.constant)
}

/// [`Evaluate::add_rotations`].
///
/// # Errors
/// Those of the operations.
pub fn add_rotations<E: Evaluate + ?Sized>(
    backend: &E,
    mut x: E::Ciphertext,
    rotations: &[Rotation],
) -> Result<E::Ciphertext> {
    for &step in rotations {
        let rotated = backend.rotate(&x, step)?;
        backend.add_inplace(&mut x, &rotated)?;
    }
    Ok(x)
}

/// [`Evaluate::sum_rotations`].
///
/// # Errors
/// Those of the operations; `Empty` without terms.
pub fn sum_rotations<E: Evaluate + ?Sized>(backend: &E, terms: &[(&E::Ciphertext, Rotation)]) -> Result<E::Ciphertext> {
    let rotated = |&(x, step): &(&E::Ciphertext, Rotation)| match step {
        Rotation(0) => Ok(x.clone()),
        step => backend.rotate(x, step),
    };
    let mut terms = terms.iter().map(rotated);
    let first = terms.next().ok_or(CircuitError::Empty { op: "sum of rotations" })??;
    terms.try_fold(first, |mut sum, term| {
        backend.add_inplace(&mut sum, &term?)?;
        Ok(sum)
    })
}

/// [`Evaluate::linear_transform`]: groups are rescaled before they are rotated.
///
/// # Errors
/// Those of the operations; `Empty` without terms.
pub fn linear_transform<E: Evaluate + ?Sized>(
    backend: &E,
    x: &E::Ciphertext,
    terms: &[TransformTerm<'_, E::Plaintext>],
) -> Result<E::Ciphertext> {
    let babies: BTreeSet<Rotation> = terms.iter().map(|term| term.baby).filter(|step| step.0 != 0).collect();
    let babies: Vec<Rotation> = babies.into_iter().collect();
    let rotated: BTreeMap<Rotation, E::Ciphertext> =
        babies.iter().copied().zip(backend.rotate_many(x, &babies)?).collect();
    let mut groups: BTreeMap<Rotation, Vec<_>> = BTreeMap::new();
    for term in terms {
        let factor = rotated.get(&term.baby).unwrap_or(x); // step 0 is not among them
        groups.entry(term.giant).or_default().push((factor, term.plaintext));
    }
    let mut sums = Vec::with_capacity(groups.len());
    for (giant, terms) in groups {
        let mut sum = backend.plain_product_sum(&terms)?;
        if let Some((first, _)) = sums.first() {
            backend.set_scale(&mut sum, backend.scale(first))?; // equal to the last bits, as in `plain_product_sum`
        }
        sums.push((sum, giant));
    }
    if matches!(sums[..], [(_, Rotation(0))]) {
        return Ok(sums.swap_remove(0).0);
    }
    backend.sum_rotations(&sums.iter().map(|(sum, giant)| (sum, *giant)).collect::<Vec<_>>())
}
