//! Sums over a slot axis, by doubling.

use crate::{
    Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale},
};

/// `y[s] = sum_{j < count} x[s + j stride]`, cyclically, with `log2(count)` rotations and no level.
///
/// Over the outermost axis (`count * stride` slots in all) this is the total, replicated along the axis for free.
/// `count` is a power of two.
///
/// # Errors
/// Rotation keys for `stride 2^i` are needed.
pub fn sum_left<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, count: usize, stride: usize) -> Result<E::Ciphertext> {
    double(c, x, count, stride as i32)
}

/// `y[s] = sum_{j < count} x[s - j stride]`, like [`sum_left`] with rotations to the right.
///
/// # Errors
/// Rotation keys for `-stride 2^i` are needed.
pub fn sum_right<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, count: usize, stride: usize) -> Result<E::Ciphertext> {
    double(c, x, count, -(stride as i32))
}

/// The sum over an inner axis, replicated along it: sum to the left, keep position 0 by `mask` (which may contain
/// weights), and copy to the right. This takes `2 log2(count)` rotations and one level for the mask.
///
/// # Errors
/// Rotation keys for `+-stride 2^i` are needed; a level must be left.
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

fn double<E: Evaluate>(c: &Circuit<E>, x: E::Ciphertext, count: usize, stride: i32) -> Result<E::Ciphertext> {
    c.add_rotations(x, &doublings(count, stride))
}

/// The rotations of a sum of `count` values, a power of two.
pub(super) fn doublings(count: usize, stride: i32) -> Vec<Rotation> {
    debug_assert!(count.is_power_of_two());
    (0..count.trailing_zeros()).map(|i| Rotation(stride << i)).collect()
}
