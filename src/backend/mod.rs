//! The interface of encrypted programs, and the backends that implement it.
//!
//! A program is a function of a [`Circuit`], which keeps every value at the canonical scale of its level, returns an
//! error for operations that cannot be computed, and counts all others. The circuit uses an [`Evaluate`] backend, which
//! only computes:
//!
//! | backend | values | purpose |
//! |---|---|---|
//! | [`SealEvaluator`] | SEAL ciphertexts | encrypted computation |
//! | [`ClearEvaluator`] | `f64` slots with the same levels, scales and errors, and noise on request | tests, dry runs |
//! | [`PlanEvaluator`] | levels, scales and bounds only | depth, rotations and counts, before keys are generated |
//!
//! Operations with the secret key are in another trait, [`KeyHolder`], with its own types. `docs/backend.md` explains
//! how to write a backend outside this crate, `backends/textbook-ckks` and `backends/poulpy` are examples, and
//! `backends/conformance` is the test suite for all backends.

pub mod apart;
mod bound;
mod chain;
mod circuit;
mod clear;
mod combination;
mod cost_model;
mod evaluate;
mod evaluation_keys;
mod key_switching;
mod meter;
mod noise;
mod plan;
mod seal;
mod shared;
mod slots;

pub use apart::Unscaled;
pub use bound::Bound;
pub use chain::Chain;
pub(crate) use chain::MOST_LEVELS;
pub(crate) use circuit::doublings;
pub use circuit::{Circuit, TargetScale};
pub use clear::{ClearCiphertext, ClearEvaluator, ClearKeyHolder};
pub use combination::Combination;
pub use cost_model::CostModel;
pub use evaluate::{Decrypt, Encrypt, Evaluate, KeyHolder, TransformTerm};
pub use evaluation_keys::EvaluationKeys;
pub(crate) use evaluation_keys::PACKED_KEYS_BYTES;
pub use key_switching::{KeyLevels, KeySwitching};
pub use meter::{Meter, Operation, Tallies, Tally};
pub use noise::Noise;
pub(crate) use noise::{ERROR_DEVIATION, key_deviation};
pub use plan::{PlanCiphertext, PlanEvaluator};
pub use seal::{SealEvaluator, SealKeyHolder, SealPlaintext};
pub use slots::{SlotVector, Slots};
