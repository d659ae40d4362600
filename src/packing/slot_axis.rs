//! Slot axes.

use std::ops::Range;

use crate::{Argument, PackingError, Result};

/// Positions that are `stride` slots apart, repeated over all slots: `position = (slot / stride) mod extent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotAxis {
    /// Both are powers of two.
    pub(super) extent: usize,
    pub(super) stride: usize,
}

impl SlotAxis {
    /// An axis of `extent` positions, `stride` slots apart.
    ///
    /// # Errors
    /// `NotPowerOfTwo` unless both are powers of two.
    pub fn new(extent: usize, stride: usize) -> Result<SlotAxis> {
        Argument::AxisExtent.check_power_of_two(extent)?;
        Argument::AxisStride.check_power_of_two(stride)?;
        Ok(SlotAxis { extent, stride })
    }

    /// The number of positions, a power of two.
    pub fn extent(&self) -> usize {
        self.extent
    }

    /// The distance from one position to the next in slots, a power of two.
    pub fn stride(&self) -> usize {
        self.stride
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

/// The next power of two, or the largest one that an `i64` holds.
pub(super) fn padded(size: usize) -> usize {
    size.checked_next_power_of_two().unwrap_or(1 << (usize::BITS - 2))
}

/// Checks the sizes of a layout before they are multiplied.
///
/// # Errors
/// `TooFewSlots` if the product of the padded sizes exceeds the slots; `NotPowerOfTwo` for another number of slots;
/// `OutOfBounds` for a size of 0.
pub(super) fn check_room(slots: usize, sizes: &[(Argument, usize)]) -> Result<()> {
    let needed = sizes.iter().fold(1, |needed: usize, &(_, size)| needed.saturating_mul(padded(size)));
    if needed > slots {
        return Err(PackingError::TooFewSlots { needed, slots }.into());
    }
    Argument::Slots.check_power_of_two(slots)?;
    sizes.iter().try_for_each(|&(argument, size)| Ok(argument.check_count(size, 1, None)?))
}
