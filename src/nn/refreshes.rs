//! Programs of several steps, between which the client refreshes where levels run out.

use crate::{
    CircuitError, Level, Result,
    backend::{Circuit, Evaluate},
};

/// How many refreshes a row of steps takes, of so many levels each, when `entry` levels are left before it, `refreshed`
/// after a refresh, and `spare` must be left behind it: each step starts on a refreshed value only when it cannot do
/// without. `None` when a step takes more levels than a refresh gives.
///
/// ```
/// use seal_nn::nn::refreshes_of;
/// assert_eq!(refreshes_of(&[4, 1, 1, 3, 1, 5], 16, 16, 1), Some(0));
/// assert_eq!(refreshes_of(&[4, 1, 1, 3, 1, 5], 8, 8, 1), Some(2));
/// assert_eq!(refreshes_of(&[4, 1, 1, 3, 1, 5], 8, 5, 1), None);
/// ```
pub fn refreshes_of(steps: &[usize], entry: usize, refreshed: usize, spare: usize) -> Option<usize> {
    let (mut left, mut count) = (entry, 0);
    for (at, levels) in steps.iter().enumerate() {
        let needed = levels + if at + 1 == steps.len() { spare } else { 0 };
        if left < needed {
            (left, count) = (refreshed, count + 1);
        }
        if left < needed {
            return None;
        }
        left -= levels;
    }
    Some(count)
}

/// The value itself when it has the levels that a step needs, else refreshed by the client.
///
/// # Errors
/// `NoLevelLeft` when a refresh does not give as many; what the refresh refuses.
pub fn with_levels<E: Evaluate>(
    c: &Circuit<E>,
    op: &'static str,
    x: E::Ciphertext,
    levels: usize,
    refresh: &mut impl FnMut(E::Ciphertext) -> Result<E::Ciphertext>,
) -> Result<E::Ciphertext> {
    let needed = Level(levels);
    let x = if c.level(&x) < needed { refresh(x)? } else { x };
    match c.level(&x) {
        actual if actual < needed => Err(CircuitError::NoLevelLeft { op, needed, actual }.into()),
        _ => Ok(x),
    }
}
