//! Models of the server's own: their weights are not known to the client, nor its data to the server.

mod estimate;
mod hiding;
mod models;
mod planned;

pub use hiding::Hiding;
pub(super) use hiding::{Hider, public_key_bytes};
pub use models::{Models, OwnModel};
pub(super) use planned::read;
