//! Products of packed matrices in any layouts.

use super::{
    Conversion, MatrixLayout, SlotAxis, SumMode,
    axis_sum::AxisSum,
    matrix_layout::{Index, Outside},
};
use crate::{
    Level, PackingError, Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale},
    parallel,
};

/// `C = A B^T` for packed `A` (`m x k`) and `B` (`n x k`) that place the common index `k` on the same slots: which
/// ciphertexts are multiplied, along which axes the products are summed, and the layout of `C` (`m x n`).
///
/// Every product of a network has this form. Factors can be read as their transposes at no cost:
///
/// | | A | B | C |
/// |---|---|---|---|
/// | forward `y = W x` for a batch | inputs, `samples x in` | weights, `out x in` | outputs, `samples x out` |
/// | backward `W^T d` | errors, `samples x out` | weights read as `in x out` | `samples x in` |
/// | gradient `d x^T`, over the batch | errors read as `out x samples` | inputs read as `in x samples` | `out x in`, as the weights |
///
/// It takes one level for the products, and one more for each axis that is summed with a mask. Products of all
/// ciphertexts that enter one sum share a relinearisation and a rescale.
#[derive(Clone, Debug)]
pub struct Product {
    left: MatrixLayout,
    right: MatrixLayout,
    /// For each ciphertext of the result, the pairs that are multiplied.
    pairs: Vec<Vec<(usize, usize)>>,
    sums: Vec<AxisSum>,
    result: MatrixLayout,
}

impl Product {
    /// Plans `A B^T`.
    ///
    /// # Errors
    /// `NotAligned` if the columns of A and B are not placed alike; the errors of [`MatrixLayout::entries`], also of the
    /// result.
    pub fn new(a: &MatrixLayout, b: &MatrixLayout) -> Result<Product> {
        a.check()?;
        b.check()?;
        if a.slots() != b.slots() {
            return Err(not_aligned(a, b).into());
        }
        let result = result(a, b);
        result.check()?;
        let pairs = pairs(a, b)?;
        let mut outside = meet(a, b);
        let sums = sums(a, b, &mut outside);
        let result = result.with_outside(outside);
        Ok(Product { left: a.clone(), right: b.clone(), pairs, sums, result })
    }

    /// Plans products of the `k`-th ciphertexts of A and B, each summed over the outermost axis, for factors whose
    /// layouts alone do not determine the places of the common index.
    pub(super) fn in_pairs(
        a: &MatrixLayout,
        b: &MatrixLayout,
        axis: SlotAxis,
        result: MatrixLayout,
    ) -> Result<Product> {
        result.check()?;
        let pairs = (0..a.ciphertexts().min(b.ciphertexts())).map(|k| vec![(k, k)]).collect();
        let sums = vec![AxisSum { axis, mode: SumMode::Cyclic, mask: Slots::Constant(1.0) }];
        Ok(Product { left: a.clone(), right: b.clone(), pairs, sums, result })
    }

    /// Multiplies the masks by a factor. This scales the whole result at no cost, if any sum is masked.
    pub fn weighted(mut self, weight: f64) -> Product {
        for sum in self.sums.iter_mut().filter(|sum| sum.mode == SumMode::Mask).take(1) {
            sum.mask = sum.mask.iter(self.result.slots()).map(|v| v * weight).collect::<Vec<_>>().into();
        }
        self
    }

    /// The layout of the result.
    pub fn result(&self) -> &MatrixLayout {
        &self.result
    }

    /// The modes of its sums, outermost axis first.
    pub fn sum_modes(&self) -> Vec<SumMode> {
        self.sums.iter().map(|sum| sum.mode).collect()
    }

    /// For each ciphertext of the result, which ciphertexts of A and B are multiplied.
    pub fn pairs(&self) -> &[Vec<(usize, usize)>] {
        &self.pairs
    }

    /// The ciphertexts of the result before their sums along axes, each as the factors of its products.
    ///
    /// # Errors
    /// `WrongCount` if the number of ciphertexts is not that of the layouts.
    pub fn terms<'x, A, B>(&self, a: &'x [A], b: &'x [B]) -> Result<Vec<Vec<(&'x A, &'x B)>>> {
        self.left.check_count("the left factor", a)?;
        self.right.check_count("the right factor", b)?;
        let factors = |pairs: &Vec<(usize, usize)>| pairs.iter().map(|&(i, j)| (&a[i], &b[j])).collect();
        Ok(self.pairs.iter().map(factors).collect())
    }

    /// The sums of one ciphertext of products along the axes.
    ///
    /// # Errors
    /// `WrongCount` if the circuit has another number of slots; `MissingRotation` without the keys; `NoLevelLeft`
    /// without a level for each masked sum.
    pub fn sum<E: Evaluate>(&self, c: &Circuit<E>, x: E::Ciphertext) -> Result<E::Ciphertext> {
        self.result.check_slots(c.slots())?;
        self.sums.iter().try_fold(x, |x, sum| sum.apply(c, x))
    }

    /// The whole product, including its sums.
    ///
    /// # Errors
    /// `WrongCount` if the number of ciphertexts is not that of the layouts; `Empty` if there is nothing to multiply;
    /// `MissingRotation` or `NoLevelLeft` if keys or levels are missing.
    pub fn apply<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        a: &[E::Ciphertext],
        b: &[E::Ciphertext],
    ) -> Result<Vec<E::Ciphertext>> {
        parallel::try_map(self.terms(a, b)?, |terms| self.sum(c, c.product_sum(&terms)?))
    }

    /// The product with a clear right factor and a left factor that `turn` makes out of one ciphertext; `add` then adds
    /// the giant steps, if there are any. All of it is one [`linear_transform`](Circuit::linear_transform), which
    /// shares the work of the rotations. Plaintexts of zeros are left out. The result is one level below `x`.
    ///
    /// # Errors
    /// `WrongCount` if the number of plaintexts is not that of the layout; `NotAligned` if the conversions are not
    /// rotations of one ciphertext and a sum of rotations; `Empty` if the clear factor is zero; `MissingRotation`
    /// without the keys.
    pub fn apply_plain<E: Evaluate>(
        &self,
        c: &Circuit<E>,
        turn: &Conversion,
        add: Option<&Conversion>,
        x: &E::Ciphertext,
        b: &[Slots],
    ) -> Result<Vec<E::Ciphertext>> {
        self.right.check_count("the right factor", b)?;
        let babies = rotations(&self.left, turn.result(), turn.rotations_of_one(), self.left.ciphertexts())?;
        let at = Level(c.level(x).0.saturating_sub(1));
        let product = |giants: &[Rotation], groups: &[Vec<(usize, usize)>]| {
            let pairs =
                giants.iter().zip(groups).flat_map(|(giant, pairs)| pairs.iter().map(move |pair| (giant, pair)));
            let terms = pairs.map(|(&giant, &(i, j))| (giant, babies[i], &b[j]));
            let terms: Vec<_> = terms.filter(|(.., plain)| plain.max_abs() > 0.0).collect();
            self.sum(c, c.linear_transform_in_steps(x, &terms, TargetScale::At(at))?)
        };
        match add {
            None => parallel::try_map(&self.pairs, |pairs| product(&[Rotation(0)], std::slice::from_ref(pairs))),
            Some(add) => {
                let giants = rotations(&self.result, add.result(), add.rotations_into_one(), self.pairs.len())?;
                Ok(vec![product(&giants, &self.pairs)?])
            }
        }
    }
}

/// The steps of a conversion that consists of the expected number of rotations.
fn rotations(
    left: &MatrixLayout,
    right: &MatrixLayout,
    steps: Option<Vec<Rotation>>,
    count: usize,
) -> Result<Vec<Rotation>> {
    Ok(steps.filter(|steps| steps.len() == count).ok_or_else(|| not_aligned(left, right))?)
}

/// Groups the ciphertexts of a factor by the coordinates on which its rows depend, in order, with the contribution of
/// the ciphertext to the column.
fn groups(layout: &MatrixLayout) -> Vec<Vec<(usize, i64)>> {
    let followed = followed(layout);
    let count: usize = followed.iter().map(|&c| layout.extents()[c]).product();
    let mut groups = vec![Vec::new(); count];
    for ciphertext in 0..layout.ciphertexts() {
        let coordinates = layout.coordinates(ciphertext);
        let group = followed.iter().fold(0, |group, &c| group * layout.extents()[c] + coordinates[c]);
        groups[group].push((ciphertext, layout.columns().of_ciphertext(&coordinates)));
    }
    groups
}

/// The coordinates on which the rows depend.
fn followed(layout: &MatrixLayout) -> Vec<usize> {
    (0..layout.extents().len()).filter(|&c| layout.rows().follows_coordinate(c)).collect()
}

/// The ciphertexts to multiply: those with equal columns.
fn pairs(a: &MatrixLayout, b: &MatrixLayout) -> Result<Vec<Vec<(usize, usize)>>> {
    let (k, l) = (a.columns(), b.columns());
    let both_live = (0..a.slots()).filter(|&slot| a.is_live(slot) && b.is_live(slot));
    let agree = |slot| k.reduce(k.of_slot(slot) - l.of_slot(slot)) == 0;
    if k.period() != l.period() || !both_live.into_iter().all(agree) {
        return Err(not_aligned(a, b).into());
    }
    let (left, right) = (groups(a), groups(b));
    let mut pairs = Vec::with_capacity(left.len() * right.len());
    for left in &left {
        for right in &right {
            let agree = |&(i, x): &(usize, i64)| {
                right.iter().filter(move |(_, y)| k.reduce(x - y) == 0).map(move |&(j, _)| (i, j))
            };
            pairs.push(left.iter().flat_map(agree).collect());
        }
    }
    if pairs.iter().any(Vec::is_empty) { Err(not_aligned(a, b).into()) } else { Ok(pairs) }
}

fn not_aligned(left: &MatrixLayout, right: &MatrixLayout) -> PackingError {
    PackingError::NotAligned { left: left.to_string(), right: right.to_string() }
}

/// The slots outside the live ranges of a product: zero where one factor is zero. Slots that may hold anything are not
/// a guard, so sums next to them are masked.
fn meet(a: &MatrixLayout, b: &MatrixLayout) -> Vec<Outside> {
    let mut all: Vec<Outside> = Vec::new();
    for (layout, other) in [(a, b), (b, a)] {
        for outside in layout.outside() {
            let same = |o: &&Outside| o.axis == outside.axis && o.range == outside.range;
            let zero = outside.zero || other.outside().iter().filter(same).any(|o| o.zero);
            if all.iter().find(|o| same(o)).is_none() {
                all.push(Outside { zero, ..outside.clone() });
            }
        }
    }
    all
}

/// The axes to sum along, the outermost first.
fn sums(a: &MatrixLayout, b: &MatrixLayout, outside: &mut [Outside]) -> Vec<AxisSum> {
    let bits = a.slots().trailing_zeros();
    let summed = |bit| a.columns().follows_bit(bit) && !a.rows().follows_bit(bit) && !b.rows().follows_bit(bit);
    let kept = |bit| a.rows().follows_bit(bit) || b.rows().follows_bit(bit);
    let mut sums = Vec::new();
    let mut high = bits;
    while high > 0 {
        if !summed(high - 1) {
            high -= 1;
            continue;
        }
        let low = (0..high).rev().find(|&bit| !summed(bit)).map_or(0, |bit| bit + 1);
        let axis = SlotAxis { extent: 1 << (high - low), stride: 1 << low };
        let further_out = |o: &Outside| o.axis.bits().end > high;
        let guard = SlotAxis { extent: 2 * axis.extent, ..axis };
        let guard = outside.iter().position(|o| o.zero && o.axis == guard && o.range == (0..axis.extent));
        let mode = match guard {
            _ if !(high..bits).any(kept) && !outside.iter().any(further_out) => SumMode::Cyclic,
            Some(guard) => {
                outside[guard].zero = false;
                SumMode::Guard
            }
            None => SumMode::Mask,
        };
        let live = |slot| outside.iter().all(|o| o.range.contains(&o.axis.position(slot)));
        let mask: Vec<f64> = match mode {
            SumMode::Mask => {
                let first = |slot| if axis.position(slot) == 0 && live(slot) { 1.0 } else { 0.0 };
                (0..a.slots()).map(first).collect()
            }
            _ => Vec::new(),
        };
        if mode == SumMode::Mask {
            outside.iter_mut().for_each(|o| o.zero = true);
        }
        sums.push(AxisSum { axis, mode, mask: mask.into() });
        high = low;
    }
    sums
}

/// The rows of both factors, with the coordinates on which they depend.
fn result(a: &MatrixLayout, b: &MatrixLayout) -> MatrixLayout {
    let (left, right) = (followed(a), followed(b));
    let number = |followed: &[usize], first: usize, index: &Index| {
        index.renumbered(|c| followed.iter().position(|&f| f == c).map(|place| first + place))
    };
    let rows = number(&left, 0, a.rows());
    let columns = number(&right, left.len(), b.rows());
    let extents: Vec<usize> =
        left.iter().map(|&c| a.extents()[c]).chain(right.iter().map(|&c| b.extents()[c])).collect();
    MatrixLayout::new(a.slots(), rows, columns).grid(&extents)
}
