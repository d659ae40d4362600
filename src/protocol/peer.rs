//! Where a program runs.

use crate::{
    Result,
    backend::Tallies,
    program::{Of, Program},
};

/// The other end of an exchange, as the client sees it: a [`Server`](super::Server) in this process, or one elsewhere.
pub trait Peer<P: Program> {
    /// A ciphertext as it is sent there.
    type Fresh;
    /// A ciphertext as it comes back.
    type Ciphertext;

    /// Sends a part of the data, to be kept for all calls to come.
    ///
    /// # Errors
    /// What the peer refuses.
    fn keep(&mut self, part: &P::Part, data: &Of<P::Kept, Self::Fresh>) -> Result<()>;

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// What the peer refuses.
    fn call(&mut self, call: &P::Call, asked: &Of<P::Asked, Self::Fresh>) -> Result<Of<P::Answer, Self::Ciphertext>>;

    /// Bytes that crossed the line so far, evaluation keys left out.
    fn traffic(&self) -> Traffic;

    /// What the peer computed since this was last asked, where it tells.
    fn operations(&mut self) -> Tallies {
        Tallies::default()
    }
}

/// Bytes sent, by SEAL's serialised sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Evaluation keys left out.
    pub client_to_server: usize,
    /// All answers.
    pub server_to_client: usize,
}

impl std::ops::Add for Traffic {
    type Output = Traffic;

    fn add(self, other: Traffic) -> Traffic {
        Traffic {
            client_to_server: self.client_to_server + other.client_to_server,
            server_to_client: self.server_to_client + other.server_to_client,
        }
    }
}
