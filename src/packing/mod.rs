//! Where numbers live in the slots, and the packed operations of linear algebra on them.
//!
//! Generic over the backend: everything here is a function of a [`Circuit`](crate::backend::Circuit) and packed
//! values, and runs unchanged on ciphertexts, on clear slots and on a plan.
//!
//! A [`MatrixLayout`] describes any packing: which index of a matrix follows from which slot axis and which number of
//! the ciphertext. [`Product`] multiplies and sums what two of them describe, [`Conversion`] brings one to the other.
//! [`AxisLayout`], [`DiagonalLayout`] and [`MergedLayout`] only say which descriptions belong together.

mod axes;
mod axis_sum;
pub mod baselines;
mod conversion;
mod converted_product;
mod cover;
mod diagonal;
mod matrix_layout;
mod merged;
mod packed_diagonals;
mod product;
mod slot_axis;
mod sums;

pub use axes::{AxisLayout, AxisShape, Role};
pub use axis_sum::SumMode;
pub use conversion::Conversion;
pub use converted_product::{ConvertedProduct, Factors};
pub use diagonal::{DiagonalLayout, DiagonalMatrix};
pub use matrix_layout::{Index, MatrixLayout};
pub use merged::{Half, MergedLayout};
pub use packed_diagonals::{PackedDiagonals, SkewedSum};
pub use product::Product;
pub use slot_axis::SlotAxis;
pub use sums::{sum_left, sum_replicated, sum_right};
