//! Sums along an axis of the slots that come to stand on all its positions.

use super::{
    SlotAxis,
    sums::{sum_left, sum_replicated},
};
use crate::{
    Level, Result, Rotation,
    backend::{Circuit, Evaluate, Slots, TargetScale, doublings},
};

/// How the total comes to stand on every position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumMode {
    /// One position: nothing to add.
    Single,
    /// Whatever lies further out repeats, as on the outermost axis: rotations by doubling wrap around. `log2 n`
    /// rotations.
    Cyclic,
    /// A guard of zeros, as long as the data, takes what falls off the end, and one more rotation brings the total
    /// back: `log2 n + 1` rotations, no level. The guard is left with garbage.
    Guard,
    /// A sum, a mask on position 0, and copies of it: `2 log2 n` rotations and one level.
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

/// A sum along an axis, its mode settled.
#[derive(Clone, Debug)]
pub(super) struct AxisSum {
    /// The positions that are summed.
    pub axis: SlotAxis,
    pub mode: SumMode,
    /// What a masked sum keeps: position 0.
    pub mask: Slots,
}

impl AxisSum {
    pub fn apply<E: Evaluate>(&self, c: &Circuit<E>, x: E::Ciphertext) -> Result<E::Ciphertext> {
        let SlotAxis { extent, stride } = self.axis;
        match self.mode {
            SumMode::Single => Ok(x),
            SumMode::Cyclic => sum_left(c, x, extent, stride),
            SumMode::Guard => {
                let mut steps = doublings(extent, -(stride as i32), c.slots())?;
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
