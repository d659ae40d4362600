//! Sums along a slot axis that place the total on all of its positions.

use super::{
    SlotAxis,
    sums::{doublings_to_the_right, sum_left, sum_replicated},
};
use crate::{
    Level, Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale},
};

/// How the total is placed on every position (docs/packing.md, "Sums along an axis").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumMode {
    /// One position; there is nothing to add.
    Single,
    /// The vector repeats beyond the axis, as on the outermost axis, so rotations by doubling wrap around: `log2 n`
    /// rotations.
    Cyclic,
    /// A guard of as many zeros as data receives partial sums, and one more rotation completes the total: `log2 n + 1`
    /// rotations and no level. The guard then contains meaningless values.
    Guard,
    /// A sum, a mask on position 0, and copies of the result: `2 log2 n` rotations and one level.
    Mask,
}

impl SumMode {
    /// Rotations of a sum over `size` positions.
    pub fn rotations(self, size: usize) -> usize {
        let doublings = size.trailing_zeros() as usize;
        match self {
            SumMode::Single => 0,
            SumMode::Cyclic => doublings,
            SumMode::Guard => doublings + 1,
            SumMode::Mask => 2 * doublings,
        }
    }
}

/// A sum along an axis with a fixed mode.
#[derive(Clone, Debug)]
pub(super) struct AxisSum {
    /// The positions to sum.
    pub axis: SlotAxis,
    pub mode: SumMode,
    /// The mask of a masked sum: position 0.
    pub mask: Slots,
}

impl AxisSum {
    pub fn apply<E: Evaluate>(&self, c: &Circuit<E>, x: E::Ciphertext) -> Result<E::Ciphertext> {
        let SlotAxis { extent, stride } = self.axis;
        match self.mode {
            SumMode::Single => Ok(x),
            SumMode::Cyclic => sum_left(c, x, extent, stride),
            SumMode::Guard => {
                let mut steps = doublings_to_the_right(extent, stride, c.slots())?;
                steps.push(Rotation((extent * stride) as i32));
                c.add_rotations(x, &steps)
            }
            SumMode::Mask => {
                let at = Level(c.level(&x).0.saturating_sub(1));
                sum_replicated(c, x, extent, stride, &self.mask, TargetScale::At(at))
            }
        }
    }
}
