//! Sums over a slot axis, by doubling.

use crate::{
    Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale, doublings},
};

/// `y[s] = sum_{j < count} x[s + j stride]`, cyclically, with `log2(count)` rotations and no level.
///
/// Over the outermost axis (`count * stride` slots in total) this is the total, replicated along the axis at no cost.
///
/// # Errors
/// `BadSumLength` unless `count` is a power of two and `count * stride` at most the number of slots; rotation keys for `stride 2^i` are needed.
pub fn sum_left<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, count: usize, stride: usize) -> Result<E::Ciphertext> {
    c.add_rotations(x, &doublings(count, stride, c.slots())?)
}

/// `y[s] = sum_{j < count} x[s - j stride]`, like [`sum_left`] with rotations to the right.
///
/// # Errors
/// As [`sum_left`]; rotation keys for `-stride 2^i` are needed.
pub fn sum_right<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, count: usize, stride: usize) -> Result<E::Ciphertext> {
    c.add_rotations(x, &doublings_to_the_right(count, stride, c.slots())?)
}

/// The rotations of [`sum_right`].
pub(super) fn doublings_to_the_right(count: usize, stride: usize, slots: usize) -> Result<Vec<Rotation>> {
    Ok(doublings(count, stride, slots)?.into_iter().map(|Rotation(step)| Rotation(-step)).collect())
}

/// The sum over an inner axis, replicated along it: sum to the left, keep position 0 by `mask` (which may contain
/// weights), and copy to the right. This takes `2 log2(count)` rotations and one level for the mask.
///
/// # Errors
/// As [`sum_left`]; rotation keys for `+-stride 2^i` are needed; a level must be left.
pub fn sum_replicated<E: Evaluate>(
    c: &Circuit<E>,
    x: E::Ciphertext,
    count: usize,
    stride: usize,
    mask: &Slots,
    target: TargetScale<'_, E::Ciphertext>,
) -> Result<E::Ciphertext> {
    let total = sum_left(c, x, count, stride)?;
    let kept = c.multiply_plain(&total, mask, target)?;
    sum_right(c, kept, count, stride)
}
