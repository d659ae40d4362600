//! Raising a ciphertext from level 0 to the top of a taller chain, by way of an ephemeral sparse secret: the first step of
//! bootstrapping.

mod keys;
mod parameters;
mod raiser;

pub(super) use keys::MOST_ROTATIONS;
pub use keys::{RaisingKeys, SeededRaisingKeys};
pub use parameters::SparseParameters;
pub use raiser::Raiser;
