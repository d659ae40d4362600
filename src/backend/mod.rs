//! What an encrypted program needs, and the backends that provide it.
//!
//! A program is written against a [`Circuit`], which keeps every value at its level's canonical scale, refuses what
//! cannot be computed and counts what is. The circuit stands on an [`Evaluate`] backend, which only computes:
//!
//! | backend | values are | for |
//! |---|---|---|
//! | [`SealEvaluator`] | SEAL ciphertexts | the real thing |
//! | [`ClearEvaluator`] | `f64` slots with the same levels, scales and refusals, and noise on request | tests, dry runs |
//! | [`PlanEvaluator`] | levels and scales only | depth, rotation rotations, counts, before a key is made |
//!
//! What needs the secret key is another trait, [`KeyHolder`], with types of its own. `docs/backend.md` says how to write
//! a backend outside this crate, `backends/textbook-ckks` is one, and `backends/conformance` the suite for all.

mod chain;
mod circuit;
mod clear;
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

pub use chain::Chain;
pub(crate) use circuit::doublings;
pub use circuit::{Circuit, TargetScale};
pub use clear::{ClearCiphertext, ClearEvaluator, ClearKeyHolder};
pub use cost_model::CostModel;
pub use evaluate::{Decrypt, Encrypt, Evaluate, KeyHolder, TransformTerm};
pub use evaluation_keys::EvaluationKeys;
pub use key_switching::{KeyLevels, KeySwitching};
pub use meter::{Meter, Operation, Tallies, Tally};
pub use noise::Noise;
pub use plan::{PlanCiphertext, PlanEvaluator};
pub use seal::{SealEvaluator, SealKeyHolder, SealPlaintext};
pub use slots::Slots;
