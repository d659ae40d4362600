//! Layouts of published alternatives that need more than a [`MatrixLayout`](super::MatrixLayout), for comparison only.

mod diagonal_tiles;
mod square_matrices;

pub use diagonal_tiles::DiagonalTiles;
pub use square_matrices::{Form, SquareMatrices, Vector};
