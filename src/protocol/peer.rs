//! The place where a program runs.

use crate::{
    Result,
    backend::Tallies,
    program::{Of, Program},
};

/// The other end of an exchange from the client's view: a [`Server`](super::Server) in this process, or a remote one.
pub trait Peer<P: Program> {
    /// The type of ciphertexts sent to the peer.
    type Fresh;
    /// The type of ciphertexts received from the peer.
    type Ciphertext;

    /// The [`terms`](Program::terms) of the program that the peer runs, if it tells them. Those of another process follow
    /// from the description of the deployment.
    fn terms(&self) -> Option<String> {
        None
    }

    /// Sends a part of the data, which the peer keeps for later calls until it is told to [`forget`](Peer::forget).
    ///
    /// # Errors
    /// Any error of the peer.
    fn keep(&mut self, part: &P::Part, data: &Of<P::Kept, Self::Fresh>) -> Result<()>;

    /// Has the peer forget all parts of the data, such as batches whose turn is over.
    ///
    /// # Errors
    /// Any error of the peer.
    fn forget(&mut self) -> Result<()>;

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// Any error of the peer.
    fn call(&mut self, call: &P::Call, asked: &Of<P::Asked, Self::Fresh>) -> Result<Of<P::Answer, Self::Ciphertext>>;

    /// Bytes exchanged so far, without evaluation keys.
    fn traffic(&self) -> Traffic;

    /// The operations of the peer since the last call, if it reports them.
    fn operations(&mut self) -> Tallies {
        Tallies::default()
    }
}

/// Bytes of ciphertexts sent, in the form of [`Wire`](crate::seal::Wire).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests and data, without evaluation keys.
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
