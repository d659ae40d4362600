//! Encrypted programs: what the server computes, planned and run in one way.
//!
//! | | says |
//! |---|---|
//! | [`Record`] | how a collection of values looks, whatever its elements are |
//! | [`Program`] | the server's half of an exchange: a function of what it keeps and what it is asked |
//! | [`Plan`] | levels, keys and operations of a program, before a key is made |
//! | [`Refresh`] | where a value gets its levels back |
//!
//! A new kind of program is one implementation of [`Program`], a new way of refreshing one of [`Refresh`], and neither
//! knows where it runs: that is a [`Peer`](crate::protocol::Peer). `docs/architecture.md` shows one of each.

mod plan;
mod record;
mod refresh;

use std::fmt;

pub use plan::{Plan, Round};
pub use record::Record;
pub(crate) use refresh::record_with_levels;
pub use refresh::{KeyHolderRefresh, NoRefresh, PlannedRefresh, Refresh, refreshes_of, with_levels};

use crate::{
    Level, Result,
    backend::{Chain, Circuit, Evaluate},
};

/// The record `R` with elements of type `T`.
pub type Of<R, T> = <R as Record>::Of<T>;

/// The server's half of an exchange.
///
/// The client first sends the parts of its data, which the server keeps. Then it asks, in one or more rounds, and the
/// server answers each as a pure function of what it keeps, what it holds from an earlier round, and what it is asked.
/// A program runs unchanged on every backend; [`Plan::of`] runs its rehearsal without data.
pub trait Program: Send + Sync {
    /// What the server is told in the clear about a part of the data: how many samples it has, say.
    type Part: Clone + Send + Sync;
    /// What the server is told in the clear with a request.
    type Call: Clone + Send + Sync;
    /// A part of the data, encrypted once and kept.
    type Kept: Record;
    /// What the server holds from one round to the next.
    type Held: Record;
    /// A request.
    type Asked: Record;
    /// Its answer.
    type Answer: Record;

    /// The levels at which a part is encrypted when everything else enters at `entry`.
    ///
    /// # Errors
    /// A part that the program was not made for.
    fn kept(&self, part: &Self::Part, entry: Level, chain: &Chain) -> Result<Of<Self::Kept, Level>>;

    /// The levels at which a request is encrypted.
    ///
    /// # Errors
    /// A call that the program was not made for.
    fn asked(&self, call: &Self::Call, entry: Level, chain: &Chain) -> Result<Of<Self::Asked, Level>>;

    /// One whole exchange that needs as much as any: what a plan runs.
    fn rehearsal(&self) -> Rehearsal<Self>;

    /// Answers a request.
    ///
    /// # Errors
    /// Calls and numbers of ciphertexts of another program; what the circuit refuses.
    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        call: &Self::Call,
        asked: &Of<Self::Asked, E::Ciphertext>,
    ) -> Result<Of<Self::Answer, E::Ciphertext>>;

    /// Which chains suit it.
    fn precision(&self) -> Precision {
        Precision::Once
    }

    /// What it does, for messages: `"an inference of network 4-8-3 in layout merged"`.
    fn title(&self) -> String;
}

/// Parts and calls of one exchange.
pub struct Rehearsal<P: Program + ?Sized> {
    /// What is kept before the first call.
    pub parts: Vec<P::Part>,
    /// One call per round.
    pub calls: Vec<P::Call>,
}

/// What a program finds at the server.
pub struct Workspace<'a, E: Evaluate, P: Program + ?Sized> {
    /// Computes.
    pub circuit: &'a Circuit<E>,
    /// The parts of the data in the order in which they came.
    pub kept: &'a [Kept<P, E::Ciphertext>],
    /// What an earlier round left behind, and a later one finds.
    pub held: &'a mut Option<Of<P::Held, E::Ciphertext>>,
    /// Where values get their levels back.
    pub refresh: &'a mut dyn Refresh<E>,
}

/// A part of the data with what is known of it in the clear.
pub struct Kept<P: Program + ?Sized, T> {
    /// Known in the clear.
    pub part: P::Part,
    /// The values.
    pub data: Of<P::Kept, T>,
}

/// How precise a chain must be, and so how the search for parameters orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// The circuit runs once: 36 bits of scale leave its results five digits, and a larger scale is better than a second
    /// special prime.
    Once,
    /// The circuit runs again and again on its own results: below 40 bits thirty steps lose more than six digits, and a
    /// second special prime, which halves the transforms of a key switch, is better than two bits of scale.
    Repeated,
}

impl<P: Program + ?Sized, T: fmt::Debug> fmt::Debug for Kept<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("groups", &P::Kept::groups(&self.data)).finish_non_exhaustive()
    }
}
