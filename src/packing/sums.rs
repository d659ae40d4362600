//! Sums over an axis of the slots, by doubling.

use crate::{
    Result,
    backend::{Circuit, Evaluate, Slots, TargetScale, doublings},
};

/// `y[s] = sum_{j < count} x[s + j stride]`, cyclically: `log2(count)` rotations, no level.
///
/// Over the outermost axis (`count * stride` slots in all) this is the total, replicated along the axis for free.
///
/// # Errors
/// `BadSumLength` unless `count` is a power of two; rotation keys for `stride 2^i` are needed.
pub fn sum_left<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, count: usize, stride: usize) -> Result<E::Ciphertext> {
    c.add_rotations(x, &doublings(count, stride as i32, c.slots())?)
}

/// `y[s] = sum_{j < count} x[s - j stride]`, as [`sum_left`] with steps to the right.
///
/// # Errors
/// As [`sum_left`]; rotation keys for `-stride 2^i` are needed.
pub fn sum_right<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, count: usize, stride: usize) -> Result<E::Ciphertext> {
    c.add_rotations(x, &doublings(count, -(stride as i32), c.slots())?)
}

/// The sum over an inner axis, replicated along it: sum to the left, keep position 0 by `mask` (which may carry
/// weights), and copy to the right. `2 log2(count)` rotations and the one level of the mask.
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
