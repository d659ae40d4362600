//! Where the entries lie in published alternatives that need more than a description of ours: for comparisons only.

mod square_matrices;

pub use square_matrices::{Form, SquareMatrices, Vector};
