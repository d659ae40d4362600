//! Where numbers live in the slots, and the packed operations of linear algebra on them.
//!
//! Generic over the backend: everything here is a function of a [`Circuit`](crate::backend::Circuit) and packed
//! values, and runs unchanged on ciphertexts, on clear slots and on a plan.

mod axes;
mod diagonal;
mod merged;
mod slot_axis;
mod sums;

pub use axes::{AxisLayout, AxisShape, Role};
pub use diagonal::{DiagonalLayout, MatrixShape, PackedMatrix};
pub use merged::{Half, MergedLayout};
pub use slot_axis::{SlotAxis, SumMode};
pub use sums::{sum_left, sum_replicated, sum_right};
