//! Encrypted programs: the server's computation, planned and run in a uniform way.
//!
//! | item | meaning |
//! |---|---|
//! | [`Record`] | the shape of a collection of values, for any element type |
//! | [`Program`] | the server's half of an exchange: a function of the data it keeps and of a request |
//! | [`Plan`] | levels, keys and operations of a program, before keys are generated |
//! | [`Refresh`] | a way to restore the levels of a value |
//! | [`Team`] | those that run a program together, each on a share of the data |
//! | [`Checkpoints`] | where a call of many steps leaves what it has reached |
//!
//! A new kind of program is one implementation of [`Program`], and a new way of refreshing one of [`Refresh`]. Neither
//! knows where it runs: that is a [`Peer`](crate::protocol::Peer). `docs/architecture.md` shows one of each.

mod bootstrap_refresh;
mod checkpoints;
mod function;
mod interconnect;
mod line;
mod member_plan;
mod plan;
mod record;
mod refresh;
mod team;

use std::fmt;

pub use bootstrap_refresh::{BootstrapRefresh, RefreshTally};
pub use checkpoints::{Checkpoints, NoCheckpoints, Reached};
pub use function::{Function, Vectors, Whole};
pub use interconnect::{Interconnect, RankSeconds};
pub use line::Line;
pub use member_plan::MemberPlan;
pub use plan::{Plan, Round};
pub use record::{One, Record};
pub(crate) use record::{check_bounds, declare_bounds};
pub use refresh::{KeyHolderRefresh, NoRefresh, PlannedRefresh, Refresh, refreshes_of, with_levels};
pub use team::{Alone, Division, Owner, Team, agreed, dealt, told};

use crate::{
    Level, RequestError, Result,
    backend::{Bound, Chain, Circuit, Evaluate},
};

/// The record `R` with elements of type `T`.
pub type Of<R, T> = <R as Record>::Of<T>;

/// The server's half of an exchange.
///
/// The client first sends the parts of its data, which the server keeps. It then sends one or more requests, and the
/// server answers each as a pure function of the data it keeps, what it holds from an earlier round, and the request. A
/// program runs unchanged on every backend; [`Plan::of`] runs its rehearsal without data.
pub trait Program: Send + Sync {
    /// Clear information about a part of the data for the server, such as the number of samples.
    type Part: Clone + Send + Sync;
    /// Clear information that is sent with a request.
    type Call: Clone + Send + Sync;
    /// A part of the data, encrypted once and kept by the server.
    type Kept: Record;
    /// What the server holds from one round to the next.
    type Held: Record;
    /// A request.
    type Asked: Record;
    /// Its answer.
    type Answer: Record;

    /// The levels at which a part is encrypted if everything else enters at `entry`.
    ///
    /// # Errors
    /// An error for a part that does not belong to the program.
    fn kept(&self, part: &Self::Part, entry: Level, chain: &Chain) -> Result<Of<Self::Kept, Level>>;

    /// The levels at which a request is encrypted.
    ///
    /// # Errors
    /// An error for a call that does not belong to the program.
    fn asked(&self, call: &Self::Call, entry: Level, chain: &Chain) -> Result<Of<Self::Asked, Level>>;

    /// Declared bounds on the slots of a part, for the elements of `levels`. A plan refuses a program whose results may not
    /// fit for such values, and the client refuses other values. Without bounds, neither is promised.
    ///
    /// # Errors
    /// An error for a part that does not belong to the program.
    fn kept_bounds(&self, _: &Self::Part, levels: &Of<Self::Kept, Level>) -> Result<Of<Self::Kept, Option<Bound>>> {
        Self::Kept::try_map(levels, |_| Ok(None))
    }

    /// Declared bounds on the slots of a request, as for a part.
    ///
    /// # Errors
    /// An error for a call that does not belong to the program.
    fn asked_bounds(&self, _: &Self::Call, levels: &Of<Self::Asked, Level>) -> Result<Of<Self::Asked, Option<Bound>>> {
        Self::Asked::try_map(levels, |_| Ok(None))
    }

    /// Whether a call needs nothing of what earlier calls had the server hold: the first round of an exchange. To repeat a
    /// later one on a new server, all since the first must be repeated before.
    fn begins(&self, _: &Self::Call) -> bool {
        true
    }

    /// A number that only calls share whose answers have the same levels and scales, whatever else they say. A client then
    /// plans the answers of one of them, and need not plan those of the others. `None` for calls that are each planned.
    fn kind(&self, _: &Self::Call) -> Option<u64> {
        None
    }

    /// Into how many equal shares the work can be divided. A [`Team`] whose members divide this number runs the program
    /// together: [`keeper`](Program::keeper) says who keeps a part of the data, and [`divide`](Program::divide) who computes
    /// what. Of other programs, the first member does everything.
    fn shares(&self) -> usize {
        1
    }

    /// Who of so many members keeps part `part` of the data, counted from 0: one of them in turn, unless all need it, as they
    /// do weights.
    fn keeper(&self, part: usize, members: usize) -> Owner {
        Owner::Member(part % members.max(1))
    }

    /// How a request is divided among so many members, of which [`shares`](Program::shares) is a multiple; `None` for one
    /// that the first member answers alone.
    ///
    /// # Errors
    /// An error for a call that does not belong to the program, or for parts that are kept elsewhere.
    fn divide(&self, _: &Self::Call, _members: usize) -> Result<Option<Division<Self>>> {
        Ok(None)
    }

    /// An exchange with the largest requirements, which a plan runs.
    fn rehearsal(&self) -> Rehearsal<Self>;

    /// Answers a request.
    ///
    /// # Errors
    /// An error for calls or numbers of ciphertexts of another program, or an error of the circuit.
    fn run<E: Evaluate>(
        &self,
        workspace: Workspace<'_, E, Self>,
        call: &Self::Call,
        asked: &Of<Self::Asked, E::Ciphertext>,
    ) -> Result<Of<Self::Answer, E::Ciphertext>>;

    /// The lowest level at which its answers may leave: higher than 0 where they, or what comes between its steps, is
    /// bootstrapped.
    fn least_exit(&self) -> Level {
        Level(0)
    }

    /// The precision that the program needs.
    fn precision(&self) -> Precision {
        Precision::Once
    }

    /// A description for messages, such as `"an inference of network 4-8-3 in layout merged"`.
    fn title(&self) -> String;

    /// What would make the program fit where no parameters do, in words that complete "use".
    fn remedy(&self) -> &'static str {
        "a program of smaller depth"
    }

    /// All that both parties must agree on, such as learning rates, on which a plan does not depend. A client compares
    /// it with what its [`Peer`](crate::protocol::Peer) runs.
    fn terms(&self) -> String {
        self.title()
    }
}

/// The parts and calls of one exchange.
pub struct Rehearsal<P: Program + ?Sized> {
    /// The parts that are kept before the first call.
    pub parts: Vec<P::Part>,
    /// One call per round.
    pub calls: Vec<P::Call>,
}

/// The state of a program at the server.
pub struct Workspace<'a, E: Evaluate, P: Program + ?Sized> {
    /// The circuit that computes.
    pub circuit: &'a Circuit<E>,
    /// The parts of the data in the order in which they were sent, since the server was last told to forget them.
    pub kept: &'a [Kept<P, E::Ciphertext>],
    /// What an earlier round left for later ones.
    pub held: &'a mut Option<Of<P::Held, E::Ciphertext>>,
    /// The way to restore the levels of values.
    pub refresh: &'a mut dyn Refresh<E>,
    /// Those who run the program.
    pub team: &'a dyn Team<E>,
    /// Where a call of many steps leaves what it has reached.
    pub checkpoints: &'a mut dyn Checkpoints<E>,
}

/// A part of the data with its clear information.
pub struct Kept<P: Program + ?Sized, T> {
    /// The clear information.
    pub part: P::Part,
    data: Option<Of<P::Kept, T>>,
}

impl<P: Program + ?Sized, T> Kept<P, T> {
    /// A part with its values.
    pub fn new(part: P::Part, data: Of<P::Kept, T>) -> Self {
        Kept { part, data: Some(data) }
    }

    /// A part whose values another member of the team has.
    pub fn elsewhere(part: P::Part) -> Self {
        Kept { part, data: None }
    }

    /// Whether the values are here.
    pub fn is_here(&self) -> bool {
        self.data.is_some()
    }

    /// The values.
    ///
    /// # Errors
    /// `KeptElsewhere` if another member of the team has them.
    pub fn data(&self) -> Result<&Of<P::Kept, T>> {
        self.data.as_ref().ok_or_else(|| RequestError::KeptElsewhere.into())
    }
}

/// The precision of a chain, which determines the order in which the search for parameters tries chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// The circuit runs once: a scale of 36 bits leaves its results five digits, and a larger scale is better than a
    /// second special prime.
    Once,
    /// The circuit runs repeatedly on its own results: below 40 bits, thirty steps lose more than six digits. A second
    /// special prime, which halves the transforms of a key switch, is better than two bits of scale.
    Repeated,
    /// The circuit is shallow, and its answers come back to whoever repeats it, who encrypts other values: a scale of 40
    /// bits leaves gradients seven digits. The first prime has just the room that answers need.
    Returned {
        /// The logarithm of the largest mean absolute slot of an answer.
        room_bits: u32,
        /// Whether it rotates. The noise of a rotation stays, so the special prime must be larger than all others; that of
        /// a relinearisation is divided by the next rescale.
        rotates: bool,
    },
    /// As `Returned` without rotations, and noise is added to the answers that hides the circuit's own: the larger the scale,
    /// the more noise there is room for below the digits that matter. A larger ring is better than a smaller scale.
    Flooded {
        /// The logarithm of the largest mean absolute slot of an answer.
        room_bits: u32,
    },
}

impl<P: Program + ?Sized, T: fmt::Debug> fmt::Debug for Kept<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("groups", &self.data.as_ref().map(P::Kept::groups)).finish_non_exhaustive()
    }
}
