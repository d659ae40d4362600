//! Where the entries lie in published alternatives that need more than a description of ours: for comparisons only.

mod diagonal_tiles;
mod square_matrices;

pub use diagonal_tiles::DiagonalTiles;
pub use square_matrices::{Form, SquareMatrices, Vector};
