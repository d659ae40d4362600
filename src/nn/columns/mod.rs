//! Inference with samples in slots: a ciphertext for each feature, which holds that feature of as many samples as there are
//! slots, for whole files at once.
//!
//! | item | meaning |
//! |---|---|
//! | [`ColumnInference`] | the program of a server that knows the weights |
//! | [`Columns`], [`ColumnScores`] | its messages |
//!
//! Every slot of a ciphertext is the same feature, so a weight is one number for all of them: a dense layer is a product of
//! a matrix of numbers and a vector of ciphertexts ([`Circuit::weighted_sums`](crate::backend::Circuit::weighted_sums)),
//! without a plaintext that is encoded, a rotation or a Galois key. The cost does not depend on how many of the slots are
//! used, so few samples are better served by a [`HeadInference`](super::head::HeadInference), which shares a ciphertext
//! among features (docs/inference.md).

mod layer;
mod program;

pub use program::{ColumnInference, ColumnScores, ColumnSums, Columns};
