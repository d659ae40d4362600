//! Published alternatives to our layouts, based on the same traits and tested in the same way, for comparison only.
//!
//! Each follows the packing of its source. Everything else is shared with our layouts: values enter at the lowest
//! level, sums of products are relinearised once, rotations of one value are hoisted and run at the lowest level,
//! slopes join the inputs before the error arrives where that saves a level, and the learning rate is folded into a
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
