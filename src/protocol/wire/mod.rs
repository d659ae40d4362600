//! Both parties of a program in bytes, for two processes. Nothing here knows a network.
//!
//! | item | side | what |
//! |---|---|---|
//! | [`Described`], [`message_to_bytes`] | both | deployments and messages in bytes |
//! | [`Announcement`], [`Opening`] | both | what opens a session: descriptions, and evaluation keys |
//! | [`Offer`], [`Host`] | server | what descriptions ask for, before a key arrives; a program that is spoken to in bytes |
//! | [`Hosted`] | server | the programs of a session, which answer a repeated request with the same bytes |
//! | [`RemotePeer`] | client | the [`Peer`](super::Peer) of a session whose server is behind a [`Channel`] |
//! | [`Replaying`], [`Connect`] | client | a channel that survives lost connections and restarted servers |
//!
//! A session at the server is a cache of what the client sent: the client can send all of it again.

mod announcement;
mod channel;
mod command;
mod description;
mod descriptions;
mod host;
mod hosted;
mod message;
mod offer;
mod programs;
mod remote_peer;
mod replay;
mod size;

pub use announcement::{Announcement, Opening};
pub use channel::Channel;
pub use command::{Action, Command};
pub use description::Described;
pub use descriptions::{
    CalibrationDescription, HeadDescription, HeadTrainingDescription, InferenceDescription, SplitDescription,
    SplitInferenceDescription, TrainingDescription,
};
pub use host::Host;
pub use hosted::Hosted;
pub use message::{message_from_bytes, message_to_bytes};
pub use offer::Offer;
pub use remote_peer::RemotePeer;
pub use replay::{Connect, Failure, Replaying, Retry};
pub use size::Size;
