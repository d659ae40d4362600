//! Several processes that run programs together: ranks of an MPI job (feature `mpi`, docs/several-machines.md).
//!
//! | item | where | what |
//! |---|---|---|
//! | [`Ranks`] | everywhere | the job: broadcasts, messages and sums |
//! | [`Leader`] | rank 0 | the [`Place`](crate::protocol::wire::Place) where programs of sessions run on all ranks |
//! | [`follow`] | other ranks | does what the leader says, until it says no more |
//!
//! The leader repeats what a client sends, in bytes: it knows no program, and neither do the others, who open the same
//! sessions from the same descriptions and keys. All ranks carry out the same commands in the same order. Nobody but the
//! client has a secret key.

mod command;
mod follower;
mod leader;
mod measure;
mod packed;
mod ranks;
mod team;

pub use follower::follow;
pub use leader::Leader;
pub use ranks::Ranks;
pub use team::RankTeam;
