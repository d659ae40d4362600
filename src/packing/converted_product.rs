//! Products of packed matrices whose factors are converted first.

use super::{Conversion, MatrixLayout, Product};
use crate::{
    Level, Result,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    parallel,
};

/// `C = A B^T`, where A and B are first converted through other layouts and the parts of C may be combined afterwards.
/// This is for packings that do not leave a result in the layout of the next product.
///
/// It takes one level for the product and one for each masked conversion on the longer path; see [`Product`] and
/// [`Conversion`]. The factor on the shorter path is dropped before it is rotated.
#[derive(Clone, Debug)]
pub struct ConvertedProduct {
    left: Vec<Conversion>,
    right: Vec<Conversion>,
    product: Product,
    after: Option<Conversion>,
}

/// The converted factors of a [`ConvertedProduct`].
#[derive(Clone, Debug)]
pub struct Factors<C> {
    left: Vec<C>,
    right: Vec<C>,
}

impl ConvertedProduct {
    /// Converts A through the layouts `a` and B through the layouts `b`, and multiplies the results.
    ///
    /// # Errors
    /// `NoSource` if a conversion is not possible; `NotAligned` if the last layouts do not place their common index
    /// alike.
    pub fn new(a: &[MatrixLayout], b: &[MatrixLayout]) -> Result<ConvertedProduct> {
        let way = |layouts: &[MatrixLayout]| -> Result<Vec<Conversion>> {
            layouts.windows(2).map(|pair| Conversion::new(&pair[0], &pair[1])).collect()
        };
        let nowhere = || crate::PackingError::WrongCount { what: "layouts".into(), expected: 1, actual: 0 };
        let (last, other) = (a.last().ok_or_else(nowhere)?, b.last().ok_or_else(nowhere)?);
        Ok(ConvertedProduct { left: way(a)?, right: way(b)?, product: Product::new(last, other)?, after: None })
    }

    /// Constructs it from its parts.
    pub(super) fn of(left: Conversion, right: Conversion, product: Product) -> ConvertedProduct {
        ConvertedProduct { left: vec![left], right: vec![right], product, after: None }
    }

    /// Converts the result to a layout.
    ///
    /// # Errors
    /// `NoSource` if the layout contains an entry that the result does not; `NotAligned` if the numbers of slots
    /// differ.
    pub fn brought_to(self, layout: &MatrixLayout) -> Result<ConvertedProduct> {
        let after = Some(Conversion::new(self.product.result(), layout)?);
        Ok(ConvertedProduct { after, ..self })
    }

    /// The layout of the result.
    pub fn result(&self) -> &MatrixLayout {
        self.after.as_ref().map_or(self.product.result(), Conversion::result)
    }

    /// The highest level at which the factors can be multiplied, with `weight` on B.
    pub fn level<E: Evaluate>(&self, c: &Circuit<E>, a: &[E::Ciphertext], b: &[E::Ciphertext], weight: f64) -> Level {
        let lowest = |x: &[E::Ciphertext]| x.iter().map(|x| c.level(x).0).min().unwrap_or(0);
        let left = lowest(a).saturating_sub(masks(&self.left));
        Level(left.min(lowest(b).saturating_sub(masks(&self.right) + usize::from(weight != 1.0))))
    }

    /// Converts A and `weight B` for a product at level `at`.
    ///
    /// # Errors
    /// `WrongCount` if the number of ciphertexts is not that of the layouts; `MissingRotation` or `NoLevelLeft` if keys
    /// or levels are missing.
    pub fn factors<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        a: &[E::Ciphertext],
        b: &[E::Ciphertext],
        weight: f64,
        at: Level,
    ) -> Result<Factors<E::Ciphertext>> {
        let left = lead(c, &self.left, a, at)?;
        let direct = self.right.is_empty();
        let target = |_: &E::Ciphertext| match left.first() {
            // The scale of B alone corrects that of the product, so A is only dropped.
            Some(partner) if direct => TargetScale::For { partner, at },
            _ => TargetScale::At(Level(at.0.saturating_add(masks(&self.right)))),
        };
        let weigh = |b: &E::Ciphertext| {
            if weight == 1.0 && (!direct || c.level(b) == at) {
                return Ok(b.clone());
            }
            c.multiply_plain(b, &Slots::Constant(weight), target(b))
        };
        let weighted = parallel::try_map(b, weigh)?;
        let right = lead(c, &self.right, &weighted, at)?;
        Ok(Factors { left, right })
    }

    /// The sum of several products, with one relinearisation per ciphertext, and its parts combined.
    ///
    /// # Errors
    /// `Empty` without products; `WrongCount` if the number of ciphertexts is not that of the layouts;
    /// `MissingRotation` or `NoLevelLeft` if keys or levels are missing.
    pub fn sum<E: Evaluate>(&self, c: &Circuit<E>, factors: &[Factors<E::Ciphertext>]) -> Result<Vec<E::Ciphertext>> {
        let mut terms: Vec<Vec<_>> = vec![Vec::new(); self.product.pairs().len()];
        for Factors { left, right } in factors {
            let more = self.product.terms(left, right)?;
            terms.iter_mut().zip(more).for_each(|(terms, more)| terms.extend(more));
        }
        let sum = |terms: &Vec<_>| self.product.sum(c, c.product_sum(terms)?);
        let sums = parallel::try_map(&terms, sum)?;
        self.after.as_ref().map_or(Ok(sums.clone()), |after| after.apply(c, &sums))
    }

    /// The product `A (weight B)^T`.
    ///
    /// # Errors
    /// `WrongCount` if the number of ciphertexts is not that of the layouts; `MissingRotation` or `NoLevelLeft` if keys
    /// or levels are missing.
    pub fn apply<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        a: &[E::Ciphertext],
        b: &[E::Ciphertext],
        weight: f64,
    ) -> Result<Vec<E::Ciphertext>> {
        self.sum(c, &[self.factors(c, a, b, weight, self.level(c, a, b, weight))?])
    }
}

/// The number of levels of a path.
fn masks(way: &[Conversion]) -> usize {
    way.iter().filter(|conversion| conversion.is_masked()).count()
}

/// Applies all conversions; the result of the last one is at level `at`.
fn lead<E: Evaluate>(c: &Circuit<E>, way: &[Conversion], x: &[E::Ciphertext], at: Level) -> Result<Vec<E::Ciphertext>> {
    (0..way.len()).try_fold(x.to_vec(), |x, i| way[i].apply_at(c, &x, Level(at.0.saturating_add(masks(&way[i + 1..])))))
}
