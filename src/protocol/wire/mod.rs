//! Both parties of a program in bytes, for two processes. Nothing here knows a network.
//!
//! | item | side | what |
//! |---|---|---|
//! | [`Described`], [`message_to_bytes`] | both | deployments and messages in bytes |
//! | [`Announcement`], [`Opening`] | both | what opens a session: descriptions, and evaluation keys |
//! | [`Offer`], [`Host`] | server | what descriptions ask for, before a key arrives; a program that is spoken to in bytes |
//! | [`Place`] | server | where programs run: in this process, or in several together |
//! | [`Hosted`] | server | the programs of a session, which answer a repeated request with the same bytes |
//! | [`Models`], [`Hiding`] | server | models of its own, and what their answers are hidden by |
//! | [`RemotePeer`] | client | the [`Peer`](super::Peer) of a session whose server is behind a [`Channel`] |
//! | [`Replaying`], [`Connect`] | client | a channel that survives lost connections and restarted servers |
//!
//! A session at the server is a cache of what the client sent: the client can send all of it again.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use ndarray::array;
//! use seal_nn::{
//!     backend::{CostModel, KeySwitching},
//!     nn::learning::random_layers,
//!     protocol::{Deployment, Infer, Session, SplitInferenceSession},
//!     protocol::wire::{Announcement, Offer, Opening, RemotePeer},
//! };
//!
//! // The client. The server is going to keep the encrypted weights, which are one part.
//! let costs = CostModel::default();
//! let deployment = Deployment::of_split_inference(&[4, 8, 3], 50, 1, &Default::default(), &costs, 0.0)?;
//! let (holder, keys) = deployment.make_keys(KeySwitching::default())?;
//! let opening = Opening::new(vec![Announcement::of(&deployment, 1)?], &keys)?;
//!
//! // The server knows all sizes from the description, before it takes the keys.
//! let offer = Offer::new(&opening.programs)?;
//! assert_eq!(offer.key_bytes(), opening.keys.len());
//! assert!(offer.memory_bytes() < 50 << 20);
//! let programs = offer.open(&opening.keys)?;
//!
//! // The client again: in this process, the programs themselves are its channel.
//! let peer = RemotePeer::new(&Arc::new(Mutex::new(programs)), 0, &deployment)?;
//! let session = Session::new(Arc::new(holder), peer, deployment.program.clone(), deployment.plan.clone())?;
//! let layers = random_layers(&[4, 8, 3], 0)?;
//! let mut session = SplitInferenceSession::new(session, &"poly:0,1,0.5".parse()?, &layers)?;
//! let logits = session.outputs(array![[0.5, -0.5, 1.0, 0.0]].view())?;
//! assert_eq!(logits.dim(), (1, 3));
//! # Ok::<(), seal_nn::Error>(())
//! ```

mod announcement;
mod bootstrapped;
mod channel;
mod command;
mod description;
mod descriptions;
mod host;
mod hosted;
mod message;
mod offer;
mod own;
mod place;
mod programs;
mod remote_peer;
mod replay;
mod size;
mod together;

pub use announcement::{Announcement, Opening};
pub use channel::Channel;
pub use command::{Action, Command};
pub use description::Described;
pub use descriptions::{
    CalibrationDescription, HeadDescription, HeadTrainingDescription, InferenceDescription, OwnDescription,
    SplitDescription, SplitInferenceDescription, TrainingDescription,
};
pub use host::{CHECKPOINT_EXTENSION, Host};
pub use hosted::Hosted;
pub use message::{message_from_bytes, message_to_bytes, start_of_message};
pub use offer::Offer;
pub use own::{Hiding, Models, OwnModel};
pub use place::{Here, Place};
pub use remote_peer::RemotePeer;
pub use replay::{Connect, Failure, Replaying, Retry};
pub use size::Size;
