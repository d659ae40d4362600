//! Slot axes.

use std::ops::Range;

/// Positions that are `stride` slots apart, repeated over all slots: `position = (slot / stride) mod extent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotAxis {
    /// The number of positions, a power of two.
    pub extent: usize,
    /// The distance from one position to the next in slots, a power of two.
    pub stride: usize,
}

impl SlotAxis {
    /// An axis of `extent` positions, `stride` slots apart.
    pub fn new(extent: usize, stride: usize) -> SlotAxis {
        debug_assert!(extent.is_power_of_two() && stride.is_power_of_two());
        SlotAxis { extent, stride }
    }

    /// The position of a slot on this axis.
    pub fn position(&self, slot: usize) -> usize {
        (slot / self.stride) % self.extent
    }

    /// The bits of a slot number that determine the position.
    pub(super) fn bits(&self) -> Range<u32> {
        let first = self.stride.trailing_zeros();
        first..first + self.extent.trailing_zeros()
    }
}
