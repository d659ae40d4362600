//! The layout of numbers in slots, and packed linear algebra.
//!
//! Everything here is generic over the backend: it is a function of a [`Circuit`](crate::backend::Circuit) and
//! packed values, and runs unchanged on ciphertexts, on clear slots and in a plan.
//!
//! A [`MatrixLayout`] describes any packing: which index of a matrix follows from which slot axis and which
//! coordinate of the ciphertext. [`Product`] multiplies and sums two packed matrices, and [`Conversion`] converts one
//! layout to another. [`AxisLayout`], [`DiagonalLayout`] and [`MergedLayout`] define which descriptions belong
//! together. docs/packing.md draws them and derives their costs.

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
pub use matrix_layout::{Entry, Index, MatrixLayout};
pub use merged::{Half, MergedLayout};
pub use packed_diagonals::{PackedDiagonals, SkewedSum};
pub use product::Product;
pub use slot_axis::SlotAxis;
pub use sums::{sum_left, sum_replicated, sum_right};
