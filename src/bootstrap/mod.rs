//! Bootstrapping: a circuit that restores the levels of real values that repeat with a period in all slots, without the
//! secret key (docs/bootstrapping.md).
//!
//! | item | meaning |
//! |---|---|
//! | [`BootstrapSpec`], [`BootstrapParameters`] | what is bootstrapped; levels, scales and noise on a chain |
//! | [`Bootstrap`] | the whole, on every backend |
//! | [`Raise`] | what a backend has to add to a circuit: [`SealRaise`] with [`BootstrapKeys`], [`ClearRaise`], [`PlanRaise`] |
//! | [`BootstrapPlan`] | keys, operations and cost, before there is a key |
//! | [`eval_mod`] with a [`Sine`] | the reduction modulo q' |

mod circuit;
mod clear;
mod eval_mod;
mod keys;
mod matrices;
mod noise;
mod parameters;
mod parts;
mod plan;
mod raise;
mod seal;
mod sine;

pub use circuit::Bootstrap;
pub use clear::ClearRaise;
pub use eval_mod::eval_mod;
pub use keys::BootstrapKeys;
pub use noise::failure_bits;
pub use parameters::{BootstrapParameters, BootstrapSpec, RAISED_BITS, SPARSE_WEIGHT};
pub use plan::{BootstrapPlan, PlanRaise};
pub use raise::Raise;
pub use seal::SealRaise;
pub use sine::{Parity, Sine};
