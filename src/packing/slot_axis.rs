//! One axis of the slots, and sums along it.

use super::sums::{sum_left, sum_replicated, sum_right};
use crate::{
    Level, Result, Step,
    backend::{Circuit, Evaluate, Landing, Slots},
};

/// Positions `stride` slots apart. Data lie on the first `size` of `extent`; the others are a guard of zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotAxis {
    /// Positions with data, a power of two.
    pub size: usize,
    /// All positions: `size`, or twice as many.
    pub extent: usize,
    /// Slots from one position to the next.
    pub stride: usize,
}

/// How a sum along an axis comes to stand on all its positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumMode {
    /// One position: nothing to add.
    Single,
    /// The outermost axis without a guard: rotations by doubling wrap around. `log2 n` rotations.
    Cyclic,
    /// A guard takes what falls off the end, and one more rotation brings the total back: `log2 n + 1` rotations, no
    /// level. The guard is left with garbage.
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

impl SlotAxis {
    /// The position of a slot on this axis; in the guard from `size` on.
    pub fn position(&self, slot: usize) -> usize {
        (slot / self.stride) % self.extent
    }

    /// How sums along this axis work among `slots` slots.
    pub fn sum_mode(&self, slots: usize) -> SumMode {
        match self.size {
            1 => SumMode::Single,
            size if self.extent > size => SumMode::Guard,
            size if size * self.stride == slots => SumMode::Cyclic,
            _ => SumMode::Mask,
        }
    }

    /// The sum along the axis on each of its positions. `first` is 1 on position 0 and 0 elsewhere; only a masked sum
    /// reads it, and lands one level lower.
    ///
    /// # Errors
    /// Rotations need their keys, a masked sum a level.
    pub fn sum<E: Evaluate>(&self, c: &Circuit<E>, x: E::Ciphertext, first: &Slots) -> Result<E::Ciphertext> {
        match self.sum_mode(c.slots()) {
            SumMode::Single => Ok(x),
            SumMode::Cyclic => sum_left(c, x, self.size, self.stride),
            SumMode::Guard => {
                let mut x = sum_right(c, x, self.size, self.stride)?;
                c.add_rotated_inplace(&mut x, Step((self.size * self.stride) as i32))?;
                Ok(x)
            }
            SumMode::Mask => {
                let at = Level(c.level(&x).0.saturating_sub(1));
                sum_replicated(c, x, self.size, self.stride, first, Landing::At(at))
            }
        }
    }
}
