//! Published alternatives to our layouts, written on the same traits and held to the same tests: for comparisons only.
//!
//! Each follows the packing of its source; everything that is not packing it shares with ours: entry at the lowest
//! level, one relinearisation a sum of products, rotations of one value asked for together and at the lowest level,
//! slopes that join the inputs before the error arrives where that saves a level, the learning rate folded into a
//! scale.

mod e2dm;
mod halevi_shoup;
mod hetal;
mod naive;
mod row_column;

pub use e2dm::E2dm;
pub use halevi_shoup::HaleviShoup;
pub use hetal::Hetal;
pub use naive::Naive;
pub use row_column::row_column;
